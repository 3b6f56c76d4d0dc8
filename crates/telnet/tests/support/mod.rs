//! A lab with a bulletin board, a web site and a mail exchanger, in virtual time.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses a part of this, and it is a test")]

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::runtime::{Builder, LocalOptions};
use tokio::task::spawn_local;
use toynet_machine::Time;
use toynet_net::link::Links;
use toynet_net::{Carrier, Clock, Host, LocalFuture, Network, Recorder, Resolve, Stream, Topology, TopologyHost};
use toynet_record::dissect::{Dissector, FlowInfo, Said};
use toynet_record::{Cursor, Event, Flow, Journal, Message, Quota, Reader, Side};
use toynet_service::Server;
use toynet_telnet::board::MemoryBoard;
use toynet_telnet::call::Call;
use toynet_telnet::client::Terminal;
use toynet_telnet::dissect::TelnetDissector;
use toynet_telnet::lobby::Lobby;
use toynet_telnet::serve::{Shared, TelnetServer};
use toynet_telnet::shell::Settings;

/// Runs `story` in virtual time.
pub fn in_virtual_time<F: Future>(story: impl FnOnce() -> F) -> F::Output {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build_local(LocalOptions::default()).unwrap();
    runtime.block_on(async { story().await })
}

/// The bulletin board at .1, a person's machine at .2, a web site at .3, a mail exchanger at .4.
pub fn topology() -> Topology {
    let names = ["bbs.retro.test", "desk.retro.test", "www.shop.test", "mail.club.test"];
    let hosts = (1..).zip(names).map(|(number, name)| TopologyHost {
        name: name.into(),
        number,
        addresses: vec![address(number)],
    });
    Topology::new(hosts.collect(), Links::new(vec![], EPOCH), None, 7)
}

/// A network in which the bulletin board runs.
pub async fn lab() -> Rc<Network> {
    let network = empty_lab();
    serve(&network).await;
    network
}

/// The same before it does.
pub fn empty_lab() -> Rc<Network> {
    let clock = Clock::starting_at(EPOCH);
    let recorder = Recorder::new(0, Quota::default(), clock);
    let network = Network::new(0, Arc::new(topology()), Carrier::memory(), clock, recorder);
    network.set_resolver(Rc::new(Telephone));
    network
}

pub async fn serve(network: &Rc<Network>) {
    serve_on(network.host("bbs.retro.test").unwrap()).await;
}

pub async fn serve_on(host: Host) {
    spawn_local(TelnetServer::new(23, Arc::new(shared())).start(host).await.unwrap());
}

pub fn shared() -> Shared {
    let users = BTreeMap::from([("alice".to_owned(), "wonderland".to_owned())]);
    Shared {
        settings: Settings { banner: "Welcome".into(), host: "bbs.retro.test".into(), users },
        lobby: Lobby::default(),
        board_name: "The board".into(),
        board: Box::new(MemoryBoard::default()),
        hosts: vec![("www.shop.test".into(), "bread and rolls".into())],
        idle: Duration::from_secs(600),
    }
}

pub fn desk(network: &Rc<Network>) -> Host {
    network.host("desk.retro.test").unwrap()
}

pub async fn call(network: &Rc<Network>) -> Call {
    Call::open(&desk(network), DOOR, Terminal::default()).await.unwrap()
}

pub async fn connect(network: &Rc<Network>) -> Stream {
    desk(network).connect(DOOR).await.unwrap()
}

/// A call by someone who has logged in.
pub async fn log_in(network: &Rc<Network>, name: &str) -> Call {
    let mut call = call(network).await;
    call.until("Your name: ", SOON).await.unwrap();
    call.type_line(name).await.unwrap();
    call.until(&format!("\r\n{name}> "), SOON).await.unwrap();
    call
}

/// Types a line and gives what is shown until the next prompt, without both.
pub async fn ask(call: &mut Call, name: &str, line: &str) -> String {
    call.type_line(line).await.unwrap();
    let prompt = format!("\r\n{name}> ");
    let shown = call.until(&prompt, SOON).await.unwrap();
    let shown = shown.strip_prefix(line).unwrap().strip_suffix(&prompt).unwrap();
    shown.trim_start_matches("\r\n").to_owned()
}

/// A web site of one page that keeps its visitors waiting.
pub async fn serve_page(network: &Rc<Network>, delay: Duration) {
    let mut listener = network.host("www.shop.test").unwrap().listen(80).await.unwrap();
    let clock = network.clock();
    spawn_local(async move {
        let mut stream = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let length = stream.read(&mut request).await.unwrap();
        assert!(request[..length].starts_with(b"GET /bread HTTP/1.1\r\nHost: www.shop.test\r\n"));
        clock.sleep(delay).await;
        let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n\
            8\r\n<h1>Brea\r\n12\r\nd</h1>\n<p>is fresh\r\n0\r\n\r\n";
        // A visitor may have left.
        let _ = stream.write_all(page.as_bytes()).await;
    });
}

/// A mail exchanger that takes one message; gives what it was told.
pub async fn serve_mail(network: &Rc<Network>) -> tokio::task::JoinHandle<Vec<String>> {
    let mut listener = network.host("mail.club.test").unwrap().listen(25).await.unwrap();
    spawn_local(async move {
        let mut stream = BufReader::new(listener.accept().await.unwrap());
        let mut said = Vec::new();
        stream.get_mut().write_all(b"220 mail.club.test\r\n").await.unwrap();
        let mut is_message = false;
        let mut line = String::new();
        while stream.read_line(&mut line).await.unwrap() > 0 {
            let text = std::mem::take(&mut line).trim_end().to_owned();
            is_message = text == "DATA" || (is_message && text != ".");
            let reply = match text.as_str() {
                "DATA" => "354 go on\r\n",
                _ if text.starts_with("EHLO") => "250-mail.club.test\r\n250 8BITMIME\r\n",
                _ if is_message => "",
                _ => "250 fine\r\n",
            };
            stream.get_mut().write_all(reply.as_bytes()).await.unwrap();
            said.push(text);
        }
        said
    })
}

/// Knows the names of this lab.
struct Telephone;

impl Resolve for Telephone {
    fn addresses<'a>(&'a self, _: &'a Host, name: &'a str) -> LocalFuture<'a, io::Result<Vec<IpAddr>>> {
        let found = topology().find(name).map(|host| host.addresses.clone());
        Box::pin(std::future::ready(found.ok_or(io::ErrorKind::NotFound.into())))
    }

    fn exchangers<'a>(&'a self, _: &'a Host, domain: &'a str) -> LocalFuture<'a, io::Result<Vec<(u16, String)>>> {
        let found = if domain == "club.test" { vec![(10, "mail.club.test".to_owned())] } else { vec![] };
        Box::pin(std::future::ready(Ok(found)))
    }
}

/// What was said over Telnet, as the log has it, and the flows of other kinds.
pub struct Told {
    pub messages: Vec<Message>,
    pub others: Vec<Flow>,
}

pub fn told(network: &Network) -> Told {
    let journal = Journal::merge([&network.recorder().read(&mut Cursor::default())]);
    let mut reader = Reader::new(network.topology().roster());
    let mut told = Told { messages: Vec::new(), others: Vec::new() };
    let mut dissectors = BTreeMap::new();
    for entry in journal.entries() {
        reader.read(&entry, |event| match event {
            Event::Opened(flow) if flow.acceptor.address.port() == 23 => {
                let info = FlowInfo {
                    transport: flow.transport,
                    port: 23,
                    joined_late: flow.joined_late,
                    explain: false,
                    whole: false,
                    stream: None,
                };
                dissectors.insert(flow.id, TelnetDissector::new(info));
            }
            Event::Opened(flow) => told.others.push(flow),
            Event::Said { flow, by, time, octets } => {
                if let Some(dissector) = dissectors.get_mut(&flow) {
                    dissector.said(Said { by, time, octets }, &mut told.messages);
                }
            }
            Event::Closed { flow, time, .. } => {
                if let Some(dissector) = dissectors.get_mut(&flow) {
                    dissector.closed(time, &mut told.messages);
                }
            }
            _ => {}
        });
    }
    told
}

/// One line for each message: its exchange, who said it, its role, and what.
pub fn lines(told: &Told) -> Vec<String> {
    let line = |message: &Message| {
        let by = if message.by == Side::Initiator { "C" } else { "S" };
        format!("{} {by} {:?} {}", message.exchange, message.role, message.redacted())
    };
    told.messages.iter().map(line).collect()
}

fn address(number: u16) -> IpAddr {
    IpAddr::from([198, 18, 0, number as u8])
}

pub const DOOR: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::new(198, 18, 0, 1)), 23);
/// Virtual, so that no one waits.
pub const SOON: Duration = Duration::from_secs(60);
/// The first second of 2026.
pub const EPOCH: Time = Time::from_secs(1_767_225_600);
