//! One connection, from greeting to farewell.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_machine::Machine;
use toynet_net::{Host, Stream};
use toynet_service::LocalFuture;

use super::Shared;
use crate::editor::Words;
use crate::fault::Edge;
use crate::lobby::Seat;
use crate::server::{Event, Order, ServerMachine};
use crate::shell::{Shell, Step, words};

/// Serves one connection.
pub(super) async fn serve(stream: Stream, host: Host, shared: Arc<Shared>) -> io::Result<()> {
    let mut session = Session::new(stream, host, shared);
    session.greet();
    session.run().await
}

/// A person at the other end.
pub(super) struct Session {
    pub host: Host,
    pub shared: Arc<Shared>,
    /// Where the person sits, once they are in.
    pub seat: Option<Seat>,
    pub from: IpAddr,
    stream: Stream,
    edge: Edge,
    /// The client sends no more.
    ended: bool,
    machine: ServerMachine,
    shell: Shell,
    words: Arc<Words>,
    /// What is being done for the person.
    running: Option<LocalFuture<String>>,
}

/// What becomes of something to be done.
pub(super) enum Doing {
    /// It is done, and this is to be shown.
    Done(String),
    /// It takes a while.
    Running(LocalFuture<String>),
    /// The shell goes on from here.
    Next(Step),
    /// It is the end.
    Over(String),
}

enum Next {
    Octets(usize),
    Done(String),
    Heard(String),
    Deadline,
}

impl Session {
    fn new(stream: Stream, host: Host, shared: Arc<Shared>) -> Self {
        let machine = ServerMachine::new(host.clock().now(), host.name(), LOGIN.min(shared.idle));
        let shell = Shell::new(shared.settings.clone());
        let (from, edge) = (stream.peer().ip(), Edge::new(&host, &stream));
        let commands = words::commands().map(str::to_owned).collect();
        let names = host.neighbours();
        let words = Arc::new(Words { commands, names });
        Self { host, shared, seat: None, from, stream, edge, ended: false, machine, shell, words, running: None }
    }

    fn greet(&mut self) {
        self.order(Order::Print(self.shell.greeting()));
        self.prompt();
    }

    async fn run(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER];
        loop {
            self.send().await?;
            // Each answer goes out by itself, so that the record can tell those apart that were typed ahead for.
            while let Some(event) = self.machine.poll_event() {
                self.hear(event);
                self.send().await?;
            }
            if self.machine.is_over() || self.edge.is_over() {
                return self.hang_up(&mut buffer).await;
            }
            let next = self.next(&mut buffer).await?;
            let now = self.host.clock().now();
            match next {
                Next::Octets(0) => {
                    self.ended = true;
                    self.machine.receive_end(now);
                }
                Next::Octets(length) => self.machine.receive(now, &self.edge.hear(&buffer[..length])),
                Next::Done(text) => self.done(text),
                Next::Heard(line) => self.order(Order::Notice(format!("{line}\n"))),
                Next::Deadline => self.machine.expire(now),
            }
        }
    }

    async fn next(&mut self, buffer: &mut [u8]) -> io::Result<Next> {
        let clock = self.host.clock();
        let deadline = self.machine.deadline().unwrap_or(clock.now());
        tokio::select! {
            biased;
            length = self.stream.read(buffer), if !self.ended => length.map(Next::Octets),
            text = finish(&mut self.running) => Ok(Next::Done(text)),
            line = listen(&mut self.seat) => Ok(Next::Heard(line)),
            () = clock.sleep_until(deadline) => Ok(Next::Deadline),
        }
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Line { number, text } => {
                let step = self.shell.hear(&text);
                self.follow(step, number);
            }
            Event::Interrupt => {
                // What runs is dropped, and its connections with it.
                let was_running = self.running.take().is_some();
                let step = if was_running { Step::default() } else { self.shell.interrupt() };
                self.order(Order::Print(if was_running { "Stopped.\n".to_owned() } else { step.say }));
                self.prompt();
            }
            Event::EndOfInput => self.order(Order::Close("Good-bye!\n".to_owned())),
            Event::User(name) => {
                if self.shell.asks_name() && self.machine.answer(&name) {
                    let step = self.shell.hear(&name);
                    // No line was typed for it.
                    self.follow(step, 0);
                }
            }
            // Nothing here is drawn to fit a window.
            Event::WindowSize(..) | Event::TerminalType(_) => {}
        }
    }

    /// Shows and does what a line led to. The line began the exchange of this number, which is the cause of
    /// whatever is done for it.
    fn follow(&mut self, step: Step, number: u64) {
        self.order(Order::Print(step.say));
        let Some(act) = step.act else { return self.prompt() };
        let host = self.host.because(self.stream.cause(number));
        match self.begin(act, host) {
            Doing::Done(text) => self.done(text),
            Doing::Running(running) => self.running = Some(running),
            Doing::Next(step) => self.follow(step, number),
            Doing::Over(text) => self.order(Order::Close(text)),
        }
    }

    /// Gives the person a seat under a name.
    pub fn enter(&mut self, name: &str) -> Doing {
        let now = self.host.clock().now();
        match self.shared.lobby.enter(name, now, self.from) {
            Ok(seat) => {
                let others = self.shared.lobby.people().len() - 1;
                self.seat = Some(seat);
                self.order(Order::Patience(self.shared.idle));
                Doing::Done(self.shell.enter(name, others))
            }
            Err(taken) => Doing::Next(self.shell.turn_away(&taken.to_string())),
        }
    }

    fn done(&mut self, text: String) {
        self.running = None;
        self.order(Order::Print(text));
        self.prompt();
    }

    fn prompt(&mut self) {
        let words = self.shell.takes_commands().then(|| Arc::clone(&self.words));
        self.order(Order::Words(words));
        let prompt = self.shell.prompt();
        self.order(Order::Prompt { text: prompt.text, secret: prompt.secret });
    }

    fn order(&mut self, order: Order) {
        self.machine.order(self.host.clock().now(), order);
    }

    async fn send(&mut self) -> io::Result<()> {
        let octets = self.edge.say(std::mem::take(self.machine.outgoing()));
        if octets.is_empty() {
            return Ok(());
        }
        let clock = self.host.clock();
        if !self.edge.delay().is_zero() {
            clock.sleep(self.edge.delay()).await;
        }
        clock.until(clock.now() + WRITE, self.stream.write_all(&octets)).await?
    }

    /// Closing over octets that were not read resets the connection, and the reset overtakes the farewell.
    async fn hang_up(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        let clock = self.host.clock();
        self.seat = None;
        self.stream.shutdown().await?;
        let rest = async {
            while !self.ended && self.stream.read(buffer).await? > 0 {}
            io::Result::Ok(())
        };
        // A client that goes on talking is no failure.
        clock.until(clock.now() + LINGER, rest).await.unwrap_or(Ok(()))
    }
}

/// The end of what is running; if nothing is, it never comes.
async fn finish(running: &mut Option<LocalFuture<String>>) -> String {
    match running {
        Some(running) => running.await,
        None => std::future::pending().await,
    }
}

async fn listen(seat: &mut Option<Seat>) -> String {
    match seat {
        Some(seat) => seat.hear().await,
        None => std::future::pending().await,
    }
}

/// Keys and negotiations are far smaller, and each session holds one.
const BUFFER: usize = 4 * 1024;
/// As login(1) is patient by default: some minutes are for thinking, not for holding a line.
const LOGIN: Duration = Duration::from_secs(120);
/// A client that takes nothing for so long is gone, or means us harm.
const WRITE: Duration = Duration::from_secs(30);
/// The round trip of a slow link.
const LINGER: Duration = Duration::from_secs(2);
