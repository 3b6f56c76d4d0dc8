//! Hosts come to a running lab and go from it, and nobody else notices.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "tests stand outside the lab, as people do")]

mod support;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use support::lab::Home;
use support::run::{eventually, run};
use support::{Lab, dig, tool, wire};
use toynet_lab::LabFile;
use toynet_lab::protocols;
use toynet_lab::run::InMemory;

#[test]
fn a_host_that_is_written_before_all_others_disturbs_none_of_them() {
    if tool("dig").is_none() || tool("curl").is_none() {
        return;
    }
    let home = Home::new();
    home.write("site/index.html", "bread");
    home.write("site/large", vec![b'x'; 200_000]);
    let old = OLD.replace("pages = { '/' = 'bread' }", "root = 'site'");
    let lab = lab(&home, &old);
    let before = lab.status();
    let shop = before.door("www.shop.test", "tcp", 80);
    let (mut web, mut board) =
        (wire::Stream::connect(shop), wire::Stream::connect(before.door("bbs.retro.test", "tcp", 23)));
    board.until(b"login: ");
    assert!(ask(&mut web).ends_with("bread"));
    let mut slow = slow_download(shop);
    let mut log = following(&lab);

    home.write("lab.toml", NEW.to_owned() + &old);
    let told = lab.toynet(&["reload"]).succeeded().stdout;
    for part in ["arrived    blog.news.test", "arrived    ns.news.test", "added      http on blog.news.test"] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
    for part in ["moved", "departed", "removed", "on www.shop.test", "on bbs.retro.test"] {
        assert!(!told.contains(part), "{part} is in\n{told}");
    }

    let after = lab.status();
    assert_eq!(after.door("www.shop.test", "tcp", 80), shop);
    let back = dig(after.resolver(), &["-x", &inside(&lab, "blog.news.test")]);
    assert_eq!(back.data("PTR"), ["blog.news.test."]);
    assert_eq!(dig(after.resolver(), &["news.test", "MX"]).data("MX"), ["10 blog.news.test."]);
    let door = after.door("blog.news.test", "tcp", 443);
    let resolve = format!("blog.news.test:{}:{}", door.port(), door.ip());
    let root = lab.toynet(&["ca"]).succeeded().stdout;
    let root = home.write("root.pem", root).display().to_string();
    let url = format!("https://blog.news.test:{}/", door.port());
    let page = run(Command::new("curl").args(["-sS", "--cacert", &root, "--resolve", &resolve, &url]));
    assert_eq!(page.succeeded().stdout, "news");

    assert!(ask(&mut web).ends_with("bread"), "the connection to the shop goes on");
    board.send(b"someone\r\n");
    assert!(!board.until(b"> ").is_empty(), "and so does that to the board");
    assert_eq!(slow.wait_with(), 200_000, "and the download");
    assert!(log.tells("blog.news.test"), "a log that goes on knows the new name");
}

#[test]
fn a_host_that_goes_is_nowhere_any_more_but_in_the_past() {
    if tool("dig").is_none() {
        return;
    }
    let home = Home::new();
    let lab = lab(&home, &(NEW.to_owned() + OLD));
    let door = lab.status().door("blog.news.test", "tcp", 80);
    let mut open = wire::Stream::connect(door);
    let mut other = wire::Stream::connect(lab.status().door("www.shop.test", "tcp", 80));
    open.send(b"GET / HTTP/1.1\r\nHost: blog.news.test\r\n\r\n");
    open.until(b"news");
    ask(&mut other);
    home.write("lab.toml", OLD);
    let told = lab.toynet(&["reload"]).succeeded().stdout;
    assert!(told.contains("departed   blog.news.test") && told.contains("departed   ns.news.test"), "{told}");
    assert_eq!(open.rest(), b"", "its connections end");
    let refused = std::net::TcpStream::connect(door).map_err(|error| error.kind());
    assert_eq!(refused.err(), Some(std::io::ErrorKind::ConnectionRefused));
    assert_eq!(dig(lab.status().resolver(), &["blog.news.test"]).rcode, "NXDOMAIN");
    assert!(!lab.status().hosts().contains(&"blog.news.test"));
    assert!(ask(&mut other).ends_with("bread"), "nobody else notices");
    let log = lab.toynet(&["log"]).succeeded().stdout;
    assert!(log.contains("blog.news.test"), "what it said stays its own\n{log}");
    // It comes back to where it was, and nobody else was there meanwhile.
    home.write("lab.toml", OLD.to_owned() + "[host.\"other.news.test\".http]\n" + NEW);
    lab.toynet(&["reload"]).succeeded();
    assert_eq!(lab.status().door("blog.news.test", "tcp", 80), door);
}

#[test]
fn a_host_with_another_address_begins_anew_there() {
    let home = Home::new();
    let lab = lab(&home, OLD);
    let at = |address: &str| {
        OLD.replace("[host.\"www.shop.test\"]", &format!("[host.\"www.shop.test\"]\naddress = \"{address}\""))
    };
    home.write("lab.toml", at("198.18.77.7"));
    let told = lab.toynet(&["reload"]).succeeded().stdout;
    assert!(told.contains("moved      www.shop.test") && told.contains("restarted  http on www.shop.test"), "{told}");
    let found = lab.toynet(&["dns", "query", "www.shop.test"]).succeeded().stdout;
    assert!(found.contains("198.18.77.7"), "{found}");
    let got = lab.toynet(&["http", "get", "http://www.shop.test/"]).succeeded().stdout;
    assert!(got.contains("bread"), "{got}");
}

#[test]
fn a_host_that_cannot_start_leaves_all_as_it_was() {
    let home = Home::new();
    let lab = lab(&home, &(NEW.to_owned() + OLD));
    let door = lab.status().door("blog.news.test", "tcp", 80);
    home.write("lab.toml", OLD);
    lab.toynet(&["reload"]).succeeded();
    let before = lab.status().hosts().join(" ");
    let mut web = wire::Stream::connect(lab.status().door("www.shop.test", "tcp", 80));
    // The number that it had is kept for it, so that its door is known.
    let (taken, _) = wire::occupy(door);
    assert!(taken.is_some());
    home.write("lab.toml", NEW.to_owned() + OLD);
    let refused = lab.toynet(&["reload"]);
    assert_eq!(refused.code(), Some(4), "{refused:?}");
    assert!(refused.stderr.contains("http on blog.news.test does not start"), "{}", refused.stderr);
    assert_eq!(lab.status().hosts().join(" "), before);
    if tool("dig").is_some() {
        assert_eq!(dig(lab.status().resolver(), &["blog.news.test"]).rcode, "NXDOMAIN");
    }
    assert!(ask(&mut web).ends_with("bread"));
    drop(taken);
    lab.toynet(&["reload"]).succeeded();
    assert!(String::from_utf8_lossy(&wire::say(door, REQUEST)).starts_with("HTTP/1.1 200"));
}

#[test]
fn in_a_network_of_its_own_new_hosts_have_addresses_too() {
    let home = Home::new();
    if !support::tools::worlds(&mut home.toynet(&["doctor"])) || tool("curl").is_none() {
        return;
    }
    let file = home.write("lab.toml", OLD).display().to_string();
    home.write("new.toml", NEW.to_owned() + OLD);
    home.write("old.toml", OLD);
    let script = "cp new.toml lab.toml && toynet reload >&2 && for family in -4 -6; do curl -sS $family http://blog.news.test/; done
        cp old.toml lab.toml && toynet reload >&2 && curl -sS -m 5 http://blog.news.test/; echo $?; curl -sS http://www.shop.test/";
    let told = run(&mut home.toynet(&["run", &file, "--", "sh", "-c", script])).succeeded();
    assert_eq!(told.stdout, "newsnews6\nbread", "{}", told.stderr);
}

#[test]
fn who_has_joined_as_a_host_reaches_those_who_come_and_stays_who_it_is() {
    let home = Home::new();
    if !support::tools::worlds(&mut home.toynet(&["doctor"])) || tool("curl").is_none() || tool("python3").is_none() {
        return;
    }
    let old = format!("{OLD}[host.\"desk.shop.test\"]\n[host.\"pc.shop.test\"]\n");
    let lab = lab(&home, &old);
    home.write("new.toml", NEW.to_owned() + &old);
    home.write("moved.toml", NEW.to_owned() + &old + "addresses = [\"198.51.100.7\"]\n");
    home.write("gone.toml", NEW.to_owned() + OLD + "[host.\"desk.shop.test\"]\n");
    let script = "
        cp new.toml lab.toml; toynet reload >&2; for family in -4 -6; do curl -sS $family http://blog.news.test/; done; echo
        python3 -c \"import socket
for to in ['192.0.2.1', '2606:4700::1111'] * 20:
    try: socket.create_connection((to, 80), 0.5)
    except OSError as error: print(error.errno)\" | sort | uniq -c
        for file in moved gone; do cp $file.toml lab.toml; toynet reload; done; curl -sS http://blog.news.test/";
    let told = lab.toynet(&["shell", "--as", "pc.shop.test", "--", "sh", "-c", script]).succeeded();
    assert_eq!(told.stdout, "newsnews\n     40 101\nnews", "{}", told.stderr);
    assert_eq!(
        told.stderr.matches("other addresses for pc.shop.test, as whom programs act").count(),
        2,
        "{}",
        told.stderr
    );
    eventually("nobody is the host any more", || (lab.toynet(&["reload"]).code() == Some(0)).then_some(()));
    assert_eq!(lab.stop("TERM").code(), Some(0));
}

#[test]
fn programs_in_a_network_of_its_own_ask_the_resolver_of_the_new_file() {
    let home = Home::new();
    if !support::tools::worlds(&mut home.toynet(&["doctor"])) || tool("curl").is_none() || tool("dig").is_none() {
        return;
    }
    let at = |address: &str| format!("[host.\"resolver.test\"]\naddress = \"{address}\"\ndns.resolver = true\n{OLD}");
    let file = home.write("lab.toml", at("198.18.9.9")).display().to_string();
    home.write("other.toml", at("198.18.99.199"));
    home.write("wrong.toml", at("198.18.9.10") + "[host.\"x.test\".http]\nroot = \"none\"\n");
    let look =
        "grep nameserver /etc/resolv.conf; dig +short www.shop.test | wc -l; curl -sS http://www.shop.test/; echo;";
    let script = format!(
        "{look} cp other.toml lab.toml; toynet reload >&2; {look}
        toynet reload | head -1; cp wrong.toml lab.toml; toynet reload >&2; {look}
        dig +time=1 +tries=1 @198.18.9.9 www.shop.test >&2; echo $?"
    );
    let told = run(&mut home.toynet(&["run", &file, "--", "sh", "-c", &script])).succeeded();
    let seen = |address: &str| format!("nameserver {address}\n1\nbread\n");
    let (before, after) = (seen("198.18.9.9"), seen("198.18.99.199"));
    assert_eq!(told.stdout, format!("{before}{after}unchanged  10\n{after}9\n"), "{}", told.stderr);
}

#[test]
fn a_lab_in_memory_becomes_another() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build_local(Default::default()).expect("a runtime");
    runtime.block_on(async {
        let file = LabFile::from_text(OLD, "");
        let plan = file.plan(protocols::ALL).expect("a plan");
        let lab = InMemory::start(&plan, &file).await.expect("a lab");
        let you = lab.host("bbs.retro.test").expect("a host");
        let resolver = you.resolver().expect("a resolver");
        assert!(resolver.addresses(&you, "blog.news.test").await.is_err());
        let reloader = lab.reloader().expect("services run");
        let told = reloader.take(&LabFile::from_text(NEW.to_owned() + OLD, "")).await.expect("another lab");
        assert_eq!(told.arrived, ["blog.news.test", "ns.news.test"]);
        let found = resolver.addresses(&you, "blog.news.test").await.expect("an address");
        you.connect(SocketAddr::new(found[0], 80)).await.expect("a server");
        reloader.take(&file).await.expect("the lab that it was");
        assert!(you.connect(SocketAddr::new(found[0], 80)).await.is_err());
    });
}

fn lab(home: &Home, text: &str) -> Lab {
    let file = home.write("lab.toml", text).display().to_string();
    Lab::start(home, &["up", &file])
}

/// A host's address inside the lab.
fn inside(lab: &Lab, host: &str) -> String {
    let resolver = lab.status().resolver();
    dig(resolver, &[host]).data("A").first().map(|address| (*address).to_owned()).unwrap_or_default()
}

/// A request on a connection that stays open, and its answer.
fn ask(stream: &mut wire::Stream) -> String {
    stream.send(b"GET / HTTP/1.1\r\nHost: www.shop.test\r\n\r\n");
    String::from_utf8_lossy(&stream.until(b"bread")).into_owned()
}

/// A download that takes a second or two.
fn slow_download(at: SocketAddr) -> Download {
    let url = format!("http://{at}/large");
    let limits =
        ["-sS", "--limit-rate", "100k", "-H", "Host: www.shop.test", "-o", "/dev/null", "-w", "%{size_download}"];
    let curl = Command::new("curl").args(limits).arg(&url).stdout(Stdio::piped()).spawn();
    Download(curl.expect("curl runs"))
}

struct Download(std::process::Child);

impl Download {
    fn wait_with(&mut self) -> usize {
        let mut text = String::new();
        let stdout = self.0.stdout.take().expect("stdout is piped");
        BufReader::new(stdout).read_line(&mut text).expect("text");
        assert!(self.0.wait().expect("a child").success());
        text.trim().parse().expect("a number")
    }
}

fn following(lab: &Lab) -> Following {
    let mut command = lab.home.toynet(&["log", "-f"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the binary runs");
    let lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
    let (say, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| say.send(line)));
    Following { child, heard }
}

struct Following {
    child: std::process::Child,
    heard: std::sync::mpsc::Receiver<String>,
}

impl Following {
    fn tells(&mut self, word: &str) -> bool {
        eventually("a line of the log", || {
            let line = self.heard.try_recv().ok()?;
            line.contains(&format!("→ {word}")).then_some(true)
        })
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: blog.news.test\r\nConnection: close\r\n\r\n";
const OLD: &str = "[host.\"bbs.retro.test\".telnet]\n[host.\"www.shop.test\"]\n\
                   http = { pages = { '/' = 'bread' } }\n";
const NEW: &str =
    "[host.\"blog.news.test\"]\nhttp = { pages = { '/' = 'news' } }\nsmtp = { domains = ['news.test'] }\n";
