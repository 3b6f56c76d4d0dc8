//! Accepts connections.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::carrier::real::Accepted;
use crate::carrier::{Accepting, Carrier};
use crate::socket::is_shortage;
use crate::stream::carried::Io;
use crate::{Host, Stream};

/// Listens on one port of a host.
#[derive(Debug)]
pub struct Listener {
    host: Host,
    port: u16,
    /// Nothing while the host refuses connections.
    accepting: Option<Accepting>,
    _listens: Rc<()>,
}

impl Listener {
    pub(crate) fn new(host: Host, port: u16, accepting: Accepting) -> Self {
        let listens = host.network.listens(host.me.number, port);
        Self { host, port, accepting: Some(accepting), _listens: listens }
    }

    /// The next connection. Failures of single connections are not heard of; when descriptors run
    /// out it waits until there are some.
    ///
    /// # Errors
    /// When the listener itself is broken.
    pub async fn accept(&mut self) -> io::Result<Stream> {
        let host = self.host.clone();
        loop {
            let accepted = tokio::select! {
                biased;
                () = host.until_refusing(true) => {
                    self.close();
                    host.until_refusing(false).await;
                    continue;
                }
                accepted = self.try_accept() => accepted,
            };
            match accepted {
                Ok(stream) => return Ok(stream),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) if is_shortage(&error) => host.clock().sleep(SHORTAGE).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Listens no more for a while, so that the system refuses who comes. In memory the link itself does.
    fn close(&mut self) {
        if !matches!(self.accepting, Some(Accepting::Memory(_))) {
            self.accepting = None;
        }
    }

    async fn try_accept(&mut self) -> io::Result<Stream> {
        if self.accepting.is_none() {
            self.accepting = Some(self.host.network.carrier().listen(&self.host, self.port)?);
        }
        match self.accepting.as_mut().ok_or(io::ErrorKind::NotConnected)? {
            Accepting::Memory(accepting) => {
                let connection = accepting.accept().await.ok_or(io::ErrorKind::NotConnected)?;
                let tap = self.host.accepted(connection.local, connection.peer);
                Ok(Stream::accepted(Io::Pipe(connection.io), tap, &self.host))
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
                let Accepted { stream, peer, door } = poll_fn(|cx| accepting.poll_accept(cx)).await?;
                stream.set_nodelay(true)?;
                let (local, peer) = match door {
                    Some(ports) => ports.lab_addresses(&self.host, self.port, peer, false),
                    None => (stream.local_addr()?, peer),
                };
                Ok(self.accepted(stream, local, peer))
            }
        }
    }

    fn accepted(&self, socket: TcpStream, local: SocketAddr, peer: SocketAddr) -> Stream {
        let (out, back) = (self.host.link_out(peer.ip()), self.host.link_in(peer.ip()));
        let tap = self.host.accepted(local, peer);
        Stream::accepted(Io::over(socket, self.host.clock(), out, back), tap, &self.host)
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
