//! A running lab of the real binary.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::run::{Outcome, eventually, run, wait};
use super::status::Status;

/// The folders of one person's account: labs that share a home see each other.
#[derive(Clone)]
pub struct Home(Arc<TempDir>);

impl Home {
    pub fn new() -> Self {
        Self(Arc::new(TempDir::with_prefix("toynet-").expect("a folder for the test")))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file below the home and says where it is.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder for the file");
        fs::write(&path, content).expect("a file of the test");
        path
    }

    /// The binary with `arguments`, in this home and in no one else's.
    pub fn toynet(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_toynet"));
        self.furnish(&mut command).args(arguments);
        command
    }

    /// Gives any program this home's folders, and the binary first on its PATH.
    pub fn furnish<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        for (variable, folder) in [("XDG_RUNTIME_DIR", "run"), ("XDG_STATE_HOME", "state"), ("HOME", "home")] {
            let folder = self.path().join(folder);
            fs::create_dir_all(&folder).expect("a folder for the test");
            command.env(variable, folder);
        }
        let binary = Path::new(env!("CARGO_BIN_EXE_toynet")).parent().expect("the binary lies in a folder");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(binary.to_owned()).chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(folders).expect("folders of a PATH can be joined again"));
        command.env_remove("RUST_LOG").env("NO_COLOR", "1").env("LC_ALL", "C").current_dir(self.path())
    }
}

/// A lab that runs until it is stopped or dropped.
pub struct Lab {
    pub home: Home,
    /// What it printed up to and including its ready line.
    pub printed: Vec<String>,
    name: Vec<String>,
    child: Child,
    lines: Receiver<String>,
    stderr: Arc<Mutex<String>>,
}

impl Lab {
    /// The lab that is built in, as `toynet` without arguments starts it.
    pub fn built_in() -> Self {
        Self::start(&Home::new(), &[])
    }

    /// The lab file under `tests/labs/` of this name.
    pub fn of_tests(name: &str) -> Self {
        Self::start(&Home::new(), &["up", &lab_file(name)])
    }

    /// Runs the binary with `arguments` and waits for its ready line.
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        Self::try_start(home, arguments).unwrap_or_else(|outcome| panic!("the lab did not start: {outcome:?}"))
    }

    /// As [`Lab::start`]; when the lab ends before it is ready, how it ended.
    pub fn try_start(home: &Home, arguments: &[&str]) -> Result<Self, Outcome> {
        let mut lab = Self::spawn(home, arguments);
        if lab.await_ready() { Ok(lab) } else { Err(lab.ended()) }
    }

    /// As [`Lab::start`], for a lab whose output is for programs and has no ready line.
    pub fn start_silent(home: &Home, arguments: &[&str]) -> Self {
        let lab = Self::spawn(home, arguments);
        eventually("the lab's status", || lab.toynet(&["status"]).status.success().then_some(()));
        lab
    }

    fn spawn(home: &Home, arguments: &[&str]) -> Self {
        let mut command = home.toynet(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let lines = lines(child.stdout.take().expect("stdout is piped"));
        let stderr = follow(child.stderr.take().expect("stderr is piped"));
        let name = arguments.iter().position(|argument| *argument == "--lab").map(|at| arguments[at..=at + 1].to_vec());
        let name = name.unwrap_or_default().into_iter().map(str::to_owned).collect();
        Self { home: home.clone(), printed: Vec::new(), name, child, lines, stderr }
    }

    /// Asks the lab from another process, as `toynet status` does.
    pub fn toynet(&self, arguments: &[&str]) -> Outcome {
        let name = self.name.iter().map(String::as_str);
        let arguments: Vec<&str> = arguments.iter().copied().chain(name).collect();
        run(&mut self.home.toynet(&arguments))
    }

    /// What the lab says of itself.
    pub fn status(&self) -> Status {
        Status::read(&self.toynet(&["status", "--json"]).succeeded().stdout)
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether the process still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_none()
    }

    /// The next line that it prints.
    pub fn next_line(&self) -> String {
        self.lines.recv_timeout(READY_LIMIT).unwrap_or_else(|_| panic!("no further line\n{}", self.said()))
    }

    /// Sends a signal and waits for the end; fails when that takes longer than the promised five seconds.
    pub fn stop(mut self, signal: &str) -> Outcome {
        self.signal(signal);
        assert!(wait(&mut self.child, STOP_LIMIT).is_some(), "still runs {STOP_LIMIT:?} after SIG{signal}");
        self.ended()
    }

    /// Waits for an end that something else brought about.
    pub fn await_end(mut self) -> Outcome {
        assert!(wait(&mut self.child, STOP_LIMIT).is_some(), "still runs after {STOP_LIMIT:?}");
        self.ended()
    }

    /// What it wrote to its standard error so far.
    pub fn said(&self) -> String {
        self.stderr.lock().expect("no reader panics").clone()
    }

    /// Reads nothing further of what it prints, as `head` does once it has seen enough.
    pub fn close_stdout(&mut self) {
        (_, self.lines) = mpsc::channel();
    }

    /// Sends a signal.
    pub fn signal(&self, signal: &str) {
        let line = format!("kill -{signal} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &line]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{line}");
    }

    fn await_ready(&mut self) -> bool {
        let begun = Instant::now();
        loop {
            match self.lines.recv_timeout(READY_LIMIT.saturating_sub(begun.elapsed())) {
                Ok(line) => self.printed.push(line),
                Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) => panic!("not ready after {READY_LIMIT:?}\n{}", self.said()),
            }
            if self.printed.last().is_some_and(|line| line.starts_with("ready")) {
                return true;
            }
        }
    }

    fn ended(mut self) -> Outcome {
        let status = self.child.wait().expect("a child can be waited for");
        let stdout = self.printed.drain(..).chain(self.lines.iter()).collect::<Vec<_>>().join("\n");
        Outcome { status, stdout, stderr: self.said() }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if self.runs() {
            self.signal("TERM");
            if wait(&mut self.child, STOP_LIMIT).is_none() {
                self.child.kill().expect("a child that was not waited for can be killed");
            }
        }
        if thread::panicking() {
            eprintln!("the lab printed:\n{}\nand said:\n{}", self.printed.join("\n"), self.said());
        }
    }
}

/// Where the lab file under `tests/labs/` of this name lies.
pub fn lab_file(name: &str) -> String {
    format!("{}/tests/labs/{name}/lab.toml", env!("CARGO_MANIFEST_DIR"))
}

fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let lines = BufReader::new(from).lines().map_while(Result::ok);
        lines.map_while(|line| sender.send(line).ok()).for_each(drop);
    });
    receiver
}

fn follow(from: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let said = Arc::new(Mutex::new(String::new()));
    let growing = Arc::clone(&said);
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut growing = growing.lock().expect("no reader panics");
            growing.push_str(&line);
            growing.push('\n');
        }
    });
    said
}

/// A lab is ready within milliseconds; this leaves room for a machine that does other work.
const READY_LIMIT: Duration = Duration::from_secs(20);
/// What a person is promised between Ctrl-C and the prompt.
const STOP_LIMIT: Duration = Duration::from_secs(5);
