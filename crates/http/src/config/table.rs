//! The table as written.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::route::RouteTable;

/// Pages written in the lab file: paths and what is there.
pub(super) type Pages = BTreeMap<Spanned<String>, String>;

/// A host's web server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Http {
    #[serde(default = "standard_port")]
    pub port: u16,
    /// The folder of the host's own site.
    pub root: Option<Spanned<String>>,
    #[serde(default)]
    pub pages: Pages,
    /// What stands before the files, in this order.
    #[serde(default)]
    pub route: Vec<RouteTable>,
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

/// One of several sites of a host.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SiteTable {
    pub root: Option<Spanned<String>>,
    #[serde(default)]
    pub pages: Pages,
    #[serde(default)]
    pub route: Vec<RouteTable>,
}

impl Http {
    /// The table of a server that stands alone: a folder, whatever name it is asked by.
    pub fn of_folder(port: u16, root: &str) -> Self {
        let table = format!("port = {port}\nroot = {}", toml::Value::from(root));
        let http: Self = toml::from_str(&table).expect("a number and a text are what the table takes");
        Self { is_for_any: true, ..http }
    }

    /// All names of sites but the host's own.
    pub fn aliases(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.names.iter().chain(self.sites.keys())
    }
}

impl SiteTable {
    pub fn parts(&self) -> (&Option<Spanned<String>>, &Pages, &[RouteTable]) {
        (&self.root, &self.pages, &self.route)
    }
}

fn standard_port() -> u16 {
    80
}
