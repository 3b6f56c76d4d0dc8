//! How long the content of a message is (RFC 9112 6.3).

use super::fault::Rule;
use super::head::{Head, Span, Start};

/// Where the content of a message ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    Empty,
    /// After so many octets.
    Length(u64),
    /// After the last chunk and the trailers.
    Chunked,
    /// Where the connection ends.
    UntilClose,
    /// It is no HTTP any more: a tunnel or another protocol.
    Tunnel,
}

impl Framing {
    /// How the content of a request is framed; nothing when nobody can tell. Broken rules are noted in
    /// the head.
    pub fn of_request(head: &mut Head<'_>) -> Option<Self> {
        let fields = Fields::of(head);
        if let Some(encoding) = &fields.encoding {
            fields.blame_encoding(head, encoding);
            return encoding.is_chunked_last.then_some(Framing::Chunked);
        }
        fields.length(head).map(|length| length.map_or(Framing::Empty, Framing::Length))
    }

    /// How the content of an answer to a request with `method` is framed.
    pub fn of_answer(head: &mut Head<'_>, method: &[u8]) -> Option<Self> {
        let code = match head.start {
            Start::Answer { code, .. } => code,
            Start::Request { .. } => return Self::of_request(head),
        };
        let fields = Fields::of(head);
        match code {
            101 => return Some(Framing::Tunnel),
            100..200 | 204 => {
                fields.blame_any(head);
                return Some(Framing::Empty);
            }
            304 => return Some(Framing::Empty),
            200..300 if method == b"CONNECT" => return Some(Framing::Tunnel),
            _ if method == b"HEAD" => return Some(Framing::Empty),
            _ => {}
        }
        if let Some(encoding) = &fields.encoding {
            fields.blame_encoding(head, encoding);
            return Some(if encoding.is_chunked_last { Framing::Chunked } else { Framing::UntilClose });
        }
        fields.length(head).map(|length| length.map_or(Framing::UntilClose, Framing::Length))
    }
}

/// The fields that frame.
struct Fields {
    lengths: Vec<Span>,
    encoding: Option<Encoding>,
}

struct Encoding {
    at: usize,
    is_chunked_last: bool,
    chunked: usize,
}

impl Fields {
    fn of(head: &Head<'_>) -> Self {
        let lengths = head.spans("content-length").collect();
        let codings: Vec<&[u8]> = head.values("transfer-encoding").flat_map(elements).collect();
        let at = head.spans("transfer-encoding").next();
        let encoding = at.map(|span| Encoding {
            at: span.start,
            is_chunked_last: codings.last().is_some_and(|coding| is_chunked(coding)),
            chunked: codings.iter().filter(|coding| is_chunked(coding)).count(),
        });
        Self { lengths, encoding }
    }

    fn blame_encoding(&self, head: &mut Head<'_>, encoding: &Encoding) {
        if let Some(length) = self.lengths.first() {
            head.blame(length.start, Rule::LengthAndEncoding);
        }
        if head.version < (1, 1) {
            head.blame(encoding.at, Rule::EncodingInOld);
        }
        // An answer may end with the connection, its coding need not be chunked.
        let is_request = matches!(head.start, Start::Request { .. });
        if encoding.chunked > 1 || (!encoding.is_chunked_last && (is_request || encoding.chunked > 0)) {
            head.blame(encoding.at, Rule::ChunkedNotLast);
        }
    }

    fn blame_any(&self, head: &mut Head<'_>) {
        let length = self.lengths.first().map(|span| span.start);
        if let Some(at) = length.or(self.encoding.as_ref().map(|encoding| encoding.at)) {
            head.blame(at, Rule::LengthOfNothing);
        }
    }

    /// The Content-Length, if there is one; nothing at all when it is no number or there are several.
    fn length(&self, head: &mut Head<'_>) -> Option<Option<u64>> {
        let mut length = None;
        for span in &self.lengths {
            for text in elements(head.octets(span)) {
                let Some(number) = number(text) else {
                    head.blame(span.start, Rule::ContentLength);
                    return None;
                };
                match length {
                    None => length = Some(number),
                    Some(first) if first == number => head.blame(span.start, Rule::ContentLengthRepeated),
                    Some(_) => {
                        head.blame(span.start, Rule::ContentLengthsDiffer);
                        return None;
                    }
                }
            }
        }
        Some(length)
    }
}

/// The elements of a list. An empty field has one, which is empty.
fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|octet| *octet == b',').map(<[u8]>::trim_ascii)
}

fn is_chunked(coding: &[u8]) -> bool {
    coding.eq_ignore_ascii_case(b"chunked")
}

fn number(text: &[u8]) -> Option<u64> {
    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if is_number { std::str::from_utf8(text).ok()?.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::super::head::Kind;
    use super::*;

    #[test]
    fn a_request_without_length_has_no_content() {
        assert_eq!(request(""), (Some(Framing::Empty), vec![]));
        assert_eq!(request("Content-Length: 12\r\n"), (Some(Framing::Length(12)), vec![]));
        assert_eq!(request("Transfer-Encoding: gzip, Chunked\r\n"), (Some(Framing::Chunked), vec![]));
    }

    #[test]
    fn lengths_that_cannot_be_trusted_are_named() {
        for (fields, framing, rule) in [
            ("Content-Length: 1x\r\n", None, Rule::ContentLength),
            ("Content-Length: +1\r\n", None, Rule::ContentLength),
            ("Content-Length: -1\r\n", None, Rule::ContentLength),
            ("Content-Length:\r\n", None, Rule::ContentLength),
            ("Content-Length: 99999999999999999999\r\n", None, Rule::ContentLength),
            ("Content-Length: 1\r\nContent-Length: 2\r\n", None, Rule::ContentLengthsDiffer),
            ("Content-Length: 1, 2\r\n", None, Rule::ContentLengthsDiffer),
            ("Content-Length: 1\r\nContent-Length: 1\r\n", Some(Framing::Length(1)), Rule::ContentLengthRepeated),
            ("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", Some(Framing::Chunked), Rule::LengthAndEncoding),
            ("Transfer-Encoding: chunked, gzip\r\n", None, Rule::ChunkedNotLast),
            ("Transfer-Encoding: gzip\r\n", None, Rule::ChunkedNotLast),
            ("Transfer-Encoding: chunked, chunked\r\n", Some(Framing::Chunked), Rule::ChunkedNotLast),
            ("Transfer-Encoding: xchunked\r\n", None, Rule::ChunkedNotLast),
        ] {
            assert_eq!(request(fields), (framing, vec![rule]), "{fields:?}");
        }
    }

    #[test]
    fn some_answers_never_have_content() {
        for (line, method, framing) in [
            ("200 OK", "HEAD", Framing::Empty),
            ("304 Not Modified", "GET", Framing::Empty),
            ("200 OK", "GET", Framing::Length(5)),
            ("200 OK", "CONNECT", Framing::Tunnel),
            ("403 Forbidden", "CONNECT", Framing::Length(5)),
            ("101 Switching Protocols", "GET", Framing::Tunnel),
        ] {
            assert_eq!(answer(line, "Content-Length: 5\r\n", method), (Some(framing), vec![]), "{line} {method}");
        }
        for line in ["100 Continue", "103 Early Hints", "204 No Content"] {
            let expected = (Some(Framing::Empty), vec![Rule::LengthOfNothing]);
            assert_eq!(answer(line, "Content-Length: 5\r\n", "GET"), expected, "{line}");
        }
    }

    #[test]
    fn an_answer_without_length_ends_with_the_connection() {
        assert_eq!(answer("200 OK", "", "GET"), (Some(Framing::UntilClose), vec![]));
        assert_eq!(answer("200 OK", "Transfer-Encoding: gzip\r\n", "GET"), (Some(Framing::UntilClose), vec![]));
    }

    #[test]
    fn http_1_0_knows_no_chunks() {
        let text = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
        let mut head = Head::read(text.as_bytes(), Kind::Request).expect("a head");
        assert_eq!(Framing::of_request(&mut head), Some(Framing::Chunked));
        assert_eq!(head.faults[0].rule, Rule::EncodingInOld);
    }

    fn request(fields: &str) -> (Option<Framing>, Vec<Rule>) {
        let text = format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        let mut head = Head::read(text.as_bytes(), Kind::Request).expect("a head");
        let framing = Framing::of_request(&mut head);
        (framing, head.faults.iter().map(|fault| fault.rule).collect())
    }

    fn answer(line: &str, fields: &str, method: &str) -> (Option<Framing>, Vec<Rule>) {
        let text = format!("HTTP/1.1 {line}\r\n{fields}\r\n");
        let mut head = Head::read(text.as_bytes(), Kind::Answer).expect("a head");
        let framing = Framing::of_answer(&mut head, method.as_bytes());
        (framing, head.faults.iter().map(|fault| fault.rule).collect())
    }
}
