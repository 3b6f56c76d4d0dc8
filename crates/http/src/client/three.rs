//! HTTP/3 on one connection of QUIC.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_local};
use toynet_net::quic::{Connection, Endpoint, GivenUp};
use toynet_net::{Clock, Host, Stream, tls};

use super::Outgoing;
use super::answer::{Answer, AnswerHead, Content};
use super::failure::Failure;
use super::two::is_of_one;
use super::url::Url;
use crate::three::{self, Failed, Got, Receiving, Sending};
use crate::wire::hpack::Field;
use crate::wire::three::frame::{self, Kind as FrameKind};
use crate::wire::three::{Code, Message, Streams};
use crate::wire::{Kind, fields, qpack};

/// A connection on which requests are sent, many at once if need be. It ends with its last clone.
#[derive(Clone, Debug)]
pub struct Sender(Rc<Link>);

#[derive(Debug)]
struct Link {
    connection: Connection,
    clock: Clock,
    /// This side's, which must not end before the connection does.
    _control: Stream,
    _listening: JoinSet<()>,
    _endpoint: Endpoint,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.connection.end(Code::NO_ERROR.0, "");
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The method.
    pub method: &'a str,
    /// `https`.
    pub scheme: &'a str,
    /// Host and port.
    pub authority: &'a str,
    /// Path and query.
    pub target: &'a str,
}

impl Sender {
    /// Connects to the server called `name` at `to`. `h3` must be what `config` offers.
    ///
    /// # Errors
    /// As QUIC and TLS say.
    pub async fn connect(host: &Host, to: SocketAddr, config: &tls::ClientConfig, name: &str) -> io::Result<Self> {
        let endpoint = Endpoint::client(host.bind(0).await?, config)?;
        let connection = endpoint.connect(to, name).await?;
        Self::on(endpoint, connection, host.clock()).await
    }

    /// Begins on a connection of `endpoint`'s.
    ///
    /// # Errors
    /// When it is lost.
    pub async fn on(endpoint: Endpoint, connection: Connection, clock: Clock) -> io::Result<Self> {
        let control = three::control(&connection, LARGEST_FIELDS as u64, &[]).await?;
        let mut listening = JoinSet::new();
        listening.spawn_local(listen(connection.clone()));
        Ok(Self(Rc::new(Link { connection, clock, _control: control, _listening: listening, _endpoint: endpoint })))
    }

    /// Sends a request and reads the head of its answer. Fields that HTTP/3 does not know are left out (RFC 9114 4.2).
    /// `interim` hears of each answer before that, as `103 Early Hints`; where the server is asked first
    /// (`Expect: 100-continue`), the content waits for it.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn ask(
        &self,
        method: &str,
        url: &Url,
        fields: &[(String, Vec<u8>)],
        content: Outgoing,
        interim: &mut dyn FnMut(&AnswerHead),
    ) -> Result<Answer, Failure> {
        let host = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
        let authority = host.map_or_else(|| url.authority(), |(_, value)| String::from_utf8_lossy(value).into_owned());
        let asked = Asked { method, scheme: url.scheme(), authority: &authority, target: &url.target };
        self.send(asked, fields, content, interim).await
    }

    /// The same, in parts.
    ///
    /// # Errors
    /// As for [`Sender::ask`].
    pub async fn send(
        &self,
        asked: Asked<'_>,
        fields: &[(String, Vec<u8>)],
        content: Outgoing,
        interim: &mut dyn FnMut(&AnswerHead),
    ) -> Result<Answer, Failure> {
        let stream = self.0.connection.open().await.map_err(lost)?;
        let stream = Rc::new(RefCell::new(stream));
        let sending = Sending::new(&stream, None);
        let message = Message::answer(LARGEST_FIELDS);
        let mut receiving = Receiving::new(&stream, self.0.connection.clone(), message, None);
        sending.write(&frame::frame(FrameKind::Headers, &section(asked, fields))).await.map_err(lost)?;
        let (say, told) = watch::channel(if waits(fields, &content) { Wanted::Unknown } else { Wanted::Yes });
        spawn_local(send_content(sending, content, told, self.0.clock));
        let mut heard = |head: &AnswerHead| {
            // Whoever sends may have ended already.
            let _ = say.send(Wanted::Yes);
            interim(head);
        };
        let head = head(&mut receiving, &mut heard).await?;
        // Content that nobody has asked for by now is wanted no more (RFC 9110 10.1.1).
        say.send_modify(|wanted| {
            if *wanted == Wanted::Unknown {
                *wanted = Wanted::No;
            }
        });
        let promised = match (asked.method, head.status) {
            ("HEAD", _) | (_, 204 | 304) => Some(0),
            _ => head.text("content-length").and_then(|digits| digits.parse().ok()),
        };
        let content = Incoming { receiving, promised, got: 0, _connection: self.clone() };
        Ok(Answer { head, content: Content::Three(Box::new(content)) })
    }
}

/// Content that comes piece by piece.
#[derive(Debug)]
pub struct Incoming {
    receiving: Receiving,
    promised: Option<u64>,
    got: u64,
    /// Which lasts as long as there is something to come.
    _connection: Sender,
}

impl Incoming {
    /// The next piece; nothing at the end.
    ///
    /// # Errors
    /// When the end does not come, or not where it should.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            match self.receiving.part().await {
                Ok(Some(Got::Content(octets))) if octets.is_empty() => {}
                Ok(Some(Got::Content(octets))) => {
                    self.got += octets.len() as u64;
                    return Ok(Some(octets));
                }
                // Trailers.
                Ok(Some(Got::Fields(_))) => {}
                Ok(None) if self.promised.is_some_and(|promised| promised != self.got) => {
                    return Err(Failure::Cut(self.got));
                }
                Ok(None) => return Ok(None),
                Err(failed) => return Err(failure(failed)),
            }
        }
    }
}

/// Whether the server wants the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Unknown,
    Yes,
    No,
}

/// Whether the server is asked first.
fn waits(fields: &[(String, Vec<u8>)], content: &Outgoing) -> bool {
    let asks = |(name, value): &(String, Vec<u8>)| {
        name.eq_ignore_ascii_case("expect") && value.eq_ignore_ascii_case(b"100-continue")
    };
    content.length != Some(0) && fields.iter().any(asks)
}

/// Hears what the server says beside its answers.
async fn listen(connection: Connection) {
    let streams = Rc::new(RefCell::new(Streams::of_server()));
    let mut heard = JoinSet::new();
    while let Ok(stream) = connection.accept_one_way().await {
        heard.spawn_local(three::hear(stream, connection.clone(), Rc::clone(&streams), |_| {}));
    }
}

async fn send_content(sending: Sending, mut content: Outgoing, mut told: watch::Receiver<Wanted>, clock: Clock) {
    // A server that does not know the question says nothing.
    let known = told.wait_for(|wanted| *wanted != Wanted::Unknown);
    let known = clock.until(clock.now() + PATIENCE, known).await;
    if known.is_ok_and(|wanted| wanted.is_err() || wanted.is_ok_and(|wanted| *wanted == Wanted::No)) {
        return sending.give_up(Code::REQUEST_CANCELLED);
    }
    loop {
        let piece = match content.piece().await {
            Ok(Some(piece)) => piece,
            // A server that has answered may want no more of it: it says so itself.
            Ok(None) => return drop(sending.finish().await),
            Err(_) => return sending.give_up(Code::REQUEST_CANCELLED),
        };
        let mut out = Vec::with_capacity(piece.len() + 8);
        frame::put_head(&mut out, FrameKind::Data, piece.len() as u64);
        out.extend_from_slice(&piece);
        if sending.write(&out).await.is_err() {
            return;
        }
    }
}

fn section(asked: Asked<'_>, fields: &[(String, Vec<u8>)]) -> Vec<u8> {
    let Asked { method, scheme, authority, target } = asked;
    let pseudo = [(":method", method), (":scheme", scheme), (":authority", authority), (":path", target)];
    // CONNECT is for an authority alone (RFC 9114 4.4).
    let pseudo = pseudo.iter().filter(|(name, _)| method != "CONNECT" || ![":scheme", ":path"].contains(name));
    let own = fields.iter().filter(|(name, _)| !is_of_one(name));
    let own: Vec<_> = own.map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    let own = own.iter().map(|(name, value)| (name.as_bytes(), value.as_slice()));
    qpack::encode(pseudo.map(|(name, value)| (name.as_bytes(), value.as_bytes())).chain(own))
}

/// The head of the answer, and before it those of interim ones.
async fn head(receiving: &mut Receiving, interim: &mut dyn FnMut(&AnswerHead)) -> Result<AnswerHead, Failure> {
    loop {
        let section = match receiving.part().await {
            Ok(Some(Got::Fields(section))) => section,
            Ok(Some(Got::Content(_)) | None) => return Err(Failure::Silent),
            Err(failed) => return Err(failure(failed)),
        };
        let list = qpack::decode(&section, LARGEST_FIELDS).map_err(|error| Failure::PeerTwo(error.to_string()))?;
        if let Some(fault) = fields::faults(&list, Kind::Answer).first() {
            receiving.stop(Code::MESSAGE_ERROR);
            return Err(Failure::PeerTwo((*fault).to_owned()));
        }
        let head = answer_head(&list);
        if head.status >= 200 {
            return Ok(head);
        }
        interim(&head);
        receiving.was_interim();
    }
}

fn status(list: &[Field]) -> u16 {
    let field = list.iter().find(|field| field.name == b":status");
    field.and_then(|field| std::str::from_utf8(&field.value).ok()?.parse().ok()).unwrap_or_default()
}

fn answer_head(list: &[Field]) -> AnswerHead {
    let fields = list.iter().filter(|field| !field.name.starts_with(b":"));
    let fields = fields.map(|field| (String::from_utf8_lossy(&field.name).into_owned(), field.value.clone()));
    AnswerHead::in_frames("HTTP/3", status(list), fields.collect())
}

fn failure(failed: Failed) -> Failure {
    match failed {
        Failed::Lost(error) => lost(error),
        other => Failure::PeerTwo(other.to_string()),
    }
}

fn lost(error: io::Error) -> Failure {
    match GivenUp::of(&error) {
        Some(GivenUp::Stream(code)) => Failure::PeerTwo(format!("the stream was reset: {}", Code(code))),
        Some(GivenUp::Connection(code)) => Failure::PeerTwo(format!("the connection was closed: {}", Code(code))),
        None => Failure::Network(error),
    }
}

/// As long as curl waits for `100 Continue`.
const PATIENCE: Duration = Duration::from_secs(1);
/// As much as curl takes of a head.
const LARGEST_FIELDS: usize = 300 * 1024;
