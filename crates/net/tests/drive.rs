//! A machine knows no socket, clock or task: here one is driven over a stream, in virtual time.
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use support::{at, in_virtual_time, memory, ns, www};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::spawn_local;
use toynet_machine::{Machine, Time};
use toynet_net::drive::{Session, drive};

#[test]
fn a_session_hears_events_and_its_orders_are_said() {
    in_virtual_time(|| async {
        let network = memory(vec![]);
        let mut listener = ns(&network).listen(7).await.unwrap();
        let clock = network.clock();
        let server = spawn_local(async move {
            let mut stream = listener.accept().await.unwrap();
            drive(Lines::new(clock.now()), &mut stream, clock, &mut Shout).await.unwrap().heard
        });
        let mut client = www(&network).connect(at(2, 7)).await.unwrap();
        // The same however the octets are cut.
        for piece in ["hel", "lo\nwor", "ld\n"] {
            client.write_all(piece.as_bytes()).await.unwrap();
            clock.sleep(Duration::from_secs(1)).await;
        }
        client.shutdown().await.unwrap();
        let mut said = String::new();
        client.read_to_string(&mut said).await.unwrap();
        assert_eq!((said.as_str(), server.await.unwrap()), ("HELLO\nWORLD\n", 2));
    });
}

#[test]
fn a_peer_that_stays_silent_meets_the_deadline() {
    in_virtual_time(|| async {
        let network = memory(vec![]);
        let mut listener = ns(&network).listen(7).await.unwrap();
        let clock = network.clock();
        spawn_local(async move {
            let mut stream = listener.accept().await.unwrap();
            drive(Lines::new(clock.now()), &mut stream, clock, &mut Shout).await.map(drop)
        });
        let mut client = www(&network).connect(at(2, 7)).await.unwrap();
        let began = clock.now();
        let mut said = String::new();
        client.read_to_string(&mut said).await.unwrap();
        assert_eq!((said.as_str(), clock.now() - began), ("bye\n", PATIENCE));
    });
}

#[test]
fn a_machine_that_goes_on_after_the_peer_has_ended_waits_for_its_deadline_only() {
    in_virtual_time(|| async {
        let network = memory(vec![]);
        let mut listener = ns(&network).listen(7).await.unwrap();
        let clock = network.clock();
        let server = spawn_local(async move {
            let mut stream = listener.accept().await.unwrap();
            let machine = Lines { patient: true, ..Lines::new(clock.now()) };
            drive(machine, &mut stream, clock, &mut Shout).await.map(drop)
        });
        let mut client = www(&network).connect(at(2, 7)).await.unwrap();
        let began = clock.now();
        client.shutdown().await.unwrap();
        server.await.unwrap().unwrap();
        assert_eq!(clock.now() - began, PATIENCE);
    });
}

/// Says each line back as its session wants it, and ends with the peer or after some silence.
struct Lines {
    unread: Vec<u8>,
    events: VecDeque<String>,
    outgoing: Vec<u8>,
    heard: usize,
    deadline: Time,
    over: bool,
    /// The peer's end is not its own.
    patient: bool,
}

impl Lines {
    fn new(now: Time) -> Self {
        let (unread, outgoing) = (Vec::new(), Vec::new());
        Self {
            unread,
            events: VecDeque::new(),
            outgoing,
            heard: 0,
            deadline: now + PATIENCE,
            over: false,
            patient: false,
        }
    }
}

impl Machine for Lines {
    type Event = String;
    type Order = String;

    fn receive(&mut self, now: Time, bytes: &[u8]) {
        self.deadline = now + PATIENCE;
        self.unread.extend_from_slice(bytes);
        while let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unread.drain(..=end).collect();
            self.events.push_back(String::from_utf8_lossy(&line).into_owned());
        }
    }

    fn receive_end(&mut self, _: Time) {
        self.over = !self.patient;
    }

    fn order(&mut self, _: Time, order: String) {
        self.heard += 1;
        self.outgoing.extend_from_slice(order.as_bytes());
    }

    fn poll_event(&mut self) -> Option<String> {
        self.events.pop_front()
    }

    fn outgoing(&mut self) -> &mut Vec<u8> {
        &mut self.outgoing
    }

    fn deadline(&self) -> Option<Time> {
        Some(self.deadline)
    }

    fn expire(&mut self, _: Time) {
        self.outgoing.extend_from_slice(b"bye\n");
        self.over = true;
    }

    fn is_over(&self) -> bool {
        self.over
    }
}

struct Shout;

impl Session<Lines> for Shout {
    async fn hear(&mut self, line: String) -> io::Result<Vec<String>> {
        Ok(vec![line.to_uppercase()])
    }
}

const PATIENCE: Duration = Duration::from_secs(60);
