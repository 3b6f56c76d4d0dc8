//! The end of what a command leaves running.
//!
//! Orphans among the descendants become children of this process, which has asked for that; so whoever is killed
//! here leaves its own children here too, until there are none.

use std::fs;
use std::time::{Duration, Instant};

use libc::pid_t;

use crate::linux::kernel;

/// Kills all children but one, and theirs.
pub fn end(spared: Option<pid_t>, limit: Duration) {
    let ended = kernel::signals(&[libc::SIGCHLD]);
    let begun = Instant::now();
    loop {
        kernel::bury_orphans(&|child| Some(child) == spared);
        let left: Vec<pid_t> = children().into_iter().filter(|child| Some(*child) != spared).collect();
        if left.is_empty() || begun.elapsed() > limit {
            return;
        }
        for child in left {
            // It may have ended meanwhile, and is not waited for yet: its number is nobody else's.
            let _ = kernel::signal(child, libc::SIGKILL);
        }
        kernel::signal_within(&ended, PACE);
    }
}

/// The children of this process, whichever thread has them.
fn children() -> Vec<pid_t> {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists: Vec<_> = tasks.map(|task| fs::read_to_string(task.path().join("children"))).collect();
    if lists.iter().all(Result::is_err) {
        return children_by_search();
    }
    let lists: Vec<String> = lists.into_iter().flatten().collect();
    lists.iter().flat_map(|list| list.split_whitespace()).filter_map(|child| child.parse().ok()).collect()
}

/// For kernels without such lists (CONFIG_PROC_CHILDREN).
fn children_by_search() -> Vec<pid_t> {
    let me = std::process::id().to_string();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|process| process.file_name().to_str()?.parse::<pid_t>().ok());
    numbers.filter(|process| parent(*process).as_deref() == Some(me.as_str())).collect()
}

/// The second field after the name, which may hold anything, in brackets (proc_pid_stat(5)).
fn parent(process: pid_t) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    text.rsplit_once(')')?.1.split_whitespace().nth(1).map(str::to_owned)
}

/// After which it is looked whether the killed have left somebody.
const PACE: Duration = Duration::from_millis(20);
