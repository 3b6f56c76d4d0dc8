//! The OPT record: what a message says beside its header (RFC 6891).

use toynet_record::dissect::Note;

use crate::record::Record;
use crate::wire::option;
use crate::wire::query::Edns;

/// Says what an OPT record means.
pub fn notes(record: &Record) -> Vec<Note> {
    let edns = Edns::from_parts(record.class.0, record.ttl, &record.rdata);
    let (version, payload) = (edns.version, edns.payload);
    let mut notes = vec![Note::new(
        format!("EDNS version {version}: its sender takes datagrams of up to {payload} octets"),
        "RFC 6891 6.1.2, 6.2.3",
    )];
    if edns.dnssec_ok {
        notes.push(Note::new("DO: signatures and other records of DNSSEC are wanted", "RFC 3225 3, RFC 4035 3.2.1"));
    }
    notes.extend(option::each(edns.options).map(|(code, value)| of_option(code, value)));
    notes
}

fn of_option(code: u16, value: &[u8]) -> Note {
    match (code, value) {
        (option::NSID, []) => Note::new("NSID: asks which of many servers this is", "RFC 5001 2.1"),
        (option::NSID, _) => {
            Note::new(format!("NSID: the server calls itself {}", option::Readable(value)), "RFC 5001 2.3")
        }
        (option::SUBNET, _) => match option::subnet(value) {
            Some(subnet) => Note::new(
                format!(
                    "client subnet {subnet}: address, prefix that was asked with, prefix that the answer is good for"
                ),
                "RFC 7871 6",
            ),
            None => Note::new("client subnet: an address that cannot be read", "RFC 7871 6"),
        },
        (option::COOKIE, [_, _, _, _, _, _, _, _]) => Note::new(
            "cookie: the client's half; an answer that brings it back is no forgery from afar",
            "RFC 7873 4.1",
        ),
        (option::COOKIE, _) => {
            Note::new("cookie: the client's half and the server's, by which each knows the other", "RFC 7873 4.2")
        }
        (option::EXPIRE, []) => Note::new("EXPIRE: asks how long the server's copy of the zone is good", "RFC 7314 2"),
        (option::KEEPALIVE, [high, low]) => {
            let tenths = u16::from_be_bytes([*high, *low]);
            let text = format!("keepalive: the connection may be idle for {}.{} seconds", tenths / 10, tenths % 10);
            Note::new(text, "RFC 7828 3.1")
        }
        (option::PADDING, _) => {
            Note::new(format!("padding: {} octets that hide how long the message is", value.len()), "RFC 7830 3")
        }
        (option::EXTENDED_ERROR, [high, low, text @ ..]) => {
            let info = u16::from_be_bytes([*high, *low]);
            let text = if text.is_empty() { String::new() } else { format!(": {}", option::Readable(text)) };
            Note::new(format!("why: {} (extended error {info}){text}", option::extended_error(info)), "RFC 8914 4")
        }
        (code, _) => {
            let name = option::name(code).map_or_else(|| format!("option {code}"), |name| format!("option {name}"));
            Note::new(format!("{name}: {} octets", value.len()), "RFC 6891 6.1.2")
        }
    }
}
