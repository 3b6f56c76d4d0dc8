//! What the lab needs of a protocol.
//!
//! - [`Protocol`]: its name, its table in the lab file, its dissector; one constant in each protocol crate
//! - [`Config`]: one host's service as the lab file describes it
//! - [`Server`]: the same, built and ready to run; once for each worker
//! - [`place`]: what a service may know of the lab around it
//! - [`tool`]: what it offers at the command line: clients, and a server that stands alone
//! - [`units`]: spans of time, rates, sizes, shares and addresses as a person writes them
//! - [`tls`]: TLS of a service: its key in the lab file, and where its certificates are from
//! - [`fault`]: what the words for faults have in common
//! - [`mistake`]: what is wrong with a lab file, and where; [`near`]: what a person may have meant
#![forbid(unsafe_code)]

pub mod fault;
pub mod mistake;
pub mod near;
pub mod place;
pub mod tls;
pub mod tool;
pub mod units;

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::pin::Pin;

use toml::de::DeValue;
use toynet_net::Host;
pub use toynet_net::fault::What;
use toynet_record::dissect::{FlowInfo, Likeness, Opening};
use toynet_record::{Dissector, Export, Transport};

pub use mistake::{Mistake, Spot};
pub use place::{Doors, Files, HostName, Place, ZoneText};
pub use tool::{Ending, Errand, How, Solo, Stand, Tool, Vouched};

/// A protocol that hosts can speak.
#[derive(Clone, Copy, Debug)]
pub struct Protocol {
    /// Its key in a host's table of the lab file.
    pub name: &'static str,
    /// What it gives a host, in a few words: `web site`.
    pub about: &'static str,
    /// The ports at which its flows are to be found when nothing else says so.
    pub ports: &'static [(Transport, u16)],
    /// Reads its table in the lab file. A message of an error may have a second line: what to do about it.
    pub read: Read,
    /// That table as JSON Schema (draft 7), for editors.
    pub schema: &'static str,
    /// Whether a flow speaks it, at whatever port.
    pub recognise: fn(&Opening<'_>) -> Likeness,
    /// Makes a dissector for a flow.
    pub dissector: fn(FlowInfo) -> Box<dyn Dissector>,
    /// What its services can do wrong on purpose.
    pub fault: Option<FaultWords>,
    /// Its clients at the command line.
    pub tools: &'static [Tool],
    /// Its server alone, at the command line.
    pub solo: Option<Solo>,
    /// The forms of others in which what it carried can be written down.
    pub exports: &'static [Form],
}

/// A form of others for what a protocol carried: a file that programs of its field read.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// What it is called, and how the names of its files end: `har`.
    pub name: &'static str,
    /// What it holds, in a few words: `HTTP as browsers' tools read it`.
    pub about: &'static str,
    /// What one piece of it is called, and several: `("mail", "mails")`.
    pub piece: (&'static str, &'static str),
    /// Begins to write it, with the secrets in fields if so wanted.
    pub begin: fn(secrets: bool) -> Box<dyn Export>,
}

/// Reads a protocol's table.
pub type Read = fn(toml::Spanned<DeValue<'_>>) -> Result<Box<dyn Config>, toml::de::Error>;

/// The words for the faults of a protocol's services.
#[derive(Clone, Copy, Debug)]
pub struct FaultWords {
    /// Reads what is left of a table `[[fault]]` when all that says where, for whom and when is taken out. A message
    /// of an error may have a second line, as with [`Read`].
    pub read: fn(toml::Spanned<DeValue<'_>>) -> Result<What, toml::de::Error>,
    /// For each kind an example as it stands in a lab file, and what a peer meets then.
    pub kinds: &'static [(&'static str, &'static str)],
    /// Whether its services can speak TLS, in which [more](tls::fault) can go wrong.
    pub tls: bool,
}

/// A service of one host as the lab file describes it.
pub trait Config: Debug + Send + Sync {
    /// The sockets that it will listen on.
    fn endpoints(&self) -> Vec<Endpoint>;

    /// What it means for the rest of the lab.
    fn facts(&self) -> Facts {
        Facts::default()
    }

    /// Mistakes that only show when other files are read: a missing folder, a bad line of a zone.
    fn check(&self, files: &dyn Files) -> Vec<Mistake>;

    /// Mistakes in a zone that the lab derived and that holds records of the lab file. Each
    /// [`Spot::File`] is a line of that zone's text.
    fn check_zone(&self, zone: &ZoneText) -> Vec<Mistake> {
        let _ = zone;
        Vec::new()
    }

    /// Why its service can never commit this fault of its protocol, or of TLS, if that is so.
    fn never(&self, fault: &What) -> Option<fault::Never> {
        let _ = fault;
        None
    }

    /// Ready-made commands for a person to try, best first.
    fn commands(&self, reached: &Reached<'_>) -> Vec<Command>;

    /// Whether a successor may begin while this one still runs. Not where both would write to the same place.
    fn may_overlap(&self) -> bool {
        true
    }

    /// Builds the service for one worker.
    ///
    /// # Errors
    /// When what `check` found fine is so no more.
    fn build(&self, place: &Place) -> io::Result<Box<dyn Server>>;
}

/// A service that is built and can be run, more than once if it fails.
pub trait Server {
    /// Opens the service's sockets on `host`. When that is done the service answers, and the inner
    /// future runs it until it fails or is dropped.
    fn start(&self, host: Host) -> LocalFuture<io::Result<LocalFuture<io::Result<()>>>>;
}

/// A future that stays on its worker.
pub type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// A socket that a service listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// Stream or datagrams.
    pub transport: Transport,
    /// The port inside the lab.
    pub port: u16,
}

/// What a service means for the rest of its lab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Zones that are written by hand for this host: origin and the file's path as written.
    pub zones: Vec<(toml::Spanned<String>, toml::Spanned<String>)>,
    /// It answers recursive queries: hosts use it as their resolver.
    pub resolves: bool,
    /// It is a name server, so the lab may put derived zones on it.
    pub names: bool,
    /// Further names under which it is reached: each gets address records.
    pub aliases: Vec<toml::Spanned<String>>,
    /// Domains whose mail it takes: each gets an MX record.
    pub mail_domains: Vec<toml::Spanned<String>>,
    /// Addresses at which it takes mail.
    pub mailboxes: Vec<String>,
    /// The server outside the lab that does its work, if one does.
    pub external: Option<std::net::SocketAddr>,
}

/// How a service is reached from where a person types.
#[derive(Clone, Debug)]
pub struct Reached<'a> {
    /// The host's name.
    pub host: &'a str,
    /// Whether the lab's names are known there, and its root trusted.
    pub is_inside: bool,
    /// The service's address as reached from there.
    pub address: std::net::IpAddr,
    /// What must be added to a standard port to reach it from there: 0 or 8000.
    pub port_offset: u16,
    /// The lab's resolver as reached from there, if it has one.
    pub resolver: Option<std::net::SocketAddr>,
    /// A name of the lab that is worth asking for.
    pub example: &'a str,
    /// The address inside the lab that belongs to that name.
    pub example_address: std::net::IpAddr,
    /// The mail addresses of the lab.
    pub mailboxes: &'a [String],
    /// The file with the root that vouches for the lab's certificates, if it is kept in one.
    pub root: Option<&'a std::path::Path>,
}

/// A command to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program that must be on the PATH.
    pub program: &'static str,
    /// The whole line.
    pub line: String,
    /// What does the same where that program is missing: the arguments of toynet's own client.
    pub own: Option<String>,
    /// What it shows, in a few words.
    pub shows: String,
}
