//! A socket that serves datagrams is one end for many peers: here each peer gets a flow of its own.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use toynet_machine::Time;

use super::FlowCause;
use crate::{Cause, Direction, EndId, FlowId};

#[derive(Clone, Copy, Debug)]
pub(super) struct Datagram {
    pub end: EndId,
    pub direction: Direction,
    pub peer: SocketAddr,
    pub number: u64,
}

/// Where a datagram belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub flow: FlowId,
    /// It is the first of its flow.
    pub is_new: bool,
    /// The flow's beginning is gone.
    pub joined_late: bool,
    /// No other end tells this flow.
    pub tells: bool,
}

#[derive(Debug, Default)]
pub(super) struct Sockets {
    addresses: BTreeMap<EndId, SocketAddr>,
    peers: BTreeMap<(EndId, SocketAddr), Peer>,
    asked: BTreeMap<(EndId, u64), FlowCause>,
    asked_order: VecDeque<(EndId, u64)>,
}

#[derive(Clone, Copy, Debug)]
struct Peer {
    flow: FlowId,
    exchanges: u64,
    last: Time,
}

impl Sockets {
    pub fn open(&mut self, end: EndId, local: SocketAddr) {
        self.addresses.insert(end, local);
    }

    pub fn address(&self, end: EndId) -> Option<SocketAddr> {
        self.addresses.get(&end).copied()
    }

    /// The flow and exchange that the datagram of this number began.
    pub fn exchange(&self, cause: Cause) -> Option<FlowCause> {
        self.asked.get(&(cause.end, cause.exchange)).copied()
    }

    /// Sorts a datagram into the flow of its peer. A flow that the lab's own initiator tells keeps
    /// its number; others get the next of `flows`.
    pub fn place(&mut self, datagram: &Datagram, time: Time, told: Option<FlowId>, flows: &mut u64) -> Turn {
        let key = (datagram.end, datagram.peer);
        let known = self.peers.get(&key).filter(|peer| match told {
            Some(flow) => peer.flow == flow,
            None => time.since(peer.last) < IDLE,
        });
        let mut peer = known.copied().unwrap_or_else(|| Peer {
            flow: told.unwrap_or_else(|| {
                *flows += 1;
                FlowId(*flows)
            }),
            exchanges: 0,
            last: time,
        });
        let is_new = known.is_none() && told.is_none();
        peer.last = time;
        if datagram.direction == Direction::Received {
            peer.exchanges += 1;
            self.remember((datagram.end, datagram.number), FlowCause { flow: peer.flow, exchange: peer.exchanges });
        }
        self.make_room(time);
        self.peers.insert(key, peer);
        let joined_late = is_new && datagram.direction == Direction::Sent;
        Turn { flow: peer.flow, is_new, joined_late, tells: told.is_none() }
    }

    fn remember(&mut self, asked: (EndId, u64), cause: FlowCause) {
        self.asked.insert(asked, cause);
        self.asked_order.push_back(asked);
        if self.asked_order.len() > REMEMBERED {
            self.asked_order.pop_front().and_then(|oldest| self.asked.remove(&oldest));
        }
    }

    fn make_room(&mut self, now: Time) {
        if self.peers.len() >= REMEMBERED {
            self.peers.retain(|_, peer| now.since(peer.last) < IDLE);
        }
        if self.peers.len() >= REMEMBERED {
            self.peers.clear();
        }
    }
}

/// A pair of addresses that was silent for so long begins a new flow; as common firewalls count (RFC 4787 4.3
/// asks for 2 minutes of a translator, most name-server traffic is over in seconds).
const IDLE: Duration = Duration::from_secs(30);
/// Peers and questions that a look-up in progress may still name; some 100 octets each.
const REMEMBERED: usize = 64 * 1024;
