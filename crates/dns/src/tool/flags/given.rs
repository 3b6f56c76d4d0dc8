//! How a flag was given.

/// How a flag was given.
#[derive(Clone, Copy)]
pub(super) enum Given<'a> {
    /// `+flag`
    Yes,
    /// `+noflag`
    No,
    /// `+flag=value`
    Value(&'a str),
}

/// What should have been given; empty where no value is taken.
pub(super) type Expected = &'static str;

impl<'a> Given<'a> {
    pub fn switch(self) -> Result<bool, Expected> {
        match self {
            Given::Yes => Ok(true),
            Given::No => Ok(false),
            Given::Value(_) => Err(""),
        }
    }

    pub fn number<T: std::str::FromStr>(self, expected: Expected) -> Result<T, Expected> {
        match self {
            Given::Value(value) => value.parse().map_err(|_| expected),
            Given::Yes | Given::No => Err(expected),
        }
    }

    /// A value that need not be there; nothing when the flag is switched off.
    pub fn value(self) -> Option<Option<&'a str>> {
        match self {
            Given::Yes => Some(None),
            Given::No => None,
            Given::Value(value) => Some(Some(value)),
        }
    }
}
