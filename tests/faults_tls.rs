//! What goes wrong on purpose while TLS begins, as curl, OpenSSL, swaks and Python meet it.

mod support;

use support::lab::Home;
use support::{Lab, Outcome, shell, tool, tools};

#[test]
fn curl_ends_as_its_manual_says() {
    if tool("curl").is_none() {
        return;
    }
    let lab = lab("");
    let curl = Curl::of(&lab);
    assert_eq!(curl.get("").code(), Some(0));
    for (words, arguments, exit) in [
        ("tls=expired", "", 60),
        ("tls=not-yet-valid", "", 60),
        ("tls=wrong-name", "", 60),
        ("tls=unknown-authority", "", 60),
        ("tls=self-signed", "", 60),
        ("tls=expired", "-k", 0),
        ("tls=silence", "-m 1", 28),
        ("tls=close", "", 35),
        ("tls=reset", "", 35),
        ("tls=old", "", 35),
        ("tls=handshake_failure", "", 35),
        ("tls=internal_error", "--http1.1", 35),
        ("tls=unrecognized_name", "--tls-max 1.2", 35),
        ("tls=slow delay=5s", "-m 1", 28),
        ("tls=slow delay=10ms", "", 0),
        ("tls=expired delay=10ms", "", 60),
        ("tls=expired peer=mail.shop.test", "", 0),
        ("tls=reset nth=2", "", 0),
    ] {
        set(&lab, "www.shop.test", words);
        let met = curl.get(arguments);
        assert_eq!(met.code(), Some(exit), "{words} {arguments}: {met:?}");
        clear(&lab);
    }
    assert_eq!(curl.get("").code(), Some(0), "all is well again");
    let log = lab.toynet(&["log"]).succeeded().stdout;
    for told in ["fault: tls expired", "fault: tls close", "fault: tls slow, delay 5s", "alert internal_error"] {
        assert!(log.contains(told), "{told} is not in\n{log}");
    }
    let diagram = lab.toynet(&["diagram", "--host", "www.shop.test"]).succeeded().stdout;
    assert!(diagram.contains("tls self-signed"), "{diagram}");
}

#[test]
fn openssl_and_python_name_what_they_meet() {
    if tool("openssl").is_none() || tool("python3").is_none() {
        return;
    }
    let lab = lab("");
    let curl = Curl::of(&lab);
    let (at, root) = (curl.at, &curl.root);
    let script = "import socket, ssl, sys\n\
                  context = ssl.create_default_context(cafile=sys.argv[3])\n\
                  try: context.wrap_socket(socket.create_connection((sys.argv[1], int(sys.argv[2]))), server_hostname=\"www.shop.test\"); print(\"fine\")\n\
                  except Exception as met: print(type(met).__name__, met)\n";
    let script = lab.home.write("meet.py", script).display().to_string();
    for (words, openssl, python) in [
        ("tls=expired", "certificate has expired", "certificate has expired"),
        ("tls=not-yet-valid", "certificate is not yet valid", "certificate is not yet valid"),
        ("tls=self-signed", "self-signed certificate", "self-signed certificate"),
        ("tls=unknown-authority", "unable to get local issuer certificate", "unable to get local issuer certificate"),
        ("tls=wrong-name", "ostname mismatch", "Hostname mismatch"),
        ("tls=handshake_failure", "handshake failure", "SSLV3_ALERT_HANDSHAKE_FAILURE"),
        ("tls=internal_error", "internal error", "TLSV1_ALERT_INTERNAL_ERROR"),
        ("tls=unrecognized_name", "unrecognized name", "TLSV1_UNRECOGNIZED_NAME"),
        ("tls=old", "protocol version", "SSLError"),
        ("tls=close", "unexpected eof", "UNEXPECTED_EOF"),
        ("tls=reset", "errno=104", "ConnectionResetError"),
    ] {
        set(&lab, "www.shop.test", words);
        let line = format!(
            "openssl s_client -connect {at} -servername www.shop.test -verify_hostname www.shop.test -CAfile {root} </dev/null"
        );
        let met = shell(&line);
        let met = met.stdout + &met.stderr;
        assert!(met.contains(openssl), "{words}: {met}");
        let met = shell(&format!("python3 {script} {} {} {root}", at.ip(), at.port())).text();
        assert!(met.contains(python), "{words}: {met}");
        clear(&lab);
    }
}

#[test]
fn starttls_fails_in_the_same_ways() {
    if tool("swaks").is_none() || !tools::perl_has("Net::SSLeay") {
        return;
    }
    let lab = lab("");
    let at = lab.status().door("mail.shop.test", "tcp", 25);
    let root = root(&lab);
    let send = |more: &str| {
        shell(&format!(
            "swaks --server {} --port {} --from me@club.test --to alice@shop.test --tls {more} --timeout 3",
            at.ip(),
            at.port()
        ))
    };
    let verify = format!("--tls-verify --tls-ca-path {root}");
    assert!(send("").stdout.contains("250 2.0.0"));
    for (words, more) in
        [("tls=handshake_failure", ""), ("tls=close", ""), ("tls=reset", ""), ("tls=expired", &*verify)]
    {
        set(&lab, "mail.shop.test", words);
        let met = send(more);
        assert_eq!(met.code(), Some(29), "{words}: {met:?}");
        clear(&lab);
    }
    set(&lab, "mail.shop.test", "tls=self-signed");
    assert_eq!(send("").code(), Some(0), "who does not verify does not care");
    let log = lab.toynet(&["log", "--host", "mail.shop.test"]).succeeded().stdout;
    assert!(log.contains("fault: tls handshake_failure") && log.contains("fault: tls self-signed"), "{log}");
}

#[test]
fn a_mail_server_whose_next_hop_fails_in_tls_tries_again_in_clear() {
    let lab = lab("[[fault]]\nhost = \"mail.club.test\"\ntls = \"handshake_failure\"\n");
    let words = ["smtp", "send", "--server", "mail.shop.test", "--from", "alice@shop.test", "--to", "carol@club.test"];
    lab.toynet(&words).succeeded();
    lab.toynet(&["wait", "mail", "--to", "carol@club.test"]).succeeded();
    let log = lab.toynet(&["log", "--host", "mail.club.test"]).succeeded().stdout;
    for told in ["fault: tls handshake_failure", "no TLS: alert handshake_failure", "RCPT TO:<carol@club.test>"] {
        assert!(log.contains(told), "{told} is not in\n{log}");
    }
}

#[test]
fn a_fault_of_tls_in_a_lab_file_has_its_time() {
    if tool("curl").is_none() {
        return;
    }
    let lab = lab("[[fault]]\nhost = \"www.shop.test\"\ntls = \"expired\"\nfor = \"3s\"\n");
    let curl = Curl::of(&lab);
    assert_eq!(curl.get("").code(), Some(60));
    support::run::eventually("the end of the fault", || (curl.get("").code() == Some(0)).then_some(()));
}

#[test]
fn what_makes_no_sense_is_refused_in_words() {
    let lab = lab("");
    for (words, told) in [
        (&["host=www.shop.test", "tls=expird"][..], "did you mean `expired`"),
        (&["host=www.shop.test", "tls=slow"], "how slow"),
        (&["host=ns.shop.test", "tls=expired"], "speaks no TLS"),
        (&["host=plain.shop.test", "tls=expired"], "speaks no TLS"),
        (&["host=plain.shop.test", "status=500", "probability=0"], "never strikes"),
        (&["host=mail.shop.test", "withhold=AUTH"], "never offers AUTH"),
        (&["link=mail.shop.test <-> mail.club.test", "corrupt=0.1"], "takes datagrams"),
        (&["host=www.shop.test", "tls=old", "status=500"], "unknown key `status`"),
    ] {
        let refused = lab.toynet(&[&["fault", "add"], words].concat());
        assert!(refused.code() != Some(0) && refused.stderr.contains(told), "{refused:?}");
    }
    let kinds = lab.toynet(&["fault", "kinds", "tls"]).succeeded().stdout;
    assert!(kinds.contains("unknown-authority"), "{kinds}");
}

struct Curl {
    at: std::net::SocketAddr,
    root: String,
}

impl Curl {
    fn of(lab: &Lab) -> Self {
        Self { at: lab.status().door("www.shop.test", "tcp", 443), root: root(lab) }
    }

    fn get(&self, arguments: &str) -> Outcome {
        let Self { at, root } = self;
        let to = format!("--connect-to www.shop.test:443:{at} https://www.shop.test/");
        shell(&format!("curl -sS --cacert {root} {arguments} -o /dev/null {to}"))
    }
}

fn root(lab: &Lab) -> String {
    let root = lab.toynet(&["ca", "--pem"]).succeeded().stdout;
    lab.home.write("root.pem", root).display().to_string()
}

fn set(lab: &Lab, host: &str, words: &str) {
    let host = format!("host={host}");
    let words: Vec<&str> = ["fault", "add", &host].into_iter().chain(words.split(' ')).collect();
    lab.toynet(&words).succeeded();
}

fn clear(lab: &Lab) {
    lab.toynet(&["fault", "clear"]).succeeded();
}

fn lab(more: &str) -> Lab {
    let home = Home::new();
    let text = "[host.\"www.shop.test\"]\nhttp = { pages = { '/' = 'bread' } }\n\
                [host.\"plain.shop.test\"]\nhttp = { tls = false }\n\
                [host.\"mail.shop.test\"]\nsmtp = { domains = ['shop.test'], mailboxes = ['alice'] }\n\
                [host.\"mail.club.test\"]\nsmtp = { domains = ['club.test'], mailboxes = ['carol'] }\n";
    let file = home.write("lab.toml", text.to_owned() + more).display().to_string();
    Lab::start(&home, &["up", &file])
}
