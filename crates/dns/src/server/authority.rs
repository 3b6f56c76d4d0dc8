//! Which zones are told to whom.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use toynet_service::{Doors, Place};

use crate::load::read_zone;
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
        Self::of_zones(place, sources)
    }

    /// Compiles zones given as origin and records.
    ///
    /// # Errors
    /// When one of them is no zone.
    pub fn of_zones(place: &Place, sources: Vec<(Name, Vec<Record>)>) -> io::Result<Self> {
        let doors = Arc::clone(&place.outside);
        let views = Views::new(sources, Box::new(move |address| outward(&doors, address)));
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

/// How an address is told outside.
pub(crate) fn outward(doors: &Doors, address: IpAddr) -> Outward {
    match doors.get(&address) {
        Some(door) => Outward::At(*door),
        None => Outward::Same,
    }
}

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}
