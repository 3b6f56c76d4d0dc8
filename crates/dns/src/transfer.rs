//! Zone transfers out (RFC 5936; IXFR answered as RFC 1995 4 allows, with the whole zone).

use std::sync::Arc;

use crate::codes::{Class, Opcode, Rcode, RecordType};
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
    /// The transfer that a request over a stream asks for; nothing when it asks for something else, or
    /// for what [`answer`](crate::answer::answer()) says better: a refusal, or that its serial is current.
    pub fn begin(zones: &Zones, request: &[u8]) -> Option<Self> {
        let flags = Flags::read(request).filter(|flags| flags.opcode() == Opcode::QUERY)?;
        let query = Query::read(flags, request).ok()?;
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
