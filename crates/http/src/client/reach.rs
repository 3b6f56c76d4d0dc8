//! From a name to a connection (RFC 8305, in a simple form).

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::task::JoinSet;
use toynet_net::{Clock, Host, Stream};

use super::failure::Failure;

/// Connects to the first of several addresses that answers. Each has a head start before the next
/// is tried beside it; families take turns, in the order that the resolver gave (RFC 8305 4 and 5).
///
/// # Errors
/// What the last one that failed says.
pub async fn first(ways: Vec<(Host, SocketAddr)>, clock: Clock) -> Result<Stream, Failure> {
    let mut attempts = JoinSet::new();
    let mut rest = ways.into_iter();
    let mut failure = None;
    loop {
        match rest.next() {
            Some((host, to)) => drop(attempts.spawn_local(async move { (to, host.connect(to).await) })),
            None if attempts.is_empty() => {
                return Err(failure.unwrap_or_else(|| Failure::Network(io::ErrorKind::NotFound.into())));
            }
            None => {}
        }
        let is_last = rest.len() == 0;
        tokio::select! {
            biased;
            Some(Ok((to, connected))) = attempts.join_next() => match connected {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = Some(Failure::Connect { to, error }),
            },
            () = clock.sleep(HEAD_START), if !is_last => {}
        }
    }
}

/// Families in turn, beginning with that of the first address.
pub fn in_turn(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let first = addresses.first().is_some_and(IpAddr::is_ipv4);
    let (mut these, mut others): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|ip| ip.is_ipv4() == first);
    these.reverse();
    others.reverse();
    let mut order = Vec::new();
    while !these.is_empty() || !others.is_empty() {
        order.extend(these.pop());
        order.extend(others.pop());
    }
    order
}

/// RFC 8305 5 recommends 250 ms.
const HEAD_START: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let given = ["::1", "::2", "::3", "192.0.2.1"].map(ip).to_vec();
        assert_eq!(in_turn(given), ["::1", "192.0.2.1", "::2", "::3"].map(ip));
        assert_eq!(in_turn(Vec::new()), Vec::<IpAddr>::new());
    }
}
