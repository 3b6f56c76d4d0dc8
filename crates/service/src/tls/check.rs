//! Certificates and keys from files: whether they are there and fit each other.

use std::io;

use toml::Spanned;
use toynet_net::tls::{BadIdentity, Identity};

use super::read::KINDS;
use super::{Certificate, Tls};
use crate::{Files, Mistake};

impl Tls {
    /// Mistakes in the files that it names.
    pub fn check(&self, files: &dyn Files) -> Vec<Mistake> {
        let Some(Certificate::Own { chain, key }) = self.settings().map(|settings| &settings.certificate) else {
            return Vec::new();
        };
        let unreadable = |path: &Spanned<String>| files.text(path.get_ref()).err().map(|error| told(path, &error));
        let no_chain = unreadable(chain).map(|mistake| if key.is_none() { or_a_word(mistake) } else { mistake });
        let mut mistakes: Vec<_> = no_chain.into_iter().chain(key.as_ref().and_then(unreadable)).collect();
        if mistakes.is_empty()
            && let Err(bad) = own(chain, key.as_ref(), files)
        {
            mistakes.push(*bad);
        }
        mistakes
    }
}

/// The identity that two files are, or one that holds both.
fn own(chain: &Spanned<String>, key: Option<&Spanned<String>>, files: &dyn Files) -> Result<Identity, Box<Mistake>> {
    let text = |path: &Spanned<String>| files.text(path.get_ref()).map_err(|error| Box::new(told(path, &error)));
    let key_file = key.unwrap_or(chain);
    Identity::from_pem(&text(chain)?, &text(key_file)?).map_err(|bad| {
        let (at, advice) = match &bad {
            BadIdentity::NoCertificate => (chain, "it is wanted as PEM: `-----BEGIN CERTIFICATE-----`"),
            BadIdentity::Certificate(_) => (chain, "`openssl x509 -in FILE -text` shows one that is whole"),
            BadIdentity::NoKey if key.is_none() => (chain, "name the key's file beside it: `key = \"shop.key\"`"),
            BadIdentity::NoKey => (key_file, "it is wanted as PEM: `-----BEGIN PRIVATE KEY-----`"),
            BadIdentity::Key(_) => (key_file, "keys of RSA, ECDSA (P-256, P-384) and Ed25519 can be used"),
            BadIdentity::Mismatch => (key_file, "the chain's first certificate must be the one of this key"),
        };
        Box::new(Mistake::new(at.span(), format!("`{}`: {bad}", at.get_ref())).advise(advice))
    })
}

/// The same when it was checked before.
pub(crate) fn load(chain: &Spanned<String>, key: Option<&Spanned<String>>, files: &dyn Files) -> io::Result<Identity> {
    own(chain, key, files).map_err(|mistake| io::Error::new(io::ErrorKind::InvalidData, mistake.what))
}

fn told(path: &Spanned<String>, error: &io::Error) -> Mistake {
    let (span, path) = (path.span(), path.get_ref());
    if error.kind() != io::ErrorKind::NotFound {
        return Mistake::new(span, format!("`{path}` cannot be read: {error}"));
    }
    Mistake::new(span, format!("there is no file `{path}`")).advise(FROM_THERE)
}

/// What stands alone may have been meant for one of these.
fn or_a_word(mistake: Mistake) -> Mistake {
    let words = KINDS.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    mistake.advise(format!("{FROM_THERE}; what the lab makes itself is {words}"))
}

const FROM_THERE: &str = "a path that does not begin with `/` starts at the lab file's folder";
