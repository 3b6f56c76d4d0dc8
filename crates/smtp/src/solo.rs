//! The server alone: `toynet smtp serve`, for whoever points a program at it to see what it sends.
//!
//! - `caught`: what is done with mails; `shown`: a mail as a person reads it

mod caught;
mod shown;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command};
use toynet_record::Transport;
use toynet_service::tls::Settings;
use toynet_service::{Config, Endpoint, Files, HostName, Mistake, Place, Reached, Server, Solo, Stand, Vouched};

use crate::retry::Schedule;
use crate::server::policy::{Policy, Users};
use crate::server::{Auth, Limits, SmtpServer, Ways};
use crate::store::Store;
use caught::{Caught, Form};

/// The server.
pub const SERVE: Solo = Solo { arguments, read };

fn arguments() -> Command {
    Command::new("serve")
        .about("Takes mail for everybody, shows it and passes none on")
        .long_about(
            "Takes mail for everybody from everybody, and passes none of it on. Each mail is shown with its \
             envelope, its header and its text. Programs may use STARTTLS where there is a certificate, and AUTH \
             with any name and password.",
        )
        .arg(
            Arg::new(KEEP)
                .long(KEEP)
                .value_name("FOLDER")
                .value_parser(clap::value_parser!(PathBuf))
                .help("Keep the mails as a Maildir in FOLDER [default: they are shown and not kept]"),
        )
        .arg(
            Arg::new(DOMAIN)
                .long(DOMAIN)
                .value_name("DOMAIN")
                .action(ArgAction::Append)
                .value_parser(domain)
                .help("Take mail for this domain only; may be repeated [default: for all]"),
        )
        .arg(
            Arg::new(SIZE)
                .long(SIZE)
                .value_name("OCTETS")
                .value_parser(clap::value_parser!(u64).range(1..=LARGEST))
                .help("Take no greater message [default: 25 MiB]"),
        )
}

fn domain(text: &str) -> Result<String, String> {
    HostName::parse(text).map(|name| name.to_string()).map_err(|why| format!("a domain {why}"))
}

fn read(matches: &ArgMatches) -> Result<Stand, String> {
    let keep = matches.get_one::<PathBuf>(KEEP).cloned();
    let log = matches.try_get_raw(LOG).ok().flatten().and_then(|mut values| values.next());
    let form = if log.is_some_and(|log| log == "json") { Form::Json } else { Form::Text };
    let caught = Caught::new(keep.clone(), form)
        .map_err(|error| format!("--{KEEP}: {} cannot be used: {error}", keep.unwrap_or_default().display()))?;
    let alone = Alone {
        port: 0,
        domains: matches.get_many::<String>(DOMAIN).into_iter().flatten().cloned().collect(),
        limits: Limits {
            message: matches.get_one::<u64>(SIZE).copied().unwrap_or(Limits::default().message),
            ..Limits::default()
        },
        caught: Arc::new(caught),
    };
    let config = move |port| Box::new(Alone { port, ..alone.clone() }) as Box<dyn Config>;
    Ok(Stand { config: Box::new(config), port: SMTP, zones: Vec::new(), state: None, vouched: Vouched::ForNow })
}

/// A server that is no part of a lab.
#[derive(Clone, Debug)]
struct Alone {
    port: u16,
    domains: Vec<String>,
    limits: Limits,
    caught: Arc<Caught>,
}

impl Config for Alone {
    fn endpoints(&self) -> Vec<Endpoint> {
        vec![Endpoint { transport: Transport::Tcp, port: self.port }]
    }

    fn check(&self, _: &dyn Files) -> Vec<Mistake> {
        Vec::new()
    }

    fn commands(&self, _: &Reached<'_>) -> Vec<toynet_service::Command> {
        Vec::new()
    }

    fn build(&self, place: &Place) -> io::Result<Box<dyn Server>> {
        let policy = Policy {
            host: place.host.to_string(),
            addresses: place.addresses.clone(),
            domains: self.domains.iter().cloned().collect(),
            users: Users::Anyone,
            stands_alone: true,
            ..Policy::default()
        };
        let tls = Some(place.tls_server(&Settings::USUAL, [], &[])?);
        let (port, limits) = (self.port, self.limits);
        let ways = Ways { port, tls, auth: Some(Auth::Anywhere), limits, ..Ways::default() };
        self.caught.begin();
        let store = Arc::clone(&self.caught) as Arc<dyn Store>;
        Ok(Box::new(SmtpServer::new(ways, policy, store, Schedule::default())))
    }
}

const KEEP: &str = "keep";
const DOMAIN: &str = "domain";
const SIZE: &str = "size";
/// How to show what passes, which all servers that stand alone know.
const LOG: &str = "log";
const SMTP: u16 = 25;
/// A message is held whole while it comes, and 256 connections may bring one each.
const LARGEST: u64 = 1024 * 1024 * 1024;

#[cfg(test)]
mod tests;
