//! What the client says: commands, secrets, content.

use std::ops::Range;

use toynet_machine::Time;
use toynet_record::dissect::{Carried, Role, Said};
use toynet_record::{Message, Side};

use super::line::{Line, Lines};
use super::{Asked, Next, Talk, What, carried, notes, summary};
use crate::wire::command::CommandFault;
use crate::wire::content::ContentFault;
use crate::wire::{Command, DataReader};

#[derive(Debug)]
pub(super) struct Client {
    stage: Stage,
    lines: Lines,
    last: Time,
    /// The first octets of a message that comes in chunks.
    chunks: Vec<u8>,
    chunked: u64,
    /// What this chunk carried, where that is wanted.
    carried: Option<Box<Carried>>,
}

#[derive(Debug)]
enum Stage {
    Commands,
    /// Lines of a dialogue of AUTH.
    Secret,
    Content(Seen<DataReader>),
    Chunk(Seen<Chunk>),
    /// Octets are missing: nobody knows what the others are until the server has spoken.
    Lost(Option<Seen<()>>),
    Tls,
}

/// Something that is more than a line.
#[derive(Debug)]
struct Seen<T> {
    what: T,
    began: Option<Time>,
    /// On the wire.
    octets: u64,
}

#[derive(Debug)]
struct Chunk {
    left: u64,
    last: bool,
}

impl Client {
    pub fn new(joined_late: bool) -> Self {
        let stage = if joined_late { Stage::Lost(None) } else { Stage::Commands };
        Self { stage, lines: Lines::default(), last: Time::default(), chunks: Vec::new(), chunked: 0, carried: None }
    }

    pub fn said(&mut self, said: Said<'_>, talk: &mut Talk, out: &mut Vec<Message>) {
        self.last = said.time;
        let mut rest = said.octets;
        while !rest.is_empty() {
            let count = self.take(said.time, rest, talk, out);
            rest = &rest[count..];
        }
    }

    fn take(&mut self, time: Time, octets: &[u8], talk: &mut Talk, out: &mut Vec<Message>) -> usize {
        match &mut self.stage {
            Stage::Commands | Stage::Secret => {
                let (count, line) = self.lines.take(time, octets);
                line.into_iter().for_each(|line| self.line(&line, talk, out));
                count
            }
            Stage::Content(seen) => {
                seen.began.get_or_insert(time);
                let count = seen.what.take(octets);
                seen.octets += count as u64;
                if seen.what.is_done() {
                    self.finish(talk, out);
                }
                count
            }
            Stage::Chunk(seen) => {
                seen.began.get_or_insert(time);
                let count = usize::try_from(seen.what.left).unwrap_or(usize::MAX).min(octets.len());
                seen.what.left -= count as u64;
                seen.octets += count as u64;
                let room = HEAD.saturating_sub(self.chunks.len()).min(count);
                self.chunks.extend_from_slice(&octets[..room]);
                self.carried.iter_mut().for_each(|carried| carried.add(&octets[..count]));
                self.chunked += count as u64;
                if seen.what.left == 0 {
                    self.finish(talk, out);
                }
                count
            }
            Stage::Lost(cut) => {
                cut.iter_mut().for_each(|cut| cut.octets += octets.len() as u64);
                octets.len()
            }
            // A record of TLS, unless what is seen is the clear text.
            Stage::Tls if octets.first() == Some(&HANDSHAKE) || talk.sealed => {
                talk.sealed = true;
                octets.len()
            }
            Stage::Tls => {
                self.stage = Stage::Commands;
                0
            }
        }
    }

    /// What comes next follows from what the server said.
    pub fn go_on(&mut self, next: Next, whole: bool) {
        let kept = if whole { Carried::MOST } else { HEAD };
        self.stage = match next {
            Next::Secret => Stage::Secret,
            Next::Tls => Stage::Tls,
            Next::Content => Stage::Content(Seen { what: DataReader::glancing(kept), began: None, octets: 0 }),
        }
    }

    /// The server speaks. After a loss a new turn begins with a line.
    pub fn is_interrupted(&mut self, talk: &mut Talk, out: &mut Vec<Message>) {
        if let Stage::Lost(_) = &self.stage {
            self.finish(talk, out);
        }
    }

    pub fn hole(&mut self, length: u64) {
        self.lines.forget();
        match &mut self.stage {
            Stage::Lost(Some(cut)) => cut.octets += length,
            Stage::Chunk(seen) if seen.what.left > length => {
                seen.what.left -= length;
                seen.octets += length;
                self.chunked += length;
                self.carried.iter_mut().for_each(|carried| carried.miss(length));
            }
            Stage::Content(_) | Stage::Chunk(_) => self.lose(length),
            Stage::Commands | Stage::Secret => self.stage = Stage::Lost(None),
            Stage::Lost(None) | Stage::Tls => {}
        }
    }

    /// Where the content ends is not known any more; the server's next reply says that it has.
    fn lose(&mut self, length: u64) {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Commands) {
            Stage::Content(seen) => {
                let octets = seen.octets + length;
                self.chunks = seen.what.glance().0;
                self.carried.iter_mut().for_each(|carried| {
                    carried.add(&self.chunks);
                    carried.miss(length);
                });
                Stage::Lost(Some(Seen { what: (), began: seen.began, octets }))
            }
            Stage::Chunk(seen) => {
                let octets = seen.octets + length;
                self.carried.iter_mut().for_each(|carried| carried.miss(length));
                Stage::Lost(Some(Seen { what: (), began: seen.began, octets }))
            }
            stage => stage,
        };
    }

    pub fn closed(&mut self, talk: &mut Talk, out: &mut Vec<Message>) {
        if let Some(line) = self.lines.finish() {
            self.line(&line, talk, out);
        }
        match &self.stage {
            Stage::Content(seen) if seen.octets > 0 => self.finish(talk, out),
            Stage::Chunk(_) | Stage::Lost(Some(_)) => self.finish(talk, out),
            Stage::Content(_) | Stage::Commands | Stage::Secret | Stage::Lost(None) | Stage::Tls => {}
        }
    }

    fn line(&mut self, line: &Line, talk: &mut Talk, out: &mut Vec<Message>) {
        if matches!(self.stage, Stage::Secret) {
            self.stage = Stage::Commands;
            return self.secret(line, talk, out);
        }
        let command = Command::parse(&line.octets);
        let before = talk.exchanges.current();
        let is_early = !talk.open.is_empty();
        // A line that ends otherwise than it must is no command (see `wire::line`).
        let exchange = talk.exchanges.command(command.as_ref().ok().filter(|_| line.fault.is_none()));
        let text = line.text();
        talk.open.push_back(Asked { exchange, what: what(&command, &text, exchange == before && before > 0) });
        let secrets = credentials(&text).into_iter().collect();
        let role = if exchange == before && before > 0 { Role::Interim } else { Role::Request };
        let faults: Vec<_> = line.fault.map(str::to_owned).into_iter().chain(fault(&command)).collect();
        let mut message = self.message(talk.number(exchange), role, line.began, text, secrets, faults, line.length);
        if talk.explain {
            message.notes = notes::command(&command, is_early, line.fault);
        }
        if talk.whole {
            message.carried = command.as_ref().ok().and_then(carried::envelope);
            self.carried = Some(Box::new(Carried::new(Vec::new(), 0)));
        }
        out.push(message);
        if let Ok(Command::Bdat { octets, last }) = command {
            let what = Chunk { left: octets, last };
            self.stage = Stage::Chunk(Seen { what, began: None, octets: 0 });
            if octets == 0 {
                self.finish(talk, out);
            }
        }
    }

    fn secret(&mut self, line: &Line, talk: &mut Talk, out: &mut Vec<Message>) {
        let text = line.text();
        let (exchange, whole) = (talk.exchanges.current(), 0..text.len());
        talk.open.push_back(Asked { exchange, what: What::Auth });
        let faults = line.fault.map(str::to_owned).into_iter().collect();
        let mut message =
            self.message(talk.number(exchange), Role::Interim, line.began, text, vec![whole], faults, line.length);
        if talk.explain {
            message.notes = notes::secret();
        }
        out.push(message);
    }

    /// Tells what is more than a line, as far as it was seen.
    fn finish(&mut self, talk: &mut Talk, out: &mut Vec<Message>) {
        let exchange = talk.number(talk.exchanges.current());
        let stage = std::mem::replace(&mut self.stage, Stage::Commands);
        let mut notes = Vec::new();
        let (summary, began, octets, fault) = match stage {
            Stage::Content(seen) => {
                let is_done = seen.what.is_done();
                let (head, size, fault) = seen.what.glance();
                self.carried.iter_mut().for_each(|carried| **carried = carried::content(&head, size, is_done));
                if talk.explain {
                    notes = notes::content(&head, size, fault);
                }
                let fault = fault.map(smuggled).or((!is_done).then(|| NO_END.to_owned()));
                self.content_ended(talk);
                (summary::of(&head, size), seen.began, seen.octets, fault)
            }
            Stage::Chunk(seen) if seen.what.left == 0 && !seen.what.last => {
                if talk.explain {
                    notes = notes::chunk(seen.octets, None);
                }
                (format!("chunk of {}", summary::octets(seen.octets)), seen.began, seen.octets, None)
            }
            Stage::Chunk(seen) => {
                self.carried.iter_mut().filter(|_| seen.what.left > 0).for_each(|carried| carried.miss(0));
                if seen.what.left == 0 {
                    talk.exchanges.content_ended();
                }
                if talk.explain {
                    notes = notes::chunk(seen.octets, Some(&self.chunks));
                }
                let fault = (seen.what.left > 0).then(|| "The chunk is not whole (RFC 3030 section 2).".to_owned());
                let summary = summary::of(&std::mem::take(&mut self.chunks), std::mem::take(&mut self.chunked));
                (summary, seen.began, seen.octets, fault)
            }
            Stage::Lost(Some(seen)) => {
                self.content_ended(talk);
                let head = std::mem::take(&mut self.chunks);
                (summary::of(&head, seen.octets), seen.began, seen.octets, None)
            }
            Stage::Commands | Stage::Secret | Stage::Lost(None) | Stage::Tls => return,
        };
        if octets > 0 {
            let (faults, began) = (fault.into_iter().collect(), began.unwrap_or(self.last));
            let message = self.message(exchange, Role::Interim, began, summary, vec![], faults, octets);
            out.push(Message { notes, carried: self.carried.take(), ..message });
        }
    }

    fn content_ended(&mut self, talk: &mut Talk) {
        talk.open.push_back(Asked { exchange: talk.exchanges.current(), what: What::Final });
        talk.exchanges.content_ended();
    }

    #[expect(clippy::too_many_arguments, reason = "they are the fields of a message")]
    fn message(
        &self,
        exchange: u64,
        role: Role,
        time: Time,
        summary: String,
        secrets: Vec<Range<usize>>,
        faults: Vec<String>,
        octets: u64,
    ) -> Message {
        let (by, lasted, failed) = (Side::Initiator, self.last.since(time), !faults.is_empty());
        Message {
            exchange,
            by,
            role,
            time,
            lasted,
            summary,
            secrets,
            failed,
            faults,
            notes: Vec::new(),
            octets,
            carried: None,
        }
    }
}

fn what(command: &Result<Command, CommandFault>, text: &str, in_mail: bool) -> What {
    match command {
        Ok(Command::Mail(..)) => What::InMail,
        Ok(Command::Data) if in_mail => What::Data,
        Ok(Command::Bdat { last: true, .. } | Command::Rset) if in_mail => What::Final,
        Ok(Command::Bdat { .. }) if in_mail => What::InMail,
        _ if verb(text) == "AUTH" => What::Auth,
        _ if verb(text) == "STARTTLS" => What::StartTls,
        Ok(Command::Ehlo(_)) => What::Hello,
        _ if in_mail => What::Aside,
        _ => What::Command,
    }
}

fn verb(text: &str) -> String {
    text.split(' ').next().unwrap_or_default().to_ascii_uppercase()
}

/// The initial response of `AUTH PLAIN AGFsaWNlAHNlY3JldA==` (RFC 4954 section 4).
fn credentials(text: &str) -> Option<Range<usize>> {
    if verb(text) != "AUTH" {
        return None;
    }
    let mechanism = text.find(' ')? + 1;
    let response = mechanism + text[mechanism..].find(' ')? + 1;
    (response < text.len()).then_some(response..text.len())
}

/// What breaks a rule. A command that this server does not know may be another server's.
fn fault(command: &Result<Command, CommandFault>) -> Option<String> {
    match command {
        Ok(_) | Err(CommandFault::Unknown(_) | CommandFault::NotImplemented(_) | CommandFault::Parameter(_)) => None,
        Err(fault) => Some(format!("{}.", capital(&fault.to_string()))),
    }
}

fn smuggled(fault: ContentFault) -> String {
    format!("{} (RFC 5321 2.3.8).", capital(&fault.to_string()))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// The content type of a handshake (RFC 8446 5.1); no command begins with it.
const HANDSHAKE: u8 = 22;
const NO_END: &str = "The message has no end (RFC 5321 4.1.1.4).";
/// What is kept of a message to be summarised: more than any header that a person writes.
const HEAD: usize = 64 * 1024;
