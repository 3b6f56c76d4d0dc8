//! From a URL to a connection with its server.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use toynet_net::quic::{Connection, Endpoint};
use toynet_net::tls::{ClientConfig, Trust};
use toynet_net::{Host, Stream};
use toynet_service::Errand;

use super::proxy::Proxy;
use super::show::Show;
use super::told::Story;
use super::version::{ONLY_HTTPS, Version};
use super::wish::{Family, Way, Wish};
use crate::client::failure::{Failure, Refused};
use crate::client::url::Url;
use crate::client::{reach, three};
use crate::wire::socks::Place;

/// Connects to where a URL leads, with TLS if it is `https`.
pub(crate) async fn connect(
    wish: &Wish,
    url: &Url,
    errand: &Errand,
    story: &mut Story,
    show: &mut Show,
) -> Result<Stream, Failure> {
    in_time(wish, errand, connect_now(wish, url, errand, story, show)).await
}

/// No later than the person wants to wait for a connection.
async fn in_time<T>(
    wish: &Wish,
    errand: &Errand,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let (clock, limit) = (errand.host().clock(), wish.longest_connect);
    let late = Failure::Late { what: "connection", limit };
    clock.until(clock.now() + limit, work).await.unwrap_or(Err(late))
}

async fn connect_now(
    wish: &Wish,
    url: &Url,
    errand: &Errand,
    story: &mut Story,
    show: &mut Show,
) -> Result<Stream, Failure> {
    let clock = errand.host().clock();
    let stream = match &wish.proxy {
        None => reach_first(wish, url, errand, story, show).await?,
        Some(proxy) if proxy.asks(url) => reach_first(wish, &proxy.url, errand, story, show).await?,
        Some(proxy) => led(wish, proxy, url, errand, story, show).await?,
    };
    if !url.is_secure {
        return Ok(stream);
    }
    let stream = secure(wish, url, errand, stream).await?;
    story.steps.secured = Some(clock.now() - story.began);
    story.tls = stream.tls().map(ToString::to_string);
    story.tls.iter().for_each(|terms| show.note(terms));
    Ok(stream)
}

/// Connects to whoever is first.
async fn reach_first(
    wish: &Wish,
    url: &Url,
    errand: &Errand,
    story: &mut Story,
    show: &mut Show,
) -> Result<Stream, Failure> {
    let clock = errand.host().clock();
    let places = places(wish, url, errand).await?;
    story.steps.looked_up = Some(clock.now() - story.began);
    show.note(&format!("Trying {}", list(&places)));
    let ways: Vec<(Host, SocketAddr)> = places.into_iter().map(|place| errand.reach(place)).collect();
    let stream = reach::first(ways, clock).await?;
    story.steps.connected = Some(clock.now() - story.began);
    story.connections += 1;
    (story.local, story.peer) = (Some(stream.local()), Some(stream.peer()));
    show.note(&format!("Connected to {} ({}) port {}", url.host, stream.peer().ip(), stream.peer().port()));
    Ok(stream)
}

/// Has a proxy lead to the server; to the first of its addresses that the proxy reaches, where these are known here.
async fn led(
    wish: &Wish,
    proxy: &Proxy,
    url: &Url,
    errand: &Errand,
    story: &mut Story,
    show: &mut Show,
) -> Result<Stream, Failure> {
    let clock = errand.host().clock();
    let mut failure = Failure::Network(io::ErrorKind::NotFound.into());
    for to in proxy_places(wish, proxy, url, errand).await? {
        let stream = reach_first(wish, &proxy.url, errand, story, show).await?;
        match proxy.lead(stream, &to, errand, show).await {
            Ok(stream) => {
                story.steps.led = Some(clock.now() - story.began);
                show.note(&format!("The proxy has opened the way to {to}"));
                return Ok(stream);
            }
            // What one address does not take another may.
            Err(refused @ Failure::PeerSocks(Refused::Reply(..))) => failure = refused,
            Err(other) => return Err(other),
        }
    }
    Err(failure)
}

/// What a proxy is asked to lead to: a name where it is to look that up.
async fn proxy_places(wish: &Wish, proxy: &Proxy, url: &Url, errand: &Errand) -> Result<Vec<Place>, Failure> {
    let (host, port) = wish.named(url);
    let is_named =
        host.parse::<IpAddr>().is_err() && !matches!(wish.detour(&url.host, url.port), Some(Way::Addresses(_)));
    if is_named && proxy.looks_up() {
        return Ok(vec![Place::Name(host, port)]);
    }
    Ok(places(wish, url, errand).await?.into_iter().map(Place::Address).collect())
}

/// Connects by QUIC to the first address that answers.
pub(super) async fn connect_three(
    wish: &Wish,
    url: &Url,
    errand: &Errand,
    story: &mut Story,
    show: &mut Show,
) -> Result<three::Sender, Failure> {
    in_time(wish, errand, connect_three_now(wish, url, errand, story, show)).await
}

async fn connect_three_now(
    wish: &Wish,
    url: &Url,
    errand: &Errand,
    story: &mut Story,
    show: &mut Show,
) -> Result<three::Sender, Failure> {
    let clock = errand.host().clock();
    if !url.is_secure {
        return Err(Failure::LocalVersion(ONLY_HTTPS));
    }
    let places = places(wish, url, errand).await?;
    story.steps.looked_up = Some(clock.now() - story.began);
    show.note(&format!("Trying {} over QUIC", list(&places)));
    let (endpoint, connection) = quic(wish, places, &url.host, errand).await?;
    // QUIC and TLS shake hands at once (RFC 9001 3).
    story.steps.connected = Some(clock.now() - story.began);
    story.steps.secured = story.steps.connected;
    story.connections += 1;
    let (local, peer) = (connection.local(), connection.peer());
    (story.local, story.peer) = (Some(local), Some(peer));
    show.note(&format!("Connected to {} ({}) port {} over QUIC", url.host, peer.ip(), peer.port()));
    story.tls = Some(connection.terms());
    story.tls.iter().for_each(|terms| show.note(terms));
    three::Sender::on(endpoint, connection, clock).await.map_err(Failure::Network)
}

/// Connects by QUIC to where the server of the wished URL is too (RFC 7838 2.1), whose name counts.
pub(crate) async fn connect_elsewhere(
    wish: &Wish,
    elsewhere: &Url,
    errand: &Errand,
) -> Result<(Endpoint, Connection), Failure> {
    let work = async { quic(wish, places(wish, elsewhere, errand).await?, &wish.url.host, errand).await };
    in_time(wish, errand, work).await
}

/// Connects by QUIC to the server called `name`, at the first of some places that answers.
async fn quic(
    wish: &Wish,
    places: Vec<SocketAddr>,
    name: &str,
    errand: &Errand,
) -> Result<(Endpoint, Connection), Failure> {
    let clock = errand.host().clock();
    let mut failure = Failure::Network(io::ErrorKind::NotFound.into());
    for place in places {
        let (host, to) = errand.reach(place);
        let client = client_config(wish, errand, to.ip())?;
        let datagrams = host.bind(0).await.map_err(Failure::Network)?;
        let endpoint = Endpoint::client(datagrams, &client).map_err(Failure::Network)?;
        let connected = clock.until(clock.now() + LONGEST_HANDSHAKE, endpoint.connect(to, name)).await;
        failure = match connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Failure::Tls { name: name.to_owned(), error },
            Err(error) => Failure::Connect { to, error },
            Ok(connection) => return Ok((endpoint, connection)),
        };
    }
    Err(failure)
}

async fn secure(wish: &Wish, url: &Url, errand: &Errand, stream: Stream) -> Result<Stream, Failure> {
    let client = client_config(wish, errand, stream.peer().ip())?;
    let secured = stream.start_tls_as_client(&client, &url.host, &[]).await;
    secured.map_err(|error| Failure::Tls { name: url.host.clone(), error })
}

/// How TLS is spoken with the server at an address.
fn client_config(wish: &Wish, errand: &Errand, server: IpAddr) -> Result<ClientConfig, Failure> {
    let alpn: &[&str] = match wish.version {
        Version::Best => &["h2", "http/1.1"],
        Version::Two => &["h2"],
        Version::Three => &["h3"],
        Version::One(1) => &["http/1.1"],
        Version::One(_) => &[],
    };
    let of_lab = errand.inside.as_ref().filter(|inside| inside.host.is_inside(server));
    let of_lab = of_lab.and_then(|inside| inside.authority.clone()).map(Trust::Authorities);
    let trust = wish.trust.clone().or(of_lab).unwrap_or(Trust::System);
    trust.client(alpn, errand.host().clock()).map_err(Failure::LocalTrust)
}

/// The addresses of a URL's server, in the order in which they are tried.
async fn places(wish: &Wish, url: &Url, errand: &Errand) -> Result<Vec<SocketAddr>, Failure> {
    let (host, port) = wish.named(url);
    let addresses: Vec<IpAddr> = match wish.detour(&url.host, url.port) {
        Some(Way::Addresses(addresses)) => addresses.clone(),
        _ => {
            let found = errand.addresses(&host).await;
            reach::in_turn(found.map_err(|error| Failure::Name { name: host, error })?)
        }
    };
    let is_wanted = |ip: &IpAddr| wish.family.is_none_or(|family| family.has(*ip));
    let places: Vec<_> = addresses.into_iter().filter(is_wanted).map(|ip| SocketAddr::new(ip, port)).collect();
    match wish.family {
        Some(family) if places.is_empty() => Err(lacks(url, family)),
        _ => Ok(places),
    }
}

fn lacks(url: &Url, family: Family) -> Failure {
    let why = format!("{} has no address of {}", url.host, family.name());
    Failure::Name { name: url.host.clone(), error: io::Error::new(io::ErrorKind::NotFound, why) }
}

fn list(places: &[SocketAddr]) -> String {
    places.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Nothing says that nobody takes datagrams at a port: one who answers does so within a few round trips.
const LONGEST_HANDSHAKE: Duration = Duration::from_secs(10);
