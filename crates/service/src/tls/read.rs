//! The key `tls`, from its text to what it means: a truth value, a word, or a table.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use toml::Spanned;
use toynet_net::tls::Versions;

use super::{Certificate, Kind, Settings, Tls};

impl<'de> Deserialize<'de> for Tls {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyForm)
    }
}

struct AnyForm;

impl<'de> Visitor<'de> for AnyForm {
    type Value = Tls;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, a word such as \"expired\", or a table")
    }

    fn visit_bool<E: Error>(self, is_on: bool) -> Result<Tls, E> {
        Ok(if is_on { Tls::default() } else { Tls::Off })
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Tls, E> {
        let default = Settings::default();
        if let Some(kind) = kind(word) {
            return Ok(Tls::On(Settings { certificate: Certificate::Lab(kind), ..default }));
        }
        let versions = VERSIONS.iter().find(|(name, _)| *name == word).map(|(_, versions)| *versions);
        let versions = versions.ok_or_else(|| E::unknown_variant(word, WORDS))?;
        Ok(Tls::On(Settings { versions, ..default }))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Tls, A::Error> {
        let table = Table::deserialize(MapAccessDeserializer::new(map))?;
        let certificate = match (table.certificate, table.key) {
            (None, None) => Certificate::default(),
            (None, Some(_)) => return Err(A::Error::custom(KEY_ALONE)),
            (Some(chain), key) => match (kind(chain.get_ref()), key) {
                (Some(_), Some(_)) => return Err(A::Error::custom(KEY_OF_LAB)),
                (Some(kind), None) => Certificate::Lab(kind),
                (None, key) => Certificate::Own { chain, key },
            },
        };
        let versions = table.versions.map_or_else(Versions::default, |Listed(versions)| versions);
        Ok(Tls::On(Settings { certificate, versions, port: table.port }))
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    certificate: Option<Spanned<String>>,
    key: Option<Spanned<String>>,
    versions: Option<Listed>,
    port: Option<u16>,
}

/// Versions as a list of their numbers.
struct Listed(Versions);

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let numbers: Vec<Number> = Vec::deserialize(deserializer)?;
        let has = |number: char| numbers.iter().any(|Number(listed)| *listed == number);
        match (has('0') || has('1'), has('2'), has('3')) {
            (false, true, true) => Ok(Self(Versions::Modern)),
            (false, true, false) => Ok(Self(Versions::OnlyTwo)),
            (false, false, true) => Ok(Self(Versions::OnlyThree)),
            (true, false, false) => Ok(Self(Versions::Old)),
            (true, _, _) => Err(D::Error::custom(OLD_AND_NEW)),
            (false, false, false) => Err(D::Error::custom(NO_VERSION)),
        }
    }
}

/// The number behind the dot of a version.
struct Number(char);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ANumber)
    }
}

struct ANumber;

impl Visitor<'_> for ANumber {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a version such as \"1.2\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
        let number = text.strip_prefix("1.").and_then(|rest| rest.parse().ok());
        let known = number.filter(|number| ('0'..='3').contains(number));
        known.map(Number).ok_or_else(|| {
            E::custom(format!("`{text}` is no version of TLS\nthere are \"1.0\", \"1.1\", \"1.2\" and \"1.3\""))
        })
    }

    /// As one writes it who forgets the quotes.
    fn visit_f64<E: Error>(self, number: f64) -> Result<Number, E> {
        self.visit_str(&number.to_string())
    }
}

pub(super) fn kind(word: &str) -> Option<Kind> {
    KINDS.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind)
}

/// The words for certificates that the lab makes.
pub(super) const KINDS: &[(&str, Kind)] = &[
    ("right", Kind::Right),
    ("expired", Kind::Expired),
    ("not-yet-valid", Kind::NotYetValid),
    ("wrong-name", Kind::WrongName),
    ("unknown-authority", Kind::UnknownAuthority),
    ("self-signed", Kind::SelfSigned),
];
const VERSIONS: &[(&str, Versions)] =
    &[("1.2-only", Versions::OnlyTwo), ("1.3-only", Versions::OnlyThree), ("old", Versions::Old)];

const WORDS: &[&str] = &[
    "right",
    "expired",
    "not-yet-valid",
    "wrong-name",
    "unknown-authority",
    "self-signed",
    "1.2-only",
    "1.3-only",
    "old",
];

const KEY_ALONE: &str = "a key needs its certificate\nas in `tls = { certificate = \"shop.pem\", key = \"shop.key\" }`";
const KEY_OF_LAB: &str = "the lab makes this certificate, and its key too\nleave out `key`";
const OLD_AND_NEW: &str = "nobody here speaks TLS 1.0 and 1.1, they are only begun\n\
                           they stand alone, as in `versions = [\"1.0\"]`, for a server that no client of today accepts";
const NO_VERSION: &str =
    "without a version there is no TLS\nthere are \"1.2\" and \"1.3\"; `tls = false` is to have none";
