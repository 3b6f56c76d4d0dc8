//! The tables of names and values that blocks point into (RFC 7541 2.3).

use std::collections::VecDeque;

use super::{Field, HpackError};

/// Both tables behind one index.
#[derive(Clone, Debug)]
pub struct Table {
    /// The newest first.
    dynamic: VecDeque<Field>,
    size: usize,
    limit: usize,
    allowed: usize,
}

impl Default for Table {
    fn default() -> Self {
        Self { dynamic: VecDeque::new(), size: 0, limit: USUAL, allowed: USUAL }
    }
}

impl Table {
    /// The field at `index`: from 1 the static table, then the dynamic one.
    ///
    /// # Errors
    /// When neither has it.
    pub fn field(&self, index: usize) -> Result<Field, HpackError> {
        let index = index.checked_sub(1).ok_or(HpackError::Index)?;
        match STATIC.get(index) {
            Some((name, value)) => Ok(Field { name: name.as_bytes().to_vec(), value: value.as_bytes().to_vec() }),
            None => self.dynamic.get(index - STATIC.len()).cloned().ok_or(HpackError::Index),
        }
    }

    /// Puts a field in front of the dynamic table; one that is too large empties it (RFC 7541 4.4).
    pub fn add(&mut self, field: Field) {
        self.size += field.size();
        self.dynamic.push_front(field);
        self.evict();
    }

    /// How large the writer may make the table.
    pub fn allow(&mut self, size: usize) {
        self.allowed = size.min(MOST);
    }

    /// The writer makes the table this large (RFC 7541 6.3).
    ///
    /// # Errors
    /// When that is more than was allowed.
    pub fn resize(&mut self, limit: usize) -> Result<(), HpackError> {
        if limit > self.allowed {
            return Err(HpackError::Resize);
        }
        self.limit = limit;
        self.evict();
        Ok(())
    }

    fn evict(&mut self) {
        while self.size > self.limit
            && let Some(field) = self.dynamic.pop_back()
        {
            self.size -= field.size();
        }
    }

    /// The sizes of all fields in the dynamic table (RFC 7541 4.1).
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.size
    }
}

/// The field of the static table at `index`, from 1.
pub(super) fn fixed(index: usize) -> Option<&'static (&'static str, &'static str)> {
    STATIC.get(index.checked_sub(1)?)
}

/// How many fields the static table has.
pub(super) const FIXED: usize = STATIC.len();
/// RFC 9113 6.5.2.
pub(super) const USUAL: usize = 4096;
/// Browsers allow 64 KiB, and some tools more; this is room for a thousand long fields.
const MOST: usize = 1024 * 1024;

/// RFC 7541 Appendix A.
const STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];
