use proptest::prelude::*;

use super::*;

#[test]
fn a_mail_goes_out_in_one_piece_where_the_server_pipelines() {
    let mut talk = Talk::with("250-PIPELINING\r\n250 SIZE 1000\r\n");
    talk.deliver(letter(&["bob@b.test", "eve@b.test"], "hello\n.\n"));
    assert_eq!(talk.said(), "MAIL FROM:<a@a.test> SIZE=10\r\nRCPT TO:<bob@b.test>\r\nRCPT TO:<eve@b.test>\r\nDATA\r\n");
    talk.hear("250 ok\r\n250 ok\r\n550 5.1.1 who\r\n354 go\r\n");
    assert_eq!(talk.said(), "hello\r\n..\r\n.\r\n");
    talk.hear("250 2.0.0 queued\r\n");
    assert_eq!(talk.fates(), ["relayed: 250 2.0.0 queued", "failed: b.test said to RCPT: 550 5.1.1 who"]);
    talk.machine.order(talk.now, Order::Quit);
    assert_eq!(talk.said(), "QUIT\r\n");
    talk.hear("221 bye\r\n");
    assert_eq!(talk.machine.poll_event(), Some(Event::Ended(Ending::Quit)));
    assert!(talk.machine.is_over());
}

#[test]
fn without_pipelining_each_answer_is_waited_for() {
    let mut talk = Talk::with("250 HELP\r\n");
    talk.deliver(letter(&["bob@b.test"], "hello\n"));
    assert_eq!(talk.said(), "MAIL FROM:<a@a.test>\r\n");
    talk.hear("250 ok\r\n");
    assert_eq!(talk.said(), "RCPT TO:<bob@b.test>\r\n");
    talk.hear("450 4.2.1 later\r\n");
    assert_eq!(talk.said(), "RSET\r\n");
    talk.hear("250 ok\r\n");
    assert_eq!(talk.fates(), ["deferred: b.test said to RCPT: 450 4.2.1 later"]);
}

#[test]
fn a_refused_sender_is_the_fate_of_all() {
    for hello in ["250-PIPELINING\r\n250 HELP\r\n", "250 HELP\r\n"] {
        let mut talk = Talk::with(hello);
        talk.deliver(letter(&["bob@b.test"], "hello\n"));
        talk.hear("550 5.7.1 no\r\n");
        if hello.contains("PIPELINING") {
            talk.hear("503 5.5.1 what\r\n503 5.5.1 what\r\n250 ok\r\n");
        }
        assert_eq!(talk.fates(), ["failed: b.test said to MAIL: 550 5.7.1 no"]);
    }
}

#[test]
fn a_server_that_took_nobody_and_wants_content_gets_none() {
    let mut talk = Talk::with("250-PIPELINING\r\n250 HELP\r\n");
    talk.deliver(letter(&["bob@b.test"], "hello\n"));
    talk.said();
    talk.hear("250 ok\r\n550 no\r\n354 go\r\n");
    assert_eq!(talk.said(), ".\r\n");
    talk.hear("554 nobody\r\n");
    assert_eq!(talk.fates(), ["failed: b.test said to RCPT: 550 no"]);
}

#[test]
fn a_connection_that_is_lost_defers_what_was_not_answered() {
    let mut talk = Talk::with("250-PIPELINING\r\n250 HELP\r\n");
    talk.deliver(letter(&["bob@b.test", "eve@b.test"], "hello\n"));
    talk.hear("250 ok\r\n550 no\r\n250 ok\r\n354 go\r\n");
    talk.machine.receive_end(talk.now);
    assert_eq!(talk.fates(), ["failed: b.test said to RCPT: 550 no", "deferred: b.test broke off"]);
}

#[test]
fn a_server_that_is_too_slow_is_left_after_the_time_for_its_step() {
    let mut talk = Talk::with("250 HELP\r\n");
    assert_eq!(talk.machine.deadline(), None);
    talk.deliver(letter(&["bob@b.test"], "hello\n"));
    assert_eq!(talk.machine.deadline(), Some(Time::from_secs(300)));
    talk.hear("250 ok\r\n250 ok\r\n");
    assert_eq!(talk.machine.deadline(), Some(Time::from_secs(120)));
    talk.hear("354 go\r\n");
    assert_eq!(talk.machine.deadline(), Some(Time::from_secs(600)));
    talk.machine.expire(Time::from_secs(600));
    assert_eq!(talk.fates(), ["deferred: b.test did not answer in time"]);
    assert!(talk.machine.is_over());
}

#[test]
fn what_the_server_cannot_take_is_not_sent() {
    let fates = |hello, letter| {
        let mut talk = Talk::with(hello);
        talk.deliver(letter);
        assert_eq!(talk.said(), "");
        talk.fates()
    };
    assert_eq!(
        fates("250 SIZE 5\r\n", letter(&["b@b.test"], "hello\n")),
        ["failed: b.test takes no message of more than 5 octets"]
    );
    assert_eq!(fates("250 HELP\r\n", letter(&["b@b.test"], "zoë\n")), ["failed: b.test takes no message beyond ASCII"]);
    assert_eq!(
        fates("250 8BITMIME\r\n", letter(&["zoë@b.test"], "a\n")),
        ["failed: b.test takes no address beyond ASCII"]
    );
}

#[test]
fn an_old_server_is_greeted_with_helo() {
    let mut talk = Talk::fresh();
    talk.hear("220 b.test\r\n502 what\r\n");
    assert_eq!(talk.said(), "EHLO a.test\r\nHELO a.test\r\n");
    talk.hear("250 b.test\r\n");
    assert_eq!(talk.machine.poll_event(), Some(Event::Ready(Extensions::default())));
}

#[test]
fn a_server_that_refuses_or_babbles_ends_the_conversation() {
    for (said, fate) in [
        ("554 5.3.2 no\r\n", "failed: b.test said to the connection: 554 5.3.2 no"),
        ("421 4.3.2 busy\r\n", "deferred: b.test said to the connection: 421 4.3.2 busy"),
        (
            "HTTP/1.1 400 Bad Request\r\n",
            "deferred: b.test does not speak SMTP: a reply begins with three digits, not with \"HTTP/1.1\"",
        ),
    ] {
        let mut talk = Talk::fresh();
        talk.hear(said);
        let Some(Event::Ended(Ending::Trouble(trouble))) = talk.machine.poll_event() else { panic!("{said}") };
        assert_eq!(trouble.to_string(), fate);
    }
}

proptest! {
    #[test]
    fn pieces_make_no_difference(cuts in prop::collection::vec(1usize..40, 1..8)) {
        let answers = "220 b.test\r\n250-b.test\r\n250 PIPELINING\r\n";
        let mut talk = Talk::fresh();
        let (mut rest, mut cuts) = (answers.as_bytes(), cuts.iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
            talk.machine.receive(talk.now, piece);
            rest = after;
        }
        prop_assert_eq!(talk.machine.poll_event(), Some(Event::Ready(Extensions { pipelining: true, ..Extensions::default() })));
    }

    #[test]
    fn nothing_makes_it_panic(octets in "([235][0-9]{2}[ -][a-z]{0,3}\r\n|[^a]{0,9}){0,12}") {
        let mut talk = Talk::with("250-PIPELINING\r\n250 HELP\r\n");
        talk.deliver(letter(&["b@b.test"], "a\n"));
        talk.hear(&octets);
        talk.machine.receive_end(talk.now);
    }
}

fn letter(to: &[&str], text: &str) -> Letter {
    Letter {
        from: ReversePath::parse("<a@a.test>").unwrap(),
        to: to.iter().map(|to| ForwardPath::parse(&format!("<{to}>")).unwrap()).collect(),
        content: Content::from_text(text).unwrap(),
        smtputf8: false,
        dsn: Dsn::default(),
    }
}

struct Talk {
    machine: ClientMachine,
    now: Time,
}

impl Talk {
    fn fresh() -> Self {
        Self { machine: ClientMachine::new(Time::default(), "a.test", "b.test"), now: Time::default() }
    }

    /// After a greeting that ends so.
    fn with(hello: &str) -> Self {
        let mut talk = Self::fresh();
        talk.hear(&format!("220 b.test\r\n250-b.test\r\n{hello}"));
        talk.said();
        assert!(matches!(talk.machine.poll_event(), Some(Event::Ready(_))));
        talk
    }

    fn deliver(&mut self, letter: Letter) {
        self.machine.order(self.now, Order::Deliver(letter));
    }

    fn hear(&mut self, text: &str) {
        self.machine.receive(self.now, text.as_bytes());
    }

    fn said(&mut self) -> String {
        String::from_utf8(std::mem::take(self.machine.outgoing())).unwrap()
    }

    fn fates(&mut self) -> Vec<String> {
        match self.machine.poll_event() {
            Some(Event::Done(fates)) => fates.iter().map(Fate::to_string).collect(),
            event => panic!("{event:?}"),
        }
    }
}
