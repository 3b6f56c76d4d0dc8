//! What of a message is for the next hop alone, and what a proxy adds (RFC 9110 7.6, RFC 7239).

use std::net::IpAddr;

use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, FORWARDED, HOST, HeaderName, HeaderValue, TE, TRANSFER_ENCODING, UPGRADE, VIA,
};
use http::{HeaderMap, Request, Response, Version};

use crate::server::Connected;

/// The proxy on the way of one exchange.
#[derive(Clone, Debug)]
pub struct Hop {
    /// The proxy's name.
    pub host: String,
    /// The connection that the request came by.
    pub connected: Connected,
}

impl Hop {
    /// Whether so many proxies have passed the request on that they must be the same ones.
    pub fn is_circle<B>(&self, request: &Request<B>) -> bool {
        let lines = request.headers().get_all(VIA).iter();
        lines.map(|line| line.as_bytes().split(|octet| *octet == b',').count()).sum::<usize>() >= MOST_HOPS
    }

    /// The fields of `request` for the next hop.
    pub fn forwarded<B>(&self, request: &Request<B>) -> HeaderMap {
        let mut fields = end_to_end(request.headers());
        // The proxy invites the content itself, by `100 Continue`, when it is ready to take it.
        fields.remove(EXPECT);
        let asked = request.uri().authority().map(|authority| authority.as_str().to_owned());
        let asked = asked.or_else(|| Some(request.headers().get(HOST)?.to_str().ok()?.to_owned()));
        let peer = self.connected.peer.ip().to_canonical();
        append(&mut fields, VIA, &self.via(request.version()));
        append(&mut fields, X_FORWARDED_FOR, &peer.to_string());
        set(&mut fields, X_FORWARDED_PROTO, self.connected.scheme());
        let mut forwarded = format!("for={};proto={}", node(peer), self.connected.scheme());
        if let Some(asked) = asked {
            set(&mut fields, X_FORWARDED_HOST, &asked);
            forwarded.push_str(&format!(";host=\"{asked}\""));
        }
        append(&mut fields, FORWARDED, &forwarded);
        fields
    }

    /// `answer` for the hop before.
    pub fn returned<B>(&self, mut answer: Response<B>) -> Response<B> {
        let is_upgrade = answer.status() == http::StatusCode::SWITCHING_PROTOCOLS;
        let protocol = answer.headers().get(UPGRADE).filter(|_| is_upgrade).cloned();
        let mut fields = end_to_end(answer.headers());
        // The chunks have told where the content ends, and another length would cut it (RFC 9112 6.3).
        if answer.headers().contains_key(TRANSFER_ENCODING) {
            fields.remove(CONTENT_LENGTH);
        }
        append(&mut fields, VIA, &self.via(answer.version()));
        if let Some(protocol) = protocol {
            fields.insert(UPGRADE, protocol);
            fields.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        }
        *answer.headers_mut() = fields;
        *answer.version_mut() = Version::HTTP_11;
        answer
    }

    fn via(&self, version: Version) -> String {
        let version = match version {
            Version::HTTP_09 => "0.9",
            Version::HTTP_10 => "1.0",
            Version::HTTP_2 => "2",
            Version::HTTP_3 => "3",
            _ => "1.1",
        };
        format!("{version} {}", self.host)
    }
}

/// The fields without those that are about the connection (RFC 9110 7.6.1), in their order.
pub fn end_to_end(fields: &HeaderMap) -> HeaderMap {
    let lines = fields.get_all(CONNECTION).iter().filter_map(|line| line.to_str().ok());
    let named: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let own = [CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, TE, TRANSFER_ENCODING, UPGRADE];
    let is_named = |name: &HeaderName| named.iter().any(|other| name.as_str().eq_ignore_ascii_case(other));
    let stays = |name: &HeaderName| own.contains(name) || (is_named(name) && *name != HOST);
    fields.iter().filter(|(name, _)| !stays(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// RFC 7239 6: an IPv6 address stands in brackets and quotes.
fn node(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("\"[{address}]\""),
    }
}

fn append(fields: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        fields.append(name, value);
    }
}

fn set(fields: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        fields.insert(name, value);
    }
}

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// No lab that a person understands has more proxies in a row.
const MOST_HOPS: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_the_connection_stays_on_it() {
        let request = Request::get("/")
            .header("connection", "close, X-Own , host")
            .header("x-own", "1")
            .header("keep-alive", "5")
            .header("te", "trailers")
            .header("transfer-encoding", "chunked")
            .header("upgrade", "x")
            .header("host", "www.shop.test")
            .header("accept", "*/*")
            .header("x-forwarded-for", "192.0.2.1");
        let fields = hop("198.18.0.9:1000").forwarded(&request.body(()).unwrap());
        let told: Vec<_> = fields.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        assert_eq!(
            told,
            [
                "host: www.shop.test",
                "accept: */*",
                "x-forwarded-for: 192.0.2.1",
                "x-forwarded-for: 198.18.0.9",
                "via: 1.1 front.test",
                "x-forwarded-proto: http",
                "x-forwarded-host: www.shop.test",
                "forwarded: for=198.18.0.9;proto=http;host=\"www.shop.test\"",
            ]
        );
    }

    #[test]
    fn a_length_beside_chunks_is_not_passed_on() {
        let answer = Response::builder().header("transfer-encoding", "chunked").header("content-length", "2");
        let fields = hop("[::1]:1").returned(answer.body(()).unwrap()).headers().clone();
        assert_eq!(fields.keys().collect::<Vec<_>>(), [&VIA]);
    }

    #[test]
    fn an_ipv6_client_is_told_in_brackets() {
        let fields = hop("[2001:db8::9]:1000").forwarded(&Request::get("/").body(()).unwrap());
        assert_eq!(fields[FORWARDED], "for=\"[2001:db8::9]\";proto=http");
        assert_eq!(fields["x-forwarded-for"], "2001:db8::9");
    }

    #[test]
    fn many_proxies_are_a_circle() {
        let via = |count: usize| Request::get("/").header(VIA, vec!["1.1 a"; count].join(", ")).body(()).unwrap();
        assert!(!hop("[::1]:1").is_circle(&via(MOST_HOPS - 1)));
        assert!(hop("[::1]:1").is_circle(&via(MOST_HOPS)));
    }

    fn hop(peer: &str) -> Hop {
        let peer = peer.parse().unwrap();
        Hop { host: "front.test".into(), connected: Connected { peer, local: peer, is_secure: false } }
    }
}
