//! HTTP as browsers' tools write it down: [HAR 1.2](http://www.softwareishard.com/blog/har-12-spec/).
//!
//! - [`Har`]: exchanges become a log, whose entries are in the order of time
//! - `entry`: one exchange; `fields`: cookies, queries, URLs; `body`: contents, decoded;
//!   `websocket`: what follows on a handshake

mod body;
mod entry;
mod fields;
mod websocket;

use serde::Serialize;
use toynet_machine::Time;
use toynet_record::Export;
use toynet_record::export::{Account, Exchange};

use body::Room;

/// Writes exchanges as HAR. The form is one object whose parts stand in the order of time, so all of it is held until
/// the end; of contents only 512 MiB.
#[derive(Debug)]
pub struct Har {
    secrets: bool,
    /// When each began, and what it says, in JSON.
    entries: Vec<(Time, String)>,
    room: Room,
    account: Account,
}

impl Har {
    /// A log of nothing so far; secrets in fields are hidden in it unless `secrets`.
    pub fn new(secrets: bool) -> Self {
        Self { secrets, entries: Vec::new(), room: Room::of(HELD), account: Account::default() }
    }
}

impl Export for Har {
    fn exchange(&mut self, exchange: &Exchange<'_>, _: &mut Vec<u8>) {
        let Some(parts) = entry::Parts::of(exchange) else {
            self.account.left_out += 1;
            return;
        };
        self.account.written += 1;
        self.account.cut += u64::from(parts.is_cut());
        self.account.has_secrets |= parts.has_secrets();
        let entry = parts.entry(self.secrets, &mut self.room);
        self.entries.push((parts.began(), json(&entry)));
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        self.entries.sort_by_key(|(began, _)| *began);
        let creator = json(&Creator { name: "toynet", version: env!("CARGO_PKG_VERSION") });
        let head = format!("{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"pages\":[],\"entries\":[");
        out.extend_from_slice(head.as_bytes());
        for (place, (_, entry)) in self.entries.drain(..).enumerate() {
            out.extend_from_slice(if place == 0 { b"\n" } else { b",\n" });
            out.extend_from_slice(entry.as_bytes());
        }
        out.extend_from_slice(b"\n]}}\n");
    }

    fn account(&self) -> Account {
        self.account
    }
}

#[derive(Serialize)]
struct Creator {
    name: &'static str,
    version: &'static str,
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the keys are strings and the numbers finite")
}

/// HAR at the command line.
pub(crate) const FORM: toynet_service::Form = toynet_service::Form {
    name: "har",
    about: "HTTP as browsers' tools read it (HAR 1.2)",
    piece: ("exchange", "exchanges"),
    begin: |secrets| Box::new(Har::new(secrets)),
};

/// Octets of contents, decoded, that are held at once: no viewer opens a file that is larger.
const HELD: usize = 512 * 1024 * 1024;

#[cfg(test)]
mod tests;
