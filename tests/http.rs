//! The lab's web sites as curl, nghttp and plain sockets see them.

mod support;

use std::net::SocketAddr;
use std::process::Command;

use support::lab::Home;
use support::{Lab, Outcome, run, shell, tool, wire};

#[test]
fn a_page_is_fetched_by_name() {
    let Some(site) = Site::open() else { return };
    let page = site.curl(&["-si", "http://www.shop.test/"]).succeeded().stdout;
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(page.contains("content-type: text/html"), "{page}");
    assert!(page.ends_with("<p>Everything must go.\n"), "{page}");
}

#[test]
fn every_printed_curl_command_works() {
    if tool("curl").is_none() {
        return;
    }
    let lab = Lab::built_in();
    let status = lab.status();
    let commands: Vec<_> = status.commands().into_iter().filter(|line| line.starts_with("curl ")).collect();
    assert!(!commands.is_empty());
    for line in commands {
        let outcome = shell(&line.replacen("curl ", "curl --fail ", 1)).succeeded();
        assert!(!outcome.stdout.is_empty(), "{line}");
    }
}

#[test]
fn head_tells_the_same_without_the_body() {
    let Some(site) = Site::open() else { return };
    let get = site.curl(&["-si", DIGITS]).succeeded().stdout;
    let head = site.curl(&["-sI", DIGITS]).succeeded().stdout;
    let fields = |text: &str| {
        let head = text.split("\r\n\r\n").next().unwrap_or_default();
        head.lines().filter(|line| !line.starts_with("date:")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(fields(&get), fields(&head));
    assert!(head.ends_with("\r\n\r\n") && head.contains("content-length: 37\r\n"), "{head}");
}

#[test]
fn a_range_is_served_and_an_impossible_one_refused() {
    let Some(site) = Site::open() else { return };
    let part = site.curl(&["-si", "-r", "10-13", DIGITS]).succeeded().stdout;
    assert!(part.starts_with("HTTP/1.1 206 "), "{part}");
    assert!(part.contains("content-range: bytes 10-13/37\r\n") && part.ends_with("\r\n\r\nabcd"), "{part}");
    let last = site.curl(&["-s", "-r", "-3", DIGITS]).succeeded().stdout;
    assert_eq!(last, "yz\n");
    let beyond = site.curl(&["-si", "-r", "100-", DIGITS]).succeeded().stdout;
    assert!(beyond.starts_with("HTTP/1.1 416 ") && beyond.contains("content-range: bytes */37\r\n"), "{beyond}");
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let Some(site) = Site::open() else { return };
    let first = site.curl(&["-si", DIGITS]).succeeded().stdout;
    for (given, asked) in [("etag", "If-None-Match"), ("last-modified", "If-Modified-Since")] {
        let value = field(&first, given).unwrap_or_else(|| panic!("no {given} in {first}"));
        let again = site.curl(&["-si", "-H", &format!("{asked}: {value}"), DIGITS]).succeeded().stdout;
        assert!(again.starts_with("HTTP/1.1 304 ") && again.ends_with("\r\n\r\n"), "{asked}\n{again}");
    }
}

#[test]
fn what_is_not_there_is_404_and_what_is_not_allowed_405() {
    let Some(site) = Site::open() else { return };
    for (arguments, status) in [
        (&["-si", "http://www.shop.test/nothing"][..], "404"),
        (&["-si", "--path-as-is", "http://www.shop.test/../lab.toml"], "40"),
        (&["-si", "--path-as-is", "http://www.shop.test/%2e%2e/lab.toml"], "40"),
        (&["-si", "-X", "DELETE", DIGITS], "405"),
    ] {
        let answer = site.curl(arguments).succeeded().stdout;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{arguments:?}\n{answer}");
        assert!(!answer.contains("[host."), "the lab file is not on the site: {answer}");
    }
}

#[test]
fn a_folder_is_redirected_to_its_slash_without_the_doors_port() {
    let Some(site) = Site::open() else { return };
    let answer = site.curl(&["-si", "http://www.shop.test/docs"]).succeeded().stdout;
    let place = field(&answer, "location").unwrap_or_else(|| panic!("no location in {answer}"));
    assert!(["/docs/", "http://www.shop.test/docs/"].contains(&place), "{answer}");
    let page = site.curl(&["-sL", "http://www.shop.test/docs"]).succeeded().stdout;
    assert!(page.contains("<title>Docs</title>"), "{page}");
}

#[test]
fn two_pages_come_over_one_connection() {
    let Some(site) = Site::open() else { return };
    let outcome = site.curl(&["-sv", "http://www.shop.test/", DIGITS]).succeeded();
    assert_eq!(outcome.stderr.matches("* Connected to ").count(), 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("Re-using existing connection"), "{}", outcome.stderr);
}

#[test]
fn http_2_is_spoken_to_who_knows_it_beforehand() {
    let Some(site) = Site::open() else { return };
    let page = site.curl(&["-si", "--http2-prior-knowledge", DIGITS]).succeeded().stdout;
    assert!(page.starts_with("HTTP/2 200") && page.ends_with("xyz\n"), "{page}");
}

#[test]
fn nghttp_fetches_many_at_once() {
    if tool("nghttp").is_none() {
        return;
    }
    let lab = Lab::of_tests("shop");
    let door = lab.status().door("www.shop.test", "tcp", 80);
    let url = format!("http://{door}/digits.txt");
    let mut nghttp = Command::new("nghttp");
    let outcome = run(nghttp.args(["-nv", "-m", "20", "-H", ":authority: www.shop.test", &url])).succeeded();
    assert_eq!(outcome.stdout.matches(":status: 200").count(), 20, "{}", outcome.stdout);
    assert!(!outcome.stdout.contains("RST_STREAM"), "{}", outcome.stdout);
}

#[test]
fn who_waits_for_an_invitation_over_http_2_gets_it() {
    let home = Home::new();
    home.write("toynet.toml", "[[host.\"www.a.test\".http.route]]\npath = \"/*\"\ninspect = true\n");
    let lab = Lab::start(&home, &["up", "toynet.toml"]);
    let large = home.write("large", "bread ".repeat(50_000)).display().to_string();
    let port = |port| lab.status().door("www.a.test", "tcp", port).to_string();
    let (clear, secure) = (port(80), port(443));
    if tool("curl").is_some() {
        for (scheme, door) in [("http", &clear), ("https", &secure)] {
            let url = format!("{scheme}://www.a.test/post");
            let mut curl = Command::new("curl");
            // Who is not invited gives up before it sends anything.
            curl.args(["-qksv", "--noproxy", "*", "--http2-prior-knowledge", "--expect100-timeout", "100", "-m", "50"]);
            curl.args(["-H", "Expect: 100-continue", "--connect-to", &format!("::{door}"), &url]);
            let told = run(curl.args(["--data-binary", &format!("@{large}")])).succeeded();
            let (invited, answered) = (told.stderr.find("< HTTP/2 100"), told.stderr.find("< HTTP/2 200"));
            assert!(invited.is_some() && invited < answered, "{scheme}: {}", told.stderr);
            assert_eq!(told.stdout.matches("bread ").count(), 50_000, "{scheme}");
        }
    }
    if tool("nghttp").is_some() {
        for (scheme, door) in [("http", &clear), ("https", &secure)] {
            let mut nghttp = Command::new("nghttp");
            nghttp.args(["-nv", "--expect-continue", "-d", &large, "-H", ":authority: www.a.test"]);
            let told = run(nghttp.arg(format!("{scheme}://{door}/post"))).succeeded().stdout;
            assert!(told.contains(":status: 100") && told.contains(":status: 200"), "{told}");
        }
    }
    if ["curl", "nghttp"].into_iter().any(|name| tool(name).is_some()) {
        let log = lab.toynet(&["log"]).succeeded().stdout;
        assert!(log.contains("100 Continue"), "{log}");
    }
}

#[test]
fn a_request_must_name_one_host_that_makes_sense() {
    let lab = Lab::of_tests("shop");
    let door = lab.status().door("www.shop.test", "tcp", 80);
    for head in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: www shop.test\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: www.shop.test:port\r\n\r\n",
    ] {
        assert_status(door, head, "HTTP/1.1 400 ");
    }
    assert_status(door, "GET / HTTP/1.1\r\nHost: WWW.shop.test\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 ");
    assert_status(door, "GET http://www.shop.test/ HTTP/1.1\r\nHost: www.shop.test\r\n\r\n", "HTTP/1.1 200 ");
}

#[test]
fn requests_that_arrive_together_are_answered_in_order() {
    let lab = Lab::of_tests("shop");
    let door = lab.status().door("www.shop.test", "tcp", 80);
    let ask = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: www.shop.test\r\n\r\n");
    let heard = wire::say(door, [ask("/digits.txt"), ask("/nothing"), ask("/digits.txt")].concat().as_bytes());
    let heard = String::from_utf8_lossy(&heard);
    let statuses: Vec<_> = heard.match_indices("HTTP/1.1 ").filter_map(|(at, _)| heard.get(at + 9..at + 12)).collect();
    assert_eq!(statuses, ["200", "404", "200"], "{heard}");
}

#[test]
fn smuggling_is_refused() {
    let lab = Lab::of_tests("shop");
    let door = lab.status().door("www.shop.test", "tcp", 80);
    let head = "POST / HTTP/1.1\r\nHost: www.shop.test\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde";
    assert_status(door, head, "HTTP/1.1 400 ");
}

/// A running lab with a web site, and curl to look at it with.
struct Site {
    _lab: Lab,
    door: SocketAddr,
}

impl Site {
    fn open() -> Option<Self> {
        tool("curl")?;
        let lab = Lab::of_tests("shop");
        let door = lab.status().door("www.shop.test", "tcp", 80);
        Some(Self { _lab: lab, door })
    }

    /// curl, sent to the lab's door whatever host and port the URL names.
    fn curl(&self, arguments: &[&str]) -> Outcome {
        let mut curl = Command::new("curl");
        curl.args(["-q", "--noproxy", "*", "--connect-to", &format!("::{}", self.door)]);
        run(curl.args(arguments))
    }
}

fn assert_status(door: SocketAddr, head: &str, beginning: &str) {
    let heard = wire::say(door, head.as_bytes());
    let heard = String::from_utf8_lossy(&heard);
    assert!(heard.starts_with(beginning), "{head:?}\n{heard}");
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

const DIGITS: &str = "http://www.shop.test/digits.txt";
