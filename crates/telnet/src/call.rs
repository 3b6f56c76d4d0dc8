//! A connection to any Telnet server, for those who know what they wait for: tests, and scripts of a person.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_machine::Machine;
use toynet_net::{Clock, Host, Stream};

use crate::client::{ClientMachine, Event, Order, Terminal};

/// A connection to a server, which is closed when this is dropped.
#[derive(Debug)]
pub struct Call {
    stream: Stream,
    clock: Clock,
    machine: ClientMachine,
    /// Shown and not yet taken.
    shown: Vec<u8>,
    events: Vec<Event>,
}

impl Call {
    /// Connects to a server.
    ///
    /// # Errors
    /// As the connection says.
    pub async fn open(host: &Host, to: SocketAddr, terminal: Terminal) -> io::Result<Self> {
        let stream = host.connect(to).await?;
        let machine = ClientMachine::new(terminal);
        Ok(Self { stream, clock: host.clock(), machine, shown: Vec::new(), events: Vec::new() })
    }

    /// Types a line.
    ///
    /// # Errors
    /// As the connection says.
    pub async fn type_line(&mut self, line: &str) -> io::Result<()> {
        self.order(Order::Type(format!("{line}\n").into_bytes())).await
    }

    /// Does what a person at the terminal can do.
    ///
    /// # Errors
    /// As the connection says.
    pub async fn order(&mut self, order: Order) -> io::Result<()> {
        self.machine.order(self.clock.now(), order);
        self.send().await
    }

    /// Waits until `text` is shown; gives all that was shown up to its end and not taken before.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] after `patience`; [`io::ErrorKind::UnexpectedEof`] when the server has ended. Both
    /// leave what was shown to be taken.
    pub async fn until(&mut self, text: &str, patience: Duration) -> io::Result<String> {
        let deadline = self.clock.now() + patience;
        loop {
            let found = self.shown.windows(text.len().max(1)).position(|window| window == text.as_bytes());
            if let Some(at) = found {
                let taken: Vec<u8> = self.shown.drain(..at + text.len()).collect();
                return Ok(String::from_utf8_lossy(&taken).into_owned());
            }
            let clock = self.clock;
            if !clock.until(deadline, self.listen()).await?? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Waits for the server to end; gives all that was shown and not taken before.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] after `patience`; as the connection says.
    pub async fn until_end(&mut self, patience: Duration) -> io::Result<String> {
        let (clock, deadline) = (self.clock, self.clock.now() + patience);
        while clock.until(deadline, self.listen()).await?? {}
        Ok(String::from_utf8_lossy(&std::mem::take(&mut self.shown)).into_owned())
    }

    /// What the server said beside text, and was not taken before.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Hears what the server says next; whether it may say more.
    async fn listen(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 4096];
        let length = self.stream.read(&mut buffer).await?;
        let now = self.clock.now();
        match length {
            0 => self.machine.receive_end(now),
            length => self.machine.receive(now, &buffer[..length]),
        }
        while let Some(event) = self.machine.poll_event() {
            match event {
                Event::Output(shown) => self.show(&shown),
                event if self.events.len() < MOST_EVENTS => self.events.push(event),
                _ => {}
            }
        }
        self.send().await?;
        Ok(length > 0)
    }

    fn show(&mut self, octets: &[u8]) {
        self.shown.extend(octets);
        let surplus = self.shown.len().saturating_sub(MOST_SHOWN);
        self.shown.drain(..surplus);
    }

    async fn send(&mut self) -> io::Result<()> {
        let octets = std::mem::take(self.machine.outgoing());
        if octets.is_empty() {
            return Ok(());
        }
        self.stream.write_all(&octets).await
    }
}

/// What is kept of a server that talks and is not heeded: some thousand lines.
const MOST_SHOWN: usize = 256 * 1024;
/// Of a server that sends commands without end.
const MOST_EVENTS: usize = 1024;
