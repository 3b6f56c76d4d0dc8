use proptest::prelude::*;
use toynet_record::Transport;

use super::*;

#[test]
fn a_mail_is_one_exchange() {
    assert_eq!(
        told(&[
            (S, "220 mail.shop.test ESMTP\r\n"),
            (C, "EHLO client.test\r\n"),
            (S, "250-mail.shop.test\r\n250 SIZE 10\r\n"),
            (C, "MAIL FROM:<alice@shop.test>\r\nRCPT TO:<carol@club.test>\r\nDATA\r\n"),
            (S, "250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go on\r\n"),
            (C, "From: alice@shop.test\r\nSubject: Hi\r\n\r\nhello\r\n.\r\n"),
            (S, "250 2.0.0 queued as 1\r\n"),
            (C, "QUIT\r\n"),
            (S, "221 bye\r\n"),
        ]),
        [
            "0 Interim < 220 mail.shop.test ESMTP",
            "1 Request > EHLO client.test",
            "1 Answer < 250 mail.shop.test, SIZE 10",
            "2 Request > MAIL FROM:<alice@shop.test>",
            "2 Interim > RCPT TO:<carol@club.test>",
            "2 Interim > DATA",
            "2 Interim < 250 2.1.0 ok",
            "2 Interim < 250 2.1.5 ok",
            "2 Interim < 354 go on",
            "2 Interim > From: alice@shop.test, Subject: Hi, 45 octets",
            "2 Answer < 250 2.0.0 queued as 1",
            "3 Request > QUIT",
            "3 Answer < 221 bye",
        ]
    );
}

#[test]
fn a_mail_that_is_refused_ends_with_its_last_refusal() {
    assert_eq!(
        told(&[
            (S, "220 x\r\n"),
            (C, "MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n"),
            (S, "250 ok\r\n550 no\r\n554 nobody\r\n"),
            (C, "MAIL FROM:<a@b.test>\r\n"),
            (S, "550 no\r\n"),
        ])[4..],
        [
            "1 Interim < 250 ok",
            "1 Interim < 550 no failed",
            "1 Answer < 554 nobody failed",
            "2 Request > MAIL FROM:<a@b.test>",
            "2 Answer < 550 no failed",
        ]
    );
}

#[test]
fn what_is_said_in_auth_is_secret() {
    let messages = dissect(&[
        (S, "220 x\r\n"),
        (C, "AUTH PLAIN AGEAYg==\r\n"),
        (S, "235 ok\r\n"),
        (C, "AUTH LOGIN\r\n"),
        (S, "334 VXNlcm5hbWU6\r\n"),
        (C, "YQ==\r\n"),
        (S, "334 UGFzc3dvcmQ6\r\n"),
        (C, "Yg==\r\n"),
        (S, "235 ok\r\n"),
        (C, "NOOP\r\n"),
    ]);
    let redacted: Vec<_> =
        messages.iter().filter(|message| message.by == Side::Initiator).map(Message::redacted).collect();
    assert_eq!(redacted, ["AUTH PLAIN •••", "AUTH LOGIN", "•••", "•••", "NOOP"]);
    assert_eq!(messages.iter().map(|message| message.exchange).collect::<Vec<_>>(), [0, 1, 1, 2, 2, 2, 2, 2, 2, 3]);
}

#[test]
fn what_breaks_a_rule_is_told() {
    let messages = dissect(&[
        (S, "220 x\r\n"),
        (C, "NOOP\nMAIL FROM:<a@b.test>\r\nRCPT TO:<a@b.test>\r\nDATA\r\n"),
        (S, "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n"),
        (C, "a\n.\nb\r\n.\r\n"),
        (S, "what\r\n"),
    ]);
    let faults: Vec<_> = messages.iter().flat_map(|message| &message.faults).collect();
    assert_eq!(
        faults,
        [
            "The line ends with LF alone (RFC 5321 2.3.8).",
            "Line 1 has LF without CR; another server might see the end of the message there (RFC 5321 2.3.8).",
            "A reply begins with three digits (RFC 5321 4.2).",
        ]
    );
}

#[test]
fn chunks_are_told_and_the_last_one_tells_the_mail() {
    assert_eq!(
        told(&[
            (S, "220 x\r\n"),
            (
                C,
                "MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nBDAT 13\r\nSubject: a\r\n\rBDAT 4 LAST\r\n\nb\r\nQUIT\r\n"
            ),
            (S, "250 ok\r\n250 ok\r\n250 13\r\n250 queued\r\n221 bye\r\n"),
        ])[3..],
        [
            "1 Interim > BDAT 13",
            "1 Interim > chunk of 13 octets",
            "1 Interim > BDAT 4 LAST",
            "1 Interim > Subject: a, 17 octets",
            "2 Request > QUIT",
            "1 Interim < 250 ok",
            "1 Interim < 250 ok",
            "1 Interim < 250 13",
            "1 Answer < 250 queued",
            "2 Answer < 221 bye",
        ]
    );
}

#[test]
fn a_message_with_a_hole_ends_when_the_server_speaks() {
    let mut dissector = dissector(false);
    let mut out = Vec::new();
    let mut say = |dissector: &mut SmtpDissector, by, text: &str| {
        dissector.said(Said { by, time: Time::default(), octets: text.as_bytes() }, &mut out);
    };
    say(&mut dissector, S, "220 x\r\n");
    say(&mut dissector, C, "MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n");
    say(&mut dissector, S, "250 ok\r\n250 ok\r\n354 go\r\n");
    say(&mut dissector, C, "Subject: big\r\n\r\n");
    dissector.hole(C, 1000, Time::default(), &mut Vec::new());
    say(&mut dissector, S, "250 queued\r\n");
    say(&mut dissector, C, "QUIT\r\n");
    let lines: Vec<_> = out.iter().map(line).collect();
    assert_eq!(lines[7..], ["1 Interim > Subject: big, 1,016 octets", "1 Answer < 250 queued", "2 Request > QUIT"]);
}

#[test]
fn after_starttls_the_clear_text_goes_on_and_what_is_sealed_is_left_alone() {
    let begun = [(S, "220 x\r\n"), (C, "EHLO a\r\n"), (S, "250 x\r\n"), (C, "STARTTLS\r\n"), (S, "220 go\r\n")];
    let after = |more: [(Side, &'static str); 2]| told(&[&begun[..], &more].concat())[5..].to_vec();
    assert_eq!(after([(C, "EHLO a\r\n"), (S, "250 x\r\n")]), ["3 Request > EHLO a", "3 Answer < 250 x"]);
    assert_eq!(after([(C, "\x16\x03\x01EHLO a\r\n"), (S, "\x16\x03\x03\r\n")]), Vec::<String>::new());
}

#[test]
fn who_wants_explanations_gets_notes_on_every_message() {
    let flow =
        FlowInfo { transport: Transport::Tcp, port: 25, joined_late: false, explain: true, whole: false, stream: None };
    let (mut dissector, mut out) = (SmtpDissector::new(flow), Vec::new());
    for (by, text) in [
        (S, "220 x\r\n"),
        (C, "EHLO a\r\nAUTH LOGIN\r\n"),
        (S, "250-x\r\n250 DSN\r\n334 VXNlcm5hbWU6\r\n"),
        (C, "c2VjcmV0\r\n"),
        (S, "535 5.7.8 no\r\n"),
        (C, "MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n"),
        (S, "250 ok\r\n250 ok\r\n354 go\r\n"),
        (C, "From: a@b.test\r\n\r\nhello\r\n.\r\n"),
        (S, "250 ok\r\n"),
        (C, "BDAT 1\r\nx"),
        (S, "503 no\r\n"),
    ] {
        dissector.said(Said { by, time: Time::default(), octets: text.as_bytes() }, &mut out);
    }
    for message in &out {
        assert!(!message.notes.is_empty() && message.notes.iter().all(|note| note.rule.is_some()), "{message:?}");
        assert!(!format!("{:?}", message.notes).contains("c2VjcmV0"));
    }
}

#[test]
fn who_joined_late_counts_nothing() {
    let mut dissector = dissector(true);
    let mut out = Vec::new();
    for (by, text) in [(C, "rest of a line\r\nDATA\r\n"), (S, "250 ok\r\n"), (C, "QUIT\r\n"), (S, "221 bye\r\n")] {
        dissector.said(Said { by, time: Time::default(), octets: text.as_bytes() }, &mut out);
    }
    let lines: Vec<_> = out.iter().map(line).collect();
    assert_eq!(lines[lines.len() - 2..], ["0 Request > QUIT", "0 Answer < 221 bye"]);
}

proptest! {
    #[test]
    fn pieces_make_no_difference_and_nothing_panics(parts in prop::collection::vec((any::<bool>(), prop::sample::select(PARTS)), 0..14)) {
        let said: Vec<_> = parts.iter().map(|(server, text)| (if *server { S } else { C }, *text)).collect();
        let pieces: Vec<_> = said.iter().flat_map(|(by, text)| text.as_bytes().chunks(1).map(|piece| (*by, std::str::from_utf8(piece).unwrap()))).collect();
        prop_assert_eq!(told(&said), told(&pieces));
    }
}

const C: Side = Side::Initiator;
const S: Side = Side::Acceptor;
const PARTS: &[&str] = &[
    "250 ok\r\n",
    "354 go\r\n",
    "334 x\r\n",
    "250-a\r\n",
    "MAIL FROM:<a@b.test>\r\n",
    "RCPT TO:<c@d.test>\r\n",
    "DATA\r\n",
    "AUTH PLAIN\r\n",
    "BDAT 3\r\n",
    "BDAT 0 LAST\r\n",
    "abc",
    ".\r\n",
    "\n.\n",
    "RSET\r\n",
    "QUIT\r\n",
    "\r",
];

fn told(said: &[(Side, &str)]) -> Vec<String> {
    dissect(said).iter().map(line).collect()
}

fn line(message: &Message) -> String {
    let arrow = if message.by == C { '>' } else { '<' };
    let failed = if message.failed { " failed" } else { "" };
    format!("{} {:?} {arrow} {}{failed}", message.exchange, message.role, message.summary)
}

fn dissect(said: &[(Side, &str)]) -> Vec<Message> {
    let (mut dissector, mut out) = (dissector(false), Vec::new());
    for (by, text) in said {
        dissector.said(Said { by: *by, time: Time::default(), octets: text.as_bytes() }, &mut out);
    }
    dissector.closed(Time::default(), &mut out);
    out
}

fn dissector(joined_late: bool) -> SmtpDissector {
    SmtpDissector::new(FlowInfo {
        transport: Transport::Tcp,
        port: 25,
        joined_late,
        explain: false,
        whole: false,
        stream: None,
    })
}
