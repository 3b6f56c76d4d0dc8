//! How many datagrams go through the serving loop on one core, recorder on, over real sockets.
//!
//! A worker echoes; the main thread keeps a number of datagrams under way at sixteen sockets of its
//! own. What counts is the worker's time on its core: the rate is the load's as much as the worker's.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a benchmark plays the stranger and reads the clock"
)]

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use toynet_net::carrier::ports::{Lease, Ports, RAISED};
use toynet_net::link::Links;
use toynet_net::{Answer, Carrier, Clock, Network, Recorder, Topology, TopologyHost, worker};
use toynet_record::Quota;

fn main() {
    // `cargo test --benches` asks for a run that only shows that it runs.
    let lasts = if std::env::args().any(|argument| argument == "--test") { 1 } else { 20 };
    let lease = Lease::take("benchmark of datagrams").unwrap();
    let ports = Ports::new(lease.net(), RAISED);
    let (told, worker_id) = mpsc::channel();
    let _worker = worker::start("echo", move || serve(ports, told)).unwrap();
    let schedule = format!("/proc/self/task/{}/schedstat", worker_id.recv().unwrap());

    let sockets: Vec<UdpSocket> = (0..SOCKETS).map(|_| stranger(ports.door(1, 53))).collect();
    let (before, began) = (on_core(&schedule), Instant::now());
    let mut answered = 0_u64;
    while began.elapsed() < Duration::from_millis(100 * lasts) {
        sockets.iter().for_each(|socket| (0..UNDER_WAY).for_each(|_| drop(socket.send(&[7; QUERY]))));
        answered += sockets.iter().map(drain).sum::<u64>();
    }
    let (spent, took) = (on_core(&schedule) - before, began.elapsed());
    let exchange = spent.as_nanos() as f64 / answered as f64;
    let rate = answered as f64 / took.as_secs_f64();
    println!("{answered} exchanges in {took:.2?}: {rate:.0} a second, the worker on its core for {spent:.2?}");
    println!("{exchange:.0} ns an exchange: {:.0} recorded datagrams a second on one core", 2e9 / exchange);
}

async fn serve(ports: Ports, told: mpsc::Sender<String>) -> std::io::Result<()> {
    let id = std::fs::read_link("/proc/thread-self")?;
    told.send(id.file_name().unwrap().to_str().unwrap().to_owned()).unwrap();
    let addresses = vec![[198, 18, 0, 1].into()];
    let host = TopologyHost { name: "ns.shop.test".into(), number: 1, addresses };
    let topology = Topology::new(vec![host], Links::default(), None, 1);
    let clock = Clock::system();
    let recorder = Recorder::new(0, Quota::default(), clock);
    let network = Network::new(0, Arc::new(topology), Carrier::Ports(ports), clock, recorder);
    let datagrams = network.host("ns.shop.test").unwrap().bind(53).await?;
    let answer = |octets: &[u8], room: &mut [u8]| {
        room[..ANSWER].fill(octets[0]);
        Answer::Now(ANSWER)
    };
    datagrams.serve(move |arrived, room| answer(arrived.octets, room)).await
}

fn stranger(door: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(door).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    // The worker may still be on its way to its socket.
    while socket.send(&[7; QUERY]).is_err() || socket.recv(&mut [0; 512]).is_err() {}
    socket
}

/// Takes the answers to one round; what is lost is given up after the socket's patience.
fn drain(socket: &UdpSocket) -> u64 {
    (0..UNDER_WAY).take_while(|_| socket.recv(&mut [0; 512]).is_ok()).count() as u64
}

/// The time that a thread has spent on a core.
fn on_core(schedule: &str) -> Duration {
    let text = std::fs::read_to_string(schedule).unwrap();
    Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
}

const SOCKETS: usize = 16;
const UNDER_WAY: usize = 32;
/// A common DNS query and its answer.
const QUERY: usize = 45;
const ANSWER: usize = 61;
