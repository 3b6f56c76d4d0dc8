//! The rules for the fields of an HTTP/2 message (RFC 9113 8.2 and 8.3), most of which are those of HTTP/3
//! (RFC 9114 4.2 and 4.3).

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
        (pseudo.len() > regular, "a pseudo-header stands behind a field (RFC 9113 8.3)"),
        (pseudo.iter().any(is_unknown), "a pseudo-header is unknown here (RFC 9113 8.3)"),
        (has_twice(&pseudo), "a pseudo-header is said twice (RFC 9113 8.3)"),
        (lengths_differ(fields), "content-length is not one number (RFC 9110 8.6)"),
    ];
    let own = match kind {
        Kind::Request => of_request(fields),
        Kind::Answer => status(fields),
    };
    of_any(fields).chain(broken(checks)).chain(own).collect()
}

/// The same for a request of HTTP/3, which must say whom it is for.
pub fn faults_in_three(fields: &[Field], kind: Kind) -> Vec<&'static str> {
    let mut faults = faults(fields, kind);
    let is_plain_connect = value(fields, ":method") == Some(b"CONNECT") && value(fields, ":protocol").is_none();
    let is_of_http = matches!(value(fields, ":scheme"), Some(b"http" | b"https"));
    if kind == Kind::Request && is_of_http && !is_plain_connect && !has_authority(fields) {
        faults.push("the request lacks :authority and host, or one is empty (RFC 9114 4.3.1)");
    }
    faults
}

/// What trailers break.
pub fn faults_of_trailers(fields: &[Field]) -> Vec<&'static str> {
    let has_pseudo = fields.iter().any(is_pseudo);
    of_any(fields).chain(broken([(has_pseudo, "a pseudo-header stands in trailers (RFC 9113 8.1)")])).collect()
}

/// What holds for every field.
fn of_any(fields: &[Field]) -> impl Iterator<Item = &'static str> {
    broken([
        (
            fields.iter().any(|field| !is_name(&field.name)),
            "a field's name is not in lower case or no name (RFC 9113 8.2.1)",
        ),
        (
            fields.iter().any(|field| !is_value(&field.value)),
            "a field's value holds what no value may (RFC 9113 8.2.1)",
        ),
        (fields.iter().any(is_of_connection), "a field is about the connection, as in HTTP/1.1 (RFC 9113 8.2.2)"),
    ])
}

fn broken<const N: usize>(checks: [(bool, &'static str); N]) -> impl Iterator<Item = &'static str> {
    checks.into_iter().filter_map(|(is_broken, sentence)| is_broken.then_some(sentence))
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
    } else if has(":protocol") && value(fields, ":method") != Some(b"CONNECT") {
        Some("only CONNECT asks for a :protocol (RFC 8441 4)")
    } else if !is_path(fields) {
        Some(":path does not begin with a slash (RFC 9113 8.3.1)")
    } else {
        hosts_differ(fields).then_some(":authority and host differ (RFC 9113 8.3.1)")
    }
}

fn status(fields: &[Field]) -> Option<&'static str> {
    let is_code = |value: &[u8]| value.len() == 3 && value.iter().all(u8::is_ascii_digit);
    let sentence = "the answer has no :status of three digits (RFC 9113 8.3.2)";
    match value(fields, ":status") {
        Some(b"101") => Some("the answer switches protocols, which only HTTP/1.1 can (RFC 9113 8.6)"),
        other => (!other.is_some_and(is_code)).then_some(sentence),
    }
}

/// Whether the target is one that an http or https URI can have; of others nobody knows.
fn is_path(fields: &[Field]) -> bool {
    let is_of_http = matches!(value(fields, ":scheme"), Some(b"http" | b"https"));
    match value(fields, ":path") {
        Some(b"*") => value(fields, ":method") == Some(b"OPTIONS"),
        path => !is_of_http || path.is_some_and(|path| path.starts_with(b"/")),
    }
}

fn has_authority(fields: &[Field]) -> bool {
    let mut said = [":authority", "host"].into_iter().filter_map(|name| value(fields, name)).peekable();
    said.peek().is_some() && said.all(|value| !value.is_empty())
}

/// Whether there are different lengths, or one that is no number.
fn lengths_differ(fields: &[Field]) -> bool {
    let mut lengths = fields.iter().filter(|field| field.name == b"content-length").map(|field| field.value.as_slice());
    let Some(first) = lengths.next() else { return false };
    let is_number = !first.is_empty() && first.iter().all(u8::is_ascii_digit);
    !is_number || lengths.any(|other| other != first)
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
    !name.is_empty() && name.iter().all(|octet| !octet.is_ascii_uppercase() && is_token(*octet))
}

/// RFC 9110 5.6.2.
fn is_token(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet)
}

fn is_value(value: &[u8]) -> bool {
    !value.iter().any(|octet| b"\0\r\n".contains(octet)) && value == value.trim_ascii()
}

fn is_of_connection(field: &Field) -> bool {
    match field.name.as_slice() {
        b"connection" | b"keep-alive" | b"proxy-connection" | b"transfer-encoding" | b"upgrade" => true,
        b"te" => !field.value.eq_ignore_ascii_case(b"trailers"),
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
            (("a(b", "c"), "8.2.1"),
            (("content-length", "x"), "8.6"),
            (("content-length", ""), "8.6"),
            ((":protocol", "websocket"), "4"),
            ((":status", "200"), "8.3"),
            ((":path", "/b"), "8.3"),
            (("host", "b.test"), "8.3.1"),
        ] {
            assert_eq!(sections(&[&USUAL[..], &[field]].concat(), Kind::Request), [section], "{field:?}");
        }
        assert_eq!(sections(&USUAL[..3], Kind::Request), ["8.3.1"]);
        assert_eq!(sections(&[("x", "y"), (":status", "200")], Kind::Answer), ["8.3"]);
        assert_eq!(sections(&[(":status", "20")], Kind::Answer), ["8.3.2"]);
        assert_eq!(sections(&[(":status", "101")], Kind::Answer), ["8.6"]);
        let lengths = |second| [(":status", "200"), ("content-length", "5"), ("content-length", second)];
        assert_eq!(sections(&lengths("6"), Kind::Answer), ["8.6"]);
        assert_eq!(sections(&lengths("5"), Kind::Answer), [""; 0]);
        assert_eq!(sections(&[&[(":method", "CONNECT")], &USUAL[1..]].concat(), Kind::Request), ["8.5"]);
    }

    #[test]
    fn a_target_is_a_path_or_for_options_a_star() {
        let to = |method, path| {
            sections(
                &[(":method", method), (":scheme", "https"), (":authority", "a.test"), (":path", path)],
                Kind::Request,
            )
        };
        assert_eq!(to("GET", "a"), ["8.3.1"]);
        assert_eq!(to("GET", "*"), ["8.3.1"]);
        assert_eq!(to("OPTIONS", "*"), [""; 0]);
    }

    #[test]
    fn a_request_of_http_3_says_whom_it_is_for() {
        let told = |more: &[(&str, &str)]| {
            let usual = [(":method", "GET"), (":scheme", "https"), (":path", "/")];
            faults_in_three(&list(&[&usual[..], more].concat()), Kind::Request).len()
        };
        assert_eq!([told(&[(":authority", "a.test")]), told(&[("host", "a.test")])], [0, 0]);
        assert_eq!([told(&[]), told(&[(":authority", "")]), told(&[("host", "")])], [1, 1, 1]);
        let connect = [(":method", "CONNECT"), (":authority", "a.test:443")];
        assert!(faults_in_three(&list(&connect), Kind::Request).is_empty());
    }

    #[test]
    fn trailers_are_fields_and_nothing_else() {
        assert!(faults_of_trailers(&list(&[("x-sum", "1")])).is_empty());
        for field in [(":path", "/"), ("Upper", "x"), ("connection", "close"), ("x", "a\nb")] {
            assert_eq!(faults_of_trailers(&list(&[field])).len(), 1, "{field:?}");
        }
    }

    fn list(fields: &[(&str, &str)]) -> Vec<Field> {
        let field =
            |(name, value): &(&str, &str)| Field { name: name.as_bytes().into(), value: value.as_bytes().into() };
        fields.iter().map(field).collect()
    }

    fn sections(fields: &[(&str, &str)], kind: Kind) -> Vec<String> {
        let section = |sentence: &str| sentence.rsplit(' ').next().unwrap_or_default().trim_end_matches(')').to_owned();
        faults(&list(fields), kind).into_iter().map(section).collect()
    }
}
