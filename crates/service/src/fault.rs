//! What the words for faults have in common: a table in which exactly one thing goes wrong, and faults that could
//! never strike.

use std::time::Duration;

use serde::de::Error as _;
use toml::de::Error;
use toynet_net::fault::What;
use toynet_net::tls::fault::TlsFault;

use crate::units::Period;

/// What a table says that goes wrong. There is to be one thing.
#[derive(Clone, Debug)]
pub struct Deeds<W>(Vec<W>);

impl<W> Deeds<W> {
    /// Those that are set among words which are true or false.
    pub fn flags(flags: impl IntoIterator<Item = (bool, W)>) -> Self {
        Self(flags.into_iter().filter_map(|(is_set, deed)| is_set.then_some(deed)).collect())
    }

    /// One more, if it is there.
    #[must_use]
    pub fn and(mut self, deed: Option<W>) -> Self {
        self.0.extend(deed);
        self
    }

    /// The only one.
    ///
    /// # Errors
    /// When there is none, or more; the second line says that `toynet fault kinds` knows those of `kinds`.
    pub fn one(self, kinds: &str) -> Result<W, Error> {
        let Ok([deed]) = <[W; 1]>::try_from(self.0) else { return Err(not_one("", kinds)) };
        Ok(deed)
    }

    /// The only one, or none where something `is_late` and that is all.
    ///
    /// # Errors
    /// As for [`Deeds::one`].
    pub fn one_or_late(mut self, is_late: bool, kinds: &str) -> Result<Option<W>, Error> {
        if self.0.len() > 1 || self.0.is_empty() && !is_late {
            return Err(not_one(", with a delay before it or alone", kinds));
        }
        Ok(self.0.pop())
    }
}

/// Why a service can never commit a fault, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Never {
    /// In one sentence without a full stop, that goes on after the service's host.
    pub why: String,
    /// What to write, or to leave out.
    pub cure: String,
}

impl Never {
    /// For this reason, with this cure.
    pub fn new(why: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { why: why.into(), cure: cure.into() }
    }

    /// For a fault of TLS, at a service that speaks none.
    pub fn without_tls(what: &What) -> Option<Self> {
        what.is::<TlsFault>()
            .then(|| Self::new("speaks no TLS, in which this could go wrong", "write `tls = true` in its table"))
    }
}

/// How late something comes that is late at all.
///
/// # Errors
/// When that is no time.
pub fn delay(written: Option<Period>) -> Result<Option<Duration>, Error> {
    match written {
        Some(Period(Duration::ZERO)) => Err(Error::custom("a delay of nothing delays nothing\nwrite one such as `2s`")),
        written => Ok(written.map(|Period(delay)| delay)),
    }
}

fn not_one(more: &str, kinds: &str) -> Error {
    Error::custom(format!(
        "exactly one thing goes wrong in a fault{more}\n`toynet fault kinds {kinds}` tells which there are"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_goes_wrong_or_is_late() {
        let two = || Deeds::flags([(true, 'a'), (false, 'b')]);
        assert_eq!(two().one("dns").unwrap(), 'a');
        assert!(two().and(Some('c')).one("dns").is_err());
        let none = || Deeds::<char>::flags([]);
        assert!(none().one("dns").unwrap_err().message().contains("fault kinds dns"));
        assert_eq!(none().one_or_late(true, "http").unwrap(), None);
        assert!(none().one_or_late(false, "http").is_err());
        assert_eq!(two().one_or_late(true, "http").unwrap(), Some('a'));
        assert_eq!(delay(Some(Period(Duration::from_secs(2)))).unwrap(), Some(Duration::from_secs(2)));
        assert!(delay(Some(Period::default())).is_err() && delay(None).unwrap().is_none());
    }
}
