//! The fields of entries, as bytes and back.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::{Cause, Closing, EndId, Side, Transport};

#[inline]
pub(super) fn put_octets(out: &mut impl bytes::BufMut, octets: &[u8]) {
    out.put_u32_le(octets.len() as u32);
    out.put_slice(octets);
}

#[inline]
pub(super) fn put_address(out: &mut impl bytes::BufMut, address: SocketAddr) {
    match address.ip() {
        IpAddr::V4(ip) => {
            out.put_u8(4);
            out.put_slice(&ip.octets());
        }
        IpAddr::V6(ip) => {
            out.put_u8(6);
            out.put_slice(&ip.octets());
        }
    }
    out.put_u16_le(address.port());
}

pub(super) fn put_transport(out: &mut impl bytes::BufMut, transport: Transport, stream: Option<u64>) {
    match stream {
        None => out.put_u8(transport_code(transport)),
        Some(stream) => {
            out.put_u8(STREAM);
            out.put_u64_le(stream);
        }
    }
}

pub(super) fn put_cause(out: &mut impl bytes::BufMut, cause: Cause) {
    out.put_u64_le(cause.end.bits());
    out.put_u64_le(cause.exchange);
}

/// What is left of the bytes that are being read.
pub(super) struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub fn octets(&mut self) -> Option<&'a [u8]> {
        let length = u32::from_le_bytes(self.array()?);
        self.take(length as usize)
    }

    pub fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.octets()?).ok()
    }

    pub fn address(&mut self) -> Option<SocketAddr> {
        let ip = match self.u8()? {
            4 => IpAddr::V4(Ipv4Addr::from(self.array::<4>()?)),
            6 => IpAddr::V6(Ipv6Addr::from(self.array::<16>()?)),
            _ => return None,
        };
        Some(SocketAddr::new(ip, u16::from_le_bytes(self.array()?)))
    }

    pub fn transport(&mut self) -> Option<(Transport, Option<u64>)> {
        match self.u8()? {
            STREAM => Some((Transport::Quic, Some(self.u64()?))),
            code => Some((transport_of(code)?, None)),
        }
    }

    pub fn cause(&mut self) -> Option<Cause> {
        Some(Cause { end: EndId::from_bits(self.u64()?), exchange: self.u64()? })
    }
}

pub(super) fn side_code(side: Side) -> u8 {
    match side {
        Side::Initiator => 0,
        Side::Acceptor => 1,
    }
}

pub(super) fn side_of(code: u8) -> Option<Side> {
    [Side::Initiator, Side::Acceptor].get(usize::from(code)).copied()
}

fn transport_code(transport: Transport) -> u8 {
    match transport {
        Transport::Tcp => 0,
        Transport::Udp => 1,
        Transport::Quic => 2,
        Transport::Command => 3,
    }
}

fn transport_of(code: u8) -> Option<Transport> {
    [Transport::Tcp, Transport::Udp, Transport::Quic, Transport::Command].get(usize::from(code)).copied()
}

pub(super) fn closing_code(how: Closing) -> u8 {
    match how {
        Closing::Finished => 0,
        Closing::Reset => 1,
        Closing::Refused => 2,
        Closing::TimedOut => 3,
        Closing::Unreachable => 4,
        Closing::Failed => 5,
    }
}

pub(super) fn closing_of(code: u8) -> Option<Closing> {
    [Closing::Finished, Closing::Reset, Closing::Refused, Closing::TimedOut, Closing::Unreachable, Closing::Failed]
        .get(usize::from(code))
        .copied()
}

/// The code of a transport that is QUIC and whose stream's number follows.
const STREAM: u8 = 4;
