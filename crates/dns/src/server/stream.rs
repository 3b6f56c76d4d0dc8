//! Messages on a connection (RFC 7766): all that lie there are answered with one write; what takes
//! time overtakes nobody and holds up nobody.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, ready};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::task::JoinSet;
use toynet_machine::Time;
use toynet_net::{Answer, Host, Listener, Stream};
use toynet_service::LocalFuture;

use super::{Mind, Request, read};
use crate::fault::{self, Spoilt, Written};
use crate::reply::Limits;
use crate::transfer::Transfer;

/// Serves all connections of a listener; they end with it.
pub(super) async fn accept(mind: Rc<Mind>, host: Host, mut listener: Listener) -> io::Result<()> {
    let shared = Rc::new(Shared { mind, host, open: Cell::new(0), room: RefCell::default() });
    let mut connections = JoinSet::new();
    loop {
        let stream = listener.accept().await?;
        while connections.try_join_next().is_some() {}
        if shared.open.get() >= MOST_CONNECTIONS {
            continue;
        }
        let mut connection = Connection::new(&shared, stream);
        connections.spawn_local(async move {
            if let Err(error) = connection.serve().await {
                tracing::debug!("a connection ended: {error}");
            }
        });
    }
}

/// What the connections of a listener have in common.
struct Shared {
    mind: Rc<Mind>,
    host: Host,
    open: Cell<usize>,
    /// Where octets are read to and answers written, never across an await: an idle connection holds no buffer.
    room: RefCell<Vec<u8>>,
}

struct Connection {
    shared: Rc<Shared>,
    stream: Stream,
    outside: bool,
    /// What has arrived and is not answered.
    unread: Vec<u8>,
    /// How many queries there were.
    count: u64,
    pending: FuturesUnordered<LocalFuture<Option<Spoilt>>>,
}

enum Next {
    Octets(usize),
    Response(Option<Spoilt>),
}

impl Connection {
    fn new(shared: &Rc<Shared>, stream: Stream) -> Self {
        let outside = !shared.host.is_inside(stream.peer().ip());
        shared.open.set(shared.open.get() + 1);
        let (unread, pending) = (Vec::new(), FuturesUnordered::new());
        Self { shared: Rc::clone(shared), stream, outside, unread, count: 0, pending }
    }

    async fn serve(&mut self) -> io::Result<()> {
        let clock = self.shared.host.clock();
        let mut idle_until = clock.now() + IDLE;
        let mut ended = false;
        while !(ended && self.pending.is_empty()) {
            let Ok(next) = clock.until(idle_until, self.next(ended)).await else { return Ok(()) };
            match next? {
                Next::Octets(0) => ended = true,
                Next::Octets(_) if whole_message(&self.unread).is_none() => {}
                Next::Octets(_) => {
                    // In a box, so that what answering takes is not part of every idle connection.
                    Box::pin(self.answer_all()).await?;
                    idle_until = clock.now() + IDLE;
                }
                Next::Response(response) => {
                    Box::pin(self.respond(response)).await?;
                    idle_until = clock.now() + IDLE;
                }
            }
        }
        self.stream.shutdown().await
    }

    async fn next(&mut self, ended: bool) -> io::Result<Next> {
        let may_read = !ended && self.pending.len() < MOST_PENDING;
        let (stream, unread, room) = (&mut self.stream, &mut self.unread, &self.shared.room);
        tokio::select! {
            biased;
            Some(response) = self.pending.next() => Ok(Next::Response(response)),
            length = receive(stream, room, unread), if may_read => length.map(Next::Octets),
        }
    }

    /// Answers every whole message that has arrived, as long as few enough wait for their answers.
    async fn answer_all(&mut self) -> io::Result<()> {
        let arrived = std::mem::take(&mut self.unread);
        let mut rest = arrived.as_slice();
        let mut out = Vec::new();
        while self.pending.len() < MOST_PENDING
            && let Some(message) = whole_message(rest)
        {
            rest = &rest[2 + message.len()..];
            self.count += 1;
            if let Some(transfer) = self.answer(message, &mut out) {
                self.write(&std::mem::take(&mut out)).await?;
                self.send_transfer(transfer, message).await?;
            }
            if out.len() >= WRITE {
                self.write(&std::mem::take(&mut out)).await?;
            }
        }
        self.unread = rest.to_vec();
        self.write(&out).await
    }

    /// Writes what came late, and answers what had to wait for it.
    async fn respond(&mut self, response: Option<Spoilt>) -> io::Result<()> {
        match response {
            Some(Spoilt::Sent(response)) => self.write(&framed(&response)).await?,
            Some(Spoilt::Cut(octets)) => {
                self.write(&octets).await?;
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            Some(Spoilt::Nothing) | None => {}
        }
        self.answer_all().await
    }

    /// Appends the answer to `out`, unless it comes later or is a transfer.
    fn answer(&mut self, message: &[u8], out: &mut Vec<u8>) -> Option<Transfer> {
        let Shared { mind, host, room, .. } = &*self.shared;
        let query = read(message);
        let room = &mut *room.borrow_mut();
        let way = fault::Way { peer: self.stream.peer(), cause: self.stream.cause(self.count), stream: true };
        if let Some(query) = &query {
            let zones = mind.authority.zones(self.outside, Some(query));
            if let Some(mut transfer) = Transfer::begin(zones, query, message) {
                let Some(struck) = fault::strike(host, Some(query), way, Written::Transfer) else {
                    return Some(transfer);
                };
                let first = transfer.next(message, room).map_or(Answer::Silent, Answer::Now);
                self.pending.push(fault::commit(struck, host, way, first, room));
                return None;
            }
        }
        let request = Request { octets: message, outside: self.outside, limits: Limits::TCP };
        let answer = mind.answer(request, query.as_ref(), host, way.cause, room);
        if let Some(struck) = fault::strike(host, query.as_ref(), way, Written::by(&answer, room)) {
            self.pending.push(fault::commit(struck, host, way, answer, room));
            return None;
        }
        match answer {
            Answer::Now(length) => append(out, &room[..length]),
            Answer::Later(pending) => self.pending.push(Box::pin(async { pending.await.map(Spoilt::Sent) })),
            Answer::Silent => {}
        }
        None
    }

    async fn send_transfer(&mut self, mut transfer: Transfer, request: &[u8]) -> io::Result<()> {
        loop {
            let Some(message) = self.next_of(&mut transfer, request) else { return Ok(()) };
            self.write(&message).await?;
        }
    }

    fn next_of(&self, transfer: &mut Transfer, request: &[u8]) -> Option<Vec<u8>> {
        let room = &mut *self.shared.room.borrow_mut();
        transfer.next(request, room).map(|length| framed(&room[..length]))
    }

    async fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        if octets.is_empty() {
            return Ok(());
        }
        let clock = self.shared.host.clock();
        let deadline: Time = clock.now() + IDLE;
        clock.until(deadline, self.stream.write_all(octets)).await?
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.open.set(self.shared.open.get() - 1);
    }
}

/// Waits for octets and appends them to `unread`; says how many, none at the end.
async fn receive(stream: &mut Stream, room: &RefCell<Vec<u8>>, unread: &mut Vec<u8>) -> io::Result<usize> {
    poll_fn(|cx| {
        let mut room = room.borrow_mut();
        room.resize(LONGEST, 0);
        let mut buffer = ReadBuf::new(&mut room);
        ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer))?;
        unread.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    })
    .await
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
