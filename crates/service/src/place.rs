//! What a service may know of the lab around it.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use toynet_net::tls::Server;

use crate::tls::{self, Certificate, Certificates, Settings, Shows, Wanted};

/// A host's name: lower case, without the final dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName(Arc<str>);

impl HostName {
    /// Reads a name: labels of 1 to 63 letters, digits, hyphens and underscores, 253 octets in all
    /// (RFC 1123 2.1), with or without the final dot.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() || text.len() > 253 {
            return Err("has between 1 and 253 characters");
        }
        for label in text.split('.') {
            if label.is_empty() || label.len() > 63 {
                return Err("has labels of 1 to 63 characters between its dots");
            }
            if !label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
                return Err("has only letters, digits, hyphens and underscores in its labels");
            }
            if label.starts_with('-') || label.ends_with('-') {
                return Err("has no label that begins or ends with a hyphen");
            }
        }
        Ok(Self(text.to_ascii_lowercase().into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its labels, the host's own first.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('.')
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What one host's service may know.
#[derive(Clone, Debug)]
pub struct Place {
    /// The host.
    pub host: HostName,
    /// Its addresses inside the lab.
    pub addresses: Vec<IpAddr>,
    /// The zones that it serves, derived or written by hand.
    pub zones: Vec<Arc<ZoneText>>,
    /// The root's name servers: what a resolver starts from.
    pub hints: Arc<Vec<(HostName, Vec<IpAddr>)>>,
    /// Where each address of the lab is reached from outside it. Empty in a lab that has no outside.
    pub outside: Arc<Doors>,
    /// The files that the lab file can name.
    pub files: Arc<dyn Files>,
    /// The lab's authority.
    pub certificates: Arc<dyn Certificates>,
    /// Where the host keeps what must outlive the lab: a folder of its own, which may not exist yet. Without
    /// one, all is in memory.
    pub state: Option<PathBuf>,
    /// The lab's seed.
    pub seed: u64,
}

impl Place {
    /// How this host speaks TLS as `settings` say, under its own name and `aliases`, at its addresses inside
    /// and outside the lab; with these application protocols (RFC 7301), best first.
    ///
    /// # Errors
    /// When a file of certificates is no longer as it was, or there is no authority.
    pub fn tls_server<'a>(
        &self,
        settings: &Settings,
        aliases: impl IntoIterator<Item = &'a str>,
        alpn: &[&str],
    ) -> io::Result<Server> {
        let aliases = aliases.into_iter().map(str::to_ascii_lowercase);
        let doors = self.addresses.iter().filter_map(|address| self.outside.get(address));
        let shows = match &settings.certificate {
            Certificate::Lab(kind) => Shows::Lab(*kind),
            Certificate::Own { chain, key } => Shows::Own(tls::load(chain, key.as_ref(), &*self.files)?),
        };
        self.certificates.server(&Wanted {
            names: std::iter::once(self.host.to_string()).chain(aliases).collect(),
            addresses: self.addresses.iter().chain(doors).map(IpAddr::to_canonical).collect(),
            shows,
            versions: settings.versions,
            alpn,
        })
    }
}

/// For each address of a lab the one at which it is reached from outside.
pub type Doors = BTreeMap<IpAddr, IpAddr>;

/// A zone as master-file text (RFC 1035 section 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneText {
    /// Its name, with the final dot.
    pub origin: String,
    /// Where it is from: a path, or `derived`.
    pub source: String,
    /// The text.
    pub text: String,
}

/// The files beside a lab file: a folder on disk, or what the binary brings along.
///
/// Paths are as written in the lab file: relative to it, or absolute.
pub trait Files: fmt::Debug + Send + Sync {
    /// A text file, whole.
    ///
    /// # Errors
    /// As the file system says, and when it is not UTF-8.
    fn text(&self, path: &str) -> io::Result<String>;

    /// What stands at `path`.
    fn kind(&self, path: &str) -> FileKind;

    /// A folder with all below it.
    ///
    /// # Errors
    /// When there is no such folder.
    fn folder(&self, path: &str) -> io::Result<Folder>;
}

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Nothing.
    Missing,
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// A folder of files.
#[derive(Clone, Debug)]
pub enum Folder {
    /// On disk.
    Disk(PathBuf),
    /// Brought along: paths with `/` and without a leading one, and contents.
    Embedded(Vec<(String, &'static [u8])>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_and_without_the_final_dot() {
        assert_eq!(HostName::parse("WWW.Shop.test.").unwrap().as_str(), "www.shop.test");
        assert!(HostName::parse("a..b").is_err());
        assert!(HostName::parse("-a.test").is_err());
        assert!(HostName::parse("a b").is_err());
        assert!(HostName::parse("").is_err());
    }
}
