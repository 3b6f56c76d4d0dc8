//! Routes in the lab file: what stands before a site's files.
//!
//! Each is a table of a list, since their order counts: the first whose path fits a request answers it.
//!
//! ```toml
//! [[host."www.shop.test".http.route]]
//! path = "/old/*"                  # this path and all below it; without the star, this path alone
//! redirect = "/new/*"              # the star stands for the rest of the path, and the query
//! status = 308                     # 301 if none is written
//!
//! [[host."www.shop.test".http.route]]
//! path = "/health"
//! methods = ["GET"]                # all if none are written
//! body = "fine"                    # or `file`; with `status`, `type`
//! headers = { Cache-Control = "no-store" }
//!
//! [[host."www.shop.test".http.route]]
//! path = "/api/*"
//! proxy = ["http://one.shop.test:8080", "http://two.shop.test:8080"]
//!
//! [[host."www.shop.test".http.route]]
//! path = "/cgi/guestbook"
//! cgi = "cgi/guestbook.py"         # a program of the lab file's folder
//!
//! [[host."www.shop.test".http.route]]
//! path = "/bin/*"
//! inspect = true                   # httpbin's endpoints
//!
//! [[host."www.shop.test".http.route]]
//! path = "/members/*"              # it does nothing but ask who is there: who may pass goes on to
//! auth = { realm = "Members", users = { alice = "secret" }, tokens = ["t0ken"] }   # what follows, and to the files
//! ```
//!
//! - `check`: what is wrong with them; `build`: from them to what answers

mod build;
mod check;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::fields::FieldTable;
use crate::server::route::Turns;
pub(super) use build::{Around, routes};
pub(super) use check::check;

/// One route as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RouteTable {
    path: Spanned<String>,
    #[serde(default)]
    methods: Vec<Spanned<String>>,
    redirect: Option<Spanned<String>>,
    body: Option<Spanned<String>>,
    file: Option<Spanned<String>>,
    status: Option<Spanned<u16>>,
    #[serde(rename = "type")]
    media_type: Option<Spanned<String>>,
    proxy: Option<Spanned<Several>>,
    /// Shared by the workers.
    #[serde(skip)]
    turns: Arc<Turns>,
    cgi: Option<Spanned<String>>,
    inspect: Option<Spanned<bool>>,
    auth: Option<Spanned<AuthTable>>,
    #[serde(default)]
    headers: FieldTable,
}

/// Who may pass.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthTable {
    realm: Option<String>,
    #[serde(default)]
    users: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    tokens: Vec<Spanned<String>>,
}

/// One text, or a list of them, each with its place if it has one of its own.
#[derive(Debug)]
struct Several(Vec<(Option<Range<usize>>, String)>);

impl<'de> Deserialize<'de> for Several {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMany)
    }
}

struct OneOrMany;

impl<'de> Visitor<'de> for OneOrMany {
    type Value = Several;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address of the form \"http://host:port\", or a list of them")
    }

    fn visit_str<E>(self, text: &str) -> Result<Several, E> {
        Ok(Several(vec![(None, text.to_owned())]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Several, A::Error> {
        let mut all = Vec::new();
        while let Some(text) = list.next_element::<Spanned<String>>()? {
            all.push((Some(text.span()), text.into_inner()));
        }
        Ok(Several(all))
    }
}

/// The kinds of which a route has one, with the places where it says so.
impl RouteTable {
    fn kinds(&self) -> Vec<(&'static str, Range<usize>)> {
        let answer = [self.body.as_ref(), self.file.as_ref()].into_iter().flatten().next().map(Spanned::span);
        let is_redirect = self.redirect.is_some();
        let status = self.status.as_ref().map(Spanned::span).filter(|_| !is_redirect && !self.passes_on());
        let kinds = [
            ("redirect", self.redirect.as_ref().map(Spanned::span)),
            ("proxy", self.proxy.as_ref().map(Spanned::span)),
            ("cgi", self.cgi.as_ref().map(Spanned::span)),
            ("inspect", self.inspect.as_ref().filter(|is| *is.get_ref()).map(Spanned::span)),
            ("an answer", answer.or(status)),
        ];
        kinds.into_iter().filter_map(|(name, span)| Some((name, span?))).collect()
    }

    /// Whether something else than this host's own words answers.
    fn passes_on(&self) -> bool {
        self.proxy.is_some() || self.cgi.is_some() || self.inspect.as_ref().is_some_and(|is| *is.get_ref())
    }
}
