//! What can be typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use toynet_lab::spec::units::Period;
use toynet_lab::spec::{LAB_NAMES, is_lab_name};
use toynet_view::Since;

use crate::{export, solo, tap};

/// A whole small internet in one binary.
///
/// Without a command it runs the built-in lab.
#[derive(Debug, Parser)]
#[command(version, about, long_about, after_help = EXIT_STATUS)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a lab; print its hosts, commands to try, and then what passes
    Up(Up),
    /// Run a command inside a lab that is started for it; its exit status is ours
    Run(Run),
    /// Open a shell inside a lab: one that runs, or one that is started for it
    Shell(Shell),
    /// Judge a lab file: all mistakes at once, each with its place
    Check(File),
    /// Show everything that follows from a lab file: hosts, addresses, zones, links
    Plan(File),
    /// Print the form of lab files as JSON Schema, for editors
    Schema,
    /// Say what runs in a lab and where it is reached
    Status(Status),
    /// Open a browser to which a running lab is the internet, with a profile that is thrown away
    Browser(Browser),
    /// Print where a lab's services are reached, as variables for a shell
    Env(Env),
    /// Wait until a lab is ready, a name can be looked up in it, a page is served, a mail has come
    Wait(Wait),
    /// Show what passed in a running lab, or in one that was recorded
    Log(Log),
    /// Write what passed as packets that Wireshark reads, HTTP as HAR, mails as mbox
    Capture(Capture),
    /// Relay between any real client and server, and show what they say
    Tap(Tap),
    /// Let services of a running lab do something wrong on purpose
    Fault(Fault),
    /// Draw what passed as a UML sequence diagram
    Diagram(Diagram),
    /// Print or export the root that vouches for a lab's certificates, and tell how to trust it
    Ca(Ca),
    /// Let a running lab take its file anew; what has not changed goes on undisturbed
    Reload(Reload),
    /// Stop a running lab
    Down(Down),
    /// Say what works on this machine, and what would help where it does not
    Doctor(Doctor),
    /// Print what a shell needs to complete toynet's arguments
    Completions(Completions),
    /// Print the manual page, in the form of man(7)
    Man,
}

#[derive(Debug, Default, Args)]
pub struct Up {
    /// A lab file, or the name of a built-in lab [default: internet]
    pub lab_file: Option<PathBuf>,
    /// The lab's name, instead of the file's own
    #[arg(long = "lab", value_name = "NAME", value_parser = lab_name)]
    pub name: Option<String>,
    /// Come back when every service answers, and let the lab run
    #[arg(short, long, conflicts_with = "log")]
    pub detach: bool,
    /// How to show what passes
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub log: LogForm,
    /// Where the lab runs [default: world where the system allows it, otherwise ports]
    #[arg(long, value_name = "CARRIER")]
    pub carrier: Option<Carrier>,
    /// At which ports services are reached [default: standard ones where they can be had]
    #[arg(long, value_name = "PORTS")]
    pub ports: Option<Ports>,
    /// How many threads serve [default: as the lab file says, otherwise one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,
    /// Throw away what the lab of this name has kept: mail, boards, keys
    #[arg(long)]
    pub fresh: bool,
    /// Keep the whole record in this file, which `log` and `diagram` read later
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Take the lab file anew whenever it is saved, as `toynet reload` does
    #[arg(long)]
    pub watch: bool,
    /// Show passwords, cookies and other secrets in the log
    #[arg(long)]
    pub secrets: bool,
}

#[derive(Debug, Args)]
pub struct Run {
    /// A lab file, or the name of a built-in lab [default: internet]
    pub lab_file: Option<PathBuf>,
    /// The lab's name while it runs [default: the file's own with a number]
    #[arg(long = "lab", value_name = "NAME", value_parser = lab_name)]
    pub name: Option<String>,
    /// What the command shares with the lab: a network of its own, or this machine's, where connections are led to
    /// the lab [default: world, otherwise ports]
    #[arg(long, value_name = "CARRIER")]
    pub carrier: Option<Carrier>,
    #[command(flatten)]
    pub identity: Identity,
    /// Keep the whole record in this file, which `log` and `diagram` read later
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

#[derive(Debug, Args)]
pub struct Shell {
    /// A lab file, or the name of a built-in lab [default: the lab that runs, otherwise internet]
    pub lab_file: Option<PathBuf>,
    /// The name of a lab that runs, or is to
    #[arg(long = "lab", value_name = "NAME", value_parser = lab_name)]
    pub name: Option<String>,
    /// What the command shares with the lab: a network of its own, or this machine's, where connections are led to
    /// the lab [default: world, otherwise ports]
    #[arg(long, value_name = "CARRIER")]
    pub carrier: Option<Carrier>,
    #[command(flatten)]
    pub identity: Identity,
    /// Keep the whole record in this file, which `log` and `diagram` read later
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// A command instead of the shell
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

#[derive(Debug, Args)]
pub struct Identity {
    /// Be this host of the lab: speak from its address, under its name
    #[arg(long = "as", value_name = "HOST")]
    pub host: Option<String>,
}

#[derive(Debug, Args)]
pub struct Doctor {
    /// Print the AppArmor profile that lets toynet make networks, as Ubuntu wants it
    #[arg(long)]
    pub apparmor: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Carrier {
    /// In a network of its own, which `toynet shell` enters, with doors on the machine's loopback
    World,
    /// On the machine's loopback, at addresses of 127/8
    Ports,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogForm {
    /// One line for each message, for people
    #[default]
    Text,
    /// One JSON object for each message
    Json,
    /// Nothing
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Ports {
    /// 53, 80, ...
    Standard,
    /// 8053, 8080, ...: each raised by 8000
    Raised,
}

#[derive(Debug, Args)]
pub struct File {
    /// A lab file, or the name of a built-in lab
    pub lab_file: PathBuf,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    pub lab: LabName,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Browser {
    #[command(flatten)]
    pub lab: LabName,
    /// The page to open [default: the lab's first site]
    pub url: Option<String>,
    /// The browser [default: Chromium, Chrome, Brave or Firefox, whichever is installed]
    #[arg(long, value_name = "PROGRAM")]
    pub with: Option<PathBuf>,
    /// Further arguments for the browser
    #[arg(last = true, value_name = "ARGUMENT")]
    pub arguments: Vec<OsString>,
}

#[derive(Debug, Args)]
pub struct Env {
    #[command(flatten)]
    pub lab: LabName,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Wait {
    #[command(flatten)]
    pub lab: LabName,
    /// How long: 500ms, 5s, 1m
    #[arg(long, value_name = "TIME", default_value = "5s", global = true)]
    pub timeout: Period,
    #[command(subcommand)]
    pub what: WaitFor,
}

#[derive(Debug, Subcommand)]
pub enum WaitFor {
    /// Every service of the lab answers
    Ready,
    /// A name has an address
    Dns {
        /// The name
        name: String,
    },
    /// A page is served: its status is below 400
    Http {
        /// The page
        url: String,
    },
    /// A mail has come, now or before: a server of its domain took it
    Mail {
        /// To whom, as in bob@club.test
        #[arg(long, value_name = "ADDRESS")]
        to: String,
    },
}

#[derive(Debug, Args)]
pub struct Log {
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub lab: LabName,
    /// Go on with what comes
    #[arg(short, long)]
    pub follow: bool,
    /// All that was said in the flows of --flow, line by line, in hex where it is no text
    #[arg(long, requires = "flow")]
    pub full: bool,
    /// As JSON, one object for each message
    #[arg(long)]
    pub json: bool,
    /// Say in words what each message means, with the RFC's section
    #[arg(long)]
    pub explain: bool,
    /// Show passwords, cookies and other secrets
    #[arg(long)]
    pub secrets: bool,
}

#[derive(Debug, Args)]
pub struct Capture {
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub lab: LabName,
    /// As what: packets, or in a form of one protocol's own field; only of such a form a part can be selected
    /// [default: as the name of the output says, otherwise pcapng]
    #[arg(long, value_name = "FORM", value_parser = export::forms())]
    pub format: Option<String>,
    /// The file to write; - is the standard output, as in `toynet capture -f -o - | wireshark -k -i -`
    #[arg(short, long, value_name = "FILE", verbatim_doc_comment)]
    pub output: PathBuf,
    /// Go on with what comes, until Ctrl-C or the end of the lab
    #[arg(short, long)]
    pub follow: bool,
    /// What to show of the network
    #[arg(long, value_name = "STYLE", default_value = "packets")]
    pub style: CaptureStyle,
    /// Show passwords, cookies and other secrets, in packets in their comments too
    #[arg(long)]
    pub secrets: bool,
}

#[derive(Debug, Args)]
pub struct Tap {
    /// Where clients connect: ADDR:PORT, or a port of the loopback; port 0 is any that is free
    #[arg(long, value_name = "ADDR:PORT", value_parser = solo::read_listen)]
    pub listen: solo::Listen,
    /// The server, over TCP and UDP
    #[arg(long, value_name = "HOST:PORT", value_parser = tap::read_target)]
    pub to: tap::Target,
    /// What they speak [default: auto, by what they say first, otherwise by the server's port]
    #[arg(long, value_name = "PROTOCOL")]
    pub proto: Option<String>,
    /// Open TLS, from the first octet or after STARTTLS, with certificates that clients must trust
    #[arg(long)]
    pub intercept: bool,
    /// With --intercept: do not verify the server's certificate
    #[arg(long, requires = "intercept")]
    pub insecure: bool,
    /// Keep the whole record in this file, which `log`, `diagram` and `capture` read later
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// How to show what passes
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub log: LogForm,
    /// Show passwords, cookies and other secrets in the log
    #[arg(long)]
    pub secrets: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CaptureStyle {
    /// Packets as on a wire; TLS with its keys
    Packets,
    /// A frame for each message, in clear
    Messages,
}

#[derive(Debug, Args)]
pub struct Fault {
    #[command(flatten)]
    pub lab: LabName,
    #[command(subcommand)]
    pub order: FaultOrder,
    /// As JSON
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum FaultOrder {
    /// Set one: the same words as in a lab file's `[[fault]]`, as in
    /// `toynet fault add host=ns.shop.test answer=SERVFAIL for=10s`
    #[command(verbatim_doc_comment)]
    Add {
        /// KEY=VALUE, each
        #[arg(required = true, value_name = "KEY=VALUE")]
        words: Vec<String>,
    },
    /// Show which are set and how often each has struck
    List,
    /// Take one away, or all
    Clear {
        /// Its number; all when it is left out
        number: Option<u64>,
    },
    /// Let one rest, or all
    Off {
        /// Its number; all when it is left out
        number: Option<u64>,
    },
    /// Let one strike again, or all
    On {
        /// Its number; all when it is left out
        number: Option<u64>,
    },
    /// Tell what services can do wrong
    Kinds {
        /// A protocol; all when it is left out
        protocol: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct Diagram {
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub lab: LabName,
    /// As what [default: as the name of the output says, otherwise ladder]
    #[arg(long = "as", value_name = "FORM")]
    pub form: Option<DiagramForm>,
    /// Where to write it [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// How much to draw
    #[arg(long, value_name = "DETAIL", default_value = "message")]
    pub detail: DiagramDetail,
    /// Say in words what each message means, with the RFC's section
    #[arg(long)]
    pub explain: bool,
    /// Show passwords, cookies and other secrets
    #[arg(long)]
    pub secrets: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DiagramForm {
    /// Lines of a terminal
    #[default]
    Ladder,
    /// Text that GitHub and others draw
    Mermaid,
    /// Text for PlantUML
    Plantuml,
    /// A picture that needs nothing else
    Svg,
    /// For programs
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiagramDetail {
    /// Requests and their answers
    Story,
    /// Every message
    Message,
    /// All that was sent at once, connections and their ends too
    Packet,
}

/// What of a record is wanted.
#[derive(Debug, Args)]
pub struct Selection {
    /// A journal that `toynet up --record` wrote, or a packet capture of any program; and words that must stand in a
    /// message
    #[arg(value_name = "FILE|WORD")]
    pub words: Vec<String>,
    /// Only what this host says or hears: a name, a part of one between dots, an address, or you
    #[arg(long)]
    pub host: Vec<String>,
    /// Only what is said in this protocol
    #[arg(long)]
    pub proto: Vec<String>,
    /// Only this flow, by the number that the log shows, and what it caused
    #[arg(long, value_name = "N", value_parser = flow)]
    pub flow: Vec<u64>,
    /// Open what passed over TLS in the file with these keys, as programs write them to SSLKEYLOGFILE
    #[arg(long, value_name = "FILE")]
    pub keys: Vec<PathBuf>,
    /// Nothing earlier: 5m, 12:04, 2026-01-01T12:04, in UTC
    #[arg(long, value_name = "WHEN")]
    pub since: Option<Since>,
}

#[derive(Debug, Args)]
pub struct Ca {
    #[command(flatten)]
    pub lab: LabName,
    /// Print it in PEM, as most programs want it; so it is printed into a pipe, too
    #[arg(long, conflicts_with = "der")]
    pub pem: bool,
    /// In DER, the bare octets
    #[arg(long)]
    pub der: bool,
    /// Write it to this file
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Reload {
    #[command(flatten)]
    pub lab: LabName,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Down {
    #[command(flatten)]
    pub lab: LabName,
}

#[derive(Debug, Args)]
pub struct Completions {
    /// For which shell
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct LabName {
    /// Which lab, when several run
    #[arg(long = "lab", value_name = "NAME", env = "TOYNET_LAB", hide_env = true)]
    pub name: Option<String>,
}

fn flow(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    digits.parse().map_err(|_| "that is no number of a flow; `toynet log` shows them".to_owned())
}

fn lab_name(text: &str) -> Result<String, String> {
    if is_lab_name(text) { Ok(text.to_owned()) } else { Err(LAB_NAMES.to_owned()) }
}

const EXIT_STATUS: &str = "\
Exit status: 0 fine, 1 a check failed or no lab runs, 2 usage, 3 the lab file is invalid,
4 an address cannot be bound, something is not allowed or what was printed is lost, 5 a service died.
Clients: 0 as wished, 1 refused, 6 no answer.
What toynet itself has to say goes to stderr; RUST_LOG=debug makes it say more.";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_make_sense() {
        Arguments::command().debug_assert();
    }
}
