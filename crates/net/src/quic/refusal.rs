//! Why there is no connection by QUIC, as the record and the caller are told.

use std::io;
use std::net::SocketAddr;

use quinn::ConnectionError;
use toynet_record::alert::in_words;
use toynet_record::{Direction, Side, Transport};

use crate::Host;
use crate::tap::{Opening, Tap};

/// The record of a connection that does not come to be.
pub(super) fn attempt(host: &Host, side: Side, local: SocketAddr, peer: SocketAddr) -> Tap {
    let cause = if side == Side::Initiator { host.cause } else { None };
    let opening = Opening { side, transport: Transport::Quic, stream: None, local, peer, cause };
    Tap::open(host.network.recorder(), host.strip, opening)
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
