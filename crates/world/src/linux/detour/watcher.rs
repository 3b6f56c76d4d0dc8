//! Who ends what a command started when its supervisor was killed.
//!
//! Orphans then belong to nobody who knows them, so they are known by a variable of their environment. Who has taken
//! that out of it goes on, and connects nowhere.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use libc::pid_t;

use crate::linux::{kernel, outpost};

/// Splits off a process that watches this one, which must have one thread, and ends `command` and all that it starts
/// when nobody holds the line any more. A child among others, it is killed with what a command leaves running.
pub fn watch(command: &mut Command) -> io::Result<UnixStream> {
    let (here, there) = UnixStream::pair()?;
    // The kernel numbers sockets across all worlds, processes in each.
    let socket = File::from(OwnedFd::from(there.try_clone()?)).metadata()?.ino();
    let value = format!("{}.{socket}", std::process::id());
    if kernel::split(0)?.is_none() {
        let waited = outpost::withdraw(there.as_fd()).and_then(|()| (&there).read(&mut [0]));
        if waited.is_ok() {
            end(format!("{MARK}={value}").as_bytes());
        }
        kernel::end(0);
    }
    command.env(MARK, value);
    Ok(here)
}

fn end(mark: &[u8]) {
    let begun = Instant::now();
    for signal in std::iter::once(libc::SIGHUP).chain(std::iter::repeat(libc::SIGKILL)) {
        let left = marked(mark);
        if left.is_empty() || begun.elapsed() > LIMIT {
            return;
        }
        for process in left {
            // It may have ended meanwhile.
            let _ = kernel::signal(process, signal);
        }
        thread::sleep(PACE);
    }
}

/// The processes of this user that have a variable in their environment.
fn marked(mark: &[u8]) -> Vec<pid_t> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|process| process.file_name().to_str()?.parse::<pid_t>().ok());
    let has_mark = |process: &pid_t| {
        fs::read(format!("/proc/{process}/environ"))
            .is_ok_and(|variables| variables.split(|octet| *octet == 0).any(|variable| variable == mark))
    };
    numbers.filter(has_mark).collect()
}

/// What is in the environment of all that a command starts.
const MARK: &str = "TOYNET_DETOUR";
/// Enough for a shell to note that it is to end, and little to wait for.
const PACE: Duration = Duration::from_millis(100);
/// What was killed is gone at once, unless the kernel waits for a disk.
const LIMIT: Duration = Duration::from_secs(2);
