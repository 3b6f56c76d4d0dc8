//! What is known of a flow while it lasts.

use toynet_record::{Closing, Flow, Side, Transport};

use super::pdu::{Frame, LARGEST};
use super::{Remark, Said, Style};
use crate::packet::Path;
use crate::stream::{Sent, Stream};
use crate::tls::Session;

#[derive(Debug)]
pub(super) struct Live {
    pub interface: u32,
    /// On which side the interface's host stands.
    pub side: Side,
    form: Form,
    secrets: Vec<String>,
    tls: Option<Session>,
}

#[derive(Debug)]
enum Form {
    Stream(Stream),
    Datagrams(Path),
    Messages(Messages),
}

/// Octets that are no whole message yet.
#[derive(Debug)]
struct Messages {
    frame: Frame,
    initiator: Vec<u8>,
    acceptor: Vec<u8>,
    last: Side,
    /// Whether somebody understands what is said.
    understood: bool,
}

impl Live {
    pub fn open(flow: &Flow, interface: u32, side: Side, style: Style) -> (Self, Option<Sent>) {
        let (initiator, acceptor) = (flow.initiator.address, flow.acceptor.address);
        let seen_by = if flow.initiator.host.is_some() { Side::Initiator } else { Side::Acceptor };
        let (form, sent) = match (style, flow.transport) {
            (Style::Packets, Transport::Tcp) if flow.joined_late => {
                (Form::Stream(Stream::joined_late(initiator, acceptor, seen_by, flow.id.0)), None)
            }
            (Style::Packets, Transport::Tcp) => {
                let (stream, syn) = Stream::open(initiator, acceptor, seen_by, flow.id.0);
                (Form::Stream(stream), Some(syn))
            }
            (Style::Packets, Transport::Udp) => (Form::Datagrams(Path::new(initiator, acceptor)), None),
            (Style::Packets, Transport::Quic | Transport::Command) | (Style::Messages, _) => {
                (Form::Messages(Messages::new(flow)), None)
            }
        };
        (Self { interface, side, form, secrets: Vec::new(), tls: None }, sent)
    }

    pub fn is_told_by_message(&self) -> bool {
        matches!(self.form, Form::Messages(_))
    }

    pub fn said(&mut self, said: &Said<'_>) -> Vec<Sent> {
        match &mut self.form {
            Form::Stream(stream) => match &mut self.tls {
                Some(session) => stream.said(said.by, &session.seal(said.by, said.octets)),
                None => stream.said(said.by, said.octets),
            },
            Form::Datagrams(path) => {
                let path = if said.by == Side::Initiator { *path } else { path.reversed() };
                path.udp(said.octets).map(|octets| Sent { by: said.by, octets }).into_iter().collect()
            }
            Form::Messages(_) => Vec::new(),
        }
    }

    /// Inside TLS a hole cannot be told from the outside: what comes later would not open.
    pub fn hole(&mut self, by: Side, length: u64) -> Vec<Sent> {
        match &mut self.form {
            Form::Stream(stream) if self.tls.is_none() => stream.hole(by, length),
            Form::Stream(_) | Form::Datagrams(_) | Form::Messages(_) => Vec::new(),
        }
    }

    pub fn secret(&mut self, line: &str) {
        if self.secrets.len() < MOST_SECRETS {
            self.secrets.push(line.to_owned());
        }
    }

    /// What is said from here on is inside TLS, if its keys are known.
    pub fn secured(&mut self, terms: &str) -> Vec<Sent> {
        let Form::Stream(stream) = &mut self.form else { return Vec::new() };
        let secrets = std::mem::take(&mut self.secrets);
        let Some((session, handshake)) = Session::begin(terms, &secrets) else { return Vec::new() };
        self.tls = Some(session);
        handshake.iter().flat_map(|flight| stream.said(flight.by, &flight.octets)).collect()
    }

    /// What is said from here on are TLS records as they passed.
    pub fn shut(&mut self) -> Vec<Sent> {
        self.tls = None;
        Vec::new()
    }

    pub fn is_sealed(&self) -> bool {
        self.tls.is_some()
    }

    pub fn closed(&mut self, how: Closing) -> Vec<Sent> {
        match &mut self.form {
            Form::Stream(stream) => stream.closed(how),
            Form::Datagrams(_) | Form::Messages(_) => Vec::new(),
        }
    }

    /// Adds octets to what waits, and gives what is a whole message now.
    pub fn add(&mut self, said: &Said<'_>, remarks: &[Remark]) -> Vec<Sent> {
        let Form::Messages(messages) = &mut self.form else { return Vec::new() };
        messages.add(said, remarks)
    }

    /// What waits, whole or not.
    pub fn rest(&mut self, remarks: &[Remark]) -> Vec<Sent> {
        let Form::Messages(messages) = &mut self.form else { return Vec::new() };
        messages.learn(remarks);
        [Side::Initiator, Side::Acceptor].into_iter().flat_map(|by| messages.flush(by)).collect()
    }
}

impl Messages {
    fn new(flow: &Flow) -> Self {
        let (initiator, acceptor) = (Vec::new(), Vec::new());
        Self { frame: Frame::new(flow), initiator, acceptor, last: Side::Initiator, understood: false }
    }

    fn add(&mut self, said: &Said<'_>, remarks: &[Remark]) -> Vec<Sent> {
        self.learn(remarks);
        let mut sent = Vec::new();
        let turned = std::mem::replace(&mut self.last, said.by) != said.by;
        if turned && !self.understood {
            sent.extend(self.flush(said.by.peer()));
        }
        let is_whole = |by| remarks.iter().any(|remark| remark.is_message && remark.by == by);
        if is_whole(said.by.peer()) {
            sent.extend(self.flush(said.by.peer()));
        }
        self.frame.look_at(said);
        self.waiting(said.by).extend_from_slice(said.octets);
        if is_whole(said.by) || self.frame.is_of_datagrams() || self.waiting(said.by).len() >= LARGEST {
            sent.extend(self.flush(said.by));
        }
        sent
    }

    fn learn(&mut self, remarks: &[Remark]) {
        if let Some(remark) = remarks.iter().find(|remark| remark.is_message) {
            self.understood = true;
            self.frame.set_protocol(remark.protocol);
        }
    }

    fn flush(&mut self, by: Side) -> Vec<Sent> {
        let octets = std::mem::take(self.waiting(by));
        octets.chunks(LARGEST).map(|part| Sent { by, octets: self.frame.around(by, part) }).collect()
    }

    fn waiting(&mut self, by: Side) -> &mut Vec<u8> {
        match by {
            Side::Initiator => &mut self.initiator,
            Side::Acceptor => &mut self.acceptor,
        }
    }
}

/// TLS 1.3 has five of a connection; more is no handshake.
const MOST_SECRETS: usize = 16;
