//! A command that a person typed, as the cause of all that it does.

use std::net::SocketAddr;

use toynet_record::{Cause, Direction, Side, Transport};

use crate::Host;
use crate::tap::{Opening, Tap};

/// A command that is being done. It stands in the record like an exchange of the host with itself.
#[derive(Debug)]
pub struct Typed {
    tap: Tap,
}

impl Host {
    /// Takes note of a command that was typed on this host.
    pub fn typed(&self, line: &str) -> Typed {
        let own = self.addresses().first().map_or(SocketAddr::from(([0, 0, 0, 0], 0)), |ip| SocketAddr::new(*ip, 0));
        let opening = Opening {
            side: Side::Initiator,
            transport: Transport::Command,
            stream: None,
            local: own,
            peer: own,
            cause: self.cause,
        };
        let mut tap = Tap::open(self.network.recorder(), self.strip, opening);
        tap.octets(Direction::Sent, tap.now(), line.as_bytes());
        Typed { tap }
    }
}

impl Typed {
    /// The cause of what is done because of the command.
    pub fn cause(&self) -> Cause {
        Cause { end: self.tap.end(), exchange: 1 }
    }

    /// Takes note of what became of it: one line, which begins with `!` where it failed.
    pub fn done(mut self, outcome: &str) {
        self.tap.octets(Direction::Received, self.tap.now(), outcome.as_bytes());
    }
}
