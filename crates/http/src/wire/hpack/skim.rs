//! Whether header blocks can be read, at a fraction of what reading them costs: of the dynamic table only
//! the sizes are kept, and no text is copied.

use std::collections::VecDeque;

use super::table::{FIXED, USUAL, fixed};
use super::{HpackError, Input, huffman};

/// Follows one direction's compression, within the table that every connection begins with (RFC 9113 6.5.2).
#[derive(Clone, Debug)]
pub struct Skimmer {
    /// The newest first.
    dynamic: VecDeque<Name>,
    size: usize,
    limit: usize,
}

/// What a block holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skimmed {
    /// How many fields.
    pub fields: usize,
    /// Whether one of them is a pseudo-header.
    pub has_pseudo: bool,
    /// Whether one of them is `expect`.
    pub has_expect: bool,
}

/// What is kept of a field of the table.
#[derive(Clone, Copy, Debug)]
struct Name {
    length: usize,
    is_pseudo: bool,
    is_expect: bool,
    /// Of the whole field (RFC 7541 4.1).
    size: usize,
}

impl Default for Skimmer {
    fn default() -> Self {
        Self { dynamic: VecDeque::new(), size: 0, limit: USUAL }
    }
}

impl Skimmer {
    /// Skims one whole header block.
    ///
    /// # Errors
    /// As [`Decoder::decode`](super::Decoder::decode), but for blocks that are only long.
    pub fn skim(&mut self, block: &[u8]) -> Result<Skimmed, HpackError> {
        let (mut input, mut skimmed) = (Input(block), Skimmed::default());
        while let Some(first) = input.0.first().copied() {
            let name = match first {
                0x80.. => self.name(input.number(7)?)?,
                0x40.. => {
                    let name = self.literal(&mut input, 6)?;
                    self.add(name);
                    name
                }
                0x20.. if skimmed.fields == 0 => {
                    self.resize(input.number(5)?)?;
                    continue;
                }
                0x20.. => return Err(HpackError::Resize),
                _ => self.literal(&mut input, 4)?,
            };
            skimmed.fields += 1;
            skimmed.has_pseudo |= name.is_pseudo;
            skimmed.has_expect |= name.is_expect;
        }
        Ok(skimmed)
    }

    fn name(&self, index: usize) -> Result<Name, HpackError> {
        if let Some((name, _)) = fixed(index) {
            let (is_pseudo, is_expect) = (name.starts_with(':'), name.as_bytes() == EXPECT);
            return Ok(Name { length: name.len(), is_pseudo, is_expect, size: 0 });
        }
        let place = index.checked_sub(FIXED + 1).ok_or(HpackError::Index)?;
        self.dynamic.get(place).copied().ok_or(HpackError::Index)
    }

    fn literal(&self, input: &mut Input<'_>, prefix: u32) -> Result<Name, HpackError> {
        let name = match input.number(prefix)? {
            0 => spelt(input)?,
            index => self.name(index)?,
        };
        let (value, _) = measure(input.raw_text(7)?)?;
        Ok(Name { size: name.length + value + 32, ..name })
    }

    fn add(&mut self, name: Name) {
        self.size += name.size;
        self.dynamic.push_front(name);
        self.evict();
    }

    fn resize(&mut self, limit: usize) -> Result<(), HpackError> {
        if limit > USUAL {
            return Err(HpackError::Resize);
        }
        self.limit = limit;
        self.evict();
        Ok(())
    }

    fn evict(&mut self) {
        while self.size > self.limit
            && let Some(name) = self.dynamic.pop_back()
        {
            self.size -= name.size;
        }
    }
}

/// A name that is in no table.
fn spelt(input: &mut Input<'_>) -> Result<Name, HpackError> {
    let (text, is_huffman) = input.raw_text(7)?;
    let (length, first) = measure((text, is_huffman))?;
    let is_expect = text == if is_huffman { EXPECT_IN_HUFFMAN } else { EXPECT };
    Ok(Name { length, is_pseudo: first == Some(b':'), is_expect, size: 0 })
}

/// How long a text is, and how it begins.
fn measure((text, is_huffman): (&[u8], bool)) -> Result<(usize, Option<u8>), HpackError> {
    if is_huffman { huffman::measure(text).ok_or(HpackError::Huffman) } else { Ok((text.len(), text.first().copied())) }
}

const EXPECT: &[u8] = b"expect";
/// There is one way to write it so (RFC 7541 5.2).
const EXPECT_IN_HUFFMAN: &[u8] = &[0x2f, 0x9a, 0xca, 0x44, 0xff];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Decoder;
    use super::*;

    proptest! {
        #[test]
        fn what_is_skimmed_is_what_would_be_read(blocks in proptest::collection::vec(block(), 1..8)) {
            let (mut decoder, mut skimmer) = (Decoder::default(), Skimmer::default());
            for block in blocks {
                let (read, skimmed) = (decoder.decode(&block), skimmer.skim(&block));
                let told = read.as_ref().map(|fields| Skimmed {
                    fields: fields.len(),
                    has_pseudo: fields.iter().any(|field| field.name.starts_with(b":")),
                    has_expect: fields.iter().any(|field| field.name == EXPECT),
                });
                prop_assert_eq!(told.map_err(|error| *error), skimmed);
                if read.is_err() {
                    break;
                }
            }
        }
    }

    /// Representations of all kinds, mostly right ones.
    fn block() -> impl Strategy<Value = Vec<u8>> {
        let step = prop_oneof![
            (0x80..0xca_u8).prop_map(|index| vec![index]),
            ("[:a-c]{0,3}", "[x-z]{0,40}").prop_map(|(name, value)| literal(0x40, &name, &value)),
            ("[:a-c]{0,3}", "[x-z]{0,3}").prop_map(|(name, value)| literal(0x10, &name, &value)),
            (0x41..0x7f_u8).prop_map(|index| vec![index, 2, b'o', b'k']),
            Just(vec![0x40, 0x83, 0xb8, 0x2f, 0xff, 0x82, 0x3f, 0x5f]),
            Just([&[0x40, 0x85][..], EXPECT_IN_HUFFMAN, &[1, b'x']].concat()),
            (0..2_u8).prop_map(|kind| literal(kind << 6, "expect", "x")),
            proptest::collection::vec(any::<u8>(), 0..4),
        ];
        let sizes = prop_oneof![Just(vec![]), Just(vec![0x20]), Just(vec![0x3f, 0x40])];
        (sizes, proptest::collection::vec(step, 0..12)).prop_map(|(size, steps)| [size, steps.concat()].concat())
    }

    fn literal(kind: u8, name: &str, value: &str) -> Vec<u8> {
        let text = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
        [vec![kind], text(name), text(value)].concat()
    }
}
