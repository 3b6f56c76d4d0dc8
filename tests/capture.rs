//! What passed in a lab, as packets that Wireshark reads.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "tests stand outside the lab, as people do")]
#![allow(clippy::unwrap_used, reason = "what a test sets up is there")]

mod support;

use std::fs;
use std::io::Read;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;

use support::lab::Home;
use support::run::{eventually, wait};
use support::status::Door;
use support::tshark::Judge;
use support::{Lab, dig, run, tool, wire};
use toynet_machine::Time;
use toynet_record::{Closing, Direction, EndId, Entry, Roster, Seen, Side, Transport};
use toynet_view::Capture;
use toynet_view::capture::Style;

/// Of each lab that we ship a test.
macro_rules! labs {
    ($($test:ident: $lab:literal,)*) => {
        $(#[test]
        fn $test() {
            judge_lab($lab);
        })*

        #[test]
        fn no_lab_that_we_ship_is_forgotten() {
            let folder = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/configs")).unwrap();
            let names = folder.map(|file| file.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<_> = names.filter_map(|name| Some(name.strip_suffix(".toml")?.to_owned())).collect();
            names.sort();
            assert_eq!(names, [$($lab),*]);
        }
    };
}

labs! {
    wireshark_finds_no_fault_with_the_lab_bbs: "bbs",
    wireshark_finds_no_fault_with_the_lab_hello: "hello",
    wireshark_finds_no_fault_with_the_lab_internet: "internet",
    wireshark_finds_no_fault_with_the_lab_mail: "mail",
    wireshark_finds_no_fault_with_the_lab_routes: "routes",
    wireshark_finds_no_fault_with_the_lab_slow_link: "slow-link",
}

/// Does with a lab what a person would, and lets tshark read what passed, while it passes and later.
fn judge_lab(name: &str) {
    let (Some(_), Some(_), Some(_)) = (tool("tshark"), tool("curl"), tool("swaks")) else { return };
    let file = format!("{}/configs/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let lab = Lab::start(&Home::new(), &["up", &file]);
    let live = Live::start(&lab);
    let spoken = speak(&lab);
    for style in ["packets", "messages"] {
        let capture = capture(&lab, &["--style", style]);
        let judge = Judge(&capture);
        judge.find_no_fault();
        for filter in &spoken {
            assert!(judge.count(filter) > 0, "no {filter} in {name} as {style}");
        }
        if style == "packets" && spoken.contains(&WEB) {
            assert!(judge.count("tls && http2.headers") > 0, "no HTTP/2 over TLS in {name}");
        }
        if style == "packets" && spoken.contains(&"smtp") {
            assert!(judge.count("tls && smtp.req.command == \"MAIL\"") > 0, "no STARTTLS in {name}");
        }
    }
    drop(lab);
    live.find_no_fault(&spoken);
}

#[test]
fn packets_say_which_host_they_are_of_and_what_they_mean() {
    let Some(_) = tool("tshark") else { return };
    let lab = Lab::of_tests("shop");
    dig(lab.status().resolver(), &["www.shop.test", "A"]);
    let capture = capture(&lab, &[]);
    let judge = Judge(&capture);
    let comments = judge.field("dns", "frame.comment").join("\n");
    assert!(comments.contains("[1] #1 you → resolver.test: A www.shop.test"), "{comments}");
    assert!(comments.contains("(for #1)"), "{comments}");
    let interfaces = judge.field("dns", "frame.interface_name");
    assert!(interfaces.iter().any(|name| name == "resolver.test"), "{interfaces:?}");
    let names = run(Command::new("tshark").args(["-N", "n", "-Y", "dns", "-r"]).arg(&capture)).succeeded().stdout;
    assert!(names.contains("you → resolver.test"), "{names}");
    assert_eq!(judge.count("ipv6"), judge.count("ipv6 && dns"), "the lab's own look-ups go over IPv6 too");
}

#[test]
fn a_message_has_the_same_number_in_a_diagram_and_in_a_capture() {
    let Some(_) = tool("tshark") else { return };
    let lab = Lab::built_in();
    dig(lab.status().resolver(), &["www.shop.test", "A"]);
    lab.toynet(&["smtp", "send", "bob@club.test", "--from", "alice@shop.test"]);
    let pcap = capture(&lab, &[]);
    let comments = Judge(&pcap).field("frame.comment", "frame.comment").join("\n");
    for filter in [&[][..], &["--host", "resolver.test"]] {
        let drawn = lab.toynet(&[&["diagram", "--as", "json"], filter].concat()).succeeded().stdout;
        let drawn: serde_json::Value = serde_json::from_str(&drawn).unwrap();
        let steps = drawn["steps"].as_array().unwrap();
        let numbered: Vec<_> = steps.iter().filter(|step| step["number"].is_u64()).collect();
        assert!(numbered.len() > 3, "{drawn}");
        for step in numbered {
            let (number, flow, text) = (&step["number"], &step["flow"], step["text"].as_str().unwrap());
            let has = |line: &str| line.contains(&format!("[{number}] #{flow} ")) && line.contains(text);
            assert!(comments.split(['\n', '|']).any(has), "[{number}] #{flow} {text} in\n{comments}");
        }
    }
}

#[test]
fn a_capture_grows_while_the_lab_runs() {
    let Some(_) = tool("tshark") else { return };
    let lab = Lab::of_tests("shop");
    let mut toynet = lab.home.toynet(&["capture", "-f", "-o", "-"]);
    let mut toynet = toynet.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let octets = toynet.stdout.take().unwrap();
    // The command itself holds the pipe's end too, and must not outlive this.
    let mut tshark = Command::new("tshark")
        .args(["-l", "-i", "-", "-Y", "http.response", "-c", "30"])
        .stdin(octets)
        .stderr(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let door = lab.status().door("www.shop.test", "tcp", 80);
    let mut ended = None;
    eventually("thirty packets", || {
        wire::say(door, b"GET / HTTP/1.0\r\nHost: www.shop.test\r\n\r\n");
        ended = tshark.try_wait().unwrap();
        ended.is_some().then_some(())
    });
    let mut told = String::new();
    tshark.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(told.matches(" 200 OK").count() >= 2, "{told}");
    drop(lab);
    assert!(wait(&mut toynet, support::run::LIMIT).is_some(), "it ends with its lab");
}

#[test]
fn a_capture_is_its_owner_s_alone_and_says_what_it_holds() {
    let lab = Lab::of_tests("shop");
    let door = lab.status().door("www.shop.test", "tcp", 80);
    wire::say(door, b"GET / HTTP/1.0\r\nHost: www.shop.test\r\nCookie: session=hunter2\r\n\r\n");
    let path = lab.home.write("run.pcapng", "an older file that everybody may read");
    let outcome = lab.toynet(&["capture", "-o", path.to_str().unwrap()]).succeeded();
    assert!(outcome.stderr.contains("run.pcapng holds passwords or cookies"), "{}", outcome.stderr);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let octets = fs::read(&path).unwrap();
    let shown = |octets: &[u8]| octets.windows(7).filter(|window| *window == b"hunter2").count();
    assert_eq!(shown(&octets), 1, "in the packet and in no comment");
    lab.toynet(&["capture", "--secrets", "-o", path.to_str().unwrap()]).succeeded();
    assert_eq!(shown(&fs::read(&path).unwrap()), 2);
}

#[test]
fn what_the_record_left_out_is_a_missing_segment() {
    let Some(_) = tool("tshark") else { return };
    let mut record = Record::default();
    let client = record.connect(80);
    record.sent(client, b"GET /large HTTP/1.1\r\nHost: www.shop.test\r\n\r\n");
    record.received(client, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nbeginning");
    record.see(client, Seen::Hole { direction: Direction::Received, length: 99_991 });
    record.sent(client, b"GET /small HTTP/1.1\r\nHost: www.shop.test\r\n\r\n");
    record.received(client, b"HTTP/1.1 204 No Content\r\n\r\n");
    record.see(client, Seen::Closed { how: Closing::Finished });
    let (_folder, path) = record.capture(Style::Packets);
    let judge = Judge(&path);
    assert_eq!(judge.count("tcp.analysis.lost_segment && http.response.code == 204"), 1);
    assert_eq!(judge.count("tcp.analysis.retransmission || _ws.malformed"), 0);
}

#[test]
fn what_was_said_inside_tls_opens_with_the_keys_in_the_file() {
    let Some(_) = tool("tshark") else { return };
    let secret = |label: &str, length| format!("{label} {} {}", "5a".repeat(32), "c3".repeat(length));
    let tls13 = |length| {
        let labels = ["HANDSHAKE_TRAFFIC_SECRET", "TRAFFIC_SECRET_0"];
        let both = |label| ["CLIENT", "SERVER"].map(|side| secret(&format!("{side}_{label}"), length));
        labels.map(both).concat()
    };
    for (terms, secrets) in [
        ("TLS 1.3 TLS13_AES_128_GCM_SHA256 http/1.1 for www.shop.test", tls13(32)),
        ("TLS 1.3 TLS13_AES_256_GCM_SHA384 http/1.1 for www.shop.test", tls13(48)),
        ("TLS 1.3 TLS13_CHACHA20_POLY1305_SHA256 http/1.1 for www.shop.test", tls13(32)),
        ("TLS 1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 http/1.1", vec![secret("CLIENT_RANDOM", 48)]),
        ("TLS 1.2 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", vec![secret("CLIENT_RANDOM", 48)]),
    ] {
        let mut record = Record::default();
        let client = record.connect(443);
        secrets.iter().for_each(|line| record.see(client, Seen::Secret { line: line.clone().leak() }));
        record.see(client, Seen::Secured { terms });
        record.sent(client, b"GET /inside HTTP/1.1\r\nHost: www.shop.test\r\n\r\n");
        record.received(client, &[b"HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n", &[b'x'; 40_000][..]].concat());
        record.sent(client, b"GET /again HTTP/1.1\r\nHost: www.shop.test\r\n\r\n");
        record.see(client, Seen::Closed { how: Closing::Finished });
        let (_folder, path) = record.capture(Style::Packets);
        let judge = Judge(&path);
        judge.find_no_fault();
        assert_eq!(judge.field("http.request", "http.request.uri"), ["/inside", "/again"], "{terms}");
        assert_eq!(judge.field("http.response", "http.content_length"), ["40000"], "{terms}");
        assert_eq!(
            judge.count("tls.app_data"),
            judge.count("tls.record.content_type == 23 && !tls.handshake"),
            "{terms}"
        );
        let octets = fs::read(&path).unwrap();
        assert!(!octets.windows(7).any(|window| window == b"/inside"), "it is sealed");
        let (_folder, path) = record.capture(Style::Messages);
        let judge = Judge(&path);
        judge.find_no_fault();
        assert_eq!(judge.count("exported_pdu"), 3);
    }
}

#[test]
fn an_answer_that_never_came_is_seen_as_what_it_was() {
    let Some(_) = tool("tshark") else { return };
    for (how, filter) in [
        (Closing::Refused, "tcp.flags == 0x014"),
        (Closing::Reset, "tcp.flags == 0x014"),
        (Closing::TimedOut, "tcp.analysis.retransmission && tcp.flags.syn == 1"),
        (Closing::Unreachable, "icmp.type == 3"),
    ] {
        let mut record = Record::default();
        let client = record.connect(80);
        record.see(client, Seen::Closed { how });
        let (_folder, path) = record.capture(Style::Packets);
        assert_eq!(Judge(&path).count(filter), 1, "{how:?}");
    }
}

#[test]
fn what_others_captured_is_told_as_a_lab_s_own_record() {
    let Some(python) = tool("python3") else { return };
    for (tool_name, file) in [("tcpdump", "theirs.pcap"), ("dumpcap", "theirs.pcapng")] {
        let Some(capturer) = tool(tool_name) else { return };
        let home = Home::new();
        let path = home.path().join(file);
        // An address of this process alone, and a port that is told as 80: it is raised by 8000.
        let [.., high, low] = std::process::id().to_be_bytes();
        let address = SocketAddr::from(([127, 45, high, low | 2], 8080));
        let (ip, host) = (address.ip().to_string(), format!("host {}", address.ip()));
        let mut server = Command::new(&python);
        let mut server = server.args(["-u", "-m", "http.server", "8080", "--bind", &ip]);
        server = server.current_dir(home.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut server = server.spawn().unwrap();
        let filter = ["-i", "lo", "-w", path.to_str().unwrap()];
        let mut capturing = Command::new(capturer);
        capturing.args(filter).args([if tool_name == "tcpdump" { "-U" } else { "-f" }, &host]);
        let mut capturing = capturing.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let asked = || wire::say(address, b"GET /none HTTP/1.0\r\n\r\n").starts_with(b"HTTP/1.0 404");
        let captured = || {
            let is_there = std::net::TcpStream::connect(address).is_ok() && asked();
            let ended = capturing.try_wait().unwrap().is_some();
            let log = run(&mut home.toynet(&["log", path.to_str().unwrap()]));
            (ended || is_there && log.stdout.contains("404")).then_some((ended, log))
        };
        let (forbidden, log) = eventually("a captured answer", captured);
        for child in [&mut capturing, &mut server] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        if !forbidden {
            assert!(log.stdout.contains(&format!("→ {}  ", address.ip())), "{}", log.stdout);
            assert!(log.stdout.contains("http  GET /none"), "{}", log.stdout);
            let diagram = run(&mut home.toynet(&["diagram", path.to_str().unwrap(), "--as", "mermaid"])).succeeded();
            assert!(diagram.stdout.contains("GET /none"), "{}", diagram.stdout);
        }
    }
}

#[test]
fn a_capture_of_a_lab_is_read_back_as_what_passed_there() {
    let lab = Lab::of_tests("shop");
    dig(lab.status().resolver(), &["www.shop.test", "A"]);
    let path = capture(&lab, &[]);
    let told = |words: &[&str]| lab.toynet(&[&["log"], words].concat()).succeeded().stdout;
    let (live, read) =
        (told(&["--proto", "dns"]), run(&mut lab.home.toynet(&["log", path.to_str().unwrap()])).succeeded());
    for line in live.lines() {
        let words = line.split("  ").filter(|words| words.contains("test")).map(str::trim);
        words.for_each(|words| assert!(read.stdout.contains(words), "{words} is not in\n{}", read.stdout));
    }
}

#[test]
fn a_terminal_is_not_covered_with_packets() {
    let Some(script) = tool("script") else { return };
    let lab = Lab::of_tests("shop");
    let mut command = Command::new(script);
    let outcome = run(lab.home.furnish(&mut command).args(["-qec", "toynet capture -o -", "/dev/null"]));
    assert_eq!(outcome.code(), Some(2), "{outcome:?}");
    assert!(outcome.stdout.contains("wireshark"), "{outcome:?}");
}

/// Does with every service of the lab what a person would, and says what Wireshark must see.
fn speak(lab: &Lab) -> Vec<&'static str> {
    let status = lab.status();
    let doors = status.doors();
    let sealed = |door: &&Door| door.transport == "tcp" && door.address.is_ipv4();
    let over_tls = doors.iter().filter(sealed).filter_map(|door| match door.port {
        443 => Some(format!("curl -sk --http2 --connect-to ::{} https://{}/", door.address, door.host)),
        25 => Some(format!("swaks --tls --server {} --from you@else.test --to nobody@{}", door.address, door.host)),
        _ => None,
    });
    let commands = status.commands().into_iter().map(str::to_owned).chain(over_tls);
    let at_once: String = commands.map(|command| format!("timeout 9 {command} &\n")).collect();
    let mut shell = Command::new("sh");
    run(lab.home.furnish(&mut shell).args(["-c", &format!("{at_once}wait")]));
    let served = |port| status.doors().iter().any(|door| door.port == port);
    let seen = [(53, "dns"), (80, WEB), (25, "smtp"), (23, "telnet")];
    seen.into_iter().filter(|(port, _)| served(*port)).map(|(_, filter)| filter).collect()
}

/// A capture that tshark reads while it is written.
struct Live {
    toynet: Child,
    tshark: Child,
}

impl Live {
    fn start(lab: &Lab) -> Self {
        let mut toynet = lab.home.toynet(&["capture", "-f", "-o", "-"]);
        let mut toynet = toynet.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut tshark = Command::new("tshark");
        let fields = ["_ws.malformed", "_ws.expert.severity", "frame.protocols", "http2.header.name"];
        tshark.args(["-l", "-i", "-", "-T", "fields"]).args(fields.iter().flat_map(|field| ["-e", field]));
        let tshark = tshark.stdin(toynet.stdout.take().unwrap()).stdout(Stdio::piped()).stderr(Stdio::null());
        let tshark = tshark.spawn().unwrap();
        Self { toynet, tshark }
    }

    /// Reads what tshark said, once the lab is over.
    fn find_no_fault(mut self, spoken: &[&str]) {
        let mut told = String::new();
        self.tshark.stdout.take().unwrap().read_to_string(&mut told).unwrap();
        assert!(wait(&mut self.toynet, support::run::LIMIT).is_some(), "it ends with its lab");
        assert!(wait(&mut self.tshark, support::run::LIMIT).is_some(), "and tshark with it");
        let fields: Vec<Vec<&str>> = told.lines().map(|line| line.split('\t').collect()).collect();
        let is_broken = |fields: &&Vec<&str>| !fields[0].is_empty() || fields[1].contains("8388608");
        assert_eq!(fields.iter().find(is_broken), None);
        let sealed = fields.iter().filter(|fields| fields[2].contains(":tls:http2") && fields[3].contains(":path"));
        assert_eq!(sealed.count() > 0, spoken.contains(&WEB), "{told}");
    }
}

fn capture(lab: &Lab, arguments: &[&str]) -> PathBuf {
    let path = lab.home.path().join("run.pcapng");
    let all = [&["capture", "-o", path.to_str().unwrap()], arguments].concat();
    lab.toynet(&all).succeeded();
    path
}

const WEB: &str = "http || http2";

/// A record as it is made by hand: hosts of a lab that connect to `www.shop.test`.
#[derive(Default)]
struct Record {
    octets: Vec<u8>,
    seen: u64,
}

impl Record {
    fn connect(&mut self, port: u16) -> EndId {
        let end = EndId::new(0, self.seen + 1);
        let (local, peer) = (([198, 18, 0, 2], 40_000 + self.seen as u16).into(), ([198, 18, 0, 1], port).into());
        self.see(
            end,
            Seen::Opened { side: Side::Initiator, transport: Transport::Tcp, stream: None, local, peer, cause: None },
        );
        end
    }

    fn sent(&mut self, end: EndId, octets: &[u8]) {
        self.see(end, Seen::Octets { direction: Direction::Sent, number: 1, octets });
    }

    fn received(&mut self, end: EndId, octets: &[u8]) {
        self.see(end, Seen::Octets { direction: Direction::Received, number: 1, octets });
    }

    fn see(&mut self, end: EndId, seen: Seen<'_>) {
        self.seen += 1;
        let time = Time::from_nanos(1_767_225_845_000_000_000 + self.seen * 1_000_000);
        Entry { end, time, order: self.seen, seen }.write(&mut self.octets);
    }

    fn capture(&self, style: Style) -> (Home, PathBuf) {
        let mut roster = Roster::default();
        roster.add("www.shop.test", [[198, 18, 0, 1].into()]);
        roster.add("laptop.shop.test", [[198, 18, 0, 2].into()]);
        let nobody = Rc::new(|_, _: &_| None);
        let mut capture = Capture::new(roster, nobody, style, false);
        let mut rest = &self.octets[..];
        std::iter::from_fn(|| Entry::read(&mut rest)).for_each(|entry| capture.feed(&entry));
        capture.finish(Time::from_nanos(1_767_225_846_000_000_000));
        let home = Home::new();
        let path = home.write("made.pcapng", capture.take());
        (home, path)
    }
}
