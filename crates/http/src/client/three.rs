//! HTTP/3 on one connection of QUIC.

mod content;

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_local};
use toynet_net::quic::{Connection, Endpoint, GivenUp};
use toynet_net::{Clock, Host, Stream, tls};

use super::Outgoing;
use super::answer::{Answer, AnswerHead};
use super::failure::Failure;
use super::two::is_of_one;
use super::url::Url;
use crate::three::{self, Failed, Got, Receiving, Sending, Tunnel};
use crate::wire::hpack::Field;
use crate::wire::three::frame::{self, Kind as FrameKind};
use crate::wire::three::one_way::{self, Told};
use crate::wire::three::{Broken, Code, Message, Streams};
use crate::wire::{Kind, fields, qpack};
pub use content::Incoming;
use content::{Wanted, waits};

/// A connection on which requests are sent, many at once if need be. It ends with its last clone.
#[derive(Clone, Debug)]
pub struct Sender(Rc<Link>);

#[derive(Debug)]
struct Link {
    connection: Connection,
    clock: Clock,
    /// This side's, which must not end before the connection does.
    _control: Stream,
    /// Whether the server lets streams become tunnels, once it has said so or not.
    has_tunnels: watch::Receiver<Option<bool>>,
    /// The server has said that it takes no further requests.
    is_leaving: Rc<Cell<bool>>,
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
    /// What a CONNECT wants to speak in the stream (RFC 9220 3).
    pub protocol: Option<&'a str>,
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
        let (tell, has_tunnels) = watch::channel(None);
        let is_leaving = Rc::new(Cell::new(false));
        listening.spawn_local(listen(connection.clone(), tell, Rc::clone(&is_leaving)));
        listening.spawn_local(ends_when(control.unwanted(), connection.clone(), one_way::CLOSED));
        let opened = connection.clone();
        let opened = async move { drop(opened.accept().await) };
        listening.spawn_local(ends_when(opened, connection.clone(), OPENED));
        let (_control, _listening, _endpoint) = (control, listening, endpoint);
        Ok(Self(Rc::new(Link { connection, clock, _control, has_tunnels, is_leaving, _listening, _endpoint })))
    }

    /// What was agreed in the handshake.
    pub fn terms(&self) -> String {
        self.0.connection.terms()
    }

    /// The address of this end, and that of the server.
    pub fn ends(&self) -> (SocketAddr, SocketAddr) {
        (self.0.connection.local(), self.0.connection.peer())
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
    ) -> Result<Answer<Incoming>, Failure> {
        let host = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
        let authority = host.map_or_else(|| url.authority(), |(_, value)| String::from_utf8_lossy(value).into_owned());
        let asked = Asked { method, scheme: url.scheme(), authority: &authority, target: &url.target, protocol: None };
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
    ) -> Result<Answer<Incoming>, Failure> {
        let (sending, mut receiving) = self.begin(asked, fields).await?;
        let (say, told) = watch::channel(if waits(fields, &content) { Wanted::Unknown } else { Wanted::Yes });
        spawn_local(content::send(sending, content, told, self.0.clock));
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
        let content = self.content(receiving, asked.method, &head);
        Ok(Answer { head, content })
    }

    /// Asks for a tunnel for `protocol` in a stream (RFC 9220 3): the head of the answer, and the tunnel, or the content
    /// of a refusal.
    ///
    /// # Errors
    /// Why there is no answer; when the server does not let streams become tunnels.
    pub async fn open(
        &self,
        protocol: &str,
        url: &Url,
        fields: &[(String, Vec<u8>)],
    ) -> Result<(AnswerHead, Result<Tunnel, Incoming>), Failure> {
        let mut settings = self.0.has_tunnels.clone();
        let has_tunnels = settings.wait_for(Option::is_some).await.map_err(|_| Failure::Silent)?.unwrap_or_default();
        if !has_tunnels {
            return Err(Failure::PeerWebSocket("it does not let a stream become one (RFC 9220 3): say --http1.1"));
        }
        let host = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
        let authority = host.map_or_else(|| url.authority(), |(_, value)| String::from_utf8_lossy(value).into_owned());
        let (scheme, target) = (url.scheme(), url.target.as_str());
        let asked = Asked { method: "CONNECT", scheme, authority: &authority, target, protocol: Some(protocol) };
        let (sending, mut receiving) = self.begin(asked, fields).await?;
        let head = head(&mut receiving, &mut |_| ()).await?;
        let opened = match (200..300).contains(&head.status) {
            true => Ok(Tunnel::new(receiving, sending)),
            false => Err(self.content(receiving, "CONNECT", &head)),
        };
        Ok((head, opened))
    }

    /// A stream in which something was asked.
    async fn begin(&self, asked: Asked<'_>, fields: &[(String, Vec<u8>)]) -> Result<(Sending, Receiving), Failure> {
        if self.0.is_leaving.get() {
            return Err(Failure::PeerTwo("it takes no further requests on this connection (RFC 9114 5.2)".into()));
        }
        let stream = self.0.connection.open().await.map_err(lost)?;
        let stream = Rc::new(RefCell::new(stream));
        let sending = Sending::new(&stream, None);
        let message = Message::answer(LARGEST_FIELDS);
        let receiving = Receiving::new(&stream, self.0.connection.clone(), message, None);
        sending.write(&frame::frame(FrameKind::Headers, &section(asked, fields))).await.map_err(lost)?;
        Ok((sending, receiving))
    }

    fn content(&self, receiving: Receiving, method: &str, head: &AnswerHead) -> Incoming {
        let promised = match (method, head.status) {
            ("HEAD", _) | (_, 204 | 304) => Some(0),
            _ => head.text("content-length").and_then(|digits| digits.parse().ok()),
        };
        Incoming { receiving, promised, got: 0, _connection: self.clone() }
    }
}

/// Hears what the server says beside its answers.
async fn listen(connection: Connection, has_tunnels: watch::Sender<Option<bool>>, is_leaving: Rc<Cell<bool>>) {
    let has_tunnels = Rc::new(has_tunnels);
    let streams = Rc::new(RefCell::new(Streams::of_server()));
    let mut heard = JoinSet::new();
    while let Ok(stream) = connection.accept_one_way().await {
        let (has_tunnels, is_leaving) = (Rc::clone(&has_tunnels), Rc::clone(&is_leaving));
        heard.spawn_local(three::hear(stream, connection.clone(), Rc::clone(&streams), move |told| match told {
            Told::Settings(settings) => {
                has_tunnels.send_replace(Some(settings.contains(&(one_way::ENABLE_CONNECT_PROTOCOL, 1))));
            }
            Told::GoAway(_) => is_leaving.set(true),
            Told::Is(_) | Told::Frame(_) | Told::Unknown(_) => {}
        }));
    }
}

/// Ends the connection when the server does what it must not.
async fn ends_when(done: impl Future<Output = ()>, connection: Connection, broken: Broken) {
    done.await;
    three::end(&connection, broken);
}

fn section(asked: Asked<'_>, fields: &[(String, Vec<u8>)]) -> Vec<u8> {
    let Asked { method, scheme, authority, target, protocol } = asked;
    let pseudo = [(":method", method), (":scheme", scheme), (":authority", authority), (":path", target)];
    // CONNECT is for an authority alone (RFC 9114 4.4), unless it wants a protocol there (RFC 9220 3).
    let is_whole = method != "CONNECT" || protocol.is_some();
    let pseudo = pseudo.into_iter().filter(|(name, _)| is_whole || ![":scheme", ":path"].contains(name));
    let pseudo: Vec<_> = pseudo.chain(protocol.map(|protocol| (":protocol", protocol))).collect();
    let own = fields.iter().filter(|(name, _)| !is_of_one(name));
    let own: Vec<_> = own.map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    let own = own.iter().map(|(name, value)| (name.as_bytes(), value.as_slice()));
    qpack::encode(pseudo.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).chain(own))
}

/// The head of the answer, and before it those of interim ones.
async fn head(receiving: &mut Receiving, interim: &mut dyn FnMut(&AnswerHead)) -> Result<AnswerHead, Failure> {
    loop {
        let section = match receiving.part().await {
            Ok(Some(Got::Fields(section))) => section,
            Ok(Some(Got::Content(_)) | None) => return Err(Failure::Silent),
            Err(failed) => return Err(failure(failed)),
        };
        let list = receiving.fields(&section, LARGEST_FIELDS).map_err(failure)?;
        if let Some(fault) = fields::faults_in_three(&list, Kind::Answer).first() {
            return Err(malformed(receiving, fault));
        }
        let head = answer_head(&list);
        if head.status >= 200 {
            return Ok(head);
        }
        interim(&head);
        receiving.was_interim();
    }
}

/// RFC 9114 4.1.2.
fn malformed(receiving: &mut Receiving, why: &'static str) -> Failure {
    receiving.stop(Code::MESSAGE_ERROR);
    Failure::PeerTwo(why.to_owned())
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

const OPENED: Broken =
    Broken::new(Code::STREAM_CREATION_ERROR, "a server opens a stream for both to write (RFC 9114 6.1)");
/// As much as curl takes of a head.
const LARGEST_FIELDS: usize = 300 * 1024;
