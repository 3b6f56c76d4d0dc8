//! `toynet dns serve` and its like: one server alone.

use std::io;
use std::net::SocketAddr;

use clap::{Arg, ArgAction, ArgMatches, Command};
use tokio::signal::unix::{SignalKind, signal};
use toynet_lab::Authority;
use toynet_lab::protocols::Protocol;
use toynet_lab::protocols::tool::{self, Stand, Vouched};
use toynet_lab::run::{Bound, Clock, Folders, Solo, Transport};

use crate::arguments::{LOOPBACK, Listen, LogForm, read_listen};
use crate::exit::Exit;
use crate::output::print;
use crate::{live, remarks};

/// The word that calls it.
pub const WORD: &str = "serve";

/// The arguments of a protocol's server, with those that all servers have.
pub fn command(solo: &tool::Solo) -> Command {
    let listen = Arg::new(LISTEN)
        .long(LISTEN)
        .value_name("ADDR:PORT")
        .action(ArgAction::Append)
        .value_parser(read_listen)
        .help("Where to listen; may be repeated, and port 0 is any that is free [default: 127.0.0.1 and the standard port raised by 8000]");
    let log = Arg::new(LOG)
        .long(LOG)
        .value_name("FORM")
        .value_parser(clap::builder::EnumValueParser::<LogForm>::new())
        .default_value("text")
        .help("How to show what passes");
    (solo.arguments)().name(WORD).arg(listen).arg(log)
}

/// Runs it until it is told to stop.
pub async fn serve(protocol: &'static Protocol, solo: &tool::Solo, matches: &ArgMatches) -> Result<(), Exit> {
    let form = matches.get_one::<LogForm>(LOG).copied().unwrap_or_default();
    remarks::begin(form == LogForm::Json, "info");
    let stand = (solo.read)(matches).map_err(|why| Exit::misused(format!("toynet: {why}")))?;
    let listen = addresses(matches, &stand);
    let not_allowed = |error: io::Error| Exit::not_allowed(format!("toynet: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(not_allowed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(not_allowed)?;
    let authority = authority(&stand).map_err(not_allowed)?;
    let solo = Solo::start(protocol, &stand, &listen, authority).await.map_err(not_allowed)?;
    if form != LogForm::Json {
        print(&solo.bound().iter().map(|bound| told(protocol.name, bound)).collect::<String>());
    }
    let roster = solo.roster().clone();
    let log = move || live::solo_log(roster, protocol, form);
    let log = live::start(solo.follow(), solo.clock(), form, log).map_err(not_allowed)?;
    tokio::select! {
        biased;
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tokio::select! {
        biased;
        _ = interrupt.recv() => {}
        () = solo.give_notice() => {}
    }
    if let Some(log) = log {
        log.stop(solo.clock()).await;
    }
    Ok(())
}

/// Who makes certificates for it.
fn authority(stand: &Stand) -> io::Result<Authority> {
    let state = match stand.vouched {
        Vouched::Kept => Folders::of_user()?.keep_state(WORD)?,
        Vouched::ForNow | Vouched::By(_) => None,
    };
    Authority::open(WORD, state.as_deref(), Clock::system())
}

/// Where it listens, and what can be tried there.
fn told(name: &str, bound: &Bound) -> String {
    let transports: Vec<_> = bound.transports.iter().map(|transport| spoken(*transport)).collect();
    let ready = format!("ready: {name} on {} ({})\n", bound.address, transports.join(" and "));
    bound.commands.iter().fold(ready, |told, command| told + &format!("try: {}\n", command.line))
}

fn spoken(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
        Transport::Quic => "quic",
        Transport::Command => "commands",
    }
}

fn addresses(matches: &ArgMatches, stand: &Stand) -> Vec<SocketAddr> {
    let raised = stand.port.saturating_add(RAISED);
    let given = matches.get_many::<Listen>(LISTEN).into_iter().flatten();
    let given: Vec<SocketAddr> = given.map(|Listen(ip, port)| SocketAddr::new(*ip, port.unwrap_or(raised))).collect();
    if given.is_empty() { vec![SocketAddr::new(LOOPBACK, raised)] } else { given }
}

const LISTEN: &str = "listen";
const LOG: &str = "log";
/// As labs do where standard ports are reserved to the system.
const RAISED: u16 = 8000;
