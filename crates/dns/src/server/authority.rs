//! Which zones are told to whom.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use toynet_service::Place;

use crate::config::read_zone;
use crate::name::Name;
use crate::outside::{Outward, View, Views};
use crate::record::Record;
use crate::wire::Query;
use crate::zone::Zones;
use crate::zonefile::Severity;

/// A server's zones, in each view.
pub(crate) struct Authority(Views);

impl Authority {
    /// Compiles the zones of a host.
    ///
    /// # Errors
    /// When one of them must not be served; the text names the first fault.
    pub fn build(place: &Place) -> io::Result<Self> {
        let mut sources = Vec::with_capacity(place.zones.len());
        for zone in &place.zones {
            let origin: Name = zone.origin.parse().map_err(|error| invalid(format!("{}: {error}", zone.origin)))?;
            let file = read_zone(&zone.source, &zone.text, &origin, &*place.files);
            if let Some(fault) = file.faults.iter().find(|fault| fault.severity == Severity::Error) {
                return Err(invalid(fault.to_string()));
            }
            file.faults.iter().for_each(|fault| tracing::debug!("{fault}"));
            let records: Vec<Record> = file.entries.into_iter().map(|(record, _)| record).collect();
            sources.push((origin, records));
        }
        let doors = Doors::new(place);
        let views = Views::new(sources, Box::new(move |address| doors.outward(address)));
        views.map(Self).map_err(|(origin, error)| invalid(format!("{origin}: {error}")))
    }

    /// The zones as whoever asks may see them.
    #[inline]
    pub fn zones(&self, outside: bool, query: Option<&Query<'_>>) -> &Zones {
        let view = match query {
            Some(query) if outside => View::for_outside(query),
            None if outside => View::Outside,
            Some(_) | None => View::Inside,
        };
        self.0.zones(view)
    }
}

/// How addresses of the lab are told outside.
pub(crate) struct Doors(Arc<BTreeMap<IpAddr, IpAddr>>);

impl Doors {
    pub fn new(place: &Place) -> Self {
        Self(Arc::clone(&place.outside))
    }

    pub fn outward(&self, address: IpAddr) -> Outward {
        outward(&self.0, address)
    }
}

/// A lab without doors tells its addresses as they are; otherwise an IPv6 address of the lab's own
/// range leads nowhere.
pub(crate) fn outward(doors: &BTreeMap<IpAddr, IpAddr>, address: IpAddr) -> Outward {
    match doors.get(&address) {
        Some(door) => Outward::At(*door),
        None if !doors.is_empty() && is_ours(address) => Outward::Unreachable,
        None => Outward::Same,
    }
}

/// 2001:db8::/32, from which labs take their addresses (RFC 3849).
fn is_ours(address: IpAddr) -> bool {
    match address {
        IpAddr::V6(address) => address.segments()[..2] == [0x2001, 0xdb8],
        IpAddr::V4(_) => false,
    }
}

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}
