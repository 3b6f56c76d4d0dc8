//! Plain sockets, for what no tool would send.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

/// A connection to a door.
pub struct Stream(TcpStream);

impl Stream {
    pub fn connect(door: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&door, PATIENCE).unwrap_or_else(|error| panic!("{door}: {error}"));
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit can be set");
        stream.set_write_timeout(Some(PATIENCE)).expect("a time limit can be set");
        Self(stream)
    }

    /// Sends all of `bytes`, or as much as the peer takes before it hangs up.
    pub fn send(&mut self, bytes: &[u8]) {
        // A server may well hang up on the nonsense that tests send.
        drop(self.0.write_all(bytes));
    }

    /// Says that nothing more will come.
    pub fn finish(&mut self) {
        drop(self.0.shutdown(Shutdown::Write));
    }

    /// All that the peer sends until it closes, hangs up or falls silent.
    pub fn rest(mut self) -> Vec<u8> {
        let mut heard = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            match self.0.read(&mut buffer) {
                Ok(0) => return heard,
                Ok(length) => heard.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return heard,
            }
        }
    }

    /// What the peer sends up to and including `mark`.
    pub fn until(&mut self, mark: &[u8]) -> Vec<u8> {
        let mut heard = Vec::new();
        let mut byte = [0];
        while !heard.ends_with(mark) && self.0.read(&mut byte).is_ok_and(|length| length == 1) {
            heard.push(byte[0]);
        }
        heard
    }
}

/// Sends one request and hears the peer out.
pub fn say(door: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = Stream::connect(door);
    stream.send(bytes);
    stream.finish();
    stream.rest()
}

/// Sends datagrams and waits for no answer.
pub fn throw(door: SocketAddr, datagrams: impl IntoIterator<Item = Vec<u8>>) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket of the test");
    for datagram in datagrams {
        socket.send_to(&datagram, door).unwrap_or_else(|error| panic!("{door}: {error}"));
    }
}

/// Takes an address as another process would, for as long as the value lives.
#[must_use]
pub fn occupy(address: SocketAddr) -> (Option<TcpListener>, Option<UdpSocket>) {
    (TcpListener::bind(address).ok(), UdpSocket::bind(address).ok())
}

/// A lab on the same machine answers within milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);
