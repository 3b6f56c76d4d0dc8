//! `toynet smtp send` and `toynet smtp serve`, and the clients of others that come to them.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "tests stand outside the lab, as people do")]

mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;
use support::lab::Home;
use support::run::eventually;
use support::tools::python_with;
use support::wire::say;
use support::{Lab, run, tool};

#[test]
fn a_mail_is_sent_by_the_exchanger_of_its_domain_and_the_log_says_why() {
    let lab = Lab::built_in();
    let sent = lab.toynet(&["smtp", "send", "--from", "alice@shop.test", "--to", "carol@club.test"]).succeeded();
    for part in [
        "=== Mail for club.test goes to mail.club.test\n",
        "<-  220 mail.club.test ESMTP toynet\n",
        " -> MAIL FROM:<alice@shop.test> SIZE=",
        " -> Subject: test ",
        " -> .\n<-  250 2.0.0 queued as ",
        "=== Connection closed.\n",
    ] {
        assert!(sent.stdout.contains(part), "{part}\n{}", sent.stdout);
    }
    let log = eventually("the command in the log", || {
        Some(lab.toynet(&["log"]).succeeded().stdout).filter(|log| log.contains("1 recipient: 250 2.0.0 queued"))
    });
    let at = |what: &str| log.find(what).unwrap_or_else(|| panic!("{what}\n{log}"));
    let (typed, asked) = (at("toynet smtp send --from alice@shop.test"), at("MX club.test"));
    assert!(typed < asked && asked < at("MAIL FROM:<alice@shop.test>"), "{log}");
}

#[test]
fn what_is_refused_and_what_is_not_answered_have_statuses_of_their_own() {
    let lab = Lab::built_in();
    let send = |more: &[&str]| lab.toynet(&[&["smtp", "send", "--from", "alice@shop.test"], more].concat());
    let refused =
        send(&["--server", "mail.shop.test", "--to", "nobody@shop.test,bob@shop.test", "--quit-after", "RCPT"]);
    assert_eq!(refused.code(), Some(1), "{refused:?}");
    assert!(refused.stdout.contains("<** 550 5.1.1 there is no mailbox nobody@shop.test here\n"), "{refused:?}");
    assert!(!refused.stdout.contains(" -> DATA"), "{refused:?}");
    let quiet = send(&["--server", "mail.shop.test", "--to", "nobody@shop.test", "--quiet"]);
    assert_eq!((quiet.code(), quiet.stdout.as_str()), (Some(1), ""));
    assert!(quiet.stderr.contains("550 5.1.1"), "{quiet:?}");
    assert_eq!(send(&["--server", "www.shop.test:26", "--to", "bob@shop.test"]).code(), Some(6));
    assert_eq!(send(&["--to", "bob@nowhere.test"]).code(), Some(1), "there is no such domain");
    assert_eq!(send(&["--to", "b o b"]).code(), Some(2));
}

#[test]
fn who_asks_for_it_speaks_tls_with_the_right_server_only() {
    let home = Home::new();
    let of = |name: &str, tls: &str| format!("[host.'mail.{name}.test'.smtp]\ndomains = ['{name}.test']\n{tls}");
    home.write("lab.toml", format!("{}\n{}", of("a", ""), of("b", "tls = 'expired'\n")));
    let lab = Lab::start(&home, &["up", "lab.toml"]);
    let send = |to: &str, more: &[&str]| lab.toynet(&[&["smtp", "send", "--to", to, "--tls"], more].concat());
    assert_eq!(send("postmaster@a.test", &["--tls-verify"]).code(), Some(0));
    assert_eq!(send("postmaster@b.test", &[]).code(), Some(0), "a server that sends on would not look");
    let expired = send("postmaster@b.test", &["--tls-verify"]);
    assert_eq!(expired.code(), Some(6), "{expired:?}");
    assert!(
        expired.stdout.contains("TLS did not start: the certificate is not accepted: it has expired"),
        "{expired:?}"
    );
    home.write("other.pem", &lab.toynet(&["ca"]).succeeded().stdout);
    assert_eq!(send("postmaster@a.test", &["--cacert", "other.pem"]).code(), Some(0));
    home.write("empty.pem", "");
    let nobody = send("postmaster@a.test", &["--cacert", "empty.pem"]);
    assert!(nobody.code() == Some(6) && nobody.stdout.contains("there is no certificate in it"), "{nobody:?}");
    assert_eq!(send("postmaster@a.test", &["--cacert", "absent.pem"]).code(), Some(2));
}

#[test]
fn a_program_reads_what_became_of_each_recipient() {
    let lab = Lab::built_in();
    let to = "carol@club.test,bob@shop.test,nobody@shop.test";
    let sent = lab.toynet(&["smtp", "send", "--to", to, "--pipeline", "--chunking", "--json"]);
    assert_eq!(sent.code(), Some(1));
    let told: Value = serde_json::from_str(&sent.stdout).expect("it is JSON");
    let of = |number: usize, key: &str| told["recipients"][number][key].clone();
    assert_eq!([of(0, "accepted"), of(1, "accepted"), of(2, "accepted")], [true, true, false]);
    assert_eq!((of(0, "server"), of(1, "server")), ("mail.club.test".into(), "mail.shop.test".into()));
    assert_eq!((of(2, "at"), of(2, "code"), of(2, "enhanced")), ("RCPT".into(), 550.into(), "5.1.1".into()));
}

#[test]
fn a_password_shows_nowhere() {
    let home = Home::new();
    home.write(
        "lab.toml",
        "[host.'mail.a.test'.smtp]\ndomains = ['a.test']\nusers = { al = 's3same' }\nauth_in_clear = true\n",
    );
    let lab = Lab::start(&home, &["up", "lab.toml"]);
    let arguments =
        ["smtp", "send", "--to", "b@a.test", "--port", "587", "--server", "mail.a.test", "--auth-user", "al"];
    let sent = lab.toynet(&[&arguments[..], &["--auth-password", "s3same"]].concat()).succeeded();
    assert!(sent.stdout.contains(" -> AUTH PLAIN •••\n<-  235 2.7.0 "), "{sent:?}");
    let wrong = lab.toynet(&[&arguments[..], &["--auth-password", "0penme", "--auth", "login"]].concat());
    assert_eq!(wrong.code(), Some(1));
    assert!(wrong.stdout.contains("<** 535 5.7.8 "), "{wrong:?}");
    let log = eventually("both commands in the log", || {
        Some(lab.toynet(&["log"]).succeeded().stdout).filter(|log| log.contains("said to AUTH: 535"))
    });
    for text in [&sent.stdout, &wrong.stdout, &log] {
        for secret in ["s3same", "0penme", "AGFsAHMzc2FtZQ==", "MHBlbm1l"] {
            assert!(!text.contains(secret), "{secret} is in\n{text}");
        }
    }
}

#[test]
fn a_lone_server_shows_and_keeps_what_swaks_sends_to_anybody() {
    if tool("swaks").is_none() {
        return;
    }
    let home = Home::new();
    let server = Lone::start(&home, &["--keep", "mails"]);
    let at = server.at.to_string();
    let arguments = ["--server", &at, "--from", "app@x.test", "--to", "bob@y.test,eve@z.test", "--auth-user", "any"];
    run(Command::new("swaks").args(arguments).args(["--auth", "--auth-password", "thing"])).succeeded();
    let shown = eventually("the mail", || server.shown("This is a test mailing"));
    assert!(shown.contains(" from <app@x.test> to <bob@y.test>, <eve@z.test>\n"), "{shown}");
    let files: Vec<_> = fs::read_dir(home.path().join("mails/new")).expect("a Maildir").flatten().collect();
    let mail = fs::read_to_string(files[0].path()).expect("a mail");
    assert!(
        mail.starts_with("Return-Path: <app@x.test>\r\nDelivered-To: <bob@y.test>\r\nDelivered-To: <eve@z.test>\r\n")
    );
}

#[test]
fn a_lone_server_keeps_octet_for_octet_what_smtplib_and_curl_send() {
    let (Some(mut python), Some(curl)) = (python_with("smtplib"), tool("curl")) else { return };
    let home = Home::new();
    let server = Lone::start(&home, &["--keep", "mails", "--log", "json"]);
    let port = server.at.port().to_string();
    let program = "import smtplib, sys\n\
        server = smtplib.SMTP('127.0.0.1', int(sys.argv[1]))\n\
        server.ehlo()\n\
        server.sendmail('a@x.test', ['b@y.test'], b'Subject: dots\\r\\n\\r\\n.\\r\\n..\\r\\n\\xff\\x80\\r\\n' + b'x' * 998 + b'\\r\\n', \
        ['BODY=8BITMIME'])\n\
        server.quit()\n";
    run(python.args(["-c", program, &port])).succeeded();
    let file = home.write("mail.eml", "Subject: curl\r\n\r\n\r\n.\r\ntail without an end");
    let (url, file) = (format!("smtp://127.0.0.1:{port}"), file.display().to_string());
    let arguments = ["-s", &url, "--mail-from", "a@x.test", "--mail-rcpt", "b@y.test", "--upload-file", &file];
    run(Command::new(curl).args(arguments)).succeeded();
    let mails = || -> Vec<Vec<u8>> {
        let entries = fs::read_dir(home.path().join("mails/new")).into_iter().flatten().flatten();
        entries.filter_map(|entry| fs::read(entry.path()).ok()).collect()
    };
    let dots = [&b"Subject: dots\r\n\r\n.\r\n..\r\n\xff\x80\r\n"[..], &[b'x'; 998], b"\r\n"].concat();
    for sent in [&dots[..], b"Subject: curl\r\n\r\n\r\n.\r\ntail without an end\r\n"] {
        assert!(mails().iter().any(|mail| mail.ends_with(sent)), "{}", String::from_utf8_lossy(sent));
    }
    let shown = eventually("both mails as JSON", || server.shown("tail without an end"));
    let lines = shown.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    assert_eq!(lines.filter(|line| line["mail"]["from"] == "a@x.test").count(), 2, "{shown}");
}

#[test]
fn a_lone_server_for_a_domain_passes_nothing_on() {
    let home = Home::new();
    let server = Lone::start(&home, &["--domain", "shop.test", "--size", "1000"]);
    let talk = |lines: &str| String::from_utf8_lossy(&say(server.at, lines.as_bytes())).into_owned();
    let heard = talk(
        "EHLO a\r\nMAIL FROM:<a@b.test> SIZE=1001\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@club.test>\r\n\
         RCPT TO:<c@shop.test>\r\nQUIT\r\n",
    );
    let codes: Vec<&str> = heard.lines().filter_map(|line| line.get(..4)).filter(|code| code.ends_with(' ')).collect();
    assert_eq!(codes, ["220 ", "250 ", "552 ", "250 ", "550 ", "250 ", "221 "], "{heard}");
}

/// A server that stands alone, until it is dropped.
struct Lone {
    child: Child,
    at: SocketAddr,
    printed: Arc<Mutex<String>>,
}

impl Lone {
    fn start(home: &Home, arguments: &[&str]) -> Self {
        let is_json = arguments.contains(&"json");
        // JSON has no line that says where it is, so that the port must be known before.
        let port = if is_json { free_port() } else { 0 };
        let listen = format!("127.0.0.1:{port}");
        let mut command = home.toynet(&[&["smtp", "serve", "--listen", &listen], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary runs");
        let printed = follow(child.stdout.take().expect("stdout is piped"));
        let at = match is_json {
            true => SocketAddr::from(([127, 0, 0, 1], port)),
            false => eventually("the line that says where it is", || {
                let printed = printed.lock().expect("no reader panics").clone();
                printed.split_whitespace().find_map(|word| word.parse().ok())
            }),
        };
        eventually("an answer", || std::net::TcpStream::connect(at).ok());
        Self { child, at, printed }
    }

    fn shown(&self, what: &str) -> Option<String> {
        Some(self.printed.lock().expect("no reader panics").clone()).filter(|printed| printed.contains(what))
    }
}

impl Drop for Lone {
    fn drop(&mut self) {
        self.child.kill().expect("a child that was not waited for can be killed");
        self.child.wait().expect("a child can be waited for");
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("it is bound").port()
}

fn follow(from: impl std::io::Read + Send + 'static) -> Arc<Mutex<String>> {
    let printed = Arc::new(Mutex::new(String::new()));
    let growing = Arc::clone(&printed);
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut growing = growing.lock().expect("no reader panics");
            growing.push_str(&line);
            growing.push('\n');
        }
    });
    printed
}
