//! What is started: a lab, a command in one, a relay between others.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use toynet_lab::spec::{LAB_NAMES, is_lab_name};

use super::place::{Listen, Target, read_listen, read_target};
use super::record::LogForm;

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
    #[command(flatten)]
    pub inside: Inside,
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
    #[command(flatten)]
    pub inside: Inside,
    /// A command instead of the shell
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// What a command is inside a lab.
#[derive(Debug, Args)]
pub struct Inside {
    /// What the command shares with the lab: a network of its own, or this machine's, where connections are led to
    /// the lab [default: world, otherwise ports]
    #[arg(long, value_name = "CARRIER")]
    pub carrier: Option<Carrier>,
    /// Be this host of the lab: speak from its address, under its name
    #[arg(long = "as", value_name = "HOST")]
    pub host: Option<String>,
    /// Keep the whole record in this file, which `log` and `diagram` read later
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Carrier {
    /// In a network of its own, which `toynet shell` enters, with doors on the machine's loopback
    World,
    /// On the machine's loopback, at addresses of 127/8
    Ports,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Ports {
    /// 53, 80, ...
    Standard,
    /// 8053, 8080, ...: each raised by 8000
    Raised,
}

#[derive(Debug, Args)]
pub struct Tap {
    /// Where clients connect: ADDR:PORT, or a port of the loopback; port 0 is any that is free
    #[arg(long, value_name = "ADDR:PORT", value_parser = read_listen)]
    pub listen: Listen,
    /// The server, over TCP and UDP
    #[arg(long, value_name = "HOST:PORT", value_parser = read_target)]
    pub to: Target,
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

fn lab_name(text: &str) -> Result<String, String> {
    if is_lab_name(text) { Ok(text.to_owned()) } else { Err(LAB_NAMES.to_owned()) }
}
