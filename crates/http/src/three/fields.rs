//! Fields as one map.

use http::HeaderMap;
use http::header::{COOKIE, HeaderName, HeaderValue};

use crate::wire::hpack::Field;

/// The fields of a list without pseudo-headers, where cookies are one again (RFC 9114 4.2.1).
pub(crate) fn fields_of(list: &[Field]) -> Option<HeaderMap> {
    let mut fields = HeaderMap::new();
    let mut cookies: Vec<&[u8]> = Vec::new();
    for Field { name, value } in list.iter().filter(|field| !field.name.starts_with(b":")) {
        match HeaderName::from_bytes(name).ok()? {
            COOKIE => cookies.push(value),
            name => drop(fields.append(name, HeaderValue::from_bytes(value).ok()?)),
        }
    }
    if !cookies.is_empty() {
        fields.insert(COOKIE, HeaderValue::from_bytes(&cookies.join(&b"; "[..])).ok()?);
    }
    Some(fields)
}
