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
    pub stream: Option<u64>,
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
        (self.transport, self.stream, initiator, acceptor)
    }
}

/// Transport, stream of QUIC, initiator, acceptor.
type Pair = (Transport, Option<u64>, SocketAddr, SocketAddr);

#[derive(Debug, Default)]
pub(super) struct Ends {
    known: BTreeMap<EndId, Known>,
    /// The newest flow of each address pair whose initiator is the lab's.
    initiated: BTreeMap<Pair, FlowId>,
    /// Flows of streams that servers open: their end comes first and tells the story.
    served: BTreeMap<Pair, FlowId>,
    /// Ends that have closed, oldest first: causes may still name them.
    closed: VecDeque<EndId>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    since: Time,
    flow: FlowId,
    side: Side,
    pair: Pair,
    tells: bool,
}

impl Ends {
    /// Joins an acceptor's end to the flow that its initiator opened, if that was the lab's; and the end of a client
    /// to a stream that its server opened.
    pub fn join(&mut self, opened: &Opened) -> bool {
        let pair = opened.pair();
        let flow = match opened.side {
            Side::Initiator => self.served.remove(&pair),
            Side::Acceptor => self.initiated.get(&pair).copied(),
        };
        let Some(flow) = flow else { return false };
        self.know(opened, flow, false);
        true
    }

    /// Makes this end the one that tells `flow`.
    pub fn tell(&mut self, opened: &Opened, flow: FlowId) {
        let pair = opened.pair();
        self.know(opened, flow, true);
        match opened.side {
            Side::Initiator => drop(self.initiated.insert(pair, flow)),
            Side::Acceptor if opened.stream.is_some() => drop(self.served.insert(pair, flow)),
            Side::Acceptor => {}
        }
    }

    /// The flow that this end tells, and the side on which it stands.
    pub fn story(&self, end: EndId) -> Option<(FlowId, Side)> {
        self.known.get(&end).filter(|known| known.tells).map(|known| (known.flow, known.side))
    }

    /// The flow that this end belongs to, and the side on which it stands.
    pub fn place(&self, end: EndId) -> Option<(FlowId, Side)> {
        self.known.get(&end).map(|known| (known.flow, known.side))
    }

    /// The flow that this end belongs to.
    pub fn flow(&self, end: EndId) -> Option<FlowId> {
        self.known.get(&end).map(|known| known.flow)
    }

    /// The flow that the lab's own initiator opened between these addresses.
    pub fn initiator_of(&self, transport: Transport, initiator: SocketAddr, acceptor: SocketAddr) -> Option<FlowId> {
        self.initiated.get(&(transport, None, initiator, acceptor)).copied()
    }

    /// Lets an end go, though not at once.
    pub fn close(&mut self, end: EndId) {
        self.closed.push_back(end);
        if self.closed.len() > REMEMBERED {
            self.closed.pop_front().into_iter().for_each(|end| self.forget(end));
        }
    }

    fn know(&mut self, opened: &Opened, flow: FlowId, tells: bool) {
        self.make_room();
        let (since, side, pair) = (opened.time, opened.side, opened.pair());
        self.known.insert(opened.end, Known { since, flow, side, pair, tells });
    }

    /// Lets the oldest go: of most of them nobody heard that they closed, since that was left out.
    fn make_room(&mut self) {
        if self.known.len() < KNOWN {
            return;
        }
        let mut ages: Vec<_> = self.known.iter().map(|(end, known)| (known.since, *end)).collect();
        ages.sort_unstable();
        ages.into_iter().take(KNOWN / 4).for_each(|(_, end)| self.forget(end));
    }

    fn forget(&mut self, end: EndId) {
        let Some(known) = self.known.remove(&end) else { return };
        if known.tells && self.initiated.get(&known.pair) == Some(&known.flow) {
            self.initiated.remove(&known.pair);
        }
        if self.served.get(&known.pair) == Some(&known.flow) {
            self.served.remove(&known.pair);
        }
    }
}

/// Ends at all: more than a process of ours may have descriptors for, and some 200 octets each.
const KNOWN: usize = 64 * 1024;
/// Closed ends that late entries of other workers and causes may still name; some 100 octets each.
const REMEMBERED: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_that_are_never_seen_to_close_are_forgotten_in_the_end() {
        let mut ends = Ends::default();
        for number in 0..3 * KNOWN as u64 {
            let address = |ip: u64| SocketAddr::from(([198, 18, (ip >> 8) as u8, ip as u8], number as u16));
            let (local, peer) = (address(number >> 16), address(0));
            let (end, time, transport) = (EndId::new(0, number), Time::from_nanos(number), Transport::Tcp);
            let side = Side::Initiator;
            ends.tell(&Opened { end, side, transport, stream: None, local, peer, time }, FlowId(number));
        }
        assert!(ends.known.len() <= KNOWN && ends.initiated.len() <= KNOWN);
        let (first, last) = (EndId::new(0, 0), EndId::new(0, 3 * KNOWN as u64 - 1));
        assert_eq!((ends.flow(first), ends.flow(last)), (None, Some(FlowId(3 * KNOWN as u64 - 1))));
    }
}
