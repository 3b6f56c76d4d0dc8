//! Which site a request is for (RFC 9110 7.4).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use http::{Request, StatusCode};

use super::Handler;
use crate::host::authority;

/// The sites of one host, by name.
#[derive(Debug)]
pub struct Sites {
    default: Rc<dyn Handler>,
    named: BTreeMap<String, Rc<dyn Handler>>,
    /// The default is also for names that are not here.
    is_for_all: bool,
}

impl Sites {
    /// The host called `name` with its own site, which is also for requests that name no host, or name
    /// an address.
    pub fn new(name: &str, own: Rc<dyn Handler>) -> Self {
        Self { default: Rc::clone(&own), named: BTreeMap::new(), is_for_all: false }.with(name, own)
    }

    /// With a site called `name`; of two with the same name the later counts.
    #[must_use]
    pub fn with(mut self, name: &str, site: Rc<dyn Handler>) -> Self {
        self.named.insert(name.to_ascii_lowercase(), site);
        self
    }

    /// With the host's own site for all names that have no other.
    #[must_use]
    pub fn for_any(self) -> Self {
        Self { is_for_all: true, ..self }
    }

    /// One site for every name that there is.
    pub(super) fn for_all(site: Rc<dyn Handler>) -> Self {
        Self { default: site, named: BTreeMap::new(), is_for_all: true }
    }

    /// The same names with another site behind all of them.
    pub(super) fn all_as(&self, site: &Rc<dyn Handler>) -> Self {
        let named = self.named.keys().map(|name| (name.clone(), Rc::clone(site))).collect();
        Self { default: Rc::clone(site), named, is_for_all: self.is_for_all }
    }

    /// The site that `request` is for.
    ///
    /// # Errors
    /// 400 when the request does not say clearly which host it is for, and 421 when that is a host that
    /// is not here (RFC 9110 15.5.20).
    pub(super) fn find<B>(&self, request: &Request<B>) -> Result<&Rc<dyn Handler>, StatusCode> {
        let Some(authority) = authority(request).map_err(|_| StatusCode::BAD_REQUEST)? else {
            return Ok(&self.default);
        };
        match self.named.get(authority.name.as_ref()) {
            Some(site) => Ok(site),
            None if self.is_for_all => Ok(&self.default),
            None if authority.name.parse::<IpAddr>().is_ok() => Ok(&self.default),
            None => Err(StatusCode::MISDIRECTED_REQUEST),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;
    use crate::site::{Memory, Site};

    #[test]
    fn a_request_finds_the_site_that_it_names() {
        let sites = Sites::new("www.shop.test", site()).with("Club.test", site());
        let found = |target: &str, host: &str| {
            let request = Request::get(target).header("host", host).body(()).unwrap();
            sites.find(&request).map(|site| ptr::eq(&**site, &*sites.default))
        };
        assert_eq!(found("/", "www.shop.test:8080"), Ok(true));
        assert_eq!(found("/", "CLUB.test."), Ok(false));
        assert_eq!(found("http://club.test/", "www.shop.test"), Ok(false));
        for literal in ["", "127.83.0.5:8080", "[::1]"] {
            assert_eq!(found("/", literal), Ok(true), "{literal}");
        }
        assert_eq!(found("/", "other.test"), Err(StatusCode::MISDIRECTED_REQUEST));
        assert_eq!(found("/", "not a host"), Err(StatusCode::BAD_REQUEST));
    }

    fn site() -> Rc<dyn Handler> {
        Rc::new(Site::new(Memory::default()))
    }
}
