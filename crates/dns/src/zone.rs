//! A zone, compiled: every name a node, every record set ready to be copied into a message.
//!
//! - [`compile`](Zone::compile): records to nodes
//! - [`Zone`]: a tree of names that is walked from the apex down
//! - [`Zones`]: which zone a name belongs to

mod compile;
mod table;
mod zones;

use crate::codes::RecordType;
use crate::name::{Key, Name};
use table::Table;

pub use compile::{Extra, NotAZone};
pub use zones::{Home, Zones};

/// A compiled zone. It is never changed; a reload compiles another.
pub struct Zone {
    origin: Name,
    /// The origin's depth and hash: where a walk through the zone begins.
    depth: usize,
    hash: u64,
    nodes: Vec<Node>,
    sets: Vec<Set>,
    /// Nodes that record sets lead to, for the additional section.
    targets: Vec<NodeId>,
    names: Vec<u8>,
    /// Records as they stand in a message: a pointer to the question's name, type, class, TTL, length, data.
    records: Vec<u8>,
    table: Table,
    soa_ttl: u32,
    serial: u32,
}

/// The number of a name in its zone; the apex is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(u32);

/// The zone's own name.
pub const APEX: NodeId = NodeId(0);
/// The parent of names outside the zone.
const FOREIGN: NodeId = NodeId(u32::MAX);

pub(crate) struct Node {
    parent: NodeId,
    /// Where its name is in `names`.
    name: u32,
    length: u8,
    /// What it means for names below it.
    pub(crate) bound: Bound,
    first_set: u32,
    sets: u16,
    /// The node `*` below it.
    wildcard: Option<NodeId>,
}

/// What a node means for the names below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Nothing: they belong to the zone.
    Open,
    /// It is delegated, and they belong to another zone (RFC 1034 4.2.1).
    Cut,
    /// They are renamed (RFC 6672).
    Renamed,
}

/// All records of one name and type.
#[derive(Clone, Copy, Debug)]
pub struct Set {
    /// Their type.
    pub kind: RecordType,
    /// How many there are.
    pub count: u16,
    pub(crate) start: u32,
    pub(crate) end: u32,
    first_target: u32,
    targets: u16,
}

/// Octets of a record's owner, as a pointer, in `records`.
pub(crate) const POINTER: usize = 2;
/// Octets of a record before its data: pointer, type, class, TTL, length.
pub(crate) const HEAD: usize = 12;

impl Zone {
    /// The zone's name.
    pub fn origin(&self) -> &Name {
        &self.origin
    }

    /// The serial number of its SOA record.
    pub fn serial(&self) -> u32 {
        self.serial
    }

    /// How many names it has, empty ones included.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// How many octets of memory it takes, roughly.
    pub fn octets(&self) -> usize {
        let nodes = self.nodes.len() * size_of::<Node>() + self.sets.len() * size_of::<Set>();
        nodes + self.names.len() + self.records.len() + self.table.octets() + 4 * self.targets.len()
    }

    /// The name one label below `parent` on the way to `key`, whose label stands at `depth`.
    #[inline]
    pub(crate) fn child(&self, parent: NodeId, key: &Key, depth: usize, hash: u64) -> Option<NodeId> {
        let label = key.label(depth);
        self.table
            .find(hash, |id| {
                let node = &self.nodes[id as usize];
                node.parent == parent && id != 0 && self.label(node).eq_ignore_ascii_case(label)
            })
            .map(NodeId)
    }

    fn label(&self, node: &Node) -> &[u8] {
        let start = node.name as usize;
        &self.names[start + 1..start + 1 + usize::from(self.names[start])]
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The name of a node in wire form.
    #[inline]
    pub(crate) fn name(&self, id: NodeId) -> &[u8] {
        let node = self.node(id);
        &self.names[node.name as usize..node.name as usize + usize::from(node.length)]
    }

    /// The node that stands for the names that do not exist just below `id` (RFC 4592 3.3.1).
    pub(crate) fn wildcard(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).wildcard
    }

    /// All record sets of a name.
    #[inline]
    pub(crate) fn sets(&self, id: NodeId) -> &[Set] {
        let node = self.node(id);
        &self.sets[node.first_set as usize..node.first_set as usize + usize::from(node.sets)]
    }

    /// One record set of a name.
    #[inline]
    pub(crate) fn set(&self, id: NodeId, kind: RecordType) -> Option<&Set> {
        self.sets(id).iter().find(|set| set.kind == kind)
    }

    /// The names that the records of a set lead to, as far as this zone knows their addresses.
    #[inline]
    pub(crate) fn targets(&self, set: &Set) -> &[NodeId] {
        &self.targets[set.first_target as usize..set.first_target as usize + usize::from(set.targets)]
    }

    /// The records of a set as one run of octets, each owned by the question's name.
    #[inline]
    pub(crate) fn run(&self, set: &Set) -> &[u8] {
        &self.records[set.start as usize..set.end as usize]
    }

    /// The records of a set, each as octets from its type on and the data in them.
    pub(crate) fn each(&self, set: &Set) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut rest = self.run(set);
        std::iter::from_fn(move || {
            let length = usize::from(crate::wire::u16_at(rest, HEAD - 2)?);
            let (record, after) = rest.split_at_checked(HEAD + length)?;
            rest = after;
            Some((&record[POINTER..], &record[HEAD..]))
        })
    }

    /// The TTL of negative answers: the lesser of the SOA record's own and its last field (RFC 2308 3).
    pub(crate) fn negative_ttl(&self) -> u32 {
        self.soa_ttl
    }

    pub(crate) fn start(&self) -> (usize, u64) {
        (self.depth, self.hash)
    }

    /// The zone's own names from number `first` on, the apex first, then as they first came in the records.
    pub(crate) fn ids_from(&self, first: usize) -> impl Iterator<Item = NodeId> {
        (first as u32..self.nodes.len() as u32).map(NodeId).filter(|id| self.node(*id).parent != FOREIGN)
    }
}
