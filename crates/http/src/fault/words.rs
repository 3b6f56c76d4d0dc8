//! The words for what a web server does wrong.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde::Deserialize;
use serde::de::Error as _;
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};
use toynet_service::What;
use toynet_service::fault::{self, Deeds};
use toynet_service::units::{Period, Rate};

use super::{HttpFault, Wrong};
use crate::server::route::Pattern;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    path: Option<String>,
    method: Option<String>,
    name: Option<String>,
    delay: Option<Period>,
    status: Option<u16>,
    rate: Option<Rate>,
    cut: Option<u64>,
    length: Option<Length>,
    stale: Option<Period>,
    #[serde(default)]
    drop: bool,
    #[serde(default)]
    reset: bool,
    #[serde(default)]
    garbage: bool,
    #[serde(default)]
    chunk: bool,
    #[serde(default, rename = "loop")]
    circle: bool,
}

/// What `Content-Length` says of the content.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Length {
    Long,
    Short,
}

/// Reads them.
///
/// # Errors
/// When a word is unknown or means nothing, or nothing or too much is to go wrong.
pub fn read(value: Spanned<DeValue<'_>>) -> Result<What, Error> {
    let table = Table::deserialize(ValueDeserializer::from(value))?;
    let known = |status| StatusCode::from_u16(status).ok().filter(|status| (200..600).contains(&status.as_u16()));
    let status = table.status.map(|status| known(status).ok_or_else(|| Error::custom(STATUSES))).transpose()?;
    let length = table.length.map(|length| match length {
        Length::Long => Wrong::Long,
        Length::Short => Wrong::Short,
    });
    let flags = [
        (table.drop, Wrong::Drop),
        (table.reset, Wrong::Reset),
        (table.garbage, Wrong::Garbage),
        (table.chunk, Wrong::Chunk),
        (table.circle, Wrong::Loop),
    ];
    let rate = table.rate.map(|Rate(bits)| Wrong::Slow(bits.div_ceil(8)));
    let deeds = Deeds::flags(flags).and(status.map(Wrong::Status)).and(rate).and(table.cut.map(Wrong::Cut));
    let deeds = deeds.and(length).and(table.stale.map(|Period(age)| Wrong::Stale(age)));
    let delay = fault::delay(table.delay)?;
    let wrong = deeds.one_or_late(delay.is_some(), "http")?;
    let path = table.path.map(|path| Pattern::parse(&path).map_err(|rule| Error::custom(path_rule(&path, rule))));
    let method = table.method.map(|method| method.parse::<Method>().map_err(|_| Error::custom(METHODS)));
    Ok(Arc::new(HttpFault {
        path: path.transpose()?,
        method: method.transpose()?,
        name: table.name.map(|name| name.trim_end_matches('.').to_ascii_lowercase()),
        delay: delay.unwrap_or_default(),
        wrong,
    }))
}

fn path_rule(path: &str, rule: impl std::fmt::Display) -> String {
    format!("`{path}` is no path: it {rule}\nwrite `/cart`, or `/api/*` for `/api` and all below it")
}

const STATUSES: &str = "a status is a number from 200 to 599";
const METHODS: &str = "a method is GET, POST, PUT, ...";

/// What can go wrong.
pub const KINDS: &[(&str, &str)] = &[
    ("status = 503", "this status, and the site is not asked; any from 200 to 599"),
    ("delay = \"2s\"", "the first octet comes late; goes with each of the others too"),
    ("rate = \"8kbit\"", "the content comes slowly"),
    (
        "cut = 100",
        "the connection ends after so many octets of the content (curl: 18; HTTP/2 and 3: the stream, 92 and 95)",
    ),
    ("length = \"long\"", "Content-Length promises more than comes (curl: 18)"),
    ("length = \"short\"", "more comes than Content-Length promises"),
    ("chunk = true", "the second chunk has no length (curl: 56); HTTP/1.1 alone"),
    ("garbage = true", "octets that are no HTTP (curl: 1); HTTP/1.x alone"),
    ("drop = true", "the connection ends without an answer (curl: 52; HTTP/2 and 3: the stream is reset, 92 and 95)"),
    ("reset = true", "the connection is reset without an answer (curl: 56; HTTP/2 and 3: the stream, 92 and 95)"),
    ("loop = true", "the target moved to where it is (curl -L: 47)"),
    ("stale = \"2d\"", "a cache kept the answer for so long, which was too long"),
    ("path = \"/api/*\", method = \"POST\", name = \"www.shop.test\"", "with any of these: for such requests only"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_can_be_said_as_it_is_shown() {
        for (words, _) in &KINDS[..KINDS.len() - 1] {
            let text = format!("{{ {words} }}");
            assert!(read(DeValue::parse(&text).unwrap()).is_ok(), "{words}");
        }
        let all = format!("{{ drop = true, {} }}", KINDS[KINDS.len() - 1].0);
        assert!(read(DeValue::parse(&all).unwrap()).is_ok());
    }

    #[test]
    fn one_thing_goes_wrong_at_a_time() {
        for text in [
            "{ }",
            "{ path = '/' }",
            "{ delay = '0s' }",
            "{ drop = true, reset = true }",
            "{ status = 100 }",
            "{ length = 'odd' }",
            "{ drop = true, path = 'api' }",
            "{ drop = true, method = 'GET IT' }",
        ] {
            assert!(read(DeValue::parse(text).unwrap()).is_err(), "{text}");
        }
    }
}
