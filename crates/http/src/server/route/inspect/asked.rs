//! A request, taken apart.

use http::header::{HOST, HeaderMap};
use http::{Method, Request};

use crate::server::Content;

/// What is told of a request.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its method.
    pub method: Method,
    /// Its path below the endpoints' own, decoded; at least one.
    pub segments: Vec<String>,
    /// Its query as pairs, decoded.
    pub query: Vec<(String, String)>,
    /// Its fields.
    pub headers: HeaderMap,
    /// Path and query as they were written.
    pub target: String,
    /// The path of the endpoints.
    pub base: String,
    /// Scheme and authority that it was sent to: `http://www.shop.test`.
    pub site: String,
    /// Who sent it: an address, or what proxies say of it.
    pub origin: String,
}

impl Asked {
    pub(super) fn of(request: &Request<Content>, rest: &str, base: &str) -> Self {
        let (uri, headers) = (request.uri(), request.headers());
        let connected = request.body().connected();
        let authority = uri.authority().map(|authority| authority.as_str());
        let host = authority.or_else(|| headers.get(HOST)?.to_str().ok()).unwrap_or_default();
        let scheme = field(headers, "x-forwarded-proto").unwrap_or_else(|| connected.scheme().to_owned());
        let peer = connected.peer.ip().to_canonical().to_string();
        Self {
            method: request.method().clone(),
            segments: rest.split('/').map(|segment| decode(segment, false)).collect(),
            query: pairs(uri.query().unwrap_or_default()),
            headers: headers.clone(),
            target: uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
            base: base.to_owned(),
            site: format!("{scheme}://{host}"),
            origin: field(headers, "x-forwarded-for").unwrap_or(peer),
        }
    }

    /// The first value of a query's name, in whichever case.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// A field's lines as one.
    pub fn field(&self, name: &str) -> Option<String> {
        field(&self.headers, name)
    }
}

fn field(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines: Vec<_> = headers.get_all(name).iter().map(|line| text(line.as_bytes())).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// Octets as text: UTF-8, or else ISO 8859-1 as fields once had it (RFC 9110 5.5).
fn text(octets: &[u8]) -> String {
    let latin = |_| octets.iter().copied().map(char::from).collect();
    str::from_utf8(octets).map_or_else(latin, str::to_owned)
}

/// `application/x-www-form-urlencoded`, as the URL standard of the WHATWG reads it (5.1).
pub fn pairs(text: &str) -> Vec<(String, String)> {
    let parts = text.split('&').filter(|part| !part.is_empty());
    let pairs = parts.map(|part| part.split_once('=').unwrap_or((part, "")));
    pairs.map(|(name, value)| (decode(name, true), decode(value, true))).collect()
}

/// Percent-decoded text; what is not UTF-8 is replaced.
pub fn decode(text: &str, plus_is_space: bool) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| *first == b'%').and_then(hexadecimal);
        (octets, rest) = match (escaped, first) {
            (Some(octet), _) => (pushed(octets, octet), &after[2..]),
            (None, b'+') if plus_is_space => (pushed(octets, b' '), after),
            (None, first) => (pushed(octets, *first), after),
        };
    }
    String::from_utf8_lossy(&octets).into_owned()
}

fn pushed(mut octets: Vec<u8>, octet: u8) -> Vec<u8> {
    octets.push(octet);
    octets
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(digits).ok().filter(|_| digits.iter().all(u8::is_ascii_hexdigit))?;
    u8::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_is_not_utf_8_is_latin() {
        assert_eq!([text("Füße".as_bytes()), text(b"F\xfc\xdfe")], ["Füße", "Füße"]);
    }

    #[test]
    fn a_query_is_pairs() {
        let told = pairs("a=1&b=%C3%A4+x&&c&a=2=3&%zz=%");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(told, [pair("a", "1"), pair("b", "ä x"), pair("c", ""), pair("a", "2=3"), pair("%zz", "%")]);
    }
}
