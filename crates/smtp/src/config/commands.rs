//! Ready-made commands.

use std::net::{IpAddr, SocketAddr};

use toynet_service::{Command, Reached};

/// Commands that reach the server on `port` as they stand.
pub(super) fn of(port: u16, reached: &Reached<'_>, domain: &str, mailboxes: &[&str]) -> Vec<Command> {
    let from = mailboxes.first().copied().unwrap_or("alice");
    let elsewhere = reached.mailboxes.iter().find(|address| !address.ends_with(&format!("@{domain}")));
    let inside = if port == 25 { reached.host.to_owned() } else { format!("{}:{port}", reached.host) };
    let server = match reached.is_inside {
        true => inside.clone(),
        false => at(reached.address, port + reached.port_offset),
    };
    let swaks = |rest: String, shows: &str| Command {
        program: "swaks",
        line: format!("swaks --server {server} {rest}"),
        own: Some(format!("smtp send --server {inside} {rest}")),
        shows: shows.to_owned(),
    };
    let mut commands = match elsewhere {
        Some(to) => vec![swaks(format!("--from {from}@{domain} --to {to}"), "a mail that finds its way by MX")],
        None => {
            let to = mailboxes.get(1).copied().unwrap_or(from);
            vec![swaks(format!("--from {from}@{domain} --to {to}@{domain}"), "a mail into a mailbox")]
        }
    };
    if !mailboxes.is_empty() {
        let rest = format!("--from {from}@{domain} --to nobody@{domain} --quit-after RCPT");
        commands.push(swaks(rest, "how an unknown recipient is refused"));
    }
    commands
}

/// `127.83.0.1`, and the port where it is not swaks's own choice.
fn at(address: IpAddr, port: u16) -> String {
    match (address, port) {
        (IpAddr::V4(address), 25) => address.to_string(),
        (IpAddr::V6(address), 25) => format!("[{address}]"),
        (address, port) => SocketAddr::new(address, port).to_string(),
    }
}
