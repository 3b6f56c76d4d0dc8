//! Records become nodes, sets and octets that only need to be copied.

use std::collections::BTreeMap;

use super::table::Table;
use super::{APEX, Bound, FOREIGN, HEAD, Node, NodeId, Set, Zone};
use crate::codes::RecordType;
use crate::name::{Key, Name, key, parent};
use crate::rdata;
use crate::record::Record;
use crate::wire::u32_at;
use crate::wire::writer::{QNAME, fixed};

/// Why records make no zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAZone {
    /// No SOA record stands at the apex.
    #[error("no SOA record stands at the apex")]
    NoSoa,
    /// The octets or names are more than 32 bits can number.
    #[error("the zone takes more than 4 GiB")]
    TooLarge,
}

impl Zone {
    /// Compiles the records of a zone. Records outside `origin` and of types that no zone holds are left out, and so
    /// are records that stand there twice; what is otherwise wrong is the zone file's matter to tell.
    ///
    /// # Errors
    /// When there is no SOA record, or too much of everything.
    pub fn compile(origin: &Name, records: &[Record]) -> Result<Self, NotAZone> {
        Self::compile_with(origin, records, &Extra::default())
    }

    /// As [`Zone::compile`], with what no record of the zone can say.
    ///
    /// # Errors
    /// As [`Zone::compile`].
    pub fn compile_with(origin: &Name, records: &[Record], extra: &Extra) -> Result<Self, NotAZone> {
        let mut compiler = Compiler::new(origin, records.len());
        for name in &extra.empty_names {
            let _node = compiler.node_of(name.wire());
        }
        let mut places: Vec<(NodeId, RecordType, u32)> = Vec::with_capacity(records.len());
        for (index, record) in (0_u32..).zip(records) {
            if !record.kind.is_meta()
                && let Some(node) = compiler.node_of(record.owner.wire())
            {
                places.push((node, record.kind, index));
            }
        }
        for (index, record) in (records.len() as u32..).zip(&extra.glue) {
            places.push((compiler.foreign_node(&record.owner), record.kind, index));
        }
        places.sort_unstable();
        let all: Vec<&Record> = records.iter().chain(&extra.glue).collect();
        for set in places.chunk_by(|one, next| (one.0, one.1) == (next.0, next.1)) {
            let members: Vec<&Record> = set.iter().map(|(_, _, index)| all[*index as usize]).collect();
            compiler.add_set(set[0].0, &members)?;
        }
        compiler.link_targets();
        compiler.finish()
    }
}

/// What a zone needs beside its records.
#[derive(Clone, Debug, Default)]
pub struct Extra {
    /// Names that exist without any record.
    pub empty_names: Vec<Name>,
    /// Addresses of servers outside the zone, sent along with NS records.
    pub glue: Vec<Record>,
}

struct Compiler {
    zone: Zone,
    /// Nodes that stand for names outside the zone; no walk reaches them.
    foreign: BTreeMap<Name, NodeId>,
}

impl Compiler {
    fn new(origin: &Name, size: usize) -> Self {
        let (mut depth, mut hash) = (0, key::ROOT);
        if let Some(key) = Key::read(origin.wire()) {
            depth = key.depth();
            hash = (1..=depth).fold(key::ROOT, |hash, depth| key.hash(depth, hash));
        }
        let (origin, table) = (origin.clone(), Table::with_capacity(size));
        let (nodes, sets, targets) = (Vec::with_capacity(size), Vec::with_capacity(size), Vec::new());
        let (names, records) = (Vec::with_capacity(24 * size), Vec::with_capacity(28 * size));
        let mut zone = Zone { origin, depth, hash, nodes, sets, targets, names, records, table, soa_ttl: 0, serial: 0 };
        let wire = zone.origin.wire().to_vec();
        push_node(&mut zone, APEX, &wire, hash);
        Self { zone, foreign: BTreeMap::new() }
    }

    /// The node of a name, made with all that lie between it and the apex (RFC 4592 2.2.2); nothing outside the zone.
    fn node_of(&mut self, wire: &[u8]) -> Option<NodeId> {
        let key = Key::read(wire)?;
        let top = key.depth().checked_sub(self.zone.depth)?;
        if key.suffix(self.zone.depth) != Key::read(self.zone.origin.wire())?.wire() {
            return None;
        }
        let (mut node, mut hash) = (APEX, self.zone.hash);
        for (above, depth) in (0..top).rev().zip(self.zone.depth + 1..) {
            hash = key.hash(depth, hash);
            let known = self.zone.child(node, &key, depth, hash);
            node = known.unwrap_or_else(|| push_node(&mut self.zone, node, nth_parent(wire, above), hash));
        }
        Some(node)
    }

    fn foreign_node(&mut self, name: &Name) -> NodeId {
        let zone = &mut self.zone;
        *self.foreign.entry(name.clone()).or_insert_with(|| {
            let id = NodeId(zone.nodes.len() as u32);
            zone.nodes.push(Node::new(FOREIGN, zone.names.len() as u32, name.wire().len() as u8));
            zone.names.extend_from_slice(name.wire());
            id
        })
    }

    /// Adds the records of one name and type, which come in no other call.
    fn add_set(&mut self, id: NodeId, members: &[&Record]) -> Result<(), NotAZone> {
        let Some(first) = members.first() else { return Ok(()) };
        let zone = &mut self.zone;
        // One set has one TTL (RFC 2181 5.2).
        let ttl = members.iter().map(|record| record.ttl).min().unwrap_or(0);
        let start = offset(&zone.records)?;
        let mut count = 0;
        for (index, record) in members.iter().enumerate() {
            if members[..index].iter().any(|earlier| earlier.rdata == record.rdata) {
                continue;
            }
            let length = u16::try_from(record.rdata.len()).map_err(|_| NotAZone::TooLarge)?;
            zone.records.extend_from_slice(&QNAME);
            zone.records.extend_from_slice(&fixed(record.kind, ttl));
            zone.records.extend_from_slice(&length.to_be_bytes());
            zone.records.extend_from_slice(&record.rdata);
            count += 1;
        }
        let set = Set { kind: first.kind, count, start, end: offset(&zone.records)?, first_target: 0, targets: 0 };
        let node = &mut zone.nodes[id.0 as usize];
        if node.sets == 0 {
            node.first_set = zone.sets.len() as u32;
        }
        node.sets += 1;
        node.bound = match (first.kind, node.bound) {
            (RecordType::NS, _) if id != APEX => Bound::Cut,
            (RecordType::DNAME, Bound::Open) => Bound::Renamed,
            (_, bound) => bound,
        };
        zone.sets.push(set);
        Ok(())
    }

    /// Finds the nodes that hold the addresses of name servers, exchangers and services.
    fn link_targets(&mut self) {
        for index in 0..self.zone.sets.len() {
            let set = self.zone.sets[index];
            if !has_targets(set.kind) {
                continue;
            }
            let found: Vec<NodeId> =
                self.zone.each(&set).filter_map(|(_, data)| self.target_of(set.kind, data)).collect();
            self.zone.sets[index].first_target = self.zone.targets.len() as u32;
            self.zone.sets[index].targets = found.len() as u16;
            self.zone.targets.extend(found);
        }
    }

    fn target_of(&self, kind: RecordType, data: &[u8]) -> Option<NodeId> {
        let target = rdata::names(kind, data).into_iter().next()?;
        let wire = &data[target.range];
        let foreign = || Name::from_wire(wire).ok().and_then(|name| self.foreign.get(&name).copied());
        let node = self.find(wire).or_else(foreign)?;
        let addresses = [RecordType::A, RecordType::AAAA];
        addresses.iter().any(|kind| self.zone.set(node, *kind).is_some()).then_some(node)
    }

    fn find(&self, wire: &[u8]) -> Option<NodeId> {
        let key = Key::read(wire)?;
        let (top, mut hash) = self.zone.start();
        if key.depth() < top || !key.suffix(top).eq_ignore_ascii_case(self.zone.origin.wire()) {
            return None;
        }
        (top + 1..=key.depth()).try_fold(APEX, |node, depth| {
            hash = key.hash(depth, hash);
            self.zone.child(node, &key, depth, hash)
        })
    }

    fn finish(mut self) -> Result<Zone, NotAZone> {
        let soa = *self.zone.set(APEX, RecordType::SOA).ok_or(NotAZone::NoSoa)?;
        let (record, data) = self.zone.each(&soa).next().ok_or(NotAZone::NoSoa)?;
        let (ttl, minimum) = (u32_at(record, 4).ok_or(NotAZone::NoSoa)?, last_field(data, 0).ok_or(NotAZone::NoSoa)?);
        let serial = last_field(data, 4).ok_or(NotAZone::NoSoa)?;
        self.zone.soa_ttl = ttl.min(minimum);
        self.zone.serial = serial;
        let zone = &mut self.zone;
        zone.nodes.shrink_to_fit();
        zone.sets.shrink_to_fit();
        zone.names.shrink_to_fit();
        zone.records.shrink_to_fit();
        Ok(self.zone)
    }
}

impl Node {
    fn new(parent: NodeId, name: u32, length: u8) -> Self {
        Self { parent, name, length, bound: Bound::Open, first_set: 0, sets: 0, wildcard: None }
    }
}

fn push_node(zone: &mut Zone, parent: NodeId, wire: &[u8], hash: u64) -> NodeId {
    let id = NodeId(zone.nodes.len() as u32);
    let (name, length) = (zone.names.len() as u32, wire.len() as u8);
    zone.names.extend_from_slice(wire);
    zone.nodes.push(Node::new(parent, name, length));
    zone.table.insert(hash, id.0);
    if id != APEX && wire.starts_with(b"\x01*") {
        zone.nodes[parent.0 as usize].wildcard = Some(id);
    }
    id
}

/// Whether the additional section holds addresses for records of this type (RFC 1034 4.3.2, RFC 2782).
fn has_targets(kind: RecordType) -> bool {
    matches!(kind, RecordType::NS | RecordType::MX | RecordType::SRV)
}

fn nth_parent(wire: &[u8], count: usize) -> &[u8] {
    (0..count).fold(wire, |wire, _| parent(wire).unwrap_or(wire))
}

/// A number of 32 bits in the fixed end of SOA data, counted from the last.
fn last_field(data: &[u8], from_last: usize) -> Option<u32> {
    u32_at(data, data.len().checked_sub(4 * (from_last + 1))?)
}

fn offset(octets: &[u8]) -> Result<u32, NotAZone> {
    u32::try_from(octets.len()).map_err(|_| NotAZone::TooLarge)
}

// The head of a record is the pointer, type, class and TTL, and the length.
const _: () = assert!(HEAD == QNAME.len() + 8 + 2);
