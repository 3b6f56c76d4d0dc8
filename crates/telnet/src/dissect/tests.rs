//! Conversations as they are told.

use proptest::prelude::*;
use toynet_record::Transport;

use super::*;
use crate::codes::IAC;

const WILL_ECHO: &[u8] = &[IAC, 251, 1];
const DO_ECHO: &[u8] = &[IAC, 253, 1];

#[test]
fn options_are_told_in_words() {
    let told = tell(&[
        (S, &[IAC, 251, 1, IAC, 253, 31]),
        (C, &[IAC, 253, 1, IAC, 251, 31, IAC, 250, 31, 0, 80, 0, 24, IAC, 240]),
    ]);
    assert_eq!(told, ["0 S Interim WILL ECHO, DO NAWS", "0 C Interim DO ECHO, WILL NAWS, NAWS 80x24"]);
}

#[test]
fn a_line_in_character_mode_is_one_message_and_so_is_each_line_of_its_answer() {
    let told = tell(&[
        (S, WILL_ECHO),
        (C, DO_ECHO),
        (S, b"Welcome\r\nYour name: "),
        (C, b"b"),
        (S, b"b"),
        (C, b"ob"),
        (S, b"ob"),
        (C, b"\x7f"),
        (S, b"\x08 \x08"),
        (C, b"b\r\0"),
        (S, b"b\r\nHello!\r\nbob> "),
        (C, b"x"),
        (S, b"x"),
        (C, b"\r\0"),
        (S, b"\r\none\r\ntwo\r\nthree\r\nbob> "),
        (C, b"\r\0"),
        (S, b"\r\nbob> "),
    ]);
    assert_eq!(
        told[2..],
        [
            "0 S Interim Welcome",
            "0 S Interim Your name:",
            "1 C Request bob",
            "1 S Answer Hello!",
            "2 C Request x",
            "2 S Interim one",
            "2 S Interim two",
            "2 S Answer three",
            "3 C Request (empty line)",
            "3 S Answer bob>",
        ]
    );
}

#[test]
fn what_the_server_does_not_show_is_a_secret() {
    let told = tell(&[
        (S, WILL_ECHO),
        (C, DO_ECHO),
        (S, b"Say the word: "),
        (C, b"sesame\r\n"),
        (S, b"\r\nOpen.\r\n> "),
        (C, b"hi\r\n"),
        (S, b"hi\r\n? "),
    ]);
    assert_eq!(told[3..], ["1 C Request •••", "1 S Answer Open.", "2 C Request hi", "2 S Answer ?"]);
}

#[test]
fn what_is_typed_at_a_password_prompt_is_a_secret_even_if_it_shows() {
    let told = tell(&[(S, b"Password: "), (C, b"sesame\r\n"), (S, b"sesame\r\n$ ")]);
    assert_eq!(told[1], "1 C Request •••");
}

#[test]
fn stars_show_nothing() {
    let told = tell(&[(S, WILL_ECHO), (C, DO_ECHO), (S, b"key> "), (C, b"ab\r\n"), (S, b"**\r\nok\r\n> ")]);
    assert_eq!(told[3..], ["1 C Request •••", "1 S Answer ok"]);
}

#[test]
fn a_line_of_a_client_that_echoes_itself_is_told_at_once() {
    let told = tell(&[(S, b"Your name: "), (C, b"bob\n"), (S, b"Hello!\r\nbob> "), (C, b"who\n")]);
    assert_eq!(
        told,
        ["0 S Interim Your name:", "1 C Request bob", "1 S Answer Hello!", "2 C Request who", "2 S Answer (nothing)",]
    );
}

#[test]
fn what_others_say_in_between_belongs_to_nothing() {
    let told = tell(&[
        (S, WILL_ECHO),
        (C, DO_ECHO),
        (S, b"bob> "),
        (C, b"he"),
        (S, b"he"),
        (S, b"\r\0       \r\0alice: hello\r\nbob> he"),
        (C, b"lp\r\0"),
        (S, b"lp\r\nno help\r\nbob> "),
    ]);
    assert_eq!(told[3..], ["0 S Interim alice: hello", "1 C Request help", "1 S Answer no help"]);
}

#[test]
fn lines_that_were_typed_ahead_find_their_answers() {
    let told = tell(&[
        (S, WILL_ECHO),
        (C, DO_ECHO),
        (S, b"> "),
        (C, b"one\r\ntwo\r\nthree\r\n"),
        (S, b"one\r\n1\r\n> two\r\n2\r\n> three\r\n3\r\n> "),
    ]);
    assert_eq!(
        told[3..],
        ["1 C Request one", "1 S Answer 1", "2 C Request two", "2 S Answer 2", "3 C Request three", "3 S Answer 3",]
    );
}

#[test]
fn the_same_without_echo() {
    let told = tell(&[
        (S, b"Name: "),
        (C, b"bob\nwhoami\nquit\n"),
        (S, b"Hello!\r\nbob> "),
        (S, b"You are bob.\r\nbob> "),
        (S, b"Good-bye!\r\n"),
    ]);
    assert_eq!(
        told[1..],
        [
            "1 C Request bob",
            "1 S Answer Hello!",
            "2 C Request whoami",
            "2 S Answer You are bob.",
            "3 C Request quit",
            "3 S Answer Good-bye!",
        ]
    );
}

#[test]
fn a_password_that_was_typed_ahead_of_its_prompt_is_a_secret() {
    let told = tell(&[
        (C, b"alice\nwonderland\nwho\n"),
        (S, b"Welcome\r\n\r\nName: "),
        (S, b"Password: "),
        (S, b"\r\nHello!\r\n> "),
        (S, b"alice\r\n> "),
    ]);
    assert_eq!(
        told,
        [
            "0 S Interim Welcome",
            "1 C Request alice",
            "1 S Answer Password:",
            "2 C Request •••",
            "2 S Answer Hello!",
            "3 C Request who",
            "3 S Answer alice",
        ]
    );
}

#[test]
fn to_speak_of_a_password_is_no_secret() {
    let told = tell(&[
        (S, WILL_ECHO),
        (C, DO_ECHO),
        (S, b"> "),
        (C, b"say the password is lost\r\n"),
        (S, b"say the password is lost\r\n> "),
    ]);
    assert_eq!(told[3], "1 C Request say the password is lost");
}

#[test]
fn a_line_that_nobody_took_up_is_hidden_and_ended() {
    let told = tell(&[(S, WILL_ECHO), (C, DO_ECHO), (S, b"> "), (C, b"quit\r\n")]);
    assert_eq!(told[3..], ["1 C Request •••", "1 S Answer (nothing)"]);
}

#[test]
fn what_breaks_a_rule_is_said_with_its_rule() {
    let mut out = Vec::new();
    dissector(false).said(said(C, &[IAC, 250, 31, 0, IAC, 246, IAC, 7]), &mut out);
    assert_eq!(out[0].summary, "NAWS subnegotiation, broken, AYT, IAC 7");
    assert_eq!(out[0].faults.len(), 2);
}

#[test]
fn a_flow_without_beginning_has_no_exchanges() {
    let mut out = Vec::new();
    let mut dissector = dissector(true);
    dissector.said(said(C, b"secret\r\n"), &mut out);
    dissector.said(said(S, b"\r\nok\r\n> "), &mut out);
    dissector.closed(Time::default(), &mut out);
    assert!(out.iter().all(|message| message.exchange == 0 && message.role == Role::Interim));
    assert!(out.iter().all(|message| !message.redacted().contains("secret")));
}

#[test]
fn an_explained_conversation_says_who_asks_whom_for_what() {
    let mut out = Vec::new();
    let flow =
        FlowInfo { transport: Transport::Tcp, port: 23, joined_late: false, explain: true, whole: false, stream: None };
    let mut dissector = TelnetDissector::new(flow);
    for (by, octets) in [
        (S, &[IAC, 251, 1, IAC, 251, 3, IAC, 253, 31, IAC, 253, 24][..]),
        (C, &[IAC, 253, 1, IAC, 252, 24, IAC, 251, 31, IAC, 250, 31, 0, 80, 0, 24, IAC, 240]),
        (S, b"> "),
        (C, b"hi\r\0"),
        (S, b"hi\r\nhello\r\n> "),
        (C, &[IAC, 246, IAC]),
    ] {
        dissector.said(said(by, octets), &mut out);
    }
    dissector.closed(Time::default(), &mut out);
    let notes: Vec<_> = out.iter().flat_map(|message| &message.notes).map(|note| note.text.as_str()).collect();
    assert_eq!(
        notes,
        [
            "the server offers to show what it receives (ECHO)",
            "the server offers to leave out the Go Ahead at the end of each turn (SGA)",
            "the server asks the client to tell the size of its window (NAWS)",
            "the server asks the client to tell the kind of its terminal (TTYPE)",
            "the client lets the server show what it receives (ECHO)",
            "the client will not tell the kind of its terminal (TTYPE), as it is free to say",
            "the client agrees to tell the size of its window (NAWS)",
            "the client has a window of 80 columns and 24 rows, in two octets each",
            "each key went by itself, and the server showed what it took of it",
            "the Enter key came as CR NUL: a CR that moves no line down",
            "the client asks whether the server is there, and wants to see an answer",
        ]
    );
    let ends: Vec<_> = out.iter().rev().take(2).map(|message| message.summary.as_str()).collect();
    assert_eq!(ends, ["no answer to WILL SGA", "IAC, unfinished"]);
}

#[test]
fn a_loop_is_told_once() {
    let mut conversation: Vec<(Side, &[u8])> = Vec::new();
    (0..20).for_each(|_| conversation.extend([(S, WILL_ECHO), (C, DO_ECHO)]));
    let faults = messages(&conversation).into_iter().flat_map(|message| message.faults).count();
    assert_eq!(faults, 1);
}

proptest! {
    #[test]
    fn anything_is_met_and_every_request_is_answered(
        pieces in prop::collection::vec((any::<bool>(), prop::collection::vec(prop_oneof![
            Just(IAC), Just(b'\r'), Just(b'\n'), Just(b'>'), any::<u8>()
        ], 0..20)), 0..60),
    ) {
        let pieces: Vec<_> = pieces.iter().map(|(by, octets)| (if *by { C } else { S }, &octets[..])).collect();
        let mut out = Vec::new();
        let mut dissector = dissector(false);
        pieces.iter().for_each(|(by, octets)| dissector.said(said(*by, octets), &mut out));
        dissector.closed(Time::default(), &mut out);
        let of = |role| out.iter().filter(|message| message.role == role).map(|message| message.exchange).collect::<Vec<_>>();
        prop_assert_eq!(of(Role::Request), of(Role::Answer));
        let in_line = |message: &Message| !message.summary.contains('\n') && message.secrets.iter().all(|secret| message.summary.get(secret.clone()).is_some());
        prop_assert!(out.iter().all(in_line));
    }
}

const C: Side = Side::Initiator;
const S: Side = Side::Acceptor;

fn tell(conversation: &[(Side, &[u8])]) -> Vec<String> {
    let line = |message: &Message| {
        let by = if message.by == C { "C" } else { "S" };
        format!("{} {by} {:?} {}", message.exchange, message.role, message.redacted())
    };
    messages(conversation).iter().map(line).collect()
}

fn messages(conversation: &[(Side, &[u8])]) -> Vec<Message> {
    let mut out = Vec::new();
    let mut dissector = dissector(false);
    conversation.iter().for_each(|(by, octets)| dissector.said(said(*by, octets), &mut out));
    dissector.closed(Time::default(), &mut out);
    out
}

fn said(by: Side, octets: &[u8]) -> Said<'_> {
    Said { by, time: Time::default(), octets }
}

fn dissector(joined_late: bool) -> TelnetDissector {
    TelnetDissector::new(FlowInfo {
        transport: Transport::Tcp,
        port: 23,
        joined_late,
        explain: false,
        whole: false,
        stream: None,
    })
}
