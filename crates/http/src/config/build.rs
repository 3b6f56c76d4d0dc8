//! From the table to sites.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use toml::Spanned;
use toynet_machine::Time;
use toynet_service::{Place, place};

use super::route;
use super::table::{Http, Https, Pages, SiteParts};
use crate::server::access::AccessLog;
use crate::server::{ALPN, ALPN_THREE, Handler, HttpServer, Sites, Way};
use crate::site::listing::Item;
use crate::site::path::SitePath;
use crate::site::{Folder, Found, Memory, Root, Site, page};

/// The server of a host's sites, on all of its ports.
pub(super) fn server(http: &Http, place: &Place) -> io::Result<HttpServer> {
    let mut server = HttpServer::of(sites(http, place)?).within(http.limits.limits()).counting(http.limits.room());
    if let Some(format) = http.access_log {
        let file = place.state.as_ref().map(|folder| folder.join(ACCESS_LOG));
        server = server.logging(AccessLog::new(format, file));
    }
    if let Some(port) = http.clear_port() {
        let to_tls = http.tls_port().filter(|_| http.https() == Https::Redirect);
        server = server.on(port, to_tls.map_or(Way::Clear, Way::ToTls));
    }
    if let (Some(port), Some(settings)) = (http.tls_port(), http.tls()) {
        let aliases = http.aliases().map(|name| name.get_ref().as_str());
        let tls = place.tls_server(settings, aliases, ALPN)?;
        // The same but for what is spoken, so that both show the same certificates.
        if let (Some(port), Some(tls)) = (http.three_port(), tls.speaking(ALPN_THREE)) {
            server = server.on_quic(port, tls);
        }
        server = server.on(port, Way::Tls(tls));
    }
    Ok(server)
}

/// The sites of a host.
fn sites(http: &Http, place: &Place) -> io::Result<Sites> {
    let own = site(http.own(), place.host.as_str(), place)?;
    let mut sites = Sites::new(place.host.as_str(), Rc::clone(&own));
    for name in &http.names {
        sites = sites.with(name.get_ref(), Rc::clone(&own));
    }
    for (name, table) in &http.sites {
        sites = sites.with(name.get_ref(), site(table.parts(), name.get_ref(), place)?);
    }
    Ok(if http.is_for_any { sites.for_any() } else { sites })
}

/// The place under a root that a page's path leads to; a folder's page is its index.
pub(super) fn place_of_page(path: &str, index: &str) -> Option<String> {
    let path = SitePath::parse(path).ok()?;
    Some(if path.is_folder { path.below(index) } else { path.as_str().to_owned() })
}

fn site(parts: SiteParts<'_>, name: &str, place: &Place) -> io::Result<Rc<dyn Handler>> {
    let index = parts.manner.first_index();
    let root = parts.root.map(|root| place.files.folder(root.get_ref())).transpose()?;
    let on_disk = match &root {
        Some(place::Folder::Disk(path)) => Some(path.canonicalize()?),
        _ => None,
    };
    let below: Box<dyn Root> = match root {
        Some(root) => folder(root)?,
        None => Box::new(Memory::new([(index, page::welcome(name), WRITTEN)])),
    };
    let site = Site::new(Overlay { pages: written(parts.pages, index), below }).with_manner(parts.manner.manner()?);
    route::routes(parts.routes, Rc::new(site), &route::Around { realm: name, root: on_disk, files: &*place.files })
}

fn written(pages: &Pages, index: &str) -> Option<Memory> {
    let page = |(path, text): (&Spanned<String>, &String)| {
        Some((place_of_page(path.get_ref(), index)?, Bytes::from(text.clone()), WRITTEN))
    };
    (!pages.is_empty()).then(|| Memory::new(pages.iter().filter_map(page)))
}

fn folder(folder: place::Folder) -> io::Result<Box<dyn Root>> {
    Ok(match folder {
        place::Folder::Disk(path) => Box::new(Folder::open(path)?.trusting(TRUST)),
        place::Folder::Embedded(files) => {
            let files = files.into_iter().map(|(place, octets)| (place, Bytes::from_static(octets), WRITTEN));
            Box::new(Memory::new(files))
        }
    })
}

/// Pages of the lab file, if there are any, and below them a folder.
struct Overlay {
    pages: Option<Memory>,
    below: Box<dyn Root>,
}

impl Root for Overlay {
    fn look(&self, place: &str, now: Time) -> Found {
        match self.pages.as_ref().map_or(Found::Nothing, |pages| pages.look(place, now)) {
            Found::File(page) => Found::File(page),
            found => match self.below.look(place, now) {
                Found::Nothing => found,
                below => below,
            },
        }
    }

    fn list(&self, place: &str) -> Vec<Item> {
        let mut items = self.pages.as_ref().map(|pages| pages.list(place)).unwrap_or_default();
        let below = self.below.list(place);
        items.extend(
            below.into_iter().filter(|item| !items.iter().any(|page| page.name == item.name)).collect::<Vec<_>>(),
        );
        items
    }
}

/// The log's name in the host's folder.
const ACCESS_LOG: &str = "access.log";
/// When what is part of the program or of the lab file was changed: any date will do as long as it is the
/// same in every run.
const WRITTEN: Time = Time::from_secs(1_767_225_600);
/// Too short for a person to notice, and spares a busy site nearly all looks at the disk.
const TRUST: Duration = Duration::from_millis(10);
