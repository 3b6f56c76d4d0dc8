//! The only ways out of a lab: to servers outside it that its lab file names, and to nobody else.
//!
//! A socket belongs to the network in which it was made. On the loopback the lab makes it itself; from a network
//! of its own it asks a process that stayed outside.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use toynet_record::Transport;

use crate::socket::{self, Owned};
use crate::{Host, Stream};

/// Makes a socket that does not block and has begun to connect.
pub type Reach = Arc<dyn Fn(Transport, SocketAddr) -> io::Result<Owned> + Send + Sync>;

/// Where a lab may connect to outside itself, and how.
#[derive(Clone, Default)]
pub struct WaysOut {
    to: BTreeSet<SocketAddr>,
    by: Option<Reach>,
}

/// A connection to somebody outside.
#[derive(Debug)]
pub struct External(TcpStream);

impl WaysOut {
    /// Ways to these addresses, in this process's own network.
    pub fn here(to: impl IntoIterator<Item = SocketAddr>) -> Self {
        Self::by(to, Arc::new(reach))
    }

    /// Ways to these addresses by way of somebody else.
    pub fn by(to: impl IntoIterator<Item = SocketAddr>, reach: Reach) -> Self {
        Self { to: to.into_iter().collect(), by: Some(reach) }
    }

    /// The same way to other addresses, and only to those.
    #[must_use]
    pub fn leading_to(&self, to: impl IntoIterator<Item = SocketAddr>) -> Self {
        Self { to: to.into_iter().collect(), by: self.by.clone() }
    }

    fn reach(&self, transport: Transport, to: SocketAddr) -> io::Result<Owned> {
        match &self.by {
            Some(reach) if self.to.contains(&to) => reach(transport, to),
            Some(_) | None => {
                Err(io::Error::new(io::ErrorKind::NetworkUnreachable, "no way leads there from this lab"))
            }
        }
    }
}

impl fmt::Debug for WaysOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaysOut").field("to", &self.to).finish_non_exhaustive()
    }
}

impl Host {
    /// Connects to a server outside that the lab file names.
    ///
    /// # Errors
    /// [`io::ErrorKind::NetworkUnreachable`] when it does not, or in a lab without an outside; as the system says.
    pub async fn connect_outside(&self, to: SocketAddr) -> io::Result<External> {
        let socket = std::net::TcpStream::from(self.network.ways_out().reach(Transport::Tcp, to)?);
        let stream = TcpStream::from_std(socket)?;
        let clock = self.clock();
        clock.until(clock.now() + CONNECT_LIMIT, stream.writable()).await??;
        if let Some(error) = stream.take_error()? {
            return Err(error);
        }
        stream.set_nodelay(true)?;
        Ok(External(stream))
    }

    /// Asks a server outside that the lab file names, in one datagram, and waits for one that answers.
    ///
    /// # Errors
    /// As for [`Host::connect_outside`]; when no answer comes.
    pub async fn ask_outside(&self, question: &[u8], to: SocketAddr) -> io::Result<Vec<u8>> {
        let socket = std::net::UdpSocket::from(self.network.ways_out().reach(Transport::Udp, to)?);
        let socket = UdpSocket::from_std(socket)?;
        socket.send(question).await?;
        let mut answer = vec![0; LARGEST];
        let clock = self.clock();
        let length = clock.until(clock.now() + ANSWER_LIMIT, socket.recv(&mut answer)).await??;
        answer.truncate(length);
        Ok(answer)
    }
}

impl From<TcpStream> for External {
    fn from(stream: TcpStream) -> Self {
        Self(stream)
    }
}

impl External {
    /// Carries what both sides say until both have ended. When one breaks off, so does the other.
    pub async fn carry(self, stream: Stream) {
        let (mut from, mut to) = tokio::io::split(stream);
        let (mut back, mut there) = tokio::io::split(self.0);
        let carried = tokio::try_join!(pass(&mut from, &mut there), pass(&mut back, &mut to));
        if carried.is_err() {
            let outer = back.unsplit(there);
            // Closed without lingering it ends with a reset; should that fail, with its usual end.
            let _ = SockRef::from(&outer).set_linger(Some(Duration::ZERO));
            from.unsplit(to).reset();
        }
    }
}

async fn pass(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    tokio::io::copy(from, to).await?;
    match to.shutdown().await {
        // Who has gone altogether needs no telling that nothing more comes.
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
        ended => ended,
    }
}

fn reach(transport: Transport, to: SocketAddr) -> io::Result<Owned> {
    let (kind, protocol) = match transport {
        Transport::Udp | Transport::Quic => (Type::DGRAM, Protocol::UDP),
        Transport::Tcp | Transport::Command => (Type::STREAM, Protocol::TCP),
    };
    let made = Socket::new(Domain::for_address(to), kind, Some(protocol))?;
    made.set_nonblocking(true)?;
    match made.connect(&to.into()) {
        Err(error) if !socket::is_under_way(&error) => Err(error),
        Ok(()) | Err(_) => Ok(made.into()),
    }
}

/// A server on the same machine or beside it answers at once; this is for one that hangs.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// As long as resolvers wait (resolv.conf(5)).
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// The largest datagram that UDP carries.
const LARGEST: usize = 65_536;
