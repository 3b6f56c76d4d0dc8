//! WebSocket from its client's side, over any version (RFC 6455, RFC 8441, RFC 9220).

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use toynet_machine::Random;
use toynet_net::Stream;

use super::answer::{Answer, AnswerHead};
use super::content::Content;
use super::failure::Failure;
use super::one::{Conversation, Request};
use super::outgoing::Outgoing;
use super::url::Url;
use super::{three, two};
use crate::tunnel::Tunnel;
use crate::wire::websocket::{Message, Reader, Sender, Violation, accept};

/// What a server answers to who asks for a WebSocket.
pub enum Answered {
    /// It agrees.
    Agreed(AnswerHead, Link),
    /// It does not, and says why.
    Refused(Answer<Content>),
}

/// What is spoken on once both sides have agreed.
pub struct Link {
    octets: Tunnel,
    /// Which lasts as long as there is something to come.
    connection: Option<three::Sender>,
}

/// A conversation.
pub struct Call {
    from: ReadHalf<Tunnel>,
    to: WriteHalf<Tunnel>,
    reader: Reader,
    masks: Random,
    unread: BytesMut,
    unsent: BytesMut,
    is_flushed: bool,
    _connection: Option<three::Sender>,
}

/// What happens in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The server says something. A ping is answered already.
    Heard(Message),
    /// All that was to be said is on its way.
    Sent,
    /// The connection ended.
    Ended,
    /// The server breaks a rule. It is told.
    Broken(Violation),
}

/// Asks for it on a connection of HTTP/1.1, by this head, in which `key` stands.
///
/// # Errors
/// Why there is no answer, or one that is none to this request.
pub async fn over_one(conversation: Conversation, head: Vec<u8>, key: &str) -> Result<Answered, Failure> {
    let request = Request { head, content: Outgoing::nothing(), is_chunked: false, waits: false };
    let answer = conversation.ask(request, &mut |_| {}).await?;
    if answer.head.status != 101 {
        return Ok(Answered::Refused(answer.in_any()));
    }
    let is_websocket = answer.head.text("upgrade").is_some_and(|name| name.eq_ignore_ascii_case("websocket"));
    if !is_websocket {
        return Err(Failure::PeerWebSocket("it changes to another protocol (RFC 6455 4.1)"));
    }
    if answer.head.text("sec-websocket-accept").map(str::trim) != Some(&accept(key)) {
        return Err(Failure::PeerWebSocket(
            "Sec-WebSocket-Accept does not prove that it knows WebSocket (RFC 6455 4.1)",
        ));
    }
    let octets: Tunnel = Box::pin(answer.content.into_tunnel().await?);
    Ok(Answered::Agreed(answer.head, Link { octets, connection: None }))
}

/// Asks for it in a stream of a new connection of HTTP/2.
///
/// # Errors
/// As for [`over_one`]; when the server does not let streams become tunnels.
pub async fn over_two(stream: Stream, url: &Url, fields: &[(String, Vec<u8>)]) -> Result<Answered, Failure> {
    let (head, opened) = two::open(stream, "websocket", url, fields).await?;
    Ok(match opened {
        Ok(octets) => Answered::Agreed(head, Link { octets: Box::pin(octets), connection: None }),
        Err(content) => Answered::Refused(Answer { head, content }.in_any()),
    })
}

/// Asks for it in a stream of HTTP/3.
///
/// # Errors
/// As for [`over_two`].
pub async fn over_three(sender: three::Sender, url: &Url, fields: &[(String, Vec<u8>)]) -> Result<Answered, Failure> {
    let (head, opened) = sender.open("websocket", url, fields).await?;
    Ok(match opened {
        Ok(octets) => Answered::Agreed(head, Link { octets: Box::pin(octets), connection: Some(sender) }),
        Err(content) => Answered::Refused(Answer { head, content }.in_any()),
    })
}

/// Sixteen octets that nobody could have guessed (RFC 6455 4.1).
pub fn key(random: &mut Random) -> String {
    STANDARD.encode([random.u64().to_be_bytes(), random.u64().to_be_bytes()].concat())
}

/// What an answer agrees to must have been asked for (RFC 6455 4.1).
///
/// # Errors
/// What was not.
pub fn check(head: &AnswerHead, protocols: &[String]) -> Result<(), Failure> {
    if head.field("sec-websocket-extensions").is_some() {
        return Err(Failure::PeerWebSocket("it uses an extension that nobody asked for (RFC 6455 4.1)"));
    }
    match head.text("sec-websocket-protocol") {
        Some(agreed) if !protocols.iter().any(|wanted| wanted == agreed.trim()) => {
            Err(Failure::PeerWebSocket("it chooses a subprotocol that nobody asked for (RFC 6455 4.1)"))
        }
        _ => Ok(()),
    }
}

impl Call {
    /// A conversation whose masks come from `masks`; of messages up to `largest` octets are taken.
    pub fn new(link: Link, masks: Random, largest: usize) -> Self {
        let (from, to) = tokio::io::split(link.octets);
        let reader = Reader::new(Sender::Server, largest);
        let (unread, unsent) = (BytesMut::new(), BytesMut::new());
        Self { from, to, reader, masks, unread, unsent, is_flushed: true, _connection: link.connection }
    }

    /// Says something, once there is room on the wire: [`Call::next`] sends it.
    pub fn say(&mut self, message: &Message) {
        let mut octets = Vec::new();
        message.write(Some((self.masks.u64() as u32).to_be_bytes()), &mut octets);
        self.unsent.extend_from_slice(&octets);
        self.is_flushed = false;
    }

    /// Whether so much waits to be sent that no more should be said.
    pub fn is_full(&self) -> bool {
        self.unsent.len() >= FULL
    }

    /// Sends and hears until something happens. Dropped before, it loses nothing.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn next(&mut self) -> io::Result<Event> {
        loop {
            if let Some(event) = self.understand() {
                return Ok(event);
            }
            self.unread.reserve(PIECE);
            tokio::select! {
                biased;
                read = self.from.read_buf(&mut self.unread) => {
                    if read? == 0 {
                        return Ok(Event::Ended);
                    }
                }
                sent = send(&mut self.to, &mut self.unsent), if !self.is_flushed => {
                    sent?;
                    self.is_flushed = true;
                    return Ok(Event::Sent);
                }
            }
        }
    }

    /// Nothing more is said.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn finish(&mut self) -> io::Result<()> {
        self.to.write_all(&self.unsent.split()).await?;
        self.to.shutdown().await
    }

    fn understand(&mut self) -> Option<Event> {
        let mut rest = &self.unread[..];
        let next = self.reader.next(&mut rest);
        let taken = self.unread.len() - rest.len();
        self.unread.advance(taken);
        match next {
            Ok(None) => None,
            Ok(Some(message)) => {
                if let Message::Ping(octets) = &message {
                    self.say(&Message::Pong(octets.clone()));
                }
                Some(Event::Heard(message))
            }
            Err(violation) => {
                self.say(&Message::Close(Some((violation.code(), String::new()))));
                Some(Event::Broken(violation))
            }
        }
    }
}

/// Dropped before its end, it knows what is sent.
async fn send(to: &mut WriteHalf<Tunnel>, unsent: &mut BytesMut) -> io::Result<()> {
    while !unsent.is_empty() {
        match to.write(unsent).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            length => unsent.advance(length),
        }
    }
    to.flush().await
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("unsent", &self.unsent.len()).finish_non_exhaustive()
    }
}

/// A read of this size costs little.
const PIECE: usize = 16 * 1024;
/// Enough to fill a connection, and little to hold.
const FULL: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_for_may_be_agreed_to() {
        let head = |name: &str, value: &str| AnswerHead {
            fields: vec![(name.to_owned(), value.as_bytes().to_vec())],
            ..AnswerHead::default()
        };
        let wanted = ["chat".to_owned(), "soap".to_owned()];
        assert!(check(&head("Sec-WebSocket-Protocol", "soap"), &wanted).is_ok());
        assert!(check(&head("Sec-WebSocket-Protocol", "mqtt"), &wanted).is_err());
        assert!(check(&head("Sec-WebSocket-Extensions", "permessage-deflate"), &wanted).is_err());
    }
}
