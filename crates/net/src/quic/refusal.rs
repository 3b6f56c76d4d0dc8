//! Why there is no connection by QUIC, as the record and the caller are told.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use quinn::ConnectionError;
use toynet_record::alert::in_words;
use toynet_record::{Closing, Direction, Side, Transport};

use super::marks::Marks;
use crate::Host;
use crate::fault::Fault;
use crate::tap::{Opening, Tap};

/// The record of a connection that does not come to be.
pub(super) fn attempt(host: &Host, side: Side, local: SocketAddr, peer: SocketAddr) -> Tap {
    Tap::open(host.network.recorder(), host.strip, opening(host, side, local, peer))
}

/// A client's, of which the record is told when nothing comes of it, or when nobody waits for it any longer.
#[derive(Debug)]
pub(super) struct Attempt {
    tap: Option<Tap>,
    marks: Rc<Marks>,
}

impl Attempt {
    pub fn begin(host: &Host, marks: &Rc<Marks>, local: SocketAddr, peer: SocketAddr) -> Self {
        let tap = Tap::silent(host.network.recorder(), host.strip, opening(host, Side::Initiator, local, peer));
        Self { tap: Some(tap), marks: Rc::clone(marks) }
    }

    /// There is a connection, whose streams tell the rest.
    pub fn succeeded(mut self) {
        self.tap = None;
    }

    pub fn failed(mut self, error: ConnectionError) -> io::Error {
        match self.spoken() {
            Some((tap, _)) => failed(tap, error),
            None => error.into(),
        }
    }

    /// Nobody takes datagrams there: `fault` says for whose sake, if it is for any.
    pub fn refused(mut self, error: io::Error, fault: Option<Arc<Fault>>) -> io::Error {
        if let Some((mut tap, links_tell)) = self.spoken() {
            fault.filter(|_| !links_tell).into_iter().for_each(|fault| tap.struck(Direction::Sent, &fault));
            tap.failed(&error);
        }
        error
    }

    /// What writes down the rest, and whether links have told something.
    fn spoken(&mut self) -> Option<(Tap, bool)> {
        let mut tap = self.tap.take()?;
        tap.speak();
        let links_tell = self.marks.tell(tap.peer(), &tap) > 0;
        Some((tap, links_tell))
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.spoken().into_iter().for_each(|(mut tap, _)| tap.ends(Closing::TimedOut));
    }
}

fn opening(host: &Host, side: Side, local: SocketAddr, peer: SocketAddr) -> Opening {
    let cause = if side == Side::Initiator { host.cause } else { None };
    Opening { side, transport: Transport::Quic, stream: None, local, peer, cause }
}

/// Writes down that there is no connection, and why.
pub(super) fn failed(mut tap: Tap, error: ConnectionError) -> io::Error {
    let (refusal, error) = refused(error);
    refusal.into_iter().for_each(|(direction, why)| tap.unsecured(direction, &why));
    tap.failed(&error);
    error
}

/// Who would not have a connection and why, in words; and the error as it is for TLS on a stream.
fn refused(error: ConnectionError) -> (Option<(Direction, String)>, io::Error) {
    match error {
        ConnectionError::ConnectionClosed(close) => match alert(u64::from(close.error_code)) {
            Some(alert) => {
                let received = rustls::Error::AlertReceived(alert.into());
                let error = io::Error::new(io::ErrorKind::InvalidData, received);
                (Some((Direction::Received, in_words(alert))), error)
            }
            None => (Some((Direction::Received, close.to_string())), ConnectionError::ConnectionClosed(close).into()),
        },
        ConnectionError::TransportError(error) => {
            let why = alert(u64::from(error.code)).map(in_words);
            let why = why.map_or_else(|| error.to_string(), |alert| format!("{alert}: {}", error.reason));
            (Some((Direction::Sent, why)), io::Error::new(io::ErrorKind::InvalidData, error.reason))
        }
        other => (None, other.into()),
    }
}

/// The alert of TLS that an error code of QUIC is (RFC 9001 4.8).
fn alert(code: u64) -> Option<u8> {
    u8::try_from(code.checked_sub(0x100)?).ok()
}
