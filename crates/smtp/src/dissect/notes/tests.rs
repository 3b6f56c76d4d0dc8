use super::*;

#[test]
fn each_part_of_a_command_has_its_section() {
    for (line, notes) in [
        (
            "EHLO [198.18.0.1]",
            &[
                "asks what the server can do beyond the basics | RFC 5321 4.1.1.1",
                "has no name and gives its address, [198.18.0.1] | RFC 5321 4.1.3",
            ][..],
        ),
        (
            "MAIL FROM:<> SIZE=10 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+3Db",
            &[
                "begins a mail; this is its envelope, not its header | RFC 5321 4.1.1.2",
                "has no sender: it is a notification, and none may answer it | RFC 5321 4.5.5",
                "has some 10 octets (SIZE), so that the server can refuse it before it comes | RFC 1870 6",
                "has octets beyond ASCII (BODY=8BITMIME) | RFC 6152 2",
                "has addresses or header fields beyond ASCII (SMTPUTF8) | RFC 6531 3.4",
                "wants only its header back if it fails (RET=HDRS) | RFC 3461 4.3",
                "is called a=b by its sender in notifications (ENVID) | RFC 3461 4.4",
            ],
        ),
        (
            "RCPT TO:<carol@club.test> NOTIFY=SUCCESS,FAILURE",
            &[
                "is for the mailbox carol, which club.test alone understands | RFC 5321 4.1.1.3",
                "wants to hear if it is delivered or fails (NOTIFY) | RFC 3461 4.1",
            ],
        ),
        ("BDAT 3 LAST", &["sends the last chunk of the message at once: 3 octets follow | RFC 3030 2"]),
        ("MAIL FROM: <a@b.test>", &["is wrong: the path does not begin with < | RFC 5321 4.1.2"]),
    ] {
        assert_eq!(shown(&command(&Command::parse(line.as_bytes()), false, None)), notes, "{line}");
    }
}

#[test]
fn no_note_tells_a_password() {
    let notes = command(&Command::parse(b"AUTH PLAIN AGFsaWNlAHNlY3JldA=="), false, None);
    assert!(!format!("{notes:?}").contains("AGFs"));
    assert_eq!(shown(&notes)[1], "is base64, not encrypted: without TLS everyone on the way can read it | RFC 4954 9");
}

#[test]
fn what_comes_early_or_ends_wrongly_is_said() {
    let notes = command(&Command::parse(b"NOOP"), true, Some("The line ends with LF alone (RFC 5321 2.3.8)."));
    assert_eq!(
        shown(&notes)[1..],
        [
            "comes before the answer to what was said before: the client pipelines | RFC 2920 3.1",
            "is wrong: The line ends with LF alone | RFC 5321 2.3.8",
        ]
    );
}

#[test]
fn every_keyword_is_explained() {
    let lines: Vec<String> =
        ["mail.test", "SIZE 10", "STARTTLS", "AUTH PLAIN LOGIN", "XCLIENT"].map(str::to_owned).into();
    assert_eq!(
        shown(&reply(What::Hello, 250, &lines)),
        [
            "250: it was done (done) | RFC 5321 4.2.3",
            "SIZE: the size of a message may be told beforehand; more than 10 octets are not taken | RFC 1870 4",
            "STARTTLS: TLS can be started on this connection | RFC 3207 2",
            "AUTH: users may say who they are, by PLAIN or LOGIN | RFC 4954 3",
            "XCLIENT: is an extension of its own kind | RFC 5321 2.2.2",
        ]
    );
}

#[test]
fn codes_are_put_into_words() {
    let reply = |code, line: &str| shown(&reply(What::Aside, code, &[line.to_owned()]));
    assert_eq!(
        reply(550, "5.1.1 who"),
        [
            "550: there is no such mailbox, or the mail is not wanted (no, and trying the same again is no use) | RFC 5321 4.2.3",
            "5.1.1: failure for good, there is no such mailbox | RFC 3463 3.2",
        ]
    );
    assert_eq!(reply(421, "4.7.99 x")[1], "4.7.99: failure for now, about security or policy | RFC 5248 2");
    assert_eq!(reply(299, "2.0.0 x")[0], "299: done | RFC 5321 4.2.1");
    assert_eq!(reply(550, "2.0.0 x").len(), 1);
}

#[test]
fn a_message_is_explained_field_by_field() {
    let head = b"Received: from a\r\n\tby b; x\r\nReceived: from c\r\nFrom: alice@shop.test\r\nX-A: b\r\n\
        Content-Type: multipart/mixed;\r\n boundary=x\r\n\r\n.hello\r\n";
    assert_eq!(
        shown(&content(head, 90, Some(ContentFault::BareLf(3)))),
        [
            "Received stands 2 times: each server adds one on top, so that they tell its way from below | RFC 5321 4.4",
            "From: the author is alice@shop.test; the envelope may have another sender | RFC 5322 3.6.2",
            "X-A: is a field of whoever invented it | RFC 6648 2",
            "Content-Type: it has parts (multipart/mixed), with a line between them that the boundary names | RFC 2045 5",
            "is wrong: it has no Date, as every message must | RFC 5322 3.6",
            "has 1 lines that begin with a dot; each gets a second one on the way | RFC 5321 4.5.2",
            "is wrong: line 3 has LF without CR; another server might see the end of the message there | RFC 5321 2.3.8",
        ]
    );
}

fn shown(notes: &[Note]) -> Vec<String> {
    notes.iter().map(|note| format!("{} | {}", note.text, note.rule.as_deref().unwrap_or_default())).collect()
}
