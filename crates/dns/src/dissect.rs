//! DNS on the wire as a person would tell it.
//!
//! - `summary`: a message in one line
//! - `explain`: a message in words, part by part
//! - `wrong`: what breaks a rule in it
//! - [`opening`]: how DNS is known by what is said first

mod explain;
pub mod opening;
mod summary;
mod wrong;

use std::collections::VecDeque;

use toynet_machine::Time;
use toynet_record::dissect::{FlowInfo, Role, Said};
use toynet_record::{Dissector, Message as Told, Side, Transport};

use crate::wire::message::Decoded;
use crate::wire::{Message, u16_at};
use wrong::Asked;

/// Dissects one flow of DNS: a message a datagram, or messages after their lengths on a stream.
pub struct DnsDissector {
    stream: bool,
    explain: bool,
    /// How many requests were seen.
    requests: u64,
    /// Requests without an answer, oldest first.
    open: VecDeque<Open>,
    sides: [Held; 2],
}

/// A request that waits for its answer.
struct Open {
    id: u16,
    exchange: u64,
    asked: Asked,
}

/// What one side of a stream has said of a message so far.
#[derive(Default)]
struct Held {
    octets: Vec<u8>,
    since: Time,
    /// Octets are missing, and where a message begins is no longer known.
    lost: bool,
}

impl DnsDissector {
    /// A dissector for one flow.
    pub fn new(flow: FlowInfo) -> Self {
        let stream = flow.transport != Transport::Udp;
        let lost = stream && flow.joined_late;
        let held = || Held { lost, ..Held::default() };
        Self { stream, explain: flow.explain, requests: 0, open: VecDeque::new(), sides: [held(), held()] }
    }

    fn message(&mut self, by: Side, began: Time, ended: Time, octets: &[u8], out: &mut Vec<Told>) {
        let decoded = Message::decode(octets);
        let is_answer = decoded.message.is_response();
        let (exchange, asked) = self.exchange(by, &decoded);
        let telling = summary::tell(&decoded);
        let datagram = (!self.stream).then_some(octets.len());
        out.push(Told {
            exchange,
            by,
            role: if is_answer { Role::Answer } else { Role::Request },
            time: began,
            lasted: ended.since(began),
            summary: telling.summary,
            secrets: Vec::new(),
            failed: telling.failed,
            faults: wrong::faults(&decoded, datagram, asked.as_ref()),
            notes: if self.explain { explain::notes(&decoded) } else { Vec::new() },
            octets: octets.len() as u64 + if self.stream { 2 } else { 0 },
            carried: None,
        });
    }

    /// Whatever the client sends begins an exchange, as the server counts them too, be it a response; an answer belongs
    /// to the request with its id.
    fn exchange(&mut self, by: Side, decoded: &Decoded) -> (u64, Option<Asked>) {
        let id = decoded.message.id;
        if by == Side::Acceptor {
            let place = self.open.iter().position(|open| open.id == id);
            let open = place.and_then(|place| self.open.remove(place));
            return open.map_or((0, None), |open| (open.exchange, Some(open.asked)));
        }
        self.requests += 1;
        self.open.push_back(Open { id, exchange: self.requests, asked: Asked::of(decoded) });
        if self.open.len() > MOST_OPEN {
            self.open.pop_front();
        }
        (self.requests, None)
    }
}

impl Dissector for DnsDissector {
    fn said(&mut self, said: Said<'_>, out: &mut Vec<Told>) {
        if !self.stream {
            return self.message(said.by, said.time, said.time, said.octets, out);
        }
        let side = index(said.by);
        let mut held = std::mem::take(&mut self.sides[side]);
        if !held.lost {
            if held.octets.is_empty() {
                held.since = said.time;
            }
            held.octets.extend_from_slice(said.octets);
            let mut at = 0;
            while let Some(length) = u16_at(&held.octets, at) {
                let end = at + 2 + usize::from(length);
                let Some(message) = held.octets.get(at + 2..end) else { break };
                self.message(said.by, held.since, said.time, message, out);
                held.since = said.time;
                at = end;
            }
            held.octets.drain(..at);
        }
        self.sides[side] = held;
    }

    fn hole(&mut self, by: Side, length: u64, time: Time, out: &mut Vec<Told>) {
        if self.stream && length > 0 {
            self.unfinished(by, time, out);
            self.sides[index(by)].lost = true;
        }
    }

    fn closed(&mut self, time: Time, out: &mut Vec<Told>) {
        self.unfinished(Side::Initiator, time, out);
        self.unfinished(Side::Acceptor, time, out);
    }
}

impl DnsDissector {
    fn unfinished(&mut self, by: Side, time: Time, out: &mut Vec<Told>) {
        let held = std::mem::take(&mut self.sides[index(by)]);
        self.sides[index(by)].lost = held.lost;
        if !held.octets.is_empty() {
            let message = held.octets.get(2..).unwrap_or_default();
            self.message(by, held.since, time, message, out);
        }
    }
}

fn index(side: Side) -> usize {
    match side {
        Side::Initiator => 0,
        Side::Acceptor => 1,
    }
}

/// How long a message may stay unanswered and still be paired, in requests: more than any client has under way.
const MOST_OPEN: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::message::write_query;

    #[test]
    fn requests_and_answers_are_paired_by_id() {
        let mut dissector = dissector(Transport::Udp);
        let (one, two) = (query(1, "www.shop.test"), query(2, "mail.shop.test"));
        let told = hear(
            &mut dissector,
            &[
                (Side::Initiator, &one),
                (Side::Initiator, &two),
                (Side::Acceptor, &refused(&two)),
                (Side::Acceptor, &refused(&one)),
            ],
        );
        let lines: Vec<_> =
            told.iter().map(|told| (told.exchange, told.role, told.summary.as_str(), told.failed)).collect();
        assert_eq!(
            lines,
            [
                (1, Role::Request, "A www.shop.test", false),
                (2, Role::Request, "A mail.shop.test", false),
                (2, Role::Answer, "REFUSED", true),
                (1, Role::Answer, "REFUSED", true),
            ]
        );
    }

    #[test]
    fn a_stream_may_be_cut_anywhere() {
        let request = query(1, "www.shop.test");
        let mut framed = (request.len() as u16).to_be_bytes().to_vec();
        framed.extend_from_slice(&request);
        let mut dissector = dissector(Transport::Tcp);
        let pieces: Vec<(Side, &[u8])> = framed.chunks(1).map(|piece| (Side::Initiator, piece)).collect();
        let told = hear(&mut dissector, &pieces);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].octets, framed.len() as u64);
    }

    #[test]
    fn a_broken_message_is_told_up_to_where_it_breaks() {
        let request = query(1, "www.shop.test");
        let told = hear(&mut dissector(Transport::Udp), &[(Side::Initiator, &request[..20])]);
        assert!(told[0].failed);
        assert_eq!(told[0].summary, "broken: octet 20: the message ends early (question section)");
    }

    #[test]
    fn a_response_from_a_client_does_not_shift_the_exchanges_after_it() {
        let (odd, good) = (refused(&query(1, "www.shop.test")), query(2, "www.shop.test"));
        let told = hear(
            &mut dissector(Transport::Udp),
            &[(Side::Initiator, &odd), (Side::Initiator, &good), (Side::Acceptor, &refused(&good))],
        );
        assert_eq!(told.iter().map(|told| told.exchange).collect::<Vec<_>>(), [1, 2, 2]);
    }

    #[test]
    fn after_a_hole_one_side_is_not_guessed_at_and_the_other_is_still_told() {
        let request = query(1, "www.shop.test");
        let framed = |message: &[u8]| [&(message.len() as u16).to_be_bytes(), message].concat();
        let mut dissector = dissector(Transport::Tcp);
        let mut out = Vec::new();
        let say = |dissector: &mut DnsDissector, by, octets: &[u8], out: &mut Vec<Told>| {
            dissector.said(Said { by, time: Time::default(), octets }, out);
        };
        say(&mut dissector, Side::Initiator, &framed(&request), &mut out);
        say(&mut dissector, Side::Initiator, &framed(&request)[..9], &mut out);
        dissector.hole(Side::Initiator, 1000, Time::default(), &mut out);
        say(&mut dissector, Side::Initiator, &framed(&request), &mut out);
        say(&mut dissector, Side::Acceptor, &framed(&refused(&request)), &mut out);
        dissector.closed(Time::default(), &mut out);
        let lines: Vec<_> = out.iter().map(|told| (told.by, told.exchange, told.summary.as_str())).collect();
        assert_eq!(
            lines,
            [
                (Side::Initiator, 1, "A www.shop.test"),
                (Side::Initiator, 2, "broken: octet 7: the message ends early (header)"),
                (Side::Acceptor, 1, "REFUSED"),
            ]
        );
    }

    #[test]
    fn a_stream_joined_late_is_not_guessed_at() {
        let mut dissector = DnsDissector::new(FlowInfo {
            transport: Transport::Tcp,
            port: 53,
            joined_late: true,
            explain: false,
            whole: false,
            stream: None,
        });
        assert_eq!(hear(&mut dissector, &[(Side::Initiator, b"\0\x02ab")]), []);
    }

    fn dissector(transport: Transport) -> DnsDissector {
        DnsDissector::new(FlowInfo {
            transport,
            port: 53,
            joined_late: false,
            explain: false,
            whole: false,
            stream: None,
        })
    }

    fn hear(dissector: &mut DnsDissector, said: &[(Side, &[u8])]) -> Vec<Told> {
        let mut out = Vec::new();
        for (by, octets) in said {
            dissector.said(Said { by: *by, time: Time::default(), octets }, &mut out);
        }
        dissector.closed(Time::default(), &mut out);
        out
    }

    fn query(id: u16, name: &str) -> Vec<u8> {
        use crate::codes::{Class, RecordType};
        let question = crate::wire::Question { name: name.parse().unwrap(), kind: RecordType::A, class: Class::IN };
        write_query(id, 0, &question, None)
    }

    fn refused(query: &[u8]) -> Vec<u8> {
        let mut response = query.to_vec();
        response[2] |= 0x80;
        response[3] |= 5;
        response
    }
}
