//! What one check is, and what a server answers when nothing is wrong.

use std::fmt;
use std::time::Duration;

use super::heard::{Heard, Reply};
use crate::client::url::Url;

/// What is looked at.
pub(super) struct Point {
    pub name: &'static str,
    pub about: &'static str,
    pub level: Level,
    pub rule: &'static str,
    /// What to do about it.
    pub cure: &'static str,
}

/// A check of it by what is said on a stream of TCP.
pub(super) struct Check {
    pub point: Point,
    pub is_two: bool,
    /// Why the check makes no sense with this server, if it does not.
    pub needs: fn(&Ground) -> Option<&'static str>,
    /// What is said.
    pub say: fn(&Ground) -> Vec<u8>,
    /// The methods of what is said, in order.
    pub methods: &'static [&'static str],
    /// How many answers are enough; with 0 all that comes is heard.
    pub awaits: usize,
    /// Whether the end of the connection matters.
    pub awaits_close: bool,
    pub judge: fn(&Heard, &Ground) -> Verdict,
}

/// How much weight the RFC gives a rule (RFC 2119).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Level {
    Must,
    Should,
    May,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Kept,
    Broken(String),
    Skipped(String),
}

/// Where the server speaks HTTP/3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Three {
    /// What it says of that itself.
    pub told: String,
    pub host: String,
    pub port: u16,
    /// Those that it has there.
    pub settings: Vec<(u64, u64)>,
}

/// What the server answers when nothing is wrong.
#[derive(Debug, Default)]
pub(super) struct Ground {
    pub url: String,
    pub host: String,
    pub target: String,
    pub status: u16,
    pub three: Option<Three>,
    pub reply: Reply,
    /// After so long without a word nothing more comes.
    pub silence: Duration,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Must => "MUST",
            Level::Should => "SHOULD",
            Level::May => "MAY",
        })
    }
}

impl Ground {
    pub fn of(url: &Url) -> Self {
        Self { url: url.to_string(), host: url.authority(), target: url.target.clone(), ..Self::default() }
    }

    pub fn learn(&mut self, reply: Reply) {
        (self.status, self.reply) = (reply.status, reply);
    }

    /// A text with `{T}` for the target and `{H}` for the host.
    pub fn fill(&self, text: &str) -> Vec<u8> {
        text.replace("{T}", &self.target).replace("{H}", &self.host).into_bytes()
    }

    pub fn scheme(&self) -> &'static str {
        if self.url.starts_with("https:") { "https" } else { "http" }
    }

    /// A GET with further fields.
    pub fn get(&self, fields: &str) -> Vec<u8> {
        self.fill(&format!("GET {{T}} HTTP/1.1\r\nHost: {{H}}\r\n{fields}\r\n"))
    }

    pub fn field(&self, name: &str) -> &str {
        self.reply.field(name).unwrap_or_default()
    }
}

impl Check {
    /// A check over HTTP/1.1 whose single answer says all.
    pub const fn new(
        name: &'static str,
        level: Level,
        rule: &'static str,
        about: &'static str,
        say: fn(&Ground) -> Vec<u8>,
        judge: fn(&Heard, &Ground) -> Verdict,
        cure: &'static str,
    ) -> Self {
        Self {
            point: Point { name, about, level, rule, cure },
            is_two: false,
            needs: |_| None,
            say,
            methods: &["GET", "GET"],
            awaits: 1,
            awaits_close: false,
            judge,
        }
    }

    pub const fn methods(self, methods: &'static [&'static str]) -> Self {
        Self { methods, ..self }
    }

    pub const fn awaits(self, awaits: usize) -> Self {
        Self { awaits, ..self }
    }

    pub const fn awaits_close(self) -> Self {
        Self { awaits_close: true, ..self }
    }

    pub const fn needs(self, needs: fn(&Ground) -> Option<&'static str>) -> Self {
        Self { needs, ..self }
    }

    pub const fn over_two(self) -> Self {
        Self { is_two: true, awaits: 0, ..self }
    }
}

impl Verdict {
    /// Kept when `is_kept`, else broken as `why` says.
    pub fn of(is_kept: bool, why: impl FnOnce() -> String) -> Self {
        if is_kept { Verdict::Kept } else { Verdict::Broken(why()) }
    }
}

pub(super) const PLAIN: &str = "GET {T} HTTP/1.1\r\nHost: {H}\r\n\r\n";
