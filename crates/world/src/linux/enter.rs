//! A command goes into a world.

use std::env;
use std::ffi::{CString, OsString};
use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use libc::pid_t;

use super::guard::{self, Need};
use super::{capability, kernel, part};
use crate::{Ended, Part, Visit};

/// A way into a world: its namespaces.
#[derive(Debug)]
pub struct Entrance {
    user: File,
    process: File,
    /// Of network, mounts and host name.
    own: part::Own,
    /// What has to be seen to by whoever made the world.
    need: Option<Need>,
}

impl Entrance {
    /// The namespaces of a process of this user.
    ///
    /// # Errors
    /// When it has ended or is somebody else's; [`io::ErrorKind::AlreadyExists`] when its network is the one
    /// that this process is in.
    pub fn of(process: i32) -> io::Result<Self> {
        let open = |name: &str| File::open(format!("/proc/{process}/ns/{name}"));
        if in_one_world(process)? {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "that process is in the same world"));
        }
        Ok(Self { user: open("user")?, process: open("pid")?, own: part::own(process)?, need: None })
    }

    /// The same, by which whoever waits for a command sees to that.
    pub(super) fn seeing_to(self, need: Option<Need>) -> Self {
        Self { need, ..self }
    }

    /// The way to where programs have another part than the world's own: to those that have it already, otherwise to
    /// a machine of its own that is there as long as somebody is. This process must have one thread.
    ///
    /// # Errors
    /// [`io::ErrorKind::AddrInUse`] when somebody else is about to take that part; as the kernel says.
    pub fn to(self, part: &Part) -> io::Result<Self> {
        let own = part::find_or_make(&self.user, &self.own, part)?;
        Ok(Self { own, ..self })
    }

    /// The way to those who have this part, if somebody has; else to the world's own.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn to_who_has(self, part: &Part) -> io::Result<Self> {
        let own = part::find(&self.user, part)?;
        Ok(Self { own: own.unwrap_or(self.own), ..self })
    }

    /// Moves this process itself into the world's network, for good. It stays among the processes outside, as do its
    /// children: a process whose children are to be elsewhere can have no threads (EINVAL in clone(2)).
    ///
    /// # Errors
    /// When it has more than one thread; when the world has ended.
    pub fn enter(self) -> io::Result<()> {
        let here = here()?;
        kernel::enter(self.user.as_fd(), libc::CLONE_NEWUSER)?;
        self.own.iter().try_for_each(|(namespace, kind)| kernel::enter(namespace.as_fd(), *kind))?;
        kernel::go_to(&here).or_else(|_| kernel::go_to(c"/"))
    }

    /// Runs a command in the world and waits for its end. The terminal and all that this process has
    /// open is the command's; signals to this process are passed on. This process itself stays in its
    /// own network, but loses what rights it had outside beyond those of its user.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] when there is no such program; when the world has ended.
    pub fn run(self, visit: &Visit) -> io::Result<Ended> {
        let here = here()?;
        self.take_rights()?;
        let mut command = command(visit);
        let terminal = guard::Terminal::new();
        let leads = is_shell(visit) && terminal.is_a_shells();
        kernel::hear_of_children();
        let held = kernel::hold(&guard::followed())?;
        let own = self.own;
        let enter = move || {
            own.iter().try_for_each(|(namespace, kind)| kernel::enter(namespace.as_fd(), *kind))?;
            kernel::go_to(&here).or_else(|_| kernel::go_to(c"/"))?;
            capability::pass_on()?;
            kernel::die_with_parent(libc::SIGHUP)?;
            if leads {
                guard::lead()?;
            }
            kernel::hold_only(&held).map(drop)
        };
        // SAFETY: between fork and exec only system calls are made; nothing is allocated, no lock is taken.
        let child = unsafe { command.pre_exec(enter) }.spawn();
        let ended = child.and_then(|child| guard::follow(child.id() as pid_t, true, self.need));
        kernel::hold_only(&held)?;
        terminal.take_back(ended.as_ref().ok().copied());
        ended
    }

    /// The order matters: the rights over the others come with the namespace of users.
    fn take_rights(&self) -> io::Result<()> {
        kernel::enter(self.user.as_fd(), libc::CLONE_NEWUSER)?;
        kernel::enter(self.process.as_fd(), libc::CLONE_NEWPID)
    }
}

/// A command as it is run wherever it goes.
pub fn command(visit: &Visit) -> Command {
    let mut command = Command::new(&visit.program);
    command.args(&visit.arguments);
    command.envs(visit.variables.set.iter().map(|(name, value)| (name, value)));
    command.envs(visit.variables.prompt(Path::new(&visit.program)).map(|prompt| ("PS1", prompt)));
    for name in &visit.variables.unset {
        command.env_remove(name);
    }
    command
}

/// Whether what is run is a shell that is told nothing but options, and so asks for commands.
fn is_shell(visit: &Visit) -> bool {
    let name = Path::new(&visit.program).file_name().unwrap_or_default();
    let is_option = |argument: &OsString| matches!(argument.as_encoded_bytes(), [b'-' | b'+', _, ..]);
    visit.arguments.iter().all(is_option) && name.as_encoded_bytes().ends_with(b"sh")
}

/// Whether a process is in the same world as this one: nobody owns two of them by one namespace of users.
fn in_one_world(process: i32) -> io::Result<bool> {
    let namespace = |process: &str| fs::read_link(format!("/proc/{process}/ns/user"));
    Ok(namespace(&process.to_string())? == namespace("self")?)
}

/// The folder that this process is in, which it loses with its mounts.
fn here() -> io::Result<CString> {
    Ok(CString::new(env::current_dir().unwrap_or_else(|_| "/".into()).into_os_string().into_vec())?)
}
