//! Fields whose value says more than their name.

use toynet_record::dissect::Note;

use super::super::draft::Fields;
use super::{clean, value, words};
use crate::site::date;
use crate::wire::challenge::Challenge;

/// Notes on a field of this name, in lower case; nothing when its value need not be taken apart.
pub(super) fn of(name: &[u8], value: &[u8]) -> Option<Vec<Note>> {
    let one = |text: String, rule: &str| Some(vec![Note::new(text, rule)]);
    match name {
        b"authorization" => credentials("Authorization", value),
        b"proxy-authorization" => credentials("Proxy-Authorization", value),
        b"cookie" => one(
            format!("Cookie: {} that the server has set: their values are not shown", cookie_names(value)),
            "RFC 6265 5.4",
        ),
        b"set-cookie" => Some(set_cookie(value)),
        b"cache-control" => Some(directives(value)),
        b"strict-transport-security" => one(transport_security(value), "RFC 6797 6.1"),
        b"etag" if value.starts_with(b"W/") => one(
            format!("ETag: {}: a weak tag, of a version that means the same and may differ in octets", clean(value)),
            "RFC 9110 8.8.3",
        ),
        b"range" => one(format!("Range: {}", ranges(value)), "RFC 9110 14.2"),
        b"content-range" => one(format!("Content-Range: {}", content_range(value)), "RFC 9110 14.4"),
        b"content-encoding" => one(format!("Content-Encoding: {}", coding(value)), "RFC 9110 8.4.1"),
        b"www-authenticate" => Some(challenges("WWW-Authenticate", value)),
        b"proxy-authenticate" => Some(challenges("Proxy-Authenticate", value)),
        b"retry-after" if value.iter().all(u8::is_ascii_digit) => {
            one(format!("Retry-After: ask again in {}", span(&clean(value))), "RFC 9110 10.2.3")
        }
        b"age" if value.iter().all(u8::is_ascii_digit) => {
            one(format!("Age: a cache has had the answer for {}", span(&clean(value))), "RFC 9111 5.1")
        }
        _ => None,
    }
}

/// How long an answer may be kept, as all its fields say together (RFC 9111 4.2.1).
pub(super) fn freshness(fields: &Fields<'_>) -> Option<Note> {
    let directives: Vec<String> = words(fields, "cache-control").collect();
    let number =
        |name: &str| directives.iter().find_map(|word| word.strip_prefix(name)?.trim_matches('"').parse::<u64>().ok());
    let has = |name: &str| directives.iter().any(|word| word == name);
    if has("no-store") {
        return Some(Note::new("in all: no cache may keep the answer", "RFC 9111 5.2.2.5"));
    }
    if has("no-cache") || number("max-age=") == Some(0) {
        return Some(Note::new(
            "in all: a cache may keep the answer, and must ask the server before it uses it",
            "RFC 9111 5.2.2.4",
        ));
    }
    if let Some(seconds) = number("max-age=") {
        return Some(Note::new(format!("in all: the answer is fresh for {}", in_words(seconds)), "RFC 9111 4.2.1"));
    }
    let time = |name| value(fields, name).and_then(|value| date::parse(&http::HeaderValue::from_bytes(value).ok()?));
    match (value(fields, "expires"), time("expires"), time("date")) {
        (Some(_), Some(expires), Some(date)) if expires > date => Some(Note::new(
            format!("in all: the answer is fresh for {}", in_words((expires - date).as_secs())),
            "RFC 9111 4.2.1",
        )),
        (Some(_), _, _) => Some(Note::new("in all: the answer is stale already", "RFC 9111 5.3")),
        (None, _, _) => time("last-modified").zip(time("date")).filter(|(modified, date)| date > modified).map(
            |(modified, date)| {
                let tenth = (date - modified).as_secs() / 10;
                let text =
                    "in all: nothing is said; a cache may guess, usually a tenth of the time since the last change";
                Note::new(format!("{text}: {}", in_words(tenth)), "RFC 9111 4.2.2")
            },
        ),
    }
}

fn credentials(name: &str, value: &[u8]) -> Option<Vec<Note>> {
    let scheme = clean(value.split(|octet| *octet == b' ').next().unwrap_or_default());
    let is_alone = !value.contains(&b' ');
    let scheme = if is_alone { "a scheme".to_owned() } else { scheme };
    let text = format!("{name}: credentials in {scheme}{}: they are not shown", scheme_in_words(&scheme));
    Some(vec![Note::new(text, rule_of_scheme(&scheme))])
}

fn challenges(name: &str, value: &[u8]) -> Vec<Note> {
    let all = Challenge::read(&clean(value)).into_iter().take(MOST_CHALLENGES);
    let note = |challenge: Challenge| {
        let scheme = &challenge.scheme;
        let text = format!("{name}: {scheme}: credentials are wanted in this scheme{}", scheme_in_words(scheme));
        let is_stale = challenge.parameter("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true"));
        let stale = is_stale.then(|| {
            Note::new(
                format!("{name}: the proof was right, for a nonce that has grown old: again with this one"),
                "RFC 7616 3.3",
            )
        });
        std::iter::once(Note::new(text, rule_of_challenge(scheme))).chain(stale)
    };
    all.flat_map(note).collect()
}

fn scheme_in_words(scheme: &str) -> &'static str {
    match scheme.to_ascii_lowercase().as_str() {
        "basic" => ", user and password in base64, which hides them from nobody",
        "bearer" => ", a token that lets in whoever has it",
        "digest" => ", a proof of the password without the password",
        "negotiate" => ", Kerberos or its like",
        _ => "",
    }
}

fn rule_of_scheme(scheme: &str) -> &'static str {
    match scheme.to_ascii_lowercase().as_str() {
        "basic" => "RFC 7617 2",
        "bearer" => "RFC 6750 2.1",
        "digest" => "RFC 7616 3.4",
        "negotiate" => "RFC 4559 4",
        _ => "RFC 9110 11.4",
    }
}

/// Where what a server says of it has a section of its own.
fn rule_of_challenge(scheme: &str) -> &'static str {
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" => "RFC 6750 3",
        "digest" => "RFC 7616 3.3",
        _ => rule_of_scheme(scheme),
    }
}

fn cookie_names(value: &[u8]) -> String {
    let names = value.split(|octet| *octet == b';').map(|pair| name_of(pair.trim_ascii()));
    names.collect::<Vec<_>>().join(", ")
}

/// What has no name may be all value: it is not shown.
fn name_of(pair: &[u8]) -> String {
    match pair.iter().position(|octet| *octet == b'=') {
        Some(end) => clean(&pair[..end]),
        None => "one without a name".to_owned(),
    }
}

fn set_cookie(value: &[u8]) -> Vec<Note> {
    let mut parts = value.split(|octet| *octet == b';').map(<[u8]>::trim_ascii);
    let name = name_of(parts.next().unwrap_or_default());
    let attributes: Vec<String> = parts.map(clean).collect();
    let mut notes = vec![Note::new(
        format!("Set-Cookie: the client is to say the cookie {name} again: its value is not shown"),
        "RFC 6265 4.1",
    )];
    for attribute in &attributes {
        let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        let known: (String, &str) = match key.trim().to_ascii_lowercase().as_str() {
            "expires" => (format!("it is kept until {value}"), "RFC 6265 5.2.1"),
            "max-age" => (format!("it is kept for {}", span(value.trim())), "RFC 6265 5.2.2"),
            "domain" => {
                (format!("it goes to {} and to all hosts below that", value.trim_start_matches('.')), "RFC 6265 5.2.3")
            }
            "path" => (format!("it goes to paths below {value}"), "RFC 6265 5.2.4"),
            "secure" => ("it goes over TLS only".to_owned(), "RFC 6265 5.2.5"),
            "httponly" => ("scripts cannot read it".to_owned(), "RFC 6265 5.2.6"),
            "samesite" => (same_site(value), "draft-ietf-httpbis-rfc6265bis 5.6.7"),
            "partitioned" => (
                "it is kept apart for each site that embeds this one".to_owned(),
                "draft-cutler-httpbis-partitioned-cookies",
            ),
            _ => (format!("the attribute {key} is ignored"), "RFC 6265 5.2"),
        };
        notes.push(Note::new(format!("Set-Cookie: {}", known.0), known.1));
    }
    let has = |name: &str| attributes.iter().any(|attribute| attribute.to_ascii_lowercase().starts_with(name));
    if !has("expires") && !has("max-age") {
        notes.push(Note::new("Set-Cookie: it is kept as long as the session lasts", "RFC 6265 4.1.2"));
    }
    if !has("domain") {
        notes.push(Note::new("Set-Cookie: it goes back to this host alone", "RFC 6265 4.1.2.3"));
    }
    notes
}

fn same_site(value: &str) -> String {
    match value.trim().to_ascii_lowercase().as_str() {
        "strict" => "it goes along only where a page of the same site asks".to_owned(),
        "lax" => "it goes along where a page of the same site asks, or a person follows a link".to_owned(),
        "none" => "it goes along whoever asks".to_owned(),
        _ => "SameSite has a value that says nothing".to_owned(),
    }
}

fn directives(value: &[u8]) -> Vec<Note> {
    let words =
        value.split(|octet| *octet == b',').map(|word| clean(word.trim_ascii())).filter(|word| !word.is_empty());
    let note = |word: String| {
        let (name, argument) = word.split_once('=').unwrap_or((&word, ""));
        let argument = argument.trim_matches('"');
        let known: (String, &str) = match name.to_ascii_lowercase().as_str() {
            "max-age" => (format!("it is fresh for {}", span(argument)), "RFC 9111 5.2.2.1"),
            "s-maxage" => {
                (format!("in caches that many share it is fresh for {}", span(argument)), "RFC 9111 5.2.2.10")
            }
            "no-cache" => ("nothing kept may be used before the server was asked".to_owned(), "RFC 9111 5.2.2.4"),
            "no-store" => ("nothing of it may be kept".to_owned(), "RFC 9111 5.2.2.5"),
            "no-transform" => ("nobody on the way may change the content".to_owned(), "RFC 9111 5.2.2.6"),
            "must-revalidate" => {
                ("once stale, it may not be used before the server was asked".to_owned(), "RFC 9111 5.2.2.2")
            }
            "proxy-revalidate" => {
                ("once stale, shared caches must ask the server first".to_owned(), "RFC 9111 5.2.2.8")
            }
            "must-understand" => ("only caches that know the status code may keep it".to_owned(), "RFC 9111 5.2.2.3"),
            "private" => ("it is for one person: shared caches may not keep it".to_owned(), "RFC 9111 5.2.2.7"),
            "public" => ("any cache may keep it".to_owned(), "RFC 9111 5.2.2.9"),
            "only-if-cached" => ("only from a cache, and without asking further".to_owned(), "RFC 9111 5.2.1.7"),
            "max-stale" => ("what is stale will do".to_owned(), "RFC 9111 5.2.1.2"),
            "min-fresh" => (format!("it must stay fresh for {}", span(argument)), "RFC 9111 5.2.1.3"),
            "immutable" => ("it will never change while it is fresh".to_owned(), "RFC 8246 2"),
            "stale-while-revalidate" => {
                (format!("for {} more it may be used while the server is asked", span(argument)), "RFC 5861 3")
            }
            "stale-if-error" => {
                (format!("for {} more it may be used if the server fails", span(argument)), "RFC 5861 4")
            }
            _ => ("a directive that nobody need know".to_owned(), "RFC 9111 5.2.3"),
        };
        Note::new(format!("Cache-Control: {word}: {}", known.0), known.1)
    };
    words.map(note).collect()
}

fn transport_security(value: &[u8]) -> String {
    let text = clean(value).to_lowercase();
    let age = text.split(';').find_map(|part| part.trim().strip_prefix("max-age="));
    let below = if text.contains("includesubdomains") { ", and so are all hosts below it" } else { "" };
    match age.map(|age| age.trim_matches('"')) {
        Some("0") => "Strict-Transport-Security: what was said of https is to be forgotten".to_owned(),
        Some(age) => {
            format!("Strict-Transport-Security: for {} the host is to be reached by https only{below}", span(age))
        }
        None => "Strict-Transport-Security without max-age says nothing".to_owned(),
    }
}

fn ranges(value: &[u8]) -> String {
    let text = clean(value);
    let Some(set) = text.strip_prefix("bytes=") else { return format!("{text}: a unit that servers may ignore") };
    let one = |range: &str| match range.trim().split_once('-') {
        Some(("", last)) => format!("the last {last} octets"),
        Some((first, "")) => format!("from octet {first} to the end"),
        Some((first, last)) => format!("octets {first} to {last}, counted from 0"),
        None => format!("{range}, which is no range"),
    };
    set.split(',').map(one).collect::<Vec<_>>().join("; ")
}

fn content_range(value: &[u8]) -> String {
    let text = clean(value);
    let parts = text.strip_prefix("bytes ").and_then(|rest| rest.split_once('/'));
    match parts {
        Some(("*", whole)) => format!("none of it: there are {whole} octets in all"),
        Some((range, "*")) => format!("octets {range} of a whole whose length is not known"),
        Some((range, whole)) => format!("octets {range} of {whole}"),
        None => format!("{text}, which says nothing that is known"),
    }
}

fn coding(value: &[u8]) -> String {
    let one = |name: &str| match name {
        "gzip" | "x-gzip" => "compressed by gzip",
        "deflate" => "compressed by deflate in zlib's form",
        "br" => "compressed by Brotli",
        "zstd" => "compressed by Zstandard",
        "identity" => "as it is",
        _ => "in a coding that is not registered here",
    };
    let text = clean(value).to_lowercase();
    format!(
        "{text}: the content is {}",
        text.split(',').map(|name| one(name.trim())).collect::<Vec<_>>().join(", then ")
    )
}

/// A number of seconds that came over the wire, in words; as it is when it is none.
fn span(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(_) => "no time at all".to_owned(),
        None => text.parse().map_or_else(|_| format!("{text}, which is no time"), in_words),
    }
}

fn in_words(seconds: u64) -> String {
    let units = [(86_400 * 365, "year"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let unit = units.into_iter().find(|(length, _)| seconds >= *length && seconds.is_multiple_of(*length));
    let (length, name) =
        unit.or_else(|| units.into_iter().find(|(length, _)| seconds >= 2 * *length)).unwrap_or((1, "second"));
    let about = if seconds.is_multiple_of(length) { "" } else { "about " };
    let count = seconds / length;
    format!("{about}{count} {name}{}", if count == 1 { "" } else { "s" })
}

/// More than there are schemes in use.
const MOST_CHALLENGES: usize = 16;
