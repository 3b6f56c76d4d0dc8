//! TLS between programs of others, opened with the keys that one of them wrote down.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "tests stand outside the lab, as people do")]
#![allow(clippy::unwrap_used, reason = "what a test sets up is there")]

mod support;

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use support::lab::Home;
use support::run::eventually;
use support::tap::Tap;
use support::tools::python_with;
use support::tshark::Judge;
use support::{Lab, run, tool};

#[test]
fn what_curl_and_openssl_said_over_tls_is_read_with_every_suite_that_is_known() {
    let (Some(_), Some(_), Some(_)) = (tool("openssl"), tool("curl"), tool("tshark")) else { return };
    let home = Home::new();
    let server = Server::start(&home);
    let record = home.path().join("tls.journal");
    let tap = Tap::start(&home, server.address, &["--proto", "http", "--record", record.to_str().unwrap()]);
    let keys = home.path().join("keys.txt");
    for suite in TLS13 {
        let words = ["--tlsv1.3", "--tls13-ciphers", suite];
        curl(tap.address, &words, suite, Some(&keys));
    }
    for suite in TLS12 {
        let words = ["--tls-max", "1.2", "--ciphers", &format!("{suite}@SECLEVEL=0")];
        curl(tap.address, &words, suite, Some(&keys));
    }
    curl(tap.address, &[], "unknown", None);
    tap.stop();
    let record = record.to_str().unwrap();
    let log = |words: &[&str]| run(&mut home.toynet(&[&["log"], words].concat())).succeeded().stdout;

    let told = log(&[record, "--keys", keys.to_str().unwrap()]);
    for suite in TLS13.iter().chain(&TLS12[..5]) {
        assert!(told.contains(&format!("GET /?{suite}")), "{suite} in\n{told}");
    }
    assert_eq!(told.matches("200 ok").count(), 8, "{told}");
    assert!(told.contains("TLS_RSA_WITH_AES_128_CBC_SHA for www.shop.test: closed, what this suite"), "{told}");
    assert!(told.contains("its keys are not known; offered"), "{told}");
    assert!(told.contains("certificate of www.shop.test"), "{told}");

    // The same with packets, whose keys lie in the file or beside it.
    let raw = home.path().join("raw.pcapng");
    run(&mut home.toynet(&["capture", record, "-o", raw.to_str().unwrap()])).succeeded();
    assert_eq!(Judge(&raw).count("http.request"), 0);
    let with_keys = home.path().join("keys.pcapng");
    let inject = format!("tls,{}", keys.display());
    run(Command::new("editcap").args(["--inject-secrets", &inject]).args([&raw, &with_keys])).succeeded();
    let beside = log(&[raw.to_str().unwrap(), "--keys", keys.to_str().unwrap()]);
    assert_eq!(beside.matches("200 ok").count(), 8, "{beside}");
    let told = log(&[with_keys.to_str().unwrap()]);
    assert_eq!(told.matches("200 ok").count(), 8, "{told}");
    let opened = home.path().join("opened.pcapng");
    run(&mut home.toynet(&["capture", with_keys.to_str().unwrap(), "-o", opened.to_str().unwrap()])).succeeded();
    // The relay's port is that of HTTP in clear, which is what tshark would take it for.
    let mut tshark = Command::new("tshark");
    tshark.args(["-d", "tcp.port==80,tls", "-Y", "http.request", "-r"]).arg(&opened);
    assert_eq!(run(&mut tshark).succeeded().stdout.lines().count(), 8);
}

#[test]
fn a_mail_after_starttls_is_read_with_the_keys_of_its_client() {
    let Some(mut python) = python_with("smtplib") else { return };
    let lab = Lab::built_in();
    let record = lab.home.path().join("mail.journal");
    let server = lab.status().door("mail.shop.test", "tcp", 25);
    let tap = Tap::start(&lab.home, server, &["--proto", "smtp", "--record", record.to_str().unwrap()]);
    let keys = lab.home.path().join("keys.txt");
    let (ip, port) = (tap.address.ip().to_string(), tap.address.port().to_string());
    run(python.args(["-c", MAIL, &ip, &port, keys.to_str().unwrap()])).succeeded();
    tap.stop();
    let log = |words: &[&str]| run(&mut lab.home.toynet(&[&["log"], words].concat())).succeeded().stdout;
    let told = log(&[record.to_str().unwrap(), "--keys", keys.to_str().unwrap()]);
    for words in ["smtp  STARTTLS", "smtps  mail FROM:<bob@club.test>", "Subject: sealed"] {
        assert!(told.contains(words), "{words} in\n{told}");
    }
    let told = log(&[record.to_str().unwrap()]);
    assert!(told.contains("STARTTLS") && told.contains("its keys are not known"), "{told}");
    assert!(!told.contains("bob@club.test"), "{told}");
}

#[test]
fn a_file_without_keys_and_keys_without_a_file_are_mistakes() {
    let home = Home::new();
    let none = home.write("none.txt", "no keys\n");
    let empty = home
        .write("empty.pcap", [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0].iter().chain(&[0; 16]).copied().collect::<Vec<u8>>());
    let (none, empty) = (none.to_str().unwrap(), empty.to_str().unwrap());
    let outcome = run(&mut home.toynet(&["log", empty, "--keys", none]));
    assert!(outcome.code() == Some(1) && outcome.stderr.contains("is no log of TLS keys"), "{outcome:?}");
    let outcome = run(&mut home.toynet(&["log", "--keys", none]));
    assert!(outcome.code() == Some(2) && outcome.stderr.contains("--keys is for a file"), "{outcome:?}");
}

fn curl(tap: SocketAddr, words: &[&str], suite: &str, keys: Option<&Path>) {
    let mut curl = Command::new("curl");
    let (connect, url) = (format!("www.shop.test:443:{tap}"), format!("https://www.shop.test/?{suite}"));
    curl.args(["-sk", "--http1.1", "--connect-to", &connect, "-o", "/dev/null", &url]).args(words);
    curl.env_remove("SSLKEYLOGFILE").envs(keys.map(|keys| ("SSLKEYLOGFILE", keys)));
    run(&mut curl).succeeded();
}

/// OpenSSL as a server of pages about the connection.
struct Server {
    address: SocketAddr,
    child: Child,
}

impl Server {
    fn start(home: &Home) -> Self {
        let probe = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = probe.local_addr().unwrap();
        drop(probe);
        let [key, certificate]: [PathBuf; 2] = ["key.pem", "cert.pem"].map(|name| home.path().join(name));
        let mut make = Command::new("openssl");
        make.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=www.shop.test"]);
        run(make.arg("-keyout").arg(&key).arg("-out").arg(&certificate)).succeeded();
        let mut serve = Command::new("openssl");
        serve.args(["s_server", "-www", "-cipher", "ALL:@SECLEVEL=0", "-accept", &address.to_string()]);
        serve.arg("-key").arg(&key).arg("-cert").arg(&certificate);
        let child = serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { address, child };
        eventually("the server", || TcpStream::connect(address).ok());
        assert!(fs::metadata(&key).is_ok());
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has gone cannot be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const TLS13: [&str; 3] = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
/// The last stays closed.
const TLS12: [&str; 6] = [
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "AES128-SHA",
];
const MAIL: &str = "
import smtplib, ssl, sys
context = ssl._create_unverified_context()
context.keylog_filename = sys.argv[3]
client = smtplib.SMTP(sys.argv[1], int(sys.argv[2]))
client.starttls(context=context)
client.sendmail('bob@club.test', ['alice@shop.test'], 'Subject: sealed\\r\\n\\r\\nhello\\r\\n')
client.quit()
";
