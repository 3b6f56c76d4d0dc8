//! What is said in HTTP/1.x, in words.

use toynet_record::Side;
use toynet_record::dissect::Role;

use super::super::draft::{Draft, Words};
use super::Gathered;
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
    Draft { exchange: gathered.exchange, by, role, began: gathered.began, failed, faults, notes, words }
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
    let (faults, notes) = (Vec::new(), Vec::new());
    Draft { exchange: gathered.exchange, by, role, began: gathered.began, failed: false, faults, notes, words }
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
