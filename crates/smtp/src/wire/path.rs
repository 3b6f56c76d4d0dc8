//! Paths, as they stand in MAIL and RCPT (RFC 5321 4.1.2; RFC 6531 3.3 for addresses beyond ASCII).
//!
//! A path is kept by its value: quotes that say nothing are dropped, those that are needed come back
//! when it is written, so that it can be relayed.

mod parse;

use std::fmt;
use std::net::IpAddr;

pub(crate) use parse::Cursor;
pub use parse::PathFault;

/// Whom a mail is from, as far as the envelope says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReversePath {
    /// `<>`: a notification, to which none may be sent in turn (RFC 5321 4.5.5).
    Null,
    /// A mailbox.
    Mailbox(Mailbox),
}

/// Whom a mail is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ForwardPath {
    /// `<Postmaster>` without a domain: whoever looks after the server (RFC 5321 4.5.1).
    Postmaster,
    /// A mailbox.
    Mailbox(Mailbox),
}

/// A local part and a domain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mailbox {
    /// The local part as it is meant: without quotes. Only its own domain knows more of it.
    pub local: String,
    /// Where it is.
    pub domain: Domain,
}

/// What stands after the `@`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Domain {
    /// A name, in lower case.
    Name(String),
    /// An address in brackets.
    Address(IpAddr),
    /// A literal of some other kind (RFC 5321 4.1.3): what stands between the brackets.
    Literal(String),
}

impl ReversePath {
    /// Reads a path with its angle brackets.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, PathFault> {
        parse::whole(text, Cursor::reverse_path)
    }

    /// Whether it can be sent to a server that knows no SMTPUTF8.
    pub fn is_ascii(&self) -> bool {
        match self {
            ReversePath::Null => true,
            ReversePath::Mailbox(mailbox) => mailbox.is_ascii(),
        }
    }
}

impl ForwardPath {
    /// Reads a path with its angle brackets.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, PathFault> {
        parse::whole(text, Cursor::forward_path)
    }

    /// Whether it can be sent to a server that knows no SMTPUTF8.
    pub fn is_ascii(&self) -> bool {
        match self {
            ForwardPath::Postmaster => true,
            ForwardPath::Mailbox(mailbox) => mailbox.is_ascii(),
        }
    }
}

impl Mailbox {
    /// Reads an address without brackets: `alice@shop.test`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, PathFault> {
        parse::whole(text, Cursor::mailbox)
    }

    /// Whether all of it is ASCII.
    pub fn is_ascii(&self) -> bool {
        self.local.is_ascii()
            && match &self.domain {
                Domain::Name(name) | Domain::Literal(name) => name.is_ascii(),
                Domain::Address(_) => true,
            }
    }
}

impl fmt::Display for ReversePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReversePath::Null => f.write_str("<>"),
            ReversePath::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

impl fmt::Display for ForwardPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ForwardPath::Postmaster => f.write_str("<Postmaster>"),
            ForwardPath::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

/// With as few quotes as possible (RFC 5321 4.1.2).
impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if parse::is_dot_string(&self.local) {
            return write!(f, "{}@{}", self.local, self.domain);
        }
        let escaped = self.local.replace('\\', "\\\\").replace('"', "\\\"");
        write!(f, "\"{escaped}\"@{}", self.domain)
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Domain::Name(name) => f.write_str(name),
            Domain::Address(IpAddr::V4(address)) => write!(f, "[{address}]"),
            Domain::Address(IpAddr::V6(address)) => write!(f, "[IPv6:{address}]"),
            Domain::Literal(content) => write!(f, "[{content}]"),
        }
    }
}

#[cfg(test)]
mod tests;
