//! What an authoritative server says: a pure function from zones and a request to a response.
//!
//! The order is that of RFC 1034 4.3.2: find the zone, walk down to the name, and meet a delegation, a DNAME, the name,
//! a wildcard (RFC 4592) or nothing. Nothing is allocated.

mod respond;
mod walk;

use crate::codes::{Class, Opcode, Rcode, RecordType};
use crate::reply::{Identity, Limits, Reply, header_only};
use crate::wire::{Flags, Query};
use crate::zone::Zones;

/// Writes the response to `request` into `out` and returns its length; nothing when there must be no response: to
/// what is no request, and to scraps without a header.
///
/// `out` should hold 65,535 octets for a stream and `limits.payload`, at least 512, for datagrams.
#[inline]
pub fn answer(zones: &Zones, identity: &Identity, limits: Limits, request: &[u8], out: &mut [u8]) -> Option<usize> {
    let flags = Flags::read(request)?;
    if flags.opcode() != Opcode::QUERY {
        return header_only(flags, Rcode::NOTIMP, out);
    }
    match Query::read(flags, request) {
        Ok(query) => answer_query(zones, identity, limits, &query, out),
        Err(_) => header_only(flags, Rcode::FORMERR, out),
    }
}

/// As [`answer`], for a query that was read already.
#[inline]
pub fn answer_query(
    zones: &Zones,
    identity: &Identity,
    limits: Limits,
    query: &Query<'_>,
    out: &mut [u8],
) -> Option<usize> {
    let mut reply = Reply::begin(query, identity, limits, out)?;
    let rcode = respond(zones, identity, query, &mut reply);
    reply.finish(rcode)
}

#[inline]
fn respond(zones: &Zones, identity: &Identity, query: &Query<'_>, reply: &mut Reply<'_, '_>) -> Rcode {
    if query.edns.is_some_and(|edns| edns.version > 0) {
        return Rcode::BADVERS;
    }
    match (query.asked.class, query.asked.kind) {
        (Class::IN, RecordType::IXFR) => respond::respond(zones, query, RecordType::SOA, reply),
        // Transfers go over streams, through `transfer`.
        (Class::IN, RecordType::AXFR) => Rcode::REFUSED,
        (Class::IN, RecordType::MAILA | RecordType::MAILB) => Rcode::NOTIMP,
        (Class::IN, kind) if kind.is_meta() && kind != RecordType::ANY => Rcode::FORMERR,
        (Class::IN, kind) => respond::respond(zones, query, kind, reply),
        (Class::CH, RecordType::TXT) => chaos(identity, query, reply),
        _ => Rcode::REFUSED,
    }
}

/// `version.bind`, `id.server` and their likes (RFC 4892).
pub(crate) fn chaos(identity: &Identity, query: &Query<'_>, reply: &mut Reply<'_, '_>) -> Rcode {
    let text = match query.asked.name.wire() {
        b"\x07version\x04bind\0" | b"\x07version\x06server\0" => identity.version.as_bytes(),
        b"\x08hostname\x04bind\0" | b"\x02id\x06server\0" => identity.nsid.as_slice(),
        _ => &[],
    };
    if text.is_empty() || reply.chaos(text).is_err() { Rcode::REFUSED } else { Rcode::NOERROR }
}
