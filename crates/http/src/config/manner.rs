//! How a site serves its files, as written.
//!
//! ```toml
//! [host."www.shop.test".http]
//! root = "sites/shop"
//! index = ["index.html", "index.htm"]  # the names of a folder's own page, the first that is there counts
//! listing = true                   # folders without an index.html show what lies in them
//! cache = "1h"                     # others may keep files so long; "0s" is: ask each time
//! headers = { X-Frame-Options = "DENY" }
//! ```

use std::io;

use toml::Spanned;
use toynet_service::Mistake;
use toynet_service::units::Period;

use super::fields::{self, FieldTable};
use crate::site::Manner;
use crate::site::path::SitePath;

/// The parts of a site's table that are about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct MannerTable<'a> {
    pub index: Option<&'a Spanned<Vec<String>>>,
    pub listing: bool,
    pub cache: Option<Period>,
    pub headers: &'a FieldTable,
}

impl MannerTable<'_> {
    pub fn check(&self) -> Vec<Mistake> {
        self.headers.iter().filter_map(fields::check).chain(self.index.and_then(check_index)).collect()
    }

    /// Where a page that is written for a folder stands.
    pub fn first_index(&self) -> &str {
        self.index.and_then(|names| names.get_ref().first()).map_or(INDEX, String::as_str)
    }

    /// What it means.
    ///
    /// # Errors
    /// When what was checked is so no more.
    pub fn manner(&self) -> io::Result<Manner> {
        let cache = self.cache.map(|cache| cache.0);
        let names = self.index.into_iter().flat_map(|names| names.get_ref().iter());
        let index = names.map(|name| name.clone().into()).collect();
        Ok(Manner { index, listing: self.listing, fields: fields::read(self.headers)?, cache })
    }
}

fn check_index(names: &Spanned<Vec<String>>) -> Option<Mistake> {
    let wrong = match names.get_ref().as_slice() {
        [] => "no name is here".to_owned(),
        names => format!("`{}` is not the name of a file", names.iter().find(|name| !is_file_name(name))?),
    };
    Some(Mistake::new(names.span(), wrong).advise("as in `index = [\"index.html\", \"index.htm\"]`"))
}

/// Whether a file of this name can lie in a folder and be asked for.
pub(crate) fn is_file_name(name: &str) -> bool {
    !name.contains(['/', '%', '?', '#'])
        && SitePath::parse(&format!("/{name}")).is_ok_and(|path| !path.is_folder && path.as_str() == name)
}

/// The name of a folder's own page where none is written.
pub(super) const INDEX: &str = "index.html";
