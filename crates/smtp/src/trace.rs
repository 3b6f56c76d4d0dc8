//! Trace fields: who had a mail when (RFC 5321 4.4).

use std::fmt;
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

/// A protocol as RFC 3848 and RFC 6531 4.3 name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct With {
    /// After EHLO, not HELO.
    pub extended: bool,
    /// With addresses beyond ASCII.
    pub smtputf8: bool,
    /// Under TLS.
    pub secured: bool,
    /// By a user who is known.
    pub authenticated: bool,
}

/// The field that a server puts before a mail that it takes.
pub fn received(receipt: &Receipt<'_>) -> String {
    let Receipt { client, host, id, .. } = receipt;
    let address = Domain::Address(receipt.address.to_canonical());
    let with = receipt.with;
    let to = match receipt.to {
        [to] => format!("\r\n\tfor {to}"),
        _ => String::new(),
    };
    format!(
        "Received: from {client} ({address})\r\n\tby {host} with {with} id {id}{to};\r\n\t{}\r\n",
        date(receipt.time)
    )
}

/// The fields that a mail should have and has not: where it is handed in they are added (RFC 6409 section 8).
pub fn missing(content: &Content, id: &str, host: &str, time: Time) -> String {
    let mut fields = String::new();
    if !has_field(content, b"date:") {
        fields.push_str(&format!("Date: {}\r\n", date(time)));
    }
    if !has_field(content, b"message-id:") {
        fields.push_str(&format!("Message-ID: <{id}@{host}>\r\n"));
    }
    fields
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
    fields(content, b"received:").count()
}

fn has_field(content: &Content, name: &'static [u8]) -> bool {
    fields(content, name).next().is_some()
}

fn fields<'a>(content: &'a Content, name: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
    let lines = content.header().split(|octet| *octet == b'\n');
    lines.filter(move |line| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
}

impl fmt::Display for With {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.smtputf8, self.extended) {
            (true, _) => "UTF8SMTP",
            (false, true) => "ESMTP",
            (false, false) => "SMTP",
        })?;
        f.write_str(if self.secured { "S" } else { "" })?;
        f.write_str(if self.authenticated { "A" } else { "" })
    }
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
            with: With { extended: true, ..With::default() },
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
    fn protocols_have_the_names_of_their_registry() {
        let with = |extended, secured, authenticated| With { extended, secured, authenticated, smtputf8: false };
        assert_eq!(with(false, false, false).to_string(), "SMTP");
        assert_eq!(with(true, true, false).to_string(), "ESMTPS");
        assert_eq!(with(true, true, true).to_string(), "ESMTPSA");
        assert_eq!(With { smtputf8: true, ..with(true, false, true) }.to_string(), "UTF8SMTPA");
    }

    #[test]
    fn a_mail_that_is_handed_in_gets_the_fields_that_it_lacks() {
        let missing = |text| missing(&Content::from_text(text).unwrap(), "1", "mail.test", Time::from_secs(0));
        assert_eq!(
            missing("Subject: hi\n\nDate: no\n"),
            "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\nMessage-ID: <1@mail.test>\r\n"
        );
        assert_eq!(missing("date: x\nMessage-Id: <y@z>\n"), "");
    }

    #[test]
    fn a_mail_that_goes_in_circles_is_known_by_its_trace() {
        let mail =
            |hops: usize| Content::from_text(&format!("{}\nReceived: no\n", "received: x\n".repeat(hops))).unwrap();
        assert_eq!(hops(&mail(3)), 3);
        assert!(!loops(&mail(99)) && loops(&mail(100)));
    }
}
