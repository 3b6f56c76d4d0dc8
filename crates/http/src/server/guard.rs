//! The gate of a connection in either version.

use super::framed::Framed;
use crate::wire::Gate;

/// What passes to the reader.
#[derive(Debug)]
pub(super) enum Guard {
    One(Gate),
    Two(Box<Framed>),
}

impl Guard {
    pub fn look(&mut self, octets: &mut [u8]) -> usize {
        match self {
            Guard::One(gate) => gate.look(octets),
            Guard::Two(framed) => framed.gate.look(octets),
        }
    }

    /// Whether what comes next must wait for what has passed.
    pub fn must_wait(&self) -> bool {
        match self {
            Guard::One(_) => false,
            Guard::Two(framed) => framed.must_wait(),
        }
    }

    /// Says whether octets that were held because of an answer, or of a request before them, may pass.
    pub fn resume(&mut self) -> bool {
        match self {
            Guard::One(gate) => gate.resume(),
            Guard::Two(framed) => framed.has_delivered(),
        }
    }

    pub fn is_in_content(&self) -> bool {
        match self {
            Guard::One(gate) => gate.is_in_content(),
            Guard::Two(_) => false,
        }
    }

    pub fn is_shut(&self) -> bool {
        match self {
            Guard::One(gate) => gate.refusal().is_some(),
            Guard::Two(framed) => framed.gate.violation().is_some(),
        }
    }
}
