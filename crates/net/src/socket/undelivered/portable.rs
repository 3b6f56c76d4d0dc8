//! Systems that do not say whom a datagram did not reach.

use std::io;
use std::net::{SocketAddr, UdpSocket as StdSocket};

use tokio::net::UdpSocket;

pub(in crate::socket) fn hear(_: &StdSocket, _: bool) -> io::Result<()> {
    Ok(())
}

pub(super) fn undelivered(_: &UdpSocket) -> io::Result<(SocketAddr, io::ErrorKind)> {
    Err(io::ErrorKind::WouldBlock.into())
}
