//! What a world is to be like, and what happens in it.

use std::ffi::OsString;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::variables::Variables;
use crate::{Inside, Outside, Pem, Refused, platform};

/// A world, before it is made.
#[derive(Clone, Debug)]
pub struct World {
    /// Its name, which programs see in `TOYNET_LAB`.
    pub name: String,
    /// What the machine is called in it.
    pub host_name: String,
    /// Who its programs are.
    pub me: Me,
    /// The addresses that can be listened on and reached; nothing else can.
    pub addresses: Vec<IpAddr>,
    /// Who looks up names, at port 53.
    pub resolver: Option<IpAddr>,
    /// The only authority that its programs trust; without one they trust whom they trust outside.
    pub trust: Option<Pem>,
}

/// Who the programs of a world are to others in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    /// The name that others know.
    pub name: String,
    /// The addresses that programs speak from: the first of each family.
    pub addresses: Vec<IpAddr>,
}

/// Another part than the world's own that programs can have there: a machine of its own, joined by a cable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Who they are, of the world's addresses; nobody may listen there.
    pub me: Me,
    /// The world's addresses.
    pub addresses: Vec<IpAddr>,
}

/// A command that goes into a world.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The program, looked for on the PATH.
    pub program: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Changes to its environment.
    pub variables: Variables,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this status.
    Exited(u8),
    /// By this signal.
    Killed(u8),
}

impl World {
    /// A world of this name in which there is nobody but oneself.
    pub fn new(name: &str) -> Self {
        let me = Me { name: name.to_owned(), addresses: YOU.to_vec() };
        Self { name: name.to_owned(), host_name: name.to_owned(), me, addresses: vec![], resolver: None, trust: None }
    }

    /// What programs find in their environment.
    pub fn variables(&self) -> Variables {
        Variables::of(self)
    }

    /// Makes the world and runs `inside` in it, in a process of its own whose end is the end of all
    /// others in the world; what `inside` returns is its status. When this process ends, in
    /// whatever way, the world does too. The world belongs to this process's only thread.
    ///
    /// # Errors
    /// When the system refuses a step.
    pub fn start(&self, inside: impl FnOnce(Inside) -> u8) -> Result<Outside, Refused> {
        Outside::start(self, inside)
    }
}

impl World {
    /// Gives the world, in which this process is, further addresses that can be listened on and reached.
    ///
    /// # Errors
    /// As the kernel says; some may have been given.
    pub fn give(&self, addresses: &[IpAddr]) -> io::Result<()> {
        platform::give(&self.me, addresses)
    }

    /// Takes such addresses away from it.
    ///
    /// # Errors
    /// As the kernel says; some may have been taken.
    pub fn take(&self, addresses: &[IpAddr]) -> io::Result<()> {
        platform::take(addresses)
    }
}

impl Me {
    /// Whether programs have this part on a machine of their own in the world in which this process is.
    pub fn is_taken(&self) -> bool {
        platform::is_taken(self)
    }

    /// Who is called `name` in a file of hosts.
    pub(crate) fn hosts(&self, host_name: &str) -> String {
        let mut text = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n".to_owned();
        let also = if host_name == self.name { String::new() } else { format!(" {host_name}") };
        self.addresses.iter().for_each(|address| text.push_str(&format!("{address} {}{also}\n", self.name)));
        text
    }

    /// The address of this family.
    pub(crate) fn address_like(&self, like: IpAddr) -> Option<IpAddr> {
        self.addresses.iter().copied().find(|address| address.is_ipv4() == like.is_ipv4())
    }
}

impl Visit {
    /// A program without arguments in the environment of this process.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self { program: program.into(), arguments: vec![], variables: Variables::default() }
    }
}

impl Ended {
    /// The status as shells say it: 128 and the signal's number where a signal was the end.
    pub fn status(self) -> u8 {
        match self {
            Ended::Exited(status) => status,
            Ended::Killed(signal) => 128 + signal,
        }
    }
}

/// Who one is when no host's part is taken: of the blocks set aside for tests (RFC 2544) and for
/// documentation (RFC 3849), beyond the addresses that labs derive for their hosts.
pub const YOU: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(198, 19, 0, 1)), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 1, 1))];
