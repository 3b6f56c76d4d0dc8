//! The proxy of a lab: curl and browsers reach its hosts by name, and nobody else.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a port for a program of others is found by a socket"
)]

mod support;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use support::alone::Alone;
use support::lab::{Home, lab_file};
use support::run::eventually;
use support::{Lab, Outcome, run, tool, tools};

#[test]
fn curl_reaches_hosts_by_name_on_both_carriers() {
    if tool("curl").is_none() {
        return;
    }
    for carrier in ["ports", "world"] {
        let home = Home::new();
        if carrier == "world" && !tools::worlds(&mut home.toynet(&["doctor"])) {
            continue;
        }
        let lab = Lab::start(&home, &["up", &lab_file("shop"), "--carrier", carrier]);
        let proxy = proxy(&lab);
        assert!(lab.printed.join("\n").contains(&format!("socks5h://{proxy}")), "{:?}", lab.printed);
        let page = curl(&proxy, &["http://www.shop.test/"]).succeeded().stdout;
        assert!(page.contains("shop"), "{carrier}: {page}");
        let root = home.path().join("root.pem");
        lab.toynet(&["ca", "-o", root.to_str().unwrap()]).succeeded();
        let over_tls = ["-o", "/dev/null", "-w", "%{http_code}", "--cacert", root.to_str().unwrap()];
        let status = curl(&proxy, &[&over_tls[..], &["https://www.shop.test/"]].concat());
        assert_eq!(status.succeeded().stdout, "200", "{carrier}");
        // The server's end tells it, which sees what the client has sealed.
        let log = lab.toynet(&["log"]).succeeded().stdout;
        assert_eq!(log.matches("GET / (www.shop.test)").count(), 2, "{carrier}: {log}");
        assert!(log.contains("you → www.shop.test") && log.contains("TLS 1.3"), "{carrier}: {log}");
        assert!(!log.contains("broken") && !log.contains("no answer"), "{carrier}: {log}");
    }
}

#[test]
fn whatever_is_not_of_the_lab_is_refused() {
    if tool("curl").is_none() {
        return;
    }
    let home = Home::new();
    let lab = Lab::start(&home, &["up", &lab_file("shop")]);
    let proxy = proxy(&lab);
    // curl tells the proxy's reply (RFC 1928 6): 2 by its rules, 4 nobody there, 5 refused.
    for (url, reply) in [
        ("http://no.shop.test/", 4),
        ("http://www.example.com/", 4),
        ("http://1.1.1.1/", 2),
        ("http://127.0.0.1:22/", 2),
        ("http://[2606:4700::1111]/", 2),
        ("http://www.shop.test:81/", 5),
    ] {
        let outcome = curl(&proxy, &[url]);
        assert_eq!(outcome.code(), Some(97), "{url}: {outcome:?}");
        assert!(outcome.stderr.contains(&format!("({reply})")), "{url}: {outcome:?}");
    }
    let log = lab.toynet(&["log"]).succeeded().stdout;
    assert!(log.contains("connection refused at port 81"), "{log}");
}

#[test]
fn our_client_is_led_to_the_labs_hosts_and_says_what_it_was_told() {
    let home = Home::new();
    let lab = Lab::start(&home, &["up", &lab_file("shop")]);
    let proxy = format!("socks5h://{}", proxy(&lab));
    let get = |arguments: &[&str]| run(&mut home.toynet(&[&["http", "get", "--no-lab"], arguments].concat()));
    let page = get(&["-x", &proxy, "--timing", "http://www.shop.test/"]).succeeded().stdout;
    assert!(page.contains("shop") && page.contains("\nway by proxy "), "{page}");
    let root = home.path().join("root.pem");
    lab.toynet(&["ca", "-o", root.to_str().unwrap()]).succeeded();
    let place = proxy.trim_start_matches("socks5h://");
    let over_tls = ["-i", "--socks5-hostname", place, "--cacert", root.to_str().unwrap(), "https://www.shop.test/"];
    assert!(get(&over_tls).succeeded().stdout.starts_with("HTTP/2 200"));
    for (url, words) in [
        ("http://no.shop.test/", "the host is not reached, or not found (4)"),
        ("http://1.1.1.1/", "the proxy's rules do not allow it (2)"),
        ("http://www.shop.test:81/", "the host takes no connection there (5)"),
    ] {
        let outcome = get(&["-x", &proxy, url]);
        assert!(outcome.code() == Some(6) && outcome.stderr.contains(words), "{url}: {outcome:?}");
    }
}

#[test]
fn our_client_logs_in_at_a_proxy_of_others_and_explains_it() {
    let Some(microsocks) = tool("microsocks") else { return };
    let home = Home::new();
    home.write("site/index.html", "by itself\n");
    let site = Alone::start(&home, &["site"], 1);
    let proxy = Microsocks::start(&microsocks);
    let (by_name, port) = (format!("socks5h://{}", proxy.address), site.address().port());
    let url = format!("http://localhost:{port}/");
    let get = |arguments: &[&str]| run(&mut home.toynet(&[&["http", "get", "--no-lab"], arguments, &[&url]].concat()));
    assert_eq!(get(&["-x", &by_name, "-U", "me:secret"]).succeeded().stdout, "by itself\n");
    let told = get(&["--explain", "--socks5", &proxy.address.to_string(), "-U", "me:secret"]).succeeded().stdout;
    for words in [
        "SOCKS login as me",
        "SOCKS connect to 127.0.0.1:",
        "has looked up the address by itself  RFC 1928 5",
        "SOCKS reply 0: it leads there",
        "GET / (localhost:",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains("secret"), "{told}");
    for (user, words) in [
        (&["-U", "me:other"][..], "it does not accept the name and password (RFC 1929 2)"),
        (&[], "it wants to know who asks: say -U USER:PASSWORD"),
    ] {
        let outcome = get(&[&["-x", &by_name], user].concat());
        assert!(outcome.code() == Some(6) && outcome.stderr.contains(words), "{outcome:?}");
    }
}

/// A proxy that lets in whoever has the password.
struct Microsocks {
    child: Child,
    address: SocketAddr,
}

impl Microsocks {
    fn start(program: &Path) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
        let mut command = Command::new(program);
        command.args(["-i", "127.0.0.1", "-p", &free.port().to_string(), "-u", "me", "-P", "secret"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("microsocks runs");
        eventually("microsocks", || TcpStream::connect(free).ok());
        Self { child, address: free }
    }
}

impl Drop for Microsocks {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn proxy(lab: &Lab) -> String {
    let status = lab.toynet(&["status", "--json"]).succeeded().stdout;
    let status: serde_json::Value = serde_json::from_str(&status).expect("the status is JSON");
    status["socks"].as_str().expect("the lab has a proxy").to_owned()
}

fn curl(proxy: &str, arguments: &[&str]) -> Outcome {
    run(Command::new("curl").args(["-sS", "--max-time", "20", "--socks5-hostname", proxy]).args(arguments))
}
