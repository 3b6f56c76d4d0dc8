//! `toynet http` where somebody stands in the way: servers that want a proof of who asks.

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use support::lab::Home;
use support::{Lab, Outcome, run, tool};

#[test]
fn a_password_is_proved_by_a_digest_over_every_version() {
    let lab = Lab::start(&lab_of_inspect(), &["up", "toynet.toml"]);
    let get = |path: &str, more: &[&str]| {
        let url = format!("www.a.test/digest-auth/{path}");
        lab.toynet(&[&["http", "get", "--digest", &url], more].concat())
    };
    for algorithm in ["MD5", "SHA-256", "SHA-512-256"] {
        for qop in ["auth", "auth-int", "none"] {
            let told = get(&format!("{qop}/me/secret/{algorithm}"), &["-f", "-u", "me:secret"]).succeeded().stdout;
            assert!(told.contains("\"authenticated\": true") || told.contains("\"authenticated\":true"), "{told}");
        }
    }
    let two = get("auth/me/secret/SHA-256", &["-fv", "-u", "me:secret", "--http2-prior-knowledge"]).succeeded();
    let notes = ["* The server wants Digest for the realm \"inspect\", SHA-256, qop auth: asking again", "HTTP/2 200"];
    assert!(notes.iter().all(|note| two.stderr.contains(note)), "{}", two.stderr);
    let wrong = get("auth/me/secret/MD5", &["-fv", "-u", "me:other"]);
    assert_eq!(wrong.code(), Some(1), "{wrong:?}");
    assert!(wrong.stderr.contains("does not accept the proof") && wrong.stderr.matches("< HTTP/1.1 401").count() == 2);
}

#[test]
fn a_proof_is_explained_and_neither_it_nor_the_password_is_shown() {
    let lab = Lab::start(&lab_of_inspect(), &["up", "toynet.toml"]);
    let url = "www.a.test/digest-auth/auth/me/open/MD5";
    let told = lab.toynet(&["http", "get", "--digest", "-v", "-u", "me:hidden", "--explain", url]);
    let all = format!("{}{}{}", told.stdout, told.stderr, lab.toynet(&["log", "--explain"]).succeeded().stdout);
    assert!(all.contains("Digest, a proof of the password without the password"), "{all}");
    assert!(all.contains("WWW-Authenticate: Digest: credentials are wanted in this scheme"), "{all}");
    assert!(!all.contains("hidden") && !all.contains("response=\""), "{all}");
}

#[test]
fn a_server_that_reads_the_rfc_for_itself_takes_every_form_of_proof() {
    let Some(python) = tool("python3") else { return };
    let peer = Peer::start(&python, "digest.py");
    let forms =
        ["MD5", "SHA-256", "SHA-512-256", "MD5/old", "MD5/sess", "SHA-256/sess/userhash", "SHA-256/userhash/stale"];
    for form in forms {
        let url = format!("http://127.0.0.1:{}/{form}", peer.port);
        let user = ["-u", "Müfasa:Circle \"of\" Life"];
        let get = peer.toynet(&[&["get", "-f", "--digest", &url], &user[..]].concat()).succeeded().stdout;
        assert!(get.starts_with(if form.ends_with("old") { "none" } else { "00000001 " }), "{form}: {get}");
        let post =
            peer.toynet(&[&["post", "-f", "--digest", "-d", "a=1", &url], &user[..]].concat()).succeeded().stdout;
        assert!(post.ends_with(" a=1\n"), "{form}: {post}");
    }
}

#[test]
fn content_waits_until_the_server_has_said_whether_it_asks() {
    let lab = Lab::start(&lab_of_inspect(), &["up", "toynet.toml"]);
    let post = ["http", "post", "-v", "--digest", "-u", "me:pw", "-d", "a=1", "www.a.test/post"];
    let told = lab.toynet(&post).succeeded();
    assert!(told.stdout.contains("a=1") || told.stdout.contains("\"a\""), "{}", told.stdout);
    assert!(
        told.stderr.contains("> Content-Length: 0") && told.stderr.contains("> Content-Length: 3"),
        "{}",
        told.stderr
    );
    let misused = lab.toynet(&["http", "get", "--digest", "www.a.test/"]);
    assert_eq!(misused.code(), Some(2), "{misused:?}");
}

fn lab_of_inspect() -> Home {
    let home = Home::new();
    home.write("toynet.toml", "[[host.\"www.a.test\".http.route]]\npath = \"/*\"\ninspect = true\n");
    home
}

/// A program of `tests/peers` that says on its first line at which port it listens.
struct Peer {
    home: Home,
    child: Child,
    port: u16,
}

impl Peer {
    fn start(python: &Path, script: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(script);
        let mut command = Command::new(python);
        let mut child = command.arg(script).stdout(Stdio::piped()).spawn().expect("python runs");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("stdout is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says where");
        Self { home: Home::new(), child, port: line.trim().parse().expect("a port") }
    }

    fn toynet(&self, arguments: &[&str]) -> Outcome {
        run(self.home.toynet(&["http"]).args(arguments).arg("--no-lab"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
