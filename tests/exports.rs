//! What passed in a lab, in forms of others: HTTP as HAR, mails as mbox.

#![allow(clippy::unwrap_used, reason = "what a test sets up is there")]

mod support;

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use support::lab::Home;
use support::run::Outcome;
use support::tools::python_with;
use support::{Lab, run, tool, wire};

#[test]
fn a_har_says_what_curl_sent_and_received() {
    let Some(curl) = tool("curl") else { return };
    let lab = Lab::of_tests("shop");
    let root = lab.toynet(&["ca", "--pem"]).succeeded().stdout;
    let root = lab.home.write("root.pem", root);
    let folder = lab.home.path().join("got");
    fs::create_dir_all(&folder).unwrap();
    let fetch = |name: &str, port: u16, more: &[&str]| {
        let door = lab.status().door("www.shop.test", "tcp", port);
        let mut command = Command::new(&curl);
        command.args(["-sS", "--max-time", "10", "--cacert", root.to_str().unwrap(), "-o"]).arg(folder.join(name));
        let scheme = if port == 443 { "https" } else { "http" };
        let there = format!("www.shop.test:{port}:{}:{}", door.ip(), door.port());
        let outcome = run(command.args(["--connect-to", &there]).args(more).arg(format!("{scheme}://www.shop.test/")));
        outcome.succeeded();
        fs::read(folder.join(name)).unwrap()
    };
    let plain = fetch("plain", 80, &["--http1.1", "-H", "Cookie: session=hunter2"]);
    let sealed = fetch("sealed", 443, &["--http2", "--compressed", "-A", "a browser"]);
    let posted = fetch("posted", 443, &["--http1.1", "-d", "name=a+b&word=%C3%A4"]);
    let (outcome, log) = har(&lab, &["--host", "www.shop.test"]);
    assert!(
        outcome.stderr.contains("run.har holds 3 exchanges; passwords and cookies in fields are hidden"),
        "{outcome:?}"
    );
    let entries = log["log"]["entries"].as_array().unwrap();
    let text = |entry: &Value| entry["response"]["content"]["text"].as_str().map(|text| text.as_bytes().to_vec());
    let of = |version: &str, method: &str, scheme: &str| {
        let fits = |entry: &&Value| {
            let request = &entry["request"];
            request["httpVersion"] == version
                && request["method"] == method
                && request["url"] == format!("{scheme}://www.shop.test/")
        };
        entries.iter().find(fits).unwrap_or_else(|| panic!("no {method} of {version} over {scheme} in {log:#}"))
    };
    let entry = of("HTTP/1.1", "GET", "http");
    assert_eq!(text(entry), Some(plain));
    assert_eq!(entry["request"]["cookies"], json!([{"name": "session", "value": "•••"}]));
    assert_eq!(entry["timings"]["ssl"], -1.0);
    let entry = of("HTTP/2", "GET", "https");
    assert_eq!(text(entry), Some(sealed));
    assert!(entry["timings"]["ssl"].as_f64() > Some(0.0), "{entry:#}");
    let agent = entry["request"]["headers"].as_array().unwrap().iter().find(|field| field["name"] == "user-agent");
    assert_eq!(agent.unwrap()["value"], "a browser");
    let entry = of("HTTP/1.1", "POST", "https");
    assert_eq!(text(entry), Some(posted));
    assert_eq!(entry["request"]["postData"]["params"][1], json!({"name": "word", "value": "ä"}));
    let (_, log) = har(&lab, &["--secrets", "--proto", "http", "hunter2"]);
    assert_eq!(log["log"]["entries"].as_array().unwrap().len(), 0, "a secret cannot be found by guessing");
    let (_, log) = har(&lab, &["--secrets"]);
    assert!(log.to_string().contains("hunter2"));
}

#[test]
fn programs_that_know_har_read_ours() {
    let Some(mut python) = python_with("haralyzer") else { return };
    let lab = Lab::of_tests("shop");
    let door = lab.status().door("www.shop.test", "tcp", 80);
    wire::say(door, b"GET / HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n");
    wire::say(door, b"GET /none HTTP/1.0\r\n\r\n");
    wire::say(door, b"no request at all\r\n\r\n");
    let (outcome, _) = har(&lab, &[]);
    assert!(outcome.stderr.contains("1 exchange could not be read"), "{outcome:?}");
    let script = "import json, sys; from haralyzer import HarParser, HarEntry\n\
        log = HarParser(json.load(open(sys.argv[1])))\n\
        for entry in log.har_data['entries']:\n\
        \x20   one = HarEntry(entry)\n\
        \x20   print(one.request.method, one.request.url, one.response.status, one.startTime.year > 2000, one.time >= 0)";
    let told = run(python.args(["-c", script]).arg(lab.home.path().join("run.har"))).succeeded().stdout;
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines, ["GET http://www.shop.test/ 200 True True", "GET http://www.shop.test/none 404 True True"]);
}

#[test]
fn a_har_goes_on_where_a_websocket_does_whichever_version_carries_it() {
    let Some(mut python) = python_with("haralyzer") else { return };
    let lab = inspected();
    let root = "ws.shop.test/inspect/websocket/echo";
    for (version, scheme) in [("--http1.1", "ws"), ("--http1.1", "wss"), ("--http2", "wss"), ("--http3", "wss")] {
        let mut talk = Command::new("sh");
        talk.args(["-c", "printf 'one\\n\\377\\n' | \"$0\" http ws \"$@\"", env!("CARGO_BIN_EXE_toynet"), version]);
        run(lab.home.furnish(&mut talk).arg(format!("{scheme}://{root}"))).succeeded();
    }
    har(&lab, &[]);
    let script = "import json, sys, time; from haralyzer import HarParser, HarEntry\n\
        for entry in HarParser(json.load(open(sys.argv[1]))).har_data['entries']:\n\
        \x20   one, said = HarEntry(entry), entry['_webSocketMessages']\n\
        \x20   assert all(abs(time.time() - message['time']) < 300 for message in said), said\n\
        \x20   assert [message['time'] for message in said] == sorted(message['time'] for message in said), said\n\
        \x20   way = lambda type: [(one['opcode'], one['data']) for one in said if one['type'] == type]\n\
        \x20   assert way('send') == way('receive') == [(1, 'one'), (2, '/w=='), (8, 'A+g=')], said\n\
        \x20   print(entry['_resourceType'], one.request.httpVersion, one.request.url, one.response.status)";
    let told = run(python.args(["-c", script]).arg(lab.home.path().join("run.har"))).succeeded().stdout;
    let expected: String = [("1.1", "ws", 101), ("1.1", "wss", 101), ("2", "wss", 200), ("3", "wss", 200)]
        .map(|(version, scheme, status)| format!("websocket HTTP/{version} {scheme}://{root} {status}\n"))
        .concat();
    assert_eq!(told, expected);
}

#[test]
fn a_har_tells_how_long_a_client_of_ours_looked_up_a_name_and_connected() {
    let lab = inspected();
    for url in ["http://ws.shop.test/inspect/get", "https://ws.shop.test/inspect/get"] {
        run(&mut lab.home.toynet(&["http", "get", url])).succeeded();
    }
    run(&mut lab.home.toynet(&["http", "get", "--http3", "https://ws.shop.test/inspect/get"])).succeeded();
    let (_, log) = har(&lab, &["--proto", "http"]);
    let entries = log["log"]["entries"].as_array().unwrap();
    for (entry, known) in entries.iter().zip([[true, true, false], [true, true, true], [true, false, false]]) {
        let time = |name: &str| entry["timings"][name].as_f64().unwrap();
        assert_eq!(["dns", "connect", "ssl"].map(|name| time(name) >= 0.0), known, "{entry:#}");
        let parts = ["blocked", "dns", "connect", "send", "wait", "receive"].map(|name| time(name).max(0.0));
        assert!((entry["time"].as_f64().unwrap() - parts.iter().sum::<f64>()).abs() < 1e-6, "{entry:#}");
    }
    assert_eq!(entries.len(), 3, "{log:#}");
}

#[test]
fn a_har_has_the_trailers_of_answers_of_every_version() {
    let lab = inspected();
    let url = "https://ws.shop.test/inspect/trailers?x-checksum=1&x-more=a+b";
    for version in ["--http1.1", "--http2", "--http3"] {
        // RFC 9110 6.5.1: over HTTP/1.1 only to those who say that they read them.
        run(&mut lab.home.toynet(&["http", "get", version, "-H", "TE: trailers", url])).succeeded();
    }
    let (_, log) = har(&lab, &["--proto", "http"]);
    let entries = log["log"]["entries"].as_array().unwrap();
    let versions: Vec<_> = entries.iter().map(|entry| entry["response"]["httpVersion"].as_str().unwrap()).collect();
    assert_eq!(versions, ["HTTP/1.1", "HTTP/2", "HTTP/3"]);
    for entry in entries {
        let trailers = json!([{"name": "x-checksum", "value": "1"}, {"name": "x-more", "value": "a b"}]);
        assert_eq!(entry["response"]["_trailers"], trailers, "{entry:#}");
        assert_eq!(entry["response"]["content"]["text"], "The fields come behind this line.\n");
    }
}

#[test]
fn an_mbox_holds_what_smtplib_sent() {
    let Some(mut python) = python_with("mailbox") else { return };
    let home = Home::new();
    let lab = Lab::start(&home, &["up", mail_lab(&home).to_str().unwrap()]);
    let door = lab.status().door("mail.shop.test", "tcp", 25);
    let path = lab.home.path().join("mails.mbox");
    let mut send = Command::new(python.get_program());
    run(send.args(["-c", &format!("{MAILS}{SEND}")]).args(at(door))).succeeded();
    let outcome = lab.toynet(&["capture", "-o", path.to_str().unwrap(), "--host", "mail.shop.test", "--host", "you"]);
    assert!(outcome.succeeded().stderr.contains("mails.mbox holds"));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let told = run(python.args(["-c", &format!("{MAILS}{READ}")]).arg(&path)).succeeded().stdout;
    assert_eq!(told, "the same\n");
}

#[test]
fn what_was_not_recorded_is_said_and_a_journal_has_it_all() {
    let Some(python) = python_with("mailbox") else { return };
    let home = Home::new();
    let lab = Lab::start(&home, &["up", mail_lab(&home).to_str().unwrap(), "--record", "run.journal", "--lab", "kept"]);
    let plain = Lab::start(&home, &["up", mail_lab(&home).to_str().unwrap(), "--lab", "plain"]);
    for lab in [&lab, &plain] {
        let mut send = Command::new(python.get_program());
        let mails = "import smtplib, sys; mails = ['Subject: large\\n\\n' + ('x' * 76 + '\\n') * 4000]";
        let door = lab.status().door("mail.shop.test", "tcp", 25);
        run(send.args(["-c", &format!("{mails}{SEND}")]).args(at(door))).succeeded();
    }
    let outcome = plain.toynet(&["capture", "-o", "plain.mbox"]).succeeded();
    assert!(outcome.stderr.contains("of 1 mail not all was recorded"), "{outcome:?}");
    let cut = fs::read_to_string(home.path().join("plain.mbox")).unwrap();
    assert!(cut.lines().nth(1).unwrap().starts_with("X-Toynet-Recorded: "), "{cut:.100}");
    lab.stop("TERM");
    let outcome = run(&mut home.toynet(&["capture", "run.journal", "-o", "run.mbox"])).succeeded();
    assert!(!outcome.stderr.contains("not all was recorded"), "{outcome:?}");
    assert_eq!(
        fs::read_to_string(home.path().join("run.mbox")).unwrap().lines().filter(|line| line.starts_with("xx")).count(),
        4000
    );
}

#[test]
fn only_of_a_form_of_one_field_a_part_can_be_selected() {
    let lab = Lab::of_tests("shop");
    for arguments in [&["--host", "www"][..], &["one.journal", "word"], &["--since", "5m"]] {
        let outcome = lab.toynet(&[&["capture", "-o", "run.pcapng"], arguments].concat());
        assert_eq!(outcome.code(), Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains("Wireshark's own filters select"), "{outcome:?}");
    }
    let outcome = lab.toynet(&["capture", "-o", "run.pcapng", "--format", "hra"]);
    assert_eq!(outcome.code(), Some(2), "{outcome:?}");
}

fn har(lab: &Lab, arguments: &[&str]) -> (Outcome, Value) {
    let path = lab.home.path().join("run.har");
    let outcome = lab.toynet(&[&["capture", "--format", "har", "-o", path.to_str().unwrap()], arguments].concat());
    assert!(outcome.status.success(), "{outcome:?}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    (outcome, serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
}

/// A lab with the routes that inspect.
fn inspected() -> Lab {
    let home = Home::new();
    let table = "[host.\"ws.shop.test\".http]\nroute = [{ path = \"/inspect/*\", inspect = true }]\n";
    let file = home.write("lab.toml", table);
    Lab::start(&home, &["up", file.to_str().unwrap()])
}

fn mail_lab(home: &Home) -> PathBuf {
    let table = "[host.\"mail.shop.test\".smtp]\ndomains = [\"shop.test\"]\nmailboxes = [\"alice\"]\n";
    home.write("mail.toml", table)
}

fn at(door: SocketAddr) -> [String; 2] {
    [door.ip().to_string(), door.port().to_string()]
}

/// Mails that are not easy to keep apart in one file.
const MAILS: &str = "
import mailbox, re, smtplib, sys
mails = [
    'Subject: one\\n\\nFrom the start\\n>From quoted\\n.\\n..\\n\\nend\\n',
    'Subject: two\\nX-Long: ' + 'y' * 900 + '\\n\\n' + ('z' * 76 + '\\n') * 300,
    'Subject: three\\n\\n',
]
";
const SEND: &str = "
for number, mail in enumerate(mails):
    with smtplib.SMTP(sys.argv[1], int(sys.argv[2]), timeout=10) as server:
        server.sendmail(f'sender{number}@else.test', ['alice@shop.test'], mail)
with smtplib.SMTP(sys.argv[1], int(sys.argv[2]), timeout=10) as server:
    server.mail('nobody@else.test')
    server.rcpt('alice@shop.test')
    server.rset()
";
const READ: &str = "
read = list(mailbox.mbox(sys.argv[1]))
senders = [one.get_from().split()[0] for one in read]
assert senders == [f'sender{number}@else.test' for number in range(3)], senders
for one, sent in zip(read, mails):
    text = re.sub('(?m)^>(>*From )', r'\\1', one.as_string())
    assert text == sent, (text, sent)
print('the same')
";
