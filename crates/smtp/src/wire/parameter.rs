//! Parameters of MAIL (RFC 5321 4.1.1.11).

use std::fmt;

/// What a client says of its message beforehand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailParameters {
    /// How many octets it has, as far as the client knows (RFC 1870).
    pub size: Option<u64>,
    /// Which octets it has (RFC 6152).
    pub body: Option<Body>,
    /// Whether addresses or header fields go beyond ASCII (RFC 6531).
    pub smtputf8: bool,
}

/// Which octets a message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// Only ASCII.
    SevenBit,
    /// Any, in lines.
    EightBitMime,
}

/// What is wrong with a parameter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterFault {
    /// Nobody announced it.
    #[error("the parameter {0} is not known")]
    Unknown(String),
    /// Its value is none that it can have.
    #[error("the value of {0} is malformed")]
    Value(String),
    /// It stands twice.
    #[error("the parameter {0} stands twice")]
    Twice(String),
    /// It is no parameter at all.
    #[error("no parameter is written like this")]
    Malformed,
}

impl MailParameters {
    /// Reads what follows the path: nothing, or parameters with a space before each.
    ///
    /// # Errors
    /// What is wrong with the first that cannot be taken.
    pub fn parse(text: &str) -> Result<Self, ParameterFault> {
        let mut parameters = Self::default();
        for (keyword, value) in split(text)? {
            parameters.take(&keyword, value)?;
        }
        Ok(parameters)
    }

    fn take(&mut self, keyword: &str, value: Option<&str>) -> Result<(), ParameterFault> {
        let malformed = || ParameterFault::Value(keyword.to_owned());
        let is_new = match keyword {
            "SIZE" => self.size.replace(value.and_then(size).ok_or_else(malformed)?).is_none(),
            "BODY" => self.body.replace(value.and_then(Body::parse).ok_or_else(malformed)?).is_none(),
            "SMTPUTF8" if value.is_some() => return Err(malformed()),
            "SMTPUTF8" => !std::mem::replace(&mut self.smtputf8, true),
            _ => return Err(ParameterFault::Unknown(keyword.to_owned())),
        };
        if is_new { Ok(()) } else { Err(ParameterFault::Twice(keyword.to_owned())) }
    }
}

/// Refuses all that follows the path of RCPT: no extension of ours has parameters there.
///
/// # Errors
/// What is wrong with the first parameter.
pub fn none(text: &str) -> Result<(), ParameterFault> {
    match split(text)?.into_iter().next() {
        Some((keyword, _)) => Err(ParameterFault::Unknown(keyword)),
        None => Ok(()),
    }
}

/// Keywords in upper case and their values.
fn split(text: &str) -> Result<Vec<(String, Option<&str>)>, ParameterFault> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let words = text.strip_prefix(' ').ok_or(ParameterFault::Malformed)?.split(' ');
    words.filter(|word| !word.is_empty()).map(parameter).collect()
}

fn parameter(word: &str) -> Result<(String, Option<&str>), ParameterFault> {
    let (keyword, value) = word.split_once('=').map_or((word, None), |(keyword, value)| (keyword, Some(value)));
    let is_keyword = keyword.starts_with(|char: char| char.is_ascii_alphanumeric())
        && keyword.chars().all(|char| char.is_ascii_alphanumeric() || char == '-');
    let is_value =
        |value: &str| !value.is_empty() && value.chars().all(|char| char > ' ' && char != '=' && char != '\x7f');
    if is_keyword && value.is_none_or(is_value) {
        Ok((keyword.to_ascii_uppercase(), value))
    } else {
        Err(ParameterFault::Malformed)
    }
}

/// Up to 20 digits (RFC 1870 section 4); what no number of 64 bits holds is more than anybody takes.
fn size(value: &str) -> Option<u64> {
    let is_number = value.len() <= 20 && value.bytes().all(|octet| octet.is_ascii_digit());
    is_number.then(|| value.parse().unwrap_or(u64::MAX))
}

impl Body {
    fn parse(value: &str) -> Option<Self> {
        if value.eq_ignore_ascii_case("7BIT") {
            Some(Body::SevenBit)
        } else if value.eq_ignore_ascii_case("8BITMIME") {
            Some(Body::EightBitMime)
        } else {
            None
        }
    }
}

/// With a space before each.
impl fmt::Display for MailParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(size) = self.size {
            write!(f, " SIZE={size}")?;
        }
        match self.body {
            Some(Body::SevenBit) => f.write_str(" BODY=7BIT")?,
            Some(Body::EightBitMime) => f.write_str(" BODY=8BITMIME")?,
            None => {}
        }
        if self.smtputf8 { f.write_str(" SMTPUTF8") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_and_written_back() {
        for text in ["", " SIZE=10", " BODY=7BIT", " SIZE=0 BODY=8BITMIME SMTPUTF8"] {
            assert_eq!(MailParameters::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(MailParameters::parse(" body=8bitmime  size=1 ").unwrap().to_string(), " SIZE=1 BODY=8BITMIME");
        assert_eq!(MailParameters::parse(" SIZE=99999999999999999999").unwrap().size, Some(u64::MAX));
    }

    #[test]
    fn what_nobody_announced_is_not_taken() {
        assert_eq!(MailParameters::parse(" RET=HDRS"), Err(ParameterFault::Unknown("RET".into())));
        assert_eq!(none(" NOTIFY=NEVER"), Err(ParameterFault::Unknown("NOTIFY".into())));
        assert_eq!(none(""), Ok(()));
    }

    #[test]
    fn a_malformed_parameter_is_refused() {
        for (text, fault) in [
            ("SIZE=1", ParameterFault::Malformed),
            (" =1", ParameterFault::Malformed),
            (" SIZE=", ParameterFault::Malformed),
            (" SIZE=1=2", ParameterFault::Malformed),
            (" SIZE", ParameterFault::Value("SIZE".into())),
            (" SIZE=-1", ParameterFault::Value("SIZE".into())),
            (" SIZE=100000000000000000000", ParameterFault::Value("SIZE".into())),
            (" BODY=9BIT", ParameterFault::Value("BODY".into())),
            (" SMTPUTF8=1", ParameterFault::Value("SMTPUTF8".into())),
            (" SIZE=1 SIZE=1", ParameterFault::Twice("SIZE".into())),
        ] {
            assert_eq!(MailParameters::parse(text), Err(fault), "{text}");
        }
    }
}
