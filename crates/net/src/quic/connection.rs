//! A connection by QUIC, of which each stream is a flow.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use quinn::crypto::rustls::HandshakeData;
use toynet_record::{Direction, Side, Transport};

use super::marks::Marks;
use super::pair::{Pair, varint};
use super::socket::canonical;
use crate::Host;
use crate::stream::Stream;
use crate::stream::carried::Io;
use crate::tap::{Opening, Tap};
use crate::tls::Secrets;

/// A connection, on which both sides open streams. Clones are the same connection.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) inner: quinn::Connection,
    pub(super) host: Host,
    pub(super) local: SocketAddr,
    pub(super) secrets: Arc<Secrets>,
    pub(super) marks: Rc<Marks>,
    /// Whether a stream has told the record what was agreed.
    pub(super) is_told: Rc<Cell<bool>>,
    /// What a client called its server.
    pub(super) name: Option<String>,
    /// What went wrong on purpose while it began, until a stream has told the record.
    pub(super) struck: Rc<RefCell<Option<String>>>,
}

impl Connection {
    /// The lab address of this side.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// The lab address of the other side.
    pub fn peer(&self) -> SocketAddr {
        canonical(self.inner.remote_address())
    }

    /// What was agreed in the handshake, in words.
    pub fn terms(&self) -> String {
        let data = self.inner.handshake_data().and_then(|data| data.downcast::<HandshakeData>().ok());
        let (alpn, name) = data.map(|data| (data.protocol, data.server_name)).unwrap_or_default();
        let mut terms = "TLS 1.3 in QUIC".to_owned();
        if let Some(alpn) = alpn {
            terms += &format!(" {}", String::from_utf8_lossy(&alpn));
        }
        let name = name.as_ref().or(self.name.as_ref());
        name.into_iter().for_each(|name| terms += &format!(" for {name}"));
        terms
    }

    /// Opens a stream that both sides can write.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn open(&self) -> io::Result<Stream> {
        let (send, receive) = self.inner.open_bi().await?;
        Ok(self.stream(Pair { send: Some(send), receive: Some(receive) }))
    }

    /// Opens a stream that only this side writes.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn open_one_way(&self) -> io::Result<Stream> {
        let send = self.inner.open_uni().await?;
        Ok(self.stream(Pair { send: Some(send), receive: None }))
    }

    /// The next stream that the other side opens for both to write. It shows when something was written to it.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn accept(&self) -> io::Result<Stream> {
        let (send, receive) = self.inner.accept_bi().await?;
        Ok(self.stream(Pair { send: Some(send), receive: Some(receive) }))
    }

    /// The next stream that the other side opens to write alone.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn accept_one_way(&self) -> io::Result<Stream> {
        let receive = self.inner.accept_uni().await?;
        Ok(self.stream(Pair { send: None, receive: Some(receive) }))
    }

    /// Ends the connection at once, for a reason of the protocol on it (RFC 9000 10.2).
    pub fn end(&self, code: u64, why: &str) {
        self.inner.close(varint(code), why.as_bytes());
    }

    /// Waits for its end and says why it came.
    pub async fn ended(&self) -> io::Error {
        self.inner.closed().await.into()
    }

    /// Ends the connection in good order.
    pub async fn close(self) {
        self.end(0, "");
        self.inner.closed().await;
    }

    /// A connection's client is the initiator of all its streams, whoever opens them.
    fn stream(&self, pair: Pair) -> Stream {
        let side = match self.inner.side() {
            quinn::Side::Client => Side::Initiator,
            quinn::Side::Server => Side::Acceptor,
        };
        let (local, peer) = (self.local, self.peer());
        let cause = if side == Side::Initiator { self.host.cause } else { None };
        let opening = Opening { side, transport: Transport::Quic, stream: pair.number(), local, peer, cause };
        let tap = Tap::open(self.host.network.recorder(), self.host.strip, opening);
        self.marks.opened(peer, &tap);
        // Once, and where a client of the lab's own tells the same: in a stream that the client has opened.
        let tells = pair.is_of_client() && !self.is_told.replace(true);
        tap.secured(&if tells { self.terms() } else { String::new() }, &self.secrets.take());
        if tells && let Some(struck) = self.struck.take() {
            tap.fault(Direction::Sent, &struck);
        }
        Stream::opened(Io::Quic(pair), tap, &self.host)
    }
}
