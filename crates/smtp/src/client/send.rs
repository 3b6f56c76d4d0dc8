//! A connection to a server, and mails over it.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use toynet_machine::Machine;
use toynet_net::Host;
use toynet_net::drive::{Session, drive};
use toynet_net::tls::ClientConfig;

use super::machine::{ClientMachine, Ending, Event, Letter, Order};
use crate::fate::{Fate, Trouble};

/// Delivers letters to the server called `name` at `address`, one after the other over one connection; under TLS
/// where the server offers it and `tls` says how, and in clear where that fails (RFC 7435).
/// For each letter: what became of it for each recipient.
///
/// # Errors
/// Why nothing was delivered at all: the server was not reached, or refused the connection.
pub async fn send(
    host: &Host,
    name: &str,
    address: SocketAddr,
    letters: Vec<Letter>,
    tls: Option<&ClientConfig>,
) -> Result<Vec<Vec<Fate>>, Fate> {
    if let Some(tls) = tls {
        match attempt(host, name, address, letters.clone(), Some(tls)).await {
            Err(Broken::Tls(error)) => tracing::info!(host = host.name(), "no TLS with {name}: {error}"),
            Err(Broken::Fate(fate)) => return Err(fate),
            Ok(fates) => return Ok(fates),
        }
    }
    attempt(host, name, address, letters, None).await.map_err(|broken| match broken {
        Broken::Fate(fate) => fate,
        Broken::Tls(error) => lost(name, &error),
    })
}

/// Why nothing was delivered.
enum Broken {
    /// TLS did not start.
    Tls(io::Error),
    Fate(Fate),
}

async fn attempt(
    host: &Host,
    name: &str,
    address: SocketAddr,
    letters: Vec<Letter>,
    tls: Option<&ClientConfig>,
) -> Result<Vec<Vec<Fate>>, Broken> {
    let clock = host.clock();
    let unreachable =
        |error: io::Error| Fate::Deferred(Trouble::NetworkUnreachable(name.to_owned(), error.to_string()));
    let connecting = clock.until(clock.now() + CONNECT, host.connect(address)).await;
    let connected = connecting.and_then(|connected| connected).map_err(unreachable);
    let mut stream = connected.map_err(Broken::Fate)?;
    let mut machine = ClientMachine::new(clock.now(), host.name(), name);
    let mut talk = Talk { letters: letters.into(), done: Vec::new(), trouble: None };
    if let Some(tls) = tls {
        machine = machine.with_tls();
        machine = match clock.until(clock.now() + WHOLE, drive(machine, &mut stream, clock, &mut talk)).await {
            Ok(Ok(machine)) => machine,
            Ok(Err(error)) | Err(error) => return talk.result(Some(lost(name, &error))).map_err(Broken::Fate),
        };
        if machine.is_paused() {
            let starting = stream.start_tls_as_client(tls, name, machine.unread());
            let started = clock.until(clock.now() + CONNECT, starting).await.and_then(|started| started);
            stream = started.map_err(Broken::Tls)?;
            machine.order(clock.now(), Order::Secured);
        } else {
            return talk.result(None).map_err(Broken::Fate);
        }
    }
    let driving = drive(machine, &mut stream, clock, &mut talk);
    let ended = clock.until(clock.now() + WHOLE, driving).await;
    let broken = ended.and_then(|ended| ended.map(drop)).err();
    talk.result(broken.map(|error| lost(name, &error))).map_err(Broken::Fate)
}

/// The session of a connection.
struct Talk {
    letters: VecDeque<Letter>,
    done: Vec<Vec<Fate>>,
    trouble: Option<Fate>,
}

impl Session<ClientMachine> for Talk {
    async fn hear(&mut self, event: Event) -> io::Result<Vec<Order>> {
        match event {
            Event::Ready(_) => {}
            Event::Done(fates) => {
                self.letters.pop_front();
                self.done.push(fates);
            }
            Event::Ended(ending) => {
                self.trouble = match ending {
                    Ending::Quit => None,
                    Ending::Trouble(fate) => Some(fate),
                };
                return Ok(Vec::new());
            }
        }
        Ok(vec![self.letters.front().cloned().map_or(Order::Quit, Order::Deliver)])
    }
}

impl Talk {
    /// What is said for letters that were not answered: the server's last word, or what broke the connection.
    fn result(mut self, broken: Option<Fate>) -> Result<Vec<Vec<Fate>>, Fate> {
        let Some(trouble) = self.trouble.or(broken) else { return Ok(self.done) };
        if self.done.is_empty() {
            return Err(trouble);
        }
        for letter in self.letters {
            self.done.push(letter.to.iter().map(|_| trouble.clone()).collect());
        }
        Ok(self.done)
    }
}

fn lost(name: &str, error: &io::Error) -> Fate {
    Fate::Deferred(match error.kind() {
        io::ErrorKind::TimedOut => Trouble::PeerTooSlow(name.to_owned()),
        _ => Trouble::PeerLeft(name.to_owned()),
    })
}

/// As Linux gives up on its own after about two minutes (tcp_syn_retries); Postfix takes 30 seconds, as
/// a server that is there answers in less.
const CONNECT: Duration = Duration::from_secs(30);
/// A server that is slow at every step, or does not read, is left in the end: an hour is several times what RFC
/// 5321 4.5.3.2 gives any one step.
const WHOLE: Duration = Duration::from_secs(3600);
