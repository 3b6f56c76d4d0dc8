//! What a server said, taken apart.

use super::{LONGEST, PATIENCE};
use crate::client::failure::Failure;
use crate::wire::head::{self, Head, Kind, Start};
use crate::wire::{Content, Framing};

/// All that was heard on one connection.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub replies: Vec<Reply>,
    pub octets: Vec<u8>,
    /// Whether the server closed.
    pub has_ended: bool,
}

/// One answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reply {
    pub status: u16,
    pub version: (u8, u8),
    pub fields: Vec<(String, String)>,
    /// Octets of content.
    pub content: u64,
    /// What it breaks, each in a sentence.
    pub faults: Vec<String>,
}

impl Reply {
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn is_final(&self) -> bool {
        self.status >= 200 || self.status == 101
    }
}

impl Heard {
    /// The status of the first answer proper; 0 without one.
    pub fn status(&self) -> u16 {
        self.last().map_or(0, |reply| reply.status)
    }

    /// The first answer proper.
    pub fn last(&self) -> Option<&Reply> {
        self.replies.iter().find(|reply| reply.is_final())
    }

    /// The second one's.
    pub fn second(&self) -> u16 {
        self.replies.iter().filter(|reply| reply.is_final()).nth(1).map_or(0, |reply| reply.status)
    }

    pub fn field(&self, name: &str) -> &str {
        self.last().and_then(|reply| reply.field(name)).unwrap_or_default()
    }

    /// Why there is no answer proper.
    pub fn absence(&self) -> String {
        let (octets, end) = (&self.octets, head::end(&self.octets, 0));
        let head = end.map_or_else(|| [octets, &b"\r\n\r\n"[..]].concat(), |end| octets[..end].to_vec());
        match Head::read(&head, Kind::Answer) {
            _ if octets.is_empty() && self.has_ended => Failure::Silent.to_string(),
            _ if octets.is_empty() => "the server said nothing".to_owned(),
            // Half a line may yet become a whole one.
            Err(fault) if end.is_some() || self.has_ended => Failure::Peer(fault).to_string(),
            _ if octets.len() >= LONGEST => "the answer is longer than 1 MiB: ask for something smaller".to_owned(),
            _ if self.has_ended => "the server closed the connection before the answer's end".to_owned(),
            _ => format!("the answer did not end within {} seconds", PATIENCE.as_secs()),
        }
    }

    /// What was answered, in a few words.
    pub fn words(&self) -> String {
        match (self.status(), self.has_ended) {
            (0, true) => "the server closed without an answer".to_owned(),
            (0, false) => "the server said nothing".to_owned(),
            (status, _) => format!("the server answered {status}"),
        }
    }
}

/// The answers, as far as they are whole, to requests with these methods. What ends with the connection is whole
/// when that `has_ended`; after one whose end nobody can tell there is none.
pub(super) fn replies(octets: &[u8], methods: &[&str], has_ended: bool) -> Vec<Reply> {
    let mut replies: Vec<Reply> = Vec::new();
    let mut rest = octets;
    while let Some(end) = head::end(rest, 0) {
        let Ok(mut head) = Head::read(&rest[..end], Kind::Answer) else { break };
        let Start::Answer { code, .. } = head.start else { break };
        let asked = replies.iter().filter(|reply| reply.is_final()).count();
        let framing = Framing::of_answer(&mut head, methods.get(asked).copied().unwrap_or("GET").as_bytes());
        let has_no_end = framing.is_none();
        let mut content = Content::new(framing.unwrap_or(Framing::UntilClose), end as u64);
        let taken = content.take(&rest[end..]);
        let mut faults: Vec<String> = head.faults.iter().map(ToString::to_string).collect();
        let is_whole = content.is_done() || has_no_end || (content.ends_with_connection() && has_ended);
        match &taken {
            Ok(_) if is_whole => {}
            Ok(_) if has_ended => faults.push("the content was cut".to_owned()),
            Ok(_) => break,
            Err(fault) => faults.push(fault.to_string()),
        }
        let text = |span| String::from_utf8_lossy(head.octets(span)).into_owned();
        let fields = head.fields.iter().map(|field| (text(&field.name), text(&field.value))).collect();
        replies.push(Reply { status: code, version: head.version, fields, content: content.carried(), faults });
        rest = &rest[end + taken.unwrap_or(rest.len() - end)..];
    }
    replies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        let octets = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 404 Not Found\r\nA: b\r\n\r\nrest";
        let open = replies(octets, &["GET", "GET"], false);
        assert_eq!(open.iter().map(|reply| reply.status).collect::<Vec<_>>(), [100, 200], "the last may go on");
        let ended = replies(octets, &["GET", "GET"], true);
        assert_eq!(
            ended.iter().map(|reply| (reply.status, reply.content)).collect::<Vec<_>>(),
            [(100, 0), (200, 3), (404, 4)]
        );
        assert_eq!(ended[2].field("a"), Some("b"));
    }

    #[test]
    fn an_answer_whose_end_nobody_can_tell_is_heard_with_its_faults() {
        let octets = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc";
        let heard = replies(octets, &["GET"], false);
        assert_eq!(heard.iter().map(|reply| reply.status).collect::<Vec<_>>(), [200]);
        assert!(heard[0].faults.iter().any(|fault| fault.starts_with("two Content-Lengths differ")), "{heard:?}");
    }

    #[test]
    fn it_is_said_why_there_is_no_answer() {
        let absence =
            |octets: &[u8], has_ended| Heard { octets: octets.to_vec(), has_ended, ..Heard::default() }.absence();
        assert_eq!(absence(b"", false), "the server said nothing");
        assert_eq!(absence(b"", true), "the server closed the connection without an answer");
        assert!(absence(b"ICY 200 OK\r\nA: b\r\n\r\n", false).starts_with("the answer is no HTTP: "));
        assert_eq!(
            absence(b"HTTP/1.1 200 OK\r\nA: b", true),
            "the server closed the connection before the answer's end"
        );
        let drips = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc";
        assert_eq!(absence(drips, false), "the answer did not end within 6 seconds");
        assert_eq!(absence(b"HTTP/1", false), "the answer did not end within 6 seconds");
        let long = [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &vec![b'x'; LONGEST]].concat();
        assert_eq!(absence(&long, false), "the answer is longer than 1 MiB: ask for something smaller");
    }

    #[test]
    fn an_answer_to_head_has_no_content() {
        let octets = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(replies(octets, &["HEAD", "GET"], false).len(), 2);
    }
}
