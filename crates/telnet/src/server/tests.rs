//! The server's machine, hand-fed.

use proptest::prelude::*;

use super::*;
use crate::codes::{IAC, TelnetOption, Verb};
use crate::subnegotiation::Subnegotiation;

const DO_ECHO: [u8; 3] = [IAC, 253, 1];
const DONT_SGA: [u8; 3] = [IAC, 254, 3];

#[test]
fn it_offers_what_it_has_and_waits_for_nothing() {
    let mut machine = machine();
    let opening = taken(&mut machine);
    assert!(opening.starts_with(&[IAC, 251, 1, IAC, 251, 3]));
    assert_eq!(said(&mut machine, b"alice\r\n"), [line(1, "alice")]);
}

#[test]
fn a_mute_client_is_not_echoed_and_sees_no_go_ahead() {
    let mut machine = prompted();
    said(&mut machine, b"alice\n");
    assert_eq!(taken(&mut machine), b"");
}

#[test]
fn keys_are_echoed_once_the_client_agreed() {
    let mut machine = prompted();
    said(&mut machine, &DO_ECHO);
    said(&mut machine, b"hxi\x7f\x7f");
    assert_eq!(taken(&mut machine), b"hxi\x08 \x08\x08 \x08");
    assert_eq!(said(&mut machine, b"i\r\0"), [line(1, "hi")]);
    assert_eq!(taken(&mut machine), b"i\r\n");
}

#[test]
fn a_secret_shows_only_its_end() {
    let mut machine = machine();
    said(&mut machine, &DO_ECHO);
    machine.order(NOW, Order::Prompt { text: "Password: ".into(), secret: true });
    taken(&mut machine);
    assert_eq!(said(&mut machine, b"pw\r\n"), [line(1, "pw")]);
    assert_eq!(taken(&mut machine), b"\r\n");
}

#[test]
fn what_is_typed_ahead_waits_for_its_prompt() {
    let mut machine = prompted();
    assert_eq!(said(&mut machine, b"one\r\ntwo\r\nthr"), [line(1, "one")]);
    ask(&mut machine);
    assert_eq!(machine.poll_event(), Some(line(2, "two")));
    ask(&mut machine);
    assert_eq!(said(&mut machine, b"ee\r\n"), [line(3, "three")]);
}

#[test]
fn an_interrupt_while_a_command_runs_is_heard_at_once_and_lines_still_count() {
    let mut machine = prompted();
    said(&mut machine, b"get http://slow.test/\r\nforgotten\r\n");
    assert_eq!(said(&mut machine, &[IAC, 244]), [Event::Interrupt]);
    ask(&mut machine);
    assert_eq!(said(&mut machine, b"who\r\n"), [line(3, "who")]);
}

#[test]
fn an_interrupt_at_the_prompt_forgets_the_line() {
    let mut machine = prompted();
    said(&mut machine, &DO_ECHO);
    assert_eq!(said(&mut machine, b"hal\x03"), [Event::Interrupt]);
    assert_eq!(taken(&mut machine), b"hal^C\r\n");
    ask(&mut machine);
    assert_eq!(said(&mut machine, b"who\r\n"), [line(1, "who")]);
}

#[test]
fn erase_commands_work_on_the_line() {
    let mut machine = prompted();
    let typed = [b"wrong", &[IAC, 248][..], b"whox", &[IAC, 247], b"\r\n"].concat();
    assert_eq!(said(&mut machine, &typed), [line(1, "who")]);
}

#[test]
fn are_you_there_is_answered_beside_the_line() {
    let mut machine = prompted();
    said(&mut machine, &[&DO_ECHO[..], b"he"].concat());
    taken(&mut machine);
    said(&mut machine, &[IAC, 246]);
    let answer = String::from_utf8(taken(&mut machine)).unwrap();
    assert_eq!(answer, "\r\0    \r\0[bbs.retro.test: yes, I am here]\r\n> he");
    assert_eq!(said(&mut machine, b"lp\r\n"), [line(1, "help")]);
}

#[test]
fn a_timing_mark_is_answered_each_time() {
    let mut machine = prompted();
    said(&mut machine, &[IAC, 253, 6, IAC, 253, 6]);
    assert_eq!(taken(&mut machine), [IAC, 251, 6, IAC, 251, 6]);
}

#[test]
fn status_tells_what_is_on() {
    let mut machine = prompted();
    said(&mut machine, &[&DO_ECHO[..], &[IAC, 253, 5, IAC, 251, 31]].concat());
    taken(&mut machine);
    said(&mut machine, &[IAC, 250, 5, 1, IAC, 240]);
    let mut elements = Vec::new();
    Decoder::default().receive(&taken(&mut machine), &mut elements);
    let [Element::Subnegotiate(option, told)] = &elements[..] else { panic!("{elements:?}") };
    let expected =
        vec![(Verb::Will, TelnetOption::ECHO), (Verb::Will, TelnetOption::STATUS), (Verb::Do, TelnetOption::NAWS)];
    assert_eq!(Subnegotiation::read(*option, told), Some(Subnegotiation::Status(expected)));
}

#[test]
fn the_terminal_tells_its_size_and_kind() {
    let mut machine = prompted();
    said(&mut machine, &[IAC, 251, 24]);
    assert_eq!(taken(&mut machine), [IAC, 250, 24, 1, IAC, 240]);
    let told = [&[IAC, 250, 24, 0], &b"vt100"[..], &[IAC, 240, IAC, 250, 31, 0, 80, 0, 24, IAC, 240]].concat();
    assert_eq!(said(&mut machine, &told), [Event::TerminalType("vt100".into()), Event::WindowSize(80, 24)]);
}

#[test]
fn a_client_that_insists_on_turns_is_given_them() {
    let mut machine = prompted();
    said(&mut machine, &DONT_SGA);
    said(&mut machine, b"who\r\n");
    taken(&mut machine);
    ask(&mut machine);
    assert_eq!(machine.outgoing(), &[b'>', b' ', IAC, 249]);
}

#[test]
fn output_that_is_aborted_ends_at_the_next_prompt() {
    let mut machine = prompted();
    said(&mut machine, b"help\r\n");
    said(&mut machine, &[IAC, 245]);
    machine.order(NOW, Order::Print("a long text\n".into()));
    ask(&mut machine);
    assert_eq!(taken(&mut machine), [&[IAC, 242][..], b"> "].concat());
}

#[test]
fn silence_has_an_end_and_options_are_no_sign_of_life() {
    let mut machine = prompted();
    machine.receive(Time::from_secs(100), b"x");
    machine.receive(Time::from_secs(150), &[IAC, 241]);
    assert_eq!(machine.deadline(), Some(Time::from_secs(160)));
    machine.expire(Time::from_secs(159));
    assert!(!machine.is_over());
    machine.expire(Time::from_secs(160));
    assert!(machine.is_over() && machine.deadline().is_none());
}

#[test]
fn what_was_sent_before_the_end_is_answered() {
    let mut machine = prompted();
    assert_eq!(said(&mut machine, b"one\ntwo\nthr"), [line(1, "one")]);
    machine.receive_end(NOW);
    assert!(!machine.is_over());
    ask(&mut machine);
    assert!(!machine.is_over());
    assert_eq!(machine.poll_event(), Some(line(2, "two")));
    ask(&mut machine);
    assert!(machine.is_over());
}

proptest! {
    #[test]
    fn the_same_octets_give_the_same_however_they_are_cut(
        octets in prop::collection::vec(prop_oneof![Just(IAC), 236u8..=255, Just(b'\r'), any::<u8>()], 0..300),
        cut in 1usize..50,
    ) {
        let run = |cut: usize| {
            let mut machine = prompted();
            let mut events = Vec::new();
            for piece in octets.chunks(cut) {
                for event in said(&mut machine, piece) {
                    events.push(event);
                }
            }
            (events, taken(&mut machine))
        };
        prop_assert_eq!(run(cut), run(octets.len().max(1)));
    }
}

const NOW: Time = Time::from_secs(0);

fn machine() -> ServerMachine {
    let mut machine = ServerMachine::new(NOW, "bbs.retro.test", Duration::from_secs(60));
    ask(&mut machine);
    machine
}

fn prompted() -> ServerMachine {
    let mut machine = machine();
    taken(&mut machine);
    machine
}

fn ask(machine: &mut ServerMachine) {
    machine.order(NOW, Order::Prompt { text: "> ".into(), secret: false });
}

fn said(machine: &mut ServerMachine, octets: &[u8]) -> Vec<Event> {
    machine.receive(NOW, octets);
    std::iter::from_fn(|| machine.poll_event()).collect()
}

fn taken(machine: &mut ServerMachine) -> Vec<u8> {
    std::mem::take(machine.outgoing())
}

fn line(number: u64, text: &str) -> Event {
    Event::Line { number, text: text.into() }
}
