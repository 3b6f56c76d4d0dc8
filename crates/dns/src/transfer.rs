//! Zone transfers out (RFC 5936; IXFR answered as RFC 1995 4 allows, with the whole zone).

use std::sync::Arc;

use crate::codes::{Class, Rcode, RecordType};
use crate::reply::{Identity, Limits, Owner, Reply, Section};
use crate::wire::{Flags, Full, Message, Query, flag, u32_at};
use crate::zone::{APEX, Zone, Zones};

/// A transfer that is under way: one message after another.
pub struct Transfer {
    zone: Arc<Zone>,
    /// The name and set that come next.
    node: usize,
    set: usize,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begin,
    Middle,
    Over,
}

impl Transfer {
    /// The transfer that a query over a stream asks for; nothing when it asks for something else, or
    /// for what [`answer`](crate::answer::answer()) says better: a refusal, or that its serial is current.
    pub fn begin(zones: &Zones, query: &Query<'_>, request: &[u8]) -> Option<Self> {
        let wanted = matches!(query.asked.kind, RecordType::AXFR | RecordType::IXFR) && query.asked.class == Class::IN;
        if !wanted || query.edns.is_some_and(|edns| edns.version > 0) {
            return None;
        }
        let name = crate::name::Name::from_wire(query.asked.name.wire()).ok()?;
        let zone = zones.exact(&name)?.clone();
        if query.asked.kind == RecordType::IXFR && held_serial(request) == Some(zone.serial()) {
            return None;
        }
        Some(Self { zone, node: 0, set: 0, stage: Stage::Begin })
    }

    /// Writes the next message into `out`, which holds 65,535 octets, and returns its length; nothing after the last.
    pub fn next(&mut self, request: &[u8], out: &mut [u8]) -> Option<usize> {
        if self.stage == Stage::Over {
            return None;
        }
        let query = Query::read(Flags::read(request)?, request).ok()?;
        let identity = Identity::default();
        let mut reply = Reply::begin(&query, &identity, Limits::TCP, out)?;
        reply.set_bits(flag::AA);
        let zone = self.zone.clone();
        // What does not fit even an empty message would be tried for ever.
        if self.fill(&zone, &mut reply).is_err() && !reply.has(Section::Answer) {
            self.stage = Stage::Over;
            return reply.finish(Rcode::SERVFAIL);
        }
        reply.finish(Rcode::NOERROR)
    }

    fn fill(&mut self, zone: &Zone, reply: &mut Reply<'_, '_>) -> Result<(), Full> {
        if self.stage == Stage::Begin {
            put_soa(zone, reply)?;
            self.stage = Stage::Middle;
        }
        while let Some(node) = zone.ids_from(self.node).next() {
            for set in zone.sets(node).iter().skip(self.set) {
                if reply.length() > ENOUGH {
                    return Ok(());
                }
                if !(node == APEX && set.kind == RecordType::SOA) {
                    reply.set(Section::Answer, Owner::Named(zone.name(node)), zone, set)?;
                }
                self.set += 1;
            }
            (self.node, self.set) = (self.node + 1, 0);
        }
        put_soa(zone, reply)?;
        self.stage = Stage::Over;
        Ok(())
    }
}

fn put_soa(zone: &Zone, reply: &mut Reply<'_, '_>) -> Result<(), Full> {
    let soa = zone.set(APEX, RecordType::SOA).ok_or(Full)?;
    reply.set(Section::Answer, Owner::Asked, zone, soa)
}

/// The serial number of the SOA record in the authority section of an IXFR request (RFC 1995 3).
fn held_serial(request: &[u8]) -> Option<u32> {
    let message = Message::read(request).ok()?;
    let soa = message.authority.iter().find(|record| record.kind == RecordType::SOA)?;
    u32_at(&soa.rdata, soa.rdata.len().checked_sub(20)?)
}

/// Pointers reach 16 KiB, so longer messages would be compressed less.
const ENOUGH: usize = 16_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;
    use crate::record::Record;
    use crate::wire::Question;
    use crate::wire::message::write_query;
    use crate::zonefile;

    #[test]
    fn a_zone_is_told_whole_between_its_soa_twice_and_without_what_it_is_not_the_owner_of() {
        let records =
            transfer(&zones("@ NS ns\nns A 198.18.0.2\nsub NS ns.sub\nns.sub A 198.18.0.9\n"), RecordType::AXFR);
        let lines: Vec<String> = records.iter().map(ToString::to_string).collect();
        let soa = "shop.test. 60 IN SOA ns.shop.test. root.shop.test. 7 2 3 4 5";
        assert_eq!((lines[0].as_str(), lines[lines.len() - 1].as_str(), lines.len()), (soa, soa, 6));
        assert!(lines.contains(&"ns.sub.shop.test. 60 IN A 198.18.0.9".to_owned()), "{lines:?}");
    }

    #[test]
    fn a_large_zone_takes_several_messages_and_every_record_comes_once() {
        let zones = zones("$GENERATE 1-3000 h$ TXT \"number $ of many that do not fit one message\"\n");
        let records = transfer(&zones, RecordType::AXFR);
        let mut owners: Vec<&Name> = records[1..records.len() - 1].iter().map(|record| &record.owner).collect();
        owners.sort();
        owners.dedup();
        assert_eq!((records.len(), owners.len()), (3002, 3000));
    }

    #[test]
    fn a_set_that_fills_a_message_alone_is_transferred_too() {
        let zones = zones(
            "$GENERATE 1-240 h TXT \"$ xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"\n@ NS ns\nns A 198.18.0.2\n",
        );
        assert_eq!(transfer(&zones, RecordType::AXFR).len(), 2 + 240 + 2);
    }

    #[test]
    fn who_has_the_serial_gets_no_transfer_and_who_has_another_gets_all() {
        let zones = zones("@ NS ns\nns A 198.18.0.2\n");
        assert!(begin(&zones, &incremental(7)).is_none());
        assert!(begin(&zones, &incremental(6)).is_some());
    }

    fn zones(text: &str) -> Zones {
        let origin: Name = "shop.test".parse().unwrap();
        let text = format!("$TTL 60\n@ SOA ns root 7 2 3 4 5\n{text}");
        let records = zonefile::read("z", text.as_bytes(), Some(&origin), &mut |_, _| Err(String::new())).records();
        Zones::new(vec![Arc::new(Zone::compile(&origin, &records).unwrap())])
    }

    fn begin(zones: &Zones, request: &[u8]) -> Option<Transfer> {
        Transfer::begin(zones, &Query::read(Flags::read(request)?, request).ok()?, request)
    }

    /// All records of the messages of a transfer.
    fn transfer(zones: &Zones, kind: RecordType) -> Vec<Record> {
        let question = Question { name: "shop.test".parse().unwrap(), kind, class: Class::IN };
        let request = write_query(7, 0, &question, None);
        let mut transfer = begin(zones, &request).unwrap();
        let mut out = vec![0; 65_535];
        let mut records = Vec::new();
        while let Some(length) = transfer.next(&request, &mut out) {
            let message = Message::read(&out[..length]).unwrap();
            assert_eq!((message.id, message.rcode(), message.has(flag::AA)), (7, Rcode::NOERROR, true));
            records.extend(message.answers);
        }
        records
    }

    /// An IXFR request of someone who has this serial.
    fn incremental(serial: u32) -> Vec<u8> {
        let question = Question { name: "shop.test".parse().unwrap(), kind: RecordType::IXFR, class: Class::IN };
        let mut request = write_query(7, 0, &question, None);
        request[9] = 1;
        request.extend_from_slice(b"\xc0\x0c\0\x06\0\x01\0\0\0\0\0\x16\0\0");
        request.extend_from_slice(&[serial.to_be_bytes(), [0; 4], [0; 4], [0; 4], [0; 4]].concat());
        request
    }
}
