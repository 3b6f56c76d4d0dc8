//! The table as written.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;
use toynet_net::tls::Versions;
use toynet_service::Mistake;
use toynet_service::tls::{Settings, Tls};
use toynet_service::units::Period;

use super::fields::FieldTable;
use super::limits::LimitsTable;
use super::manner::MannerTable;
use super::route::RouteTable;
use super::{Alone, AloneTls};
use crate::server::access::Format;

/// Pages written in the lab file: paths and what is there.
pub(super) type Pages = BTreeMap<Spanned<String>, String>;

/// A host's web server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Http {
    port: Option<Spanned<u16>>,
    /// TLS, on a port of its own; it is spoken unless the file says otherwise.
    pub tls: Option<Spanned<Tls>>,
    /// Whether HTTP/3 is spoken beside the rest, wherever TLS 1.3 is; it is unless the file says otherwise.
    pub http3: Option<Spanned<bool>>,
    /// What becomes of the port without TLS.
    pub https: Option<Spanned<Https>>,
    /// The folder of the host's own site.
    pub root: Option<Spanned<String>>,
    #[serde(default)]
    pub pages: Pages,
    /// What stands before the files, in this order.
    #[serde(default)]
    pub route: Vec<RouteTable>,
    /// The names of a folder's own page.
    pub index: Option<Spanned<Vec<String>>>,
    /// Whether folders without a page of their own show what lies in them.
    #[serde(default)]
    pub listing: bool,
    /// How long others may keep files.
    pub cache: Option<Period>,
    /// Fields of every answer.
    #[serde(default)]
    pub headers: FieldTable,
    /// What is taken from clients.
    #[serde(default)]
    pub limits: LimitsTable,
    /// Whether what is asked is logged, and how.
    pub access_log: Option<Format>,
    /// Further names of the same site.
    #[serde(default)]
    pub names: Vec<Spanned<String>>,
    /// Further sites, by name.
    #[serde(default)]
    pub sites: BTreeMap<Spanned<String>, SiteTable>,
    /// Whether the own site is for any name.
    #[serde(skip)]
    pub is_for_any: bool,
}

/// What HTTP over TLS is beside HTTP in clear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Https {
    /// Another way to the same sites.
    #[default]
    Beside,
    /// Where everyone is led to.
    Redirect,
    /// The only way.
    Only,
}

/// One of several sites of a host.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SiteTable {
    pub root: Option<Spanned<String>>,
    #[serde(default)]
    pub pages: Pages,
    #[serde(default)]
    pub route: Vec<RouteTable>,
    pub index: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    pub listing: bool,
    pub cache: Option<Period>,
    #[serde(default)]
    pub headers: FieldTable,
}

/// One site, whichever table it is written in.
#[derive(Clone, Copy, Debug)]
pub(super) struct SiteParts<'a> {
    pub root: Option<&'a Spanned<String>>,
    pub pages: &'a Pages,
    pub routes: &'a [RouteTable],
    pub manner: MannerTable<'a>,
}

impl Http {
    /// The table of a server that stands alone: a folder, whatever name it is asked by.
    pub fn of_folder(port: u16, alone: &Alone) -> Self {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let listed = |names: &[String]| toml::Value::from(names.to_vec()).to_string();
        let mut table = format!("listing = {}\nroot = {}\n", alone.listing, quoted(&alone.root));
        if !alone.index.is_empty() {
            table += &format!("index = {}\n", listed(&alone.index));
        }
        table += &match &alone.tls {
            None => format!("port = {port}\ntls = false"),
            Some(AloneTls::Made(names)) => {
                format!("https = \"only\"\ntls = {{ port = {port} }}\nnames = {}", listed(names))
            }
            Some(AloneTls::Own(chain, key)) => {
                let (chain, key) = (quoted(chain), quoted(key));
                format!("https = \"only\"\ntls = {{ port = {port}, certificate = {chain}, key = {key} }}")
            }
        };
        let http: Self = toml::from_str(&table).expect("numbers and texts are what the table takes");
        Self { is_for_any: true, ..http }
    }

    /// The host's own site.
    pub fn own(&self) -> SiteParts<'_> {
        let manner = MannerTable {
            index: self.index.as_ref(),
            listing: self.listing,
            cache: self.cache,
            headers: &self.headers,
        };
        SiteParts { root: self.root.as_ref(), pages: &self.pages, routes: &self.route, manner }
    }

    /// How TLS is spoken, if it is.
    pub fn tls(&self) -> Option<&Settings> {
        static USUAL: Settings = Settings::USUAL;
        self.tls.as_ref().map_or(Some(&USUAL), |tls| tls.get_ref().settings())
    }

    pub fn https(&self) -> Https {
        self.https.as_ref().map(|https| *https.get_ref()).unwrap_or_default()
    }

    /// The port for TLS, if that is spoken.
    pub fn tls_port(&self) -> Option<u16> {
        self.tls().map(|settings| settings.port.unwrap_or(443))
    }

    /// The port for HTTP/3, if that is spoken: that for TLS. It takes TLS 1.3 (RFC 9001 4.2).
    pub fn three_port(&self) -> Option<u16> {
        let wants = self.http3.as_ref().is_none_or(|http3| *http3.get_ref());
        let has_three = |settings: &&Settings| matches!(settings.versions, Versions::Modern | Versions::OnlyThree);
        self.tls().filter(has_three).and(self.tls_port()).filter(|_| wants)
    }

    /// The port without TLS, if there is one.
    pub fn clear_port(&self) -> Option<u16> {
        let port = self.port.as_ref().map_or(80, |port| *port.get_ref());
        (self.https() != Https::Only).then_some(port)
    }

    /// What contradicts itself.
    pub fn contradictions(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        if let (Some(tls), Some(https), None) = (&self.tls, &self.https, self.tls())
            && *https.get_ref() != Https::Beside
        {
            mistakes.push(Mistake::new(https.span(), "there is no TLS to lead to").against(tls.span(), "it is off"));
        }
        if let Some(http3) = self.http3.as_ref().filter(|http3| *http3.get_ref() && self.three_port().is_none()) {
            let mistake = Mistake::new(http3.span(), "HTTP/3 needs TLS 1.3");
            mistakes.push(match &self.tls {
                Some(tls) => mistake.against(tls.span(), "which is not spoken here"),
                None => mistake,
            });
        }
        if let (Some(port), true) = (&self.port, self.clear_port() == self.tls_port()) {
            let what = format!("`http` cannot be in clear and over TLS on port {}", port.get_ref());
            let advice = "write `https = \"only\"` to have TLS alone, or `tls = false` to have none";
            mistakes.push(Mistake::new(port.span(), what).advise(advice));
        }
        if let (Some(port), Https::Only) = (&self.port, self.https()) {
            let what = "with `https = \"only\"` nothing listens here";
            let advice = "the port for TLS is set by `tls = { port = 8443 }`";
            mistakes.push(Mistake::new(port.span(), what).advise(advice));
        }
        mistakes
    }

    /// All names of sites but the host's own.
    pub fn aliases(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.names.iter().chain(self.sites.keys())
    }
}

impl SiteTable {
    pub fn parts(&self) -> SiteParts<'_> {
        let manner = MannerTable {
            index: self.index.as_ref(),
            listing: self.listing,
            cache: self.cache,
            headers: &self.headers,
        };
        SiteParts { root: self.root.as_ref(), pages: &self.pages, routes: &self.route, manner }
    }
}
