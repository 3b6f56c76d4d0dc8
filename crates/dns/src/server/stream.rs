//! Messages on a connection (RFC 7766): all that lie there are answered with one write; what takes
//! time overtakes nobody and holds up nobody.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_machine::Time;
use toynet_net::{Host, Listener, Stream};
use toynet_service::LocalFuture;

use super::{Mind, Reaction, Request};
use crate::reply::Limits;
use crate::transfer::Transfer;

/// Serves all connections of a listener.
pub(super) async fn accept(mind: Rc<Mind>, host: Host, mut listener: Listener) -> io::Result<()> {
    let open = Rc::new(Cell::new(0));
    loop {
        let stream = listener.accept().await?;
        if open.get() >= MOST_CONNECTIONS {
            continue;
        }
        let connection = Connection::new(Rc::clone(&mind), host.clone(), stream, Counted::new(&open));
        tokio::task::spawn_local(async move {
            if let Err(error) = connection.serve().await {
                tracing::debug!("a connection ended: {error}");
            }
        });
    }
}

struct Connection {
    mind: Rc<Mind>,
    host: Host,
    stream: Stream,
    outside: bool,
    /// What has arrived and is not answered.
    unread: Vec<u8>,
    /// How many queries there were.
    count: u64,
    pending: FuturesUnordered<LocalFuture<Option<Vec<u8>>>>,
    _counted: Counted,
}

enum Next {
    Octets(usize),
    Response(Option<Vec<u8>>),
}

impl Connection {
    fn new(mind: Rc<Mind>, host: Host, stream: Stream, counted: Counted) -> Self {
        let outside = !host.is_inside(stream.peer().ip());
        let (unread, pending) = (Vec::new(), FuturesUnordered::new());
        Self { mind, host, stream, outside, unread, count: 0, pending, _counted: counted }
    }

    async fn serve(mut self) -> io::Result<()> {
        let clock = self.host.clock();
        let mut idle_until = clock.now() + IDLE;
        let mut ended = false;
        while !(ended && self.pending.is_empty()) {
            let Ok(next) = clock.until(idle_until, self.next(ended)).await else { return Ok(()) };
            match next? {
                Next::Octets(0) => ended = true,
                Next::Octets(_) => {
                    let before = self.count;
                    self.answer_all().await?;
                    if self.count > before {
                        idle_until = clock.now() + IDLE;
                    }
                }
                Next::Response(response) => {
                    let framed = response.map(|response| framed(&response));
                    self.write(&framed.unwrap_or_default()).await?;
                    idle_until = clock.now() + IDLE;
                }
            }
        }
        self.stream.shutdown().await
    }

    async fn next(&mut self, ended: bool) -> io::Result<Next> {
        let may_read = !ended && self.pending.len() < MOST_PENDING;
        // An idle connection holds no buffer; a busy one reads as much as there is.
        tokio::select! {
            biased;
            Some(response) = self.pending.next() => Ok(Next::Response(response)),
            length = self.stream.read_buf(&mut self.unread), if may_read => length.map(Next::Octets),
        }
    }

    /// Answers every whole message that has arrived.
    async fn answer_all(&mut self) -> io::Result<()> {
        let mut arrived = std::mem::take(&mut self.unread);
        let mut out = Vec::new();
        let mut room = vec![0; LONGEST];
        let mut at = 0;
        while let Some(message) = whole_message(&arrived[at..]) {
            at += 2 + message.len();
            self.count += 1;
            if let Some(transfer) = self.transfer(message) {
                self.write(&std::mem::take(&mut out)).await?;
                self.send_transfer(transfer, message, &mut room).await?;
                continue;
            }
            let request = Request { octets: message, outside: self.outside, limits: Limits::TCP };
            match self.mind.answer(request, &self.host, self.stream.cause(self.count), &mut room) {
                Reaction::Now(length) => append(&mut out, &room[..length]),
                Reaction::Later(pending) => self.pending.push(pending),
                Reaction::Silent => {}
            }
            if out.len() >= WRITE {
                self.write(&std::mem::take(&mut out)).await?;
            }
        }
        arrived.drain(..at);
        if !arrived.is_empty() {
            self.unread = arrived;
        }
        self.write(&out).await
    }

    fn transfer(&self, message: &[u8]) -> Option<Transfer> {
        let query = super::read(message);
        Transfer::begin(self.mind.authority.zones(self.outside, query.as_ref()), message)
    }

    async fn send_transfer(&mut self, mut transfer: Transfer, request: &[u8], room: &mut [u8]) -> io::Result<()> {
        while let Some(length) = transfer.next(request, room) {
            self.write(&framed(&room[..length])).await?;
        }
        Ok(())
    }

    async fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        if octets.is_empty() {
            return Ok(());
        }
        let deadline: Time = self.host.clock().now() + IDLE;
        self.host.clock().until(deadline, self.stream.write_all(octets)).await?
    }
}

/// The message at the front, without its length (RFC 1035 section 4.2.2), once it has arrived whole.
fn whole_message(octets: &[u8]) -> Option<&[u8]> {
    let (length, rest) = octets.split_first_chunk::<2>()?;
    rest.get(..usize::from(u16::from_be_bytes(*length)))
}

fn framed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(2 + message.len());
    append(&mut out, message);
    out
}

fn append(out: &mut Vec<u8>, message: &[u8]) {
    // No response is longer: 65,535 octets is all that its writer is given.
    out.extend_from_slice(&(message.len() as u16).to_be_bytes());
    out.extend_from_slice(message);
}

/// Counts an open connection for as long as it lives.
struct Counted(Rc<Cell<usize>>);

impl Counted {
    fn new(count: &Rc<Cell<usize>>) -> Self {
        count.set(count.get() + 1);
        Self(Rc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// RFC 7766 section 6.2.3 asks for the order of a few seconds; as BIND and NSD, a little more patient for people who type.
const IDLE: Duration = Duration::from_secs(30);
/// A connection that asks a recursive server for more at once waits.
const MOST_PENDING: usize = 64;
/// A descriptor each; enough for any lab, far below the limits that systems set.
const MOST_CONNECTIONS: usize = 8192;
/// What one write carries at the most before it goes out.
const WRITE: usize = 64 * 1024;
/// The longest message on a stream.
const LONGEST: usize = 65_535;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_counts_when_it_is_whole() {
        assert_eq!(whole_message(&[0]), None);
        assert_eq!(whole_message(&[0, 2, 7]), None);
        assert_eq!(whole_message(&[0, 2, 7, 8, 9]), Some(&[7, 8][..]));
        assert_eq!(whole_message(&framed(b"")), Some(&[][..]));
    }
}
