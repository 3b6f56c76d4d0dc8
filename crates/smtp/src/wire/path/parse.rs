//! Reading paths.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Domain, ForwardPath, Mailbox, ReversePath};

/// What is wrong with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// It does not begin with `<`.
    #[error("the path does not begin with <")]
    Unopened,
    /// It does not end with `>`.
    #[error("the path does not end with >")]
    Unclosed,
    /// A source route that is none.
    #[error("the source route is malformed")]
    SourceRoute,
    /// The local part is neither atoms with dots between them nor a quoted string.
    #[error("the local part is malformed")]
    LocalPart,
    /// The local part has more than 64 octets (RFC 5321 4.5.3.1.1).
    #[error("the local part has more than 64 octets")]
    LocalPartTooLong,
    /// No domain follows the local part.
    #[error("no @ and domain follow the local part")]
    NoDomain,
    /// The domain is no name.
    #[error("the domain is malformed")]
    Domain,
    /// The domain has more than 255 octets (RFC 5321 4.5.3.1.2).
    #[error("the domain has more than 255 octets")]
    DomainTooLong,
    /// What stands in brackets is no address.
    #[error("the address literal is malformed")]
    Literal,
    /// The path has more than 256 octets (RFC 5321 4.5.3.1.3).
    #[error("the path has more than 256 octets")]
    TooLong,
    /// Something follows where nothing may.
    #[error("something follows the address")]
    Trailing,
}

/// A place in a text that is being read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    pub rest: &'a str,
}

/// Reads all of `text` with one of the cursor's readers.
pub(super) fn whole<'a, T>(
    text: &'a str,
    read: impl FnOnce(&mut Cursor<'a>) -> Result<T, PathFault>,
) -> Result<T, PathFault> {
    let mut cursor = Cursor { rest: text };
    let value = read(&mut cursor)?;
    if cursor.rest.is_empty() { Ok(value) } else { Err(PathFault::Trailing) }
}

impl<'a> Cursor<'a> {
    pub fn reverse_path(&mut self) -> Result<ReversePath, PathFault> {
        if self.skip("<>") {
            return Ok(ReversePath::Null);
        }
        self.path(Cursor::mailbox).map(ReversePath::Mailbox)
    }

    pub fn forward_path(&mut self) -> Result<ForwardPath, PathFault> {
        let length = POSTMASTER.len();
        if self.rest.get(..length).is_some_and(|start| start.eq_ignore_ascii_case(POSTMASTER)) {
            self.rest = &self.rest[length..];
            return Ok(ForwardPath::Postmaster);
        }
        self.path(Cursor::mailbox).map(ForwardPath::Mailbox)
    }

    fn path<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, PathFault>) -> Result<T, PathFault> {
        let before = self.rest.len();
        if !self.skip("<") {
            return Err(PathFault::Unopened);
        }
        self.source_route()?;
        let value = read(self)?;
        if !self.skip(">") {
            return Err(PathFault::Unclosed);
        }
        if before - self.rest.len() > LONGEST_PATH { Err(PathFault::TooLong) } else { Ok(value) }
    }

    /// `@one,@two:` is accepted and ignored (RFC 5321 4.1.2 and appendix C).
    fn source_route(&mut self) -> Result<(), PathFault> {
        if !self.rest.starts_with('@') {
            return Ok(());
        }
        while self.skip("@") {
            self.domain().map_err(|_| PathFault::SourceRoute)?;
            if self.skip(":") {
                return Ok(());
            }
            if !self.skip(",") {
                break;
            }
        }
        Err(PathFault::SourceRoute)
    }

    pub fn mailbox(&mut self) -> Result<Mailbox, PathFault> {
        let local = if self.rest.starts_with('"') { self.quoted_string()? } else { self.dot_string()? };
        if local.len() > LONGEST_LOCAL_PART {
            return Err(PathFault::LocalPartTooLong);
        }
        if !self.skip("@") {
            return Err(PathFault::NoDomain);
        }
        Ok(Mailbox { local, domain: self.domain()? })
    }

    fn dot_string(&mut self) -> Result<String, PathFault> {
        let text = self.take_while(|char| is_atext(char) || char == '.');
        if is_dot_string(text) { Ok(text.to_owned()) } else { Err(PathFault::LocalPart) }
    }

    fn quoted_string(&mut self) -> Result<String, PathFault> {
        let mut chars = self.rest.char_indices().skip(1);
        let mut value = String::new();
        while let Some((at, char)) = chars.next() {
            match char {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(value);
                }
                '\\' => match chars.next() {
                    Some((_, char @ ' '..='~')) => value.push(char),
                    Some(_) | None => break,
                },
                ' '..='~' => value.push(char),
                char if !char.is_ascii() && !char.is_control() => value.push(char),
                _ => break,
            }
        }
        Err(PathFault::LocalPart)
    }

    pub fn domain(&mut self) -> Result<Domain, PathFault> {
        if self.skip("[") {
            return self.literal();
        }
        let name = self.take_while(|char| char.is_ascii_alphanumeric() || ".-".contains(char) || is_beyond(char));
        if name.len() > LONGEST_DOMAIN {
            return Err(PathFault::DomainTooLong);
        }
        if name.split('.').all(is_label) { Ok(Domain::Name(name.to_ascii_lowercase())) } else { Err(PathFault::Domain) }
    }

    fn literal(&mut self) -> Result<Domain, PathFault> {
        // dcontent: printable, without brackets and backslash (RFC 5321 4.1.2).
        let content = self.take_while(|char| char.is_ascii_graphic() && !"[]\\".contains(char));
        if !self.skip("]") {
            return Err(PathFault::Literal);
        }
        if content.len() + 2 > LONGEST_DOMAIN {
            return Err(PathFault::DomainTooLong);
        }
        if let Ok(address) = content.parse::<Ipv4Addr>() {
            return Ok(Domain::Address(IpAddr::V4(address)));
        }
        let (tag, value) = content.split_once(':').ok_or(PathFault::Literal)?;
        if tag.eq_ignore_ascii_case("IPv6") {
            let address = value.parse::<Ipv6Addr>().map_err(|_| PathFault::Literal)?;
            return Ok(Domain::Address(IpAddr::V6(address)));
        }
        if is_label(tag) && !value.is_empty() {
            Ok(Domain::Literal(content.to_owned()))
        } else {
            Err(PathFault::Literal)
        }
    }

    fn take_while(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|char| !is_part(char)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn skip(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

/// Whether a local part needs no quotes.
pub(super) fn is_dot_string(text: &str) -> bool {
    text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

/// RFC 5322 3.2.3, and RFC 6531 3.3.
fn is_atext(char: char) -> bool {
    char.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(char) || is_beyond(char)
}

fn is_beyond(char: char) -> bool {
    !char.is_ascii() && !char.is_control() && !char.is_whitespace()
}

/// A label of a host name: letters, digits and hyphens, with no hyphen at an end; 63 octets (RFC 1035 2.3.4).
fn is_label(label: &str) -> bool {
    let is_inner = |char: char| char.is_ascii_alphanumeric() || char == '-' || is_beyond(char);
    !label.is_empty()
        && label.len() <= 63
        && label.chars().all(is_inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

const POSTMASTER: &str = "<Postmaster>";
/// RFC 5321 4.5.3.1.1 to 4.5.3.1.3.
const LONGEST_LOCAL_PART: usize = 64;
const LONGEST_DOMAIN: usize = 255;
const LONGEST_PATH: usize = 256;
