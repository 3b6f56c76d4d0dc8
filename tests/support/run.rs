//! A program run to its end, within a limit.

use std::fs;
use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How a program ended and what it printed.
#[derive(Debug)]
pub struct Outcome {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// The exit code; none when a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// All that was printed, for looking something up in it.
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Itself, if the program was content.
    pub fn succeeded(self) -> Self {
        assert!(self.status.success(), "{}\n{}{}", self.status, self.stdout, self.stderr);
        self
    }
}

/// Runs `command` to its end. Panics when it takes longer than [`LIMIT`].
pub fn run(command: &mut Command) -> Outcome {
    let shown = format!("{command:?}");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{shown}: {error}"));
    let stdout = gather(child.stdout.take());
    let stderr = gather(child.stderr.take());
    let Some(status) = wait(&mut child, LIMIT) else {
        child.kill().expect("a child that was not waited for can be killed");
        panic!("{shown} did not end within {LIMIT:?}");
    };
    Outcome { status, stdout: finish(stdout), stderr: finish(stderr) }
}

/// Runs a line as a person types it.
pub fn shell(line: &str) -> Outcome {
    run(Command::new("sh").args(["-c", line]))
}

/// Waits until `child` ends; nothing when it still runs after `limit`.
pub fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return Some(status);
        }
        if begun.elapsed() > limit {
            return None;
        }
        thread::sleep(TICK);
    }
}

/// Asks again and again until `found` finds something. Panics when it takes longer than [`LIMIT`].
pub fn eventually<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begun.elapsed() < LIMIT, "waited {LIMIT:?} in vain for {what}");
        thread::sleep(10 * TICK);
    }
}

/// A number of seconds that no other test sleeps for, so that it marks processes.
pub fn mark() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{}.{}", 100_000 + std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// How many processes of this machine have a word in their command line.
pub fn processes_with(word: &str) -> usize {
    let processes = fs::read_dir("/proc").expect("the list of processes").flatten();
    let lines = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).contains(word)).count()
}

type Gathered = thread::JoinHandle<String>;

/// Reads beside the program, which would stand still on a full pipe.
fn gather(from: Option<impl Read + Send + 'static>) -> Gathered {
    let mut from = from.expect("the stream is piped");
    thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).expect("a pipe can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn finish(gathered: Gathered) -> String {
    gathered.join().expect("reading a pipe does not panic")
}

/// Far above what any tool takes against a lab on the same machine, below the test runner's own limit.
pub const LIMIT: Duration = Duration::from_secs(20);
const TICK: Duration = Duration::from_millis(5);
