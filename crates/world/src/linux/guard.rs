//! Signals and the terminal while somebody else is at work.

use std::io;
use std::time::{Duration, Instant};

use libc::{c_int, pid_t};

use super::kernel;
use crate::Ended;

/// The signals that are heard while a child is followed.
pub fn followed() -> libc::sigset_t {
    kernel::signals(&FOLLOWED)
}

/// A world that cannot do without a process outside. Both are children of this one.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    pub world: pid_t,
    pub outpost: pid_t,
}

impl Need {
    /// Asks the world to end when the other has been killed.
    fn see_to(self) {
        if kernel::was_killed(self.outpost) {
            // It may have ended meanwhile, and is not waited for yet: its number is nobody else's.
            let _ = kernel::signal(self.world, libc::SIGTERM);
        }
    }
}

/// Waits for a child's end. Signals are passed on to it, but for those that the terminal has sent to
/// both if the child has the same one. A child that stops with a process group of its own, as a shell does
/// on `suspend`, stops this process too.
///
/// # Errors
/// As the kernel says.
pub fn follow(child: pid_t, same_terminal: bool, need: Option<Need>) -> io::Result<Ended> {
    follow_and(child, same_terminal, &|| need.into_iter().for_each(Need::see_to))
}

/// The same for a child at the same terminal, where orphans become children of this process too; but for the process
/// of a lab, which somebody else waits for. When that has ended the child is killed, as in a world.
///
/// # Errors
/// As the kernel says.
pub fn follow_among(child: pid_t, lab: Option<pid_t>) -> io::Result<Ended> {
    follow_and(child, true, &|| {
        kernel::bury_orphans(&|ended| ended == child || Some(ended) == lab);
        if lab.is_some_and(kernel::has_ended) {
            // It may have ended meanwhile, and is not waited for yet: its number is nobody else's.
            let _ = kernel::signal(child, libc::SIGKILL);
        }
    })
}

fn follow_and(child: pid_t, same_terminal: bool, see_to_others: &dyn Fn()) -> io::Result<Ended> {
    let stopping: &[c_int] = if same_terminal { &[] } else { &[libc::SIGTSTP] };
    let signals = kernel::signals(&[&FOLLOWED, stopping].concat());
    let before = kernel::hold(&signals)?;
    let ended = loop {
        see_to_others();
        match news(child)? {
            Some(News::Ended(ended)) => break ended,
            Some(News::Stopped) if same_terminal && kernel::group_of(child) != kernel::group_of(0) => stop_too(child)?,
            Some(News::Stopped) | None => {}
        }
        let (signal, by_process) = kernel::next_signal(&signals)?;
        if signal == libc::SIGTSTP {
            stop_with(child)?;
        } else if signal != libc::SIGCHLD && (by_process || !same_terminal || signal == libc::SIGHUP) {
            // A process without a terminal has no idea of this one.
            let ends = !same_terminal && signal == libc::SIGQUIT;
            let signal = if ends { libc::SIGTERM } else { signal };
            // It may have ended meanwhile, and is not waited for yet: its number is nobody else's.
            let _ = kernel::signal(child, signal);
        }
    };
    kernel::hold_only(&before)?;
    Ok(ended)
}

/// Sends a child a signal and waits for its end, killing it after `limit`; nothing in that case.
pub fn end(child: pid_t, signal: c_int, limit: Duration) -> Option<Ended> {
    let ended = kernel::signals(&[libc::SIGCHLD]);
    let before = kernel::hold(&ended).ok()?;
    let _ = kernel::signal(child, signal);
    let begun = Instant::now();
    let result = loop {
        match news(child) {
            Ok(Some(News::Ended(ended))) => break Some(ended),
            Ok(Some(News::Stopped) | None) => {}
            Err(_) => break None,
        }
        let left = limit.saturating_sub(begun.elapsed());
        if left.is_zero() {
            let _ = kernel::signal(child, libc::SIGKILL);
            kernel::signal_within(&ended, LAST_LIMIT);
            let _ = news(child);
            break None;
        }
        kernel::signal_within(&ended, left);
    };
    let _ = kernel::hold_only(&before);
    result
}

enum News {
    Ended(Ended),
    Stopped,
}

fn news(child: pid_t) -> io::Result<Option<News>> {
    Ok(kernel::child(child)?.map(|status| {
        if libc::WIFEXITED(status) {
            News::Ended(Ended::Exited(libc::WEXITSTATUS(status) as u8))
        } else if libc::WIFSIGNALED(status) {
            News::Ended(Ended::Killed(libc::WTERMSIG(status) as u8))
        } else {
            News::Stopped
        }
    }))
}

fn stop_too(child: pid_t) -> io::Result<()> {
    kernel::signal(std::process::id() as pid_t, libc::SIGSTOP)?;
    let group = kernel::group_of(child);
    // Whoever has it go on in the background keeps the terminal.
    Terminal::new().give(group);
    kernel::signal(-group, libc::SIGCONT)
}

/// Makes this process, which is about to be a shell, the first of a group of its own that has the terminal, as where one
/// logs in. In a group whose first process is in another world it would find that its group has no number, and
/// dash and ash end with an error when they give the terminal back to that.
pub fn lead() -> io::Result<()> {
    kernel::lead_group()?;
    // Whoever is in the background and takes the terminal is stopped by this signal (tcsetpgrp(3)).
    kernel::hold(&kernel::signals(&[libc::SIGTTOU]))?;
    kernel::give_terminal(libc::STDIN_FILENO, kernel::group_of(0))
}

/// Stops a child that knows nothing of this terminal, and this process, until somebody has this one go on.
fn stop_with(child: pid_t) -> io::Result<()> {
    let stop = kernel::signals(&[libc::SIGTSTP]);
    let _ = kernel::signal(child, libc::SIGSTOP);
    // The kernel knows whether there is anybody who could have it go on, and otherwise does not stop it (SIGTSTP in
    // POSIX.1 2.4.3).
    kernel::signal(std::process::id() as pid_t, libc::SIGTSTP)?;
    kernel::release(&stop)?;
    kernel::hold(&stop)?;
    kernel::signal(child, libc::SIGCONT)
}

/// The terminal as it was when somebody else was let at it.
pub struct Terminal {
    settings: Option<libc::termios>,
    is_ours: bool,
}

impl Terminal {
    /// The terminal that this process reads from, if it does.
    pub fn new() -> Self {
        let settings = kernel::terminal_settings(libc::STDIN_FILENO);
        let is_ours = settings.is_some() && kernel::terminal_group(libc::STDIN_FILENO) == kernel::group_of(0);
        Self { settings, is_ours }
    }

    /// Whether a shell that is started here asks somebody who types for commands: to some it matters whether what they
    /// print is seen, to others whether what they complain of is.
    pub fn is_a_shells(&self) -> bool {
        let is_terminal = |stream| kernel::terminal_settings(stream).is_some();
        self.is_ours && is_terminal(libc::STDOUT_FILENO) && is_terminal(libc::STDERR_FILENO)
    }

    /// Takes it back: a shell leaves it to a process group that is gone, and what was killed leaves it
    /// as it was set for it alone.
    pub fn take_back(&self, ended: Option<Ended>) {
        self.give(kernel::group_of(0));
        if let (Some(settings), Some(Ended::Killed(_)), true) = (&self.settings, ended, self.is_ours) {
            let _ = kernel::set_terminal(libc::STDIN_FILENO, settings);
        }
    }

    fn give(&self, group: pid_t) {
        if !self.is_ours {
            return;
        }
        // Whoever is in the background and takes the terminal is stopped by this signal (tcsetpgrp(3)).
        let held = kernel::hold(&kernel::signals(&[libc::SIGTTOU]));
        let _ = kernel::give_terminal(libc::STDIN_FILENO, group);
        if let Ok(before) = held {
            let _ = kernel::hold_only(&before);
        }
    }
}

const FOLLOWED: [c_int; 7] =
    [libc::SIGCHLD, libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGUSR1, libc::SIGUSR2];
/// What was killed is gone at once, unless the kernel waits for a disk.
const LAST_LIMIT: Duration = Duration::from_millis(200);
