//! Trace fields: who had a mail when (RFC 5321 4.4).

use std::net::IpAddr;

use mail_builder::headers::date::Date;
use toynet_machine::Time;

use crate::wire::path::Domain;
use crate::wire::{Content, ForwardPath, ReversePath};

/// How a mail came here.
#[derive(Clone, Copy, Debug)]
pub struct Receipt<'a> {
    /// What the client called itself.
    pub client: &'a str,
    /// Where it is.
    pub address: IpAddr,
    /// Our name.
    pub host: &'a str,
    /// By which protocol.
    pub with: With,
    /// What we call the mail.
    pub id: &'a str,
    /// Its recipients: named when there is one, so that none learns of the others.
    pub to: &'a [ForwardPath],
    /// When.
    pub time: Time,
}

/// Protocols as RFC 3848 and RFC 6531 3.7.3 name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// After HELO.
    Smtp,
    /// After EHLO.
    Esmtp,
    /// With addresses beyond ASCII.
    Utf8Smtp,
}

/// The field that a server puts before a mail that it takes.
pub fn received(receipt: &Receipt<'_>) -> String {
    let Receipt { client, host, id, .. } = receipt;
    let address = Domain::Address(receipt.address.to_canonical());
    let with = match receipt.with {
        With::Smtp => "SMTP",
        With::Esmtp => "ESMTP",
        With::Utf8Smtp => "UTF8SMTP",
    };
    let to = match receipt.to {
        [to] => format!("\r\n\tfor {to}"),
        _ => String::new(),
    };
    format!(
        "Received: from {client} ({address})\r\n\tby {host} with {with} id {id}{to};\r\n\t{}\r\n",
        date(receipt.time)
    )
}

/// The field that is added when a mail comes to rest in a mailbox.
pub fn return_path(from: &ReversePath) -> String {
    format!("Return-Path: {from}\r\n")
}

/// A date as header fields have it (RFC 5322 3.3), in UTC.
pub fn date(time: Time) -> String {
    Date::new(time.secs().cast_signed()).to_rfc822()
}

/// How many servers had a mail before, by its Received fields.
pub fn hops(content: &Content) -> usize {
    let lines = content.header().split(|octet| *octet == b'\n');
    let is_received = |line: &[u8]| line.get(..9).is_some_and(|name| name.eq_ignore_ascii_case(b"received:"));
    lines.filter(|line| is_received(line)).count()
}

/// Whether a mail has been through so many servers that it must be going in circles.
pub fn loops(content: &Content) -> bool {
    hops(content) >= MOST_HOPS
}

/// RFC 5321 6.3: at least 100.
const MOST_HOPS: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_says_from_whom_by_whom_and_when() {
        let to = [ForwardPath::parse("<bob@shop.test>").unwrap()];
        let receipt = Receipt {
            client: "client.test",
            address: [198, 18, 0, 5].into(),
            host: "mail.shop.test",
            with: With::Esmtp,
            id: "1",
            to: &to,
            time: Time::from_secs(1_767_225_600),
        };
        assert_eq!(
            received(&receipt),
            "Received: from client.test ([198.18.0.5])\r\n\tby mail.shop.test with ESMTP id 1\r\n\tfor \
             <bob@shop.test>;\r\n\tThu, 1 Jan 2026 00:00:00 +0000\r\n"
        );
        let two = [to[0].clone(), ForwardPath::Postmaster];
        assert!(!received(&Receipt { to: &two, ..receipt }).contains("for"));
    }

    #[test]
    fn a_mail_that_goes_in_circles_is_known_by_its_trace() {
        let mail =
            |hops: usize| Content::from_text(&format!("{}\nReceived: no\n", "received: x\n".repeat(hops))).unwrap();
        assert_eq!(hops(&mail(3)), 3);
        assert!(!loops(&mail(99)) && loops(&mail(100)));
    }
}
