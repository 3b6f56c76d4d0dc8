//! A message in a few words.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mail_parser::MessageParser;

/// `From: Alice <alice@shop.test>, Subject: Bread, 1,024 octets`, from a message's first octets and
/// how many it has in all.
pub(super) fn of(head: &[u8], size: u64) -> String {
    // The parser once panicked on what a stranger wrote; a reader of a record must not.
    let found = catch_unwind(AssertUnwindSafe(|| fields(head))).unwrap_or_default();
    let mut parts: Vec<String> = found.into_iter().map(|(name, value)| format!("{name}: {}", shown(&value))).collect();
    parts.push(octets(size));
    parts.join(", ")
}

/// `1 octet`, `1,024 octets`.
pub(super) fn octets(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {}", if count == 1 { "octet" } else { "octets" })
}

fn fields(head: &[u8]) -> Vec<(&'static str, String)> {
    let Some(message) = MessageParser::default().parse_headers(head) else { return Vec::new() };
    let from = message.from().and_then(|from| from.first()).map(|from| match (from.name(), from.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    });
    let subject = message.subject().map(str::to_owned);
    [("From", from), ("Subject", subject)].into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST).map(|char| if char.is_control() { ' ' } else { char }).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// The rest of a longer field says no more to who reads a log.
const LONGEST: usize = 78;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_by_sender_and_subject() {
        let head = b"From: Alice <alice@shop.test>\r\nSubject: =?utf-8?Q?Br=C3=B6tchen?=\r\n\r\nhello\r\n";
        assert_eq!(of(head, 1234), "From: Alice <alice@shop.test>, Subject: Brötchen, 1,234 octets");
        assert_eq!(of(b"hello", 1), "1 octet");
        assert_eq!(of(b"From: bob@shop.test\r\n\r\n", 0), "From: bob@shop.test, 0 octets");
    }
}
