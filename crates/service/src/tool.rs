//! What a protocol offers at the command line: its clients, and its server alone.
//!
//! `toynet dns query` and `toynet dns serve` are a [`Tool`] and a [`Solo`] of the protocol `dns`. What all
//! clients have in common (`--lab`, `--json`, `--explain`, ...) is added where commands are put together.

use std::cell::RefCell;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::rc::Rc;

use clap::{ArgMatches, Command};
use toynet_net::Host;

use crate::{Config, LocalFuture, ZoneText};

/// A client.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// The word that calls it: `query`.
    pub name: &'static str,
    /// Its arguments, with what it is about.
    pub arguments: fn() -> Command,
    /// The ids of arguments whose values nobody else may read: `password`.
    pub secrets: &'static [&'static str],
    /// Runs it.
    pub run: fn(ArgMatches, Errand) -> LocalFuture<Ending>,
}

/// A server that stands alone, outside any lab.
#[derive(Clone, Copy, Debug)]
pub struct Solo {
    /// Its arguments, with what it is about.
    pub arguments: fn() -> Command,
    /// What they mean.
    ///
    /// # Errors
    /// What is wrong with them, for the person who typed them.
    pub read: fn(&ArgMatches) -> Result<Stand, String>,
}

/// What stands alone.
pub struct Stand {
    /// The service as it is when it listens on a port; made once for each address.
    pub config: ConfigAt,
    /// Its standard port.
    pub port: u16,
    /// The zones that it serves.
    pub zones: Vec<ZoneText>,
    /// Where it keeps what it is given; without one, in memory.
    pub state: Option<PathBuf>,
    /// Who vouches for it where it speaks TLS.
    pub vouched: Vouched,
}

/// Who vouches for what stands alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Vouched {
    /// An authority that nobody can trust, since it is gone with the server.
    #[default]
    ForNow,
    /// An authority that is kept, for clients to trust.
    Kept,
    /// Whoever has signed the certificate in this file, or that itself.
    By(PathBuf),
}

/// Makes a service that listens on a port.
pub type ConfigAt = Box<dyn Fn(u16) -> Box<dyn Config>>;

/// Where a client runs and how it is to speak.
///
/// In a lab it acts as one of its hosts; to whatever is no part of the lab it speaks as any program of
/// the machine does. Either way all that it says is recorded.
#[derive(Clone, Debug)]
pub struct Errand {
    /// The host that it acts as, where there is a lab.
    pub inside: Option<Inside>,
    /// The machine itself.
    pub outside: Host,
    /// Whether its result is for a program to read.
    pub json: bool,
    /// Whether its result may be coloured.
    pub colour: bool,
    /// Where results go.
    pub out: Out,
}

/// A client's side of a lab.
#[derive(Clone, Debug)]
pub struct Inside {
    /// The lab's name.
    pub lab: String,
    /// The host that the client acts as.
    pub host: Host,
    /// The certificate of the lab's authority, in PEM, where it has one.
    pub authority: Option<String>,
}

/// Where a client's results go.
#[derive(Clone, Debug)]
pub enum Out {
    /// To standard output, at once: by this, which says whether anybody still reads there.
    Stdout(fn(&[u8]) -> bool),
    /// Into memory, for a test.
    Kept(Rc<RefCell<Vec<u8>>>),
}

/// How a client's errand ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// In which way.
    pub how: How,
    /// In one line, for the record: `NOERROR, 1 answer`.
    pub outcome: String,
    /// What the person is told beyond the result, on standard error.
    pub remark: Option<String>,
}

/// In which way an errand ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// As wished.
    Done,
    /// The other side answered and said no.
    Refused,
    /// The arguments make no sense together.
    Misused,
    /// Nobody answered, or not to the end.
    Unanswered,
}

impl Errand {
    /// The host that acts, and is asked about names and the time.
    pub fn host(&self) -> &Host {
        self.inside.as_ref().map_or(&self.outside, |inside| &inside.host)
    }

    /// From where and to which address to speak to reach `to`.
    pub fn reach(&self, to: SocketAddr) -> (Host, SocketAddr) {
        let Some(inside) = &self.inside else { return (self.outside.clone(), to) };
        if inside.host.is_inside(to.ip()) {
            return (inside.host.clone(), to);
        }
        match inside.host.behind_door(to) {
            Some(address) => (inside.host.clone(), address),
            // Nobody has it, and it must not be looked for on the machine's own network.
            None if is_for_labs(to.ip()) => (inside.host.clone(), to),
            None => (self.outside.clone(), to),
        }
    }

    /// Where recursive queries go: to the lab's resolver, or to the machine's.
    pub fn resolver(&self) -> Option<SocketAddr> {
        self.host().resolver_address()
    }

    /// The addresses of a name, or of an address in text. In a lab its resolver is asked, and nobody else.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] when there are none; others when nobody could say.
    pub async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let name = name.trim_matches(['[', ']']);
        if let Ok(address) = name.parse() {
            return Ok(vec![address]);
        }
        // Wherever one is, this is the machine itself (RFC 6761 6.3).
        if name == "localhost" || name.ends_with(".localhost") {
            return Ok(vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])]);
        }
        match &self.inside {
            Some(inside) => inside.host.resolver()?.addresses(&inside.host, name).await,
            None => toynet_net::resolve::by_system(name).await,
        }
    }

    /// The same errand, whose flows are opened for the sake of `cause`.
    #[must_use]
    pub fn because(&self, cause: toynet_record::Cause) -> Self {
        let inside = self.inside.clone().map(|inside| Inside { host: inside.host.because(cause), ..inside });
        Self { inside, outside: self.outside.because(cause), ..self.clone() }
    }

    /// Prints for whoever still reads, and says whether anybody does.
    pub fn print(&self, octets: impl AsRef<[u8]>) -> bool {
        match &self.out {
            Out::Stdout(print) => print(octets.as_ref()),
            Out::Kept(kept) => {
                kept.borrow_mut().extend_from_slice(octets.as_ref());
                true
            }
        }
    }
}

impl Ending {
    /// All went as wished.
    pub fn done(outcome: impl Into<String>) -> Self {
        Self { how: How::Done, outcome: outcome.into(), remark: None }
    }

    /// The other side said no. The outcome is also what the person is told.
    pub fn refused(outcome: impl Into<String>) -> Self {
        Self::told(How::Refused, outcome.into())
    }

    /// Nobody answered. The outcome is also what the person is told.
    pub fn unanswered(outcome: impl Into<String>) -> Self {
        Self::told(How::Unanswered, outcome.into())
    }

    /// The arguments make no sense together. The outcome is also what the person is told.
    pub fn misused(outcome: impl Into<String>) -> Self {
        Self::told(How::Misused, outcome.into())
    }

    /// With nothing said to the person, because the result has said it.
    #[must_use]
    pub fn quietly(self) -> Self {
        Self { remark: None, ..self }
    }

    fn told(how: How, outcome: String) -> Self {
        Self { how, remark: Some(outcome.clone()), outcome }
    }
}

impl How {
    /// The exit status that says so.
    pub fn status(self) -> u8 {
        match self {
            How::Done => 0,
            How::Refused => 1,
            How::Misused => 2,
            How::Unanswered => 6,
        }
    }
}

/// Whether an address is of the blocks that labs derive theirs from (RFC 2544, RFC 3849).
fn is_for_labs(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => ip.octets()[0] == 198 && ip.octets()[1] & 0xfe == 18,
        IpAddr::V6(ip) => ip.segments()[..2] == [0x2001, 0xdb8],
    }
}
