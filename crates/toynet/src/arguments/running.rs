//! What is asked of a lab that runs.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use toynet_lab::spec::units::Period;

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
    /// `toynet fault add host=ns.shop.test answer=SERVFAIL for=10s`;
    /// `toynet fault kinds` tells them. Of several that fit at one service
    /// the first strikes
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
    /// Tell what can go wrong, for whom and when
    Kinds {
        /// A protocol, or tls, link or any; all when it is left out
        protocol: Option<String>,
    },
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
pub struct LabName {
    /// Which lab, when several run
    #[arg(id = "of_lab", long = "lab", value_name = "NAME", env = "TOYNET_LAB", hide_env = true, global = true)]
    pub name: Option<String>,
}
