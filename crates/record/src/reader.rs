//! Entries become flows: ends are joined, causes resolved, datagrams sorted by peer.
//!
//! Where both ends of a flow are the lab's, the initiator's end tells the story and the acceptor's
//! end only gives its causes a name. Where the initiator is a stranger the acceptor's end tells it.

mod datagrams;
mod ends;

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use toynet_machine::Time;

use crate::{Cause, Closing, Entry, FlowId, Roster, Seen, Side, Transport};
use datagrams::Sockets;
use ends::Ends;

/// Something that happened to a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The flow began, or was joined late.
    Opened(Flow),
    /// One side spoke. Datagrams come one at a time.
    Said {
        /// In which flow.
        flow: FlowId,
        /// Who.
        by: Side,
        /// When.
        time: Time,
        /// What.
        octets: &'a [u8],
    },
    /// One side spoke, and what it said was not kept.
    Hole {
        /// In which flow.
        flow: FlowId,
        /// Who.
        by: Side,
        /// When.
        time: Time,
        /// How many octets.
        length: u64,
    },
    /// An exchange of the flow was begun for the sake of another.
    Because {
        /// In which flow.
        flow: FlowId,
        /// Which exchange, from 1.
        exchange: u64,
        /// What for.
        cause: FlowCause,
    },
    /// The lab did something on purpose.
    Fault {
        /// In which flow.
        flow: FlowId,
        /// Whose octets it concerned.
        by: Side,
        /// When.
        time: Time,
        /// What was done.
        what: &'a str,
    },
    /// A line of the TLS key log that opens the flow.
    Secret {
        /// Which flow.
        flow: FlowId,
        /// The line, without its end.
        line: &'a str,
    },
    /// What is said from here on went over TLS.
    Secured {
        /// In which flow.
        flow: FlowId,
        /// When.
        time: Time,
        /// Version, suite, ALPN and name.
        terms: &'a str,
    },
    /// What is said from here on are TLS records that nobody here can open.
    Shut {
        /// In which flow.
        flow: FlowId,
        /// When.
        time: Time,
        /// What of its terms shows from outside, and why it is not opened.
        terms: &'a str,
    },
    /// TLS was expected and did not come to be, or was given up.
    Unsecured {
        /// In which flow.
        flow: FlowId,
        /// Who would not have it.
        by: Side,
        /// When.
        time: Time,
        /// Why, with the alert's name.
        why: &'a str,
    },
    /// The flow is over.
    Closed {
        /// Which flow.
        flow: FlowId,
        /// When.
        time: Time,
        /// How it ended.
        how: Closing,
    },
}

/// A connection, or the datagrams of one address pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Its number.
    pub id: FlowId,
    /// What carries it.
    pub transport: Transport,
    /// Which stream of its connection it is (RFC 9000 section 2.1), where it is one of QUIC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<u64>,
    /// The client.
    pub initiator: Party,
    /// The server.
    pub acceptor: Party,
    /// The exchange for whose sake it was opened.
    pub cause: Option<FlowCause>,
    /// When it was opened.
    pub opened: Time,
    /// Whether its beginning is gone.
    pub joined_late: bool,
}

/// One party of a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The host's name; none for a stranger.
    pub host: Option<String>,
    /// The lab address, or a stranger's own.
    pub address: SocketAddr,
}

/// A cause, in flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FlowCause {
    /// The flow whose exchange was being answered.
    pub flow: FlowId,
    /// That exchange, from 1.
    pub exchange: u64,
}

/// Joins entries into flows. Entries are handed over in the order of a [`Journal`](crate::Journal).
#[derive(Debug, Default)]
pub struct Reader {
    roster: Roster,
    flows: u64,
    ends: Ends,
    sockets: Sockets,
}

impl Reader {
    /// A reader that knows these hosts.
    pub fn new(roster: Roster) -> Self {
        Self { roster, ..Self::default() }
    }

    /// The hosts that it knows.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Takes one entry and tells `hear` what it means.
    pub fn read<'a>(&mut self, entry: &Entry<'a>, mut hear: impl FnMut(Event<'a>)) {
        let time = entry.time;
        match entry.seen {
            Seen::Opened { side: Side::Acceptor, transport: Transport::Udp, local, .. } => {
                self.sockets.open(entry.end, local);
            }
            Seen::Opened { side, transport, stream, local, peer, cause } => {
                let opened = ends::Opened { end: entry.end, side, transport, stream, local, peer, time };
                self.open(opened, cause, &mut hear);
            }
            Seen::Again { side: Side::Acceptor, transport: Transport::Udp, local, .. } => {
                self.sockets.open(entry.end, local);
            }
            Seen::Again { side, transport, stream, local, peer } => {
                let opened = ends::Opened { end: entry.end, side, transport, stream, local, peer, time };
                self.join_late(opened, &mut hear);
            }
            Seen::Datagram { direction, peer, number, octets } => {
                let datagram = datagrams::Datagram { end: entry.end, direction, peer, number };
                self.datagram(datagram, time, octets, &mut hear);
            }
            Seen::Octets { direction, octets, .. } => self.of_end(entry, &mut hear, |flow, side| {
                Some(Event::Said { flow, by: direction.speaker(side), time, octets })
            }),
            Seen::Hole { direction, length } => self.of_end(entry, &mut hear, |flow, side| {
                Some(Event::Hole { flow, by: direction.speaker(side), time, length })
            }),
            Seen::Because { exchange, cause } => {
                let cause = self.resolve(cause);
                self.of_end(entry, &mut hear, |flow, _| cause.map(|cause| Event::Because { flow, exchange, cause }));
            }
            Seen::Fault { direction, number, what } => {
                // At a socket that serves many it is a fault of what answers that datagram.
                match self.sockets.exchange(Cause { end: entry.end, exchange: number }) {
                    Some(FlowCause { flow, .. }) => {
                        hear(Event::Fault { flow, by: direction.speaker(Side::Acceptor), time, what });
                    }
                    // Only the end where it happened knows of it, whichever tells the rest.
                    None => {
                        let place = self.ends.place(entry.end).into_iter();
                        place.for_each(|(flow, side)| {
                            hear(Event::Fault { flow, by: direction.speaker(side), time, what });
                        });
                    }
                }
            }
            Seen::Secured { terms } => {
                self.of_end(entry, &mut hear, |flow, _| Some(Event::Secured { flow, time, terms }));
            }
            Seen::Shut { terms } => {
                self.of_end(entry, &mut hear, |flow, _| Some(Event::Shut { flow, time, terms }));
            }
            Seen::Unsecured { direction, why } => self.of_end(entry, &mut hear, |flow, side| {
                Some(Event::Unsecured { flow, by: direction.speaker(side), time, why })
            }),
            Seen::Secret { line } => self.of_end(entry, &mut hear, |flow, _| Some(Event::Secret { flow, line })),
            Seen::Sealed { .. } => {}
            Seen::Named { address, host } => self.roster.learn(host, address.ip()),
            Seen::Closed { how } => {
                self.of_end(entry, &mut hear, |flow, _| Some(Event::Closed { flow, time, how }));
                self.ends.close(entry.end);
            }
        }
    }

    fn open<'a>(&mut self, opened: ends::Opened, cause: Option<Cause>, hear: &mut impl FnMut(Event<'a>)) {
        if self.ends.join(&opened) {
            return;
        }
        let cause = cause.and_then(|cause| self.resolve(cause));
        self.begin(&opened, cause, false, hear);
    }

    /// An end that was seen to open goes on as before.
    fn join_late<'a>(&mut self, opened: ends::Opened, hear: &mut impl FnMut(Event<'a>)) {
        if self.ends.flow(opened.end).is_some() || self.ends.join(&opened) {
            return;
        }
        self.begin(&opened, None, true, hear);
    }

    fn begin<'a>(
        &mut self,
        opened: &ends::Opened,
        cause: Option<FlowCause>,
        is_late: bool,
        hear: &mut impl FnMut(Event<'a>),
    ) {
        let (initiator, acceptor) = opened.parties();
        let id = self.new_flow();
        self.ends.tell(opened, id);
        let carried = (opened.transport, opened.stream);
        hear(Event::Opened(self.flow(id, carried, initiator, acceptor, cause, opened.time, is_late)));
    }

    /// Tells an event of a flow whose story is told by the entry's end.
    fn of_end<'a>(
        &mut self,
        entry: &Entry<'a>,
        hear: &mut impl FnMut(Event<'a>),
        event: impl FnOnce(FlowId, Side) -> Option<Event<'a>>,
    ) {
        if let Some((flow, side)) = self.ends.story(entry.end) {
            event(flow, side).into_iter().for_each(hear);
        }
    }

    fn datagram<'a>(
        &mut self,
        datagram: datagrams::Datagram,
        time: Time,
        octets: &'a [u8],
        hear: &mut impl FnMut(Event<'a>),
    ) {
        let Some(socket) = self.sockets.address(datagram.end) else { return };
        // One socket serves both families of its host.
        let local = SocketAddr::new(self.roster.address_like(socket.ip(), datagram.peer.ip()), socket.port());
        let told_by_initiator = self.ends.initiator_of(Transport::Udp, datagram.peer, local);
        let turn = self.sockets.place(&datagram, time, told_by_initiator, &mut self.flows);
        if turn.is_new {
            let flow = self.flow(turn.flow, (Transport::Udp, None), datagram.peer, local, None, time, turn.joined_late);
            hear(Event::Opened(flow));
        }
        if turn.tells {
            let by = datagram.direction.speaker(Side::Acceptor);
            hear(Event::Said { flow: turn.flow, by, time, octets });
        }
    }

    fn resolve(&self, cause: Cause) -> Option<FlowCause> {
        let at_socket = self.sockets.exchange(cause);
        at_socket.or_else(|| Some(FlowCause { flow: self.ends.flow(cause.end)?, exchange: cause.exchange }))
    }

    fn new_flow(&mut self) -> FlowId {
        self.flows += 1;
        FlowId(self.flows)
    }

    #[allow(clippy::too_many_arguments)]
    fn flow(
        &self,
        id: FlowId,
        (transport, stream): (Transport, Option<u64>),
        initiator: SocketAddr,
        acceptor: SocketAddr,
        cause: Option<FlowCause>,
        opened: Time,
        joined_late: bool,
    ) -> Flow {
        let (initiator, acceptor) = (self.party(initiator), self.party(acceptor));
        Flow { id, transport, stream, initiator, acceptor, cause, opened, joined_late }
    }

    fn party(&self, address: SocketAddr) -> Party {
        Party { host: self.roster.name(address.ip()).map(str::to_owned), address }
    }
}

#[cfg(test)]
mod tests;
