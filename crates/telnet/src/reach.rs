//! What a session does in the lab for the person: look up a name, fetch a page, send a mail. Flows that are opened for it
//! carry the cause of the host that is handed over.
//!
//! - `page`: a page as lines of text
//! - `mail`: a mail to the exchanger of its domain

mod mail;
mod page;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_net::{Host, Stream};

use crate::shell::command::Kind;

pub use mail::{Letter, mail};

/// Why something was not reached, in words for the person who wanted it.
#[derive(Debug, thiserror::Error)]
pub enum Unreached {
    /// What was typed is no address that can be used here.
    #[error("{0}")]
    LocalAddress(&'static str),
    /// The lab cannot look up names.
    #[error("This lab has no resolver to ask.")]
    LocalResolver,
    /// Nothing is known under the name.
    #[error("{0} was not found.")]
    NotFound(String),
    /// Nobody could say whether there is such a name.
    #[error("Nobody could tell about {0}: {1}.")]
    LookUp(String, io::Error),
    /// There is no connection, or it was lost.
    #[error("{0} cannot be reached: {1}.")]
    Network(String, io::Error),
    /// The server said no, or what makes no sense.
    #[error("{0} said: {1}")]
    Peer(String, String),
    /// It took too long.
    #[error("That took too long and was given up.")]
    TooSlow,
}

/// Looks up a name; gives a line for each record.
///
/// # Errors
/// Why there is nothing to tell.
pub async fn dig(host: &Host, name: &str, kind: Kind) -> Result<String, Unreached> {
    let found = match kind {
        Kind::Mx => exchangers(host, name).await?.into_iter().map(|(preference, name)| format!("{preference} {name}")),
        Kind::Address | Kind::A | Kind::Aaaa => return dig_addresses(host, name, kind).await,
    };
    table(name, found.map(|exchanger| ("MX", exchanger)))
}

async fn dig_addresses(host: &Host, name: &str, kind: Kind) -> Result<String, Unreached> {
    let wanted = |address: &IpAddr| match kind {
        Kind::A => address.is_ipv4(),
        Kind::Aaaa => address.is_ipv6(),
        Kind::Address | Kind::Mx => true,
    };
    let found = addresses(host, name).await?.into_iter().filter(wanted);
    table(name, found.map(|address| (if address.is_ipv4() { "A" } else { "AAAA" }, address.to_string())))
}

fn table(name: &str, rows: impl Iterator<Item = (&'static str, String)>) -> Result<String, Unreached> {
    let lines: String =
        rows.take(MOST_RECORDS).map(|(kind, value)| clean(&format!("{name}  {kind}  {value}\n"))).collect();
    if lines.is_empty() { Err(Unreached::NotFound(name.to_owned())) } else { Ok(lines) }
}

/// Fetches a page as lines of text.
///
/// # Errors
/// Why there is none.
pub async fn get(host: &Host, url: &str) -> Result<String, Unreached> {
    let Url { name, port, path } = Url::parse(url)?;
    let mut stream = connect(host, name, port).await?;
    let authority = if port == 80 { name.to_owned() } else { format!("{name}:{port}") };
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nAccept: text/*\r\nConnection: close\r\n\r\n");
    let answer = exchange(&mut stream, request.as_bytes()).await;
    let answer = answer.map_err(|error| Unreached::Network(name.to_owned(), error))?;
    page::show(&answer).map(|shown| clean(&shown)).ok_or_else(|| {
        let first = String::from_utf8_lossy(&answer[..answer.len().min(60)]).into_owned();
        Unreached::Peer(name.to_owned(), clean(&first))
    })
}

async fn exchange(stream: &mut Stream, request: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    stream.take(LONGEST_PAGE).read_to_end(&mut answer).await?;
    Ok(answer)
}

/// Gives `work` as long as a person is willing to wait.
///
/// # Errors
/// As the work says; [`Unreached::TooSlow`].
pub async fn in_time<T>(host: &Host, work: impl Future<Output = Result<T, Unreached>>) -> Result<T, Unreached> {
    let clock = host.clock();
    clock.until(clock.now() + PATIENCE, work).await.unwrap_or(Err(Unreached::TooSlow))
}

/// Connects to the first address of a name that answers.
async fn connect(host: &Host, name: &str, port: u16) -> Result<Stream, Unreached> {
    let mut why = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses(host, name).await?.into_iter().take(MOST_ADDRESSES) {
        match host.connect(SocketAddr::new(address, port)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => why = error,
        }
    }
    Err(Unreached::Network(name.to_owned(), why))
}

async fn addresses(host: &Host, name: &str) -> Result<Vec<IpAddr>, Unreached> {
    if let Ok(address) = name.parse() {
        return Ok(vec![address]);
    }
    let resolver = host.resolver().map_err(|_| Unreached::LocalResolver)?;
    resolver.addresses(host, name).await.map_err(|error| not_found(name, error))
}

async fn exchangers(host: &Host, domain: &str) -> Result<Vec<(u16, String)>, Unreached> {
    let resolver = host.resolver().map_err(|_| Unreached::LocalResolver)?;
    resolver.exchangers(host, domain).await.map_err(|error| not_found(domain, error))
}

fn not_found(name: &str, error: io::Error) -> Unreached {
    match error.kind() {
        io::ErrorKind::NotFound => Unreached::NotFound(name.to_owned()),
        _ => Unreached::LookUp(name.to_owned(), error),
    }
}

/// A URL that can be fetched here.
#[derive(Debug, PartialEq, Eq)]
struct Url<'a> {
    name: &'a str,
    port: u16,
    path: &'a str,
}

impl<'a> Url<'a> {
    fn parse(text: &'a str) -> Result<Self, Unreached> {
        let wrong = || Unreached::LocalAddress("Type a URL such as http://www.shop.test/");
        let rest = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some(_) => return Err(Unreached::LocalAddress("Only http:// pages can be fetched here.")),
            None => text,
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let slash = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(slash);
        let (name, port) = match authority.rsplit_once(':') {
            Some((name, port)) => (name, port.parse().map_err(|_| wrong())?),
            None => (authority, 80),
        };
        let is_name = |octet: u8| octet.is_ascii_alphanumeric() || b"-._".contains(&octet);
        if name.is_empty() || !name.bytes().all(is_name) || !path.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Err(wrong());
        }
        Ok(Self { name, port, path: if path.is_empty() { "/" } else { path } })
    }
}

/// Text of others without what would move the cursor or change colours.
pub(crate) fn clean(text: &str) -> String {
    text.chars().filter(|character| *character == '\n' || !character.is_control()).collect()
}

/// As long as people look at a screen on which nothing happens; a slow link of a lab takes a second or two.
const PATIENCE: Duration = Duration::from_secs(30);
/// Octets of an answer that are looked at: far more than is shown of it.
const LONGEST_PAGE: u64 = 64 * 1024;
/// Addresses that are tried; more only cost time.
const MOST_ADDRESSES: usize = 4;
/// Lines of an answer: what fits on a screen.
const MOST_RECORDS: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_as_people_type_them() {
        for (text, name, port, path) in [
            ("http://www.shop.test/a?b#c", "www.shop.test", 80, "/a?b"),
            ("www.shop.test", "www.shop.test", 80, "/"),
            ("HTTP://www.shop.test:8080", "www.shop.test", 8080, "/"),
        ] {
            assert_eq!(Url::parse(text).unwrap(), Url { name, port, path });
        }
        for wrong in ["https://a/", "http:///a", "a b", "http://a/\r\nX: y", "http://u@a/", "a:b"] {
            assert!(Url::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
