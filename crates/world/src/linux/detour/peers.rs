//! Who has been written to by a detour: a program that checks from whom an answer comes is told whom it asked.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

/// Somebody to whom a program wrote from a socket that is connected to nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The socket's number among all sockets.
    pub socket: u64,
    /// Where it is.
    pub real: SocketAddr,
    /// Where its program says that it is.
    pub wanted: SocketAddr,
}

/// The latest of them.
#[derive(Debug, Default)]
pub struct Peers(Mutex<VecDeque<Peer>>);

impl Peers {
    pub fn remember(&self, peer: Peer) {
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if peers.back() == Some(&peer) {
            return;
        }
        peers.retain(|known| *known != peer);
        if peers.len() == MOST {
            peers.pop_front();
        }
        peers.push_back(peer);
    }

    /// Whether nobody has been written to in such a way.
    pub fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Whether somebody has been from this socket.
    pub fn know(&self, socket: u64) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|peer| peer.socket == socket)
    }

    /// Whom a program takes the one at `real` for; the latest when it has more than one name for it.
    pub fn wanted(&self, socket: u64, real: SocketAddr) -> Option<SocketAddr> {
        let peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        peers.iter().rev().find(|peer| peer.socket == socket && peer.real == real).map(|peer| peer.wanted)
    }
}

/// Far more than ask at the same time, and few enough to look through for each datagram.
const MOST: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_bears_the_name_under_which_it_was_asked_last() {
        let [real, first, second] =
            ["127.9.0.3:8053", "192.0.2.1:53", "192.0.2.2:53"].map(|text| text.parse().unwrap());
        let peers = Peers::default();
        for wanted in [first, second, first] {
            peers.remember(Peer { socket: 7, real, wanted });
        }
        assert_eq!(peers.wanted(7, real), Some(first));
        assert_eq!(peers.wanted(8, real), None);
        assert!(peers.know(7) && !peers.know(8));
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let real: SocketAddr = "127.9.0.3:8053".parse().unwrap();
        let peers = Peers::default();
        for socket in 0..=MOST as u64 {
            peers.remember(Peer { socket, real, wanted: real });
        }
        assert!(!peers.know(0) && peers.know(1));
    }
}
