//! Where it is written down what links do wrong on purpose to a connection's datagrams: in the stream that was opened
//! last, since nobody can tell from outside which of them a packet is for.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use toynet_record::{Direction, Side};

use super::refusal::attempt;
use crate::fault::Fault;
use crate::tap::{Place, Tap};
use crate::{Clock, Host};

/// The streams of an endpoint, as far as they are needed to say where something happened.
#[derive(Debug)]
pub(super) struct Marks {
    host: Host,
    port: u16,
    streams: RefCell<BTreeMap<SocketAddr, Place>>,
    /// What happened before there was a stream, oldest first.
    waiting: RefCell<VecDeque<(SocketAddr, Direction, Arc<Fault>)>>,
}

impl Marks {
    /// Those of an endpoint of `host` at this port.
    pub fn new(host: Host, port: u16) -> Self {
        Self { host, port, streams: RefCell::default(), waiting: RefCell::default() }
    }

    pub fn clock(&self) -> Clock {
        self.host.clock()
    }

    /// A stream of the connection with `peer` begins.
    pub fn opened(&self, peer: SocketAddr, tap: &Tap) {
        self.tell(peer, tap);
        let mut streams = self.streams.borrow_mut();
        streams.insert(peer, tap.place());
        if streams.len() > PEERS {
            streams.pop_first();
        }
    }

    /// Writes down and counts what happened to datagrams of `peer` before there was anything to tell it; says how
    /// much that was.
    pub fn tell(&self, peer: SocketAddr, tap: &Tap) -> usize {
        let mut waiting = self.waiting.borrow_mut();
        let before = waiting.len();
        waiting.retain(|(at, direction, fault)| {
            let is_told = *at == peer;
            if is_told {
                tap.struck(*direction, fault);
            }
            !is_told
        });
        before - waiting.len()
    }

    /// Writes down and counts that a fault has struck what goes to `peer` or comes from there.
    pub fn struck(&self, peer: SocketAddr, direction: Direction, fault: &Arc<Fault>) {
        if let Some(place) = self.streams.borrow().get(&peer) {
            return place.struck(direction, fault);
        }
        let mut waiting = self.waiting.borrow_mut();
        waiting.push_back((peer, direction, Arc::clone(fault)));
        if waiting.len() > WAITING {
            waiting.pop_front().into_iter().for_each(|(_, _, fault)| fault.hit());
        }
    }

    /// The same where a stranger's datagram is lost: of what begins a connection nobody else would know.
    pub fn lost(&self, peer: SocketAddr, struck: &[Arc<Fault>]) {
        if self.streams.borrow().contains_key(&peer) {
            return struck.iter().for_each(|fault| self.struck(peer, Direction::Received, fault));
        }
        if !struck.is_empty() {
            let local = SocketAddr::new(self.host.source(peer.ip()).unwrap_or(peer.ip()), self.port);
            let tap = attempt(&self.host, Side::Acceptor, local, peer);
            struck.iter().for_each(|fault| tap.struck(Direction::Received, fault));
        }
    }
}

/// Peers of one endpoint that have a stream: as many as a server has connections by default; some 100 octets each.
const PEERS: usize = 1024;
/// Strokes during handshakes. Each takes a few datagrams, and few begin at once.
const WAITING: usize = 256;
