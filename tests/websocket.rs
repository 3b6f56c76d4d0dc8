//! WebSockets over every version of HTTP, as others meet them and as our own client does.

#![allow(clippy::unwrap_used, reason = "what a test sets up is there")]

mod support;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::lab::Home;
use support::run::wait;
use support::tools::python_with;
use support::{Lab, Outcome, run, tool};

#[test]
fn lines_go_and_come_back_whichever_version_carries_them() {
    let lab = open();
    for arguments in WAYS {
        let outcome = ws(&lab, arguments, "Hello\nGrüße\n").succeeded();
        assert_eq!(outcome.stdout, "Hello\nGrüße\n", "{arguments:?}");
    }
    let log = lab.toynet(&["log"]).succeeded().stdout;
    assert_eq!(log.matches("WebSocket text 5 octets: Hello").count(), 2 * WAYS.len(), "{log}");
    assert_eq!(log.matches("WebSocket close 1000 (normal closure)").count(), 2 * WAYS.len(), "{log}");
    assert_eq!(log.matches("CONNECT /inspect/websocket/echo (www.shop.test) for websocket").count(), 3, "{log}");
    let explained = lab.toynet(&["log", "--explain"]).succeeded().stdout;
    assert_eq!(explained.matches("shown without the mask").count(), 3 * WAYS.len(), "{explained}");
    let diagram = lab.toynet(&["diagram"]).succeeded().stdout;
    assert!(diagram.contains("WebSocket text"), "{diagram}");
}

#[test]
fn more_than_any_buffer_holds_comes_back_whole() {
    let lab = open();
    let lines: String = (0..20_000).map(|number| format!("{number} {}\n", "*".repeat(200))).collect();
    for arguments in WAYS {
        let outcome = ws(&lab, arguments, &lines);
        let got = outcome.stdout.len();
        assert!(outcome.stdout == lines, "{arguments:?}: {got} of {} {}", lines.len(), outcome.stderr);
        assert_eq!(outcome.code(), Some(0), "{arguments:?}: {}", outcome.stderr);
    }
}

#[test]
fn who_opens_none_says_why_and_the_exit_status_does_too() {
    let lab = open();
    for version in ["--http1.1", "--http2", "--http3"] {
        let outcome = ws(&lab, &[version, "wss://www.shop.test/"], "");
        assert_eq!(outcome.code(), Some(1), "{outcome:?}");
        assert!(outcome.stderr.contains("the server opens no WebSocket: it answered "), "{outcome:?}");
    }
    let old = ws(&lab, &["-H", "Sec-WebSocket-Version: 8", "ws://www.shop.test/inspect/websocket/echo"], "");
    assert!(old.code() == Some(1) && old.stderr.contains("426 Upgrade Required (it knows version 13)"), "{old:?}");
    let nobody = ws(&lab, &["ws://www.shop.test:81/"], "");
    assert_eq!(nobody.code(), Some(6), "{nobody:?}");
    let clear = ws(&lab, &["--http3", "ws://www.shop.test/"], "");
    assert!(clear.code() == Some(2) && clear.stderr.contains("RFC 9114 3.1"), "{clear:?}");
    let chat = ["--subprotocol", "chat", "--json", "wss://www.shop.test/inspect/websocket/echo"];
    let told: Vec<Value> =
        ws(&lab, &chat, "one\n").succeeded().stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events: Vec<_> = told.iter().map(|one| one["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["opened", "said", "heard", "closed"], "{told:?}");
    assert_eq!((&told[2]["text"], &told[3]["code"]), (&"one".into(), &1000.into()), "{told:?}");
}

#[test]
fn verbose_shows_both_heads_whichever_version_has_them() {
    let lab = open();
    let url = "wss://www.shop.test/inspect/websocket/echo";
    for (version, asked, answered) in [
        ("--http1.1", "> GET /inspect/websocket/echo HTTP/1.1", "< HTTP/1.1 101"),
        ("--http2", "> CONNECT /inspect/websocket/echo HTTP/2", "< HTTP/2 200"),
        ("--http3", "> CONNECT /inspect/websocket/echo HTTP/3", "< HTTP/3 200"),
    ] {
        let shown = ws(&lab, &["-v", "-u", "me:hunter2", version, url], "").succeeded().stderr;
        assert!(shown.contains(asked) && shown.contains(answered), "{shown}");
        assert_eq!(shown.contains("> :protocol: websocket"), version != "--http1.1", "{shown}");
        assert!(!shown.contains("bWU6aHVudGVyMg"), "{shown}");
    }
}

#[test]
fn it_listens_on_when_the_input_ends_and_closes_when_the_time_is_over() {
    let lab = open();
    let arguments = ["--json", "--listen", "-m", "1", "ws://www.shop.test/inspect/websocket/echo"];
    let told = ws(&lab, &arguments, "one\n").succeeded().stdout;
    let told: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events: Vec<_> = told.iter().map(|one| one["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["opened", "said", "heard", "closed"], "{told:?}");
    assert!(told[3]["by"] == "client" && told[3]["seconds"].as_f64() >= Some(1.0), "{told:?}");
}

#[test]
fn it_closes_when_the_time_is_over_though_the_input_is_not() {
    let lab = open();
    let mut talk = lab.home.toynet(&["http", "ws", "-m", "1", "ws://www.shop.test/inspect/websocket/echo"]);
    let mut talk = talk.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let ended = wait(&mut talk, Duration::from_secs(30));
    assert_eq!(ended.and_then(|status| status.code()), Some(0));
}

#[test]
fn a_person_at_a_terminal_ends_it_by_interrupting() {
    let Some(expect) = tool("expect") else { return };
    let lab = open();
    let script = lab.home.write("talk.exp", TALK_EXP);
    let outcome = run(lab.home.furnish(&mut Command::new(expect)).arg(script));
    assert_eq!(outcome.code(), Some(0), "{outcome:?}");
    let log = lab.toynet(&["log"]).succeeded().stdout;
    assert_eq!(log.matches("WebSocket close 1000 (normal closure)").count(), 2, "{log}");
}

#[test]
fn a_message_too_large_is_told_with_its_code() {
    let lab = open();
    let outcome = ws(&lab, WAYS[0], &"*".repeat(1024 * 1024 + 1));
    assert_eq!(outcome.code(), Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("the server closed it with 1009 (a message too large)"), "{outcome:?}");
}

#[test]
fn libraries_of_others_speak_with_the_echo() {
    let lab = open();
    let root = root(&lab);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/websocket_streams.py");
    for (way, module, transport) in [("1", "websockets", "tcp"), ("2", "h2", "tcp"), ("3", "aioquic", "quic")] {
        let Some(mut python) = python_with(module) else { continue };
        let door = lab.status().door("www.shop.test", transport, 443);
        let outcome = run(python.args([script, way, &door.ip().to_string(), &door.port().to_string()]).arg(&root));
        assert_eq!(outcome.succeeded().stdout, "fine\n", "{module}");
    }
    let log = lab.toynet(&["log"]).succeeded().stdout;
    assert!(!log.contains("broken"), "{log}");
}

#[test]
fn chromium_talks_in_a_stream_of_the_connection_that_brought_the_page() {
    if tool("chromium").is_none() {
        return;
    }
    let lab = open();
    let door = lab.status().door("www.shop.test", "tcp", 443);
    let status: Value = serde_json::from_str(&lab.toynet(&["status", "--json"]).succeeded().stdout).unwrap();
    let key = status["authority"]["key"].as_str().unwrap();
    let mut chromium = Command::new("chromium");
    chromium.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]);
    chromium.arg(format!("--user-data-dir={}", lab.home.path().join("profile").display()));
    chromium.arg(format!("--ignore-certificate-errors-spki-list={key}"));
    chromium.arg(format!("--host-resolver-rules=MAP www.shop.test {}", door.ip()));
    let page = run(chromium.arg("--dump-dom").arg(format!("https://www.shop.test:{}/page.html", door.port())))
        .succeeded()
        .stdout;
    assert!(page.contains("<title>Hello from the page, 1000</title>"), "{page}");
    let log = lab.toynet(&["log"]).succeeded().stdout;
    assert!(log.contains(" for websocket") && log.contains("WebSocket text 19 octets: Hello from the page"), "{log}");
}

fn open() -> Lab {
    let home = Home::new();
    let file = home.write("lab.toml", LAB);
    Lab::start(&home, &["up", file.to_str().unwrap()])
}

fn ws(lab: &Lab, arguments: &[&str], input: &str) -> Outcome {
    let input = lab.home.write("input", input);
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$@\" < \"$0\""]).arg(input).arg(env!("CARGO_BIN_EXE_toynet"));
    run(lab.home.furnish(&mut shell).args(["http", "ws"]).args(arguments))
}

fn root(lab: &Lab) -> PathBuf {
    lab.home.write("root.pem", lab.toynet(&["ca", "--pem"]).succeeded().stdout)
}

const WAYS: [&[&str]; 5] = [
    &["ws://www.shop.test/inspect/websocket/echo"],
    &["--http1.1", "wss://www.shop.test/inspect/websocket/echo"],
    &["--http2", "http://www.shop.test/inspect/websocket/echo"],
    &["--http2", "https://www.shop.test/inspect/websocket/echo"],
    &["--http3", "wss://www.shop.test/inspect/websocket/echo"],
];

const TALK_EXP: &str = r#"
set timeout 15
spawn toynet http ws ws://www.shop.test/inspect/websocket/echo
send "one\r"
# The terminal's echo, and the server's.
expect -re {one\r\n.*one\r\n} {} timeout { exit 100 }
send "\x03"
expect eof {} timeout { exit 101 }
exit [lindex [wait] 3]
"#;

const LAB: &str = r#"
[host."www.shop.test".http]
# Chromium shows the page once it is loaded: the picture holds that up until the talk is over.
pages."/page.html" = """<img src="/inspect/delay/10"><script>
const web = new WebSocket("wss://" + location.host + "/inspect/websocket/echo");
web.onopen = () => web.send("Hello from the page");
web.onmessage = ({ data }) => web.close(1000, data);
web.onclose = ({ code, reason }) => { document.title = `${reason}, ${code}`; document.images[0].src = "data:,"; };
</script>"""
route = [{ path = "/inspect/*", inspect = true }]
"#;
