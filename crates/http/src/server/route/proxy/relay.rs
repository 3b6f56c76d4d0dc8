//! Octets both ways, until both sides are done or nothing moves any more.

use std::cell::Cell;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use toynet_machine::Time;
use toynet_net::Clock;

/// Copies what either side says to the other.
pub(super) async fn both_ways(
    client: impl AsyncRead + AsyncWrite,
    upstream: impl AsyncRead + AsyncWrite,
    clock: Clock,
) {
    let last = Cell::new(clock.now());
    let (mut client, mut upstream) = (split(client), split(upstream));
    let copying = async {
        let there = one_way(&mut client.0, &mut upstream.1, &last, clock);
        let back = one_way(&mut upstream.0, &mut client.1, &last, clock);
        // Either side may go away: there is nobody to tell but the other, who notices.
        drop(tokio::try_join!(there, back));
    };
    tokio::select! {
        biased;
        () = copying => {}
        () = silence(&last, clock) => {}
    }
}

async fn one_way(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    last: &Cell<Time>,
    clock: Clock,
) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&piece[..length]).await?;
        to.flush().await?;
        last.set(clock.now());
    }
}

async fn silence(last: &Cell<Time>, clock: Clock) {
    while clock.now() < last.get() + LONGEST_SILENCE {
        clock.sleep_until(last.get() + LONGEST_SILENCE).await;
    }
}

/// More than what is in flight on most links, and little for a connection.
const PIECE: usize = 16 * 1024;
/// A chat may well be silent for minutes; whoever wants to be connected for longer sends pings.
const LONGEST_SILENCE: Duration = Duration::from_secs(600);
