//! Name look-ups as one protocol needs them of another, so that protocol crates stay apart.

use std::future::Future;
use std::io;
use std::net::IpAddr;
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
