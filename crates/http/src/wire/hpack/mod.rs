//! Header compression of HTTP/2, the reading side (RFC 7541).
//!
//! - [`huffman`]: the code of Appendix B
//! - [`table`]: static and dynamic table
//! - [`skim`]: whether blocks can be read, without reading them

pub mod huffman;
pub mod skim;
pub mod table;

use table::Table;

/// The table size that both sides begin with, in octets (RFC 9113 6.5.2).
pub const USUAL: u32 = table::USUAL as u32;

/// One field of a header list, in lower case as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name; a pseudo-header's begins with a colon.
    pub name: Vec<u8>,
    /// Its value.
    pub value: Vec<u8>,
}

/// Why a header block cannot be read. The tables of both sides differ from here on, so no later block
/// of the connection can be read either (RFC 7541 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HpackError {
    /// The block ends inside a field.
    #[error("a header block ends inside a field (RFC 7541 6)")]
    Cut,
    /// An index that no table has.
    #[error("a header block names an index that no table has (RFC 7541 2.3.3)")]
    Index,
    /// A number that fits nowhere.
    #[error("a header block holds a number that is too large (RFC 7541 5.1)")]
    Number,
    /// Octets that are no Huffman code.
    #[error("a header block holds octets that are no Huffman code (RFC 7541 5.2)")]
    Huffman,
    /// A table size above what was allowed, or behind a field.
    #[error("a header block changes the table's size where or how it may not (RFC 7541 4.2)")]
    Resize,
    /// More octets of fields than anyone reads.
    #[error("a header block is too long to read (RFC 9113 10.5.1)")]
    TooLong,
}

/// The reading end of one direction's compression.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    table: Table,
}

impl Decoder {
    /// The reader's side has told the writer, by SETTINGS_HEADER_TABLE_SIZE, how large the table may be.
    pub fn allow(&mut self, size: u32) {
        self.table.allow(size as usize);
    }

    /// Reads one whole header block.
    ///
    /// # Errors
    /// When it breaks a rule; the decoder is of no use afterwards.
    pub fn decode(&mut self, block: &[u8]) -> Result<Vec<Field>, HpackError> {
        let mut input = Input(block);
        let (mut fields, mut length) = (Vec::new(), 0);
        while let Some(first) = input.0.first().copied() {
            if let Some(field) = self.step(first, fields.is_empty(), &mut input)? {
                length += field.size();
                if length > LONGEST_LIST {
                    return Err(HpackError::TooLong);
                }
                fields.push(field);
            }
        }
        Ok(fields)
    }

    /// One representation of RFC 7541 6; a size update gives no field.
    fn step(&mut self, first: u8, may_resize: bool, input: &mut Input<'_>) -> Result<Option<Field>, HpackError> {
        match first {
            0x80.. => self.table.field(input.number(7)?).map(Some),
            0x40.. => {
                let field = self.literal(input, 6)?;
                self.table.add(field.clone());
                Ok(Some(field))
            }
            0x20.. if may_resize => self.table.resize(input.number(5)?).map(|()| None),
            0x20.. => Err(HpackError::Resize),
            // Without indexing, and never indexed: they differ for proxies only.
            _ => self.literal(input, 4).map(Some),
        }
    }

    fn literal(&self, input: &mut Input<'_>, prefix: u32) -> Result<Field, HpackError> {
        let name = match input.number(prefix)? {
            0 => input.string()?,
            index => self.table.field(index)?.name,
        };
        Ok(Field { name, value: input.string()? })
    }
}

/// What tells the reader of a block, at its beginning, how large the table is to be (RFC 7541 6.3).
pub fn resize(size: u32) -> Vec<u8> {
    let Some(mut rest) = size.checked_sub(0x1f) else { return vec![0x20 | size as u8] };
    let mut said = vec![0x3f];
    while rest >= 0x80 {
        said.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    said.push(rest as u8);
    said
}

impl Field {
    /// What the field counts for (RFC 7541 4.1).
    pub fn size(&self) -> usize {
        self.name.len() + self.value.len() + 32
    }
}

/// What is left of a block.
pub(super) struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    pub fn octet(&mut self) -> Result<u8, HpackError> {
        let (first, rest) = self.0.split_first().ok_or(HpackError::Cut)?;
        self.0 = rest;
        Ok(*first)
    }

    /// A number whose first octet gives it `prefix` bits (RFC 7541 5.1). None that makes sense takes
    /// more than five octets.
    pub fn number(&mut self, prefix: u32) -> Result<usize, HpackError> {
        let most = (1_usize << prefix) - 1;
        let mut number = usize::from(self.octet()?) & most;
        if number < most {
            return Ok(number);
        }
        for shift in [0, 7, 14, 21] {
            let octet = self.octet()?;
            number += usize::from(octet & 0x7f) << shift;
            if octet < 0x80 {
                return Ok(number);
            }
        }
        Err(HpackError::Number)
    }

    /// RFC 7541 5.2.
    fn string(&mut self) -> Result<Vec<u8>, HpackError> {
        self.text(7)
    }

    /// A string whose length has a prefix of so many bits, behind the one that tells Huffman's code (RFC 9204 4.1.2).
    pub fn text(&mut self, prefix: u32) -> Result<Vec<u8>, HpackError> {
        let (text, is_huffman) = self.raw_text(prefix)?;
        if is_huffman { huffman::decode(text).ok_or(HpackError::Huffman) } else { Ok(text.to_vec()) }
    }

    /// The same as it stands, and whether it does so in Huffman's code.
    fn raw_text(&mut self, prefix: u32) -> Result<(&'a [u8], bool), HpackError> {
        let is_huffman = self.0.first().ok_or(HpackError::Cut)? & 1 << prefix != 0;
        let length = self.number(prefix)?;
        let (text, rest) = self.0.split_at_checked(length).ok_or(HpackError::Cut)?;
        self.0 = rest;
        Ok((text, is_huffman))
    }
}

/// Servers read 8 to 64 KiB of fields; an index that repeats a long field must not grow without end.
pub(super) const LONGEST_LIST: usize = 256 * 1024;

#[cfg(test)]
mod tests;
