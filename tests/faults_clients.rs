//! Faults of services and links as curl, Python's smtplib, telnet's octets and dig meet them.
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]
#![allow(clippy::disallowed_methods, reason = "tests stand outside the lab, as people do")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::lab::Home;
use support::run::eventually;
use support::{Lab, dig, shell, tool, tools};
use tokio::runtime::{Builder, LocalOptions};
use toynet_lab::run::InMemory;
use toynet_lab::{LabFile, protocols};

#[test]
fn curl_ends_as_its_manual_says() {
    if tool("curl").is_none() {
        return;
    }
    let lab = lab("");
    let web = lab.status().door("www.shop.test", "tcp", 80);
    for (words, arguments, exit) in [
        ("status=503", "-f", 22),
        ("cut=3", "", 18),
        ("length=long", "", 18),
        ("drop=true", "", 52),
        ("reset=true", "", 56),
        ("chunk=true", "", 56),
        ("garbage=true", "", 1),
        ("delay=5s", "-m 1", 28),
        ("rate=8bit", "-m 1", 28),
        ("loop=true", "-L --max-redirs 5", 47),
        ("cut=3", "--http2-prior-knowledge", 92),
        ("reset=true", "--http2-prior-knowledge", 92),
        ("status=503 path=/other/*", "-f", 0),
        ("status=503 method=GET name=www.shop.test", "-f", 22),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        lab.toynet(&[&["fault", "add", "host=www.shop.test"], &words[..]].concat()).succeeded();
        let met = shell(&format!(
            "curl -s --no-progress-meter {arguments} -H 'Host: www.shop.test' http://{web}/ -o /dev/null"
        ));
        assert_eq!(met.code(), Some(exit), "{words:?} {arguments}: {met:?}");
        lab.toynet(&["fault", "clear"]).succeeded();
    }
    let over_http2 = |words: &str| {
        lab.toynet(&["fault", "add", "host=www.shop.test", words]).succeeded();
        let told = "-o /dev/null -w '%{http_code} %{size_download}'";
        let met =
            shell(&format!("curl -s --http2-prior-knowledge {told} -H 'Host: www.shop.test' http://{web}/")).stdout;
        lab.toynet(&["fault", "clear"]).succeeded();
        met
    };
    for (words, met) in [("status=204", "204 0"), ("status=205", "205 0"), ("status=304", "304 0"), ("cut=3", "200 3")]
    {
        assert_eq!(over_http2(words), met, "{words}");
    }
    let stale = {
        lab.toynet(&["fault", "add", "host=www.shop.test", "stale=2d"]).succeeded();
        shell(&format!("curl -si -H 'Host: www.shop.test' http://{web}/")).text()
    };
    assert!(stale.contains("age: 172800"), "{stale}");
    let log = lab.toynet(&["log"]).succeeded().stdout;
    assert!(log.contains("fault: cut 3") && log.contains("fault: garbage true"), "{log}");
}

#[test]
fn mail_is_refused_put_off_and_lost_as_said() {
    if tool("python3").is_none() {
        return;
    }
    let lab = lab("");
    let mail = lab.status().door("mail.shop.test", "tcp", 25);
    for (words, met) in [
        (&["reply=554 5.3.2 closed", "at_stage=connect"][..], "SMTPConnectError 554"),
        (&["reply=451 4.3.2 later", "at_stage=data"], "SMTPDataError 451"),
        (&["reply=550 5.1.1 nobody", "recipient=alice@*"], "SMTPRecipientsRefused"),
        (&["reply=550 5.7.1 no", "sender=*@club.test"], "SMTPSenderRefused 550"),
        (&["greylist=1h"], "SMTPRecipientsRefused"),
        (&["drop=true", "at_stage=content"], "SMTPServerDisconnected"),
        (&["half=true", "at_stage=mail"], "SMTPServerDisconnected"),
        (&["withhold=SIZE"], "sent"),
        (&["bare_lf=true"], "sent"),
    ] {
        lab.toynet(&[&["fault", "add", "host=mail.shop.test"], words].concat()).succeeded();
        let told = shell(&format!("python3 -c '{SEND}' {} {}", mail.ip(), mail.port())).text();
        assert!(told.starts_with(met), "{words:?}: {told}");
        let listed = lab.toynet(&["fault", "list"]).succeeded().stdout;
        assert!(!listed.contains("struck 0 times"), "{words:?}: {listed}");
        lab.toynet(&["fault", "clear"]).succeeded();
    }
}

#[test]
fn links_and_hosts_fail_live_and_recover() {
    if tool("curl").is_none() || tool("dig").is_none() {
        return;
    }
    let lab = lab("");
    let (web, server) = (lab.status().door("www.shop.test", "tcp", 80), lab.status().door("ns.shop.test", "udp", 53));
    let fetch = |limit: u32| {
        let line = format!("curl -s -m {limit} -H 'Host: www.shop.test' http://{web}/ -o /dev/null -w %{{time_total}}");
        let met = shell(&line);
        (met.code(), met.stdout.trim().parse::<f64>().unwrap_or_default())
    };
    let set = |words: &[&str]| lab.toynet(&[&["fault", "add"], words].concat()).succeeded();
    assert_eq!(fetch(5).0, Some(0));
    set(&["host=www.shop.test", "down=refuse"]);
    eventually("a refusal", || (fetch(5).0 == Some(7)).then_some(()));
    lab.toynet(&["fault", "clear"]).succeeded();
    eventually("a page", || (fetch(5).0 == Some(0)).then_some(()));
    set(&["link=www.shop.test -> you", "latency=400ms"]);
    let (code, took) = fetch(10);
    assert!(code == Some(0) && took > 0.4, "{code:?} {took}");
    let status = lab.toynet(&["status"]).succeeded().stdout;
    assert!(status.contains("FAULTS") && status.contains("link www.shop.test -> you  latency 400ms"), "{status}");
    lab.toynet(&["fault", "clear"]).succeeded();
    set(&["link=www.shop.test -> you", "reset=10B"]);
    assert_eq!(fetch(5).0, Some(56));
    lab.toynet(&["fault", "clear"]).succeeded();
    set(&["host=ns.shop.test", "down=refuse"]);
    let ask = || shell(&format!("dig @{} -p {} www.shop.test +time=1 +tries=1", server.ip(), server.port())).text();
    eventually("a refusal", || ask().contains("connection refused").then_some(()));
    let met = lab.toynet(&["dns", "query", "@198.18.0.6", "www.shop.test"]);
    assert!(met.code() == Some(6) && met.text().contains("nobody takes datagrams at port 53"), "{met:?}");
    let log = lab.toynet(&["log"]).succeeded().stdout;
    assert!(log.contains("fault: refuses") && log.contains("port 53 unreachable"), "{log}");
    lab.toynet(&["fault", "clear"]).succeeded();
    eventually("an answer", || ask().contains("NOERROR").then_some(()));
    set(&["link=you <-> ns.shop.test", "cut=true"]);
    let lost = shell(&format!("dig @{} -p {} www.shop.test +time=1 +tries=1", server.ip(), server.port()));
    assert_eq!(lost.code(), Some(9), "{lost:?}");
    lab.toynet(&["fault", "off", "1"]).succeeded();
    assert_eq!(dig(server, &["www.shop.test"]).rcode, "NOERROR");
    assert_eq!(dig(server, &["www.shop.test", "+tcp"]).rcode, "NOERROR");
}

#[test]
fn a_connection_that_is_kept_meets_a_fault_that_is_set_later() {
    if tool("python3").is_none() {
        return;
    }
    let lab = lab("");
    let web = lab.status().door("www.shop.test", "tcp", 80);
    let script = format!(
        "
import http.client, sys, time
kept = http.client.HTTPConnection('{}', {}, timeout=10)
for _ in sys.stdin:
    begun = time.monotonic()
    try:
        kept.request('GET', '/', headers={{'Host': 'www.shop.test'}})
        told = kept.getresponse().read() and 'read'
    except OSError as error:
        told = type(error).__name__
    print(told, time.monotonic() - begun > 0.4, flush=True)
",
        web.ip(),
        web.port()
    );
    let mut python = Command::new("python3");
    let mut python = python.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut asks, mut told) = (python.stdin.take().unwrap(), BufReader::new(python.stdout.take().unwrap()).lines());
    let mut ask = || {
        asks.write_all(b"\n").unwrap();
        told.next().unwrap().unwrap()
    };
    assert_eq!(ask(), "read False");
    lab.toynet(&["fault", "add", "link=www.shop.test -> you", "latency=500ms"]).succeeded();
    assert_eq!(ask(), "read True");
    lab.toynet(&["fault", "clear"]).succeeded();
    assert_eq!(ask(), "read False");
    lab.toynet(&["fault", "add", "host=www.shop.test", "down=refuse"]).succeeded();
    assert_eq!(ask(), "ConnectionResetError False");
    drop(asks);
    python.wait().unwrap();
}

#[test]
fn what_links_do_to_streams_is_marked_where_it_strikes() {
    if tool("curl").is_none() {
        return;
    }
    let lab = lab("");
    let web = lab.status().door("www.shop.test", "tcp", 80);
    for (words, exit) in
        [("reset=10B", 56), ("slice=1B", 0), ("garble=100B", 0), ("half_close=100B", 0), ("latency=20ms", 0)]
    {
        lab.toynet(&["fault", "add", "link=www.shop.test -> you", words]).succeeded();
        let met = shell(&format!("curl -s -m 9 -H 'Host: www.shop.test' http://{web}/ -o /dev/null"));
        assert!(met.code() == Some(exit) || words.starts_with("garble"), "{words}: {met:?}");
        let told = format!("fault: {}", words.replace('=', " "));
        let log = lab.toynet(&["log"]).succeeded().stdout;
        assert!(log.contains(&told), "{told} is not in\n{log}");
        lab.toynet(&["fault", "clear"]).succeeded();
    }
    let diagram = lab.toynet(&["diagram"]).succeeded().stdout;
    assert!(diagram.contains("reset 10B"), "{diagram}");
}

#[test]
fn a_guest_meets_links_that_fail_before_it_comes_and_while_it_is_there() {
    let lab = lab("[host.\"bbs.shop.test\".telnet]\n[[fault]]\nlink = \"you -> www.shop.test\"\nlatency = \"400ms\"\n");
    let get = |more: &[&str]| lab.toynet(&[&["http", "get", "http://www.shop.test/"], more].concat());
    let begun = std::time::Instant::now();
    get(&[]).succeeded();
    // The request at least: how a handshake goes is the kernel's affair where the lab has a network of its own.
    assert!(begun.elapsed() >= Duration::from_millis(400), "{:?}", begun.elapsed());
    assert!(lab.toynet(&["log"]).succeeded().stdout.contains("fault: latency 400ms"));
    lab.toynet(&["fault", "clear"]).succeeded();
    for words in [
        &["link=you <-> www.shop.test", "cut=true"][..],
        &["host=www.shop.test", "down=silence"],
        &["partition=[['www.shop.test']]"],
    ] {
        lab.toynet(&[&["fault", "add"], words].concat()).succeeded();
        assert_ne!(get(&["--max-time", "1"]).code(), Some(0), "{words:?}");
        lab.toynet(&["fault", "clear"]).succeeded();
        get(&[]).succeeded();
    }
    // A connection that stands meets what comes where it runs over a link with a fault from its beginning.
    lab.toynet(&["fault", "add", "link=you <-> bbs.shop.test", "latency=1ms"]).succeeded();
    let mut board = lab.home.toynet(&["telnet", "bbs.shop.test"]);
    let mut board = board.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut typed, heard) = (board.stdin.take().unwrap(), follow(board.stdout.take().unwrap()));
    eventually("the greeting", || heard.lock().unwrap().contains("name: ").then_some(()));
    let mut answered = |line: &str, with: &str| {
        let begun = std::time::Instant::now();
        heard.lock().unwrap().clear();
        typed.write_all(line.as_bytes()).unwrap();
        eventually("the board", || heard.lock().unwrap().contains(with).then_some(()));
        begun.elapsed()
    };
    answered("someone\r\n", "> ");
    lab.toynet(&["fault", "add", "link=you -> bbs.shop.test", "latency=1500ms"]).succeeded();
    eventually("a slow answer", || (answered("time\r\n", "> ") >= Duration::from_millis(1500)).then_some(()));
    board.kill().unwrap();
    board.wait().unwrap();
}

#[test]
fn programs_in_a_network_of_the_labs_own_meet_links_that_fail() {
    let home = Home::new();
    if tool("curl").is_none() || !tools::worlds(&mut home.toynet(&["doctor"])) {
        return;
    }
    let file = home.write("lab.toml", "[host.\"www.shop.test\"]\nhttp = { pages = { '/' = 'bread' } }\n");
    let get = "curl -s -m 2 -o /dev/null -w '%{time_total} ' http://www.shop.test/; echo $?";
    let with = |words: &str| format!("toynet fault add {words} >&2; {get}; toynet fault clear >&2");
    let script = [
        with("'link=you <-> www.shop.test' latency=300ms"),
        with("'link=you <-> www.shop.test' cut=true"),
        with("'partition=[[\"www.shop.test\"]]'"),
        with("host=www.shop.test down=silence"),
    ];
    let words = ["run", file.to_str().expect("UTF-8"), "--", "sh", "-c", &script.join("; ")];
    let told = support::run(&mut home.toynet(&words)).succeeded().stdout;
    let met: Vec<(&str, &str)> = told.lines().filter_map(|line| line.split_once(' ')).collect();
    let took = met[0].0.parse::<f64>().unwrap();
    assert!(met[0].1 == "0" && took >= 0.6, "{told}");
    assert_eq!(met[1..].iter().map(|(_, code)| *code).collect::<Vec<_>>(), ["28", "28", "28"], "{told}");
}

/// All that comes, as it comes.
fn follow(mut from: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let all = Arc::new(Mutex::new(String::new()));
    let into = Arc::clone(&all);
    std::thread::spawn(move || {
        let mut room = [0; 1024];
        while let Ok(length @ 1..) = from.read(&mut room) {
            into.lock().unwrap().push_str(&String::from_utf8_lossy(&room[..length]));
        }
    });
    all
}

#[test]
fn the_manual_names_every_kind() {
    let home = Home::new();
    let told = support::run(&mut home.toynet(&["fault", "kinds"])).succeeded().stdout;
    for word in ["answer = \"SERVFAIL\"", "status = 503", "greylist = \"5m\"", "lone_iac = true", "partition = [["] {
        assert!(told.contains(word), "{word}: {told}");
    }
    for word in ["peer = ", "nth = 3", "service = "] {
        assert!(told.contains(word), "for whom and when: {word}: {told}");
    }
    let json = support::run(&mut home.toynet(&["fault", "kinds", "any", "--json"])).succeeded().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json[0]["of"], json[0]["words"].is_string()), (&"any".into(), true), "{json}");
    let link = support::run(&mut home.toynet(&["fault", "kinds", "link"])).succeeded().stdout;
    assert!(link.starts_with("link\n") && !link.contains("SERVFAIL"), "{link}");
}

#[test]
fn one_seed_gives_the_same_hits_and_another_gives_others() {
    let first = hits(1);
    assert_eq!(first, hits(1));
    assert!(first.iter().all(|hits| *hits > 0), "{first:?}");
    assert_ne!(first, hits(2));
}

#[test]
fn faults_come_and_go_by_the_clock_of_the_lab() {
    let text = "[host.\"www.shop.test\".http]\n[host.\"desk.shop.test\"]\n[[fault]]\nhost = \"www.shop.test\"\n\
        status = 503\nat = \"1h\"\nfor = \"1h\"\n[[fault]]\npartition = [[\"desk.shop.test\"]]\nat = \"3h\"\nfor = \"10m\"\n";
    let file = LabFile::from_text(text.to_owned(), "");
    in_virtual_time(async || {
        let plan = file.plan(protocols::ALL).unwrap();
        let lab = InMemory::start(&plan, &file).await.unwrap();
        let (desk, clock) = (lab.host("desk.shop.test").unwrap(), lab.network().clock());
        let begun = clock.now();
        let mut met = Vec::new();
        for _ in 0..3 {
            met.push(toynet_http::client::get(&desk, "http://www.shop.test/").await.unwrap().status().as_u16());
            clock.sleep(Duration::from_secs(3600)).await;
        }
        assert_eq!(met, [200, 503, 200]);
        let server = SocketAddr::new(plan.host("www.shop.test").unwrap().addresses[0], 80);
        assert!(desk.connect(server).await.is_err());
        assert!(clock.now() - begun < Duration::from_secs(3 * 3600 + 600));
        clock.sleep(Duration::from_secs(600)).await;
        assert!(desk.connect(server).await.is_ok());
    });
}

/// How often each fault of a lab has struck after some visits.
fn hits(seed: u64) -> Vec<u64> {
    let text = "[host.\"www.shop.test\".http]\n[host.\"desk.shop.test\"]\n\
        [[fault]]\nhost = \"www.shop.test\"\nstatus = 503\nprobability = 0.5\n\
        [[fault]]\nlink = \"desk.shop.test <-> *\"\nlatency = \"1ms\"\nprobability = 0.5\n";
    let file = LabFile::from_text(text.to_owned(), "");
    in_virtual_time(async || {
        let mut plan = file.plan(protocols::ALL).unwrap();
        plan.seed = seed;
        let lab = InMemory::start(&plan, &file).await.unwrap();
        let desk = lab.host("desk.shop.test").unwrap();
        for _ in 0..40 {
            toynet_http::client::get(&desk, "http://www.shop.test/").await.unwrap();
        }
        lab.faults().list().iter().map(|fault| fault.hits).collect()
    })
}

fn in_virtual_time<T>(story: impl AsyncFnOnce() -> T) -> T {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build_local(LocalOptions::default()).unwrap();
    runtime.block_on(story())
}

fn lab(more: &str) -> Lab {
    let home = Home::new();
    let text = format!(
        "[host.\"www.shop.test\".http]\n[host.\"mail.shop.test\".smtp]\ndomains = [\"shop.test\"]\nmailboxes = [\"alice\"]\n{more}"
    );
    let file = home.write("lab.toml", text);
    Lab::start(&home, &["up", file.to_str().expect("UTF-8")])
}

const SEND: &str = "import smtplib, sys
try:
    with smtplib.SMTP(sys.argv[1], int(sys.argv[2]), local_hostname=\"client.test\", timeout=20) as server:
        server.sendmail(\"bob@club.test\", [\"alice@shop.test\"], \"Subject: x\\n\\nhello\\n\")
    print(\"sent\")
except smtplib.SMTPException as error:
    print(type(error).__name__, getattr(error, \"smtp_code\", \"\"))
";
