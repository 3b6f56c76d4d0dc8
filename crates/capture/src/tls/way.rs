//! One side of a TLS connection: its records, its handshake, and the keys that open what it says.

use super::handshake::Messages;
use super::keys::{HANDSHAKE, Keys, expand_label};
use super::record::{HEAD, Lost, Records};
use super::suite::Suite;

/// One side.
#[derive(Debug, Default)]
pub(super) struct Way {
    pub records: Records,
    pub messages: Messages,
    seal: Option<Seal>,
    opened: u64,
    missed: u32,
    finished: bool,
    /// How often keys were tried on what may be no record.
    tries: u64,
}

/// What opens records.
#[derive(Debug)]
enum Seal {
    Tls12(Box<Keys>),
    Tls13 {
        suite: Suite,
        /// Of the handshake, until it is finished.
        early: Option<Box<Keys>>,
        late: Option<Box<Keys>>,
        secret: Vec<u8>,
    },
}

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// Its kind, and what stands in it.
    Text(u8, Vec<u8>),
    /// It does not open.
    No,
    /// It does not, and there were too many before it.
    GivenUp,
}

impl Way {
    pub fn is_sealed(&self) -> bool {
        self.seal.is_some()
    }

    pub fn is_finished(&self) -> bool {
        self.finished
    }

    pub fn has_opened_nothing(&self) -> bool {
        self.opened == 0
    }

    /// The keys of TLS 1.3; without those of what is said after the handshake nothing is sealed.
    pub fn seal(&mut self, suite: Suite, early: Option<&[u8]>, late: Option<&[u8]>) {
        let Some(secret) = late else { return };
        let Some(late) = Keys::of_traffic_secret(suite, secret).map(Box::new) else { return };
        let early = early.and_then(|secret| Keys::of_traffic_secret(suite, secret)).map(Box::new);
        self.seal = Some(Seal::Tls13 { suite, early, late: Some(late), secret: secret.to_vec() });
    }

    /// The keys of TLS 1.2.
    pub fn seal_with(&mut self, keys: Keys) {
        self.seal = Some(Seal::Tls12(Box::new(keys)));
    }

    /// The handshake of this side is over.
    pub fn finish(&mut self) {
        self.finished = true;
        if let Some(Seal::Tls13 { early, .. }) = &mut self.seal {
            *early = None;
        }
    }

    /// Whether a record may be one of a handshake whose keys are not known.
    pub fn may_miss(&mut self) -> bool {
        self.missed += 1;
        matches!(&self.seal, Some(Seal::Tls13 { early: None, .. })) && self.opened == 0 && self.missed <= MOST_MISSED
    }

    /// RFC 8446 section 7.2: what follows is sealed with the next keys.
    pub fn update(&mut self) {
        if let Some(Seal::Tls13 { suite, late, secret, .. }) = &mut self.seal {
            *secret = expand_label(suite.hash, secret, "traffic upd", secret.len());
            *late = Keys::of_traffic_secret(*suite, secret).map(Box::new);
        }
    }

    /// So many octets are missing. How many of clear text that costs, where it is known at once.
    pub fn hole(&mut self, length: u64) -> Option<u64> {
        self.messages.clear();
        let Lost::Record(body) = self.records.hole(length) else { return None };
        let keys = self.keys()?;
        keys.skip(1);
        body.checked_sub(keys.overhead())
    }

    fn keys(&mut self) -> Option<&mut Keys> {
        match self.seal.as_mut()? {
            Seal::Tls12(keys) => Some(keys),
            Seal::Tls13 { early, late, .. } => early.as_deref_mut().or(late.as_deref_mut()),
        }
    }

    /// Opens the next record.
    pub fn open(&mut self, kind: u8, body: &[u8]) -> Opened {
        self.try_open(kind, body, 0).map_or(Opened::No, |((kind, text), _)| Opened::Text(kind, text))
    }

    /// Opens what may be a record, behind so many octets that are missing; and how many octets of clear text those were.
    pub fn open_behind(&mut self, kind: u8, body: &[u8], gap: u64) -> (Opened, u64) {
        if self.tries > MOST_TRIES {
            return (Opened::GivenUp, gap);
        }
        let records = (gap / SHORTEST_RECORD + 1).min(MOST_LOST);
        self.tries += records;
        let Some(((kind, text), lost)) = self.try_open(kind, body, records) else { return (Opened::No, gap) };
        let overhead = self.keys().map_or(0, |keys| keys.overhead()) + HEAD as u64;
        (Opened::Text(kind, text), gap.saturating_sub(lost * overhead))
    }

    /// Opens a record before which so many others may be missing; and how many were.
    fn try_open(&mut self, kind: u8, body: &[u8], missing: u64) -> Option<((u8, Vec<u8>), u64)> {
        let (opened, lost) = match self.seal.as_mut()? {
            Seal::Tls12(keys) => keys.open_behind(kind, body, missing)?,
            Seal::Tls13 { early, late, .. } => {
                let by_early = early.as_mut().and_then(|keys| keys.open_behind(kind, body, missing));
                match by_early {
                    Some(opened) => opened,
                    None => {
                        let opened = late.as_mut()?.open_behind(kind, body, missing)?;
                        // Where the handshake's end is missing what comes after it says that it is over.
                        *early = None;
                        opened
                    }
                }
            }
        };
        self.opened += 1;
        self.finished |= opened.0 != HANDSHAKE && matches!(self.seal, Some(Seal::Tls13 { early: None, .. }));
        Some((opened, lost))
    }
}

/// A head, a tag and one octet.
const SHORTEST_RECORD: u64 = 22;
/// Records that may be missing at once: at 16 KiB each some 64 MiB.
const MOST_LOST: u64 = 4096;
/// Some seconds of work.
const MOST_TRIES: u64 = 256 * 1024;
/// Records of a handshake: a chain of certificates takes a few.
const MOST_MISSED: u32 = 64;
