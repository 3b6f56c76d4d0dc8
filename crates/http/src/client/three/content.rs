//! Content over HTTP/3: what comes, and what goes once the server wants it.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use toynet_net::Clock;

use super::{LARGEST_FIELDS, Sender, failure, malformed};
use crate::client::Outgoing;
use crate::client::failure::Failure;
use crate::three::{Got, Receiving, Sending};
use crate::wire::fields;
use crate::wire::three::Code;
use crate::wire::three::frame::{self, Kind};

/// Content that comes piece by piece.
#[derive(Debug)]
pub struct Incoming {
    pub(super) receiving: Receiving,
    pub(super) promised: Option<u64>,
    pub(super) got: u64,
    /// Which lasts as long as there is something to come.
    pub(super) _connection: Sender,
}

impl Incoming {
    /// The next piece; nothing at the end.
    ///
    /// # Errors
    /// When the end does not come, or not where it should.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            match self.receiving.part().await {
                Ok(Some(Got::Content(octets))) if octets.is_empty() => {}
                Ok(Some(Got::Content(octets))) => {
                    self.got += octets.len() as u64;
                    if self.promised.is_some_and(|promised| self.got > promised) {
                        return Err(malformed(&mut self.receiving, EXCESS));
                    }
                    return Ok(Some(octets));
                }
                Ok(Some(Got::Fields(section))) => {
                    let trailers = self.receiving.fields(&section, LARGEST_FIELDS).map_err(failure)?;
                    if let Some(fault) = fields::faults_of_trailers(&trailers).first() {
                        return Err(malformed(&mut self.receiving, fault));
                    }
                }
                Ok(None) if self.promised.is_some_and(|promised| promised != self.got) => {
                    return Err(Failure::Cut(self.got));
                }
                Ok(None) => return Ok(None),
                Err(failed) => return Err(failure(failed)),
            }
        }
    }
}

/// Whether the server wants the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Unknown,
    Yes,
    No,
}

/// Whether the server is asked first.
pub(super) fn waits(fields: &[(String, Vec<u8>)], content: &Outgoing) -> bool {
    let asks = |(name, value): &(String, Vec<u8>)| {
        name.eq_ignore_ascii_case("expect") && value.eq_ignore_ascii_case(b"100-continue")
    };
    content.length != Some(0) && fields.iter().any(asks)
}

/// Sends it, unless the server says that it does not want it.
pub(super) async fn send(sending: Sending, mut content: Outgoing, mut told: watch::Receiver<Wanted>, clock: Clock) {
    // A server that does not know the question says nothing.
    let known = told.wait_for(|wanted| *wanted != Wanted::Unknown);
    let known = clock.until(clock.now() + PATIENCE, known).await;
    if known.is_ok_and(|wanted| wanted.is_err() || wanted.is_ok_and(|wanted| *wanted == Wanted::No)) {
        return sending.give_up(Code::REQUEST_CANCELLED);
    }
    loop {
        let piece = match content.piece().await {
            Ok(Some(piece)) => piece,
            // A server that has answered may want no more of it: it says so itself.
            Ok(None) => return drop(sending.finish().await),
            Err(_) => return sending.give_up(Code::REQUEST_CANCELLED),
        };
        let mut out = Vec::with_capacity(piece.len() + 8);
        frame::put_head(&mut out, Kind::Data, piece.len() as u64);
        out.extend_from_slice(&piece);
        if sending.write(&out).await.is_err() {
            return;
        }
    }
}

/// As long as curl waits for `100 Continue`.
const PATIENCE: Duration = Duration::from_secs(1);
const EXCESS: &str = "more content came than Content-Length promised (RFC 9114 4.1.2)";
