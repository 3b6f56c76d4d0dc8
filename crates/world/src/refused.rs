//! What the system may have against a world, in words, with the cure.
//!
//! A refusal is met by doing; settings are read afterwards, only to choose the words.

use std::fmt;
use std::fs;
use std::io;

/// What is done, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: there are no namespaces on this system.
    System,
    /// Being alone: the process must have one thread.
    Threads,
    /// Making a namespace of users.
    Users,
    /// Making a namespace of processes.
    Processes,
    /// Saying who its user is outside.
    Identity,
    /// Making a namespace of the network.
    Network,
    /// Making a namespace of mounts.
    Mounts,
    /// Making a namespace of the host name.
    Name,
    /// Giving the network its addresses.
    Addresses,
    /// Laying the files of /etc.
    Files,
    /// Splitting off a process without namespaces.
    Beside,
}

/// A step that the system did not let be done.
#[derive(Debug)]
pub struct Refused {
    /// The step.
    pub step: Step,
    /// What the system says.
    pub error: io::Error,
}

/// Why a step is refused, as far as that can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Only Linux has namespaces.
    NotLinux,
    /// The kernel is built without.
    Kernel,
    /// This sysctl says how many namespaces there may be, and it does not suffice.
    Limit(&'static str),
    /// kernel.unprivileged_userns_clone is 0, as on Debian before 11.
    Unprivileged,
    /// kernel.apparmor_restrict_unprivileged_userns is 1, as on Ubuntu since 23.10.
    AppArmor,
    /// A seccomp filter, as containers have.
    Filter,
    /// Nothing that forbids them is set: so it is for a process in a chroot (user_namespaces(7)).
    Chroot,
    /// There are as many processes as this user may have.
    ManyProcesses,
    /// The process has more than one thread.
    Threads,
    /// Nothing that is known here.
    Unknown,
}

/// What is set on this machine and can explain a refusal.
#[derive(Clone, Copy, Debug, Default)]
struct Settings {
    apparmor: bool,
    no_unprivileged: bool,
    filter: bool,
}

impl Refused {
    pub(crate) fn new(step: Step, error: io::Error) -> Self {
        Self { step, error }
    }

    /// Why, by what is set on this machine.
    pub fn reason(&self) -> Reason {
        reason(self.step, &self.error, Settings::read())
    }

    /// What to do about it, in one line.
    pub fn cure(&self) -> Option<String> {
        self.reason().cure()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason() {
            Reason::Unknown => write!(f, "{}: {}", self.step, self.error),
            reason => write!(f, "{reason}"),
        }
    }
}

impl std::error::Error for Refused {}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::System => "this system has no namespaces",
            Step::Threads => "the process has other threads",
            Step::Users => "no namespace of users can be made",
            Step::Processes => "no namespace of processes can be made",
            Step::Identity => "the user cannot be said in a namespace of users",
            Step::Network => "no namespace of the network can be made",
            Step::Mounts => "no namespace of mounts can be made",
            Step::Name => "no namespace of the host name can be made",
            Step::Addresses => "addresses cannot be given",
            Step::Files => "the files of /etc cannot be laid",
            Step::Beside => "no other process can be made",
        })
    }
}

impl Reason {
    /// What to do about it, in one line.
    pub fn cure(self) -> Option<String> {
        Some(match self {
            Reason::Limit(sysctl) => format!("sudo sysctl {sysctl}={ENOUGH}"),
            Reason::Unprivileged => "sudo sysctl kernel.unprivileged_userns_clone=1".to_owned(),
            Reason::AppArmor => "`toynet doctor --apparmor` prints that profile and how to load it".to_owned(),
            Reason::Filter => "start the container with --security-opt seccomp=unconfined".to_owned(),
            Reason::Chroot => "start toynet outside the chroot".to_owned(),
            Reason::ManyProcesses => "end some, or raise `ulimit -u`".to_owned(),
            Reason::NotLinux | Reason::Kernel | Reason::Threads | Reason::Unknown => return None,
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NotLinux => f.write_str("only Linux has namespaces"),
            Reason::Kernel => f.write_str("this kernel has no namespaces for users"),
            Reason::Limit(sysctl) => write!(f, "{sysctl} allows no more namespaces"),
            Reason::Unprivileged => f.write_str("namespaces are for root alone here"),
            Reason::AppArmor => f.write_str("this system lets only programs with an AppArmor profile make a network"),
            Reason::Filter => f.write_str("a seccomp filter, as containers have, forbids namespaces"),
            Reason::Chroot => f.write_str("the system forbids namespaces here, as it does in a chroot"),
            Reason::ManyProcesses => f.write_str("`ulimit -u` allows no more processes"),
            Reason::Threads => f.write_str("a world can only be made by a process of one thread"),
            Reason::Unknown => f.write_str("the system refuses"),
        }
    }
}

fn reason(step: Step, error: &io::Error, settings: Settings) -> Reason {
    match step {
        Step::System => return Reason::NotLinux,
        Step::Threads => return Reason::Threads,
        _ => {}
    }
    match error.raw_os_error() {
        Some(ENOSPC | EUSERS) => limit(step).map_or(Reason::Unknown, Reason::Limit),
        Some(EAGAIN) if matches!(step, Step::Users | Step::Processes | Step::Beside) => Reason::ManyProcesses,
        Some(ENOSYS) => Reason::Kernel,
        // What is asked for is always the same, so that a kernel that has namespaces takes it.
        Some(EINVAL) if step == Step::Users => Reason::Kernel,
        Some(EPERM | EACCES) if settings.no_unprivileged && step == Step::Users => Reason::Unprivileged,
        Some(EPERM | EACCES) if settings.apparmor => Reason::AppArmor,
        Some(EPERM | EACCES) if settings.filter => Reason::Filter,
        Some(EPERM) if step == Step::Users => Reason::Chroot,
        Some(_) | None => Reason::Unknown,
    }
}

fn limit(step: Step) -> Option<&'static str> {
    Some(match step {
        Step::Users => "user.max_user_namespaces",
        Step::Processes => "user.max_pid_namespaces",
        Step::Network => "user.max_net_namespaces",
        Step::Mounts => "user.max_mnt_namespaces",
        Step::Name => "user.max_uts_namespaces",
        Step::System | Step::Threads | Step::Identity | Step::Addresses | Step::Files | Step::Beside => return None,
    })
}

impl Settings {
    fn read() -> Self {
        let says = |path: &str, value: &str| fs::read_to_string(path).is_ok_and(|text| text.trim() == value);
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self {
            apparmor: says("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"),
            no_unprivileged: says("/proc/sys/kernel/unprivileged_userns_clone", "0"),
            filter: status.lines().any(|line| line.split_whitespace().eq(["Seccomp:", "2"])),
        }
    }
}

/// What most systems allow by default, rounded.
const ENOUGH: u32 = 15_000;
// The numbers of errno(3).
const EPERM: i32 = 1;
const EAGAIN: i32 = 11;
const EACCES: i32 = 13;
const EINVAL: i32 = 22;
const ENOSPC: i32 = 28;
const ENOSYS: i32 = 38;
const EUSERS: i32 = 87;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_reason() {
        let ubuntu = Settings { apparmor: true, ..Settings::default() };
        let docker = Settings { filter: true, ..Settings::default() };
        let debian_10 = Settings { no_unprivileged: true, ..Settings::default() };
        for (step, errno, settings, expected) in [
            (Step::Users, ENOSPC, Settings::default(), Reason::Limit("user.max_user_namespaces")),
            (Step::Network, ENOSPC, Settings::default(), Reason::Limit("user.max_net_namespaces")),
            (Step::Users, EPERM, docker, Reason::Filter),
            (Step::Users, EPERM, debian_10, Reason::Unprivileged),
            (Step::Identity, EACCES, ubuntu, Reason::AppArmor),
            (Step::Addresses, EPERM, ubuntu, Reason::AppArmor),
            (Step::Users, EINVAL, Settings::default(), Reason::Kernel),
            (Step::Files, EPERM, Settings::default(), Reason::Unknown),
            (Step::Users, EPERM, Settings::default(), Reason::Chroot),
            (Step::Users, EAGAIN, Settings::default(), Reason::ManyProcesses),
        ] {
            assert_eq!(reason(step, &io::Error::from_raw_os_error(errno), settings), expected, "{step:?} {errno}");
        }
    }

    #[test]
    fn what_can_be_cured_comes_with_a_cure_of_one_line() {
        for reason in [Reason::Limit("user.max_user_namespaces"), Reason::AppArmor, Reason::Filter] {
            let cure = reason.cure().unwrap();
            assert!(!cure.contains('\n'), "{cure}");
        }
    }
}
