//! How a site serves its files, as written.
//!
//! ```toml
//! [host."www.shop.test".http]
//! root = "sites/shop"
//! listing = true                   # folders without an index.html show what lies in them
//! cache = "1h"                     # others may keep files so long; "0s" is: ask each time
//! headers = { X-Frame-Options = "DENY" }
//! ```

use std::collections::BTreeMap;
use std::io;

use http::{HeaderMap, HeaderName, HeaderValue};
use toml::Spanned;
use toynet_service::Mistake;
use toynet_service::units::Period;

use super::route::{check_field, invalid};
use crate::site::Manner;

/// Fields and their values.
pub(super) type FieldTable = BTreeMap<Spanned<String>, Spanned<String>>;

/// The parts of a site's table that are about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct MannerTable<'a> {
    pub listing: bool,
    pub cache: Option<Period>,
    pub headers: &'a FieldTable,
}

impl MannerTable<'_> {
    pub fn check(&self) -> Vec<Mistake> {
        self.headers.iter().filter_map(check_field).collect()
    }

    /// What it means.
    ///
    /// # Errors
    /// When what was checked is so no more.
    pub fn manner(&self) -> io::Result<Manner> {
        let cache = self.cache.map(|cache| cache.0);
        Ok(Manner { listing: self.listing, fields: fields(self.headers)?, cache })
    }
}

/// Fields as they are sent.
///
/// # Errors
/// When what was checked is so no more.
pub(super) fn fields(table: &FieldTable) -> io::Result<HeaderMap> {
    let fields = table.iter().map(|(name, value)| {
        let name = HeaderName::try_from(name.get_ref()).map_err(invalid)?;
        Ok((name, HeaderValue::from_str(value.get_ref()).map_err(invalid)?))
    });
    fields.collect()
}
