//! One datagram at a time, where the system has no call for more.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::UdpSocket;

use super::{LARGEST, SLOTS, Slot};

/// The buffers of one datagram and its answer.
pub(crate) struct Batch {
    arrived: Box<[u8]>,
    answer: Box<[u8]>,
    from: SocketAddr,
    length: usize,
    ready: Option<usize>,
}

impl Batch {
    pub fn new() -> Self {
        const { assert!(SLOTS > 0) };
        let from = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
        let buffer = || vec![0; LARGEST].into_boxed_slice();
        Self { arrived: buffer(), answer: buffer(), from, length: 0, ready: None }
    }

    pub fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        self.ready = None;
        (self.length, self.from) = socket.try_recv_from(&mut self.arrived)?;
        Ok(1)
    }

    pub fn slot(&mut self, _: usize) -> Slot<'_> {
        Slot { from: self.from, octets: &self.arrived[..self.length], answer: &mut self.answer }
    }

    pub fn ready(&mut self, _: usize, length: usize) {
        self.ready = Some(length);
    }

    pub fn send(&mut self, socket: &UdpSocket) -> io::Result<()> {
        let Some(length) = self.ready else { return Ok(()) };
        match socket.try_send_to(&self.answer[..length], self.from) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(error),
            // An answer that the system refuses is dropped.
            Ok(_) | Err(_) => self.ready = None,
        }
        Ok(())
    }
}
