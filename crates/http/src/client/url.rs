//! URLs as people type them and servers send them (RFC 3986, RFC 9110 4.2).

use std::fmt;

use crate::host::Authority;

/// Where something is: an `http` or `https` URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// Whether TLS comes first.
    pub is_secure: bool,
    /// The host in lower case; an IPv6 literal without brackets.
    pub host: String,
    /// The port, also where it was not written.
    pub port: u16,
    /// Path and query, percent-encoded: what an origin server is asked for (RFC 9112 3.2.1).
    pub target: String,
}

/// Why a text is no URL that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Another scheme.
    #[error("the URL begins with {0}: and not with http: or https:")]
    Scheme(String),
    /// There is none.
    #[error("the URL names no host")]
    NoHost,
    /// It cannot be one.
    #[error("the URL's host is invalid at its character {0}; a name beyond ASCII is written in its xn-- form")]
    Host(usize),
    /// It is none from 1 to 65535.
    #[error("the URL's port is none")]
    Port,
    /// A password where all can read it.
    #[error("a user in an http URL is deprecated (RFC 9110 4.2.4): say -u USER:PASSWORD")]
    User,
}

impl Url {
    /// Reads a URL; without a scheme it is one of `http`. The fragment, which is no server's business, is left
    /// out (RFC 9110 4.2.5), and what may not stand in a URL is percent-encoded.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let text = text.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
            _ => ("http".to_owned(), text),
        };
        let is_secure = match scheme.as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(UrlError::Scheme(scheme)),
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(UrlError::User);
        }
        let (host, port) = read_authority(authority)?;
        let port = port.unwrap_or(if is_secure { 443 } else { 80 });
        Ok(Self { is_secure, host, port, target: in_origin_form(target) })
    }

    /// The URL that `reference` means here, as a `Location` has one (RFC 3986 5.2).
    ///
    /// # Errors
    /// When it is of another scheme, or broken.
    pub fn join(&self, reference: &str) -> Result<Self, UrlError> {
        let reference = reference.trim().split('#').next().unwrap_or_default();
        if let Some((scheme, rest)) = reference.split_once(':')
            && is_scheme(scheme)
        {
            let has_authority =
                rest.starts_with("//") && ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
            return if has_authority { Self::parse(reference) } else { Err(UrlError::Scheme(scheme.to_owned())) };
        }
        if reference.starts_with("//") {
            return Self::parse(&format!("{}:{reference}", self.scheme()));
        }
        let path = self.target.split('?').next().unwrap_or_default();
        let target = match reference.chars().next() {
            None => self.target.clone(),
            Some('/') => reference.to_owned(),
            Some('?') => format!("{path}{reference}"),
            Some(_) => format!("{}{reference}", &path[..=path.rfind('/').unwrap_or(0)]),
        };
        Ok(Self { target: in_origin_form(&without_dots(&target)), ..self.clone() })
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        if self.is_secure { "https" } else { "http" }
    }

    /// What stands in `Host`: the port only where it is not the scheme's own (RFC 9110 4.2.3).
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.is_secure { 443 } else { 80 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }

    /// The path without the query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// Whether both are of the same origin (RFC 9110 4.3.1), so that credentials may go to both.
    pub fn is_same_origin(&self, other: &Self) -> bool {
        (self.is_secure, &self.host, self.port) == (other.is_secure, &other.host, other.port)
    }

    /// With more in its query.
    #[must_use]
    pub fn with_query(&self, query: &str) -> Self {
        let mark = if self.target.contains('?') { '&' } else { '?' };
        Self { target: in_origin_form(&format!("{}{mark}{query}", self.target)), ..self.clone() }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme(), self.authority(), self.target)
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet))
}

fn read_authority(text: &str) -> Result<(String, Option<u16>), UrlError> {
    if text.is_empty() || text.starts_with(':') {
        return Err(UrlError::NoHost);
    }
    match Authority::parse(text) {
        Ok(Authority { port: Some(0), .. }) => Err(UrlError::Port),
        Ok(authority) => Ok((authority.name.into_owned(), authority.port)),
        Err(crate::host::HostError::Invalid(at)) if text.rfind(':').is_some_and(|colon| at > colon) => {
            Err(UrlError::Port)
        }
        Err(crate::host::HostError::Invalid(at)) => Err(UrlError::Host(at + 1)),
        Err(_) => Err(UrlError::NoHost),
    }
}

/// A target begins with a slash and holds only what RFC 3986 allows.
fn in_origin_form(target: &str) -> String {
    let mut form = String::with_capacity(target.len() + 1);
    if !target.starts_with('/') {
        form.push('/');
    }
    for octet in target.bytes() {
        match octet {
            octet if octet.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=%".contains(&octet) => {
                form.push(char::from(octet))
            }
            octet => form.push_str(&format!("%{octet:02X}")),
        }
    }
    form
}

/// RFC 3986 5.2.4.
fn without_dots(target: &str) -> String {
    let (path, query) = target.split_at(target.find('?').unwrap_or(target.len()));
    let mut kept: Vec<&str> = Vec::new();
    let mut parts = path.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        match part {
            ".." => drop(kept.pop()),
            "." => {}
            part => kept.push(part),
        }
        if is_last && matches!(part, "." | "..") {
            kept.push("");
        }
    }
    format!("/{}{query}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_filled_in() {
        for (text, whole) in [
            ("www.shop.test", "http://www.shop.test/"),
            ("WWW.Shop.test:8080?q=a b", "http://www.shop.test:8080/?q=a%20b"),
            ("https://[::1]/ä#part", "https://[::1]/%C3%A4"),
            ("http://a.test:80/x?y", "http://a.test/x?y"),
            ("https://a.test:80", "https://a.test:80/"),
            ("a.test/http://b.test/", "http://a.test/http://b.test/"),
        ] {
            assert_eq!(Url::parse(text).map(|url| url.to_string()), Ok(whole.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused_with_a_reason() {
        assert_eq!(Url::parse("ftp://a.test/"), Err(UrlError::Scheme("ftp".into())));
        assert_eq!(Url::parse("http:///x"), Err(UrlError::NoHost));
        assert_eq!(Url::parse("http://me:pw@a.test/"), Err(UrlError::User));
        assert_eq!(Url::parse("a.test:http"), Err(UrlError::Port));
        assert_eq!(Url::parse("a.test:0"), Err(UrlError::Port));
        assert_eq!(Url::parse("bücher.test"), Err(UrlError::Host(2)));
    }

    #[test]
    fn references_are_resolved_as_rfc_3986_does() {
        let base = Url::parse("http://a/b/c/d;p?q").unwrap();
        for (reference, target) in [
            ("g", "/b/c/g"),
            ("./g", "/b/c/g"),
            ("g/", "/b/c/g/"),
            ("/g", "/g"),
            ("?y", "/b/c/d;p?y"),
            ("g?y/../x", "/b/c/g?y/../x"),
            ("#s", "/b/c/d;p?q"),
            ("", "/b/c/d;p?q"),
            (".", "/b/c/"),
            ("..", "/b/"),
            ("../g", "/b/g"),
            ("../../../g", "/g"),
            ("/./g", "/g"),
            ("g;x=1/../y", "/b/c/y"),
        ] {
            assert_eq!(base.join(reference).unwrap().target, target, "{reference}");
        }
        assert_eq!(base.join("//g").unwrap().to_string(), "http://g/");
        assert_eq!(base.join("HTTPS://g/x").unwrap().to_string(), "https://g/x");
        assert_eq!(base.join("mailto:me"), Err(UrlError::Scheme("mailto".into())));
    }
}
