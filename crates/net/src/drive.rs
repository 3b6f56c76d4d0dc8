//! Runs a machine on a stream.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_machine::{Machine, Time};

use crate::{Clock, Stream};

/// What a session hears of its machine and decides.
pub trait Session<M: Machine> {
    /// Takes an event; the orders that follow from it go back to the machine.
    ///
    /// # Errors
    /// When the session cannot go on; the connection is then closed.
    fn hear(&mut self, event: M::Event) -> impl Future<Output = io::Result<Vec<M::Order>>>;
}

/// Drives `machine` on `stream` until it is over or paused, and gives both back.
///
/// # Errors
/// As the stream or the session says; [`io::ErrorKind::TimedOut`] when the peer does not read.
pub async fn drive<M: Machine>(
    mut machine: M,
    stream: &mut Stream,
    clock: Clock,
    session: &mut impl Session<M>,
) -> io::Result<M> {
    let mut buffer = vec![0; BUFFER];
    let mut ended = false;
    loop {
        while let Some(event) = machine.poll_event() {
            for order in session.hear(event).await? {
                machine.order(clock.now(), order);
            }
        }
        if !machine.outgoing().is_empty() {
            let octets = std::mem::take(machine.outgoing());
            say(stream, clock, machine.deadline(), &octets).await?;
        }
        if machine.is_paused() {
            return Ok(machine);
        }
        if machine.is_over() {
            stream.shutdown().await?;
            return Ok(machine);
        }
        let next = match (ended, machine.deadline()) {
            (false, deadline) => next(stream, clock, deadline, &mut buffer).await?,
            (true, Some(deadline)) => {
                clock.sleep_until(deadline).await;
                Next::Deadline
            }
            // The peer has said all, and nothing more will come of it.
            (true, None) => return Ok(machine),
        };
        match next {
            Next::Octets(0) => {
                ended = true;
                machine.receive_end(clock.now());
            }
            Next::Octets(length) => machine.receive(clock.now(), &buffer[..length]),
            Next::Deadline => machine.expire(clock.now()),
        }
    }
}

/// A peer that does not read meets the machine's deadline too.
async fn say(stream: &mut Stream, clock: Clock, deadline: Option<Time>, octets: &[u8]) -> io::Result<()> {
    let written = async {
        stream.write_all(octets).await?;
        stream.flush().await
    };
    match deadline {
        Some(deadline) => clock.until(deadline, written).await?,
        None => written.await,
    }
}

enum Next {
    Octets(usize),
    Deadline,
}

async fn next(stream: &mut Stream, clock: Clock, deadline: Option<Time>, buffer: &mut [u8]) -> io::Result<Next> {
    let Some(deadline) = deadline else {
        return stream.read(buffer).await.map(Next::Octets);
    };
    tokio::select! {
        biased;
        length = stream.read(buffer) => length.map(Next::Octets),
        () = clock.sleep_until(deadline) => Ok(Next::Deadline),
    }
}

/// One common segment of loopback is 64 KiB; commands are far smaller, and idle sessions hold one each.
const BUFFER: usize = 4 * 1024;
