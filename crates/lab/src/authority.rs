//! The lab's certificate authority: one root for each lab, and certificates for its hosts.
//!
//! The root is made once and kept with the lab's state, so that whoever trusts it goes on doing so. A host's
//! certificates are made when somebody first asks for them, and live as long as the lab runs.
//!
//! - `root`: the root, and where it is kept; `leaf`: a host's certificate, right or wrong on purpose
//! - `keys`: where private keys are from

mod keys;
mod leaf;
mod root;
mod span;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use base64::Engine;
use rcgen::PublicKeyData;
use toynet_machine::Time;
use toynet_net::Clock;
use toynet_net::tls::{self, ClientConfig, Identities, Identity, Server, Spoilt, Tickets, Trust};
use toynet_service::tls::{Certificates, Kind, Shows, Wanted};

use keys::Keys;
use root::Root;
pub use root::kept;

/// The authority of one lab. Clones are the same authority.
#[derive(Clone)]
pub struct Authority(Arc<Inner>);

struct Inner {
    root: Root,
    /// One that nobody trusts, for certificates that are to be refused.
    stranger: OnceLock<Root>,
    keys: Keys,
    clock: Clock,
    tickets: Tickets,
    /// By kind, host and name.
    issued: Mutex<BTreeMap<(Kind, String, String), Issued>>,
}

struct Issued {
    identity: Identity,
    addresses: Vec<IpAddr>,
    at: Time,
}

impl Authority {
    /// The authority of the lab of this name, whose root is kept below `state`, or made and then kept
    /// there. Without a folder it is gone with the lab.
    ///
    /// # Errors
    /// When what is kept cannot be read or is of another lab, or cannot be kept.
    pub fn open(lab: &str, state: Option<&Path>, clock: Clock) -> io::Result<Self> {
        let root = match state {
            Some(state) => Root::keep(lab, state, clock.now())?,
            None => Root::make(lab, &Keys::Random, clock.now())?,
        };
        Self::new(root, Keys::Random, clock)
    }

    /// An authority whose keys grow from `seed`, so that all its certificates are equal from run to run.
    /// Whoever knows the seed knows the keys: it is for labs that nothing leaves.
    ///
    /// # Errors
    /// When the system has no random numbers for what is no key.
    pub fn seeded(lab: &str, seed: u64, clock: Clock) -> io::Result<Self> {
        let keys = Keys::Seeded(seed);
        Self::new(Root::make(lab, &keys, clock.now())?, keys, clock)
    }

    fn new(root: Root, keys: Keys, clock: Clock) -> io::Result<Self> {
        let (stranger, tickets, issued) = (OnceLock::new(), Tickets::new()?, Mutex::default());
        Ok(Self(Arc::new(Inner { root, stranger, keys, clock, tickets, issued })))
    }

    /// The root's certificate in PEM: what a client must trust.
    pub fn root_pem(&self) -> &str {
        self.0.root.pem()
    }

    /// The file that holds it, if it is kept in one.
    pub fn root_file(&self) -> Option<&Path> {
        self.0.root.file()
    }

    /// The SHA-256 of the root's public key in base 64, as browsers name keys (RFC 7469 2.4).
    pub fn root_key_hash(&self) -> String {
        let key = self.0.root.issuer().key().subject_public_key_info();
        base64::prelude::BASE64_STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, &key))
    }
}

/// A certificate in PEM as bare octets.
///
/// # Errors
/// Why there is none.
pub fn der(pem: &str) -> Result<Vec<u8>, tls::BadIdentity> {
    tls::certificates(pem).map(|mut found| found.swap_remove(0).to_vec())
}

impl Certificates for Authority {
    fn server(&self, wanted: &Wanted<'_>) -> io::Result<Server> {
        let (own, kind) = match &wanted.shows {
            Shows::Own(identity) => (Some(identity.clone()), Kind::Right),
            Shows::Lab(kind) => (None, *kind),
        };
        let identities: Arc<dyn Identities> = Arc::new(ForHost {
            authority: self.clone(),
            own,
            kind,
            names: wanted.names.clone(),
            addresses: wanted.addresses.clone(),
        });
        Server::new(identities, wanted.versions, wanted.alpn, &self.0.tickets, self.0.clock)
    }

    fn client(&self, alpn: &[&str]) -> io::Result<ClientConfig> {
        Trust::Authorities(self.root_pem().to_owned()).client(alpn, self.0.clock)
    }
}

/// The certificates of one host.
#[derive(Debug)]
struct ForHost {
    authority: Authority,
    /// One that its owner has brought, for all names.
    own: Option<Identity>,
    kind: Kind,
    names: Vec<String>,
    addresses: Vec<IpAddr>,
}

impl Identities for ForHost {
    fn identity(&self, name: Option<&str>) -> Option<Identity> {
        self.own.clone().or_else(|| self.made(name, self.kind))
    }

    fn spoilt(&self, name: Option<&str>, how: Spoilt) -> Option<Identity> {
        self.made(name, how.into())
    }
}

impl ForHost {
    /// Under a name that is not the host's, it shows the certificate of its own, as web servers do: the
    /// client sees whom it has reached.
    fn made(&self, name: Option<&str>, kind: Kind) -> Option<Identity> {
        let asked = name.map(|name| name.trim_end_matches('.').to_ascii_lowercase());
        let host = self.names.first()?;
        let name = asked.filter(|asked| self.names.contains(asked)).unwrap_or_else(|| host.clone());
        let made = self.authority.0.identity(kind, host, &name, &self.addresses);
        made.inspect_err(|error| tracing::error!(host, name, "no certificate can be made: {error}")).ok()
    }
}

impl Inner {
    fn identity(&self, kind: Kind, host: &str, name: &str, addresses: &[IpAddr]) -> io::Result<Identity> {
        let now = self.clock.now();
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (kind, host.to_owned(), name.to_owned());
        let holds = |known: &&Issued| now.since(known.at) < leaf::RENEWED_AFTER && known.addresses == addresses;
        if let Some(known) = issued.get(&key).filter(holds) {
            return Ok(known.identity.clone());
        }
        let identity = self.issue(kind, name, addresses, now)?;
        let addresses = addresses.to_vec();
        issued.insert(key, Issued { identity: identity.clone(), addresses, at: now });
        Ok(identity)
    }

    fn issue(&self, kind: Kind, name: &str, addresses: &[IpAddr], now: Time) -> io::Result<Identity> {
        let leaf = leaf::Leaf { kind, name, addresses, now };
        let key = self.keys.pair(&format!("{kind:?} {name}")).map_err(io::Error::other)?;
        match kind {
            Kind::Right | Kind::Expired | Kind::NotYetValid | Kind::WrongName => leaf.signed_by(&self.root, key),
            Kind::UnknownAuthority => leaf.signed_by(self.stranger(now)?, key),
            Kind::SelfSigned => leaf.self_signed(key),
        }
    }

    fn stranger(&self, now: Time) -> io::Result<&Root> {
        if let Some(stranger) = self.stranger.get() {
            return Ok(stranger);
        }
        let made = Root::make(STRANGER, &self.keys, now)?;
        Ok(self.stranger.get_or_init(|| made))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("file", &self.root_file()).finish_non_exhaustive()
    }
}

/// No lab can be called so.
const STRANGER: &str = "that nobody trusts";

#[cfg(test)]
mod tests;
