//! A record as a packet capture whose packets say what they mean.

use std::fmt;

pub use toynet_capture::tls::{KeyLog, Opener};
use toynet_capture::write::Remark;
pub use toynet_capture::{ReadError, Recording, Style, is_capture, read};
use toynet_machine::Time;
use toynet_record::{Entry, Event, Reader, Roster, Seen, Transport};

use crate::clean::clean;
use crate::story::{Dissectors, Story};
use crate::told::{Happening, Told, What};
use crate::words::grouped;

/// Turns entries into a pcapng file, a portion at a time.
///
/// [`feed`](Capture::feed) each entry in the order of a [`Journal`](toynet_record::Journal), and
/// [`take`](Capture::take) what is ready. It holds a bounded amount as long as that is done.
pub struct Capture {
    story: Story,
    reader: Reader,
    packets: toynet_capture::Capture,
    secrets: bool,
    messages: u64,
    holds_secrets: bool,
}

impl Capture {
    /// A capture of what happens among these hosts. Comments redact secrets unless `secrets`; the packets
    /// themselves hold all that was said.
    pub fn new(roster: Roster, dissectors: Dissectors, style: Style, secrets: bool) -> Self {
        let application = format!("toynet {}", env!("CARGO_PKG_VERSION"));
        let packets = toynet_capture::Capture::new(&application, COMMENT, &roster, style);
        let (story, reader) = (Story::new(roster.clone(), dissectors, false), Reader::new(roster));
        Self { story, reader, packets, secrets, messages: 0, holds_secrets: false }
    }

    /// Takes the next entry.
    pub fn feed(&mut self, entry: &Entry<'_>) {
        if let Seen::Named { address, host } = entry.seen {
            self.packets.named(host, address.ip());
        }
        let Self { story, packets, secrets, messages, holds_secrets, .. } = self;
        story.read(entry, |told| {
            *holds_secrets |= has_secrets(&told);
            *messages = (*messages).max(told.number);
            packets.remark(remark(&told, *secrets));
        });
        let Self { reader, packets, .. } = self;
        reader.read(entry, |event: Event<'_>| packets.hear(&event));
    }

    /// Writes what is unfinished, as it stands. Nothing may be fed after it.
    pub fn finish(&mut self, now: Time) {
        self.packets.finish(now);
    }

    /// Takes what is ready: whole blocks of the file.
    pub fn take(&mut self) -> Vec<u8> {
        self.packets.take()
    }

    /// How many messages it knows.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// What is in it that not everybody should read, in words; nothing when nothing is known to be.
    pub fn warning(&self) -> Option<&'static str> {
        match (self.holds_secrets, self.packets.holds_keys()) {
            (true, true) => Some("passwords or cookies, and the keys of TLS connections"),
            (true, false) => Some("passwords or cookies"),
            (false, true) => Some("the keys of TLS connections"),
            (false, false) => None,
        }
    }
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture").field("messages", &self.messages).finish_non_exhaustive()
    }
}

fn has_secrets(told: &Told) -> bool {
    matches!(&told.what, What::Message { message, .. } if !message.secrets.is_empty())
}

/// `[12] #3 you → ns.shop.test: A www.shop.test (for #1)`: the message's number, as in a diagram, and the flow's,
/// as in a log.
fn remark(told: &Told, secrets: bool) -> Remark {
    let is_message = matches!(told.what, What::Message { .. });
    let (from, to) = told.names();
    let number = if is_message { format!("[{}] ", grouped(told.number)) } else { String::new() };
    let cause = told.cause.map(|cause| format!(" (for #{})", cause.flow)).unwrap_or_default();
    let faults: String = told.faults().iter().map(|fault| format!("\n! {}", clean(fault, LONGEST))).collect();
    let (from, to, words) = (clean(&from, LONGEST), clean(&to, LONGEST), clean(&told.words(secrets), LONGEST));
    let text = format!("{number}#{} {from} → {to}: {words}{cause}{faults}", told.flow.id);
    // What happens to a datagram on its way is known once it is sent.
    let is_after =
        matches!(told.what, What::Happening(Happening::Fault { .. })) && told.flow.transport == Transport::Udp;
    Remark { flow: told.flow.id, by: told.by, protocol: told.protocol, is_message, is_after, text }
}

/// Who opens the file learns where its packets come from.
const COMMENT: &str = "Made from the record of a lab: addresses, ports, times and all that was said are the lab's own; \
segments, handshakes and TLS records are made anew around them. Names of hosts show with name resolution on. \
It may hold passwords and keys.";
/// Characters of words in a comment: as long as a line of a log.
const LONGEST: usize = 400;
