//! What a resolver remembers: record sets, and names and sets that do not exist.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use toynet_machine::Time;

use crate::codes::RecordType;
use crate::name::{MAX_NAME, Name};
use crate::record::Record;
use crate::wire::u32_at;

/// How far data is trusted; what is trusted more replaces what is trusted less (RFC 2181 5.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// From an additional section, glue included: good for asking servers, never for answers.
    Additional,
    /// From a referral's authority section: likewise.
    Referral,
    /// From the authority section of an authoritative answer.
    Authority,
    /// From an authoritative answer.
    Answer,
}

/// A bounded memory of record sets. Of all that is too much, the oldest goes first.
pub struct Cache {
    entries: HashMap<Box<[u8]>, Entry>,
    /// Keys with the serial of their entry, in the order they came; a key whose entry was replaced is stale.
    order: VecDeque<(Box<[u8]>, u64)>,
    octets: usize,
    limit: usize,
    serial: u64,
}

struct Entry {
    trust: Trust,
    expires: Time,
    serial: u64,
    octets: usize,
    held: Held,
}

enum Held {
    Records(Vec<Box<[u8]>>),
    Denied(Box<Denied>),
}

/// Something that does not exist, with the record that says so (RFC 2308 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// Whether the whole name does not exist, and not only the type at it.
    pub whole_name: bool,
    /// The SOA record of the zone that denies it.
    pub soa: Record,
}

/// What the cache knows.
#[derive(Clone, Copy, Debug)]
pub enum Hit<'a> {
    /// The data of each record, and the seconds that are left.
    Records(&'a [Box<[u8]>], u32),
    /// It does not exist, for so many seconds more.
    Denied(&'a Denied, u32),
}

impl Cache {
    /// A cache that takes about `limit` octets.
    pub fn new(limit: usize) -> Self {
        Self { entries: HashMap::new(), order: VecDeque::new(), octets: 0, limit, serial: 0 }
    }

    /// Keeps records of one name and type, unless more trusted ones are known; a TTL of zero is for one use only.
    pub fn put(&mut self, now: Time, set: &[&Record], trust: Trust) {
        let Some(first) = set.first() else { return };
        let ttl = set.iter().map(|record| credible_ttl(record.ttl)).min().unwrap_or(0);
        let held = Held::Records(set.iter().map(|record| record.rdata.clone()).collect());
        let octets = set.iter().map(|record| record.rdata.len() + size_of::<Box<[u8]>>()).sum();
        self.insert(now, key_of(first.owner.wire(), first.kind), ttl, trust, octets, held);
    }

    /// Keeps a denial of `kind` at `name`, or of the whole name, for the TTL that its SOA record gives.
    pub fn deny(&mut self, now: Time, name: &Name, kind: RecordType, denied: Denied) {
        let kind = if denied.whole_name { WHOLE_NAME } else { kind };
        let ttl = negative_ttl(&denied.soa);
        let octets = size_of::<Denied>() + denied.soa.rdata.len() + denied.soa.owner.wire().len();
        self.insert(now, key_of(name.wire(), kind), ttl, Trust::Answer, octets, Held::Denied(Box::new(denied)));
    }

    fn insert(&mut self, now: Time, key: Box<[u8]>, ttl: u32, trust: Trust, octets: usize, held: Held) {
        let known = self.entries.get(&key).is_some_and(|entry| entry.expires > now && entry.trust > trust);
        if ttl == 0 || known {
            return;
        }
        self.serial += 1;
        let octets = octets + OVERHEAD + 2 * key.len();
        let expires = now + Duration::from_secs(ttl.into());
        let entry = Entry { trust, expires, serial: self.serial, octets, held };
        self.octets += octets;
        if let Some(replaced) = self.entries.insert(key.clone(), entry) {
            self.octets -= replaced.octets;
        }
        self.order.push_back((key, self.serial));
        self.trim();
    }

    fn trim(&mut self) {
        // Keys of replaced entries take room too, so they may be no more than the entries.
        while self.octets > self.limit || self.order.len() > 2 * self.entries.len() + 16 {
            let Some((key, serial)) = self.order.pop_front() else { return };
            if self.entries.get(&key).is_some_and(|entry| entry.serial == serial) {
                let is_stale = self.octets <= self.limit;
                if is_stale {
                    self.order.push_back((key, serial));
                } else if let Some(entry) = self.entries.remove(&key) {
                    self.octets -= entry.octets;
                }
            }
        }
    }

    /// What is known of `kind` at the lower-cased name `wire`, if it is trusted that far.
    #[inline]
    pub fn find(&self, now: Time, wire: &[u8], kind: RecordType, least: Trust) -> Option<Hit<'_>> {
        let find = |kind: RecordType| {
            let mut key = [0; MAX_NAME + 2];
            let end = wire.len().min(MAX_NAME);
            key[..end].copy_from_slice(&wire[..end]);
            key[end..end + 2].copy_from_slice(&kind.to_octets());
            self.entries.get(&key[..end + 2]).filter(|entry| entry.expires > now && entry.trust >= least)
        };
        let entry = find(kind).or_else(|| find(WHOLE_NAME))?;
        let left = entry.expires.since(now).as_nanos().div_ceil(1_000_000_000) as u32;
        Some(match &entry.held {
            Held::Records(records) => Hit::Records(records, left),
            Held::Denied(denied) => Hit::Denied(denied, left),
        })
    }

    /// As [`Cache::find`], for records alone, as values.
    pub fn records(&self, now: Time, owner: &Name, kind: RecordType, least: Trust) -> Option<Vec<Record>> {
        match self.find(now, &owner.wire().to_ascii_lowercase(), kind, least)? {
            Hit::Records(set, ttl) => {
                Some(set.iter().map(|data| Record::new(owner.clone(), ttl, kind, data.clone())).collect())
            }
            Hit::Denied(..) => None,
        }
    }

    /// How many sets and denials are held, expired ones included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::new(self.limit);
    }
}

impl Default for Cache {
    /// 4 MiB: some 15,000 sets, more names than a lab of a thousand hosts has.
    fn default() -> Self {
        Self::new(4 << 20)
    }
}

/// The lesser of a SOA record's TTL and its last field (RFC 2308 5), as far as it is believed.
pub fn negative_ttl(soa: &Record) -> u32 {
    let minimum = soa.rdata.len().checked_sub(4).and_then(|at| u32_at(&soa.rdata, at));
    soa.ttl.min(minimum.unwrap_or(0)).min(MOST_NEGATIVE_TTL)
}

/// A TTL as far as it is believed; one with the highest bit set counts as none (RFC 2181 8).
pub fn credible_ttl(ttl: u32) -> u32 {
    if i32::try_from(ttl).is_ok() { ttl.min(MOST_TTL) } else { 0 }
}

fn key_of(wire: &[u8], kind: RecordType) -> Box<[u8]> {
    let mut key = wire.to_ascii_lowercase();
    key.extend_from_slice(&kind.to_octets());
    key.into()
}

/// No record has type 0 (RFC 6895 3.1).
const WHOLE_NAME: RecordType = RecordType(0);
/// A day, as in Unbound: a mistake in a zone should not outlive it by more.
const MOST_TTL: u32 = 86_400;
/// Three hours, the most that RFC 2308 5 found to work well.
const MOST_NEGATIVE_TTL: u32 = 10_800;
/// What an entry takes in the map and the queue beside its key and data.
const OVERHEAD: usize = size_of::<Entry>() + 4 * size_of::<usize>();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ttls_count_down_to_nothing() {
        let mut cache = Cache::default();
        cache.put(at(0), &[&a("www.test", 10, 1)], Trust::Answer);
        let left = |cache: &Cache, seconds| {
            cache.records(at(seconds), &name("WWW.test"), RecordType::A, Trust::Answer).map(|set| set[0].ttl)
        };
        assert_eq!(left(&cache, 4), Some(6));
        assert_eq!(left(&cache, 10), None);
    }

    #[test]
    fn glue_does_not_replace_an_answer_and_answers_no_question() {
        let mut cache = Cache::default();
        cache.put(at(0), &[&a("ns.test", 10, 1)], Trust::Additional);
        assert!(cache.records(at(1), &name("ns.test"), RecordType::A, Trust::Authority).is_none());
        cache.put(at(1), &[&a("ns.test", 10, 2)], Trust::Answer);
        cache.put(at(2), &[&a("ns.test", 10, 3)], Trust::Additional);
        let held = cache.records(at(3), &name("ns.test"), RecordType::A, Trust::Additional).unwrap();
        assert_eq!(held[0].rdata[3], 2);
    }

    #[test]
    fn a_denied_name_denies_every_type_for_the_ttl_of_its_soa() {
        let mut cache = Cache::default();
        let rdata = [&[0; 18][..], &[0, 0, 0, 5]].concat();
        let soa = Record::new(name("test"), 60, RecordType::SOA, rdata);
        cache.deny(at(0), &name("no.test"), RecordType::A, Denied { whole_name: true, soa });
        let wire = name("no.test");
        assert!(matches!(cache.find(at(4), wire.wire(), RecordType::MX, Trust::Answer), Some(Hit::Denied(_, 1))));
        assert!(cache.find(at(5), wire.wire(), RecordType::MX, Trust::Answer).is_none());
    }

    #[test]
    fn a_full_cache_forgets_the_oldest() {
        let mut cache = Cache::new(4000);
        for number in 0..100 {
            cache.put(at(0), &[&a(&format!("h{number}.test"), 10, 1)], Trust::Answer);
        }
        assert!(cache.len() < 40);
        let known =
            |cache: &Cache, text: &str| cache.records(at(1), &name(text), RecordType::A, Trust::Answer).is_some();
        assert!(known(&cache, "h99.test") && !known(&cache, "h0.test"));
    }

    #[test]
    fn refreshing_one_name_for_ever_takes_no_more_room() {
        let mut cache = Cache::new(4000);
        for second in 0..1000 {
            cache.put(at(second), &[&a("www.test", 10, 1)], Trust::Answer);
        }
        assert_eq!(cache.len(), 1);
        assert!(cache.order.len() < 32);
    }

    #[test]
    fn a_ttl_is_believed_up_to_a_day_and_a_negative_one_not_at_all() {
        assert_eq!([0, 300, 86_401, 0x7fff_ffff].map(credible_ttl), [0, 300, 86_400, 86_400]);
        assert_eq!([0x8000_0000, u32::MAX].map(credible_ttl), [0, 0]);
    }

    fn at(seconds: u64) -> Time {
        Time::from_secs(seconds)
    }

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn a(owner: &str, ttl: u32, last: u8) -> Record {
        Record::new(name(owner), ttl, RecordType::A, [198, 18, 0, last])
    }
}
