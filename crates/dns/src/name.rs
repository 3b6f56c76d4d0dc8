//! Domain names in wire form: what they are, how they compare, who their parents are.
//!
//! A name is kept as it stands in a message: labels, each after its length, up to the empty label of
//! the root (RFC 1035 3.1). Case is kept and never counts (RFC 4343).

pub(crate) mod key;
mod text;

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

pub use key::Key;
pub(crate) use text::next_octet;
pub use text::{NameError, Shown, read_text};

/// Octets that a name may take, its last zero included (RFC 1035 2.3.4).
pub const MAX_NAME: usize = 255;
/// Octets that a label may take without its length (RFC 1035 2.3.4).
pub const MAX_LABEL: usize = 63;

/// A domain name, whole and absolute.
#[derive(Clone)]
pub struct Name(Box<[u8]>);

impl Name {
    /// The name of the root.
    pub fn root() -> Self {
        Self(Box::new([0]))
    }

    /// The name at the start of `wire`, which must be uncompressed and nothing else.
    ///
    /// # Errors
    /// When a label or the name is too long, or when `wire` ends early or late.
    pub fn from_wire(wire: &[u8]) -> Result<Self, NameError> {
        match length(wire) {
            Some(length) if length == wire.len() => Ok(Self(wire.into())),
            _ => Err(NameError::Wire),
        }
    }

    /// The name in wire form.
    pub fn wire(&self) -> &[u8] {
        &self.0
    }

    /// Its labels from the left, without the root's.
    pub fn labels(&self) -> impl Iterator<Item = &[u8]> {
        suffixes(&self.0).map(|suffix| &suffix[1..=usize::from(suffix[0])]).take_while(|label| !label.is_empty())
    }

    /// The name without its first label; nothing above the root.
    pub fn parent(&self) -> Option<Self> {
        parent(&self.0).map(|wire| Self(wire.into()))
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.len() == 1
    }

    /// Whether it is `ancestor` or lies below it.
    pub fn is_within(&self, ancestor: &Name) -> bool {
        is_within(&self.0, &ancestor.0)
    }

    /// The name one `label` below this one.
    ///
    /// # Errors
    /// When the label is empty or too long, or the name would be.
    pub fn child(&self, label: &[u8]) -> Result<Self, NameError> {
        if label.is_empty() || label.len() > MAX_LABEL {
            return Err(NameError::LabelLength);
        }
        let mut wire = vec![label.len() as u8];
        wire.extend_from_slice(label);
        wire.extend_from_slice(&self.0);
        if wire.len() > MAX_NAME {
            return Err(NameError::NameLength);
        }
        Ok(Self(wire.into()))
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.iter().for_each(|octet| state.write_u8(octet.to_ascii_lowercase()));
    }
}

/// The canonical order: from the rightmost label to the left, lower-cased (RFC 4034 6.1).
impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mine, others): (Vec<_>, Vec<_>) = (self.labels().collect(), other.labels().collect());
        let fold = |label: &&[u8]| label.to_ascii_lowercase();
        mine.iter().rev().map(fold).cmp(others.iter().rev().map(fold))
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How many octets the uncompressed name at the start of `wire` takes; nothing if there is none.
pub fn length(wire: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let label = usize::from(*wire.get(at)?);
        at += 1 + label;
        if label > MAX_LABEL || at > MAX_NAME {
            return None;
        }
        if label == 0 {
            return Some(at);
        }
    }
}

/// The name and its parents, the root last. `wire` must be a name, as all of these functions expect.
pub fn suffixes(wire: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(Some(wire), |wire| parent(wire))
}

/// The name without its first label; nothing above the root.
pub fn parent(wire: &[u8]) -> Option<&[u8]> {
    match wire.first() {
        None | Some(0) => None,
        Some(length) => wire.get(1 + usize::from(*length)..),
    }
}

/// Whether two names are the same, whatever the case.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    // Lengths of labels are below the letters, so they fold to themselves.
    one.eq_ignore_ascii_case(other)
}

/// Whether `wire` is `ancestor` or lies below it.
pub fn is_within(wire: &[u8], ancestor: &[u8]) -> bool {
    suffixes(wire).skip_while(|suffix| suffix.len() > ancestor.len()).take(1).any(|suffix| same(suffix, ancestor))
}

/// How many labels a name has without the root's.
pub fn count(wire: &[u8]) -> usize {
    suffixes(wire).count().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_count_and_is_kept() {
        let (one, other): (Name, Name) = ("Www.SHOP.test".parse().unwrap(), "www.shop.test.".parse().unwrap());
        assert_eq!(one, other);
        assert_eq!(one.to_string(), "Www.SHOP.test.");
    }

    #[test]
    fn a_name_lies_within_itself_and_its_parents_only() {
        let name = |text: &str| text.parse::<Name>().unwrap();
        assert!(name("a.shop.test").is_within(&name("shop.TEST")));
        assert!(name("shop.test").is_within(&name("shop.test")));
        assert!(name("shop.test").is_within(&Name::root()));
        assert!(!name("workshop.test").is_within(&name("shop.test")));
        assert!(!name("test").is_within(&name("shop.test")));
    }

    #[test]
    fn names_sort_in_the_order_of_rfc_4034() {
        let texts = ["example.", "a.example.", "yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.", "z.example."];
        let mut names: Vec<Name> = texts.iter().map(|text| text.parse().unwrap()).collect();
        names.reverse();
        names.sort();
        assert_eq!(names.iter().map(Name::to_string).collect::<Vec<_>>(), texts);
    }

    #[test]
    fn a_name_of_more_than_255_octets_is_none() {
        let label = [b'a'; 63];
        let name = (0..3).try_fold(Name::root(), |name, _| name.child(&label)).unwrap();
        assert!(name.child(&[b'a'; 62]).is_err());
        assert_eq!(name.child(&[b'a'; 61]).unwrap().wire().len(), MAX_NAME);
    }
}
