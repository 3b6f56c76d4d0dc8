//! A small lab with name servers, in virtual time.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses a part of this, and it is a test")]

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use tokio::runtime::{Builder, LocalOptions};
use toynet_dns::codes::{Class, RecordType};
use toynet_dns::server::NameServer;
use toynet_dns::wire::message::write_query;
use toynet_dns::wire::{Message, Question, flag};
use toynet_machine::Time;
use toynet_net::link::Links;
use toynet_net::{Carrier, Clock, Host, Network, Recorder, Topology, TopologyHost};
use toynet_record::{Cursor, Entry, Journal, Quota, Seen};
use toynet_service::place::{FileKind, Folder};
use toynet_service::tls::NoCertificates;
use toynet_service::{Files, HostName, Place, Server, ZoneText};

/// Runs `story` in virtual time.
pub fn in_virtual_time<F: Future>(story: impl FnOnce() -> F) -> F::Output {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build_local(LocalOptions::default()).unwrap();
    runtime.block_on(async { story().await })
}

/// The hosts at 198.18.0.1 and up, none of which serves anything yet; `resolver` is the lab's resolver.
pub fn network() -> Rc<Network> {
    let hosts = (1..).zip(HOSTS).map(|(number, name)| TopologyHost {
        name: name.into(),
        number,
        addresses: vec![IpAddr::from([198, 18, 0, number as u8])],
    });
    let resolver = Some(SocketAddr::new(address("resolver"), 53));
    let topology = Topology::new(hosts.collect(), Links::new(Vec::new(), EPOCH), resolver, 7);
    let clock = Clock::starting_at(EPOCH);
    Network::new(0, Arc::new(topology), Carrier::memory(), clock, Recorder::new(0, Quota::default(), clock))
}

/// Starts a name server with zones given as origin and text, each with a SOA record and a TTL of a minute.
pub async fn serve(network: &Rc<Network>, host: &str, zones: &[(&str, &str)]) {
    start(network, host, NameServer::build(false, 53, &place(host, zones)).unwrap()).await;
}

/// Starts the resolver, which begins at `root` and `root2`.
pub async fn resolve(network: &Rc<Network>) {
    start(network, "resolver", NameServer::build(true, 53, &place("resolver", &[])).unwrap()).await;
}

async fn start(network: &Rc<Network>, host: &str, server: NameServer) {
    let run = server.start(network.host(host).unwrap()).await.unwrap();
    tokio::task::spawn_local(run);
}

/// A root, `test.` and `shop.test.` on hosts of their own, and a resolver.
pub async fn small_internet() -> Rc<Network> {
    let network = network();
    let root = [(".", "@ NS root\nroot A 198.18.0.1\ntest NS test\ntest A 198.18.0.3\n")];
    serve(&network, "root", &root).await;
    serve(&network, "root2", &root).await;
    let test =
        "@ NS @\n@ A 198.18.0.3\nshop NS ns.shop\nns.shop A 198.18.0.4\nrogue NS ns.rogue\nns.rogue A 198.18.0.5\n";
    serve(&network, "test", &[("test", test)]).await;
    serve(&network, "ns.shop", &[("shop.test", SHOP)]).await;
    resolve(&network).await;
    network
}

pub fn place(host: &str, zones: &[(&str, &str)]) -> Place {
    let text = |(origin, text): &(&str, &str)| {
        let text = format!("$TTL 60\n@ SOA ns root 1 2 3 4 5\n{text}");
        Arc::new(ZoneText { origin: (*origin).into(), source: "zone".into(), text })
    };
    let root = |name: &str| (HostName::parse(name).unwrap(), vec![address(name)]);
    Place {
        host: HostName::parse(host).unwrap(),
        addresses: vec![address(host)],
        zones: zones.iter().map(text).collect(),
        hints: Arc::new(vec![root("root"), root("root2")]),
        outside: Arc::default(),
        files: Arc::new(NoFiles),
        certificates: Arc::new(NoCertificates),
        state: None,
        seed: 7,
    }
}

pub fn address(host: &str) -> IpAddr {
    let number = HOSTS.iter().position(|name| *name == host).unwrap() + 1;
    IpAddr::from([198, 18, 0, number as u8])
}

pub fn at(host: &str) -> SocketAddr {
    SocketAddr::new(address(host), 53)
}

pub fn visitor(network: &Rc<Network>) -> Host {
    network.host("visitor").unwrap()
}

pub fn question(name: &str, kind: RecordType) -> Question {
    Question { name: name.parse().unwrap(), kind, class: Class::IN }
}

/// A query that desires recursion, with the length that goes before it on a stream.
pub fn framed_query(id: u16, name: &str, kind: RecordType) -> Vec<u8> {
    let query = write_query(id, flag::RD, &question(name, kind), None);
    [&(query.len() as u16).to_be_bytes()[..], &query].concat()
}

/// The next message on a stream.
pub async fn next_message(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> io::Result<Message> {
    use tokio::io::AsyncReadExt;
    let mut octets = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut octets).await?;
    Ok(Message::read(&octets).unwrap())
}

/// How many queries came to a host by datagram.
pub fn asked(network: &Network, host: &str) -> usize {
    let journal = Journal::merge([&network.recorder().read(&mut Cursor::default())]);
    let own = SocketAddr::new(address(host), 53);
    let of_host = |entry: &Entry<'_>| matches!(entry.seen, Seen::Opened { local, .. } if local == own);
    let ends: Vec<_> = journal.entries().filter(of_host).map(|entry| entry.end).collect();
    let arrived = |entry: &Entry<'_>| {
        ends.contains(&entry.end)
            && matches!(entry.seen, Seen::Datagram { direction: toynet_record::Direction::Received, .. })
    };
    journal.entries().filter(arrived).count()
}

#[derive(Debug)]
struct NoFiles;

impl Files for NoFiles {
    fn text(&self, path: &str) -> io::Result<String> {
        Err(io::Error::new(io::ErrorKind::NotFound, path.to_owned()))
    }

    fn kind(&self, _: &str) -> FileKind {
        FileKind::Missing
    }

    fn folder(&self, _: &str) -> io::Result<Folder> {
        Err(io::ErrorKind::NotFound.into())
    }
}

const HOSTS: [&str; 7] = ["root", "root2", "test", "ns.shop", "rogue", "resolver", "visitor"];
const EPOCH: Time = Time::from_secs(1_767_225_600);
const SHOP: &str =
    "@ NS ns\nns A 198.18.0.4\nwww A 198.18.0.7\n*.many A 198.18.0.7\n$GENERATE 1-2000 h$ TXT \"number $\"\n";
