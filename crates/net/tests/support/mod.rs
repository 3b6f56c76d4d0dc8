//! Small labs for the tests of the core.
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::runtime::{Builder, LocalOptions};
use toynet_machine::{Random, Time};
use toynet_net::carrier::ports::{Lease, Ports, RAISED};
use toynet_net::fault::{Fault, Meant, When};
use toynet_net::link::{Bend, Conditions, Down, Links, Pattern, Rule, Way};
use toynet_net::tls::{ClientConfig, ServerConfig};
use toynet_net::{Carrier, Clock, Host, Network, Recorder, Topology, TopologyHost};
use toynet_record::{Cursor, Entry, Journal, Quota};

/// Runs `story` in virtual time.
pub fn in_virtual_time<F: Future>(story: impl FnOnce() -> F) -> F::Output {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build_local(LocalOptions::default()).unwrap();
    runtime.block_on(async { story().await })
}

/// Runs `story` in real time.
pub fn in_real_time<F: Future>(story: impl FnOnce() -> F) -> F::Output {
    toynet_net::worker::runtime().unwrap().block_on(async { story().await })
}

/// `www.shop.test` at .1, `ns.shop.test` at .2, `club.test` at .3, each with both families.
pub fn topology(rules: Vec<Rule>) -> Topology {
    let names = ["www.shop.test", "ns.shop.test", "club.test"];
    let hosts = (1..).zip(names).map(|(number, name)| TopologyHost {
        name: name.into(),
        number,
        addresses: vec![address(number), address6(number)],
    });
    Topology::new(hosts.collect(), Links::new(rules, epoch()), None, 7)
}

pub fn memory(rules: Vec<Rule>) -> Rc<Network> {
    memory_with(rules, Quota::default())
}

pub fn memory_with(rules: Vec<Rule>, quota: Quota) -> Rc<Network> {
    let clock = Clock::starting_at(epoch());
    let recorder = Recorder::new(0, quota, clock);
    Network::new(0, Arc::new(topology(rules)), Carrier::memory(), clock, recorder)
}

/// On the loopback, for as long as the lease lives.
pub fn ports(rules: Vec<Rule>) -> (Rc<Network>, Lease) {
    let lease = Lease::take("net").unwrap();
    let clock = Clock::system();
    let recorder = Recorder::new(0, Quota::default(), clock);
    let carrier = Carrier::Ports(Ports::new(lease.net(), RAISED));
    (Network::new(0, Arc::new(topology(rules)), carrier, clock, recorder), lease)
}

/// Runs `check` in memory, in virtual time, and on the loopback.
pub fn on_both_carriers(check: impl AsyncFn(Rc<Network>)) {
    in_virtual_time(|| async { check(memory(vec![])).await });
    in_real_time(|| async {
        let (network, _lease) = ports(vec![]);
        check(network).await;
    });
}

pub fn latency(from: &str, to: &str, delay: Duration) -> Vec<Rule> {
    let conditions = Conditions { latency: delay, ..Conditions::default() };
    let rule = |from: &str, to: &str| Rule {
        from: Pattern::Host(from.into()),
        to: Pattern::Host(to.into()),
        conditions: conditions.clone(),
    };
    vec![rule(from, to), rule(to, from)]
}

pub fn www(network: &Rc<Network>) -> Host {
    network.host("www.shop.test").unwrap()
}

pub fn ns(network: &Rc<Network>) -> Host {
    network.host("ns.shop.test").unwrap()
}

pub fn at(number: u16, port: u16) -> SocketAddr {
    SocketAddr::new(address(number), port)
}

pub fn at6(number: u16, port: u16) -> SocketAddr {
    SocketAddr::new(address6(number), port)
}

pub fn journal(network: &Network) -> Journal {
    Journal::merge([&network.recorder().read(&mut Cursor::default())])
}

/// What was seen, one line each, without times.
pub fn seen(journal: &Journal) -> Vec<String> {
    journal.entries().map(|Entry { end, seen, .. }| format!("{} {seen:?}", end.bits())).collect()
}

pub fn door(network: &Network, number: u16) -> std::net::SocketAddr {
    match network.carrier() {
        toynet_net::Carrier::Ports(ports) => ports.door(number, 53),
        _ => unreachable!("the lab stands on the loopback"),
    }
}

pub fn rule(conditions: Conditions) -> Rule {
    let (from, to) = (Pattern::Host("www.shop.test".into()), Pattern::Host("ns.shop.test".into()));
    Rule { from, to, conditions }
}

pub fn between() -> Bend {
    let Rule { from, to, .. } = rule(Conditions::default());
    Bend { ways: vec![Way { from, to }], ..Bend::default() }
}

pub fn down(host: &str, down: Down) -> Bend {
    let host = || Pattern::Host(host.into());
    let ways = vec![Way { from: Pattern::Any, to: host() }, Way { from: host(), to: Pattern::Any }];
    Bend { ways, down: Some(down), ..Bend::default() }
}

pub fn set(network: &Network, bend: Bend, when: When) -> Arc<Fault> {
    let random = Random::new(7, "link", "fault");
    let fault = Fault::new("bent".into(), Meant::All, when, Arc::new(bend), network.clock().now(), random);
    network.topology().link_faults().add(Arc::clone(&fault));
    fault
}

/// A certificate for `ns.shop.test` and a client that trusts it.
pub fn configs(alpn: &[&[u8]]) -> (ServerConfig, ClientConfig) {
    let made = rcgen::generate_simple_self_signed(["ns.shop.test".to_owned()]).unwrap();
    let certificate = CertificateDer::from(made.cert.der().to_vec());
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut trusted = rustls::RootCertStore::empty();
    trusted.add(certificate.clone()).unwrap();
    let mut server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(trusted)
        .with_no_client_auth();
    server.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    client.alpn_protocols = server.alpn_protocols.clone();
    (server, client)
}

fn address(number: u16) -> IpAddr {
    IpAddr::from([198, 18, 0, number as u8])
}

fn address6(number: u16) -> IpAddr {
    IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, number])
}

pub fn epoch() -> Time {
    Time::from_secs(1_767_225_600)
}
