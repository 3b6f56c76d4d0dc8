//! To the exchangers of a domain (RFC 5321 5.1).

use std::io;
use std::net::{IpAddr, SocketAddr};

use toynet_net::Host;
use toynet_net::tls::ClientConfig;

use crate::client::{Letter, send};
use crate::fate::{Fate, Trouble};
use crate::route;
use crate::wire::path::Domain;

/// Delivers letters to a domain, and says what became of each recipient of each, in order.
pub(super) async fn deliver(
    host: &Host,
    domain: &Domain,
    letters: Vec<Letter>,
    tls: Option<&ClientConfig>,
) -> Vec<Fate> {
    let recipients: usize = letters.iter().map(|letter| letter.to.len()).sum();
    match try_exchangers(host, domain, letters, tls).await {
        Ok(fates) => fates.into_iter().flatten().collect(),
        Err(fate) => vec![fate; recipients],
    }
}

async fn try_exchangers(
    host: &Host,
    domain: &Domain,
    letters: Vec<Letter>,
    tls: Option<&ClientConfig>,
) -> Result<Vec<Vec<Fate>>, Fate> {
    let exchangers = exchangers(host, domain).await?;
    let mut last = Fate::Failed(Trouble::PeerNoRoute(domain.to_string()));
    let mut tries = 0;
    for exchanger in exchangers {
        let addresses = match addresses(host, &exchanger).await {
            Ok(addresses) => addresses,
            Err(fate) => {
                last = later(last, fate);
                continue;
            }
        };
        for address in addresses {
            if tries == MOST_TRIES {
                return Err(last);
            }
            tries += 1;
            match send(host, &exchanger, SocketAddr::new(address, PORT), letters.clone(), tls).await {
                Ok(fates) => return Ok(fates),
                Err(fate) => last = later(last, fate),
            }
        }
    }
    Err(last)
}

/// Names, or addresses as text, best first.
pub(crate) async fn exchangers(host: &Host, domain: &Domain) -> Result<Vec<String>, Fate> {
    let name = match domain {
        Domain::Name(name) => name,
        Domain::Address(address) => return Ok(vec![address.to_string()]),
        Domain::Literal(_) => return Err(Fate::Failed(Trouble::PeerNoRoute(domain.to_string()))),
    };
    let no_answer = |error: io::Error| Fate::Deferred(Trouble::NetworkNoAnswer(name.clone(), error.to_string()));
    let resolver = host.resolver().map_err(no_answer)?;
    let found = resolver.exchangers(host, name).await.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Fate::Failed(Trouble::PeerNoDomain(name.clone())),
        _ => no_answer(error),
    })?;
    let mut random = host.random(&format!("exchangers of {name} at {}", host.clock().now()));
    route::exchangers(name, host.name(), &found, &mut random)
}

pub(crate) async fn addresses(host: &Host, exchanger: &str) -> Result<Vec<IpAddr>, Fate> {
    let found = match exchanger.parse() {
        Ok(address) => vec![address],
        Err(_) => look_up(host, exchanger).await?,
    };
    // Nothing of a lab goes out into the world.
    let inside: Vec<IpAddr> = found.into_iter().filter(|address| host.is_inside(*address)).collect();
    if inside.is_empty() { Err(Fate::Failed(Trouble::PeerNoRoute(exchanger.to_owned()))) } else { Ok(inside) }
}

async fn look_up(host: &Host, exchanger: &str) -> Result<Vec<IpAddr>, Fate> {
    let no_answer =
        |error: io::Error| Fate::Deferred(Trouble::NetworkNoAnswer(exchanger.to_owned(), error.to_string()));
    let resolver = host.resolver().map_err(no_answer)?;
    resolver.addresses(host, exchanger).await.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Fate::Failed(Trouble::PeerNoRoute(exchanger.to_owned())),
        _ => no_answer(error),
    })
}

/// Of the troubles with two exchangers the one that leaves hope.
fn later(before: Fate, fate: Fate) -> Fate {
    if matches!(before, Fate::Deferred(_)) { before } else { fate }
}

/// Where exchangers listen.
const PORT: u16 = 25;
/// RFC 5321 5.1 asks for two addresses at least; each may take the whole patience for a connection.
const MOST_TRIES: usize = 5;
