//! What can be typed.
//!
//! - here: the commands, and those that are about no lab that runs
//! - [`start`]: what runs from then on; [`running`]: what is asked of a lab that runs; [`record`]: what of its record is shown
//! - [`place`]: where to listen, and to whom to connect

mod place;
mod record;
mod running;
mod start;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use place::{LOOPBACK, Listen, read_listen};
pub use record::{Capture, CaptureStyle, Diagram, DiagramDetail, DiagramForm, Log, LogForm, Selection};
pub use running::{Browser, Ca, Down, Env, Fault, FaultOrder, LabName, Reload, Status, Wait, WaitFor};
pub use start::{Carrier, Ports, Run, Shell, Tap, Up};

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

#[derive(Debug, Args)]
pub struct Doctor {
    /// Print the AppArmor profile that lets toynet make networks, as Ubuntu wants it
    #[arg(long)]
    pub apparmor: bool,
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
pub struct Completions {
    /// For which shell
    pub shell: clap_complete::Shell,
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
