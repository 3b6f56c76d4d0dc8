//! Name look-ups as one protocol needs them of another, so that protocol crates stay apart.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;

use crate::Host;

/// A future that stays on its worker.
pub type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Asks the lab's name servers on a host's behalf. The queries carry the host's cause.
pub trait Resolve {
    /// The addresses of a name, in the order of the answer.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] when the name or its addresses do not exist; others when nobody
    /// could say.
    fn addresses<'a>(&'a self, host: &'a Host, name: &'a str) -> LocalFuture<'a, io::Result<Vec<IpAddr>>>;

    /// The mail exchangers of a domain with their preferences, best first (RFC 5321 section 5.1);
    /// none when it names none.
    ///
    /// # Errors
    /// As for [`Resolve::addresses`].
    fn exchangers<'a>(&'a self, host: &'a Host, domain: &'a str) -> LocalFuture<'a, io::Result<Vec<(u16, String)>>>;
}

/// The addresses of a name as the machine's own look-up has them, which is no part of any record.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] when there are none; others as the system says.
pub async fn by_system(name: &str) -> io::Result<Vec<IpAddr>> {
    let missing = |why: io::Error| io::Error::new(io::ErrorKind::NotFound, format!("{name} has no address: {why}"));
    let found = tokio::net::lookup_host((name, 0)).await.map_err(missing)?;
    let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    addresses.dedup();
    Ok(addresses)
}

/// Where the machine sends its recursive queries: the first server of resolv.conf(5).
pub fn system_server() -> SocketAddr {
    let text = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let servers = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    let first = servers.filter_map(|server| server.trim().parse().ok()).next();
    // Without one, resolv.conf(5) means the machine itself.
    SocketAddr::new(first.unwrap_or(IpAddr::from([127, 0, 0, 1])), DNS)
}

const DNS: u16 = 53;
