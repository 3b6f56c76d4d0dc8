//! What was typed for a WebSocket.

use clap::ArgMatches;

use super::{Shows, Wish, credentials, fields, text};
use crate::client::url::Url;
use crate::tool::version::{ONLY_HTTPS, Version};

impl Wish {
    /// What to ask for a WebSocket, and how to get there.
    ///
    /// # Errors
    /// As for [`Wish::read`].
    pub fn of_websocket(matches: &ArgMatches) -> Result<Self, String> {
        let is = |id: &str| matches.get_flag(id);
        let version = match (is("http2"), is("http3")) {
            (true, _) => Version::Two,
            (_, true) => Version::Three,
            (false, false) => Version::One(1),
        };
        let typed = text(matches, "url").unwrap_or_default();
        let url = Url::parse(&as_http(typed)).map_err(|error| error.to_string())?;
        if version == Version::Three && !url.is_secure {
            return Err(format!("{ONLY_HTTPS}: say wss://"));
        }
        let cookies: Vec<_> = matches.get_many::<String>("cookie").into_iter().flatten().map(String::as_str).collect();
        if let Some(cookie) = cookies.iter().find(|cookie| !cookie.contains('=')) {
            return Err(format!("`{cookie}` is no cookie: say 'name=value'"));
        }
        Ok(Self {
            url,
            version,
            fields: fields::typed_fields(matches)?,
            credentials: credentials::credentials(matches, false)?,
            cookies: (!cookies.is_empty()).then(|| cookies.join("; ")),
            longest: matches.get_one("max-time").copied(),
            shows: Shows { verbose: is("verbose"), silent: is("silent"), ..Shows::default() },
            ..Self::of_connection(matches)?
        })
    }
}

/// `ws:` and `wss:` are `http:` and `https:` (RFC 6455 3).
fn as_http(typed: &str) -> String {
    let rest = |scheme: &str| {
        let begins = typed.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
        begins.then(|| &typed[scheme.len()..])
    };
    match (rest("ws://"), rest("wss://")) {
        (Some(rest), _) => format!("http://{rest}"),
        (_, Some(rest)) => format!("https://{rest}"),
        (None, None) => typed.to_owned(),
    }
}
