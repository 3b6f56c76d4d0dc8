//! The message that a wish becomes.

use std::net::IpAddr;

use super::flags::{Cookie, Edns};
use super::words::Wish;
use crate::codes::{Class, RecordType};
use crate::wire::flag;
use crate::wire::option;

/// Writes the query with this id; `new_cookie` is sent where a cookie is wanted and none was given.
pub fn write(wish: &Wish, id: u16, new_cookie: &[u8]) -> Vec<u8> {
    let flags = &wish.flags;
    let set =
        [(flags.recurse, flag::RD), (flags.aa, flag::AA), (flags.ad, flag::AD), (flags.cd, flag::CD), (flags.z, Z)];
    let bits = set.iter().filter(|(on, _)| *on).fold(u16::from(flags.opcode.0) << 11, |bits, (_, bit)| bits | bit);
    let incremental = wish.kind == RecordType::IXFR;
    let asks = u16::from(!flags.header_only);
    let counts = [asks, 0, u16::from(incremental) * asks, u16::from(flags.edns.is_some())];
    let mut out = Vec::with_capacity(512);
    for value in [id, bits].into_iter().chain(counts) {
        out.extend_from_slice(&value.to_be_bytes());
    }
    if !flags.header_only {
        out.extend_from_slice(wish.name.wire());
        out.extend_from_slice(&wish.kind.to_octets());
        out.extend_from_slice(&wish.class.0.to_be_bytes());
        if incremental {
            write_held(wish, &mut out);
        }
    }
    if let Some(edns) = &flags.edns {
        write_opt(edns, new_cookie, &mut out);
    }
    out
}

/// What the client has of the zone: a SOA record of which only the serial counts (RFC 1995 3).
fn write_held(wish: &Wish, out: &mut Vec<u8>) {
    out.extend_from_slice(wish.name.wire());
    out.extend_from_slice(&RecordType::SOA.to_octets());
    out.extend_from_slice(&Class::IN.0.to_be_bytes());
    // TTL 0, 22 octets: two times the root's name, the serial, four times.
    out.extend_from_slice(&[0, 0, 0, 0, 0, 22, 0, 0]);
    out.extend_from_slice(&wish.serial.to_be_bytes());
    out.extend_from_slice(&[0; 16]);
}

fn write_opt(edns: &Edns, new_cookie: &[u8], out: &mut Vec<u8>) {
    let options: Vec<u8> = options(edns, new_cookie).iter().flat_map(|(code, value)| framed(*code, value)).collect();
    let [high, low] = edns.payload.to_be_bytes();
    let dnssec = if edns.dnssec { 0x80 } else { 0 };
    out.extend_from_slice(&[0, 0, 41, high, low, 0, edns.version, dnssec, 0]);
    // A command line holds no more than a few of them.
    out.extend_from_slice(&(options.len() as u16).to_be_bytes());
    out.extend_from_slice(&options);
}

fn options(edns: &Edns, new_cookie: &[u8]) -> Vec<(u16, Vec<u8>)> {
    let mut options = Vec::new();
    if edns.nsid {
        options.push((option::NSID, Vec::new()));
    }
    match &edns.cookie {
        Some(Cookie::New) => options.push((option::COOKIE, new_cookie.to_vec())),
        Some(Cookie::Given(cookie)) => options.push((option::COOKIE, cookie.clone())),
        None => {}
    }
    if let Some((address, prefix)) = edns.subnet {
        options.push((option::SUBNET, subnet(address, prefix)));
    }
    options.extend(edns.others.iter().cloned());
    options
}

fn framed(code: u16, value: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes()[..], &(value.len() as u16).to_be_bytes(), value].concat()
}

/// Family, prefix, and as many octets as the prefix needs, with zeros after it (RFC 7871 6).
fn subnet(address: IpAddr, prefix: u8) -> Vec<u8> {
    let (family, octets) = match address {
        IpAddr::V4(four) => (1, four.octets().to_vec()),
        IpAddr::V6(six) => (2, six.octets().to_vec()),
    };
    let kept = octets.iter().take(usize::from(prefix.div_ceil(8)));
    let masked = kept.enumerate().map(|(index, octet)| {
        let bits = (usize::from(prefix) - 8 * index).min(8);
        octet & (0xff00_u16 >> bits) as u8
    });
    [0, family, prefix, 0].into_iter().chain(masked).collect()
}

/// The bit that is reserved (RFC 1035 4.1.1).
const Z: u16 = 0x0040;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::words::{Word, read};
    use crate::wire::Message;

    #[test]
    fn a_wish_becomes_the_message_that_says_it() {
        let message = written(
            "www.shop.test mx +norec +cd +do +nsid +cookie +bufsize=4096 +subnet=198.18.255.255/20 +ednsopt=65001:ab",
        );
        assert_eq!((message.id, message.bits), (7, flag::CD));
        assert_eq!(message.questions[0].name.to_string(), "www.shop.test.");
        let edns = message.edns().unwrap();
        assert_eq!((edns.payload, edns.dnssec_ok, edns.option(option::NSID)), (4096, true, Some(&b""[..])));
        assert_eq!(edns.option(option::COOKIE), Some(&b"COOKIE!!"[..]));
        assert_eq!(edns.option(option::SUBNET), Some(&[0, 1, 20, 0, 198, 18, 0xf0][..]));
        assert_eq!(edns.option(65001), Some(&[0xab][..]));
    }

    #[test]
    fn a_header_can_stand_alone_and_opt_be_left_out() {
        assert_eq!((octets("+header-only +noedns").len(), octets("+header-only").len()), (12, 23));
        assert!(written("a.test +noedns").additional.is_empty());
    }

    #[test]
    fn who_asks_for_changes_says_what_it_has() {
        let message = written("shop.test ixfr=7");
        assert_eq!(message.authority[0].to_string(), "shop.test. 0 IN SOA . . 7 0 0 0 0");
    }

    fn octets(text: &str) -> Vec<u8> {
        let words: Vec<Word> = text.split_whitespace().map(|word| Word::Plain(word.to_owned())).collect();
        write(&read(&words).unwrap()[0], 7, b"COOKIE!!")
    }

    fn written(text: &str) -> Message {
        Message::read(&octets(text)).unwrap()
    }
}
