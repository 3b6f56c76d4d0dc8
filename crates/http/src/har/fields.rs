//! What stands in fields and targets, as HAR wants it: in parts.

use serde::Serialize;
use time::OffsetDateTime;
use time::macros::format_description;
use toynet_machine::Time;
use toynet_record::dissect::{Carried, Field};

/// A name and a value.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Pair {
    pub name: String,
    pub value: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cookie {
    name: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    http_only: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    secure: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    same_site: Option<String>,
}

/// A field's value as it may be shown.
pub(super) fn shown(field: &Field, secrets: bool) -> String {
    if secrets { field.value.clone() } else { field.redacted() }
}

/// The fields proper, without what a start line says.
pub(super) fn headers(carried: &Carried, secrets: bool) -> Vec<Pair> {
    let proper = carried.fields.iter().filter(|field| !field.name.starts_with(':'));
    proper.map(|field| Pair { name: field.name.clone(), value: shown(field, secrets) }).collect()
}

/// The fields behind the content.
pub(super) fn trailers(carried: &Carried, secrets: bool) -> Vec<Pair> {
    carried.trailers.iter().map(|field| Pair { name: field.name.clone(), value: shown(field, secrets) }).collect()
}

/// What `Cookie` fields say (RFC 6265 4.2).
pub(super) fn cookies(carried: &Carried, secrets: bool) -> Vec<Cookie> {
    let values: Vec<String> = named(carried, "cookie").map(|field| shown(field, secrets)).collect();
    let pairs = values.iter().flat_map(|value| value.split(';')).filter(|pair| !pair.trim().is_empty());
    pairs.map(Cookie::of_pair).collect()
}

/// What `Set-Cookie` fields say (RFC 6265 4.1).
pub(super) fn set_cookies(carried: &Carried, secrets: bool) -> Vec<Cookie> {
    named(carried, "set-cookie").map(|field| Cookie::set(&shown(field, secrets))).collect()
}

fn named<'a>(carried: &'a Carried, name: &'a str) -> impl Iterator<Item = &'a Field> {
    carried.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name))
}

impl Cookie {
    fn of_pair(pair: &str) -> Self {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let [name, value] = [name, value].map(|text| text.trim().to_owned());
        let (path, domain, expires, same_site) = (None, None, None, None);
        Self { name, value, path, domain, expires, http_only: false, secure: false, same_site }
    }

    fn set(value: &str) -> Self {
        let mut parts = value.split(';');
        let mut cookie = Self::of_pair(parts.next().unwrap_or_default());
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let value = || Some(value.trim().to_owned());
            match name.trim().to_ascii_lowercase().as_str() {
                "path" => cookie.path = value(),
                "domain" => cookie.domain = value(),
                "expires" => cookie.expires = value().and_then(|date| instant(&date)),
                "samesite" => cookie.same_site = value(),
                "httponly" => cookie.http_only = true,
                "secure" => cookie.secure = true,
                _ => {}
            }
        }
        cookie
    }
}

/// A date of a field in RFC 3339.
fn instant(date: &str) -> Option<String> {
    let since = httpdate::parse_http_date(date).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(rfc3339(Time::from_secs(since.as_secs())))
}

/// An instant in RFC 3339, in UTC, to the microsecond.
pub(super) fn rfc3339(time: Time) -> String {
    let moment = OffsetDateTime::UNIX_EPOCH + std::time::Duration::from_nanos(time.nanos());
    let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");
    moment.format(form).expect("a date and a time of day hold all that the form asks for")
}

/// The parts of a query or of a form (`application/x-www-form-urlencoded`).
pub(super) fn query(text: &str) -> Vec<Pair> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| Pair { name: unescaped(name), value: unescaped(value) }).collect()
}

fn unescaped(text: &str) -> String {
    let (octets, mut plain, mut at) = (text.as_bytes(), Vec::new(), 0);
    while let Some(octet) = octets.get(at) {
        let escaped = text.get(at + 1..at + 3).filter(|_| *octet == b'%');
        let escaped = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        plain.push(escaped.unwrap_or(if *octet == b'+' { b' ' } else { *octet }));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// The absolute URL of a request (RFC 9110 7.1). `target` is in whatever form, `host` what the request says.
pub(super) fn url(scheme: &str, host: &str, target: &str) -> String {
    let whole = if target.contains("://") && !target.starts_with('/') {
        target.to_owned()
    } else if target.starts_with('/') {
        format!("{scheme}://{host}{target}")
    } else if target == "*" {
        format!("{scheme}://{host}/*")
    } else {
        // What CONNECT names.
        format!("{scheme}://{target}")
    };
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&octet);
    let mut url = String::new();
    for octet in whole.bytes() {
        if is_plain(octet) {
            url.push(char::from(octet));
        } else {
            url.push_str(&format!("%{octet:02X}"));
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_of_any_form_becomes_a_url() {
        for (target, expected) in [
            ("/a?b=c", "https://a.test/a?b=c"),
            ("http://b.test:81/x", "http://b.test:81/x"),
            ("*", "https://a.test/*"),
            ("b.test:443", "https://b.test:443"),
            ("/a b\"ä", "https://a.test/a%20b%22%C3%A4"),
            ("/?to=http://c.test", "https://a.test/?to=http://c.test"),
        ] {
            assert_eq!(url("https", "a.test", target), expected);
        }
    }

    #[test]
    fn a_query_has_parts() {
        let pairs: Vec<(String, String)> =
            query("a=1+2&b=%C3%A4%zz&c&=d&").into_iter().map(|pair| (pair.name, pair.value)).collect();
        let expected = [("a", "1 2"), ("b", "ä%zz"), ("c", ""), ("", "d")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_cookie_says_where_and_how_long_it_holds() {
        let cookie =
            Cookie::set("id=a=b; Path=/x; Expires=Sun, 06 Nov 1994 08:49:37 GMT; HttpOnly; SameSite=Lax; Max-Age=5");
        assert_eq!((cookie.name.as_str(), cookie.value.as_str()), ("id", "a=b"));
        assert_eq!(cookie.path.as_deref(), Some("/x"));
        assert_eq!(cookie.expires.as_deref(), Some("1994-11-06T08:49:37.000000Z"));
        assert!(cookie.http_only && !cookie.secure);
        assert_eq!(cookie.same_site.as_deref(), Some("Lax"));
    }
}
