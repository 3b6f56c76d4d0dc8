//! One question to one server, by datagram or over a stream, as often as was wished.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_machine::{Random, Time};
use toynet_net::{Host, Stream};
use toynet_service::Errand;

use super::flags::Cookie;
use super::request;
use super::words::{Family, Wish};
use crate::codes::Rcode;
use crate::wire::message::Decoded;
use crate::wire::{Message, flag, option};

/// A server to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// As the person called it.
    pub called: String,
    /// Where it is.
    pub address: SocketAddr,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The message, as far as it can be read.
    pub decoded: Decoded,
    /// Its length in octets.
    pub length: usize,
    /// Who said it.
    pub server: Server,
    /// Whether it came over a stream.
    pub stream: bool,
    /// From the last sending to its arrival.
    pub took: Duration,
    /// When it arrived.
    pub at: Time,
    /// What was asked.
    pub request: Vec<u8>,
    /// What happened on the way, each a line.
    pub remarks: Vec<String>,
}

/// Why there is no answer.
#[derive(Debug)]
pub struct NoAnswer {
    server: Server,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Silent(u32, Duration, &'static str),
    Failed(&'static str, io::Error),
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Server { called, address } = &self.server;
        write!(f, "no answer from {}#{}", address.ip(), address.port())?;
        if *called != address.ip().to_string() {
            write!(f, " ({called})")?;
        }
        match &self.why {
            Why::Silent(1, patience, by) => write!(f, " over {by} within {patience:?}"),
            Why::Silent(tries, patience, by) => write!(f, " over {by} in {tries} tries of {patience:?}"),
            Why::Failed(by, error) => write!(f, " over {by}: {error}"),
        }
    }
}

/// The servers that a wish names, or the resolver.
///
/// # Errors
/// Why there is none.
pub async fn servers(errand: &Errand, wish: &Wish) -> Result<Vec<Server>, String> {
    let Some(called) = &wish.server else {
        let resolver = errand.resolver().ok_or("the lab has no resolver: name a server as @SERVER")?;
        let address =
            SocketAddr::new(resolver.ip(), if wish.port == super::words::PORT { resolver.port() } else { wish.port });
        return Ok(vec![Server { called: resolver.ip().to_string(), address }]);
    };
    let found = errand.addresses(called).await.map_err(|error| format!("the server {called} is not found: {error}"))?;
    let wanted = found.into_iter().filter(|address| fits(*address, wish.family));
    let servers: Vec<Server> =
        wanted.map(|address| Server { called: called.clone(), address: SocketAddr::new(address, wish.port) }).collect();
    if servers.is_empty() { Err(format!("the server {called} has no address of that family")) } else { Ok(servers) }
}

/// Whether an address may be asked.
pub fn fits(address: IpAddr, family: Option<Family>) -> bool {
    match family {
        None => true,
        Some(Family::Four) => address.is_ipv4(),
        Some(Family::Six) => address.is_ipv6(),
    }
}

/// Asks the servers in turn until one answers.
///
/// # Errors
/// What became of the last of them.
pub async fn any(errand: &Errand, wish: &Wish, servers: &[Server]) -> Result<Reply, NoAnswer> {
    let mut last = None;
    for server in servers {
        match one(errand, wish, server).await {
            Ok(reply) => return Ok(reply),
            Err(no_answer) => last = Some(no_answer),
        }
    }
    Err(last.unwrap_or_else(|| NoAnswer {
        server: Server { called: String::new(), address: SocketAddr::from(([0, 0, 0, 0], 0)) },
        why: Why::Failed("UDP", io::ErrorKind::NotFound.into()),
    }))
}

/// Asks one server; again over a stream when the answer is cut, and with its cookie when it insists on one.
///
/// # Errors
/// Why it has no answer.
pub async fn one(errand: &Errand, wish: &Wish, server: &Server) -> Result<Reply, NoAnswer> {
    let asking = Asking::new(errand, wish, server);
    let reply = asking.ask(wish, wish.flags.tcp, Vec::new()).await?;
    let Some(again) = with_cookie(wish, &reply) else { return Ok(reply) };
    let remarks =
        [reply.remarks, vec!["BADCOOKIE, asking again with the server's cookie (RFC 7873 5.3).".into()]].concat();
    asking.ask(&again, reply.stream, remarks).await
}

/// What a question needs over all its tries.
struct Asking {
    host: Host,
    /// As `host` reaches it.
    to: SocketAddr,
    server: Server,
    random: std::cell::RefCell<Random>,
    cookie: Vec<u8>,
}

impl Asking {
    fn new(errand: &Errand, wish: &Wish, server: &Server) -> Self {
        let (host, to) = errand.reach(server.address);
        let what = format!("query of {} {} to {} at {}", wish.name, wish.kind, server.address, host.clock().now());
        let mut random = host.random(&what);
        let cookie = (0..4).flat_map(|_| random.u16().to_be_bytes()).collect();
        Self { host, to, server: server.clone(), random: random.into(), cookie }
    }

    async fn ask(&self, wish: &Wish, stream: bool, mut remarks: Vec<String>) -> Result<Reply, NoAnswer> {
        let id = wish.flags.id.unwrap_or_else(|| self.random.borrow_mut().u16());
        let request = request::write(wish, id, &self.cookie);
        if !stream {
            let reply = self.by_datagram(wish, &request, &mut remarks).await?;
            if !reply.decoded.message.has(flag::TC) || wish.flags.ignore {
                return Ok(Reply { remarks, ..reply });
            }
            remarks.push("Truncated, retrying in TCP mode.".into());
        }
        let reply = self.on_stream(wish, &request).await?;
        Ok(Reply { remarks, ..reply })
    }

    async fn by_datagram(&self, wish: &Wish, request: &[u8], remarks: &mut Vec<String>) -> Result<Reply, NoAnswer> {
        let failed = |error| self.failed(Why::Failed("UDP", error));
        let socket = self.host.bind(0).await.map_err(failed)?;
        let clock = self.host.clock();
        let mut octets = vec![0; LONGEST];
        for _ in 0..wish.flags.tries {
            let sent = clock.now();
            socket.send_to(request, self.to).await.map_err(failed)?;
            let deadline = sent + wish.flags.patience;
            while let Ok(received) = clock.until(deadline, socket.receive(&mut octets)).await {
                let (length, from) = received.map_err(failed)?;
                match mismatch(request, &octets[..length]) {
                    None if from == self.to => return Ok(self.reply(request, &octets[..length], sent, false)),
                    None => {
                        remarks.push(format!("Ignored: an answer from {}#{} (RFC 5452 9.1).", from.ip(), from.port()))
                    }
                    Some(what) => remarks.push(format!("Ignored: a message {what} (RFC 5452 9.1).")),
                }
            }
        }
        Err(self.failed(Why::Silent(wish.flags.tries, wish.flags.patience, "UDP")))
    }

    async fn on_stream(&self, wish: &Wish, request: &[u8]) -> Result<Reply, NoAnswer> {
        let sent = self.host.clock().now();
        let exchange = async {
            let mut stream = self.host.connect(self.to).await?;
            send(&mut stream, request).await?;
            receive(&mut stream).await
        };
        let limited = self.host.clock().until(sent + wish.flags.patience, exchange).await;
        let received = limited.map_err(|_| self.failed(Why::Silent(1, wish.flags.patience, "TCP")))?;
        let octets = received.map_err(|error| self.failed(Why::Failed("TCP", error)))?;
        Ok(self.reply(request, &octets, sent, true))
    }

    fn reply(&self, request: &[u8], octets: &[u8], sent: Time, stream: bool) -> Reply {
        let at = self.host.clock().now();
        let (decoded, server) = (Message::decode(octets), self.server.clone());
        let (took, request) = (at.since(sent), request.to_vec());
        Reply { decoded, length: octets.len(), server, stream, took, at, request, remarks: Vec::new() }
    }

    fn failed(&self, why: Why) -> NoAnswer {
        NoAnswer { server: self.server.clone(), why }
    }
}

/// A transfer that goes on: message after message over one stream.
pub struct Inflow {
    asking: Asking,
    stream: Stream,
    request: Vec<u8>,
    patience: Duration,
    sent: Time,
}

impl Inflow {
    /// Sends the question of `wish` over a stream that stays open.
    ///
    /// # Errors
    /// Why the server cannot be asked.
    pub async fn begin(errand: &Errand, wish: &Wish, server: &Server) -> Result<Self, NoAnswer> {
        let asking = Asking::new(errand, wish, server);
        let id = wish.flags.id.unwrap_or_else(|| asking.random.borrow_mut().u16());
        let request = request::write(wish, id, &asking.cookie);
        let (patience, sent) = (wish.flags.patience, asking.host.clock().now());
        let open = async {
            let mut stream = asking.host.connect(asking.to).await?;
            send(&mut stream, &request).await.map(|()| stream)
        };
        let limited = asking.host.clock().until(sent + patience, open).await;
        let opened = limited.map_err(|_| asking.failed(Why::Silent(1, patience, "TCP")))?;
        let stream = opened.map_err(|error| asking.failed(Why::Failed("TCP", error)))?;
        Ok(Self { asking, stream, request, patience, sent })
    }

    /// The next message.
    ///
    /// # Errors
    /// When none comes, or the stream ends.
    pub async fn next(&mut self) -> Result<Reply, NoAnswer> {
        let deadline = self.asking.host.clock().now() + self.patience;
        let limited = self.asking.host.clock().until(deadline, receive(&mut self.stream)).await;
        let received = limited.map_err(|_| self.asking.failed(Why::Silent(1, self.patience, "TCP")))?;
        let octets = received.map_err(|error| self.asking.failed(Why::Failed("TCP", error)))?;
        Ok(self.asking.reply(&self.request, &octets, self.sent, true))
    }
}

async fn send(stream: &mut Stream, request: &[u8]) -> io::Result<()> {
    // What a command line says is shorter than 65,536 octets, or the option that is too long is cut.
    let length = u16::try_from(request.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    stream.write_all(&[&length.to_be_bytes(), request].concat()).await
}

async fn receive(stream: &mut Stream) -> io::Result<Vec<u8>> {
    let ended = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => io::Error::new(error.kind(), "it closed the connection"),
        _ => error,
    };
    let mut octets = vec![0; usize::from(stream.read_u16().await.map_err(ended)?)];
    stream.read_exact(&mut octets).await.map_err(ended)?;
    Ok(octets)
}

/// Why a message is no answer to a request. Who could not read the request may leave the question out.
fn mismatch(request: &[u8], octets: &[u8]) -> Option<&'static str> {
    let [asked, told] = [request, octets].map(|octets| Message::decode(octets).message);
    let told_nothing = told.questions.is_empty();
    if octets.len() < 2 || told.id != asked.id {
        Some("with another id")
    } else if !told.is_response() {
        Some("that is no response")
    } else if told.questions != asked.questions && !told_nothing {
        Some("with another question")
    } else {
        None
    }
}

/// The wish with the cookie of a server that wants it.
fn with_cookie(wish: &Wish, reply: &Reply) -> Option<Wish> {
    let message = &reply.decoded.message;
    let told = message.edns()?.option(option::COOKIE).filter(|cookie| cookie.len() > CLIENT_COOKIE)?;
    let mut again = wish.clone();
    let edns = again.flags.edns.as_mut().filter(|edns| edns.cookie.is_some() && message.rcode() == Rcode::BADCOOKIE)?;
    edns.cookie = Some(Cookie::Given(told.to_vec()));
    Some(again)
}

/// Octets of the client's part of a cookie (RFC 7873 4.1).
const CLIENT_COOKIE: usize = 8;
/// The longest datagram.
const LONGEST: usize = 65_535;
