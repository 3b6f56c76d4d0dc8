use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::server::Auth;
use crate::wire::auth;

#[test]
fn a_mail_is_taken() {
    let mut talk = Talk::default();
    talk.say("EHLO client.test\r\nMAIL FROM:<alice@shop.test> SIZE=9\r\nRCPT TO:<bob@shop.test>\r\nDATA\r\n");
    talk.say("hello\r\n..\r\n.\r\nQUIT\r\n");
    assert_eq!(
        talk.heard,
        [
            "220 mail.test ESMTP toynet",
            "250-mail.test greets client.test",
            "250-PIPELINING",
            "250-SIZE 1000",
            "250-8BITMIME",
            "250-ENHANCEDSTATUSCODES",
            "250-SMTPUTF8",
            "250-CHUNKING",
            "250-DSN",
            "250-LIMITS RCPTMAX=2",
            "250 HELP",
            "250 2.1.0 sender ok",
            "250 2.1.5 recipient ok",
            "354 end the mail with a line that is a single dot",
            "250 2.0.0 queued as 1",
            "221 2.0.0 bye",
        ]
    );
    assert_eq!(talk.events, ["from <alice@shop.test> as 2", "to <bob@shop.test>", "hello|.|", "Ended(Quit)"]);
}

#[test]
fn what_is_smuggled_is_content_and_refused_with_its_reason() {
    for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r\n.\r", "\r\n.\r\r\n", "\r.\r"] {
        let mut talk = Talk::begun();
        talk.say("DATA\r\n");
        talk.say(&format!("one{end}MAIL FROM:<admin@shop.test>\r\nRCPT TO:<bob@shop.test>\r\nDATA\r\ntwo\r\n.\r\n"));
        assert_eq!(talk.events, ["Abandoned"], "{end:?}");
        assert!(talk.last().starts_with("554 5.6.0 line ") && talk.last().contains(" has "), "{:?}", talk.last());
    }
}

#[test]
fn a_command_with_a_bare_line_end_is_refused_at_once() {
    let mut talk = Talk::default();
    talk.say("EHLO client.test\n");
    assert_eq!(talk.last(), "500 5.5.2 LF stands without CR; a line ends with CR LF");
    talk.say("NOOP\rNOOP\r\n");
    assert_eq!(talk.last(), "500 5.5.2 CR stands without LF; a line ends with CR LF");
    talk.say(&format!("NOOP {}\r\n", "x".repeat(20_000)));
    assert_eq!(talk.last(), "500 5.5.2 the line is too long");
}

#[test]
fn commands_out_of_order_are_refused() {
    let mut talk = Talk::default();
    for (line, reply) in [
        ("NOOP", "250 2.0.0 ok"),
        ("RSET", "250 2.0.0 ok"),
        ("MAIL FROM:<a@b.test>", "503 5.5.1 say EHLO first"),
        ("HELO client.test", "250 mail.test greets client.test"),
        ("RCPT TO:<bob@shop.test>", "503 5.5.1 say MAIL first"),
        ("DATA", "503 5.5.1 say MAIL and RCPT first"),
        ("MAIL FROM:<a@b.test>", "250 2.1.0 sender ok"),
        ("MAIL FROM:<a@b.test>", "503 5.5.1 a mail has begun already"),
        ("DATA", "554 5.5.1 there are no valid recipients"),
        ("VRFY bob", "252 2.1.5 send mail and see"),
        ("EXPN bob", "502 5.5.1 there are no lists"),
        ("AUTH PLAIN", "503 5.5.1 a mail has begun; end it first"),
        ("STARTTLS", "503 5.5.1 a mail has begun; end it first"),
        ("RSET", "250 2.0.0 ok"),
        ("STARTTLS", "454 4.7.0 there is no certificate for TLS here"),
        ("AUTH PLAIN", "502 5.5.1 there are no users here"),
    ] {
        talk.say(&format!("{line}\r\n"));
        assert_eq!(talk.last(), reply, "{line}");
    }
}

#[test]
fn a_second_greeting_and_a_reset_give_up_the_mail() {
    for line in ["EHLO again.test", "HELO again.test", "RSET"] {
        let mut talk = Talk::begun();
        talk.say(&format!("{line}\r\nDATA\r\n"));
        assert_eq!(talk.events, ["Abandoned"]);
        assert_eq!(talk.last(), "503 5.5.1 say MAIL and RCPT first");
    }
}

#[test]
fn what_is_refused_leaves_the_rest_of_the_pipeline_standing() {
    let mut talk = Talk::default();
    talk.say("EHLO c.test\r\nMAIL FROM:<bad@b.test>\r\nRCPT TO:<bob@shop.test>\r\nDATA\r\n");
    assert_eq!(talk.tail(3), ["550 5.7.1 no", "503 5.5.1 say MAIL first", "503 5.5.1 say MAIL and RCPT first"]);
    talk.say("MAIL FROM:<a@b.test>\r\nRCPT TO:<bad@shop.test>\r\nRCPT TO:<bob@shop.test>\r\nDATA\r\n");
    assert_eq!(talk.tail(3)[0], "550 5.7.1 no");
    assert!(talk.last().starts_with("354"));
}

#[test]
fn sizes_are_limited_before_and_after() {
    let mut talk = Talk::default();
    talk.say("EHLO c.test\r\nMAIL FROM:<a@b.test> SIZE=1001\r\n");
    assert_eq!(talk.last(), "552 5.3.4 a message has at most 1000 octets");
    let mut talk = Talk::begun();
    talk.say(&format!("DATA\r\n{}.\r\nNOOP\r\n", "a\r\n".repeat(400)));
    assert_eq!(talk.tail(2), ["552 5.3.4 a message has at most 1000 octets", "250 2.0.0 ok"]);
}

#[test]
fn more_recipients_than_the_limit_are_put_off() {
    let mut talk = Talk::begun();
    talk.say("RCPT TO:<two@shop.test>\r\nRCPT TO:<three@shop.test>\r\n");
    assert_eq!(talk.last(), "452 4.5.3 too many recipients; send the others in a mail of their own");
}

#[test]
fn an_address_beyond_ascii_needs_smtputf8() {
    let mut talk = Talk::default();
    talk.say("EHLO c.test\r\nMAIL FROM:<jürgen@b.test>\r\n");
    assert_eq!(talk.last(), "550 5.6.7 an address beyond ASCII needs SMTPUTF8 in MAIL");
    talk.say("MAIL FROM:<jürgen@b.test> SMTPUTF8\r\nRCPT TO:<zoë@shop.test>\r\n");
    assert_eq!(talk.last(), "250 2.1.5 recipient ok");
}

#[test]
fn content_may_come_in_chunks() {
    let mut talk = Talk::begun();
    talk.say("BDAT 4\r\n.\r\n\r");
    talk.say("BDAT 1\r\n\nBDAT 0 LAST\r\n");
    assert_eq!(talk.tail(3), ["250 2.0.0 4 octets", "250 2.0.0 1 octets", "250 2.0.0 queued as 1"]);
    assert_eq!(talk.events, [".||"]);
}

#[test]
fn a_chunk_that_is_refused_is_swallowed() {
    let mut talk = Talk::default();
    talk.say("EHLO c.test\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n");
    assert_eq!(talk.tail(2), ["503 5.5.1 say MAIL and RCPT first", "250 2.0.0 ok"]);
    let mut talk = Talk::begun();
    talk.say("BDAT 5\r\na\nb\r\nBDAT 0 LAST\r\n");
    assert!(talk.last().starts_with("554 5.6.0 line 1 has LF without CR"));
}

#[test]
fn too_many_mistakes_end_the_connection() {
    let mut talk = Talk::default();
    talk.say(&"FOO\r\n".repeat(30));
    assert_eq!(talk.last(), "421 4.7.0 too many mistakes");
    assert_eq!(talk.events, ["Ended(PeerMistakes)"]);
    assert_eq!(talk.heard.len(), 1 + 20 + 1);
}

#[test]
fn who_is_silent_or_dribbles_is_left() {
    let mut talk = Talk::begun();
    talk.say("DATA\r\n");
    talk.now = talk.now + Duration::from_secs(299);
    talk.say("a");
    assert_eq!(talk.machine.deadline(), Some(Time::from_secs(300)));
    talk.say(&"b".repeat(1100));
    assert_eq!(talk.machine.deadline(), Some(Time::from_secs(599)));
    talk.now = Time::from_secs(599);
    talk.machine.expire(talk.now);
    talk.hear();
    assert_eq!(talk.last(), "421 4.4.2 you took too long");
    assert_eq!(talk.events, ["Abandoned", "Ended(PeerTooSlow)"]);
}

#[test]
fn tls_begins_after_its_reply_and_all_before_it_is_forgotten() {
    let mut talk = Talk::with(Offer { starttls: true, secured: false, auth: Some(Auth::UnderTls) });
    talk.say("EHLO client.test\r\n");
    assert!(talk.heard.contains(&"250-STARTTLS".to_owned()) && !talk.heard.iter().any(|line| line.contains("AUTH")));
    talk.say("AUTH PLAIN AGEAYg==\r\n");
    assert!(talk.last().starts_with("538 5.7.11 "));
    talk.say("STARTTLS\r\nMAIL FROM:<eve@b.test>\r\n");
    assert_eq!(talk.last(), "220 2.0.0 begin TLS");
    assert!(talk.machine.is_paused());
    assert_eq!(talk.machine.unread(), b"MAIL FROM:<eve@b.test>\r\n");

    let mut talk = Talk::with(Offer { starttls: true, secured: false, auth: Some(Auth::UnderTls) });
    talk.say("EHLO client.test\r\nSTARTTLS\r\n");
    talk.machine.order(talk.now, Order::Secured);
    talk.say("MAIL FROM:<a@b.test>\r\n");
    assert_eq!(talk.last(), "503 5.5.1 say EHLO first");
    let before = talk.heard.len();
    talk.say("EHLO client.test\r\nSTARTTLS\r\n");
    let greeted = &talk.heard[before..];
    assert!(greeted.contains(&"250-AUTH PLAIN LOGIN".to_owned()) && !greeted.contains(&"250-STARTTLS".to_owned()));
    assert_eq!(talk.last(), "503 5.5.1 TLS has begun already");
}

#[test]
fn a_user_says_who_they_are_in_one_line_or_in_more() {
    let plain = auth::encoded(b"\0alice\0secret");
    let (name, password) = (auth::encoded(b"alice"), auth::encoded(b"secret"));
    for lines in [
        vec![format!("AUTH PLAIN {plain}")],
        vec!["auth plain".to_owned(), plain.clone()],
        vec!["AUTH LOGIN".to_owned(), name.clone(), password.clone()],
        vec![format!("AUTH LOGIN {name}"), password],
    ] {
        let mut talk = Talk::user();
        lines.iter().for_each(|line| talk.say(&format!("{line}\r\n")));
        assert_eq!((talk.last(), talk.events.as_slice()), ("235 2.7.0 welcome", &["login alice".to_owned()][..]));
        talk.say("AUTH PLAIN\r\n");
        assert_eq!(talk.last(), "503 5.5.1 you have said who you are already");
    }
}

#[test]
fn a_user_who_is_not_known_stays_a_stranger() {
    for (lines, reply) in [
        ("AUTH PLAIN AGEAYg==\r\n", "535 5.7.8 there is no such user with such a password"),
        ("AUTH PLAIN\r\n*\r\n", "501 5.7.0 as you wish"),
        ("AUTH PLAIN\r\nno!\r\n", "501 5.5.2 that is no base64"),
        ("AUTH PLAIN =\r\n", "501 5.5.2 that is no name and password"),
        ("AUTH CRAM-MD5\r\n", "504 5.5.4 the mechanisms are PLAIN and LOGIN"),
        ("AUTH LOGIN\r\na\n", "500 5.5.2 LF stands without CR; a line ends with CR LF"),
    ] {
        let mut talk = Talk::user();
        talk.say(lines);
        assert_eq!(talk.last(), reply);
        talk.say("NOOP\r\n");
        assert_eq!(talk.last(), "250 2.0.0 ok");
    }
    let mut talk = Talk::user();
    talk.say(&"AUTH PLAIN AGEAYg==\r\n".repeat(30));
    assert_eq!(talk.last(), "421 4.7.0 too many mistakes");
}

#[test]
fn a_server_that_stops_says_so() {
    let mut talk = Talk::begun();
    talk.machine.order(talk.now, Order::Stop("the server stops"));
    talk.hear();
    assert_eq!(talk.last(), "421 4.3.2 the server stops");
    assert_eq!(talk.events, ["Abandoned", "Ended(Stopped)"]);
    assert!(talk.machine.is_over());
}

#[test]
fn who_leaves_early_has_sent_nothing() {
    let mut talk = Talk::begun();
    talk.say("DATA\r\nhello\r\n");
    talk.machine.receive_end(talk.now);
    talk.hear();
    assert_eq!(talk.events, ["Abandoned", "Ended(PeerLeft)"]);
}

proptest! {
    #[test]
    fn pieces_make_no_difference(parts in prop::collection::vec(prop::sample::select(PARTS), 0..12), cuts in prop::collection::vec(1usize..40, 1..8)) {
        let octets = parts.concat();
        let mut whole = Talk::default();
        whole.say(&octets);
        let mut pieces = Talk::default();
        let (mut rest, mut cuts) = (octets.as_bytes(), cuts.iter().cycle());
        while !rest.is_empty() {
            let cut = rest.len().min(*cuts.next().unwrap());
            pieces.machine.receive(pieces.now, &rest[..cut]);
            pieces.hear();
            rest = &rest[cut..];
        }
        prop_assert_eq!(whole.heard, pieces.heard);
        prop_assert_eq!(whole.events, pieces.events);
    }

    #[test]
    fn nothing_makes_it_panic(octets in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut machine = ServerMachine::new(Time::default(), "mail.test", Limits::default(), Offer::default());
        machine.receive(Time::default(), &octets);
        machine.receive_end(Time::default());
    }
}

const PARTS: &[&str] = &[
    "EHLO c.test\r\n",
    "MAIL FROM:<a@b.test>\r\n",
    "RCPT TO:<bob@shop.test>\r\n",
    "RCPT TO:<bad@shop.test>\r\n",
    "DATA\r\n",
    "hello\r\n",
    "..\r\n",
    ".\r\n",
    "\n.\n",
    "\r",
    "BDAT 3\r\n",
    "a\r\n",
    "BDAT 0 LAST\r\n",
    "RSET\r\n",
    "NOOP\n",
    "AUTH PLAIN\r\n",
    "STARTTLS\r\n",
    "QUIT\r\n",
    "0123456789012345678901234567890123456789",
];

/// A machine whose session accepts everything but `bad`.
struct Talk {
    machine: ServerMachine,
    now: Time,
    heard: Vec<String>,
    events: Vec<String>,
    mails: usize,
}

impl Default for Talk {
    fn default() -> Self {
        Self::with(Offer::default())
    }
}

impl Talk {
    fn with(offer: Offer) -> Self {
        let limits = Limits { message: 1000, recipients: 2, ..Limits::default() };
        let machine = ServerMachine::new(Time::default(), "mail.test", limits, offer);
        let mut talk = Self { machine, now: Time::default(), heard: Vec::new(), events: Vec::new(), mails: 0 };
        talk.hear();
        talk
    }
}

impl Talk {
    /// A mail with a recipient.
    fn begun() -> Self {
        let mut talk = Self::default();
        talk.say("EHLO client.test\r\nMAIL FROM:<alice@shop.test>\r\nRCPT TO:<bob@shop.test>\r\n");
        talk.events.clear();
        talk
    }

    /// Who may say who they are.
    fn user() -> Self {
        let mut talk = Self::with(Offer { starttls: false, secured: false, auth: Some(Auth::Anywhere) });
        talk.say("EHLO client.test\r\n");
        talk
    }

    fn say(&mut self, text: &str) {
        self.machine.receive(self.now, text.as_bytes());
        self.hear();
    }

    fn hear(&mut self) {
        while let Some(event) = self.machine.poll_event() {
            let (told, answer) = match event {
                Event::Sender { from, exchange, .. } => {
                    let reply = decide(&from.to_string(), say::sender_ok());
                    (format!("from {from} as {exchange}"), Some(reply))
                }
                Event::Recipient(to, _) => (format!("to {to}"), Some(decide(&to.to_string(), say::recipient_ok()))),
                Event::Message(content) => {
                    self.mails += 1;
                    let text = String::from_utf8_lossy(content.octets()).replace("\r\n", "|");
                    (text, Some(say::queued(&self.mails.to_string())))
                }
                Event::Login(credentials) => {
                    let is_known = credentials == Credentials::new(b"alice", b"secret").unwrap();
                    let reply = if is_known { say::known() } else { say::wrong_password() };
                    (format!("login {}", credentials.user), Some(reply))
                }
                event => (format!("{event:?}"), None),
            };
            self.events.push(told);
            answer.into_iter().for_each(|reply| self.machine.order(self.now, Order::Answer(reply)));
        }
        let octets = std::mem::take(self.machine.outgoing());
        self.heard.extend(String::from_utf8(octets).unwrap().lines().map(str::to_owned));
    }

    fn last(&self) -> &str {
        self.heard.last().unwrap()
    }

    fn tail(&self, count: usize) -> &[String] {
        &self.heard[self.heard.len() - count..]
    }
}

fn decide(path: &str, accepted: Reply) -> Reply {
    if path.contains("bad") { Reply::new(550, crate::wire::Enhanced(5, 7, 1), "no") } else { accepted }
}
