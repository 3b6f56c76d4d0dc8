//! Sees the octets of one end of a flow.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;

use toynet_machine::Time;
use toynet_record::{Cause, Closing, Direction, EndId, Keep, Seen, Side, StripId, Transport};

use crate::Recorder;
use crate::fault::Fault;

/// One end of a flow, seen. The end is closed when its tap is dropped.
#[derive(Debug)]
pub(crate) struct Tap {
    recorder: Recorder,
    strip: StripId,
    end: EndId,
    opening: Opening,
    /// Whether nothing is written down.
    is_silent: bool,
    /// Where in the record it stands what this end is.
    stated: Cell<u64>,
    sent: Way,
    received: Way,
    last: Direction,
    how: Closing,
}

#[derive(Debug, Default)]
struct Way {
    keep: Keep,
    number: u64,
    sealed: u64,
}

/// Where in the record an end is, for who knows of something that happens there.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    recorder: Recorder,
    strip: StripId,
    end: EndId,
}

impl Place {
    /// Writes down that a link's fault struck what goes this way, and counts that.
    pub fn struck(&self, direction: Direction, fault: &Fault) {
        fault.hit();
        let seen = Seen::Fault { direction, number: 0, what: fault.text() };
        self.recorder.write(self.strip, self.end, self.recorder.now(), seen);
    }
}

/// What is known of an end when it comes to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    pub side: Side,
    pub transport: Transport,
    pub stream: Option<u64>,
    pub local: SocketAddr,
    pub peer: SocketAddr,
    pub cause: Option<Cause>,
}

impl Tap {
    pub fn open(recorder: &Recorder, strip: StripId, opening: Opening) -> Self {
        let mut tap = Self::silent(recorder, strip, opening);
        tap.speak();
        tap
    }

    /// One that writes down nothing, until it is told to.
    pub fn silent(recorder: &Recorder, strip: StripId, opening: Opening) -> Self {
        let (end, stated) = (recorder.new_end(), Cell::new(recorder.position(strip)));
        Self {
            recorder: recorder.clone(),
            strip,
            end,
            opening,
            is_silent: true,
            stated,
            sent: Way { keep: recorder.keep(), ..Way::default() },
            received: Way { keep: recorder.keep(), ..Way::default() },
            last: Direction::Sent,
            how: Closing::Finished,
        }
    }

    /// From here on all is written down.
    pub fn speak(&mut self) {
        if !std::mem::take(&mut self.is_silent) {
            return;
        }
        let Opening { side, transport, stream, local, peer, cause } = self.opening;
        self.stated.set(self.recorder.position(self.strip));
        let opened = Seen::Opened { side, transport, stream, local, peer, cause };
        self.recorder.write(self.strip, self.end, self.recorder.now(), opened);
    }

    pub fn end(&self) -> EndId {
        self.end
    }

    pub fn local(&self) -> SocketAddr {
        self.opening.local
    }

    pub fn peer(&self) -> SocketAddr {
        self.opening.peer
    }

    pub fn place(&self) -> Place {
        Place { recorder: self.recorder.clone(), strip: self.strip, end: self.end }
    }

    /// The time to give to octets that are about to be sent, so that a send precedes its receipt.
    #[inline]
    pub fn now(&self) -> Time {
        self.recorder.now()
    }

    #[inline]
    pub fn octets(&mut self, direction: Direction, time: Time, octets: &[u8]) {
        if octets.is_empty() {
            return;
        }
        let turned = self.last != direction;
        self.last = direction;
        let way = match direction {
            Direction::Sent => &mut self.sent,
            Direction::Received => &mut self.received,
        };
        if turned {
            way.keep.turn();
        }
        way.number += 1;
        let number = way.number;
        let (kept, left_out) = octets.split_at(way.keep.admit(octets.len()));
        if !kept.is_empty() {
            self.write(time, Seen::Octets { direction, number, octets: kept });
        }
        if !left_out.is_empty() {
            self.write(time, Seen::Hole { direction, length: left_out.len() as u64 });
        }
    }

    pub fn because(&self, exchange: u64, cause: Cause) {
        self.write(self.now(), Seen::Because { exchange, cause });
    }

    pub fn fault(&self, direction: Direction, what: &str) {
        let number = match direction {
            Direction::Sent => self.sent.number,
            Direction::Received => self.received.number,
        };
        self.write(self.now(), Seen::Fault { direction, number, what });
    }

    /// Writes down that a link's fault struck what goes this way, and counts that.
    pub fn struck(&self, direction: Direction, fault: &Fault) {
        fault.hit();
        self.fault(direction, fault.text());
    }

    pub fn secured(&self, terms: &str, secrets: &[String]) {
        let time = self.now();
        secrets.iter().for_each(|line| self.write(time, Seen::Secret { line }));
        self.write(time, Seen::Secured { terms });
    }

    pub fn unsecured(&self, direction: Direction, why: &str) {
        self.write(self.now(), Seen::Unsecured { direction, why });
    }

    /// Takes note of a TLS record, or a part of one, on the wire; written down when octets follow.
    pub fn sealed(&mut self, direction: Direction, length: u64) {
        let way = match direction {
            Direction::Sent => &mut self.sent,
            Direction::Received => &mut self.received,
        };
        way.sealed += length;
        let length = std::mem::take(&mut way.sealed);
        self.write(self.now(), Seen::Sealed { direction, length });
    }

    /// Says how the flow will have ended, unless something worse was said before.
    pub fn ends(&mut self, how: Closing) {
        if self.how == Closing::Finished {
            self.how = how;
        }
    }

    pub fn failed(&mut self, error: &io::Error) {
        self.ends(closing(error));
    }

    #[inline]
    fn write(&self, time: Time, seen: Seen<'_>) {
        if self.is_silent {
            return;
        }
        if self.recorder.is_forgotten(self.strip, self.stated.get()) {
            self.state_again(time);
        }
        self.recorder.write(self.strip, self.end, time, seen);
    }
}

impl Tap {
    #[cold]
    fn state_again(&self, time: Time) {
        let Opening { side, transport, stream, local, peer, .. } = self.opening;
        self.stated.set(self.recorder.position(self.strip));
        self.recorder.write(self.strip, self.end, time, Seen::Again { side, transport, stream, local, peer });
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.write(self.now(), Seen::Closed { how: self.how });
    }
}

pub(crate) fn closing(error: &io::Error) -> Closing {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Closing::Refused,
        io::ErrorKind::TimedOut => Closing::TimedOut,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => Closing::Reset,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable | io::ErrorKind::AddrNotAvailable => {
            Closing::Unreachable
        }
        _ => Closing::Failed,
    }
}
