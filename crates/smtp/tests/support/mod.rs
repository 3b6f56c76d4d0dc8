//! A small internet of mail: `mail.shop.test`, `mail.club.test` and a client.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses a part of this, and a test may stop")]

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, LocalOptions};
use tokio::task::spawn_local;
use toynet_machine::Time;
use toynet_net::link::{Conditions, Links, Pattern, Rule, Window};
use toynet_net::tls::ServerConfig;
use toynet_net::{Carrier, Clock, Host, LocalFuture, Network, Recorder, Resolve, Topology, TopologyHost};
use toynet_record::{Cursor, Journal, Quota};
use toynet_service::Server;
use toynet_smtp::client::{Dsn, Letter, send};
use toynet_smtp::fate::Fate;
use toynet_smtp::retry::Schedule;
use toynet_smtp::server::{Policy, SmtpServer, Ways};
use toynet_smtp::store::{Memory, Store};
use toynet_smtp::wire::{Content, ForwardPath, ReversePath};

pub const SHOP: &str = "mail.shop.test";
pub const CLUB: &str = "mail.club.test";
pub const CLIENT: &str = "client.test";
/// A host on which nothing listens.
pub const MUTE: &str = "mute.test";

pub struct Lab {
    pub network: Rc<Network>,
}

/// Runs `story` in virtual time.
pub fn in_virtual_time<F: Future>(story: impl FnOnce() -> F) -> F::Output {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build_local(LocalOptions::default()).unwrap();
    runtime.block_on(async { story().await })
}

impl Lab {
    pub fn new(rules: Vec<Rule>) -> Self {
        let hosts = (1..).zip([SHOP, CLUB, CLIENT, MUTE]).map(|(number, name)| TopologyHost {
            name: name.into(),
            number,
            addresses: vec![address(number)],
        });
        let topology = Topology::new(hosts.collect(), Links::new(rules, epoch()), None, 7);
        let clock = Clock::starting_at(epoch());
        let recorder = Recorder::new(0, Quota::default(), clock);
        let network = Network::new(0, Arc::new(topology), Carrier::memory(), clock, recorder);
        network.set_resolver(Rc::new(Names));
        Self { network }
    }

    pub fn host(&self, name: &str) -> Host {
        self.network.host(name).unwrap()
    }

    /// Starts a mail server with mailboxes `alice` and `carol` on a host, in memory.
    pub async fn serve(&self, host: &str) -> Arc<Memory> {
        let store = Arc::new(Memory::default());
        self.serve_with(host, store.clone()).await;
        store
    }

    pub async fn serve_with(&self, host: &str, store: Arc<dyn Store>) -> tokio::task::JoinHandle<io::Result<()>> {
        self.serve_by(host, store, Ways { port: 25, ..Ways::default() }).await
    }

    /// A server that is reached in these ways.
    pub async fn serve_securely(&self, host: &str, ways: Ways) -> Arc<Memory> {
        let store = Arc::new(Memory::default());
        self.serve_by(host, store.clone(), ways).await;
        store
    }

    async fn serve_by(&self, host: &str, store: Arc<dyn Store>, ways: Ways) -> tokio::task::JoinHandle<io::Result<()>> {
        self.serve_on(self.host(host), store, ways).await
    }

    /// The same on a host that may have faults.
    pub async fn serve_on(
        &self,
        host: Host,
        store: Arc<dyn Store>,
        ways: Ways,
    ) -> tokio::task::JoinHandle<io::Result<()>> {
        let server = SmtpServer::new(ways, policy(host.name()), store, Schedule::default());
        let running = server.start(host).await.unwrap();
        spawn_local(async move {
            let _server = server;
            running.await
        })
    }

    /// Sends a mail from the client through a server.
    pub async fn send(&self, through: &str, from: &str, to: &str, text: &str) -> Result<Fate, Fate> {
        let letter = Letter {
            from: ReversePath::parse(from).unwrap(),
            to: vec![ForwardPath::parse(&format!("<{to}>")).unwrap()],
            content: Content::from_text(text).unwrap(),
            smtputf8: false,
            dsn: Dsn::default(),
        };
        let sent =
            send(&self.host(CLIENT), through, SocketAddr::new(address_of(through), 25), vec![letter], None).await;
        sent.map(|mut fates| fates.remove(0).remove(0))
    }

    /// Says octets to a server and returns all that it says.
    pub async fn say(&self, server: &str, octets: &str) -> String {
        let mut stream = self.host(CLIENT).connect(SocketAddr::new(address_of(server), 25)).await.unwrap();
        stream.write_all(octets.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        said
    }

    pub fn journal(&self) -> Journal {
        Journal::merge([&self.network.recorder().read(&mut Cursor::default())])
    }

    /// How long this lab has run.
    pub fn age(&self) -> Duration {
        self.network.clock().now() - epoch()
    }
}

/// With a certificate that nobody vouches for.
pub fn secured_ways() -> Ways {
    let made = rcgen::generate_simple_self_signed([CLUB.to_owned()]).unwrap();
    let key = made.signing_key.serialize_der().try_into().unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    Ways { port: 25, tls: Some(config.into()), ..Ways::default() }
}

/// What is in a mailbox.
pub async fn mails(store: &dyn Store, mailbox: &str) -> Vec<String> {
    let mails = store.read(mailbox).await.unwrap();
    mails.into_iter().map(|(_, octets)| String::from_utf8(octets).unwrap()).collect()
}

/// Waits until there is a mail in a mailbox.
pub async fn first_mail(lab: &Lab, store: &dyn Store, mailbox: &str) -> String {
    loop {
        if let Some(mail) = mails(store, mailbox).await.pop() {
            return mail;
        }
        let seconds = if lab.age().as_secs() < 60 { 1 } else { 60 };
        lab.network.clock().sleep(Duration::from_secs(seconds)).await;
    }
}

/// Between two hosts nothing passes during a window.
pub fn cut(one: &str, other: &str, window: Window) -> Vec<Rule> {
    let rule = |from: &str, to: &str| Rule {
        from: Pattern::Host(from.into()),
        to: Pattern::Host(to.into()),
        conditions: Conditions { cut: vec![window], ..Conditions::default() },
    };
    vec![rule(one, other), rule(other, one)]
}

fn policy(host: &str) -> Policy {
    let domain = host.strip_prefix("mail.").unwrap_or(host).to_owned();
    let mailboxes = ["alice".to_owned(), "carol".to_owned()];
    Policy {
        host: host.into(),
        addresses: vec![address_of(host)],
        domains: [domain].into(),
        mailboxes: Some(mailboxes.into()),
        ..Policy::default()
    }
}

/// Name look-ups without name servers.
#[derive(Debug)]
struct Names;

impl Resolve for Names {
    fn addresses<'a>(&'a self, _: &'a Host, name: &'a str) -> LocalFuture<'a, io::Result<Vec<IpAddr>>> {
        let known = [SHOP, CLUB, CLIENT, MUTE].contains(&name);
        let found = if known { Ok(vec![address_of(name)]) } else { Err(io::ErrorKind::NotFound.into()) };
        Box::pin(std::future::ready(found))
    }

    fn exchangers<'a>(&'a self, _: &'a Host, domain: &'a str) -> LocalFuture<'a, io::Result<Vec<(u16, String)>>> {
        let known = BTreeMap::from([
            ("shop.test", vec![(10, SHOP.to_owned())]),
            ("club.test", vec![(10, CLUB.to_owned())]),
            ("mute.test", vec![]),
            ("quiet.test", vec![(0, String::new())]),
        ]);
        let found = known.get(domain).cloned().ok_or_else(|| io::ErrorKind::NotFound.into());
        Box::pin(std::future::ready(found))
    }
}

pub fn address_of(name: &str) -> IpAddr {
    let place = [SHOP, CLUB, CLIENT, MUTE].iter().position(|known| *known == name);
    address(1 + u16::try_from(place.unwrap()).unwrap())
}

fn address(number: u16) -> IpAddr {
    IpAddr::from([198, 18, 0, number as u8])
}

pub fn epoch() -> Time {
    Time::from_secs(1_767_225_600)
}
