//! A running lab takes its file anew: what changed changes, all else goes on.
#![allow(clippy::disallowed_methods, reason = "tests stand outside the lab, as people do")]

mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use support::lab::Home;
use support::run::eventually;
use support::{Lab, Outcome, dig, shell, tool, wire};

#[test]
fn what_has_not_changed_keeps_its_connections_during_ten_reloads() {
    let home = Home::new();
    let lab = lab(&home, &shops("first"));
    let status = lab.status();
    let mut web = wire::Stream::connect(status.door("www.shop.test", "tcp", 80));
    let mut board = wire::Stream::connect(status.door("bbs.retro.test", "tcp", 23));
    let mut other = wire::Stream::connect(status.door("www.club.test", "tcp", 80));
    assert!(!board.until(b"login: ").is_empty());
    ask(&mut other);
    let over = Arc::new(AtomicBool::new(false));
    let asking = asked_until(&over, status.resolver(), "+tries=1");
    for round in 1..=10 {
        home.write("lab.toml", shops(&format!("round {round}")));
        let told = lab.toynet(&["reload"]).succeeded().stdout;
        assert_eq!(told, "unchanged  10\nrestarted  http on www.club.test\n", "{round}");
        let page = wire::say(status.door("www.club.test", "tcp", 80), &request("www.club.test"));
        assert!(text(&page).ends_with(&format!("\r\n\r\nround {round}")), "{}", text(&page));
        assert!(ask(&mut web).contains("200 OK"), "round {round}");
    }
    over.store(true, Ordering::Relaxed);
    let (asked, answered) = asking.map_or((1, 1), |asking| asking.join().expect("whoever asks does not panic"));
    assert_eq!((asked, asked > 0), (answered, true), "dig is answered all the time");
    board.send(b"someone\r\n");
    assert!(!board.until(b"> ").is_empty(), "the board still knows who is there");
    assert_eq!(other.rest(), b"", "the connection to the changed site has ended");
}

#[test]
fn a_zone_file_is_taken_anew_by_its_server_and_forgotten_by_the_resolver() {
    if tool("dig").is_none() {
        return;
    }
    let home = Home::new();
    let zone = |address: &str| {
        format!("@ 300 SOA ns root 1 1 1 1 1\n@ 300 NS ns\nns 300 A 198.18.20.1\nwww 300 A {address}\n")
    };
    home.write("shop.zone", zone("198.18.20.2"));
    let text =
        "[host.\"ns.shop.test\"]\naddress = \"198.18.20.1\"\ndns = { zones = { \"shop.test\" = \"shop.zone\" } }\n";
    let lab = lab(&home, text);
    let (server, resolver) = (lab.status().door("ns.shop.test", "udp", 53), lab.status().resolver());
    assert_eq!(dig(resolver, &["www.shop.test"]).data("A"), ["198.18.20.2"]);
    home.write("shop.zone", zone("198.18.20.3"));
    let told = lab.toynet(&["reload", "--json"]).succeeded().stdout;
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["restarted"], serde_json::json!(["dns on ns.shop.test", "dns on resolver.test"]));
    for at in [server, resolver] {
        assert_eq!(dig(at, &["www.shop.test"]).data("A"), ["198.18.20.3"], "{at}");
    }
    home.write("shop.zone", zone("198.18.20"));
    let refused = lab.toynet(&["reload"]);
    assert_eq!(refused.code(), Some(3), "{refused:?}");
    assert!(refused.stderr.contains("shop.zone:4:"), "{}", refused.stderr);
    assert_eq!(dig(server, &["www.shop.test"]).data("A"), ["198.18.20.3"]);
}

#[test]
fn a_name_server_that_begins_anew_is_there_all_the_time() {
    let home = Home::new();
    let lab = lab(&home, &shops("a"));
    let over = Arc::new(AtomicBool::new(false));
    // What lay in a closed socket is asked for again, as everybody does.
    let servers = [lab.status().door("ns.club.test", "udp", 53), lab.status().resolver()];
    let asking: Vec<_> = servers.iter().filter_map(|at| asked_until(&over, *at, "+tries=3")).collect();
    for round in 1..=10 {
        home.write("lab.toml", shops("a") + &format!("records = ['TXT \"{round}\"']\n"));
        let told = lab.toynet(&["reload"]);
        assert!(told.stdout.contains("restarted  dns on ns.club.test\nrestarted  dns on resolver.test"), "{told:?}");
    }
    over.store(true, Ordering::Relaxed);
    for asking in asking {
        let (asked, answered) = asking.join().expect("whoever asks does not panic");
        assert_eq!((asked, asked > 0), (answered, true));
    }
}

#[test]
fn a_bad_file_changes_nothing_and_all_its_mistakes_are_told() {
    let home = Home::new();
    let lab = lab(&home, &shops("before"));
    let before = lab.status().hosts().join(" ");
    home.write("lab.toml", shops("after") + "[host.\"a.test\".htpt]\n[host.\"b.test\".http]\nroot = \"nowhere\"\n");
    let refused = lab.toynet(&["reload"]);
    assert_eq!(refused.code(), Some(3), "{refused:?}");
    for part in ["lab.toml:", "htpt", "nowhere", "2 mistakes"] {
        assert!(refused.stderr.contains(part), "{part} is not in\n{}", refused.stderr);
    }
    let page = wire::say(lab.status().door("www.club.test", "tcp", 80), &request("www.club.test"));
    assert!(text(&page).ends_with("before"), "{}", text(&page));
    assert_eq!(lab.status().hosts().join(" "), before);
}

#[test]
fn what_only_a_new_start_can_bring_is_refused_in_words() {
    let home = Home::new();
    let lab = lab(&home, &shops("a"));
    for (more, told) in [("[lab]\nseed = 7\n", "another `seed`"), ("[lab]\nname = \"other\"\n", "another `name`")] {
        home.write("lab.toml", shops("b") + more);
        let refused = lab.toynet(&["reload"]);
        assert_eq!(refused.code(), Some(1), "{refused:?}");
        assert!(refused.stderr.contains(told) && refused.stderr.contains("toynet up"), "{}", refused.stderr);
    }
    home.write("lab.toml", shops("a"));
    assert_eq!(lab.toynet(&["reload"]).succeeded().stdout, "unchanged  11\n");
}

#[test]
fn mail_that_waits_survives_its_servers_new_beginning() {
    let home = Home::new();
    let mailboxes = |names: &str| {
        format!(
            "[host.\"mail.shop.test\".smtp]\ndomains = [\"shop.test\"]\nmailboxes = [{names}]\n\
             [host.\"mail.club.test\".smtp]\ndomains = [\"club.test\"]\nmailboxes = [\"carol\"]\n\
             [link.\"mail.shop.test -> mail.club.test\"]\ncut = [{{ after = \"0s\", for = \"2s\" }}]\n"
        )
    };
    let lab = lab(&home, &mailboxes("\"alice\""));
    let door = lab.status().door("mail.shop.test", "tcp", 25);
    let recipient = |name: &str| say_mail(door, &format!("alice@shop.test> \r\nRCPT TO:<{name}@shop.test"), None);
    assert!(recipient("bob").contains("550 5.1.1"));
    assert!(say_mail(door, "alice@shop.test>\r\nRCPT TO:<carol@club.test", Some("hello")).contains("250 2.0.0"));
    home.write("lab.toml", mailboxes("\"alice\", \"bob\""));
    let told = lab.toynet(&["reload"]).succeeded().stdout;
    assert!(told.contains("restarted  smtp on mail.shop.test") && !told.contains("mail.club.test"), "{told}");
    assert!(recipient("bob").contains("250 2.1.5"));
    eventually("the mail at the club", || {
        let log = lab.toynet(&["log", "--host", "mail.club.test"]).succeeded().stdout;
        log.contains("RCPT TO:<carol@club.test>").then_some(())
    });
}

#[test]
fn links_and_faults_are_those_of_the_new_file() {
    if tool("dig").is_none() {
        return;
    }
    let home = Home::new();
    let site = "[host.\"www.shop.test\".http]\n";
    let lab = lab(&home, site);
    let server = lab.status().door("ns.shop.test", "udp", 53);
    let became = |more: &str| {
        home.write("lab.toml", site.to_owned() + more);
        let told = lab.toynet(&["reload"]).succeeded().stdout;
        assert!(told.starts_with("unchanged") && !told.contains("restarted"), "{told}");
        (told, dig(server, &["www.shop.test"]))
    };
    let time = |text: &str| {
        let words = text.split(";; Query time: ").nth(1).and_then(|rest| rest.split(' ').next());
        words.and_then(|number| number.parse::<u64>().ok()).expect("dig tells how long it took")
    };
    lab.toynet(&["fault", "add", "host=www.shop.test", "service=http", "status=500"]);
    let (told, answer) = became("[link.\"ns.shop.test <-> *\"]\nlatency = \"150ms\"\n");
    assert!(told.contains("links") && time(&answer.text) >= 290, "{told}{}", answer.text);
    let (told, answer) = became("[[fault]]\nhost = \"ns.shop.test\"\nanswer = \"SERVFAIL\"\n");
    assert!(told.contains("links") && told.contains("faults"), "{told}");
    assert_eq!((answer.rcode.as_str(), time(&answer.text) < 140), ("SERVFAIL", true), "{}", answer.text);
    assert!(lab.toynet(&["fault", "list"]).stdout.contains("struck once"));
    let (told, answer) = became("");
    assert!(told.contains("faults") && answer.rcode == "NOERROR", "{told}");
}

#[test]
fn services_come_and_go_on_hosts_that_stay() {
    let home = Home::new();
    let lab = lab(&home, "[host.\"one.shop.test\".http]\n[host.\"two.shop.test\".telnet]\n");
    home.write("lab.toml", "[host.\"one.shop.test\".http]\nport = 8081\n[host.\"two.shop.test\".http]\n");
    let told = lab.toynet(&["reload"]).succeeded().stdout;
    for part in
        ["restarted  http on one.shop.test", "added      http on two.shop.test", "removed    telnet on two.shop.test"]
    {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
    let status = lab.status();
    for (host, port) in [("one.shop.test", 8081), ("two.shop.test", 80)] {
        assert!(text(&wire::say(status.door(host, "tcp", port), &request(host))).starts_with("HTTP/1.1 "), "{host}");
    }
}

#[test]
fn a_port_that_another_process_has_leaves_all_as_it_was() {
    let home = Home::new();
    let site =
        |port: u16| format!("[host.\"www.shop.test\".http]\nport = {port}\ntls = false\npages = {{ '/' = 'a' }}\n");
    let lab = lab(&home, &site(1080));
    let door = lab.status().door("www.shop.test", "tcp", 1080);
    let other = SocketAddr::new(door.ip(), door.port() + 1);
    let (taken, _) = wire::occupy(other);
    assert!(taken.is_some());
    home.write("lab.toml", site(1081));
    let refused: Outcome = lab.toynet(&["reload"]);
    assert_eq!(refused.code(), Some(4), "{refused:?}");
    assert!(refused.stderr.contains("http on www.shop.test does not start"), "{}", refused.stderr);
    assert!(text(&wire::say(door, &request("www.shop.test"))).starts_with("HTTP/1.1 200"));
    drop(taken);
    lab.toynet(&["reload"]).succeeded();
    assert!(text(&wire::say(other, &request("www.shop.test"))).starts_with("HTTP/1.1 200"));
}

#[test]
fn a_hangup_and_a_saved_file_do_the_same() {
    let home = Home::new();
    let file = home.write("lab.toml", shops("first")).display().to_string();
    for watch in [false, true] {
        let more: &[&str] = if watch { &["--watch"] } else { &[] };
        let lab = Lab::start(&home, &[&["up", &file][..], more].concat());
        let door = lab.status().door("www.club.test", "tcp", 80);
        let page = format!("watched: {watch}");
        home.write("lab.toml", shops(&page));
        if !watch {
            lab.signal("HUP");
        }
        eventually("the new page", || text(&wire::say(door, &request("www.club.test"))).ends_with(&page).then_some(()));
        eventually("a word on it", || lab.said().contains("restarted  http on www.club.test").then_some(()));
        assert_eq!(lab.stop("TERM").code(), Some(0));
    }
}

fn lab(home: &Home, text: &str) -> Lab {
    let file = home.write("lab.toml", text).display().to_string();
    Lab::start(home, &["up", &file])
}

/// Two sites and a board; the club's page says this.
fn shops(page: &str) -> String {
    format!(
        "[host.\"bbs.retro.test\".telnet]\n[host.\"www.shop.test\".http]\npages = {{ '/' = 'bread' }}\n\
         [host.\"www.club.test\"]\nhttp = {{ pages = {{ '/' = '{page}' }} }}\n"
    )
}

/// Asks a name server again and again, and tells how often, and how often it was answered.
fn asked_until(over: &Arc<AtomicBool>, at: SocketAddr, more: &str) -> Option<thread::JoinHandle<(usize, usize)>> {
    tool("dig")?;
    let over = Arc::clone(over);
    let line = format!("dig -r @{} -p {} www.club.test +short +time=2 {more}", at.ip(), at.port());
    Some(thread::spawn(move || {
        let (mut asked, mut answered) = (0, 0);
        while !over.load(Ordering::Relaxed) {
            asked += 1;
            // What dig had to ask again for stands before the answer.
            let said = shell(&line).stdout;
            answered += usize::from(said.lines().last().is_some_and(|last| last.parse::<std::net::Ipv4Addr>().is_ok()));
        }
        (asked, answered)
    }))
}

/// A request on a connection that stays open, and its answer.
fn ask(stream: &mut wire::Stream) -> String {
    stream.send(b"GET / HTTP/1.1\r\nHost: www.shop.test\r\n\r\n");
    let head = text(&stream.until(b"\r\n\r\n"));
    stream.until(if head.contains("ength: 5") { b"bread" } else { b"first" });
    head
}

fn request(host: &str) -> Vec<u8> {
    format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").into_bytes()
}

/// One mail from the shop, step by step; `path` is what stands between the angle brackets of MAIL and RCPT.
fn say_mail(door: SocketAddr, path: &str, body: Option<&str>) -> String {
    let mut stream = wire::Stream::connect(door);
    let mut heard = stream.until(b"\r\n");
    let mut lines = vec!["HELO me".to_owned()];
    lines.extend(format!("MAIL FROM:<{path}>").lines().map(|line| line.trim().to_owned()));
    lines.extend(body.iter().flat_map(|body| ["DATA".to_owned(), format!("Subject: {body}\r\n\r\n{body}\r\n.")]));
    for line in lines {
        stream.send(format!("{line}\r\n").as_bytes());
        heard.extend(stream.until(b"\r\n"));
    }
    text(&heard)
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}
