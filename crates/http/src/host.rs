//! Which site a request is for: `Host`, `:authority` and the target's own authority (RFC 9110 7.2).

use std::borrow::Cow;
use std::net::Ipv6Addr;

use http::header::HOST;
use http::{HeaderMap, Method, Request, Uri, Version};

/// A checked authority: the virtual host's name and the port that the client wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority<'a> {
    /// In lower case, without port and final dot; an IPv6 literal without brackets, in RFC 5952 form.
    pub name: Cow<'a, str>,
    /// The port, when one was written.
    pub port: Option<u16>,
}

/// Why a request names no host that it could be for; each is answered 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// A request of HTTP/1.1 or later names no host.
    #[error("no Host field (RFC 9112 3.2)")]
    Missing,
    /// There is more than one `Host` line, whether they agree or not.
    #[error("more than one Host field (RFC 9112 3.2)")]
    Doubled,
    /// The octet at this place cannot stand there.
    #[error("the host is invalid at its octet {0} (RFC 9110 7.2)")]
    Invalid(usize),
    /// The target is neither a path nor a URI, though only CONNECT takes a bare authority.
    #[error("the target has no form that its method allows (RFC 9112 3.2)")]
    Form,
    /// `:authority` and `host` name different hosts.
    #[error(":authority and host differ (RFC 9113 8.3.1)")]
    Differs,
}

/// The authority that `request` is for; nothing when an old client named none, or an empty one, and
/// the default site applies (RFC 9112 3.3).
///
/// The authority of an absolute-form target wins over `Host` (RFC 9112 3.2.2), which must be in order all
/// the same.
///
/// # Errors
/// When the request must be answered 400.
pub fn authority<B>(request: &Request<B>) -> Result<Option<Authority<'_>>, HostError> {
    let field = host_field(request.headers())?;
    let of_target = of_target(request.uri())?;
    if request.uri().path() == "*" && request.method() != Method::OPTIONS {
        return Err(HostError::Form);
    }
    match request.version() {
        Version::HTTP_2 | Version::HTTP_3 => of_pseudo_header(of_target, field, request.uri()),
        Version::HTTP_11 if request.headers().get(HOST).is_none() => Err(HostError::Missing),
        _ if is_bare(request.uri()) && request.method() != Method::CONNECT => Err(HostError::Form),
        _ => Ok(of_target.or(field)),
    }
}

impl<'a> Authority<'a> {
    /// Reads `uri-host [ ":" port ]` (RFC 9110 7.2).
    ///
    /// # Errors
    /// [`HostError::Invalid`] with the place of the first octet that is out of place; user information
    /// is (RFC 9110 4.2.4).
    pub fn parse(text: &'a str) -> Result<Self, HostError> {
        let (name, after) = match text.strip_prefix('[') {
            Some(literal) => ipv6(literal)?,
            None => reg_name(text)?,
        };
        Ok(Self { name, port: port(text, after)? })
    }

    /// Whether both name the same origin server under `scheme`'s default port.
    fn is_same(&self, other: &Self, default_port: u16) -> bool {
        self.name == other.name && self.port.unwrap_or(default_port) == other.port.unwrap_or(default_port)
    }
}

/// Whether the target is in authority-form.
fn is_bare(target: &Uri) -> bool {
    target.authority().is_some() && target.scheme().is_none()
}

fn host_field(headers: &HeaderMap) -> Result<Option<Authority<'_>>, HostError> {
    let mut lines = headers.get_all(HOST).iter();
    let Some(value) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err(HostError::Doubled);
    }
    let octets = value.as_bytes();
    let text = std::str::from_utf8(octets).map_err(|error| HostError::Invalid(error.valid_up_to()))?;
    if text.is_empty() { Ok(None) } else { Authority::parse(text).map(Some) }
}

fn of_target(target: &Uri) -> Result<Option<Authority<'_>>, HostError> {
    target.authority().map(|authority| Authority::parse(authority.as_str())).transpose()
}

fn of_pseudo_header<'a>(
    pseudo: Option<Authority<'a>>,
    field: Option<Authority<'a>>,
    target: &Uri,
) -> Result<Option<Authority<'a>>, HostError> {
    let default_port = if target.scheme_str() == Some("http") { 80 } else { 443 };
    match (pseudo, field) {
        (Some(pseudo), Some(field)) if !pseudo.is_same(&field, default_port) => Err(HostError::Differs),
        (None, None) => Err(HostError::Missing),
        (pseudo, field) => Ok(pseudo.or(field)),
    }
}

/// The address behind `[` in lower case, and how many octets of the authority it took.
fn ipv6(literal: &str) -> Result<(Cow<'_, str>, usize), HostError> {
    let end = literal.find(']').ok_or(HostError::Invalid(literal.len() + 1))?;
    let address: Ipv6Addr = literal[..end].parse().map_err(|_| HostError::Invalid(1))?;
    Ok((Cow::Owned(address.to_string()), end + 2))
}

/// The name in front of the port (RFC 3986 3.2.2), and how many octets it took.
fn reg_name(text: &str) -> Result<(Cow<'_, str>, usize), HostError> {
    let end = text.find(':').unwrap_or(text.len());
    let name = &text[..end];
    check_reg_name(name.as_bytes())?;
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_empty() {
        return Err(HostError::Invalid(0));
    }
    let is_lower = !name.bytes().any(|octet| octet.is_ascii_uppercase());
    Ok((if is_lower { Cow::Borrowed(name) } else { Cow::Owned(name.to_ascii_lowercase()) }, end))
}

fn check_reg_name(name: &[u8]) -> Result<(), HostError> {
    let mut at = 0;
    while let Some(octet) = name.get(at) {
        at += match octet {
            b'%' if is_escape(name.get(at + 1..at + 3)) => 3,
            octet if is_reg_name(*octet) => 1,
            _ => return Err(HostError::Invalid(at)),
        };
    }
    Ok(())
}

fn is_escape(digits: Option<&[u8]>) -> bool {
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

/// `unreserved` or `sub-delims` of RFC 3986 2.2 and 2.3.
fn is_reg_name(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&octet)
}

/// What follows the host: nothing, or a colon and digits, which may be none (RFC 3986 3.2.3).
fn port(authority: &str, from: usize) -> Result<Option<u16>, HostError> {
    let rest = &authority[from..];
    if rest.is_empty() || rest == ":" {
        return Ok(None);
    }
    let digits = rest.strip_prefix(':').ok_or(HostError::Invalid(from))?;
    match digits.bytes().position(|octet| !octet.is_ascii_digit()) {
        Some(at) => Err(HostError::Invalid(from + 1 + at)),
        None => digits.parse().map(Some).map_err(|_| HostError::Invalid(from + 1)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_name_is_lower_case_without_port_and_final_dot() {
        for text in ["www.shop.test", "WWW.Shop.Test", "www.shop.test.", "www.shop.test:8080", "www.shop.test.:"] {
            assert_eq!(name(&http1(Version::HTTP_11, "/", &[text])), Ok(Some("www.shop.test".into())), "{text}");
        }
    }

    #[test]
    fn http_1_1_without_host_is_refused_and_http_1_0_is_not() {
        assert_eq!(name(&http1(Version::HTTP_11, "/", &[])), Err(HostError::Missing));
        assert_eq!(name(&http1(Version::HTTP_10, "/", &[])), Ok(None));
    }

    #[test]
    fn two_host_lines_are_refused_even_when_they_agree() {
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
            assert_eq!(name(&http1(version, "/", &["a.test", "a.test"])), Err(HostError::Doubled));
        }
    }

    #[test]
    fn an_empty_host_is_the_default_site() {
        assert_eq!(name(&http1(Version::HTTP_11, "/", &[""])), Ok(None));
    }

    #[test]
    fn what_is_no_host_is_refused_at_its_octet() {
        let cases = [
            ("www shop.test", 3),
            ("www.shop.test/", 13),
            ("user@shop.test", 4),
            ("user:secret@shop.test", 5),
            ("shop.test:80a", 12),
            ("shop.test:99999", 10),
            ("shop.test:-1", 10),
            ("a,b\\c", 3),
            ("a%zz", 1),
            ("a%4", 1),
            (".", 0),
            (":80", 0),
            ("[::1", 4),
            ("[nonsense]", 1),
            ("[::1]x", 5),
        ];
        for (text, at) in cases {
            assert_eq!(name(&http1(Version::HTTP_11, "/", &[text])), Err(HostError::Invalid(at)), "{text}");
        }
    }

    #[test]
    fn an_ipv6_literal_is_named_in_its_short_form() {
        let request = http1(Version::HTTP_11, "/", &["[2001:DB8:0:0::1]:8443"]);
        let authority = authority(&request).expect("valid").expect("named");
        assert_eq!((authority.name.as_ref(), authority.port), ("2001:db8::1", Some(8443)));
    }

    #[test]
    fn the_targets_authority_wins_over_host() {
        let request = http1(Version::HTTP_11, "http://Real.test/", &["other.test"]);
        assert_eq!(name(&request), Ok(Some("real.test".into())));
    }

    #[test]
    fn an_invalid_host_is_refused_beside_an_absolute_target() {
        assert_eq!(name(&http1(Version::HTTP_11, "http://a.test/", &["b c"])), Err(HostError::Invalid(1)));
        assert_eq!(name(&http1(Version::HTTP_11, "http://a.test/", &[])), Err(HostError::Missing));
        assert_eq!(name(&http1(Version::HTTP_11, "http://me@a.test/", &["a.test"])), Err(HostError::Invalid(2)));
    }

    #[test]
    fn a_bare_authority_is_a_target_for_connect_alone() {
        let mut request = http1(Version::HTTP_11, "probe.txt", &["a.test"]);
        assert_eq!(name(&request), Err(HostError::Form));
        *request.method_mut() = Method::CONNECT;
        assert_eq!(name(&request), Ok(Some("probe.txt".into())));
    }

    #[test]
    fn http_2_wants_authority_and_host_to_agree() {
        let two = |target, hosts: &[&str]| name(&http1(Version::HTTP_2, target, hosts));
        assert_eq!(two("https://a.test/", &["A.test:443"]), Ok(Some("a.test".into())));
        assert_eq!(two("https://a.test/", &["b.test"]), Err(HostError::Differs));
        assert_eq!(two("http://a.test/", &["a.test:443"]), Err(HostError::Differs));
        assert_eq!(two("/", &["a.test"]), Ok(Some("a.test".into())));
        assert_eq!(two("/", &[]), Err(HostError::Missing));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_within_itself(text in "\\PC{0,40}") {
            match Authority::parse(&text) {
                Ok(authority) => prop_assert!(!authority.name.is_empty()),
                Err(HostError::Invalid(at)) => prop_assert!(at <= text.len()),
                Err(other) => prop_assert!(false, "{other}"),
            }
        }
    }

    fn http1(version: Version, target: &str, hosts: &[&str]) -> Request<()> {
        let mut request = Request::builder().version(version).uri(target);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        request.body(()).expect("a request")
    }

    fn name(request: &Request<()>) -> Result<Option<String>, HostError> {
        Ok(authority(request)?.map(|authority| authority.name.into_owned()))
    }
}
