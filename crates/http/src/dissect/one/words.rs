//! What is said in HTTP/1.x, in words.

use toynet_record::Side;
use toynet_record::dissect::{Carried, Role};

use super::super::carried;
use super::super::draft::{Draft, Words};
use super::Gathered;
use crate::wire::Content;
use crate::wire::fault::Fault;
use crate::wire::head::{Head, Start};

/// What a head says in words.
pub(super) fn draft(by: Side, gathered: &Gathered, head: &Head<'_>) -> Draft {
    let fields = fields(head);
    let (words, role, failed) = match &head.start {
        Start::Request { method, target } => {
            let host = head.values("host").next();
            (Words::of_request(head.octets(method), head.octets(target), host, &fields), Role::Request, false)
        }
        Start::Answer { code, reason } => {
            let role = if *code < 200 && *code != 101 { Role::Interim } else { Role::Answer };
            (Words::of_answer(*code, head.octets(reason), &fields), role, *code >= 400)
        }
    };
    let faults = head.faults.iter().map(Fault::to_string).collect();
    let notes = Vec::new();
    Draft { exchange: gathered.exchange, by, role, began: gathered.began, failed, faults, notes, words, carried: None }
}

/// A head in full, which took `octets`.
pub(super) fn carried(head: &Head<'_>, octets: u64) -> Box<Carried> {
    let version = format!("HTTP/{}.{}", head.version.0, head.version.1);
    let version = (":version", version.as_bytes());
    match &head.start {
        Start::Request { method, target } => {
            let (method, path) = ((":method", head.octets(method)), (":path", head.octets(target)));
            carried::of(&[method, path, version], &fields(head), octets)
        }
        Start::Answer { code, reason } => {
            let code = code.to_string();
            let (status, reason) = ((":status", code.as_bytes()), (":reason", head.octets(reason)));
            carried::of(&[version, status, reason], &fields(head), octets)
        }
    }
}

/// Takes content from the front of `octets`, and what of it is no framing into `whole`.
///
/// # Errors
/// As [`Content::take`].
pub(super) fn take(content: &mut Content, whole: Option<&mut Carried>, octets: &[u8]) -> Result<usize, Fault> {
    let Some(whole) = whole else { return content.take(octets) };
    let mut taken = 0;
    while taken < octets.len() && !content.is_done() {
        let rest = &octets[taken..];
        let (count, is_content) = content.take_one(rest)?;
        if is_content {
            whole.add(&rest[..count]);
        }
        taken += count;
    }
    if content.is_done() {
        whole.trailers = carried::trailers(content.trailers());
    }
    Ok(taken)
}

/// The fields of a head.
pub(super) fn fields<'a>(head: &Head<'a>) -> Vec<(&'a [u8], &'a [u8])> {
    head.fields.iter().map(|field| (head.octets(&field.name), head.octets(&field.value))).collect()
}

/// A message whose head cannot be read, or was not kept: its first line as far as it goes.
pub(super) fn unread(by: Side, gathered: &Gathered) -> Draft {
    let (words, role) = match by {
        Side::Initiator => ("broken request: ", Role::Request),
        Side::Acceptor => ("broken answer: ", Role::Answer),
    };
    let line = gathered.octets.split(|octet| *octet == b'\n').next().unwrap_or_default();
    let words = Words::of_broken(words, line.trim_ascii_end());
    let (faults, notes, carried) = (Vec::new(), Vec::new(), None);
    Draft { exchange: gathered.exchange, by, role, began: gathered.began, failed: false, faults, notes, words, carried }
}

/// Whether `octets` begin like a message of that side.
pub(super) fn looks_like_start(by: Side, octets: &[u8]) -> bool {
    let line = octets.split(|octet| *octet == b'\n').next().unwrap_or_default();
    match by {
        Side::Acceptor => line.starts_with(b"HTTP/1."),
        Side::Initiator => line
            .trim_ascii_end()
            .rsplit(|octet| *octet == b' ')
            .next()
            .is_some_and(|version| version.starts_with(b"HTTP/1.")),
    }
}
