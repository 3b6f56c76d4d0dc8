//! What is asked to see whether a server keeps to RFC 8906 section 8, and requests that are malformed.

use toynet_dns::wire::{Message, flag};

/// What a probe is called, and its octets.
pub type Probe = (String, Vec<u8>);

/// Probes of the zone `example`.
pub fn all() -> Vec<Probe> {
    let mut probes: Vec<Probe> = Vec::new();
    let mut add = |what: &str, octets: Vec<u8>| probes.push((what.to_owned(), octets));
    let asked = question("example", SOA, IN);

    add("a plain query", query(0, 1, [0; 3], &asked));
    add("an unknown type", query(0, 1, [0; 3], &question("example", 1000, IN)));
    for (what, bits) in [("AA", flag::AA), ("TC", flag::TC), ("RA", flag::RA), ("Z", 0x40), ("AD", flag::AD)] {
        add(what, query(bits, 1, [0; 3], &asked));
    }
    for opcode in 6..16 {
        add(&format!("opcode {opcode}"), query(opcode << 11, 0, [0; 3], &[]));
    }
    for (what, class, ttl, options) in [
        ("EDNS", 1232, 0, &b""[..]),
        ("EDNS version 1", 1232, 0x1_0000, b""),
        ("EDNS version 1 with an option", 1232, 0x1_0000, b"\0\x64\0\0"),
        ("EDNS version 1 with a flag", 1232, 0x1_0080, b""),
        ("an unknown EDNS flag", 1232, 0x80, b""),
        ("an unknown EDNS option", 1232, 0, b"\0\x64\0\0"),
        ("DO", 1232, 0x8000, b""),
        ("a payload of nothing", 0, 0, b""),
        ("padding", 1232, 0, b"\0\x0c\0\x04\0\0\0\0"),
        ("a client subnet", 1232, 0, b"\0\x08\0\x07\0\x01\x18\0\x7f\0\0"),
    ] {
        add(what, query(0, 1, [0, 0, 1], &[&asked, &*opt(class, ttl, options)].concat()));
    }
    let two = [opt(1232, 0, b""), opt(1232, 0, b"")].concat();
    add("two OPT records", query(0, 1, [0, 0, 2], &[&*asked, &two].concat()));
    add(
        "an option longer than its record",
        query(0, 1, [0, 0, 1], &[&*asked, &opt(1232, 0, b"\0\x64\0\x09\0")].concat()),
    );
    add("no question", query(0, 0, [0; 3], &[]));
    add("two questions", query(0, 2, [0; 3], &[&*asked, &asked].concat()));
    add("a question that ends early", query(0, 1, [0; 3], &asked[..asked.len() - 1]));
    add("a count without its record", query(0, 1, [0, 0, 1], &asked));
    add("a name that points to itself", query(0, 1, [0; 3], b"\xc0\x0c\0\x01\0\x01"));
    add("a label of 64", query(0, 1, [0; 3], &[&[64][..], &[b'a'; 64], b"\0\0\x01\0\x01"].concat()));
    add("an unknown class", query(0, 1, [0; 3], &question("example", SOA, 1000)));
    probes
}

/// What a response says of the server's manners: response code, header bits and EDNS.
pub fn manners(response: &[u8]) -> String {
    let message = Message::decode(response).message;
    let bits = message.bits & !(flag::RA | 15);
    let edns = message.edns().map(|edns| (edns.version, edns.dnssec_ok, edns.options.len()));
    format!("{} {bits:04x} {edns:?}", message.rcode())
}

fn query(bits: u16, questions: u16, others: [u16; 3], rest: &[u8]) -> Vec<u8> {
    let header = [0x1234, bits, questions, others[0], others[1], others[2]];
    let header: Vec<u8> = header.iter().flat_map(|field: &u16| field.to_be_bytes()).collect();
    [&*header, rest].concat()
}

fn question(name: &str, kind: u16, class: u16) -> Vec<u8> {
    let labels = name.split('.').flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat());
    labels.chain([0]).chain(kind.to_be_bytes()).chain(class.to_be_bytes()).collect()
}

fn opt(payload: u16, ttl: u32, options: &[u8]) -> Vec<u8> {
    let length = options.len() as u16;
    [&b"\0\0\x29"[..], &payload.to_be_bytes(), &ttl.to_be_bytes(), &length.to_be_bytes(), options].concat()
}

const SOA: u16 = 6;
const IN: u16 = 1;
