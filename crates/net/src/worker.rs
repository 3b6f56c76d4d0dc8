//! Workers: one thread with one runtime each.

use std::future::Future;
use std::io;
use std::thread;

use tokio::runtime::{Builder, LocalRuntime};

/// A worker's thread.
pub type Thread = thread::JoinHandle<io::Result<()>>;

/// Starts a thread called `name` that runs `work` to its end. What `work` spawns locally stays on
/// that thread and ends with it.
///
/// # Errors
/// When the system gives no thread.
pub fn start<W, F>(name: &str, work: W) -> io::Result<Thread>
where
    W: FnOnce() -> F + Send + 'static,
    F: Future<Output = io::Result<()>>,
{
    let run = move || runtime()?.block_on(work());
    thread::Builder::new().name(name.to_owned()).stack_size(STACK).spawn(run)
}

/// A runtime on which futures may stay on their thread.
///
/// # Errors
/// When the system gives no event queue.
pub fn runtime() -> io::Result<LocalRuntime> {
    Builder::new_current_thread().enable_all().build_local(tokio::runtime::LocalOptions::default())
}

/// How many workers make sense here: one for each core where the system spreads connections over
/// sockets that share a port, otherwise one.
pub fn sensible_count() -> usize {
    if cfg!(target_os = "linux") { thread::available_parallelism().map_or(1, usize::from) } else { 1 }
}

/// Twice what std gives; only pages that are touched take memory.
const STACK: usize = 4 * 1024 * 1024;
