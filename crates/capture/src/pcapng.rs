//! Blocks of a pcapng file (draft-ietf-opsawg-pcapng), as they are written.

use std::net::IpAddr;

use toynet_machine::Time;

/// Appends blocks to a buffer, in little endian.
#[derive(Debug, Default)]
pub struct Blocks {
    out: Vec<u8>,
    /// Where the last block begins, if that is a packet which was not taken.
    last: Option<usize>,
}

/// What the packets of an interface begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkType {
    /// An IPv4 or IPv6 header: LINKTYPE_RAW.
    Ip,
    /// The tags of an exported PDU: LINKTYPE_WIRESHARK_UPPER_PDU.
    Pdu,
}

/// A packet of an interface.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// The interface, numbered from 0 in the order in which they were described.
    pub interface: u32,
    /// When it was seen.
    pub time: Time,
    /// Whether the interface's host sent it.
    pub outbound: bool,
    /// What it holds.
    pub octets: &'a [u8],
    /// What is to be known of it; each of at most 65,535 octets.
    pub comments: &'a [String],
}

impl Blocks {
    /// The head of a file: who wrote it, and what is to be known of it (section 4.1).
    pub fn section(&mut self, application: &str, comment: &str) {
        self.block(SECTION, |body| {
            body.extend(BYTE_ORDER.to_le_bytes());
            body.extend([1, 0, 0, 0]);
            body.extend(u64::MAX.to_le_bytes());
            option(body, COMMENT, comment.as_bytes());
            option(body, USER_APPLICATION, application.as_bytes());
            end_of_options(body);
        });
    }

    /// An interface, whose packets have times in nanoseconds (section 4.2).
    pub fn interface(&mut self, link: LinkType, name: &str, addresses: &[IpAddr]) {
        self.block(INTERFACE, |body| {
            body.extend(link.code().to_le_bytes());
            body.extend([0; 2]);
            body.extend(0_u32.to_le_bytes());
            option(body, INTERFACE_NAME, name.as_bytes());
            for address in addresses {
                match address {
                    IpAddr::V4(ip) => option(body, INTERFACE_IPV4, &[ip.octets(), [255; 4]].concat()),
                    IpAddr::V6(ip) => option(body, INTERFACE_IPV6, &[&ip.octets()[..], &[128]].concat()),
                }
            }
            option(body, TIME_RESOLUTION, &[NANOSECONDS]);
            end_of_options(body);
        });
    }

    /// Names of addresses (section 4.5).
    pub fn names<'a>(&mut self, names: impl Iterator<Item = (IpAddr, &'a str)>) {
        self.block(NAMES, |body| {
            for (address, name) in names {
                let (kind, mut record) = match address {
                    IpAddr::V4(ip) => (1, ip.octets().to_vec()),
                    IpAddr::V6(ip) => (2, ip.octets().to_vec()),
                };
                record.extend(name.as_bytes());
                record.push(0);
                option(body, kind, &record);
            }
            end_of_options(body);
        });
    }

    /// Lines of a TLS key log, which open packets that follow (section 4.7).
    pub fn secrets(&mut self, lines: &str) {
        self.block(SECRETS, |body| {
            body.extend(TLS_KEY_LOG.to_le_bytes());
            body.extend((lines.len() as u32).to_le_bytes());
            body.extend(lines.as_bytes());
        });
    }

    /// A packet (section 4.3).
    pub fn packet(&mut self, packet: &Packet<'_>) {
        let (length, nanos, begin) = (packet.octets.len() as u32, packet.time.nanos(), self.out.len());
        self.block(PACKET, |body| {
            for number in [packet.interface, (nanos >> 32) as u32, nanos as u32, length, length] {
                body.extend(number.to_le_bytes());
            }
            body.extend(packet.octets);
            pad(body);
            for comment in packet.comments {
                option(body, COMMENT, comment.as_bytes());
            }
            let direction: u32 = if packet.outbound { OUTBOUND } else { INBOUND };
            option(body, FLAGS, &direction.to_le_bytes());
            end_of_options(body);
        });
        self.last = Some(begin);
    }

    /// One more comment at the last block; says whether that is a packet and still here.
    pub fn comment(&mut self, comment: &str) -> bool {
        let Some(begin) = self.last else { return false };
        // Without its length, which stands at its end too, and the end of its options.
        self.out.truncate(self.out.len() - 8);
        option(&mut self.out, COMMENT, comment.as_bytes());
        end_of_options(&mut self.out);
        self.end_block(begin);
        true
    }

    /// Takes what was appended.
    pub fn take(&mut self) -> Vec<u8> {
        self.last = None;
        std::mem::take(&mut self.out)
    }

    /// Octets that wait to be taken.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    fn block(&mut self, kind: u32, write: impl FnOnce(&mut Vec<u8>)) {
        self.last = None;
        let out = &mut self.out;
        let begin = out.len();
        out.extend(kind.to_le_bytes());
        out.extend([0; 4]);
        write(out);
        pad(out);
        self.end_block(begin);
    }

    fn end_block(&mut self, begin: usize) {
        let length = ((self.out.len() + 4 - begin) as u32).to_le_bytes();
        self.out[begin + 4..begin + 8].copy_from_slice(&length);
        self.out.extend(length);
    }
}

impl LinkType {
    fn code(self) -> u16 {
        match self {
            LinkType::Ip => 101,
            LinkType::Pdu => 252,
        }
    }
}

/// What is longer than an option can be is cut.
fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    let value = &value[..value.len().min(usize::from(u16::MAX))];
    body.extend(code.to_le_bytes());
    body.extend((value.len() as u16).to_le_bytes());
    body.extend(value);
    pad(body);
}

fn end_of_options(body: &mut Vec<u8>) {
    body.extend([0; 4]);
}

/// Every block begins at a multiple of four octets, so what is in them can be padded in the whole.
fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}

pub(crate) const SECTION: u32 = 0x0a0d_0d0a;
pub(crate) const INTERFACE: u32 = 1;
pub(crate) const NAMES: u32 = 4;
pub(crate) const PACKET: u32 = 6;
pub(crate) const SECRETS: u32 = 10;
pub(crate) const BYTE_ORDER: u32 = 0x1a2b_3c4d;
pub(crate) const TLS_KEY_LOG: u32 = 0x544c_534b;
pub(crate) const TIME_RESOLUTION: u16 = 9;
const COMMENT: u16 = 1;
const USER_APPLICATION: u16 = 4;
const INTERFACE_NAME: u16 = 2;
const INTERFACE_IPV4: u16 = 4;
const INTERFACE_IPV6: u16 = 5;
const FLAGS: u16 = 2;
const INBOUND: u32 = 1;
const OUTBOUND: u32 = 2;
const NANOSECONDS: u8 = 9;
