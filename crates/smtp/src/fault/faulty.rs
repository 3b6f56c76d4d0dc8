//! A server's machine with faults at its edge.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use toynet_machine::{Machine, Time};
use toynet_net::fault::Struck;
use toynet_net::{Host, Stream};
use toynet_record::{Cause, EndId};

use super::{Envelope, SmtpFault, Stage, Wrong};
use crate::server::{Event, Order, ServerMachine};
use crate::wire::Command;
use crate::wire::reply::{Enhanced, Reply};

/// A machine that is given one command at a time where faults are set, so that each of its replies can be
/// spoilt. Where none are, octets pass as they are.
#[derive(Debug)]
pub(crate) struct Faulty {
    machine: ServerMachine,
    host: Host,
    peer: IpAddr,
    end: EndId,
    now: Time,
    /// What the machine has not been given yet.
    input: Vec<u8>,
    ends: Ends,
    envelope: Envelope,
    /// What comes is no command but a mail's content, or a part of a login.
    is_content: bool,
    /// How much is left of a chunk.
    chunk: u64,
    /// The session was asked something.
    is_deciding: bool,
    /// What strikes the next reply.
    struck: Option<Struck<SmtpFault>>,
    events: VecDeque<Event>,
    outgoing: Vec<u8>,
    /// A reply that is late.
    late: Option<(Time, Vec<u8>)>,
    is_over: bool,
}

/// Whether the client has said all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    NotYet,
    ToBeTold,
    Told,
}

impl Faulty {
    /// The machine of a connection to `host`.
    pub fn new(machine: ServerMachine, host: &Host, stream: &Stream) -> Self {
        let mut faulty = Self {
            machine,
            host: host.clone(),
            peer: stream.peer().ip(),
            end: stream.end(),
            now: host.clock().now(),
            input: Vec::new(),
            ends: Ends::NotYet,
            envelope: Envelope::default(),
            is_content: false,
            chunk: 0,
            is_deciding: false,
            struck: None,
            events: VecDeque::new(),
            outgoing: Vec::new(),
            late: None,
            is_over: false,
        };
        if faulty.strike(Stage::Connect) {
            // In place of the greeting; nobody goes on after that.
            faulty.machine.outgoing().clear();
            faulty.is_over = true;
        }
        faulty.take_reply();
        faulty
    }

    /// What was sent after STARTTLS and before TLS.
    pub fn unread(&self) -> &[u8] {
        if self.input.is_empty() { self.machine.unread() } else { &self.input }
    }

    /// Gives the machine what it can take now.
    fn proceed(&mut self) {
        self.take_reply();
        while !self.is_over && !self.is_deciding && self.late.is_none() && !self.machine.is_paused() {
            let count = self.next_length();
            if count == 0 {
                break;
            }
            let octets: Vec<u8> = self.input.drain(..count).collect();
            let is_command = !self.is_content && self.chunk == 0;
            if self.chunk > 0 {
                self.chunk -= count as u64;
            }
            if !(is_command && self.is_answered(&octets)) {
                self.machine.receive(self.now, &octets);
            }
            self.take_events();
            self.take_reply();
        }
        if self.ends == Ends::ToBeTold && !self.is_deciding && self.late.is_none() && !self.machine.is_paused() {
            self.ends = Ends::Told;
            let rest = std::mem::take(&mut self.input);
            self.machine.receive(self.now, &rest);
            self.machine.receive_end(self.now);
            self.take_events();
            self.take_reply();
        }
    }

    /// How many octets the machine is given next: a line, a part of a chunk, or all where there are no faults.
    fn next_length(&self) -> usize {
        if self.host.faults().is_empty() {
            return self.input.len();
        }
        if self.chunk > 0 {
            return usize::try_from(self.chunk).unwrap_or(usize::MAX).min(self.input.len());
        }
        match self.input.iter().position(|octet| *octet == b'\n') {
            Some(at) => at + 1,
            None if self.is_content || self.input.len() > LONGEST_LINE => self.input.len(),
            None => 0,
        }
    }

    /// Reads a command only as far as faults must know it; says whether one answered it.
    fn is_answered(&mut self, line: &[u8]) -> bool {
        let stage = match Command::parse(line.trim_ascii_end()) {
            Ok(Command::Ehlo(_) | Command::Helo(_)) => Stage::Ehlo,
            Ok(Command::Mail(from, ..)) => {
                self.envelope = Envelope { from: Some(from.to_string()), to: Vec::new() };
                Stage::Mail
            }
            Ok(Command::Rcpt(to, ..)) => {
                self.envelope.to.push(to.to_string());
                Stage::Rcpt
            }
            Ok(Command::Data) => Stage::Data,
            Ok(Command::Quit) => Stage::Quit,
            Ok(Command::Bdat { octets, .. }) => {
                self.chunk = octets;
                return false;
            }
            _ if is_verb(line, b"STARTTLS") => Stage::StartTls,
            _ if is_verb(line, b"AUTH") => Stage::Auth,
            _ => return false,
        };
        self.strike(stage)
    }

    /// Finds what goes wrong at this stage; says whether it answers in the machine's place.
    fn strike(&mut self, stage: Stage) -> bool {
        let faults = self.host.faults();
        if faults.is_empty() {
            return false;
        }
        let (now, peer, envelope) = (self.now, self.peer, &self.envelope);
        let Some(struck) = faults.strike(now, peer, |fault: &SmtpFault| fault.fits(stage, envelope, now, peer)) else {
            return false;
        };
        self.host.fault(Cause { end: self.end, exchange: 0 }, &struck.text);
        let reply = match &struck.what.wrong {
            Some(Wrong::Reply(reply)) => reply.clone(),
            Some(Wrong::Greylist(..)) => Reply::new(451, Enhanced(4, 7, 1), "greylisted: try again later"),
            _ => {
                self.struck = Some(struck);
                return false;
            }
        };
        let mut octets = Vec::new();
        reply.write(&mut octets);
        self.is_over |= reply.code == CLOSING;
        self.say(octets, struck.what.delay);
        true
    }

    /// Hands on what the session must hear. What happens to a mail's content is asked here: by now it is whole.
    fn take_events(&mut self) {
        while let Some(event) = self.machine.poll_event() {
            if matches!(event, Event::Message(_)) && self.strike(Stage::Content) {
                self.is_content = false;
                let refused = Reply::new(451, Enhanced(4, 3, 0), "refused on purpose");
                self.machine.order(self.now, Order::Answer(refused));
                // The fault has said what there is to say.
                self.machine.outgoing().clear();
                continue;
            }
            self.is_deciding |= !matches!(event, Event::Abandoned | Event::Ended(_));
            self.events.push_back(event);
        }
    }

    /// Takes the machine's replies, and spoils the one that was struck.
    fn take_reply(&mut self) {
        let octets = std::mem::take(self.machine.outgoing());
        if octets.is_empty() {
            return;
        }
        self.is_content = last_line(&octets).starts_with(b"3");
        let Some(struck) = self.struck.take() else { return self.say(octets, Duration::ZERO) };
        let octets = match &struck.what.wrong {
            Some(Wrong::Drop) => {
                self.is_over = true;
                return;
            }
            Some(Wrong::Half) => {
                self.is_over = true;
                octets[..octets.len() / 2].to_vec()
            }
            Some(Wrong::BareLf) => octets.into_iter().filter(|octet| *octet != b'\r').collect(),
            Some(Wrong::Withhold(keyword)) => without(&octets, keyword),
            Some(Wrong::Reply(_) | Wrong::Greylist(..)) | None => octets,
        };
        self.say(octets, struck.what.delay);
    }

    fn say(&mut self, octets: Vec<u8>, delay: Duration) {
        match &mut self.late {
            Some((_, late)) => late.extend(octets),
            None if delay.is_zero() => self.outgoing.extend(octets),
            None => self.late = Some((self.now + delay, octets)),
        }
    }
}

impl Machine for Faulty {
    type Event = Event;
    type Order = Order;

    fn receive(&mut self, now: Time, bytes: &[u8]) {
        self.now = now;
        self.input.extend_from_slice(bytes);
        self.proceed();
    }

    fn receive_end(&mut self, now: Time) {
        self.now = now;
        self.ends = Ends::ToBeTold;
        self.proceed();
    }

    fn order(&mut self, now: Time, order: Order) {
        self.now = now;
        self.is_deciding &= !matches!(order, Order::Answer(_));
        self.machine.order(now, order);
        self.take_events();
        self.proceed();
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn outgoing(&mut self) -> &mut Vec<u8> {
        &mut self.outgoing
    }

    fn deadline(&self) -> Option<Time> {
        self.late.as_ref().map(|(due, _)| *due).or(self.machine.deadline())
    }

    fn expire(&mut self, now: Time) {
        self.now = now;
        match self.late.take_if(|(due, _)| *due <= now) {
            Some((_, octets)) => self.outgoing.extend(octets),
            None => self.machine.expire(now),
        }
        self.take_events();
        self.proceed();
    }

    fn is_paused(&self) -> bool {
        self.late.is_none() && !self.is_over && self.machine.is_paused()
    }

    fn is_over(&self) -> bool {
        self.late.is_none() && (self.is_over || self.machine.is_over())
    }
}

fn is_verb(line: &[u8], verb: &[u8]) -> bool {
    let word = line.split(|octet| octet.is_ascii_whitespace()).next().unwrap_or_default();
    word.eq_ignore_ascii_case(verb)
}

fn last_line(octets: &[u8]) -> &[u8] {
    let ended = octets.strip_suffix(b"\r\n").unwrap_or(octets);
    ended.rsplit(|octet| *octet == b'\n').next().unwrap_or_default()
}

/// An answer to EHLO without the line of this keyword. The last line is known by its space.
fn without(octets: &[u8], keyword: &str) -> Vec<u8> {
    let lines = octets.split_inclusive(|octet| *octet == b'\n');
    let is_meant = |line: &&[u8]| line.get(4..).is_some_and(|said| is_verb(said, keyword.as_bytes()));
    let mut kept: Vec<Vec<u8>> = lines.filter(|line| !is_meant(line)).map(<[u8]>::to_vec).collect();
    if let Some(mark) = kept.last_mut().and_then(|line| line.get_mut(3)) {
        *mark = b' ';
    }
    kept.concat()
}

/// The code by which a server says that it closes the connection (RFC 5321 4.2.2).
const CLOSING: u16 = 421;
/// Longer than any command: the machine refuses it.
const LONGEST_LINE: usize = 16 * 1024;
