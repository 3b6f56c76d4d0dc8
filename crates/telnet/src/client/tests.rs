//! The client's machine against the server's, and hand-fed.

use std::time::Duration;

use super::*;
use crate::codes::IAC;
use crate::server::{self, ServerMachine};

#[test]
fn both_machines_agree_and_fall_silent() {
    let (mut client, mut server) = pair();
    let said = settle(&mut client, &mut server);
    assert!(said.from_client.contains(&Event::ServerEchoes(true)));
    assert!(said.from_server.contains(&server::Event::WindowSize(100, 255)));
    assert!(said.from_server.contains(&server::Event::TerminalType("vt100".into())));
    assert!(said.from_server.contains(&server::Event::User("ada".into())));
    assert_eq!(client.typing(), Typing::Keys);
}

#[test]
fn a_line_goes_there_and_its_echo_comes_back() {
    let (mut client, mut server) = pair();
    settle(&mut client, &mut server);
    server.order(NOW, server::Order::Prompt { text: "name? ".into(), secret: false });
    client.order(NOW, Order::Type("Zoë\n".into()));
    let said = settle(&mut client, &mut server);
    assert_eq!(said.from_server, [server::Event::Line { number: 1, text: "Zoë".into() }]);
    assert_eq!(said.shown(), "name? Zoë\r\n");
}

#[test]
fn status_and_timing_marks_are_answered() {
    let (mut client, mut server) = pair();
    settle(&mut client, &mut server);
    client.order(NOW, Order::Ask(Verb::Do, TelnetOption::STATUS));
    settle(&mut client, &mut server);
    client.order(NOW, Order::AskStatus);
    client.order(NOW, Order::Ask(Verb::Do, TelnetOption::TIMING_MARK));
    let said = settle(&mut client, &mut server).from_client;
    let [Event::Status(list), Event::TimingMark(true)] = &said[..] else { panic!("{said:?}") };
    assert!(list.contains(&(Verb::Will, TelnetOption::ECHO)) && list.contains(&(Verb::Do, TelnetOption::NAWS)));
}

#[test]
fn a_new_size_is_told_at_once() {
    let (mut client, mut server) = pair();
    settle(&mut client, &mut server);
    client.order(NOW, Order::Resize(132, 43));
    assert_eq!(settle(&mut client, &mut server).from_server, [server::Event::WindowSize(132, 43)]);
}

#[test]
fn a_server_that_knows_no_options_is_left_in_peace() {
    let mut client = ClientMachine::new(Terminal::default());
    client.receive(NOW, b"220 hello\r\nx\r\0y");
    assert_eq!(client.poll_event(), Some(Event::Output(b"220 hello\r\nx\ry".into())));
    assert!(client.outgoing().is_empty());
    client.order(NOW, Order::Type(b"a\xff\n".into()));
    assert_eq!(client.outgoing(), b"a\xff\xff\r\n");
}

#[test]
fn what_is_unknown_is_refused() {
    let mut client = ClientMachine::new(Terminal::default());
    client.receive(NOW, &[IAC, 253, 39, IAC, 251, 86]);
    assert_eq!(client.outgoing(), &[IAC, 252, 39, IAC, 254, 86]);
}

#[test]
fn what_there_is_nothing_to_say_about_is_not_agreed_to() {
    let mut client = ClientMachine::new(Terminal { columns: 0, ..Terminal::default() });
    client.receive(NOW, &[IAC, 253, 31, IAC, 253, 39]);
    assert_eq!(client.outgoing(), &[IAC, 252, 31, IAC, 252, 39]);
}

#[test]
fn of_the_environment_the_account_alone_is_told() {
    let mut client = ClientMachine::new(Terminal { user: Some("ada".into()), ..Terminal::default() });
    client.receive(NOW, b"\xff\xfd\x27");
    client.outgoing().clear();
    client.receive(NOW, b"\xff\xfa\x27\x01\x00USER\x03PATH\xff\xf0");
    assert_eq!(client.outgoing(), b"\xff\xfa\x27\x00\x00USER\x01ada\x03PATH\xff\xf0");
}

#[test]
fn a_server_that_echoes_and_keeps_turns_hides_a_line() {
    let mut client = ClientMachine::new(Terminal::default());
    assert_eq!(client.typing(), Typing::Lines);
    client.receive(NOW, &[IAC, 251, 1]);
    assert_eq!(client.typing(), Typing::HiddenLines);
    client.receive(NOW, &[IAC, 251, 3]);
    assert_eq!(client.typing(), Typing::Keys);
}

#[test]
fn the_end_is_told_once() {
    let mut client = ClientMachine::new(Terminal::default());
    client.receive_end(NOW);
    client.receive_end(NOW);
    assert!(client.is_over());
    assert_eq!((client.poll_event(), client.poll_event()), (Some(Event::Ended), None));
}

const NOW: Time = Time::from_secs(0);

struct Heard {
    from_client: Vec<Event>,
    from_server: Vec<server::Event>,
}

impl Heard {
    fn shown(&self) -> String {
        let output = self.from_client.iter().filter_map(|event| match event {
            Event::Output(octets) => Some(String::from_utf8_lossy(octets)),
            _ => None,
        });
        output.collect()
    }
}

fn pair() -> (ClientMachine, ServerMachine) {
    let terminal = Terminal { kind: "vt100".into(), columns: 100, rows: 255, user: Some("ada".into()) };
    (ClientMachine::new(terminal), ServerMachine::new(NOW, "bbs.retro.test", Duration::from_secs(60)))
}

/// Carries octets to and fro until both are silent.
fn settle(client: &mut ClientMachine, server: &mut ServerMachine) -> Heard {
    for _ in 0..20 {
        let (there, back) = (std::mem::take(client.outgoing()), std::mem::take(server.outgoing()));
        if there.is_empty() && back.is_empty() {
            return Heard {
                from_client: std::iter::from_fn(|| client.poll_event())
                    .filter(|event| !matches!(event, Event::Negotiated { .. }))
                    .collect(),
                from_server: std::iter::from_fn(|| server.poll_event()).collect(),
            };
        }
        server.receive(NOW, &there);
        client.receive(NOW, &back);
    }
    panic!("they never fall silent");
}
