//! A dissector that listens until it knows what is spoken.

use std::fmt;

use toynet_machine::Time;
use toynet_record::dissect::{FlowInfo, Likeness, Message, Opening, Said, Taken};
use toynet_record::{Dissector, Side, Transport};
use toynet_service::Protocol;

use crate::protocols;

/// Holds back what is said until one protocol takes it for its own, then hands all of it to that one's dissector.
pub(super) struct Listener {
    flow: FlowInfo,
    /// Who gets it when nobody takes it.
    otherwise: Option<&'static Protocol>,
    state: State,
}

enum State {
    Listening(Vec<Heard>),
    Settled(&'static str, Box<dyn Dissector>),
    GivenUp,
}

struct Heard {
    by: Side,
    time: Time,
    octets: Vec<u8>,
}

impl Listener {
    pub fn new(flow: FlowInfo, otherwise: Option<&'static Protocol>) -> Self {
        Self { flow, otherwise, state: State::Listening(Vec::new()) }
    }

    /// Looks whether it is known what is spoken.
    fn judge(&mut self, out: &mut Vec<Message>) {
        let State::Listening(heard) = &self.state else { return };
        let said = |side| {
            let parts = heard.iter().filter(|heard: &&Heard| heard.by == side).map(|heard| heard.octets.as_slice());
            let first = if self.flow.transport == Transport::Udp { 1 } else { usize::MAX };
            parts.take(first).collect::<Vec<_>>().concat()
        };
        let (initiator, acceptor) = (said(Side::Initiator), said(Side::Acceptor));
        let opening = Opening { transport: self.flow.transport, initiator: &initiator, acceptor: &acceptor };
        let likeness = protocols::ALL.iter().map(|protocol| ((protocol.recognise)(&opening), *protocol));
        let Some((likeness, protocol)) = likeness.max_by_key(|(likeness, _)| *likeness) else { return };
        match likeness {
            Likeness::Yes => self.settle(Some(protocol), out),
            Likeness::Perhaps if initiator.len() + acceptor.len() <= PATIENCE => {}
            Likeness::Perhaps | Likeness::No => self.settle(self.otherwise, out),
        }
    }

    fn settle(&mut self, protocol: Option<&'static Protocol>, out: &mut Vec<Message>) {
        let State::Listening(heard) = std::mem::replace(&mut self.state, State::GivenUp) else { return };
        let Some(protocol) = protocol else { return };
        let mut dissector = (protocol.dissector)(self.flow);
        for Heard { by, time, octets } in &heard {
            dissector.said(Said { by: *by, time: *time, octets }, out);
        }
        self.state = State::Settled(protocol.name, dissector);
    }

    fn settle_for_what_there_is(&mut self, out: &mut Vec<Message>) {
        if matches!(self.state, State::Listening(_)) {
            self.settle(self.otherwise, out);
        }
    }
}

impl Dissector for Listener {
    fn said(&mut self, said: Said<'_>, out: &mut Vec<Message>) {
        match &mut self.state {
            State::Settled(_, dissector) => dissector.said(said, out),
            State::Listening(heard) => {
                heard.push(Heard { by: said.by, time: said.time, octets: said.octets.to_vec() });
                self.judge(out);
            }
            State::GivenUp => {}
        }
    }

    fn hole(&mut self, by: Side, length: u64, time: Time, out: &mut Vec<Message>) {
        self.settle_for_what_there_is(out);
        if let State::Settled(_, dissector) = &mut self.state {
            dissector.hole(by, length, time, out);
        }
    }

    fn closed(&mut self, time: Time, out: &mut Vec<Message>) {
        self.settle_for_what_there_is(out);
        if let State::Settled(_, dissector) = &mut self.state {
            dissector.closed(time, out);
        }
    }

    fn takes_for(&self) -> Taken {
        match &self.state {
            State::Settled(name, _) => Taken::For(name),
            State::Listening(_) | State::GivenUp => Taken::Unknown,
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("flow", &self.flow).finish_non_exhaustive()
    }
}

/// The longest request line that servers take as a rule (8,000 octets: RFC 9112 section 3), and more than any greeting.
const PATIENCE: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spoken_shows_in_what_is_said_first() {
        use Side::{Acceptor, Initiator};
        let query = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\x04shop\x04test\0\0\x01\0\x01";
        let over_tcp = [&[0, query.len() as u8], &query[..]].concat();
        type Case<'a> = (Transport, &'a [(Side, &'a [u8])], Taken);
        let cases: &[Case<'_>] = &[
            (Transport::Tcp, &[(Initiator, b"GE"), (Initiator, b"T /menu HTTP/1.1\r\n")], Taken::For("http")),
            (Transport::Tcp, &[(Initiator, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")], Taken::For("http")),
            (Transport::Tcp, &[(Acceptor, b"220 mail.test ESMTP ready\r\n")], Taken::For("smtp")),
            (Transport::Tcp, &[(Acceptor, b"220 hello\r\n"), (Initiator, b"EHLO a.test\r\n")], Taken::For("smtp")),
            (Transport::Tcp, &[(Acceptor, b"220 files\r\n"), (Initiator, b"USER ann\r\n")], Taken::Unknown),
            (Transport::Tcp, &[(Acceptor, b"\xff\xfb\x01\xff\xfd\x18")], Taken::For("telnet")),
            (Transport::Tcp, &[(Initiator, &over_tcp)], Taken::For("dns")),
            (Transport::Udp, &[(Initiator, query)], Taken::For("dns")),
            (Transport::Udp, &[(Initiator, b"\x12\x34hello")], Taken::Unknown),
            (Transport::Tcp, &[(Initiator, b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03")], Taken::Unknown),
            (Transport::Tcp, &[(Initiator, b"SSH-2.0-x\r\n"), (Acceptor, b"SSH-2.0-y\r\n")], Taken::Unknown),
        ];
        for (transport, said, taken) in cases {
            let flow = FlowInfo {
                transport: *transport,
                port: 4711,
                joined_late: false,
                explain: false,
                whole: false,
                stream: None,
            };
            let (mut listener, mut out) = (Listener::new(flow, None), Vec::new());
            for (by, octets) in *said {
                listener.said(Said { by: *by, time: Time::default(), octets }, &mut out);
            }
            assert_eq!(listener.takes_for(), *taken, "{said:?}");
        }
    }

    #[test]
    fn what_was_held_back_is_told_and_what_nobody_takes_goes_to_who_is_at_the_port() {
        let flow = FlowInfo {
            transport: Transport::Tcp,
            port: 4711,
            joined_late: false,
            explain: false,
            whole: false,
            stream: None,
        };
        let (mut listener, mut out) = (Listener::new(flow, None), Vec::new());
        let mut say = |by, octets: &[u8]| listener.said(Said { by, time: Time::default(), octets }, &mut out);
        say(Side::Initiator, b"GET /menu ");
        say(Side::Initiator, b"HTTP/1.1\r\nHost: a.test\r\n\r\n");
        assert!(out[0].summary.starts_with("GET /menu"), "{out:?}");
        let telnet = super::super::protocol(Some("telnet"), 0);
        let mut listener = Listener::new(flow, telnet);
        listener.said(Said { by: Side::Acceptor, time: Time::default(), octets: b"login: " }, &mut out);
        listener.closed(Time::default(), &mut out);
        assert_eq!(listener.takes_for(), Taken::For("telnet"));
    }
}
