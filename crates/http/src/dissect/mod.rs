//! What was said over HTTP, for people: one message for each request and each answer.
//!
//! - `one`: HTTP/1.x: pipelining, keep-alive, holes
//! - `two`: HTTP/2 by prior knowledge; `three`: a stream of HTTP/3
//! - `websocket`: what an upgrade leads to; `socks`: what stands in front where a proxy leads to the server
//! - `draft`, `line`: what a message becomes in words; `carried`: all of it
//! - `notes`: what it means, part by part
//! - [`opening`]: how HTTP is known by what is said first

use toynet_machine::Time;
use toynet_record::dissect::{Dissector, FlowInfo, Message, Said};
use toynet_record::{Side, Transport};

pub(crate) mod carried;
mod draft;
mod line;
mod notes;
mod one;
pub mod opening;
mod socks;
mod three;
mod two;
mod websocket;

use one::Http1;
use socks::{Led, Socks};
use three::Http3;
use two::Http2;

use crate::wire;
use crate::wire::frame::PREFACE;

/// Tells HTTP/1.x and HTTP/2 apart by what the client says first, and dissects either. Streams of QUIC are HTTP/3's.
///
/// An exchange is the n-th request of the connection; in HTTP/2 the n-th whose fields were complete.
/// Where the flow's beginning is missing nobody knows n, and all messages are in exchange 0.
#[derive(Debug)]
pub struct HttpDissector {
    version: Version,
    explains: bool,
    whole: bool,
}

#[derive(Debug)]
enum Version {
    /// The client has said less than a preface: what was heard so far.
    Unknown(Vec<Heard>),
    /// A proxy is asked for the way.
    Socks(Box<Socks>),
    /// Which leads nowhere.
    Nowhere,
    One(Box<Http1>),
    Two(Box<Http2>),
    Three(Box<Http3>),
}

#[derive(Debug)]
struct Heard {
    by: Side,
    time: Time,
    octets: Vec<u8>,
}

impl HttpDissector {
    /// The dissector of one flow.
    pub fn new(info: FlowInfo) -> Self {
        let FlowInfo { explain: explains, whole, .. } = info;
        let version = match info.joined_late {
            _ if info.transport == Transport::Quic => {
                Version::Three(Box::new(Http3::new(info.stream, explains, whole)))
            }
            true => Version::One(Box::new(Http1::joined_late(explains, whole))),
            false => Version::Unknown(Vec::new()),
        };
        Self { version, explains, whole }
    }

    fn one(&self) -> Version {
        Version::One(Box::new(Http1::from_its_beginning(self.explains, self.whole)))
    }

    /// What comes behind a proxy is told as if there were none.
    fn led(&mut self, led: Led, out: &mut Vec<Message>) {
        match (led, std::mem::replace(&mut self.version, Version::Nowhere)) {
            (Led::On, socks) => self.version = socks,
            (Led::Through, Version::Socks(socks)) => {
                self.version = Version::Unknown(Vec::new());
                for (by, time, octets) in socks.rest().into_iter().filter(|(_, _, octets)| !octets.is_empty()) {
                    self.said(Said { by, time, octets: &octets }, out);
                }
            }
            (Led::Through | Led::Nowhere, _) => {}
        }
    }

    /// Settles for `version` and tells it what was heard so far.
    fn settle(&mut self, mut version: Version, out: &mut Vec<Message>) {
        if let Version::Unknown(heard) = &self.version {
            for Heard { by, time, octets } in heard {
                version.said(Said { by: *by, time: *time, octets }, out);
            }
            self.version = version;
        }
    }
}

impl Dissector for HttpDissector {
    fn said(&mut self, said: Said<'_>, out: &mut Vec<Message>) {
        if let Version::Socks(socks) = &mut self.version {
            let led = socks.said(said, out);
            return self.led(led, out);
        }
        let Version::Unknown(heard) = &mut self.version else {
            return self.version.said(said, out);
        };
        heard.push(Heard { by: said.by, time: said.time, octets: said.octets.to_vec() });
        match opening(heard) {
            Opening::Unclear => {}
            Opening::Socks => {
                let heard = std::mem::take(heard);
                self.version = Version::Socks(Box::new(Socks::new(self.explains)));
                heard
                    .iter()
                    .for_each(|Heard { by, time, octets }| self.said(Said { by: *by, time: *time, octets }, out));
            }
            Opening::Preface => self.settle(Version::Two(Box::new(Http2::new(self.explains, self.whole))), out),
            Opening::Other => self.settle(self.one(), out),
        }
    }

    fn hole(&mut self, by: Side, length: u64, time: Time, out: &mut Vec<Message>) {
        self.settle(self.one(), out);
        match &mut self.version {
            Version::Unknown(_) | Version::Nowhere => {}
            Version::Socks(_) => self.version = Version::Nowhere,
            Version::One(one) => one.hole(by, length, time, out),
            Version::Two(two) => two.hole(by, length, time, out),
            Version::Three(three) => three.hole(by, length, time, out),
        }
    }

    fn closed(&mut self, time: Time, out: &mut Vec<Message>) {
        self.settle(self.one(), out);
        match &mut self.version {
            Version::Unknown(_) | Version::Socks(_) | Version::Nowhere => {}
            Version::One(one) => one.closed(time, out),
            Version::Two(two) => two.closed(time, out),
            Version::Three(three) => three.closed(time, out),
        }
    }
}

impl Version {
    fn said(&mut self, said: Said<'_>, out: &mut Vec<Message>) {
        match self {
            Version::Unknown(_) | Version::Socks(_) | Version::Nowhere => {}
            Version::One(one) => one.said(said, out),
            Version::Two(two) => two.said(said, out),
            Version::Three(three) => three.said(said, out),
        }
    }
}

enum Opening {
    Unclear,
    Preface,
    Socks,
    Other,
}

fn opening(heard: &[Heard]) -> Opening {
    let of_client = heard.iter().filter(|heard| heard.by == Side::Initiator);
    let first: Vec<u8> = of_client.flat_map(|heard| &heard.octets).take(PREFACE.len()).copied().collect();
    let total: usize = heard.iter().map(|heard| heard.octets.len()).sum();
    if first.first() == Some(&wire::socks::VERSION) {
        Opening::Socks
    } else if first == PREFACE {
        Opening::Preface
    } else if PREFACE.starts_with(&first) && total <= PATIENCE {
        Opening::Unclear
    } else {
        Opening::Other
    }
}

/// A server may send its settings before it hears the preface: some hundred octets, never this many.
const PATIENCE: usize = 16 * 1024;

#[cfg(test)]
mod tests;
