//! A process in namespaces of its own, and what is done there before anything else.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use libc::{c_int, pid_t};

use super::enter::Entrance;
use super::guard::{self, Need};
use super::{addresses, capability, etc, kernel, mounts, outpost};
use crate::outpost::Outpost;
use crate::{Ended, Refused, ResolvConf, Step, World};

/// The first process of a world.
#[derive(Debug)]
pub struct Inside {
    line: UnixStream,
    process: i32,
    lacking: Vec<String>,
    resolv_conf: Option<ResolvConf>,
}

/// A world as seen from outside. When it is dropped, or this process ends, the world ends.
#[derive(Debug)]
pub struct Outside {
    process: pid_t,
    line: BufReader<UnixStream>,
    outpost: Option<pid_t>,
    ended: bool,
}

impl Outside {
    pub(crate) fn start(world: &World, inside: impl FnOnce(Inside) -> u8) -> Result<Self, Refused> {
        be_alone()?;
        let (mut here, there) = UnixStream::pair().map_err(|error| Refused::new(Step::Users, error))?;
        let user = kernel::user();
        kernel::hear_of_children();
        match split() {
            Err(refused) => Err(refused),
            Ok(None) => {
                drop(here);
                kernel::end(begin(world, user, there, inside))
            }
            Ok(Some(process)) => {
                drop(there);
                let identified = [u8::from(identify_all(process, user).is_ok())];
                here.write_all(&identified).map_err(|error| Refused::new(Step::Identity, error))?;
                let mut outside = Self { process, line: BufReader::new(here), outpost: None, ended: false };
                match outside.hear() {
                    Some(first) if first == MADE => Ok(outside),
                    Some(refused) => Err(parse_refusal(&refused)),
                    None => Err(Refused::new(Step::Users, io::ErrorKind::UnexpectedEof.into())),
                }
            }
        }
    }

    /// A process in the same namespaces, without the terminal.
    pub(crate) fn beside(inside: impl FnOnce(Inside) -> u8) -> Result<Self, Refused> {
        be_alone()?;
        let refused = |error| Refused::new(Step::Beside, error);
        let (here, there) = UnixStream::pair().map_err(refused)?;
        kernel::hear_of_children();
        match kernel::split(0).map_err(refused)? {
            Some(process) => Ok(Self { process, line: BufReader::new(here), outpost: None, ended: false }),
            None => {
                drop(here);
                if kernel::die_with_parent(libc::SIGKILL).is_err()
                    || kernel::is_hung_up(there.as_fd())
                    || kernel::leave_terminal().is_err()
                {
                    kernel::end(1);
                }
                let first = Inside {
                    line: there,
                    process: std::process::id().cast_signed(),
                    lacking: vec![],
                    resolv_conf: None,
                };
                kernel::end(panic::catch_unwind(AssertUnwindSafe(|| inside(first))).unwrap_or(PANICKED))
            }
        }
    }

    /// What the world's first process says next; nothing when it has ended.
    pub fn hear(&mut self) -> Option<String> {
        let mut text = String::new();
        let length = self.line.read_line(&mut text).ok()?;
        (length > 0).then(|| text.trim_end().to_owned())
    }

    /// The world's first process, as it is numbered here.
    pub fn process(&self) -> i32 {
        self.process
    }

    /// Lets go of a process outside that the world needs: should it be killed, the world is asked to end by whoever
    /// waits for that or for a command that goes in by [`entrance`](Self::entrance).
    #[must_use]
    pub fn needs(self, outpost: Outpost) -> Self {
        let process = outpost.let_go();
        let mut outside = self;
        outside.outpost = Some(process);
        outside
    }

    /// The way in.
    ///
    /// # Errors
    /// When the world has ended.
    pub fn entrance(&self) -> io::Result<Entrance> {
        Ok(Entrance::of(self.process)?.seeing_to(self.need()))
    }

    fn need(&self) -> Option<Need> {
        self.outpost.map(|outpost| Need { world: self.process, outpost })
    }

    /// Waits for the world's end, passing on signals that ask for it. Whoever stops this process at the terminal stops
    /// the world's first process too, until both go on. A world that ends for want of a process outside ends as that has.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn wait(mut self) -> io::Result<Ended> {
        kernel::forget_code();
        let ended = guard::follow(self.process, false, self.need())?;
        self.ended = true;
        match self.outpost.take().and_then(outpost::see_off) {
            Some(lost @ Ended::Killed(_)) => Ok(lost),
            Some(Ended::Exited(_)) | None => Ok(ended),
        }
    }

    /// Asks the world to end and waits for it; nothing when it has to be killed after `limit`.
    pub fn stop(mut self, limit: Duration) -> Option<Ended> {
        let ended = guard::end(self.process, libc::SIGTERM, limit);
        self.ended = ended.is_some();
        ended
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        if !self.ended {
            guard::end(self.process, libc::SIGKILL, KILL_LIMIT);
        }
        self.outpost.take().map(outpost::see_off);
    }
}

impl Inside {
    /// Says a line to whoever is outside.
    pub fn say(&mut self, line: &str) {
        // Whoever does not listen any more will end this process.
        let _ = writeln!(self.line, "{line}");
    }

    /// This process, as it is numbered outside.
    pub fn process(&self) -> i32 {
        self.process
    }

    /// What the system did not grant, though the world can do without: each in one line.
    pub fn shortcomings(&self) -> &[String] {
        &self.lacking
    }

    /// The file that says who looks up names here, for who may change that; a process beside others has none.
    pub fn take_resolv_conf(&mut self) -> Option<ResolvConf> {
        self.resolv_conf.take()
    }

    /// Reads nothing further from the standard input and prints nothing on the standard output, which are
    /// a command's.
    ///
    /// # Errors
    /// When there is no /dev/null.
    pub fn be_quiet(&self) -> io::Result<()> {
        let null = File::options().read(true).write(true).open("/dev/null");
        let null = null.map_err(|error| io::Error::new(error.kind(), format!("/dev/null: {error}")))?;
        kernel::duplicate(null.as_fd(), libc::STDIN_FILENO)?;
        kernel::duplicate(null.as_fd(), libc::STDOUT_FILENO)
    }

    /// Waits until it is told to end.
    pub fn rest(self) -> u8 {
        let terminate = kernel::signals(&[libc::SIGTERM]);
        let told = kernel::hold(&terminate).and_then(|_| kernel::next_signal(&terminate));
        u8::from(told.is_err())
    }
}

/// Lets the signals through that ask for the end of a world's first process, and are held back since it was made: once
/// this process handles them, and before it has further threads.
///
/// # Errors
/// As the kernel says.
pub fn hear_signals() -> io::Result<()> {
    kernel::release(&kernel::signals(&ENDING))
}

fn be_alone() -> Result<(), Refused> {
    if fs::read_dir("/proc/self/task").is_ok_and(|threads| threads.count() > 1) {
        return Err(Refused::new(Step::Threads, io::ErrorKind::WouldBlock.into()));
    }
    Ok(())
}

/// The child is the first process of its namespace, with the rights of root over its namespaces.
fn split() -> Result<Option<pid_t>, Refused> {
    kernel::split(libc::CLONE_NEWUSER | libc::CLONE_NEWPID).map_err(|error| {
        // Which of the two was refused is seen by asking for one of them.
        let step = match kernel::split(libc::CLONE_NEWUSER) {
            Ok(None) => kernel::end(0),
            Ok(Some(child)) => {
                guard::end(child, 0, KILL_LIMIT);
                Step::Processes
            }
            Err(_) => Step::Users,
        };
        Refused::new(step, error)
    })
}

fn begin(world: &World, user: (u32, u32), line: UnixStream, inside: impl FnOnce(Inside) -> u8) -> u8 {
    // The /proc that is there before the world's own numbers processes as they are numbered outside.
    let process = fs::read_link("/proc/self").ok().and_then(|process| process.to_str()?.parse().ok());
    let mut first = Inside { line, process: process.unwrap_or_default(), lacking: vec![], resolv_conf: None };
    match furnish(world, user, &first.line) {
        Ok((lacking, resolv_conf)) => (first.lacking, first.resolv_conf) = (lacking, Some(resolv_conf)),
        Err(Refused { step, error }) => {
            let errno = error.raw_os_error().unwrap_or_default();
            first.say(&format!("{} {errno}", step as u8));
            return 1;
        }
    }
    // Who is outside may ask for the end from here on, and the first process of a namespace loses what it neither
    // holds back nor handles.
    if let Err(error) = kernel::hold(&kernel::signals(&ENDING)) {
        first.say(&format!("{} {}", Step::Identity as u8, error.raw_os_error().unwrap_or_default()));
        return 1;
    }
    first.say(MADE);
    // A panic has been said by then; it must not unwind into what belongs to the process outside.
    panic::catch_unwind(AssertUnwindSafe(|| inside(first))).unwrap_or(PANICKED)
}

/// Everything from a bare process in a namespace of users to a world.
fn furnish(world: &World, user: (u32, u32), mut line: &UnixStream) -> Result<(Vec<String>, ResolvConf), Refused> {
    let step = |step: Step| move |error: io::Error| Refused::new(step, error);
    let mut identified = [0];
    line.read_exact(&mut identified).map_err(step(Step::Identity))?;
    if identified == [0] {
        identify(user).map_err(step(Step::Identity))?;
    }
    kernel::die_with_parent(libc::SIGKILL).map_err(step(Step::Identity))?;
    if kernel::is_hung_up(line.as_fd()) {
        kernel::end(1);
    }
    kernel::unshare(libc::CLONE_NEWNET).map_err(step(Step::Network))?;
    kernel::unshare(libc::CLONE_NEWNS).map_err(step(Step::Mounts))?;
    mounts::stand_apart().map_err(step(Step::Mounts))?;
    kernel::unshare(libc::CLONE_NEWUTS).map_err(step(Step::Name))?;
    kernel::set_host_name(&world.host_name).map_err(step(Step::Name))?;
    // A /proc of the world's own can be written where the machine's cannot.
    let mut lacking = mounts::own();
    lacking.extend(addresses::give(world).map_err(step(Step::Addresses))?);
    let (without, resolv_conf) = etc::lay(world).map_err(step(Step::Files))?;
    lacking.extend(without);
    if world.trust.is_some() {
        mounts::let_nss_ask();
    }
    kernel::leave_terminal().map_err(step(Step::Identity))?;
    kernel::bury_children();
    capability::keep_few_and_move().map_err(step(Step::Identity))?;
    Ok((lacking, resolv_conf))
}

/// One is oneself inside: the same user owns the same files (user_namespaces(7)).
fn identify((user, group): (u32, u32)) -> io::Result<()> {
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
}

/// Root, which has a right to, lets everybody be themselves in there: daemons become their own users.
fn identify_all(process: pid_t, (user, _): (u32, u32)) -> io::Result<()> {
    if user != 0 {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    for map in ["uid_map", "gid_map"] {
        let known = fs::read_to_string(format!("/proc/self/{map}"))?;
        let lines = known.lines().filter_map(|line| {
            let mut numbers = line.split_whitespace();
            let (first, _, count) = (numbers.next()?, numbers.next()?, numbers.next()?);
            Some(format!("{first} {first} {count}\n"))
        });
        fs::write(format!("/proc/{process}/{map}"), lines.collect::<String>())?;
    }
    Ok(())
}

fn parse_refusal(text: &str) -> Refused {
    let mut words = text.split(' ');
    let step = words.next().and_then(|word| word.parse::<u8>().ok());
    let step = STEPS.into_iter().find(|known| Some(*known as u8) == step).unwrap_or(Step::Users);
    let errno = words.next().and_then(|word| word.parse().ok()).unwrap_or_default();
    Refused::new(step, io::Error::from_raw_os_error(errno))
}

const STEPS: [Step; 6] = [Step::Identity, Step::Network, Step::Mounts, Step::Name, Step::Addresses, Step::Files];
/// What is said first, when nothing was refused.
const MADE: &str = "made";
/// What a Rust program that panicked says.
const PANICKED: u8 = 101;
/// What asks a lab to end, or to read its file anew.
const ENDING: [c_int; 3] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP];
/// What was killed is gone at once, unless the kernel waits for a disk.
const KILL_LIMIT: Duration = Duration::from_secs(1);
