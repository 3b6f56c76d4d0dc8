//! A connection to any Telnet server, for those who know what they wait for: tests, and scripts of a person.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
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
    /// The server has hung up.
    ended: bool,
}

impl Call {
    /// Connects to a server.
    ///
    /// # Errors
    /// As the connection says.
    pub async fn open(host: &Host, to: SocketAddr, terminal: Terminal) -> io::Result<Self> {
        let stream = host.connect(to).await?;
        let machine = ClientMachine::new(terminal);
        Ok(Self { stream, clock: host.clock(), machine, shown: Vec::new(), events: Vec::new(), ended: false })
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
        self.give(order);
        self.send().await
    }

    /// Takes an order, which [`Call::step`] carries out.
    pub fn give(&mut self, order: Order) {
        self.machine.order(self.clock.now(), order);
    }

    /// The client's side of the conversation.
    pub fn machine(&self) -> &ClientMachine {
        &self.machine
    }

    /// Sends what waits to be sent, or hears what the server says, whichever can be done first; gives what came of it.
    /// Nothing is lost when it is dropped before it is done.
    ///
    /// # Errors
    /// As the connection says.
    pub async fn step(&mut self) -> io::Result<Vec<Event>> {
        poll_fn(|context| self.poll_step(context)).await?;
        Ok(std::iter::from_fn(|| self.machine.poll_event()).collect())
    }

    /// Whether the server was the one to hang up.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outgoing = self.machine.outgoing();
        if !outgoing.is_empty()
            && let Poll::Ready(sent) = Pin::new(&mut self.stream).poll_write(context, outgoing)
        {
            outgoing.drain(..sent?);
            return Poll::Ready(Ok(()));
        }
        let mut buffer = [0; BUFFER];
        let mut buffer = ReadBuf::new(&mut buffer);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
        let now = self.clock.now();
        match buffer.filled() {
            [] => {
                self.ended = true;
                self.machine.receive_end(now);
            }
            octets => self.machine.receive(now, octets),
        }
        Poll::Ready(Ok(()))
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
        for event in self.step().await? {
            match event {
                Event::Output(shown) => self.show(&shown),
                event if self.events.len() < MOST_EVENTS => self.events.push(event),
                _ => {}
            }
        }
        Ok(!self.machine.is_over())
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

/// What a server says in one go is mostly shorter.
const BUFFER: usize = 4 * 1024;
/// What is kept of a server that talks and is not heeded: some thousand lines.
const MOST_SHOWN: usize = 256 * 1024;
/// Of a server that sends commands without end.
const MOST_EVENTS: usize = 1024;
