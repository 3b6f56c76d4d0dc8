//! What a client says first, read before anybody answers it.

use rustls::server::Acceptor;

/// What a client wants of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hello {
    /// The server's name (RFC 6066 section 3).
    pub name: Option<String>,
    /// The application protocols that it offers (RFC 7301), best first.
    pub alpn: Vec<String>,
}

/// What the first octets of a stream are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum First {
    /// No TLS.
    Other,
    /// The beginning of a hello.
    Part,
    /// A hello.
    Hello(Hello),
}

impl First {
    /// Reads them. Nothing is taken: whoever answers the client reads them again.
    pub fn read(octets: &[u8]) -> Self {
        let fits = [22, 3].iter().zip(octets).all(|(one, other)| one == other);
        let is_hello = octets.get(5).is_none_or(|kind| *kind == CLIENT_HELLO);
        if !fits || !is_hello {
            return First::Other;
        }
        let (mut acceptor, mut rest) = (Acceptor::default(), octets);
        while !rest.is_empty() {
            match acceptor.read_tls(&mut rest) {
                Ok(1..) => {}
                Ok(0) | Err(_) => return First::Other,
            }
        }
        match acceptor.accept() {
            Ok(Some(accepted)) => {
                let hello = accepted.client_hello();
                let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
                let alpn = hello.alpn().into_iter().flatten().map(text).collect();
                First::Hello(Hello { name: hello.server_name().map(str::to_owned), alpn })
            }
            Ok(None) => First::Part,
            Err(_) => First::Other,
        }
    }
}

/// RFC 8446 section 4.
const CLIENT_HELLO: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Clock;
    use crate::tls::Trust;
    use std::sync::Arc;

    #[test]
    fn a_hello_is_read_whole_and_its_beginning_is_known_as_one() {
        let config = Trust::Anybody.client(&["h2", "http/1.1"], Clock::system()).unwrap();
        let name = "www.shop.test".try_into().unwrap();
        let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
        let mut octets = Vec::new();
        client.write_tls(&mut octets).unwrap();
        let wanted =
            Hello { name: Some("www.shop.test".to_owned()), alpn: vec!["h2".to_owned(), "http/1.1".to_owned()] };
        assert_eq!(First::read(&octets), First::Hello(wanted));
        for length in 0..octets.len() {
            assert_eq!(First::read(&octets[..length]), First::Part, "{length}");
        }
        for other in [&b"GET / HTTP/1.1"[..], b"EHLO", &[22, 3, 1, 0, 1, 2]] {
            assert_eq!(First::read(other), First::Other);
        }
    }
}
