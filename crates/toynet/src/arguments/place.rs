//! Where to listen, and to whom to connect, as it is typed.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// An address, and a port unless the default will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen(pub IpAddr, pub Option<u16>);

/// Reads where to listen, which may be said in part.
pub fn read_listen(text: &str) -> Result<Listen, String> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Ok(Listen(address.ip(), Some(address.port())));
    }
    if let Ok(ip) = text.trim_matches(['[', ']']).parse() {
        return Ok(Listen(ip, None));
    }
    let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
    match (host, port.parse()) {
        ("" | "localhost", Ok(port)) => Ok(Listen(LOOPBACK, Some(port))),
        _ => Err("that is neither ADDR:PORT nor an address nor a port".to_owned()),
    }
}

/// The server that clients mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub host: String,
    pub port: u16,
}

/// Reads `HOST:PORT`.
pub fn read_target(text: &str) -> Result<Target, String> {
    let advice = || "that is not HOST:PORT, as in www.example.com:80 or [::1]:80".to_owned();
    let (host, port) = text.rsplit_once(':').ok_or_else(advice)?;
    let host = host.trim_matches(['[', ']']);
    let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(advice)?;
    if host.is_empty() { Err(advice()) } else { Ok(Target { host: host.to_owned(), port }) }
}

/// Nobody else reaches it unless it is told to listen elsewhere.
pub const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_to_listen_may_be_said_in_part() {
        let at = |ip: &str, port| Ok(Listen(ip.parse().unwrap(), port));
        assert_eq!(read_listen("127.0.0.2:80"), at("127.0.0.2", Some(80)));
        assert_eq!(read_listen("[::1]:0"), at("::1", Some(0)));
        assert_eq!(read_listen("::1"), at("::1", None));
        assert_eq!(read_listen("8080"), at("127.0.0.1", Some(8080)));
        assert_eq!(read_listen("localhost:8080"), at("127.0.0.1", Some(8080)));
        assert!(read_listen("www.example.com:80").is_err());
        assert!(read_listen("127.0.0.1:99999").is_err());
    }

    #[test]
    fn the_server_is_a_host_and_a_port() {
        let at = |host: &str, port| Ok(Target { host: host.to_owned(), port });
        assert_eq!(read_target("www.example.com:80"), at("www.example.com", 80));
        assert_eq!(read_target("[::1]:25"), at("::1", 25));
        for wrong in ["80", ":80", "www.example.com", "www.example.com:0", "www.example.com:http"] {
            assert!(read_target(wrong).is_err(), "{wrong}");
        }
    }
}
