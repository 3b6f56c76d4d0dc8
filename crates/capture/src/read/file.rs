//! pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), frame by frame.

use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use toynet_machine::Time;

use super::ReadError;
use crate::pcapng::{BYTE_ORDER, INTERFACE, NAMES, PACKET, SECRETS, SECTION, TIME_RESOLUTION, TLS_KEY_LOG};

/// A file that is being read.
#[derive(Debug)]
pub(super) struct File<R> {
    input: R,
    form: Form,
    /// Names of a block that are yet to be handed out.
    names: Vec<(IpAddr, String)>,
    cut: bool,
}

/// What a file holds.
#[derive(Debug)]
pub(super) enum Item {
    Frame(Frame),
    Name(IpAddr, String),
    /// Lines of a TLS key log.
    Secrets(String),
}

/// What was seen on a line.
#[derive(Debug)]
pub(super) struct Frame {
    pub time: Time,
    /// LINKTYPE.
    pub link: u32,
    pub octets: Vec<u8>,
    /// How many more there were that were not kept.
    pub missing: usize,
}

#[derive(Debug)]
enum Form {
    Pcap { order: Order, nanos: bool, link: u32 },
    Pcapng(Section),
}

#[derive(Debug)]
struct Section {
    order: Order,
    interfaces: Vec<Interface>,
    /// Of a packet that has no time of its own.
    last: Time,
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link: u32,
    snap: u32,
    ticks_per_second: u128,
    offset_seconds: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

pub(super) fn is_capture(beginning: &[u8]) -> bool {
    beginning.first_chunk().is_some_and(|magic| *magic == SECTION.to_le_bytes() || pcap(*magic).is_some())
}

impl<R: Read> File<R> {
    pub fn open(mut input: R) -> Result<Self, ReadError> {
        let mut magic = [0; 4];
        input.read_exact(&mut magic).map_err(|_| ReadError::Other)?;
        let form = match pcap(magic) {
            Some((order, nanos)) => {
                let mut head = [0; 20];
                input.read_exact(&mut head).map_err(|_| ReadError::Other)?;
                Form::Pcap { order, nanos, link: order.u32(&head, 16).unwrap_or_default() & LINK_BITS }
            }
            None if magic == SECTION.to_le_bytes() => Form::Pcapng(Section::begin(&mut input)?),
            None => return Err(ReadError::Other),
        };
        Ok(Self { input, form, names: Vec::new(), cut: false })
    }

    /// Whether the file ended in the middle of something.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    pub fn next(&mut self) -> Result<Option<Item>, ReadError> {
        if let Some((address, name)) = self.names.pop() {
            return Ok(Some(Item::Name(address, name)));
        }
        match &mut self.form {
            Form::Pcap { order, nanos, link } => {
                let (order, nanos, link) = (*order, *nanos, *link);
                self.record(order, nanos, link)
            }
            Form::Pcapng(_) => self.block(),
        }
    }

    fn record(&mut self, order: Order, nanos: bool, link: u32) -> Result<Option<Item>, ReadError> {
        let Some(head) = self.take(16)? else { return Ok(None) };
        let number = |at| order.u32(&head, at).unwrap_or_default();
        let length = number(8) as usize;
        if length > LONGEST_FRAME {
            return Err(ReadError::Broken);
        }
        let Some(octets) = self.take(length)? else { return Ok(None) };
        let part = u64::from(number(4)) * if nanos { 1 } else { 1000 };
        let time = Time::from_nanos(u64::from(number(0)) * SECOND + part);
        let missing = (number(12) as usize).saturating_sub(length);
        Ok(Some(Item::Frame(Frame { time, link, octets, missing })))
    }

    fn block(&mut self) -> Result<Option<Item>, ReadError> {
        loop {
            let Some(head) = self.take(4)? else { return Ok(None) };
            let Form::Pcapng(section) = &mut self.form else { return Ok(None) };
            if head == SECTION.to_le_bytes() {
                *section = match Section::begin(&mut self.input) {
                    Ok(section) => section,
                    Err(ReadError::Other) => return self.ends_here(),
                    Err(error) => return Err(error),
                };
                continue;
            }
            let order = section.order;
            let kind = order.u32(&head, 0).unwrap_or_default();
            let Some(length) = self.take(4)? else { return self.ends_here() };
            let length = body_length(order.u32(&length, 0).unwrap_or_default())?;
            let Some(mut body) = self.take(length + 4)? else { return self.ends_here() };
            body.truncate(length);
            if let Some(item) = self.understand(kind, &body) {
                return Ok(Some(item));
            }
        }
    }

    /// Nothing for a block that says nothing of use here, or is broken.
    fn understand(&mut self, kind: u32, body: &[u8]) -> Option<Item> {
        let Form::Pcapng(section) = &mut self.form else { return None };
        match kind {
            INTERFACE => {
                let interface = section.interface(body)?;
                if section.interfaces.len() < INTERFACES {
                    section.interfaces.push(interface);
                }
                None
            }
            SECRETS => section.secrets(body).map(Item::Secrets),
            PACKET => section.packet(body, false).map(Item::Frame),
            OLD_PACKET => section.packet(body, true).map(Item::Frame),
            SIMPLE_PACKET => section.simple_packet(body).map(Item::Frame),
            NAMES => {
                self.names = section.names(body);
                self.names.reverse();
                self.names.pop().map(|(address, name)| Item::Name(address, name))
            }
            _ => None,
        }
    }

    /// So many octets; nothing at the end.
    fn take(&mut self, length: usize) -> Result<Option<Vec<u8>>, ReadError> {
        let mut octets = Vec::new();
        self.input.by_ref().take(length as u64).read_to_end(&mut octets)?;
        if octets.len() == length {
            return Ok(Some(octets));
        }
        self.cut |= !octets.is_empty();
        Ok(None)
    }

    fn ends_here(&mut self) -> Result<Option<Item>, ReadError> {
        self.cut = true;
        Ok(None)
    }
}

impl Section {
    /// Reads what follows the kind of a section's head.
    fn begin(input: &mut impl Read) -> Result<Self, ReadError> {
        let mut head = [0; 8];
        input.read_exact(&mut head).map_err(|_| ReadError::Other)?;
        let order = [Order::Little, Order::Big].into_iter().find(|order| order.u32(&head, 4) == Some(BYTE_ORDER));
        let order = order.ok_or(ReadError::Other)?;
        let length = body_length(order.u32(&head, 0).unwrap_or_default())?;
        // All but the mark of the byte order.
        let rest = (length as u64).saturating_sub(4) + 4;
        let skipped = io::copy(&mut input.take(rest), &mut io::sink())?;
        if skipped < rest {
            Err(ReadError::Other)
        } else {
            Ok(Self { order, interfaces: Vec::new(), last: Time::default() })
        }
    }

    fn interface(&self, body: &[u8]) -> Option<Interface> {
        let (link, snap) = (u32::from(self.order.u16(body, 0)?), self.order.u32(body, 4)?);
        let mut interface = Interface { link, snap, ticks_per_second: 1_000_000, offset_seconds: 0 };
        for (code, value) in self.options(body.get(8..)?) {
            match (code, value) {
                (TIME_RESOLUTION, [power, ..]) if power & 0x80 == 0 => {
                    interface.ticks_per_second = 10_u128.pow(u32::from(*power).min(MOST_DIGITS));
                }
                (TIME_RESOLUTION, [power, ..]) => interface.ticks_per_second = 1 << (power & 0x3f),
                (TIME_OFFSET, value) => interface.offset_seconds = self.order.i64(value)?,
                _ => {}
            }
        }
        Some(interface)
    }

    /// Section 4.7 of the draft.
    fn secrets(&self, body: &[u8]) -> Option<String> {
        let (kind, length) = (self.order.u32(body, 0)?, self.order.u32(body, 4)?);
        let lines = body.get(8..)?.get(..length as usize).filter(|_| kind == TLS_KEY_LOG)?;
        Some(String::from_utf8_lossy(lines).into_owned())
    }

    fn packet(&mut self, body: &[u8], old: bool) -> Option<Frame> {
        let number = |at| self.order.u32(body, at);
        let interface = if old { u32::from(self.order.u16(body, 0)?) } else { number(0)? };
        let interface = *self.interfaces.get(interface as usize)?;
        let (length, original) = (number(12)? as usize, number(16)? as usize);
        let octets = body.get(20..)?.get(..length)?.to_vec();
        let ticks = u128::from(number(4)?) << 32 | u128::from(number(8)?);
        self.last = interface.time(ticks);
        let missing = original.saturating_sub(length);
        Some(Frame { time: self.last, link: interface.link, octets, missing })
    }

    fn simple_packet(&self, body: &[u8]) -> Option<Frame> {
        let interface = self.interfaces.first()?;
        let original = self.order.u32(body, 0)? as usize;
        let snap = if interface.snap == 0 { usize::MAX } else { interface.snap as usize };
        let octets = body.get(4..)?;
        let octets = octets.get(..original.min(snap).min(octets.len()))?.to_vec();
        let missing = original - octets.len();
        Some(Frame { time: self.last, link: interface.link, octets, missing })
    }

    fn names(&self, body: &[u8]) -> Vec<(IpAddr, String)> {
        let named = |(code, value): (u16, &[u8])| {
            let (address, names): (IpAddr, &[u8]) = match code {
                1 => value.split_first_chunk::<4>().map(|(ip, names)| (Ipv4Addr::from(*ip).into(), names))?,
                2 => value.split_first_chunk::<16>().map(|(ip, names)| (Ipv6Addr::from(*ip).into(), names))?,
                _ => return None,
            };
            let name = names.split(|octet| *octet == 0).next()?;
            let name = std::str::from_utf8(name).ok().filter(|name| !name.is_empty() && name.len() < LONGEST_NAME)?;
            Some((address, name.to_owned()))
        };
        self.options(body).filter_map(named).collect()
    }

    fn options<'a>(&self, mut rest: &'a [u8]) -> impl Iterator<Item = (u16, &'a [u8])> + use<'a> {
        let order = self.order;
        std::iter::from_fn(move || {
            let (code, length) = (order.u16(rest, 0)?, usize::from(order.u16(rest, 2)?));
            let value = rest.get(4..)?.get(..length).filter(|_| code != 0)?;
            rest = rest.get(4 + length.next_multiple_of(4)..).unwrap_or_default();
            Some((code, value))
        })
    }
}

impl Interface {
    fn time(self, ticks: u128) -> Time {
        let nanos = ticks.saturating_mul(u128::from(SECOND)) / self.ticks_per_second;
        let offset = i128::from(self.offset_seconds) * i128::from(SECOND);
        let nanos = i128::try_from(nanos).unwrap_or(i128::MAX).saturating_add(offset);
        Time::from_nanos(nanos.clamp(0, i128::from(u64::MAX)) as u64)
    }
}

impl Order {
    fn u16(self, octets: &[u8], at: usize) -> Option<u16> {
        let octets = *octets.get(at..)?.first_chunk()?;
        Some(if self == Order::Little { u16::from_le_bytes(octets) } else { u16::from_be_bytes(octets) })
    }

    fn u32(self, octets: &[u8], at: usize) -> Option<u32> {
        let octets = *octets.get(at..)?.first_chunk()?;
        Some(if self == Order::Little { u32::from_le_bytes(octets) } else { u32::from_be_bytes(octets) })
    }

    fn i64(self, octets: &[u8]) -> Option<i64> {
        let octets = *octets.first_chunk()?;
        Some(if self == Order::Little { i64::from_le_bytes(octets) } else { i64::from_be_bytes(octets) })
    }
}

/// The byte order, and whether times are in nanoseconds.
fn pcap(magic: [u8; 4]) -> Option<(Order, bool)> {
    match (u32::from_le_bytes(magic), u32::from_be_bytes(magic)) {
        (MICROS, _) => Some((Order::Little, false)),
        (NANOS, _) => Some((Order::Little, true)),
        (_, MICROS) => Some((Order::Big, false)),
        (_, NANOS) => Some((Order::Big, true)),
        _ => None,
    }
}

/// What lies between the two lengths of a block.
fn body_length(total: u32) -> Result<usize, ReadError> {
    let total = (total as usize).next_multiple_of(4);
    total.checked_sub(12).filter(|length| *length <= LONGEST_BLOCK).ok_or(ReadError::Broken)
}

const MICROS: u32 = 0xa1b2_c3d4;
const NANOS: u32 = 0xa1b2_3c4d;
/// The upper bits say how long the frame check sequence is.
const LINK_BITS: u32 = 0x0fff_ffff;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const TIME_OFFSET: u16 = 14;
const SECOND: u64 = 1_000_000_000;
/// 10^38 is the largest power of ten in 128 bits.
const MOST_DIGITS: u32 = 38;
/// Twice what Wireshark and tcpdump take (262,144).
const LONGEST_FRAME: usize = 512 * 1024;
/// As Wireshark: keys and names of a whole day fit.
const LONGEST_BLOCK: usize = 16 * 1024 * 1024;
/// A file describes each of its interfaces; a machine of many containers has some hundreds.
const INTERFACES: usize = 64 * 1024;
/// A domain name is never longer (RFC 1035 2.3.4).
const LONGEST_NAME: usize = 256;
