//! What a request of HTTP/3 carries.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use hyper::body::{Body, Frame, SizeHint};

use crate::three::{Failed, Got, Receiving, Sending, fields_of};
use crate::wire::three::Code;
use crate::wire::three::frame::{self, Kind as FrameKind};
use crate::wire::{fields, qpack};

/// Content that arrives while it is read.
#[derive(Debug)]
pub struct Carried {
    receiving: Receiving,
    /// Who waits for an invitation gets it here (RFC 9110 10.1.1).
    invites: Option<Sending>,
    /// What `Content-Length` says.
    promised: Option<u64>,
    got: u64,
    largest_fields: usize,
}

impl Carried {
    pub fn new(receiving: Receiving, promised: Option<u64>, largest_fields: usize) -> Self {
        Self { receiving, invites: None, promised, got: 0, largest_fields }
    }

    /// With `100 Continue` where the content is read and none has come yet.
    pub fn inviting(self, sending: Sending) -> Self {
        Self { invites: Some(sending), ..self }
    }

    /// The next part, for which the client is asked if it waits for that.
    fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Got>, Failed>> {
        let polled = self.receiving.poll_part(cx);
        match (&polled, self.invites.take()) {
            (Poll::Pending, Some(sending)) => {
                let section = qpack::encode([(&b":status"[..], &b"100"[..])]);
                sending.say_first(frame::frame(FrameKind::Headers, &section).into());
                // What does not go out now does so before the answer.
                let _ = sending.poll_first(cx)?;
            }
            (Poll::Pending | Poll::Ready(_), _) => {}
        }
        polled
    }

    /// More or less came than was promised: the request is malformed (RFC 9114 4.1.2).
    fn malformed(&mut self, why: &'static str) -> io::Error {
        self.receiving.stop(Code::MESSAGE_ERROR);
        io::Error::new(io::ErrorKind::InvalidData, why)
    }

    fn trailers(&mut self, section: &[u8]) -> io::Result<HeaderMap> {
        let list = self.receiving.fields(section, self.largest_fields)?;
        match fields_of(&list) {
            Some(trailers) if fields::faults_of_trailers(&list).is_empty() => Ok(trailers),
            _ => Err(self.malformed("the trailers are malformed (RFC 9114 4.3)")),
        }
    }
}

impl Body for Carried {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        let frame = match ready!(this.poll_part(cx)) {
            Ok(Some(Got::Content(octets))) => {
                this.got += octets.len() as u64;
                match this.promised.is_some_and(|promised| this.got > promised) {
                    true => Err(this.malformed("more content came than Content-Length promised (RFC 9114 4.1.2)")),
                    false => Ok(Frame::data(octets)),
                }
            }
            Ok(Some(Got::Fields(section))) => this.trailers(&section).map(Frame::trailers),
            Ok(None) if this.promised.is_some_and(|promised| this.got < promised) => {
                this.promised = None;
                Err(this.malformed("less content came than Content-Length promised (RFC 9114 4.1.2)"))
            }
            Ok(None) => return Poll::Ready(None),
            Err(failed) => Err(failed.into()),
        };
        Poll::Ready(Some(frame))
    }

    fn size_hint(&self) -> SizeHint {
        self.promised.map_or_else(SizeHint::default, |promised| SizeHint::with_exact(promised.saturating_sub(self.got)))
    }
}
