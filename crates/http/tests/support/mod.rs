//! A web site, and hosts that visit it, in virtual time.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses a part of this, and it is a test")]

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, LocalOptions};
use toynet_http::client::Client;
use toynet_http::server::{ALPN_THREE, Answer, Content, Handler, HttpServer, Limits, Sites};
use toynet_http::site::{Body, Memory, Site};
use toynet_machine::Time;
use toynet_net::link::{Conditions, Links, Pattern, Rule};
use toynet_net::tls::{self, ClientConfig, Identity, Tickets, Trust, Versions};
use toynet_net::{Carrier, Clock, Host, Network, Recorder, Stream, Topology, TopologyHost};
use toynet_record::{Cursor, Journal, Quota};
use toynet_service::{LocalFuture, Server};

/// Runs `story` in virtual time.
pub fn in_virtual_time<F: Future>(story: impl FnOnce() -> F) -> F::Output {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build_local(LocalOptions::default()).unwrap();
    runtime.block_on(async { story().await })
}

/// Reads what a request carries after a while, and sends it back.
pub struct Echo(pub Duration);

impl Handler for Echo {
    fn answer(&self, request: &mut Request<Content>, host: &Host) -> Answer {
        let (content, clock, delay) = (request.body_mut().take(), host.clock(), self.0);
        Answer::Later(Box::pin(async move {
            clock.sleep(delay).await;
            match content.read().await {
                Ok(octets) => Response::new(Body::Held(octets)),
                Err(why) => Response::builder().status(why.status()).body(Body::Empty).unwrap(),
            }
        }))
    }
}

/// `www.shop.test` at .1 and `club.test` at .2.
pub fn network(rules: Vec<Rule>) -> Rc<Network> {
    let hosts = (1..).zip(["www.shop.test", "club.test"]).map(|(number, name)| TopologyHost {
        name: name.into(),
        number,
        addresses: vec![IpAddr::from([198, 18, 0, number as u8])],
    });
    let topology = Topology::new(hosts.collect(), Links::new(rules, EPOCH), None, 7);
    let clock = Clock::starting_at(EPOCH);
    Network::new(0, Arc::new(topology), Carrier::memory(), clock, Recorder::new(0, Quota::default(), clock))
}

pub fn latency(delay: Duration) -> Vec<Rule> {
    let conditions = Conditions { latency: delay, ..Conditions::default() };
    let rule = |from: &str, to: &str| Rule {
        from: Pattern::Host(from.into()),
        to: Pattern::Host(to.into()),
        conditions: conditions.clone(),
    };
    vec![rule("www.shop.test", "club.test"), rule("club.test", "www.shop.test")]
}

/// A small site at `www.shop.test`.
pub async fn serve_site(network: &Rc<Network>) {
    serve(network, site()).await;
}

pub fn site() -> Rc<dyn Handler> {
    let file = |place: &'static str, text: String| (place, Bytes::from(text), Time::from_secs(784_111_777));
    let files = [
        file("index.html", "welcome".into()),
        file("digits.txt", "0123456789".into()),
        file("large.bin", "0123456789abcdef".repeat(65_536)),
    ];
    Rc::new(Site::new(Memory::new(files)))
}

pub async fn serve(network: &Rc<Network>, handler: Rc<dyn Handler>) {
    serve_on(network.host("www.shop.test").unwrap(), handler).await;
}

pub async fn serve_on(host: Host, handler: Rc<dyn Handler>) {
    let running = HttpServer::new(80, Sites::new("www.shop.test", handler)).start(host).await.unwrap();
    tokio::task::spawn_local(running);
}

pub fn visitor(network: &Rc<Network>) -> Host {
    network.host("club.test").unwrap()
}

pub async fn connect(network: &Rc<Network>) -> Stream {
    visitor(network).connect(DOOR).await.unwrap()
}

pub async fn http1(network: &Rc<Network>) -> Client {
    Client::http1(connect(network).await).await.unwrap()
}

pub async fn http2(network: &Rc<Network>) -> Client {
    Client::http2(connect(network).await).await.unwrap()
}

pub async fn ask(client: &mut Client, method: &str, path: &str, fields: &[(&str, &str)]) -> Response<Bytes> {
    let mut request = Request::builder().method(method).uri(format!("http://www.shop.test{path}"));
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    client.send(request.body(Full::default()).unwrap()).await.unwrap()
}

pub fn field<'a>(answer: &'a Response<Bytes>, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// A server's and a client's TLS that suit each other.
pub struct TlsPair {
    pub server: tls::Server,
    pub client: ClientConfig,
}

/// With a certificate for `www.shop.test`.
pub fn tls() -> TlsPair {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let made = rcgen::CertificateParams::new(["www.shop.test".to_owned()]).unwrap().self_signed(&key).unwrap();
    let identity = Identity::from_pem(&made.pem(), &key.serialize_pem()).unwrap();
    let (versions, clock) = (Versions::OnlyThree, Clock::starting_at(EPOCH));
    let server = tls::Server::new(Arc::new(identity), versions, ALPN_THREE, &Tickets::new().unwrap(), clock).unwrap();
    let client = Trust::Authorities(made.pem()).client(ALPN_THREE, clock).unwrap();
    TlsPair { server, client }
}

/// A server of HTTP/3 at `www.shop.test`, to be run.
pub async fn three(
    network: &Rc<Network>,
    handler: Rc<dyn Handler>,
    limits: Limits,
    pair: &TlsPair,
) -> LocalFuture<std::io::Result<()>> {
    let server = HttpServer::of(Sites::new("www.shop.test", handler)).within(limits);
    let server = server.on_quic(QUIC_DOOR.port(), pair.server.clone());
    server.start(network.host("www.shop.test").unwrap()).await.unwrap()
}

pub async fn serve_three(network: &Rc<Network>, handler: Rc<dyn Handler>, limits: Limits) -> TlsPair {
    let pair = tls();
    tokio::task::spawn_local(three(network, handler, limits, &pair).await);
    pair
}

/// All that the server answers to `octets`, until it closes or falls silent for a minute.
pub async fn say(network: &Rc<Network>, octets: &[u8]) -> String {
    let mut stream = connect(network).await;
    // What the server refuses it need not read to the end.
    let _ = stream.write_all(octets).await;
    hear(&mut stream, network.clock()).await
}

pub async fn hear(stream: &mut Stream, clock: Clock) -> String {
    let mut heard = Vec::new();
    let _ = clock.until(clock.now() + Duration::from_secs(60), stream.read_to_end(&mut heard)).await;
    String::from_utf8(heard).unwrap()
}

pub fn journal(network: &Network) -> Journal {
    Journal::merge([&network.recorder().read(&mut Cursor::default())])
}

pub const DOOR: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::new(198, 18, 0, 1)), 80);
pub const QUIC_DOOR: SocketAddr = SocketAddr::new(DOOR.ip(), 443);
/// The first second of 2026.
const EPOCH: Time = Time::from_secs(1_767_225_600);
