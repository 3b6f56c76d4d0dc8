//! `--proxy`: somebody else asks the server.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use toynet_net::Stream;
use toynet_service::Errand;

use super::heading::{self, Fields};
use super::show::Show;
use super::wish::Version;
use crate::client::failure::Failure;
use crate::client::tunnel;
use crate::client::url::{Url, UrlError};

/// Who asks the servers.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    /// Where it is; its path means nothing.
    pub url: Url,
    /// What stands in `Proxy-Authorization`.
    pub credentials: Option<String>,
}

impl Proxy {
    /// Reads `http://HOST:PORT` and `USER:PASSWORD`.
    ///
    /// # Errors
    /// What is wrong with them, for the person.
    pub fn read(text: &str, user: Option<&str>) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| match error {
            UrlError::Scheme(_) => ONLY_HTTP.to_owned(),
            UrlError::User => "a proxy's user is said by -U USER:PASSWORD".to_owned(),
            other => format!("the proxy '{text}': {other}"),
        })?;
        if url.is_secure {
            return Err(ONLY_HTTP.to_owned());
        }
        if user.is_some_and(|user| !user.contains(':')) {
            return Err("-U wants USER:PASSWORD, with a colon between".to_owned());
        }
        let credentials = user.map(|user| format!("Basic {}", STANDARD.encode(user)));
        Ok(Self { url, credentials })
    }

    /// Why it cannot be asked for `url` in this version, where it cannot.
    ///
    /// # Errors
    /// That.
    pub fn check(&self, url: &Url, version: Version) -> Result<(), &'static str> {
        match version {
            Version::Three => Err("HTTP/3 goes through no proxy here: it would take RFC 9298"),
            Version::Two if !url.is_secure => Err("HTTP/2 without TLS goes through no proxy here: say https://"),
            Version::Best | Version::One(_) | Version::Two => Ok(()),
        }
    }

    /// What the proxy is asked for: the whole URL (RFC 9112 3.2.2), for `*` without a path (RFC 9112 3.2.4).
    pub fn target(url: &Url, asks_server: bool) -> String {
        let target = if asks_server { "" } else { &url.target };
        format!("http://{}{target}", url.authority())
    }

    /// Asks for a tunnel to the server of `url`.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn tunnel(&self, stream: Stream, url: &Url, errand: &Errand, show: &Show) -> Result<Stream, Failure> {
        let authority = url.whole_authority();
        let mut fields: Fields = vec![("Host".to_owned(), authority.clone().into_bytes())];
        fields.extend(self.field());
        fields.push(("User-Agent".to_owned(), heading::AGENT.into()));
        let head = heading::head("CONNECT", &authority, 1, &fields);
        show.sent(&head);
        let stream = tunnel::open(stream, head, errand.host().clock()).await?;
        show.note(&format!("The proxy has opened a tunnel to {authority}"));
        Ok(stream)
    }

    /// The field that says who asks the proxy.
    pub fn field(&self) -> Option<(String, Vec<u8>)> {
        Some(("Proxy-Authorization".to_owned(), self.credentials.clone()?.into_bytes()))
    }
}

const ONLY_HTTP: &str = "a proxy is reached by http: say -x http://HOST:PORT";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_asked_for_whole_urls() {
        let url = |text| Url::parse(text).unwrap();
        assert_eq!(Proxy::target(&url("http://[::1]:81/a?b"), false), "http://[::1]:81/a?b");
        assert_eq!(Proxy::target(&url("http://a.test/*"), true), "http://a.test");
        assert_eq!(url("https://a.test/").whole_authority(), "a.test:443");
        for broken in ["https://a.test:1", "socks5://a.test:1", "http://u:p@a.test:1", ""] {
            assert!(Proxy::read(broken, None).is_err(), "{broken}");
        }
        assert!(Proxy::read("a.test:1", Some("nobody")).is_err());
    }
}
