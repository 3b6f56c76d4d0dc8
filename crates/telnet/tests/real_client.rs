//! The telnet of GNU inetutils on a terminal, on the loopback. Where it or `script` is not installed the test says so,
//! but not where `CI` is set.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use support::topology;
use toynet_net::carrier::ports::{Lease, Ports, RAISED};
use toynet_net::{Carrier, Clock, Network, Recorder, worker};
use toynet_record::Quota;

#[test]
fn a_person_with_a_real_client_talks_to_the_board() {
    if !["telnet", "script"].iter().all(|program| is_installed(program)) {
        eprintln!("SKIPPED: telnet or script is not installed");
        assert!(std::env::var_os("CI").is_none(), "they must be installed where CI is set");
        return;
    }
    let lease = Lease::take("telnet with a real client").unwrap();
    start_lab(lease.net());
    let mut terminal = Terminal::run(&format!("telnet 127.{}.0.1 8023", lease.net()));
    terminal.until("Your name: ");
    terminal.press("alicf\x7fe\r");
    terminal.until("Password: ");
    terminal.press("wonderland\r");
    let shown = terminal.until("alice> ");
    assert!(shown.contains("Hello, alice!") && !shown.contains("wonderland"), "{shown}");
    terminal.press("Zë\x1b[Do\r");
    terminal.until("There is no command \"Zoë\".");
    terminal.until("alice> ");
    terminal.press("\x1b[A\x15whoami\r");
    terminal.until("You are alice on bbs.retro.test.");
    terminal.press("half\x03");
    terminal.until("^C\r\nalice> ");
    terminal.press("quit\r");
    terminal.until("Good-bye!");
    terminal.until("Connection closed by foreign host.");
    assert!(terminal.child.wait().is_ok());
}

fn is_installed(program: &str) -> bool {
    Command::new("which").arg(program).stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Runs the bulletin board for as long as the process lives.
fn start_lab(net: u8) {
    let (ready, is_ready) = channel();
    let lab = async move || {
        let clock = Clock::system();
        let recorder = Recorder::new(0, Quota::default(), clock);
        let carrier = Carrier::Ports(Ports::new(net, RAISED));
        let network = Network::new(0, Arc::new(topology()), carrier, clock, recorder);
        support::serve(&network).await;
        ready.send(()).unwrap();
        std::future::pending().await
    };
    worker::start("lab", lab).unwrap();
    is_ready.recv_timeout(PATIENCE).unwrap();
}

/// A program on a terminal of its own.
struct Terminal {
    child: Child,
    shown: String,
    output: Receiver<Vec<u8>>,
}

impl Terminal {
    fn run(command: &str) -> Self {
        let mut script = Command::new("script");
        script.args(["-qfec", command, "/dev/null"]).env("TERM", "xterm");
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut from = child.stdout.take().unwrap();
        let (sender, output) = channel();
        let read = async move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = from.read(&mut buffer) {
                let _ = sender.send(buffer[..length].to_vec());
            }
            Ok(())
        };
        worker::start("terminal", read).unwrap();
        Self { child, shown: String::new(), output }
    }

    fn press(&mut self, keys: &str) {
        let to = self.child.stdin.as_mut().unwrap();
        to.write_all(keys.as_bytes()).unwrap();
        to.flush().unwrap();
    }

    /// All that was shown up to the end of `text`.
    fn until(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = self.shown.find(text) {
                let rest = self.shown.split_off(at + text.len());
                return std::mem::replace(&mut self.shown, rest);
            }
            let Ok(octets) = self.output.recv_timeout(PATIENCE) else { panic!("no {text:?} in {:?}", self.shown) };
            self.shown.push_str(&String::from_utf8_lossy(&octets));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A loaded machine takes a second or two.
const PATIENCE: Duration = Duration::from_secs(20);
