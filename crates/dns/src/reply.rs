//! A response as it grows in place: sections in order, room kept for OPT, TC when record sets had to go.

use crate::codes::{Class, Rcode, RecordType};
use crate::wire::option::NSID;
use crate::wire::writer::{QNAME, fixed};
use crate::wire::{Flags, Full, MIN_PAYLOAD, Mark, OPT, Query, SAFE_PAYLOAD, Writer, flag};
use crate::zone::{Set, Zone};

/// What a transport and its server allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest datagram to send, and the size announced in OPT (RFC 6891 6.2.5).
    pub payload: u16,
    /// Whether the response goes over a stream, where only 65,535 octets limit it.
    pub stream: bool,
}

impl Limits {
    /// Datagrams that pass everywhere.
    pub const UDP: Self = Self { payload: SAFE_PAYLOAD, stream: false };
    /// Streams.
    pub const TCP: Self = Self { payload: SAFE_PAYLOAD, stream: true };
}

/// Who a server says it is; what is empty is not told.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// The name server identifier (RFC 5001), also the answer to `id.server` (RFC 4892).
    pub nsid: Vec<u8>,
    /// The answer to `version.bind`.
    pub version: String,
}

/// Whose records are written.
#[derive(Clone, Copy)]
pub enum Owner<'a> {
    /// The question's name.
    Asked,
    /// Another name, in wire form.
    Named(&'a [u8]),
}

/// The sections that records are written to, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// What was asked for.
    Answer = 1,
    /// Who knows, or that it does not exist.
    Authority = 2,
    /// What will be asked for next.
    Additional = 3,
}

/// A response that is being written.
pub struct Reply<'b, 'q> {
    writer: Writer<'b>,
    flags: Flags,
    bits: u16,
    counts: [u16; 4],
    limit: usize,
    payload: u16,
    nsid: &'q [u8],
    has_edns: bool,
    dnssec_ok: bool,
}

impl<'b, 'q> Reply<'b, 'q> {
    /// Begins a response with the question of `query`; nothing when not even that fits.
    #[inline]
    pub fn begin(query: &Query<'_>, identity: &'q Identity, limits: Limits, out: &'b mut [u8]) -> Option<Self> {
        let limit = match (limits.stream, query.edns) {
            (true, _) => usize::from(u16::MAX),
            (false, None) => MIN_PAYLOAD,
            (false, Some(edns)) => usize::from(edns.payload.min(limits.payload)).max(MIN_PAYLOAD),
        };
        let wants_nsid = query.edns.is_some_and(|edns| edns.option(NSID).is_some());
        let nsid = if wants_nsid { identity.nsid.as_slice() } else { &[] };
        let has_edns = query.edns.is_some();
        let reserved = if has_edns { opt_length(nsid) } else { 0 };
        let mut writer = Writer::new(out, limit.saturating_sub(reserved));
        writer.question(query.question).ok()?;
        let dnssec_ok = query.edns.is_some_and(|edns| edns.dnssec_ok);
        let (flags, payload) = (query.flags, limits.payload);
        Some(Self { writer, flags, bits: 0, counts: [1, 0, 0, 0], limit, payload, nsid, has_edns, dnssec_ok })
    }

    /// Sets bits of [`flag`].
    pub fn set_bits(&mut self, bits: u16) {
        self.bits |= bits;
    }

    /// How long the response is so far, without its OPT record.
    pub fn length(&self) -> usize {
        self.writer.length()
    }

    /// Whether a section has records.
    pub fn has(&self, section: Section) -> bool {
        self.counts[section as usize] > 0
    }

    /// Writes a record set of a zone, whole or not at all.
    ///
    /// # Errors
    /// When it does not fit.
    #[inline]
    pub fn set(&mut self, section: Section, owner: Owner<'_>, zone: &Zone, set: &Set) -> Result<(), Full> {
        let mark = self.writer.mark();
        let written = self.write_set(owner, zone, set);
        self.settle(mark, section, set.count, written)
    }

    #[inline]
    fn write_set(&mut self, owner: Owner<'_>, zone: &Zone, set: &Set) -> Result<(), Full> {
        if matches!(owner, Owner::Asked) && crate::rdata::compressible_names(set.kind).is_none() {
            return self.writer.put(zone.run(set));
        }
        for (record, data) in zone.each(set) {
            self.owner(owner)?;
            self.writer.put(&record[..8])?;
            self.writer.rdata(set.kind, data)?;
        }
        Ok(())
    }

    /// Writes one record.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn record(
        &mut self,
        section: Section,
        owner: Owner<'_>,
        kind: RecordType,
        ttl: u32,
        data: &[u8],
    ) -> Result<(), Full> {
        let mark = self.writer.mark();
        let written = self.write_record(owner, kind, ttl, data);
        self.settle(mark, section, 1, written)
    }

    fn write_record(&mut self, owner: Owner<'_>, kind: RecordType, ttl: u32, data: &[u8]) -> Result<(), Full> {
        self.owner(owner)?;
        self.writer.put(&fixed(kind, ttl))?;
        self.writer.rdata(kind, data)
    }

    /// Writes one text of class CH (RFC 4892).
    ///
    /// # Errors
    /// When it does not fit.
    pub fn chaos(&mut self, text: &[u8]) -> Result<(), Full> {
        let text = &text[..text.len().min(255)];
        let mark = self.writer.mark();
        let [h, l] = (text.len() as u16 + 1).to_be_bytes();
        let [k1, k2] = RecordType::TXT.0.to_be_bytes();
        let [c1, c2] = Class::CH.0.to_be_bytes();
        let head = [QNAME[0], QNAME[1], k1, k2, c1, c2, 0, 0, 0, 0, h, l, text.len() as u8];
        let written = self.writer.put(&head).and_then(|()| self.writer.put(text));
        self.settle(mark, Section::Answer, 1, written)
    }

    #[inline]
    fn owner(&mut self, owner: Owner<'_>) -> Result<(), Full> {
        match owner {
            Owner::Asked => self.writer.put(&QNAME),
            Owner::Named(wire) => self.writer.name(wire),
        }
    }

    #[inline]
    fn settle(&mut self, mark: Mark, section: Section, count: u16, written: Result<(), Full>) -> Result<(), Full> {
        match written {
            Ok(()) => self.counts[section as usize] += count,
            Err(Full) => self.writer.back_to(mark),
        }
        written
    }

    /// Ends the response with OPT, if the query had it, and the header; returns its length.
    #[inline]
    pub fn finish(mut self, rcode: Rcode) -> Option<usize> {
        if self.has_edns {
            self.writer.set_limit(self.limit);
            self.write_opt(rcode).ok()?;
            self.counts[3] += 1;
        }
        // Opcode and RD are the query's; CD is cleared by who does not validate (RFC 4035 3.1.6).
        let kept = self.flags.bits & (0x7800 | flag::RD);
        self.writer.header(self.flags.id, flag::QR | kept | self.bits | rcode.0 & 15, self.counts)
    }

    #[inline]
    fn write_opt(&mut self, rcode: Rcode) -> Result<(), Full> {
        let [high, low] = self.payload.to_be_bytes();
        let flags = if self.dnssec_ok { 0x80 } else { 0 };
        let options = (opt_length(self.nsid) - OPT) as u16;
        let [o1, o2] = options.to_be_bytes();
        self.writer.put(&[0, 0, 41, high, low, (rcode.0 >> 4) as u8, 0, flags, 0, o1, o2])?;
        if self.nsid.is_empty() {
            return Ok(());
        }
        let [l1, l2] = (self.nsid.len() as u16).to_be_bytes();
        self.writer.put(&[0, NSID as u8, l1, l2])?;
        self.writer.put(self.nsid)
    }
}

/// A response that is a header and nothing else.
pub fn header_only(flags: Flags, rcode: Rcode, out: &mut [u8]) -> Option<usize> {
    let kept = flags.bits & (0x7800 | flag::RD);
    Writer::new(out, crate::wire::HEADER).header(flags.id, flag::QR | kept | rcode.0 & 15, [0; 4])
}

fn opt_length(nsid: &[u8]) -> usize {
    OPT + if nsid.is_empty() { 0 } else { 4 + nsid.len() }
}
