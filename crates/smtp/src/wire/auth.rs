//! What stands in the dialogue of AUTH (RFC 4954): PLAIN (RFC 4616), and LOGIN, which no RFC describes and
//! every client knows.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Octets that nobody else may read.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub Vec<u8>);

/// Who a user is, and how they prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// A way to say who one is that this server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// Name and password in one.
    Plain,
    /// The one after the other.
    Login,
}

impl Mechanism {
    /// All of them, best first.
    pub const ALL: [Self; 2] = [Mechanism::Plain, Mechanism::Login];

    /// Its registered name.
    pub fn name(self) -> &'static str {
        match self {
            Mechanism::Plain => "PLAIN",
            Mechanism::Login => "LOGIN",
        }
    }

    /// The mechanism of a name, in whatever case.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mechanism| mechanism.name().eq_ignore_ascii_case(name))
    }
}

/// What a line of the dialogue says. `=` is a first response of no octets (RFC 4954 section 4).
pub fn decoded(line: &[u8]) -> Option<Vec<u8>> {
    if line == b"=" { Some(Vec::new()) } else { STANDARD.decode(line).ok() }
}

/// A line of the dialogue that says this.
pub fn encoded(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

impl Credentials {
    /// Reads the message of PLAIN: whom to act as, the name and the password, with NUL between them.
    /// Nobody acts as another here.
    pub fn of_plain(message: &[u8]) -> Option<Self> {
        let mut parts = message.split(|octet| *octet == 0);
        let (acting, user, password) = (parts.next()?, parts.next()?, parts.next()?);
        let is_oneself = acting.is_empty() || acting == user;
        if user.is_empty() || !is_oneself || parts.next().is_some() {
            return None;
        }
        Self::new(user, password)
    }

    /// Of a name, which is UTF-8, and a password.
    pub fn new(user: &[u8], password: &[u8]) -> Option<Self> {
        Some(Self { user: String::from_utf8(user.to_vec()).ok()?, password: Secret(password.to_vec()) })
    }

    /// The message of PLAIN.
    pub fn plain(&self) -> Secret {
        Secret([b"\0", self.user.as_bytes(), b"\0", &self.password.0].concat())
    }
}

/// Without what it holds.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} octets)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_has_a_name_and_a_password() {
        let alice = Credentials::new(b"alice", b"se cret").unwrap();
        assert_eq!(Credentials::of_plain(&alice.plain().0), Some(alice.clone()));
        assert_eq!(Credentials::of_plain(b"alice\0alice\0se cret"), Some(alice.clone()));
        for message in [&b""[..], b"a\0b", b"\0\0b", b"bob\0alice\0x", b"\0a\0b\0c", b"\0\xff\0b"] {
            assert_eq!(Credentials::of_plain(message), None, "{message:?}");
        }
        assert!(!format!("{alice:?}").contains("se cret"));
    }

    #[test]
    fn lines_are_base64() {
        assert_eq!(decoded(encoded(b"\0a\0b").as_bytes()).unwrap(), b"\0a\0b");
        assert_eq!(decoded(b"=").unwrap(), b"");
        assert_eq!(decoded(b"no!"), None);
    }
}
