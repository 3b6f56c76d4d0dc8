//! `toynet http get` and its like: in a lab by name, and with servers of others outside.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test may play the server with a socket and a thread of its own"
)]

mod support;

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use support::lab::Home;
use support::run::eventually;
use support::scripted::{FINE, Server};
use support::{Lab, Outcome, run, tool};

#[test]
fn a_page_of_the_running_lab_is_fetched_by_name() {
    let lab = Lab::of_tests("shop");
    let page = lab.toynet(&["http", "get", "www.shop.test/digits.txt"]).succeeded().stdout;
    assert!(page.ends_with("xyz\n"), "{page}");
    let part = lab.toynet(&["http", "get", "-i", "-r", "10-13", "http://www.shop.test/digits.txt"]).succeeded().stdout;
    assert!(part.starts_with("HTTP/1.1 206 ") && part.ends_with("\r\n\r\nabcd"), "{part}");
    let head = lab.toynet(&["http", "head", "www.shop.test/digits.txt"]).succeeded().stdout;
    assert!(head.contains("content-length: 37\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    let two =
        lab.toynet(&["http", "get", "-i", "--http2-prior-knowledge", "www.shop.test/digits.txt"]).succeeded().stdout;
    assert!(two.starts_with("HTTP/2 200") && two.ends_with("xyz\n"), "{two}");
    let moved = lab.toynet(&["http", "get", "-L", "www.shop.test/docs"]).succeeded().stdout;
    assert!(moved.contains("<title>Docs</title>"), "{moved}");
}

#[test]
fn what_a_client_does_is_in_the_labs_log_by_its_cause() {
    let lab = Lab::of_tests("shop");
    lab.toynet(&["http", "get", "-H", "Authorization: Bearer hidden", "-u", "me:hidden", "www.shop.test/"]).succeeded();
    let log = lab.toynet(&["log", "--json"]).succeeded().stdout;
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    let find = |words: &str| {
        let found = lines.iter().find(|line| line["what"].as_str().is_some_and(|what| what.contains(words)));
        found.unwrap_or_else(|| panic!("no {words} in {log}"))
    };
    let command = find("toynet http get");
    for (words, proto) in [("A www.shop.test", "dns"), ("GET / (www.shop.test)", "http")] {
        let line = find(words);
        assert_eq!((&line["cause"]["flow"], line["proto"].as_str()), (&command["flow"], Some(proto)), "{line}");
    }
    assert!(!log.contains("hidden"), "{log}");
}

#[test]
fn each_message_is_explained_on_request() {
    let lab = Lab::of_tests("shop");
    let told =
        lab.toynet(&["http", "get", "--explain", "--json", "-o", "/dev/null", "www.shop.test/"]).succeeded().stdout;
    let result: Value = serde_json::from_str(told.lines().next().unwrap_or_default()).expect("the result is JSON");
    assert_eq!((result["status"].as_u64(), result["version"].as_str()), (Some(200), Some("HTTP/1.1")), "{told}");
    assert!(told.contains("GET / (www.shop.test)"), "{told}");
    let server = Server::answering(&[FINE]);
    let told = server.toynet(&["get", "--explain"], "/").succeeded().stdout;
    let commands: Vec<&str> = told.lines().filter(|line| line.contains("  command  ")).collect();
    assert!(commands.len() == 2 && commands.iter().all(|line| line.contains("#1    you  ")), "{told}");
}

#[test]
fn the_result_is_json_with_text_or_base64() {
    let server = Server::answering(&[
        b"HTTP/1.1 200 Fine\r\nX: a\r\nX: b\r\nContent-Length: 4\r\n\r\ntext",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\0",
    ]);
    let text = json(&server.toynet(&["get", "--json"], "/"));
    assert_eq!(
        (text["content"].as_str(), text["reason"].as_str(), text["octets"].as_u64()),
        (Some("text"), Some("Fine"), Some(4))
    );
    assert_eq!(text["fields"][1]["value"], "b");
    assert!(text["timing_ms"]["total"].as_f64().is_some_and(|total| total > 0.0), "{text}");
    assert_eq!(json(&server.toynet(&["get", "--json"], "/"))["content_base64"], "/wA=");
}

#[test]
fn what_is_typed_is_what_is_sent() {
    let server = Server::answering(&[FINE; 6]);
    server
        .toynet(&["get", "-A", "me", "-e", "http://a.test/", "-H", "Accept:", "-H", "X-Empty;", "-b", "a=1"], "/x y?q")
        .succeeded();
    let host = server.address;
    let expected = format!(
        "GET /x%20y?q HTTP/1.1\r\nHost: {host}\r\nCookie: a=1\r\nX-Empty:\r\nUser-Agent: me\r\nReferer: http://a.test/\r\n\r\n"
    );
    assert_eq!(server.heard(), expected);
    server.toynet(&["post", "-d", "a=1", "--data-urlencode", "b=x&y", "-u", "me:pw"], "/").succeeded();
    let heard = server.heard();
    assert!(heard.starts_with("POST / ") && heard.ends_with("\r\n\r\na=1&b=x%26y"), "{heard}");
    assert!(
        heard.contains("\r\nAuthorization: Basic bWU6cHc=\r\n") && heard.contains("\r\nContent-Length: 11\r\n"),
        "{heard}"
    );
    server.toynet(&["patch", "--data-json", "{\"a\":1}", "--bearer", "token"], "/").succeeded();
    let heard = server.heard();
    assert!(
        heard.contains("Content-Type: application/json\r\n") && heard.contains("Authorization: Bearer token\r\n"),
        "{heard}"
    );
    server.toynet(&["get", "-G", "-d", "a=1"], "/?b").succeeded();
    assert!(server.heard().starts_with("GET /?b&a=1 "));
    server.toynet(&["options"], "/*").succeeded();
    assert!(server.heard().starts_with("OPTIONS * "));
    server.toynet(&["delete", "--http1.0"], "/x").succeeded();
    assert!(server.heard().starts_with("DELETE /x HTTP/1.0\r\n"));
}

#[test]
fn a_framing_that_is_typed_is_the_only_one() {
    let server = Server::answering(&[FINE]);
    server.toynet(&["post", "-d", "a=1", "-H", "Transfer-Encoding: chunked"], "/").succeeded();
    let heard = server.heard();
    assert!(heard.ends_with("\r\n\r\n3\r\na=1\r\n0\r\n\r\n") && !heard.contains("Content-Length"), "{heard}");
}

#[test]
fn heads_are_kept_in_a_file_or_shown_or_filled_in() {
    const MOVED: &[u8] = b"HTTP/1.1 302 Found\r\nLocation: /to\r\nContent-Length: 0\r\n\r\n";
    const TWICE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nX-A: 2\r\n\r\nok";
    let server = Server::answering(&[MOVED, TWICE, TWICE, TWICE]);
    let file = server.home.path().join("heads").display().to_string();
    assert_eq!(server.toynet(&["get", "-N", "-L", "-D", &file], "/").succeeded().stdout, "ok");
    let kept = std::fs::read_to_string(&file).expect("the file is there");
    assert!(kept.starts_with("HTTP/1.1 302 ") && kept.contains("\r\n\r\nHTTP/1.1 200 OK\r\n"), "{kept}");
    assert!(server.toynet(&["get", "-D", "-"], "/").succeeded().stdout.ends_with("X-A: 2\r\n\r\nok"));
    let told = server.toynet(&["get", "-o", "/dev/null", "-w", "%{header_json}"], "/").succeeded().stdout;
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told, serde_json::json!({ "content-length": ["2"], "x-a": ["1", "2"] }));
}

#[test]
fn files_are_uploaded_whole_and_as_forms() {
    let server = Server::answering(&[FINE; 2]);
    let file = server.home.write("note.txt", "0123456789".repeat(20_000));
    server.toynet(&["put", "-T", &file.display().to_string()], "/in/").succeeded();
    let heard = server.heard();
    assert!(heard.starts_with("PUT /in/note.txt ") && heard.contains("Content-Length: 200000\r\n"), "{heard:.300}");
    assert!(heard.len() > 200_000 && heard.ends_with("0123456789"));
    server.toynet(&["post", "-F", "a=1", "-F", &format!("b=@{}", file.display())], "/").succeeded();
    let heard = server.heard();
    assert!(
        heard.contains("name=\"b\"; filename=\"note.txt\"\r\nContent-Type: text/plain\r\n\r\n0123456789"),
        "{heard:.500}"
    );
}

#[test]
fn redirections_are_followed_as_their_status_says() {
    let server = Server::answering(&[
        b"HTTP/1.1 307 Temporary Redirect\r\nLocation: next\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 303 See Other\r\nLocation: /end?x#part\r\nContent-Length: 0\r\n\r\n",
        FINE,
        b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n",
    ]);
    let format = "%{http_code} %{num_redirects} %{url_effective} %{method} %{local_ip}\\n";
    let outcome = server.toynet(&["post", "-L", "-d", "a=1", "-o", "/dev/null", "-w", format], "/a/b").succeeded();
    assert_eq!(outcome.stdout, format!("200 2 http://{}/end?x GET 127.0.0.1\n", server.address));
    assert!(server.heard().starts_with("POST /a/b "));
    let again = server.heard();
    assert!(again.starts_with("POST /a/next ") && again.ends_with("a=1"), "{again}");
    let last = server.heard();
    assert!(last.starts_with("GET /end?x ") && !last.contains("a=1"), "{last}");
    let endless = server.toynet(&["get", "-L", "--max-redirs", "1"], "/");
    assert_eq!(endless.code(), Some(6), "{endless:?}");
    assert!(endless.stderr.contains("more than 1 redirections"), "{}", endless.stderr);
}

#[test]
fn cookies_are_kept_and_sent_again() {
    let server = Server::answering(&[
        b"HTTP/1.1 200 OK\r\nSet-Cookie: id=7; Path=/; Max-Age=60\r\nSet-Cookie: x=1; Domain=other.test\r\nContent-Length: 0\r\n\r\n",
        FINE,
        FINE,
    ]);
    let jar = server.home.path().join("jar").display().to_string();
    server.toynet(&["get", "-c", &jar], "/login").succeeded();
    server.heard();
    server.toynet(&["get", "-b", &jar], "/cart").succeeded();
    let heard = server.heard();
    assert!(heard.contains("\r\nCookie: id=7\r\n") && !heard.contains("x=1"), "{heard}");
    let outcome = server.toynet(&["get", "-v", "-b", &jar], "/").succeeded();
    assert!(
        outcome.stderr.contains("> Cookie: •••\n") && outcome.stderr.contains("< HTTP/1.1 200 OK\n"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn octets_go_out_as_they_are() {
    let server = Server::answering(&[b"nonsense\r\n"]);
    let outcome = server.toynet(&["get", "--raw", "GET\\x20/ HTTP/1.1\\r\\n\\tfold\\r\\n\\r\\n"], "/").succeeded();
    assert_eq!(outcome.stdout, "nonsense\r\n");
    assert_eq!(server.heard(), "GET / HTTP/1.1\r\n\tfold\r\n\r\n");
}

#[test]
fn each_failure_has_its_words_and_its_status() {
    let server = Server::answering(&[
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"SSH-2.0-server\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain",
    ]);
    for (arguments, status, words) in [
        (&["get"][..], 0, ""),
        (&["get", "-f"], 1, "the server answered 404 Not Found"),
        (&["get"], 6, "before the answer's end, after 4 octets of content"),
        (&["get"], 6, "the answer is no HTTP"),
        (&["get"], 6, "closed the connection without an answer"),
        (&["get", "--compressed"], 6, "the content is no gzip"),
        (&["get", "-d", "a=1"], 2, "GET carries no content"),
        (&["get", "-H", "no colon"], 2, "has no colon"),
        (&["get", "-r", "x"], 2, "is no range"),
        (&["get", "--nonsense"], 2, "--nonsense"),
    ] {
        let outcome = server.toynet(arguments, "/");
        assert_eq!(outcome.code(), Some(status), "{arguments:?} {outcome:?}");
        assert!(outcome.stderr.contains(words), "{arguments:?} {outcome:?}");
    }
    let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
    let refused = run(&mut server.home.toynet(&["http", "get", &format!("http://{free}/")]));
    assert_eq!(refused.code(), Some(6), "{refused:?}");
    assert!(refused.stderr.contains("takes no connection"), "{refused:?}");
}

#[test]
fn who_says_nothing_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", silent.local_addr().expect("an address"));
    let outcome = run(&mut Home::new().toynet(&["http", "get", "-m", "0.2", &url]));
    assert_eq!(outcome.code(), Some(6), "{outcome:?}");
    assert!(outcome.stderr.contains("no whole answer within 0.2 seconds"), "{outcome:?}");
}

#[test]
fn an_early_answer_to_an_upload_counts() {
    let server =
        Server::answering(&[b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n"]);
    let file = server.home.write("large", vec![0; 50_000_000]);
    let line = ["put", "-T", &file.display().to_string(), "-H", "Expect: 100-continue"].map(str::to_owned);
    let outcome = server.toynet(&line.each_ref().map(String::as_str), "/").succeeded();
    assert_eq!(outcome.stdout, "no\n");
}

#[test]
fn who_hears_that_an_expectation_fails_asks_again_without_it() {
    const FAILED: &[u8] = b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n";
    let server = Server::answering(&[FAILED, FINE, FAILED]);
    server.toynet(&["post", "-H", "Expect: 100-continue", "-d", "a=1"], "/").succeeded();
    let (first, second) = (server.heard(), server.heard());
    assert!(first.contains("\r\nExpect: 100-continue\r\n"), "{first}");
    assert!(!second.contains("Expect") && second.ends_with("\r\n\r\na=1"), "{second}");
    let once = server.toynet(&["put", "-H", "Expect: 100-continue", "-T", "-", "-f"], "/");
    assert!(once.code() == Some(1) && once.stderr.contains("417"), "what came from a pipe is gone: {once:?}");
}

#[test]
fn tls_is_spoken_with_a_server_of_others_and_its_certificate_is_judged() {
    let Some(nginx) = Nginx::start() else { return };
    let url = format!("https://www.shop.test:{}/", nginx.tls);
    let resolve = format!("www.shop.test:{}:127.0.0.1", nginx.tls);
    let ca = nginx.home.path().join("cert.pem").display().to_string();
    let get = |more: &[&str], url: &str| {
        run(nginx.home.toynet(&["http", "get", "--no-lab", "--resolve", &resolve, url]).args(more))
    };
    let page = get(&["--cacert", &ca, "-i"], &url).succeeded().stdout;
    assert!(page.starts_with("HTTP/2 200") && page.ends_with("hello from nginx\n"), "{page}");
    let old = get(&["--cacert", &ca, "-i", "--http1.1"], &url).succeeded().stdout;
    assert!(old.starts_with("HTTP/1.1 200 OK\r\nServer: nginx"), "{old}");
    let unknown = get(&[], &url);
    assert_eq!(unknown.code(), Some(6), "{unknown:?}");
    assert!(unknown.stderr.contains("the certificate is not accepted: it is an authority's"), "{unknown:?}");
    let other = get(&["--cacert", &ca], &format!("https://127.0.0.1:{}/", nginx.tls));
    assert_eq!(other.code(), Some(6), "{other:?}");
    assert!(other.stderr.contains("it is for www.shop.test, and not for 127.0.0.1"), "{other:?}");
    let believed = get(&["-k", "-v"], &url).succeeded();
    assert!(believed.stderr.contains("* TLS 1.3 ") && believed.stderr.contains(" h2 "), "{}", believed.stderr);
    let clear = get(&["-k"], &format!("https://127.0.0.1:{}/", nginx.clear));
    assert!(clear.stderr.contains("no TLS with 127.0.0.1: the server does not speak TLS there"), "{clear:?}");
}

#[test]
fn a_proxy_asks_in_clear_and_opens_tunnels_for_tls() {
    let Some(tinyproxy) = tool("tinyproxy") else { return };
    let Some(nginx) = Nginx::start() else { return };
    let proxy = Tinyproxy::start(&tinyproxy, &nginx);
    let get = |more: &[&str], url: &str| {
        let whole = [&["http", "get", "--no-lab", "-v", "-x", &proxy.address, url], more].concat();
        run(&mut nginx.home.toynet(&whole))
    };
    let clear = format!("http://127.0.0.1:{}/", nginx.clear);
    let told = get(&["-i", "-U", "me:hidden"], &clear).succeeded();
    assert!(told.stdout.contains("\r\nVia: 1.1 ") && told.stdout.ends_with("hello from nginx\n"), "{}", told.stdout);
    assert!(told.stderr.contains(&format!("> GET {clear} HTTP/1.1\n")), "{}", told.stderr);
    let secure = format!("https://www.shop.test:{}/", nginx.tls);
    let at_home = format!("www.shop.test:{}:127.0.0.1:{}", nginx.tls, nginx.tls);
    let cacert = nginx.home.path().join("cert.pem").display().to_string();
    let by_address = format!("https://127.0.0.1:{}/", nginx.tls);
    let told = get(&["-k", "-i", "-U", "me:hidden"], &by_address).succeeded();
    assert!(told.stdout.starts_with("HTTP/2 200") && told.stdout.ends_with("hello from nginx\n"), "{}", told.stdout);
    assert!(told.stderr.contains(&format!("> CONNECT 127.0.0.1:{} HTTP/1.1\n", nginx.tls)), "{}", told.stderr);
    assert!(!told.stderr.contains("hidden") && !told.stderr.contains("bWU6aGlkZGVu"), "{}", told.stderr);
    let elsewhere = get(&["-U", "me:hidden", "--cacert", &cacert, "--connect-to", &at_home], &secure);
    assert_eq!(elsewhere.succeeded().stdout, "hello from nginx\n");
    let unknown = get(&["-U", "me:hidden", "--cacert", &cacert], &secure);
    assert!(unknown.stderr.contains("the proxy opens no tunnel: 5"), "the proxy looks names up: {unknown:?}");
    for (user, url, says) in [
        (&["-U", "me:other"][..], &by_address, "the proxy opens no tunnel: 401 Unauthorized"),
        (&[], &by_address, "the proxy opens no tunnel: 407 Proxy Authentication Required; say -U USER:PASSWORD"),
        (&[], &clear, "< HTTP/1.0 407 "),
    ] {
        let refused = get(user, url);
        assert!(refused.stderr.contains(says), "{says}: {refused:?}");
    }
    for (misused, url) in [("--http3", &by_address), ("--http2-prior-knowledge", &clear)] {
        assert_eq!(get(&[misused], url).code(), Some(2), "{misused}");
    }
}

#[test]
fn what_nginx_compresses_is_shown_as_it_was() {
    let Some(nginx) = Nginx::start() else { return };
    let url = format!("http://127.0.0.1:{}/long.txt", nginx.clear);
    let plain = run(&mut nginx.home.toynet(&["http", "get", "--no-lab", &url])).succeeded().stdout;
    let packed = ["http", "get", "--no-lab", "--compressed", &url, "-w", "\n%header{content-encoding}"];
    let packed = run(&mut nginx.home.toynet(&packed)).succeeded().stdout;
    assert_eq!(packed, plain + "\ngzip");
}

#[test]
fn a_probe_finds_nothing_that_nginx_must_do_and_does_not() {
    let Some(nginx) = Nginx::start() else { return };
    let url = format!("http://127.0.0.1:{}/long.txt", nginx.clear);
    let outcome = run(&mut nginx.home.toynet(&["http", "probe", "--no-lab", "--json", &url]));
    let told: Value = serde_json::from_str(&outcome.stdout).expect("the result is JSON");
    let findings = told["findings"].as_array().expect("findings");
    let with = |result: &str| findings.iter().filter(|one| one["result"] == result).count();
    assert!(with("kept") > 40, "{}", outcome.stdout);
    let must: Vec<_> = findings.iter().filter(|one| one["result"] == "broken" && one["level"] == "MUST").collect();
    assert_eq!(outcome.code(), Some(i32::from(!must.is_empty())), "{must:#?}");
}

#[test]
fn a_probe_sees_what_a_careless_server_does() {
    let server = Server::answering(&[CARELESS; 400]);
    let outcome = server.toynet(&["probe", "--no-lab"], "/");
    assert_eq!(outcome.code(), Some(1), "{outcome:?}");
    for check in
        ["broken MUST host-missing", "broken MUST date", "broken MUST length-broken", "sent GET / HTTP/1.1\\r\\n\\r\\n"]
    {
        assert!(outcome.stdout.contains(check), "{check}\n{}", outcome.stdout);
    }
}

/// nginx with a page in clear and over TLS.
struct Nginx {
    home: Home,
    clear: u16,
    tls: u16,
    child: Child,
}

impl Nginx {
    fn start() -> Option<Self> {
        let (nginx, openssl) = (tool("nginx")?, tool("openssl")?);
        let home = Home::new();
        let [clear, tls] = [0; 2].map(|_| {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
            free.expect("a port").port()
        });
        certificate(&openssl, home.path());
        home.write("site/index.html", "hello from nginx\n");
        home.write("site/long.txt", "a line that is there again and again\n".repeat(500));
        home.write("nginx.conf", conf(home.path(), clear, tls));
        let mut command = Command::new(nginx);
        command.arg("-p").arg(home.path()).args(["-c", "nginx.conf", "-e", "error.log"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("nginx runs");
        eventually("nginx", || TcpStream::connect(("127.0.0.1", clear)).ok());
        Some(Self { home, clear, tls, child })
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let line = format!("kill -TERM {}", self.child.id());
        let _ = Command::new("sh").args(["-c", &line]).status();
        let _ = self.child.wait();
    }
}

/// A proxy of others that wants to know who asks.
struct Tinyproxy {
    address: String,
    child: Child,
}

impl Tinyproxy {
    fn start(program: &Path, nginx: &Nginx) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
        let conf = format!(
            "Port {}\nListen 127.0.0.1\nTimeout 20\nMaxClients 20\nAllow 127.0.0.1\nBasicAuth me hidden\nConnectPort {}\n",
            free.port(),
            nginx.tls
        );
        let conf = nginx.home.write("tinyproxy.conf", conf);
        let mut command = Command::new(program);
        command.args(["-d", "-c"]).arg(conf).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("tinyproxy runs");
        eventually("tinyproxy", || TcpStream::connect(free).ok());
        Self { address: format!("http://{free}"), child }
    }
}

impl Drop for Tinyproxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn certificate(openssl: &Path, folder: &Path) {
    let mut command = Command::new(openssl);
    command.current_dir(folder).args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ]);
    command.args(["-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=www.shop.test"]);
    // What openssl makes so is an authority's certificate, too.
    command.args(["-addext", "subjectAltName=DNS:www.shop.test"]);
    run(&mut command).succeeded();
}

fn conf(home: &Path, clear: u16, tls: u16) -> String {
    let home = home.display();
    let folders =
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|name| format!("{name}_temp_path {home}/{name};"));
    format!(
        "daemon off; master_process off; pid {home}/pid; events {{}}\n\
         http {{ access_log off; gzip on; gzip_types text/plain; ssl_protocols TLSv1.2 TLSv1.3; default_type text/plain; {}\n\
         server {{ listen 127.0.0.1:{clear}; root {home}/site; }}\n\
         server {{ listen 127.0.0.1:{tls} ssl http2; root {home}/site; ssl_certificate {home}/cert.pem; \
         ssl_certificate_key {home}/key.pem; }} }}\n",
        folders.concat()
    )
}

fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
}

const CARELESS: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
