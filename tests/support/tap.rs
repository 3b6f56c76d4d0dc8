//! A relay between clients and servers of others.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::thread;

use super::lab::Home;
use super::run::wait;

/// A relay of the real binary.
pub struct Tap {
    pub address: SocketAddr,
    child: Child,
    told: thread::JoinHandle<String>,
}

impl Tap {
    /// Starts it, and comes back when it listens.
    pub fn start(home: &Home, server: SocketAddr, extra: &[&str]) -> Self {
        let probe = TcpListener::bind("127.0.0.1:0").expect("the loopback has free ports");
        let address = probe.local_addr().expect("it is bound");
        drop(probe);
        let (listen, to) = (address.to_string(), server.to_string());
        let mut command = home.toynet(&[&["tap", "--listen", &listen, "--to", &to], extra].concat());
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary runs");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        if extra.contains(&"json") {
            // What is for programs has no ready line.
            super::run::eventually("the relay", || std::net::TcpStream::connect(address).ok());
        } else {
            let mut ready = String::new();
            stdout.read_line(&mut ready).expect("it says that it is ready");
            assert!(ready.starts_with(&format!("ready: tcp and udp from {address}")), "{ready}");
        }
        let told = thread::spawn(move || stdout.lines().map_while(Result::ok).map(|line| line + "\n").collect());
        Self { address, child, told }
    }

    /// Ends it as Ctrl-C does, and says what it printed.
    pub fn stop(mut self) -> String {
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -INT {}", self.child.id())])
            .status()
            .expect("there is a shell");
        assert!(sent.success());
        assert!(wait(&mut self.child, super::run::LIMIT).is_some_and(|status| status.success()));
        let told = std::mem::replace(&mut self.told, thread::spawn(String::new));
        told.join().expect("what it prints is text")
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        // One that was stopped has gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
