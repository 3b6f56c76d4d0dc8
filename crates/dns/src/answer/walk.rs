//! From a zone's apex down to a name (RFC 1034 4.3.2, step 3; RFC 4592 3.3; RFC 6672 3.2).

use crate::codes::RecordType;
use crate::name::Key;
use crate::zone::{APEX, Bound, NodeId, Zone};

/// What stands where a name should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The name itself, or the wildcard that stands for it.
    Node(NodeId),
    /// A delegation at or above it.
    Cut(NodeId),
    /// A DNAME above it, at a name with so many labels.
    Renamed(NodeId, usize),
    /// Nothing.
    Nothing,
}

/// Walks down `zone` to the name of `key`, which must lie within it.
#[inline]
pub fn walk(zone: &Zone, key: &Key, kind: RecordType) -> Found {
    let (top, mut hash) = zone.start();
    let mut node = APEX;
    for depth in top + 1..=key.depth() {
        if zone.node(node).bound == Bound::Renamed {
            return Found::Renamed(node, depth - 1);
        }
        hash = key.hash(depth, hash);
        match zone.child(node, key, depth, hash) {
            Some(child) => node = child,
            None => return zone.wildcard(node).map_or(Found::Nothing, Found::Node),
        }
        // DS belongs to the parent's side of a cut (RFC 4035 3.1.4.1).
        if zone.node(node).bound == Bound::Cut && !(kind == RecordType::DS && depth == key.depth()) {
            return Found::Cut(node);
        }
    }
    Found::Node(node)
}
