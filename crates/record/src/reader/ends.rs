//! Which end tells the story of which flow.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use toynet_machine::Time;

use crate::{EndId, FlowId, Side, Transport};

/// An end that came to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened {
    pub end: EndId,
    pub side: Side,
    pub transport: Transport,
    pub local: SocketAddr,
    pub peer: SocketAddr,
    pub time: Time,
}

impl Opened {
    /// Initiator and acceptor.
    pub fn parties(&self) -> (SocketAddr, SocketAddr) {
        match self.side {
            Side::Initiator => (self.local, self.peer),
            Side::Acceptor => (self.peer, self.local),
        }
    }

    fn pair(&self) -> Pair {
        let (initiator, acceptor) = self.parties();
        (self.transport, initiator, acceptor)
    }
}

/// Transport, initiator, acceptor.
type Pair = (Transport, SocketAddr, SocketAddr);

#[derive(Debug, Default)]
pub(super) struct Ends {
    known: BTreeMap<EndId, Known>,
    /// The newest flow of each address pair whose initiator is the lab's.
    initiated: BTreeMap<Pair, FlowId>,
    /// Ends that have closed, oldest first: causes may still name them.
    closed: VecDeque<EndId>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    flow: FlowId,
    side: Side,
    pair: Pair,
    tells: bool,
}

impl Ends {
    /// Joins an acceptor's end to the flow that its initiator opened, if that was the lab's.
    pub fn join(&mut self, opened: &Opened) -> bool {
        let pair = opened.pair();
        let flow = match opened.side {
            Side::Initiator => return false,
            Side::Acceptor => self.initiated.get(&pair).copied(),
        };
        let Some(flow) = flow else { return false };
        self.known.insert(opened.end, Known { flow, side: opened.side, pair, tells: false });
        true
    }

    /// Makes this end the one that tells `flow`.
    pub fn tell(&mut self, opened: &Opened, flow: FlowId) {
        let pair = opened.pair();
        self.known.insert(opened.end, Known { flow, side: opened.side, pair, tells: true });
        if opened.side == Side::Initiator {
            self.initiated.insert(pair, flow);
        }
    }

    /// The flow that this end tells, and the side on which it stands.
    pub fn story(&self, end: EndId) -> Option<(FlowId, Side)> {
        self.known.get(&end).filter(|known| known.tells).map(|known| (known.flow, known.side))
    }

    /// The flow that this end belongs to.
    pub fn flow(&self, end: EndId) -> Option<FlowId> {
        self.known.get(&end).map(|known| known.flow)
    }

    /// The flow that the lab's own initiator opened between these addresses.
    pub fn initiator_of(&self, transport: Transport, initiator: SocketAddr, acceptor: SocketAddr) -> Option<FlowId> {
        self.initiated.get(&(transport, initiator, acceptor)).copied()
    }

    /// Lets an end go, though not at once.
    pub fn close(&mut self, end: EndId) {
        self.closed.push_back(end);
        if self.closed.len() > REMEMBERED {
            self.closed.pop_front().into_iter().for_each(|end| self.forget(end));
        }
    }

    fn forget(&mut self, end: EndId) {
        let Some(known) = self.known.remove(&end) else { return };
        if known.tells && self.initiated.get(&known.pair) == Some(&known.flow) {
            self.initiated.remove(&known.pair);
        }
    }
}

/// Closed ends that late entries of other workers and causes may still name; some 100 octets each.
const REMEMBERED: usize = 16 * 1024;
