//! `--proxy`: somebody else asks the server, or leads to it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::version::Version;
use crate::client::socks::User;
use crate::client::url::{Url, UrlError};

/// Who asks the servers.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    /// Where it is; its path means nothing.
    pub url: Url,
    pub speaks: Speaks,
    /// Name and password.
    pub user: Option<User>,
}

/// What a proxy speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// HTTP: it asks for `http` and opens tunnels for `https`.
    Http,
    /// SOCKS 5, asked for the addresses of servers.
    Socks,
    /// SOCKS 5, asked for their names.
    SocksOfNames,
}

impl Proxy {
    /// Reads `http://HOST:PORT`, `socks5://` or `socks5h://`, and `USER:PASSWORD`.
    ///
    /// # Errors
    /// What is wrong with them, for the person.
    pub fn read(text: &str, user: Option<&str>) -> Result<Self, String> {
        let (speaks, place) = match text.split_once("://") {
            Some(("socks5", place)) => (Speaks::Socks, with_port(place)),
            Some(("socks5h", place)) => (Speaks::SocksOfNames, with_port(place)),
            _ => (Speaks::Http, text.to_owned()),
        };
        let url = Url::parse(&place).map_err(|error| match error {
            UrlError::Scheme(_) => OTHERS.to_owned(),
            UrlError::User => "a proxy's user is said by -U USER:PASSWORD".to_owned(),
            other => format!("the proxy '{text}': {other}"),
        })?;
        if url.is_secure {
            return Err(OTHERS.to_owned());
        }
        let user = user.map(|user| read_user(user, speaks)).transpose()?;
        Ok(Self { url, speaks, user })
    }

    /// Why it cannot be asked for `url` in this version, where it cannot.
    ///
    /// # Errors
    /// That.
    pub fn check(&self, url: &Url, version: Version) -> Result<(), &'static str> {
        match version {
            Version::Three if self.speaks == Speaks::Http => {
                Err("HTTP/3 goes through no proxy here: it would take RFC 9298")
            }
            Version::Three => Err("HTTP/3 goes through no proxy here: it would take UDP ASSOCIATE (RFC 1928 7)"),
            Version::Two if self.asks(url) => Err("HTTP/2 without TLS goes through no such proxy: say https://"),
            Version::Best | Version::One(_) | Version::Two => Ok(()),
        }
    }

    /// Whether it is asked itself, and does not lead to the server.
    pub fn asks(&self, url: &Url) -> bool {
        self.speaks == Speaks::Http && !url.is_secure
    }

    /// Whether it finds the addresses of servers by itself.
    pub fn looks_up(&self) -> bool {
        self.speaks != Speaks::Socks
    }

    /// The proxy is asked for the whole URL (RFC 9112 3.2.2), for `*` without a path (RFC 9112 3.2.4).
    pub fn target(url: &Url, asks_server: bool) -> String {
        let target = if asks_server { "" } else { &url.target };
        format!("http://{}{target}", url.authority())
    }

    /// What stands in `Proxy-Authorization` (RFC 7617).
    pub fn credentials(&self) -> Option<String> {
        let User { name, password } = self.user.as_ref()?;
        Some(format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
    }
}

/// As a URL that can be read, at the port that SOCKS has (RFC 1928 3) if none is said.
fn with_port(place: &str) -> String {
    let place = place.trim_end_matches('/');
    let behind_brackets = place.rsplit(']').next().unwrap_or_default();
    if behind_brackets.contains(':') { format!("http://{place}") } else { format!("http://{place}:1080") }
}

fn read_user(text: &str, speaks: Speaks) -> Result<User, String> {
    let (name, password) = text.split_once(':').ok_or("-U wants USER:PASSWORD, with a colon between")?;
    let fits = |text: &str| (1..=255).contains(&text.len());
    if speaks != Speaks::Http && !(fits(name) && fits(password)) {
        return Err("SOCKS takes names and passwords of 1 to 255 octets (RFC 1929 2)".to_owned());
    }
    Ok(User { name: name.to_owned(), password: password.to_owned() })
}

const OTHERS: &str = "a proxy is reached by http or SOCKS 5: say -x http://HOST:PORT, socks5:// or socks5h://";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_asked_for_whole_urls() {
        let url = |text| Url::parse(text).unwrap();
        assert_eq!(Proxy::target(&url("http://[::1]:81/a?b"), false), "http://[::1]:81/a?b");
        assert_eq!(Proxy::target(&url("http://a.test/*"), true), "http://a.test");
        for broken in
            ["https://a.test:1", "socks4://a.test:1", "socks5://", "http://u:p@a.test:1", "socks5://u:p@a", ""]
        {
            assert!(Proxy::read(broken, None).is_err(), "{broken}");
        }
        assert!(Proxy::read("a.test:1", Some("nobody")).is_err());
    }

    #[test]
    fn a_proxy_of_socks_leads_to_every_server() {
        for (text, host, port) in
            [("socks5h://a.test", "a.test", 1080), ("socks5://[::1]:9/", "::1", 9), ("socks5://[::1]", "::1", 1080)]
        {
            let proxy = Proxy::read(text, Some("me:a:b")).unwrap();
            assert_eq!((proxy.url.host.as_str(), proxy.url.port), (host, port));
            assert!(!proxy.asks(&Url::parse("http://a.test").unwrap()));
            assert_eq!(proxy.looks_up(), text.starts_with("socks5h"));
        }
        assert!(Proxy::read("socks5://a", Some(&format!("me:{}", "x".repeat(256)))).is_err());
        assert!(Proxy::read("socks5://a", Some(":pw")).is_err());
    }
}
