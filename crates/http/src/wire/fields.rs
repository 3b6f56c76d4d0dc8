//! The rules for the fields of an HTTP/2 message (RFC 9113 8.2 and 8.3).

use std::collections::BTreeSet;

use super::head::Kind;
use super::hpack::Field;
use crate::host::Authority;

/// What the fields of a request or an answer break, each once and in one sentence.
pub fn faults(fields: &[Field], kind: Kind) -> Vec<&'static str> {
    let of_kind: &[&str] = match kind {
        Kind::Request => &[":method", ":scheme", ":authority", ":path", ":protocol"],
        Kind::Answer => &[":status"],
    };
    let pseudo: Vec<&Field> = fields.iter().filter(|field| is_pseudo(field)).collect();
    let regular = fields.iter().position(|field| !is_pseudo(field)).unwrap_or(fields.len());
    let is_unknown = |field: &&Field| !of_kind.iter().any(|name| field.name == name.as_bytes());
    let checks = [
        (
            fields.iter().any(|field| !is_name(&field.name)),
            "a field's name is not in lower case or no name (RFC 9113 8.2.1)",
        ),
        (
            fields.iter().any(|field| !is_value(&field.value)),
            "a field's value holds what no value may (RFC 9113 8.2.1)",
        ),
        (fields.iter().any(is_of_connection), "a field is about the connection, as in HTTP/1.1 (RFC 9113 8.2.2)"),
        (pseudo.len() > regular, "a pseudo-header stands behind a field (RFC 9113 8.3)"),
        (pseudo.iter().any(is_unknown), "a pseudo-header is unknown here (RFC 9113 8.3)"),
        (has_twice(&pseudo), "a pseudo-header is said twice (RFC 9113 8.3)"),
    ];
    let broken = checks.into_iter().filter_map(|(is_broken, sentence)| is_broken.then_some(sentence));
    let own = match kind {
        Kind::Request => of_request(fields),
        Kind::Answer => status(fields),
    };
    broken.chain(own).collect()
}

fn of_request(fields: &[Field]) -> Option<&'static str> {
    let has = |name| value(fields, name).is_some_and(|value| !value.is_empty());
    let is_plain_connect = value(fields, ":method") == Some(b"CONNECT") && !has(":protocol");
    let lacks = [":method", ":scheme", ":path"].iter().any(|name| !has(name));
    if is_plain_connect {
        let is_authority = has(":authority") && !has(":scheme") && !has(":path");
        (!is_authority).then_some("CONNECT is for an authority, without scheme and path (RFC 9113 8.5)")
    } else if lacks {
        Some("the request lacks :method, :scheme or :path (RFC 9113 8.3.1)")
    } else {
        hosts_differ(fields).then_some(":authority and host differ (RFC 9113 8.3.1)")
    }
}

fn status(fields: &[Field]) -> Option<&'static str> {
    let is_code = |value: &[u8]| value.len() == 3 && value.iter().all(u8::is_ascii_digit);
    let sentence = "the answer has no :status of three digits (RFC 9113 8.3.2)";
    (!value(fields, ":status").is_some_and(is_code)).then_some(sentence)
}

fn hosts_differ(fields: &[Field]) -> bool {
    let name = |name| value(fields, name).and_then(|value| Authority::parse(std::str::from_utf8(value).ok()?).ok());
    matches!((name(":authority"), name("host")), (Some(authority), Some(host)) if authority.name != host.name)
}

fn is_pseudo(field: &Field) -> bool {
    field.name.starts_with(b":")
}

fn is_name(name: &[u8]) -> bool {
    let name = name.strip_prefix(b":").unwrap_or(name);
    !name.is_empty()
        && name.iter().all(|octet| octet.is_ascii_graphic() && !octet.is_ascii_uppercase() && *octet != b':')
}

fn is_value(value: &[u8]) -> bool {
    !value.iter().any(|octet| b"\0\r\n".contains(octet)) && value == value.trim_ascii()
}

fn is_of_connection(field: &Field) -> bool {
    match field.name.as_slice() {
        b"connection" | b"keep-alive" | b"proxy-connection" | b"transfer-encoding" | b"upgrade" => true,
        b"te" => field.value != b"trailers",
        _ => false,
    }
}

fn has_twice(fields: &[&Field]) -> bool {
    let mut names = BTreeSet::new();
    fields.iter().any(|field| !names.insert(&field.name))
}

fn value<'a>(fields: &'a [Field], name: &str) -> Option<&'a [u8]> {
    fields.iter().find(|field| field.name == name.as_bytes()).map(|field| field.value.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: [(&str, &str); 4] =
        [(":method", "GET"), (":scheme", "https"), (":authority", "a.test"), (":path", "/")];

    #[test]
    fn a_usual_message_breaks_nothing() {
        assert_eq!(sections(&[&USUAL[..], &[("host", "A.test"), ("te", "trailers")]].concat(), Kind::Request), [""; 0]);
        assert_eq!(sections(&[(":method", "CONNECT"), (":authority", "a.test:443")], Kind::Request), [""; 0]);
        assert_eq!(sections(&[(":status", "200"), ("server", "")], Kind::Answer), [""; 0]);
    }

    #[test]
    fn each_broken_rule_is_named() {
        for (field, section) in [
            (("Accept", "a"), "8.2.1"),
            (("", "a"), "8.2.1"),
            (("x", "a\r\nb"), "8.2.1"),
            (("x", " a"), "8.2.1"),
            (("connection", "close"), "8.2.2"),
            (("te", "gzip"), "8.2.2"),
            ((":status", "200"), "8.3"),
            ((":path", "/b"), "8.3"),
            (("host", "b.test"), "8.3.1"),
        ] {
            assert_eq!(sections(&[&USUAL[..], &[field]].concat(), Kind::Request), [section], "{field:?}");
        }
        assert_eq!(sections(&USUAL[..3], Kind::Request), ["8.3.1"]);
        assert_eq!(sections(&[("x", "y"), (":status", "200")], Kind::Answer), ["8.3"]);
        assert_eq!(sections(&[(":status", "20")], Kind::Answer), ["8.3.2"]);
        assert_eq!(sections(&[&[(":method", "CONNECT")], &USUAL[1..]].concat(), Kind::Request), ["8.5"]);
    }

    fn sections(fields: &[(&str, &str)], kind: Kind) -> Vec<String> {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| Field { name: name.as_bytes().into(), value: value.as_bytes().into() })
            .collect();
        let section = |sentence: &str| sentence.rsplit(' ').next().unwrap_or_default().trim_end_matches(')').to_owned();
        faults(&fields, kind).into_iter().map(section).collect()
    }
}
