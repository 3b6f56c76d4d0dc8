//! An answer: its head at once, its content piece by piece.

/// An answer whose content is still on its way, as its version has it.
#[derive(Debug)]
pub struct Answer<C> {
    /// What the head says.
    pub head: AnswerHead,
    /// What follows it.
    pub content: C,
}

/// What the head of an answer says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerHead {
    /// `HTTP/1.1`, `HTTP/2`, `HTTP/3`.
    pub version: &'static str,
    /// The status code.
    pub status: u16,
    /// The reason phrase, which HTTP/2 and 3 have no more.
    pub reason: String,
    /// Names as they came, and values.
    pub fields: Vec<(String, Vec<u8>)>,
    /// The head as it was on the wire, or as HTTP/1 would have it, with its empty line.
    pub octets: Vec<u8>,
}

impl AnswerHead {
    /// The first value of a field, in whatever spelling.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields_called(name).next()
    }

    /// All values of a field.
    pub fn fields_called(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.fields.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
    }

    /// The first value of a field, where it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.field(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// What a head of HTTP/2 says.
    pub(super) fn of_two(head: &http::response::Parts) -> Self {
        let fields: Vec<_> =
            head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect();
        Self::in_frames("HTTP/2", head.status.as_u16(), fields)
    }

    /// What a head in frames says.
    pub(super) fn in_frames(version: &'static str, status: u16, fields: Vec<(String, Vec<u8>)>) -> Self {
        let mut octets = format!("{version} {status} \r\n").into_bytes();
        for (name, value) in &fields {
            octets.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        octets.extend_from_slice(b"\r\n");
        Self { version, status, reason: String::new(), fields, octets }
    }
}
