//! The versions of HTTP that can be asked for.

/// Which version to speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Version {
    /// Whatever TLS agrees on, and HTTP/1.1 in clear.
    #[default]
    Best,
    One(u8),
    /// HTTP/2 without asking.
    Two,
    /// HTTP/3 and nothing else.
    Three,
}

/// What HTTP/3 cannot be without.
pub(super) const ONLY_HTTPS: &str = "HTTP/3 is for https alone (RFC 9114 3.1)";
