//! What was typed of the way to any server.

use std::time::Duration;

use clap::ArgMatches;

use super::{Output, Shows, Wish, text, way};
use crate::client::url::Url;
use crate::tool::retry::Retry;
use crate::tool::version::Version;

impl Wish {
    /// What a probe is to ask, and how it gets there.
    ///
    /// # Errors
    /// As for [`Wish::read`].
    pub fn of_probe(matches: &ArgMatches) -> Result<Self, String> {
        let url = Url::parse(text(matches, "url").unwrap_or_default()).map_err(|error| error.to_string())?;
        Ok(Self { url, ..Self::of_connection(matches)? })
    }

    /// A GET, and what the arguments say of the way to any server.
    pub(super) fn of_connection(matches: &ArgMatches) -> Result<Self, String> {
        let url = Url { is_secure: false, host: String::new(), port: 80, target: "/".to_owned() };
        Ok(Self {
            method: "GET".to_owned(),
            url,
            asks_server: false,
            target: None,
            fields: Vec::new(),
            form: None,
            credentials: None,
            digest: None,
            cookies: None,
            jar: None,
            jar_file: None,
            follows: None,
            keeps_post: Vec::new(),
            takes_compressed: false,
            resumes: None,
            version: Version::Best,
            family: way::family(matches),
            trust: way::trust(matches)?,
            detours: way::detours(matches)?,
            proxy: None,
            longest: None,
            longest_connect: matches.get_one("connect-timeout").copied().unwrap_or(Duration::MAX),
            retry: Retry::default(),
            raw: None,
            output: Output::Stdout(true),
            shows: Shows::default(),
        })
    }
}
