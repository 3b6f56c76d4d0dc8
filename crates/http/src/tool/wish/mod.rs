//! What was typed, checked and as values.
//!
//! - `request`: for a request; `connection`: for a probe, and of the way to any server; `websocket`: for a WebSocket
//! - `fields`: what is said in the head, `line`: a field of it; `condition`: when it is wanted at all; `credentials`: who asks,
//!   and cookies; `octets`: what is sent in place of all that
//! - `way`: other ways than the usual one: detours, proxies, trust
//! - `output`: what is shown, and where

mod condition;
mod connection;
mod credentials;
mod fields;
mod line;
mod octets;
mod output;
mod request;
mod way;
mod websocket;

use std::time::Duration;

use clap::ArgMatches;
use toynet_net::tls::Trust;

pub(crate) use self::line::Line;
pub(crate) use self::output::{Output, Place, Shows};
pub(crate) use self::way::{Detour, Family, Way};
use super::form::Form;
use super::proxy::Proxy;
use super::retry::Retry;
use super::version::Version;
use crate::client::cookies::Jar;
use crate::client::digest::Digest;
use crate::client::url::Url;

/// What a person wants.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub method: String,
    pub url: Url,
    /// `*` and no path (RFC 9112 3.2.4).
    pub asks_server: bool,
    /// What the first request is for, where it is not what the URL says.
    pub target: Option<String>,
    pub fields: Vec<Line>,
    pub form: Option<Form>,
    /// What stands in `Authorization`.
    pub credentials: Option<String>,
    /// Where they follow from what the server asks.
    pub digest: Option<Digest>,
    /// Cookies that were typed: they go to whatever is asked.
    pub cookies: Option<String>,
    pub jar: Option<Jar>,
    pub jar_file: Option<String>,
    /// How many redirections are followed.
    pub follows: Option<u32>,
    /// After which statuses POST stays what it is.
    pub keeps_post: Vec<u16>,
    pub takes_compressed: bool,
    /// From which octet on the content is wanted, where its beginning is there already.
    pub resumes: Option<u64>,
    pub version: Version,
    /// The one that is used.
    pub family: Option<Family>,
    /// Whose certificates are taken, where the person says so.
    pub trust: Option<Trust>,
    pub detours: Vec<Detour>,
    pub proxy: Option<Proxy>,
    pub longest: Option<Duration>,
    pub longest_connect: Duration,
    pub retry: Retry,
    pub raw: Option<Vec<u8>>,
    pub output: Output,
    pub shows: Shows,
}

fn text<'a>(matches: &'a ArgMatches, id: &str) -> Option<&'a str> {
    matches.get_one::<String>(id).map(String::as_str)
}
