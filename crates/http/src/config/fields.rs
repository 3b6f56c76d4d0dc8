//! Fields of answers, as written.

use std::collections::BTreeMap;
use std::io;

use http::{HeaderMap, HeaderName, HeaderValue};
use toml::Spanned;
use toynet_service::Mistake;

/// Fields and their values.
pub(super) type FieldTable = BTreeMap<Spanned<String>, Spanned<String>>;

/// What is wrong with one of them.
pub(super) fn check((name, value): (&Spanned<String>, &Spanned<String>)) -> Option<Mistake> {
    let text = name.get_ref();
    let is_framing = ["connection", "content-length", "transfer-encoding", "keep-alive", "upgrade", "te"];
    if HeaderName::try_from(text).is_err() {
        return Some(Mistake::new(name.span(), format!("`{text}` is no name of a field")));
    }
    if is_framing.contains(&text.to_ascii_lowercase().as_str()) {
        let what = format!("`{text}` is the server's own matter");
        return Some(Mistake::new(name.span(), what).advise("it follows from the answer and its connection"));
    }
    HeaderValue::from_str(value.get_ref()).err().map(|_| Mistake::new(value.span(), "no field can have this value"))
}

/// Fields as they are sent.
///
/// # Errors
/// When what was checked is so no more.
pub(super) fn read(table: &FieldTable) -> io::Result<HeaderMap> {
    let fields = table.iter().map(|(name, value)| {
        let name = HeaderName::try_from(name.get_ref()).map_err(invalid)?;
        Ok((name, HeaderValue::from_str(value.get_ref()).map_err(invalid)?))
    });
    fields.collect()
}

/// What was checked and is so no more.
pub(super) fn invalid(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
