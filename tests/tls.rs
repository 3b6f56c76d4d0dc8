//! TLS and the lab's own authority as curl, OpenSSL and Python see them.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use support::lab::{Home, lab_file};
use support::run::eventually;
use support::{Lab, Outcome, run, tool, wire};

#[test]
fn a_site_is_served_over_tls_to_who_trusts_the_labs_root() {
    let Some(lab) = Tls::open() else { return };
    let page = lab.curl("www.shop.test", 443, &["-i"]).succeeded().stdout;
    assert!(page.starts_with("HTTP/2 200") && page.ends_with("bread\n"), "{page}");
    let page = lab.curl("www.shop.test", 443, &["-i", "--http1.1", "--tls-max", "1.2"]).succeeded().stdout;
    assert!(page.starts_with("HTTP/1.1 200") && page.ends_with("bread\n"), "{page}");
    let page = lab.curl("www.shop.test", 443, &["-i", "--http1.0"]).succeeded().stdout;
    assert!(page.contains(" 200 ") && page.ends_with("bread\n"), "{page}");
}

#[test]
fn each_name_has_a_certificate_and_a_site_of_its_own() {
    let Some(lab) = Tls::open() else { return };
    for (name, text) in [("shop.test", "bread\n"), ("news.test", "news\n")] {
        let to = format!("{name}:443:{}", lab.door("www.shop.test", 443));
        let url = format!("https://{name}/");
        let page = lab.curl_to(&["--connect-to", &to, "-s", &url]).succeeded().stdout;
        assert_eq!(page, text);
    }
    let stray = lab.curl("www.shop.test", 443, &["-i", "-H", "Host: stray.test"]).succeeded().stdout;
    assert!(stray.starts_with("HTTP/2 421"), "{stray}");
    let by_address = format!("https://{}/", lab.door("www.shop.test", 443));
    assert_eq!(lab.curl_to(&["-s", &by_address]).succeeded().stdout, "bread\n");
}

#[test]
fn openssl_verifies_the_certificate_and_takes_sessions_up_again() {
    if tool("openssl").is_none() {
        return;
    }
    let Some(lab) = Tls::open() else { return };
    for version in ["-tls1_2", "-tls1_3"] {
        let session = lab.lab.home.path().join("session");
        let session = session.to_str().expect("a path of the test is text");
        let ask = "GET / HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n";
        let first = lab.s_client(ask, &["-showcerts", version, "-sess_out", session]);
        assert!(first.contains("Verify return code: 0 (ok)"), "{first}");
        // The host's and, for browsers that are told to trust its key, the root's.
        assert_eq!(first.matches("-----BEGIN CERTIFICATE-----").count(), 2, "{first}");
        assert!(first.contains("New, TLSv"), "{first}");
        for _ in 0..4 {
            let again = lab.s_client(ask, &[version, "-sess_in", session]);
            assert!(again.contains("Reused, TLSv"), "{again}");
        }
    }
    let log = lab.lab.toynet(&["log"]).succeeded().stdout;
    assert!(log.contains(" for www.shop.test, resumed"), "{log}");
}

#[test]
fn python_verifies_name_and_address() {
    let Some(python) = tool("python3") else { return };
    let Some(lab) = Tls::open() else { return };
    let door = lab.door("www.shop.test", 443);
    let (ip, port) = door.rsplit_once(':').expect("a door has a port");
    let script = "import socket, ssl, sys\n\
                  root, ip, port, name = sys.argv[1:]\n\
                  context = ssl.create_default_context(cafile=root)\n\
                  with socket.create_connection((ip, int(port))) as plain:\n\
                  \x20   with context.wrap_socket(plain, server_hostname=name) as tls:\n\
                  \x20       print(tls.version(), sorted(tls.getpeercert()['subjectAltName'])[0])\n";
    let ask = |name: &str| run(Command::new(&python).args(["-c", script, &lab.root(), ip, port, name]));
    assert_eq!(ask("www.shop.test").succeeded().stdout, "TLSv1.3 ('DNS', 'www.shop.test')\n");
    ask(ip).succeeded();
    let other = ask("nobody.test");
    assert!(other.stderr.contains("certificate verify failed"), "{other:?}");
}

#[test]
fn what_is_wrong_on_purpose_is_refused_as_it_should_be() {
    let Some(lab) = Tls::open() else { return };
    for (host, code, why) in [
        ("expired.shop.test", 60, "certificate has expired"),
        ("future.shop.test", 60, "certificate is not yet valid"),
        ("wrong.shop.test", 60, "no alternative certificate subject name matches"),
        ("unknown.shop.test", 60, "unable to get local issuer certificate"),
        ("self.shop.test", 60, "self-signed certificate"),
        ("old.shop.test", 35, "unsupported protocol"),
    ] {
        let refused = lab.curl(host, 443, &["-S", "--tlsv1.2"]);
        assert_eq!(refused.code(), Some(code), "{host}: {refused:?}");
        assert!(refused.stderr.contains(why), "{host}: {}", refused.stderr);
        if code == 60 {
            let page = lab.curl(host, 443, &["-k"]).succeeded().stdout;
            assert!(page.contains("This web site works"), "{host}: {page}");
        }
    }
    let log = lab.lab.toynet(&["log"]).succeeded().stdout;
    for (host, alert) in [
        ("expired.shop.test", "no TLS: alert certificate_expired, "),
        ("future.shop.test", "no TLS: alert bad_certificate, "),
        ("unknown.shop.test", "no TLS: alert unknown_ca, "),
        ("old.shop.test", "no TLS: TLS 1.0 is all that is spoken here: alert protocol_version, "),
    ] {
        let line = log.lines().find(|line| line.contains(host) && line.contains(" no TLS: "));
        let line = line.unwrap_or_else(|| panic!("nothing about {host} in\n{log}"));
        assert!(line.contains(alert) && line.contains("(RFC 8446 6.2)"), "{line}");
    }
    assert!(!log.contains("connection failed"), "{log}");
}

#[test]
fn versions_are_kept_apart() {
    let Some(lab) = Tls::open() else { return };
    for (host, fits, fits_not) in [
        ("two.shop.test", &["--tls-max", "1.2"][..], &["--tlsv1.3"][..]),
        ("three.shop.test", &["--tlsv1.3"], &["--tls-max", "1.2"]),
    ] {
        lab.curl(host, 443, fits).succeeded();
        let refused = lab.curl(host, 443, fits_not);
        assert_eq!(refused.code(), Some(35), "{host}: {refused:?}");
    }
}

#[test]
fn a_client_that_is_too_old_is_told_so() {
    let Some(lab) = Tls::open() else { return };
    // A ClientHello of TLS 1.1: no session, one suite, no compression, no extensions.
    let body = [&[3, 2][..], &[7; 32], &[0, 0, 2, 0, 0x2f, 1, 0]].concat();
    let hello = [&[22, 3, 1, 0, body.len() as u8 + 4, 1, 0, 0, body.len() as u8], body.as_slice()].concat();
    let heard = wire::say(lab.door("www.shop.test", 443).parse().expect("a door is an address"), &hello);
    assert_eq!(heard, [21, 3, 1, 0, 2, 2, 70]);
    let log = lab.lab.toynet(&["log"]).succeeded().stdout;
    assert!(log.contains("no TLS: alert protocol_version, no version of TLS suits both (RFC 8446 6.2)"), "{log}");
}

#[test]
fn who_speaks_in_clear_to_a_port_for_tls_is_told_so() {
    let Some(lab) = Tls::open() else { return };
    let url = format!("http://{}/", lab.door("www.shop.test", 443));
    let answer = lab.curl_to(&["-si", &url]).succeeded().stdout;
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    assert!(answer.contains("This port speaks TLS") && answer.contains("connection: close\r\n"), "{answer}");
    let log = lab.lab.toynet(&["log"]).succeeded().stdout;
    assert!(log.contains("no TLS: clear text where TLS is spoken"), "{log}");
    assert!(log.contains(" http  GET / (") && log.contains(" http  400 Bad Request"), "{log}");
}

#[test]
fn a_site_can_be_without_tls_lead_to_it_or_have_nothing_else() {
    let Some(lab) = Tls::open() else { return };
    let status = lab.lab.status();
    let ports = |host: &str| {
        let doors = status.doors();
        let here = doors.iter().filter(|door| door.host == host && door.transport == "tcp" && door.address.is_ipv4());
        here.map(|door| door.port).collect::<Vec<_>>()
    };
    assert_eq!(ports("www.shop.test"), [80, 443]);
    assert_eq!(ports("clear.shop.test"), [80]);
    assert_eq!(ports("only.shop.test"), [8443]);
    let to = format!("::{}", lab.door("led.shop.test", 80));
    let led = lab.curl_to(&["-si", "--connect-to", &to, "http://led.shop.test/a?b=c"]).succeeded().stdout;
    assert!(led.starts_with("HTTP/1.1 308 Permanent Redirect\r\n"), "{led}");
    assert!(led.contains("location: https://led.shop.test/a?b=c\r\n"), "{led}");
    lab.curl("led.shop.test", 443, &[]).succeeded();
    lab.curl("only.shop.test", 8443, &[]).succeeded();
}

#[test]
fn the_log_marks_what_went_over_tls() {
    let Some(lab) = Tls::open() else { return };
    lab.curl("www.shop.test", 443, &["-H", "Authorization: Bearer tell-nobody"]).succeeded();
    let log = lab.lab.toynet(&["log"]).succeeded().stdout;
    assert!(log.contains("  TLS 1.3 TLS_") && log.contains(" h2 for www.shop.test\n"), "{log}");
    assert!(log.contains(" https  GET / (www.shop.test)") && log.contains(" https  200 OK "), "{log}");
    let json = lab.lab.toynet(&["log", "--json"]).succeeded().stdout;
    let request = json.lines().find(|line| line.contains("\"role\":\"request\"")).unwrap_or_default();
    assert!(request.contains("\"proto\":\"http\",\"tls\":true,"), "{json}");
    assert!(!log.contains("tell-nobody") && !json.contains("tell-nobody"));
}

#[test]
fn the_root_is_kept_for_its_owner_until_it_is_thrown_away() {
    let home = Home::new();
    let root = |arguments: &[&str]| {
        let lab = Lab::start(&home, arguments);
        let root = lab.toynet(&["ca", "--pem"]).succeeded().stdout;
        lab.stop("TERM");
        root
    };
    let first = root(&["up", "hello"]);
    assert!(first.starts_with("-----BEGIN CERTIFICATE-----"), "{first}");
    assert_eq!(root(&["up", "hello"]), first);
    let folder = home.path().join("state/toynet/hello/authority");
    let mode = |path: PathBuf| fs::metadata(path).expect("it is kept").permissions().mode() & 0o777;
    assert_eq!(mode(folder.clone()), 0o700);
    assert_eq!(mode(folder.join("root.key")), 0o600);
    let kept = run(&mut home.toynet(&["ca", "--lab", "hello"])).succeeded().stdout;
    assert_eq!(kept, first, "without a running lab");
    assert_ne!(root(&["up", "hello", "--fresh"]), first);
}

#[test]
fn ca_writes_the_root_and_tells_how_to_trust_it() {
    let home = Home::new();
    let none = run(&mut home.toynet(&["ca"]));
    assert_eq!(none.code(), Some(1));
    assert!(none.stderr.contains("no lab has run here yet"), "{}", none.stderr);
    let lab = Lab::start(&home, &["up", "hello"]);
    let file = home.path().join("my root.pem");
    let told = lab.toynet(&["ca", "-o", file.to_str().expect("a path of the test is text")]).succeeded().stdout;
    for tool in ["curl", "wget", "OpenSSL", "GnuTLS", "git", "Python", "Node.js", "Java", "Firefox", "Chromium"] {
        assert!(told.contains(tool), "{tool}: {told}");
    }
    assert!(told.contains(&format!("curl --cacert '{}' ", file.display())), "{told}");
    let pem = lab.toynet(&["ca", "--pem"]).succeeded().stdout;
    assert_eq!(fs::read_to_string(&file).expect("it was written"), pem);
    let der = home.path().join("root.der");
    lab.toynet(&["ca", "--der", "-o", der.to_str().expect("a path of the test is text")]).succeeded();
    if tool("openssl").is_some() {
        let mut openssl = Command::new("openssl");
        let text = run(openssl.args(["x509", "-inform", "DER", "-noout", "-subject", "-in"]).arg(&der)).succeeded();
        assert!(text.stdout.contains("CN = toynet lab hello "), "{}", text.stdout);
    }
    let unknown = run(&mut home.toynet(&["ca", "--lab", "nothing"]));
    assert!(unknown.stderr.contains("no lab called `nothing` runs or has run; labs here are: hello"), "{unknown:?}");
}

#[test]
fn secrets_go_to_the_file_that_the_environment_names_and_to_nobody_else() {
    if tool("curl").is_none() {
        return;
    }
    let home = Home::new();
    let keys = home.path().join("keys");
    let mut up = home.toynet(&["up", &lab_file("tls")]);
    let null = std::process::Stdio::null;
    let mut child =
        up.env("SSLKEYLOGFILE", &keys).stdin(null()).stdout(null()).stderr(null()).spawn().expect("it runs");
    let status = eventually("the lab's status", || {
        let asked = run(&mut home.toynet(&["status", "--json"]));
        asked.status.success().then(|| support::status::Status::read(&asked.stdout))
    });
    let door = status.door("www.shop.test", "tcp", 443);
    run(Command::new("curl").args(["-q", "-k", "-s", "--noproxy", "*", &format!("https://{door}/")])).succeeded();
    run(&mut home.toynet(&["down"])).succeeded();
    child.wait().expect("it ends");
    let text = fs::read_to_string(&keys).expect("secrets were written");
    for label in ["CLIENT_TRAFFIC_SECRET_0 ", "SERVER_TRAFFIC_SECRET_0 "] {
        assert_eq!(text.lines().filter(|line| line.starts_with(label)).count(), 1, "{text}");
    }
    assert_eq!(fs::metadata(&keys).expect("it is there").permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_site_can_bring_its_own_certificate() {
    if tool("openssl").is_none() || tool("curl").is_none() {
        return;
    }
    let home = Home::new();
    let file = home.write(
        "own.toml",
        "[host.\"www.own.test\"]\nhttp = { tls = { certificate = \"own.pem\", key = \"own.key\" } }\n",
    );
    let file = file.to_str().expect("a path of the test is text");
    let missing = run(&mut home.toynet(&["check", file]));
    assert_eq!(missing.code(), Some(3));
    assert!(missing.stderr.contains("there is no file `own.pem`"), "{}", missing.stderr);
    let mut openssl = Command::new("openssl");
    let made = openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=own"]);
    let made = made.args(["-addext", "subjectAltName=DNS:www.own.test", "-keyout", "own.key", "-out", "own.pem"]);
    run(made.current_dir(home.path())).succeeded();
    let lab = Lab::start(&home, &["up", file]);
    let door = lab.status().door("www.own.test", "tcp", 443);
    let own = home.path().join("own.pem");
    let mut curl = Command::new("curl");
    let curl = curl.args(["-q", "-s", "--noproxy", "*", "--connect-to", &format!("::{door}"), "--cacert"]).arg(own);
    let page = run(curl.arg("https://www.own.test/")).succeeded().stdout;
    assert!(page.contains("www.own.test"), "{page}");
}

/// The lab under `tests/labs/tls`.
struct Tls {
    lab: Lab,
}

impl Tls {
    fn open() -> Option<Self> {
        tool("curl")?;
        Some(Self { lab: Lab::of_tests("tls") })
    }

    fn door(&self, host: &str, port: u16) -> String {
        self.lab.status().door(host, "tcp", port).to_string()
    }

    fn root(&self) -> String {
        self.lab.home.path().join("state/toynet/tls-test/authority/root.pem").display().to_string()
    }

    /// curl for the front page of a host, at its door, trusting the lab's root.
    fn curl(&self, host: &str, port: u16, arguments: &[&str]) -> Outcome {
        let to = format!("{host}:{port}:{}", self.door(host, port));
        let url = format!("https://{host}:{port}/");
        self.curl_to(&[&["-s", "--connect-to", &to, &url], arguments].concat())
    }

    fn curl_to(&self, arguments: &[&str]) -> Outcome {
        let mut curl = Command::new("curl");
        curl.args(["-q", "--noproxy", "*", "--cacert", &self.root()]);
        run(curl.args(arguments))
    }

    /// What OpenSSL's client prints when it says `ask`.
    fn s_client(&self, ask: &str, arguments: &[&str]) -> String {
        let question = self.lab.home.write("ask", ask);
        let line = format!(
            "openssl s_client -connect {} -servername www.shop.test -CAfile {} -verify_return_error -ign_eof {} < {} 2>&1",
            self.door("www.shop.test", 443),
            self.root(),
            arguments.join(" "),
            question.display()
        );
        support::shell(&line).succeeded().stdout
    }
}
