//! `toynet http ws`: lines become messages, and messages lines.

use std::io::{self, IsTerminal};
use std::time::Duration;

use clap::ArgMatches;
use tokio::io::{AsyncBufReadExt, BufReader, Stdin, stdin};
use tokio::signal;
use toynet_machine::Time;
use toynet_service::{Ending, Errand, LocalFuture};

use super::connect::{connect, connect_three};
use super::head::{self, Fields};
use super::heading;
use super::show::Show;
use super::talk::{Closed, Talk};
use super::told::Story;
use super::version::Version;
use super::wish::Wish;
use crate::client::failure::Failure;
use crate::client::one::Conversation;
use crate::client::url::Url;
use crate::client::websocket::{self, Answered, Call, Event};
use crate::wire::websocket::Message;

/// Does what the arguments say.
pub(super) fn run(matches: ArgMatches, errand: Errand) -> LocalFuture<Ending> {
    Box::pin(async move {
        let protocols = matches.get_many::<String>("subprotocol").into_iter().flatten().cloned().collect();
        let listens = matches.get_flag("listen");
        match Wish::of_websocket(&matches) {
            Ok(wish) => {
                let is_silent = wish.shows.silent;
                let ending = Asking { wish, protocols, listens, errand }.converse().await;
                if is_silent { ending.quietly() } else { ending }
            }
            Err(why) => Ending::misused(why),
        }
    })
}

/// What is wished.
struct Asking {
    wish: Wish,
    protocols: Vec<String>,
    /// Whether the end of the input is not that of the conversation.
    listens: bool,
    errand: Errand,
}

impl Asking {
    async fn converse(self) -> Ending {
        let clock = self.errand.host().clock();
        let talk = Talk::new(&self.errand);
        let answered = match self.open().await {
            Ok(Answered::Agreed(head, link)) => websocket::check(&head, &self.protocols).map(|()| (head, link)),
            Ok(Answered::Refused(answer)) => return talk.refused(&answer.head),
            Err(failure) => Err(failure),
        };
        let (head, link) = match answered {
            Ok(agreed) => agreed,
            Err(failure) => return talk.failed(&failure),
        };
        talk.opened(&head, &self.wish.url);
        let masks = self.errand.host().random(&format!("websocket masks {:?}", clock.now()));
        let deadline = self.wish.longest.map(|longest| clock.now() + longest);
        let call = Call::new(link, masks, LARGEST);
        Conversing { call, talk, errand: self.errand, listens: self.listens, deadline, said_close: false }.run().await
    }

    /// Connects and asks.
    async fn open(&self) -> Result<Answered, Failure> {
        let (wish, errand) = (&self.wish, &self.errand);
        let clock = errand.host().clock();
        let (mut story, mut show) = (Story::begin(wish, clock.now()), Show::new(wish, errand));
        let mut fields = heading::fields(wish, &wish.url, None, wish.version, clock.now());
        let key = websocket::key(&mut errand.host().random(&format!("websocket key {:?}", clock.now())));
        self.add_own(&mut fields, &key);
        let answered = match wish.version {
            Version::Three => {
                let sender = connect_three(wish, &wish.url, errand, &mut story, &mut show).await?;
                show.sent(&in_frames("HTTP/3", &wish.url, &fields));
                websocket::over_three(sender, &wish.url, &fields).await?
            }
            Version::Two => {
                let stream = connect(wish, &wish.url, errand, &mut story, &mut show).await?;
                show.sent(&in_frames("HTTP/2", &wish.url, &fields));
                websocket::over_two(stream, &wish.url, &fields).await?
            }
            Version::Best | Version::One(_) => {
                let stream = connect(wish, &wish.url, errand, &mut story, &mut show).await?;
                let head = head::over_one("GET", &wish.url.target, 1, &fields);
                show.sent(&head);
                websocket::over_one(Conversation::new(stream, clock), head, &key).await?
            }
        };
        match &answered {
            Answered::Agreed(head, _) => show.heard(head, wish).await,
            Answered::Refused(answer) => show.heard(&answer.head, wish).await,
        }
        Ok(answered)
    }

    /// What makes a request one for WebSocket, where the person has not typed it.
    fn add_own(&self, fields: &mut Fields, key: &str) {
        let mut own = vec![("Sec-WebSocket-Version", "13".to_owned())];
        if !self.protocols.is_empty() {
            own.push(("Sec-WebSocket-Protocol", self.protocols.join(", ")));
        }
        if self.wish.version == Version::One(1) {
            let of_one = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", key)];
            own.extend(of_one.map(|(name, value)| (name, value.to_owned())));
        }
        for (name, value) in own {
            if !fields.iter().any(|(typed, _)| typed.eq_ignore_ascii_case(name)) {
                fields.push((name.to_owned(), value.into_bytes()));
            }
        }
    }
}

/// How it is asked for in a stream (RFC 8441 5).
fn in_frames(version: &str, url: &Url, fields: &Fields) -> Vec<u8> {
    let protocol = (":protocol".to_owned(), b"websocket".to_vec());
    let fields = [protocol].into_iter().chain(fields.iter().cloned()).collect();
    head::in_frames(version, "CONNECT", url, &fields)
}

/// A conversation to its end.
struct Conversing {
    call: Call,
    talk: Talk,
    errand: Errand,
    listens: bool,
    /// When it is closed at the latest, and then when the server must have agreed to that.
    deadline: Option<Time>,
    said_close: bool,
}

/// What comes next.
enum Next {
    Event(io::Result<Event>),
    Line(io::Result<Option<Vec<u8>>>),
    /// The person has had enough, or the time is over.
    Enough,
}

impl Conversing {
    async fn run(mut self) -> Ending {
        let mut input = Some(Input { from: BufReader::new(stdin()), line: Vec::new() });
        loop {
            match self.next(&mut input).await {
                Next::Event(Ok(Event::Sent)) => {}
                Next::Event(Ok(Event::Heard(Message::Close(why)))) => return self.closed_by_server(why).await,
                Next::Event(Ok(Event::Heard(message))) => {
                    if !self.talk.heard(&message) {
                        // Whoever reads only the beginning, as head(1), has had it.
                        self.close(1000);
                    }
                }
                Next::Event(Ok(Event::Broken(violation))) => {
                    let _ = self.in_time(Self::finish).await;
                    return self.talk.ended(Closed::Broken(violation));
                }
                Next::Event(Ok(Event::Ended) | Err(_)) => return self.talk.ended(Closed::Lost),
                Next::Line(Ok(Some(line))) => {
                    let message = message_of(line);
                    self.talk.said(&message);
                    self.call.say(&message);
                }
                Next::Line(Ok(None) | Err(_)) => {
                    input = None;
                    if !self.listens {
                        self.close(1000);
                    }
                }
                Next::Enough if self.said_close => return self.talk.ended(Closed::Unanswered),
                Next::Enough => self.close(1000),
            }
        }
    }

    async fn next(&mut self, input: &mut Option<Input>) -> Next {
        let clock = self.errand.host().clock();
        let has_room = !self.call.is_full() && !self.said_close;
        let deadline = self.deadline;
        tokio::select! {
            biased;
            event = self.call.next() => Next::Event(event),
            line = next_line(input), if input.is_some() && has_room => Next::Line(line),
            () = interrupted(), if !self.said_close => Next::Enough,
            () = clock.sleep(deadline.map_or(Duration::ZERO, |deadline| deadline.since(clock.now()))),
                if deadline.is_some() => Next::Enough,
        }
    }

    /// Says that nothing more will be said, and gives the server a while to say the same.
    fn close(&mut self, code: u16) {
        if !self.said_close {
            self.call.say(&Message::Close(Some((code, String::new()))));
            self.said_close = true;
            self.deadline = Some(self.errand.host().clock().now() + PATIENCE);
        }
    }

    async fn closed_by_server(mut self, why: Option<(u16, String)>) -> Ending {
        if !self.said_close {
            // The same code comes back (RFC 6455 5.5.1).
            self.call.say(&Message::Close(why.as_ref().map(|(code, _)| (*code, String::new()))));
        }
        let _ = self.in_time(Self::finish).await;
        let by_client = self.said_close;
        self.talk.ended(Closed::Agreed { why, by_client })
    }

    /// Says what is to be said yet, and waits for the server to close first (RFC 6455 7.1.1).
    async fn finish(&mut self) -> io::Result<()> {
        self.call.finish().await?;
        while !matches!(self.call.next().await?, Event::Ended) {}
        Ok(())
    }

    async fn in_time(&mut self, work: impl AsyncFnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        let clock = self.errand.host().clock();
        clock.until(clock.now() + LINGER, work(self)).await.unwrap_or(Ok(()))
    }
}

/// Text, or octets where it is none.
fn message_of(line: Vec<u8>) -> Message {
    String::from_utf8(line).map_or_else(|error| Message::Binary(error.into_bytes()), Message::Text)
}

struct Input {
    from: BufReader<Stdin>,
    /// What has come of a line.
    line: Vec<u8>,
}

/// The next line without its end; nothing at the end of the input. Dropped before, it loses nothing.
async fn next_line(input: &mut Option<Input>) -> io::Result<Option<Vec<u8>>> {
    let Some(Input { from, line }) = input else { return std::future::pending().await };
    from.read_until(b'\n', line).await?;
    if line.is_empty() {
        return Ok(None);
    }
    let mut line = std::mem::take(line);
    for end in [b'\n', b'\r'] {
        line.pop_if(|last| *last == end);
    }
    Ok(Some(line))
}

/// Waits until a person at a terminal wants to end it.
async fn interrupted() {
    if !io::stdin().is_terminal() || signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

/// More than a program sends at once, and less than would fill the memory.
const LARGEST: usize = 64 * 1024 * 1024;
/// How long a server may take to agree that it is over.
const PATIENCE: Duration = Duration::from_secs(10);
/// And how long to close the connection then.
const LINGER: Duration = Duration::from_secs(2);
