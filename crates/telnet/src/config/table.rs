//! The table as written.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::serve::Shared;

/// A bulletin board.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Telnet {
    pub port: u16,
    /// What greets people; may have several lines.
    pub banner: Option<String>,
    /// How long a person may be silent.
    pub idle: Idle,
    /// Names that need a password. All others get in without.
    pub users: BTreeMap<Spanned<String>, String>,
    /// Hosts that are worth a visit, and why.
    pub hosts: BTreeMap<String, String>,
    pub board: BoardTable,
    /// What the workers share, for as long as one of them has it.
    #[serde(skip)]
    pub shared: Arc<Mutex<Weak<Shared>>>,
    /// Where a board that stands alone keeps its posts.
    #[serde(skip)]
    pub state: Option<PathBuf>,
}

/// The board.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BoardTable {
    pub name: String,
    /// Where posts outlast the lab.
    pub folder: Option<Spanned<String>>,
}

/// A span of time: a number and `s`, `m` or `h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Idle(pub Duration);

impl Default for Telnet {
    fn default() -> Self {
        Self {
            port: 23,
            banner: None,
            // Longer than anybody thinks about a line; a forgotten window is closed before the next morning.
            idle: Idle(Duration::from_secs(600)),
            users: BTreeMap::new(),
            hosts: BTreeMap::new(),
            board: BoardTable::default(),
            shared: Arc::default(),
            state: None,
        }
    }
}

impl Default for BoardTable {
    fn default() -> Self {
        Self { name: "The board".to_owned(), folder: None }
    }
}

impl<'de> Deserialize<'de> for Idle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong =
            || D::Error::custom(format!("`{text}` is no time that a person may be silent\nwrite it such as `10m`"));
        let unit = text.chars().next_back().and_then(|unit| UNITS.iter().find(|(letter, _)| *letter == unit));
        let (letter, seconds) = unit.ok_or_else(wrong)?;
        let number: u32 = text.trim_end_matches(*letter).trim().parse().map_err(|_| wrong())?;
        match u64::from(number) * seconds {
            0 => Err(wrong()),
            seconds => Ok(Self(Duration::from_secs(seconds))),
        }
    }
}

const UNITS: [(char, u64); 3] = [('s', 1), ('m', 60), ('h', 3600)];
