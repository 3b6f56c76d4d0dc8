//! HTTP/3 as aioquic, Chromium and our own client meet it.

mod support;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use support::lab::Home;
use support::tools::python_with;
use support::tshark::Judge;
use support::{Lab, Outcome, run, tool};

#[test]
fn aioquic_is_served_as_over_other_versions_and_told_what_it_does_wrong() {
    let Some(mut python) = python_with("aioquic") else { return };
    let lab = open();
    let (door, root) = (door(&lab), root(&lab));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/http3.py");
    let (ip, port) = (door.ip().to_string(), door.port().to_string());
    run(python.args([script, &ip, &port]).arg(root)).succeeded();
    let log = lab.toynet(&["log"]).succeeded().stdout;
    assert_eq!(log.matches("POST /inspect/post (www.shop.test").count(), 1, "{log}");
    assert_eq!(log.matches(" over HTTP/3").count(), 7, "{log}");
    assert!(!log.contains("no answer") && log.contains("H3_FRAME_UNEXPECTED"), "{log}");
}

#[test]
fn chromium_loads_a_page_over_http_3() {
    if tool("chromium").is_none() {
        return;
    }
    let lab = open();
    let page = chromium(&lab, "/", door(&lab).port());
    assert!(page.contains("bread"), "{page}");
    let log = lab.toynet(&["log"]).succeeded().stdout;
    assert!(log.contains("GET / (www.shop.test") && log.contains(" over HTTP/3"), "{log}");
}

#[test]
fn chromium_goes_over_to_http_3_when_alt_svc_tells_of_it() {
    if tool("chromium").is_none() {
        return;
    }
    let lab = open();
    // It speaks QUIC only with whom a public authority vouches for, or with hosts that it is told to speak it with, at
    // whatever port. At this one nobody listens, and the site's own is left to Alt-Svc.
    let page = chromium(&lab, "/again.html", 1);
    assert!(page.contains("<p>h2 ") && page.contains(" h3</p>"), "{page}");
    let log = lab.toynet(&["log"]).succeeded().stdout;
    assert!(log.contains(" over HTTP/3"), "{log}");
}

#[test]
fn our_client_speaks_it_when_asked_and_says_what_went_on() {
    let lab = open();
    let page = get(&lab, "/", &["-i"]).succeeded().stdout;
    assert!(
        page.starts_with("HTTP/3 200") && page.contains("alt-svc: h3=\":443\"") && page.ends_with("bread"),
        "{page}"
    );
    let json = get(&lab, "/inspect/get", &["--json"]).succeeded().stdout;
    let told: Value = serde_json::from_str(json.lines().next().unwrap_or_default()).expect("JSON");
    assert_eq!((&told["version"], &told["status"]), (&"HTTP/3".into(), &200.into()), "{json}");
    assert_eq!(told["tls"], "TLS 1.3 in QUIC h3 for www.shop.test");
    let two = lab.toynet(&["http", "get", "-i", "https://www.shop.test/"]).succeeded().stdout;
    assert!(two.starts_with("HTTP/2 200") && two.contains("alt-svc: h3=\":443\"; ma="), "{two}");
    // Everything stands in the log by its cause, and the control streams where they are asked for.
    let log = lab.toynet(&["log"]).succeeded().stdout;
    assert!(log.contains("GET / (www.shop.test) over HTTP/3") && !log.contains("SETTINGS"), "{log}");
    assert_eq!(log.matches("TLS 1.3 in QUIC").count(), 2, "{log}");
    let explained = lab.toynet(&["log", "--explain"]).succeeded().stdout;
    for words in ["the control stream", "SETTINGS_MAX_FIELD_SECTION_SIZE", "opens stream 0 of QUIC", "RFC 9114 4.3.1"] {
        assert!(explained.contains(words), "{words}: {explained}");
    }
    lab.toynet(&["diagram"]).succeeded();
    if tool("tshark").is_some() {
        let path = lab.home.path().join("three.pcapng");
        lab.toynet(&["capture", "-o", path.to_str().expect("UTF-8")]).succeeded();
        Judge(&path).find_no_fault();
    }
}

#[test]
fn faults_strike_a_stream_and_leave_the_others_alone() {
    let lab = open();
    assert!(get(&lab, "/gone", &["-i"]).succeeded().stdout.starts_with("HTTP/3 503"));
    for (path, code) in [("/cut", "H3_INTERNAL_ERROR"), ("/reset", "H3_INTERNAL_ERROR")] {
        let outcome = get(&lab, path, &[]);
        assert_eq!(outcome.code(), Some(6), "{outcome:?}");
        assert!(outcome.stderr.contains(code), "{outcome:?}");
    }
    assert!(get(&lab, "/", &[]).succeeded().stdout.ends_with("bread"));
}

#[test]
fn tls_goes_wrong_in_quic_as_it_does_on_streams() {
    let Some(_) = python_with("aioquic") else { return };
    let lab = open();
    let (door, root) = (door(&lab), root(&lab));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/http3_meets.py");
    let meet = || {
        let mut python = python_with("aioquic").expect("it was there");
        run(python.args([script, &door.ip().to_string(), &door.port().to_string()]).arg(&root)).text()
    };
    for (words, met) in [
        ("tls=expired", "0x12d Certificate is no longer valid"),
        ("tls=not-yet-valid", "0x12d Certificate is not valid yet"),
        ("tls=wrong-name", "0x12a hostname 'www.shop.test' doesn't match"),
        ("tls=unknown-authority", "0x12a unable to get local issuer certificate"),
        ("tls=self-signed", "0x12a self-signed certificate"),
        ("tls=handshake_failure", "0x128"),
        ("tls=old", "0x146"),
        ("tls=close", "0xc"),
        ("tls=reset", "0x2"),
        ("tls=silence", "Idle timeout"),
        ("tls=slow delay=10ms", "fine"),
        ("tls=expired peer=off.shop.test", "fine"),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        lab.toynet(&[&["fault", "add", "host=www.shop.test"], &words[..]].concat()).succeeded();
        let told = meet();
        assert!(told.contains(met), "{words:?}: {told}");
        lab.toynet(&["fault", "clear"]).succeeded();
    }
    assert!(meet().contains("fine"), "all is well again");
    let log = lab.toynet(&["log"]).succeeded().stdout;
    for told in ["tls expired", "tls close", "tls silence", "tls handshake_failure", "tls slow, delay 10ms"] {
        assert_eq!(log.matches(&format!("fault: {told}")).count(), 1, "{told} in\n{log}");
    }
    assert!(log.contains("no TLS: alert handshake_failure"), "{log}");
}

#[test]
fn a_probe_finds_it_where_alt_svc_tells_and_breaks_nothing_that_we_must_keep() {
    let lab = open();
    let outcome = lab.toynet(&["http", "probe", "--json", "https://www.shop.test/"]).succeeded().stdout;
    let told: Value = serde_json::from_str(&outcome).expect("JSON");
    assert_eq!((&told["http3"]["host"], &told["http3"]["port"]), (&"www.shop.test".into(), &443.into()), "{outcome}");
    let findings = told["findings"].as_array().expect("findings");
    let over_three = |finding: &&Value| {
        finding["check"].as_str().is_some_and(|name| name.starts_with("h3-") || name.starts_with("qpack-"))
    };
    let over_three: Vec<_> = findings.iter().filter(over_three).collect();
    assert!(over_three.len() > 40 && over_three.iter().all(|finding| finding["result"] == "kept"), "{over_three:?}");
    let off = lab.toynet(&["http", "probe", "https://off.shop.test/"]).succeeded().stdout;
    assert!(off.contains("no Alt-Svc tells of HTTP/3"), "{off}");
}

#[test]
fn it_is_off_where_the_lab_file_says_so_and_certificates_can_be_wrong() {
    let lab = open();
    let expired = lab.toynet(&["http", "get", "--http3", "https://expired.shop.test/"]);
    assert!(expired.code() == Some(6) && expired.stderr.contains("expired"), "{expired:?}");
    let log = lab.toynet(&["log"]).succeeded().stdout;
    assert!(log.contains("no TLS: alert certificate_expired"), "{log}");
    let off = lab.toynet(&["http", "get", "-i", "https://off.shop.test/"]).succeeded().stdout;
    assert!(off.starts_with("HTTP/2 200") && !off.contains("alt-svc"), "{off}");
    let none = lab.toynet(&["http", "get", "--http3", "--connect-timeout", "0.5", "https://off.shop.test/"]);
    assert_eq!(none.code(), Some(6), "{none:?}");
    let clear = lab.toynet(&["http", "get", "--http3", "http://www.shop.test/"]);
    assert!(clear.code() == Some(2) && clear.stderr.contains("RFC 9114 3.1"), "{clear:?}");
}

fn open() -> Lab {
    let home = Home::new();
    let file = home.write("lab.toml", LAB);
    Lab::start(&home, &["up", file.to_str().expect("UTF-8")])
}

fn get(lab: &Lab, path: &str, arguments: &[&str]) -> Outcome {
    lab.toynet(&[&["http", "get", "--http3", &format!("https://www.shop.test{path}")], arguments].concat())
}

/// What Chromium makes of a page of `www.shop.test`, with which it is told to speak QUIC at port `quic`.
fn chromium(lab: &Lab, path: &str, quic: u16) -> String {
    let door = door(lab);
    let json = lab.toynet(&["status", "--json"]).succeeded().stdout;
    let status: Value = serde_json::from_str(&json).expect("JSON");
    let key = status["authority"]["key"].as_str().expect("the lab has a root");
    let mut chromium = Command::new("chromium");
    chromium.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]);
    chromium.arg(format!("--user-data-dir={}", lab.home.path().join("profile").display()));
    chromium.arg(format!("--ignore-certificate-errors-spki-list={key}"));
    chromium.arg(format!("--host-resolver-rules=MAP www.shop.test {}", door.ip()));
    chromium.arg(format!("--origin-to-force-quic-on=www.shop.test:{quic}"));
    // Of its own time, in which timers do not wait and the network does.
    chromium.arg("--virtual-time-budget=30000");
    chromium.arg("--dump-dom").arg(format!("https://www.shop.test:{}{path}", door.port()));
    run(&mut chromium).succeeded().stdout
}

fn door(lab: &Lab) -> SocketAddr {
    lab.status().door("www.shop.test", "quic", 443)
}

fn root(lab: &Lab) -> PathBuf {
    lab.home.write("root.pem", lab.toynet(&["ca", "--pem"]).succeeded().stdout)
}

const LAB: &str = r#"
[host."www.shop.test".http]
pages."/" = "bread"
pages."/gone" = ""
pages."/cut" = "0123456789"
pages."/reset" = ""
# Asks again and again, and shows over what.
pages."/again.html" = '''
<!doctype html><p></p><script>
(async () => {
  let how = "";
  for (let turn = 0; turn < 30 && !how.endsWith("h3"); turn++) {
    await fetch("/?" + turn, { cache: "no-store" }).then((answer) => answer.text());
    await new Promise((later) => setTimeout(later, 500));
    how = performance.getEntries().map((entry) => entry.nextHopProtocol).filter((hop) => hop).join(" ");
  }
  document.querySelector("p").textContent = how;
})();
</script>
'''
route = [{ path = "/inspect/*", inspect = true }]

[host."off.shop.test".http]
http3 = false

[host."expired.shop.test".http]
tls = "expired"

[[fault]]
host = "www.shop.test"
path = "/gone"
status = 503

[[fault]]
host = "www.shop.test"
path = "/cut"
cut = 3

[[fault]]
host = "www.shop.test"
path = "/reset"
reset = true
"#;
