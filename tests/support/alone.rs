//! A site that stands alone, ended when dropped.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};

use super::lab::Home;

/// One that runs.
pub struct Alone {
    child: Child,
    /// The lines that it began with.
    pub lines: Vec<String>,
}

impl Alone {
    /// Starts `toynet http serve` in `home`, with these arguments, at a port that is free, and reads `lines` lines.
    pub fn start(home: &Home, arguments: &[&str], lines: usize) -> Self {
        let mut command = home.toynet(&["http", "serve", "--listen", "127.0.0.1:0", "--log", "off"]);
        let mut child = command.args(arguments).stdout(Stdio::piped()).spawn().expect("the binary runs");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let lines = stdout.lines().take(lines).collect::<Result<_, _>>().expect("it says where it listens");
        Self { child, lines }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        let line = self.lines.first().expect("it says where it listens");
        line.split(' ').find_map(|word| word.parse().ok()).unwrap_or_else(|| panic!("{line}"))
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
