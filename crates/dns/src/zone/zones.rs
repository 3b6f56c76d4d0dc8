//! Many zones: the one that a name belongs to is that with the longest name (RFC 1034 4.3.2, step 2).

use std::sync::Arc;

use super::Zone;
use super::table::Table;
use crate::name::{Key, Name, key};

/// The zones of a server.
#[derive(Default)]
pub struct Zones {
    zones: Vec<Arc<Zone>>,
    table: Table,
    /// The most labels that a zone's name has.
    deepest: usize,
}

/// Where a name belongs.
#[derive(Clone, Copy)]
pub struct Home<'a> {
    /// The zone with the longest name above it.
    pub zone: &'a Zone,
    /// The next longer one, whose servers answer for DS at the name of `zone` (RFC 4035 3.1.4.1).
    pub above: Option<&'a Zone>,
}

impl Zones {
    /// The zones of a server; of two with one name the first counts.
    pub fn new(zones: Vec<Arc<Zone>>) -> Self {
        let mut table = Table::with_capacity(zones.len());
        for (index, zone) in (0..).zip(&zones) {
            table.insert(zone.start().1, index);
        }
        let deepest = zones.iter().map(|zone| zone.start().0).max().unwrap_or(0);
        Self { zones, table, deepest }
    }

    /// All zones.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Zone>> {
        self.zones.iter()
    }

    /// The zone with exactly this name.
    pub fn exact(&self, name: &Name) -> Option<&Arc<Zone>> {
        self.zones.iter().find(|zone| zone.origin() == name)
    }

    /// The zone of a name.
    #[inline]
    pub fn home(&self, key: &Key) -> Option<Home<'_>> {
        let mut home = self.at(key, 0, key::ROOT).map(|zone| Home { zone, above: None });
        let mut hash = key::ROOT;
        for depth in 1..=key.depth().min(self.deepest) {
            hash = key.hash(depth, hash);
            if let Some(zone) = self.at(key, depth, hash) {
                home = Some(Home { zone, above: home.map(|home| home.zone) });
            }
        }
        home
    }

    #[inline]
    fn at(&self, key: &Key, depth: usize, hash: u64) -> Option<&Zone> {
        let is_it = |index: u32| self.zones[index as usize].origin().wire().eq_ignore_ascii_case(key.suffix(depth));
        self.table.find(hash, is_it).map(|index| &*self.zones[index as usize])
    }
}
