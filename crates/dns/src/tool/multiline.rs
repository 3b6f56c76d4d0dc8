//! Data that is long: in pieces on one line, or over several lines with what its fields are.

use crate::codes::RecordType;
use crate::dnssec;
use crate::rdata::{Field, fields};
use crate::record::Record;
use crate::spans;

/// Cuts hexadecimal and base 64 at the end of data into pieces, as dig does.
pub fn split(kind: RecordType, text: &str) -> String {
    match long_part(kind, text) {
        Some((before, long)) => format!("{before} {}", pieces(long, PIECE).join(" ")),
        None => text.to_owned(),
    }
}

/// Data over several lines where its type has much to say.
pub fn data(record: &Record, text: &str) -> String {
    match record.kind {
        RecordType::SOA => soa(text),
        kind => match long_part(kind, text) {
            Some((before, long)) => {
                let lines: String = pieces(long, LINE).iter().map(|piece| format!("\n{INDENT}{piece}")).collect();
                format!("{before} ({lines}\n{INDENT}){}", remark(record))
            }
            None => text.to_owned(),
        },
    }
}

fn soa(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let [server, mailbox, numbers @ ..] = words.as_slice() else { return text.to_owned() };
    let names = ["serial", "refresh", "retry", "expire", "minimum"];
    let line = |(number, name): (&&str, &str)| {
        let span = match (name, number.parse()) {
            ("serial", _) | (_, Err(_)) => String::new(),
            (_, Ok(seconds)) => format!(" ({})", spans::in_words(seconds)),
        };
        format!("{INDENT}{number:<10} ; {name}{span}\n")
    };
    let lines: String = numbers.iter().zip(names).map(line).collect();
    format!("{server} {mailbox} (\n{lines}{INDENT})")
}

/// What a key is for, and its number.
fn remark(record: &Record) -> String {
    let [high, low, _, algorithm, ..] = *record.rdata else { return String::new() };
    if !matches!(record.kind, RecordType::DNSKEY | RecordType::CDNSKEY) {
        return String::new();
    }
    let use_ = match u16::from_be_bytes([high, low]) & (dnssec::ZONE_KEY | dnssec::SECURE_ENTRY) {
        257 => "KSK; ",
        256 => "ZSK; ",
        _ => "",
    };
    let algorithm = dnssec::algorithm(algorithm).unwrap_or("?");
    format!(" ; {use_}alg = {algorithm} ; key id = {}", dnssec::key_tag(&record.rdata))
}

/// What stands before the part at the end that is hexadecimal or base 64, and that part.
fn long_part(kind: RecordType, text: &str) -> Option<(&str, &str)> {
    let is_long = matches!(fields(kind)?.last()?, Field::Hex | Field::Base64);
    text.rsplit_once(' ').filter(|_| is_long && !text.starts_with("\\#"))
}

fn pieces(text: &str, length: usize) -> Vec<&str> {
    // Digits are ASCII, so that every place is between two of them.
    (0..text.len()).step_by(length).map(|at| &text[at..text.len().min(at + length)]).collect()
}

/// Digits of a piece on one line, as dig has them.
const PIECE: usize = 56;
/// And on a line of its own.
const LINE: usize = 44;
const INDENT: &str = "\t\t\t\t";
