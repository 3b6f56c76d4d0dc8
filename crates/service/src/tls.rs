//! TLS of a service: its key in the lab file, and where its certificates are from.
//!
//! A service takes a [`Tls`] into its table. What that says becomes a [`toynet_net::tls::Server`] by
//! [`Place::tls_server`](crate::Place::tls_server), for a port of its own or to start in the middle of a
//! conversation.
//!
//! ```toml
//! tls = true
//! tls = "expired"
//! tls = { certificate = "self-signed", versions = ["1.2"] }
//! tls = { certificate = "shop.pem", key = "shop.key" }
//! ```
//!
//! - `read`: from the lab file; `check`: what is wrong with the files that it names
//! - [`fault`]: the words for what goes wrong on purpose while it begins

mod check;
pub mod fault;
mod read;

use std::fmt;
use std::io;
use std::net::IpAddr;

use toml::Spanned;
use toynet_net::tls::{ClientConfig, Identity, Server, Spoilt, Versions};

pub(crate) use check::load;

/// What a lab file says about TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// It is not spoken.
    Off,
    /// It is, like this.
    On(Settings),
}

/// How a service speaks TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whose certificates are shown.
    pub certificate: Certificate,
    /// Which versions are spoken.
    pub versions: Versions,
    /// The port where it is spoken from the first octet, if that is not the usual one.
    pub port: Option<u16>,
}

/// Whose certificates a service shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Those that the lab makes.
    Lab(Kind),
    /// One from files in PEM: the chain with the service's own first, and the key.
    Own {
        /// The chain's file as written.
        chain: Spanned<String>,
        /// The key's; without one the key is in the file of the chain.
        key: Option<Spanned<String>>,
    },
}

/// What is right or wrong with a certificate that the lab makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Nothing is wrong.
    #[default]
    Right,
    /// It held until yesterday.
    Expired,
    /// It will hold in some months.
    NotYetValid,
    /// It is for another name.
    WrongName,
    /// It is signed by an authority that nobody knows.
    UnknownAuthority,
    /// It is signed by itself.
    SelfSigned,
}

impl From<Spoilt> for Kind {
    fn from(spoilt: Spoilt) -> Self {
        match spoilt {
            Spoilt::Expired => Kind::Expired,
            Spoilt::NotYetValid => Kind::NotYetValid,
            Spoilt::WrongName => Kind::WrongName,
            Spoilt::UnknownAuthority => Kind::UnknownAuthority,
            Spoilt::SelfSigned => Kind::SelfSigned,
        }
    }
}

/// The authority of a lab: makes certificates for its hosts and vouches for them.
pub trait Certificates: fmt::Debug + Send + Sync {
    /// How a server speaks TLS that shows such certificates. All servers of a lab resume each other's
    /// sessions.
    ///
    /// # Errors
    /// When there is no authority, or none that can do this.
    fn server(&self, wanted: &Wanted<'_>) -> io::Result<Server>;

    /// How a client speaks TLS that trusts the lab's root and nothing else.
    ///
    /// # Errors
    /// When there is no authority.
    fn client(&self, alpn: &[&str]) -> io::Result<ClientConfig>;
}

/// What a server is to be like.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The names that it is reached by, in lower case, at least one. The first is shown to whoever asks for
    /// none of them.
    pub names: Vec<String>,
    /// The addresses that it is reached by.
    pub addresses: Vec<IpAddr>,
    /// What it shows.
    pub shows: Shows,
    /// Which versions it speaks.
    pub versions: Versions,
    /// Which application protocols it speaks (RFC 7301), best first.
    pub alpn: &'a [&'a str],
}

/// What a server shows.
#[derive(Clone, Debug)]
pub enum Shows {
    /// A certificate that the lab makes for each name.
    Lab(Kind),
    /// This one, whatever name is asked for.
    Own(Identity),
}

/// The authority of whoever has none: a single server, a test.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCertificates;

impl Certificates for NoCertificates {
    fn server(&self, _: &Wanted<'_>) -> io::Result<Server> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "there is no authority that makes certificates here"))
    }

    fn client(&self, _: &[&str]) -> io::Result<ClientConfig> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "there is no authority to trust here"))
    }
}

impl Tls {
    /// How TLS is spoken, if it is.
    pub fn settings(&self) -> Option<&Settings> {
        match self {
            Tls::Off => None,
            Tls::On(settings) => Some(settings),
        }
    }
}

impl Default for Tls {
    fn default() -> Self {
        Tls::On(Settings::default())
    }
}

impl Settings {
    /// What goes without saying where TLS is on.
    pub const USUAL: Self = Self { certificate: Certificate::Lab(Kind::Right), versions: Versions::Modern, port: None };

    /// Whether a client that trusts the lab's root is content.
    pub fn is_right(&self) -> bool {
        let speaks = self.versions != Versions::Old;
        speaks && self.certificate == Certificate::Lab(Kind::Right)
    }
}

impl Default for Certificate {
    fn default() -> Self {
        Certificate::Lab(Kind::Right)
    }
}

#[cfg(test)]
mod tests;
