//! Accepts connections.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::carrier::ports::relay;
use crate::carrier::{Accepting, Carrier};
use crate::socket::is_shortage;
use crate::stream::Io;
use crate::{Host, Stream};

/// Listens on one port of a host.
#[derive(Debug)]
pub struct Listener {
    host: Host,
    port: u16,
    accepting: Accepting,
}

impl Listener {
    pub(crate) fn new(host: Host, port: u16, accepting: Accepting) -> Self {
        Self { host, port, accepting }
    }

    /// The next connection. Failures of single connections are not heard of; when descriptors run
    /// out it waits until there are some.
    ///
    /// # Errors
    /// When the listener itself is broken.
    pub async fn accept(&mut self) -> io::Result<Stream> {
        loop {
            match self.try_accept().await {
                Ok(stream) => return Ok(stream),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) if is_shortage(&error) => self.host.clock().sleep(SHORTAGE).await,
                Err(error) => return Err(error),
            }
        }
    }

    async fn try_accept(&mut self) -> io::Result<Stream> {
        match &mut self.accepting {
            Accepting::Memory(accepting) => {
                let connection = accepting.accept().await.ok_or(io::ErrorKind::NotConnected)?;
                let tap = self.host.accepted(connection.local, connection.peer);
                Ok(Stream::new(Io::Pipe(connection.io), tap, connection.local, connection.peer))
            }
            Accepting::Ports(listener) => {
                let (socket, real_peer) = listener.accept().await?;
                socket.set_nodelay(true)?;
                let Carrier::Ports(ports) = self.host.network.carrier() else {
                    return Err(io::ErrorKind::Unsupported.into());
                };
                let (local, peer) = ports.lab_addresses(&self.host, self.port, real_peer, false);
                Ok(self.accepted(socket, local, peer))
            }
            Accepting::Real(accepting) => {
                let (socket, peer) = poll_fn(|cx| accepting.poll_accept(cx)).await?;
                socket.set_nodelay(true)?;
                let local = socket.local_addr()?;
                Ok(self.accepted(socket, local, peer))
            }
        }
    }

    fn accepted(&self, socket: TcpStream, local: SocketAddr, peer: SocketAddr) -> Stream {
        let topology = self.host.network.topology();
        let there = topology.at(peer.ip());
        let (out, back) = (topology.link_out(self.host.at, there), topology.link_in(there, self.host.at));
        let tap = self.host.accepted(local, peer);
        Stream::new(relay(socket, self.host.clock(), out, back), tap, local, peer)
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
            | io::ErrorKind::InvalidInput
    )
}

/// Long enough for some connection to end, short enough that nobody notices.
const SHORTAGE: Duration = Duration::from_millis(50);
