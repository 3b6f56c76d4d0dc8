//! Heads beyond doubt: what nearly every client sends, told apart in one pass that takes no memory.

use super::head::LONGEST_METHOD;
use crate::host::Authority;

/// Where the request's head that begins `octets` ends, if all of it is there, breaks no rule, has no
/// content and asks for no other protocol. Nothing means only that it needs a closer look.
pub fn end(octets: &[u8]) -> Option<usize> {
    let method = while_in(octets, 0, TOKEN);
    let is_read =
        (1..=LONGEST_METHOD).contains(&method) && octets.get(method) == Some(&b' ') && &octets[..method] != b"CONNECT";
    if !is_read || octets.get(method + 1) != Some(&b'/') {
        return None;
    }
    let target = while_in(octets, method + 1, TARGET);
    let mut at = target + VERSION.len();
    if octets.get(target..at)? != VERSION {
        return None;
    }
    let (mut hosts, mut fields) = (0, 0);
    while octets.get(at) != Some(&b'\r') {
        let colon = while_in(octets, at, TOKEN);
        if colon == at || octets.get(colon) != Some(&b':') {
            return None;
        }
        let line_end = while_in(octets, colon + 1, VALUE);
        let name = octets.get(at..colon)?;
        if is_one_of(name, FRAMING) {
            return None;
        }
        if name.eq_ignore_ascii_case(b"host") {
            hosts += 1;
            let value = std::str::from_utf8(&octets[colon + 1..line_end]).ok()?;
            Authority::parse(value.trim_matches([' ', '\t'])).ok()?;
        }
        if octets.get(line_end..line_end + 2)? != b"\r\n" {
            return None;
        }
        fields += 1;
        at = line_end + 2;
    }
    let is_whole = octets.get(at + 1) == Some(&b'\n') && hosts == 1 && fields <= MOST_FIELDS;
    is_whole.then_some(at + 2)
}

fn while_in(octets: &[u8], from: usize, class: u8) -> usize {
    let rest = octets.get(from..).unwrap_or_default();
    from + rest.iter().position(|octet| CLASSES[usize::from(*octet)] & class == 0).unwrap_or(rest.len())
}

fn is_one_of(name: &[u8], names: &[&str]) -> bool {
    names.iter().any(|one| one.len() == name.len() && name.eq_ignore_ascii_case(one.as_bytes()))
}

const VERSION: &[u8] = b" HTTP/1.1\r\n";
/// They say how the message is framed or what follows it.
const FRAMING: &[&str] = &["content-length", "transfer-encoding", "upgrade"];
/// More than browsers send; others get the closer look.
const MOST_FIELDS: usize = 64;

const TOKEN: u8 = 1;
/// A percent sign needs a closer look.
const TARGET: u8 = 2;
const VALUE: u8 = 4;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let is_letter = (octet as u8).is_ascii_alphanumeric();
        classes[octet] = if is_letter { TOKEN | TARGET } else { 0 };
        // RFC 9110 5.5: visible octets, spaces, tabs, and those above ASCII.
        if octet == 9 || (octet >= 0x20 && octet != 0x7f) {
            classes[octet] |= VALUE;
        }
        octet += 1;
    }
    classes = with(classes, b"!#$%&'*+-.^_`|~", TOKEN);
    with(classes, b"-._~:/?@!$&'()*+,;=", TARGET)
};

const fn with(mut classes: [u8; 256], octets: &[u8], class: u8) -> [u8; 256] {
    let mut at = 0;
    while at < octets.len() {
        classes[octets[at] as usize] |= class;
        at += 1;
    }
    classes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::{Framing, Head, Kind};

    #[test]
    fn a_usual_request_is_beyond_doubt() {
        let text = "GET /a?b=c HTTP/1.1\r\nHost: a.test:80\r\nUser-Agent: curl/8\r\nAccept: */*\r\n\r\nGET";
        assert_eq!(end(text.as_bytes()), Some(text.len() - 3));
        for doubtful in
            ["GET / HTTP/1.0\r\nHost: a\r\n\r\n", "GET /a HTTP/1.1\r\n\r\n", "CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n"]
        {
            assert_eq!(end(doubtful.as_bytes()), None, "{doubtful:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_beyond_doubt_breaks_no_rule(target in "/[ -~]{0,6}", fields in "((Host|X|Content-Length|x y|): ?[ -~\\t\\r\\n]{0,5}\r\n){0,4}") {
            let text = format!("GET {target} HTTP/1.1\r\n{fields}\r\n");
            if let Some(end) = end(text.as_bytes()) {
                let mut head = Head::read(&text.as_bytes()[..end], Kind::Request).expect("a head");
                prop_assert_eq!(Framing::of_request(&mut head), Some(Framing::Empty));
                prop_assert_eq!(&head.faults, &[]);
            }
        }
    }
}
