//! A web site's table in the lab file.
//!
//! ```toml
//! [host."www.shop.test".http]
//! root = "sites/shop"
//! names = ["shop.test"]
//! index = ["index.htm"]
//! listing = true                   # as `cache` and `headers`, for each site; see `manner`
//! limits = { body = "64KiB" }      # see `limits`
//! access_log = "combined"          # or "common", "json": to access.log in the host's folder, or standard output
//!
//! [host."www.shop.test".http.sites."news.shop.test"]
//! pages = { "/" = "<p>Bread is fresh.", "/robots.txt" = "User-agent: *" }
//!
//! [host."safe.shop.test"]
//! http = { https = "redirect", tls = "expired", http3 = false }
//! ```
//!
//! - `table`: the table as written; `manner`: how files are served; `limits`: what is taken from clients; `route`: what
//!   stands before files; `fields`: what answers say besides
//! - `build`: from it to sites; `commands`: what to try

mod build;
mod commands;
mod fields;
mod limits;
mod manner;
mod route;
mod table;

use std::collections::BTreeMap;
use std::io;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};
use toynet_record::Transport;
use toynet_service::fault::Never;
use toynet_service::place::FileKind;
use toynet_service::{Command, Config, Endpoint, Facts, Files, Mistake, Place, Reached, Server, What};

pub(crate) use manner::is_file_name;
use table::{Http, SiteParts, SiteTable};

/// Reads the table.
///
/// # Errors
/// What is no such table, with its place.
pub fn read(table: Spanned<DeValue<'_>>) -> Result<Box<dyn Config>, Error> {
    Ok(Box::new(Http::deserialize(ValueDeserializer::from(table))?))
}

/// A folder that is served by itself.
#[derive(Clone, Debug)]
pub(crate) struct Alone {
    pub root: String,
    /// The names of a folder's own page, where they are not the usual ones.
    pub index: Vec<String>,
    pub listing: bool,
    pub tls: Option<AloneTls>,
}

/// Whose certificates are shown for it.
#[derive(Clone, Debug)]
pub(crate) enum AloneTls {
    /// Those that an authority makes, for these names and its own.
    Made(Vec<String>),
    /// One from these files: chain and key.
    Own(String, String),
}

/// The site of a folder, whatever name it is asked by.
pub(crate) fn of_folder(port: u16, alone: &Alone) -> Box<dyn Config> {
    Box::new(Http::of_folder(port, alone))
}

impl Config for Http {
    fn endpoints(&self) -> Vec<Endpoint> {
        let mut ports: Vec<u16> = self.clear_port().into_iter().chain(self.tls_port()).collect();
        // That they are one is told as a mistake of its own.
        ports.dedup();
        let streams = ports.into_iter().map(|port| Endpoint { transport: Transport::Tcp, port });
        streams.chain(self.three_port().map(|port| Endpoint { transport: Transport::Quic, port })).collect()
    }

    fn facts(&self) -> Facts {
        Facts { aliases: self.aliases().cloned().collect(), ..Facts::default() }
    }

    fn check(&self, files: &dyn Files) -> Vec<Mistake> {
        let sites = [self.own()].into_iter().chain(self.sites.values().map(SiteTable::parts));
        let mut mistakes: Vec<_> = sites.flat_map(|site| check_site(site, files)).collect();
        mistakes.extend(self.limits.check());
        mistakes.extend(twice(self.aliases()));
        mistakes.extend(self.contradictions());
        mistakes.extend(self.tls.iter().flat_map(|tls| tls.get_ref().check(files)));
        mistakes
    }

    fn never(&self, fault: &What) -> Option<Never> {
        Never::without_tls(fault).filter(|_| self.tls().is_none())
    }

    fn commands(&self, reached: &Reached<'_>) -> Vec<Command> {
        commands::of(self, reached)
    }

    fn build(&self, place: &Place) -> io::Result<Box<dyn Server>> {
        Ok(Box::new(build::server(self, place)?))
    }
}

fn check_site(site: SiteParts<'_>, files: &dyn Files) -> Vec<Mistake> {
    let root = site.root.and_then(|root| check_root(root, files));
    let pages = site.pages.keys().filter_map(check_page);
    root.into_iter().chain(pages).chain(route::check(site.routes, files)).chain(site.manner.check()).collect()
}

fn check_root(root: &Spanned<String>, files: &dyn Files) -> Option<Mistake> {
    let path = root.get_ref();
    match files.kind(path) {
        FileKind::Folder => files
            .folder(path)
            .err()
            .map(|error| Mistake::new(root.span(), format!("the folder `{path}` cannot be read: {error}"))),
        FileKind::Missing => Some(
            Mistake::new(root.span(), format!("there is no folder `{path}`"))
                .advise("a path that does not begin with `/` starts at the lab file's folder"),
        ),
        FileKind::File => Some(
            Mistake::new(root.span(), format!("`{path}` is a file and no folder"))
                .advise("name the folder that the file is in; a site's front page is its `index.html`"),
        ),
    }
}

fn check_page(path: &Spanned<String>) -> Option<Mistake> {
    let text = path.get_ref();
    let is_path = text.starts_with('/') && build::place_of_page(text, manner::INDEX).is_some();
    let advice = "as in `pages = { \"/\" = \"<h1>Welcome</h1>\", \"/robots.txt\" = \"User-agent: *\" }`";
    (!is_path).then(|| Mistake::new(path.span(), format!("`{text}` is not the path of a page")).advise(advice))
}

/// Names that stand more than once.
fn twice<'a>(names: impl Iterator<Item = &'a Spanned<String>>) -> Vec<Mistake> {
    let mut seen = BTreeMap::new();
    let again = names.filter_map(|name| {
        let first = *seen.entry(name.get_ref().to_ascii_lowercase()).or_insert(name);
        (first.span() != name.span()).then(|| {
            let what = format!("the site `{}` is here twice", name.get_ref());
            Mistake::new(name.span(), what).against(first.span(), "it is here first")
        })
    });
    again.collect()
}

#[cfg(test)]
mod tests;
