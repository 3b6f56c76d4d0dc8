//! A name as a key: lower-cased, with the place of each label, on the stack.

use super::MAX_NAME;

/// A lower-cased name whose labels can be hashed one after the other from the root down.
///
/// Hashing from the root makes the key of a child the key of its parent and one step more, so that
/// a walk from a zone's apex to a name hashes each label once.
#[derive(Clone)]
pub struct Key {
    octets: [u8; MAX_NAME + SLACK],
    length: u8,
    starts: [u8; MAX_LABELS],
    count: u8,
}

/// The value of the root's key, from which every other follows.
pub const ROOT: u64 = 0x9e37_79b9_7f4a_7c15;

impl Key {
    /// Takes the uncompressed name at the start of `wire`; nothing if there is none.
    #[inline]
    pub fn read(wire: &[u8]) -> Option<Self> {
        let mut key = Self { octets: [0; MAX_NAME + SLACK], length: 0, starts: [0; MAX_LABELS], count: 0 };
        let mut at = 0;
        loop {
            let label = usize::from(*wire.get(at)?);
            if label == 0 {
                break;
            }
            // A pointer or an unknown kind of label is over 63 and no name on its own.
            if label > super::MAX_LABEL || at + 1 + label >= MAX_NAME {
                return None;
            }
            key.starts[usize::from(key.count)] = at as u8;
            key.count += 1;
            at += 1 + label;
        }
        let (from, to) = (wire.get(..=at)?, key.octets.get_mut(..=at)?);
        to.copy_from_slice(from);
        to.make_ascii_lowercase();
        key.length = (at + 1) as u8;
        Some(key)
    }

    /// The lower-cased name in wire form.
    #[inline]
    pub fn wire(&self) -> &[u8] {
        &self.octets[..usize::from(self.length)]
    }

    /// How many labels it has without the root's.
    #[inline]
    pub fn depth(&self) -> usize {
        usize::from(self.count)
    }

    /// The label that makes the name at `depth` (1 is just below the root) out of its parent.
    #[inline]
    pub fn label(&self, depth: usize) -> &[u8] {
        let start = self.start(depth);
        &self.octets[start + 1..start + 1 + usize::from(self.octets[start])]
    }

    /// The part of the name that has `depth` labels.
    #[inline]
    pub fn suffix(&self, depth: usize) -> &[u8] {
        match depth {
            0 => &self.octets[usize::from(self.length) - 1..usize::from(self.length)],
            _ => &self.octets[self.start(depth)..usize::from(self.length)],
        }
    }

    /// The value of the name at `depth`, when its parent's is `above`.
    #[inline]
    pub fn hash(&self, depth: usize, above: u64) -> u64 {
        let start = self.start(depth);
        let length = usize::from(self.octets[start]);
        let mut hash = above ^ length as u64;
        let mut at = 0;
        while at < length {
            let left = length - at;
            let mut word = self.word(start + 1 + at);
            if left < 8 {
                word &= (1 << (8 * left)) - 1;
            }
            hash = (hash ^ word).wrapping_mul(FACTOR);
            hash ^= hash >> 32;
            at += 8;
        }
        hash
    }

    #[inline]
    fn start(&self, depth: usize) -> usize {
        usize::from(self.starts[usize::from(self.count) - depth])
    }

    /// Eight octets; those after the name are slack and masked off by the caller.
    #[inline]
    fn word(&self, at: usize) -> u64 {
        let mut word = [0; 8];
        word.copy_from_slice(&self.octets[at..at + 8]);
        u64::from_le_bytes(word)
    }
}

/// A name of 255 octets holds 127 labels of one octet; a power of two keeps the index check cheap.
const MAX_LABELS: usize = 128;
/// Lets eight octets be read from any place in the name.
const SLACK: usize = 9;
/// The multiplier of splitmix64's second step: odd, with its bits well spread.
const FACTOR: u64 = 0x94d0_49bb_1331_11eb;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;

    #[test]
    fn a_key_has_its_labels_from_the_root_down() {
        let name: Name = "Www.Shop.TEST".parse().unwrap();
        let key = Key::read(name.wire()).unwrap();
        assert_eq!(key.depth(), 3);
        assert_eq!([key.label(1), key.label(2), key.label(3)], [&b"test"[..], b"shop", b"www"]);
        assert_eq!(key.suffix(2), b"\x04shop\x04test\x00");
        assert_eq!(key.suffix(0), b"\x00");
        assert_eq!(key.wire(), b"\x03www\x04shop\x04test\x00");
    }

    #[test]
    fn a_label_has_one_hash_wherever_it_stands() {
        let name: Name = "a.longer-than-eight.x".parse().unwrap();
        let key = Key::read(name.wire()).unwrap();
        let other = Key::read(b"\x11LONGER-than-eight\x04test\0").unwrap();
        assert_eq!(key.hash(2, 7), other.hash(2, 7));
        assert_ne!(key.hash(2, 7), key.hash(2, 8));
        assert_ne!(key.hash(2, 7), key.hash(3, 7));
    }

    #[test]
    fn the_longest_name_is_a_key_and_one_octet_more_is_none() {
        let longest = (0..127).fold(Name::root(), |name, _| name.child(b"a").unwrap());
        assert_eq!(Key::read(longest.wire()).unwrap().depth(), 127);
        let mut over = vec![1, b'b'];
        over.extend_from_slice(longest.wire());
        assert!(Key::read(&over).is_none());
        assert!(Key::read(b"\xc0\x0c").is_none());
        assert!(Key::read(b"\x03ww").is_none());
    }
}
