//! Parameters of MAIL and RCPT (RFC 5321 4.1.1.11).

use std::fmt;

/// What a client says of its message beforehand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailParameters {
    /// How many octets it has, as far as the client knows (RFC 1870).
    pub size: Option<u64>,
    /// Which octets it has (RFC 6152).
    pub body: Option<Body>,
    /// Whether addresses or header fields go beyond ASCII (RFC 6531).
    pub smtputf8: bool,
    /// How much of it comes back with a notification (RFC 3461 4.3).
    pub ret: Option<Returned>,
    /// What its sender calls it, as it stands on the wire (RFC 3461 4.4).
    pub envid: Option<Xtext>,
    /// Who handed it in, where a server that trusts us should know (RFC 4954 section 5).
    pub auth: Option<Xtext>,
}

/// What a client says of a recipient (RFC 3461 4.1, 4.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RcptParameters {
    /// Of what the sender would like to hear.
    pub notify: Option<Notify>,
    /// Whom the mail was for when it was handed in.
    pub orcpt: Option<Original>,
}

/// Of what a sender would like to hear; of nothing when all are false.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notify {
    /// That it was delivered.
    pub success: bool,
    /// That it was given up.
    pub failure: bool,
    /// That it takes long.
    pub delay: bool,
}

/// How much of a mail comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// All of it.
    Full,
    /// Its header.
    Headers,
}

/// A recipient as it was written at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// Of which kind the address is: `rfc822`.
    pub kind: String,
    /// The address.
    pub address: Xtext,
}

/// Text of which octets that cannot stand in a command are written as `+` and two digits (RFC 3461 section 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Xtext(String);

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
            "RET" => self.ret.replace(value.and_then(Returned::parse).ok_or_else(malformed)?).is_none(),
            "ENVID" => {
                let envid = value.and_then(Xtext::parse).filter(|envid| envid.0.len() <= LONGEST_ENVID);
                self.envid.replace(envid.ok_or_else(malformed)?).is_none()
            }
            "AUTH" => self.auth.replace(value.and_then(Xtext::parse).ok_or_else(malformed)?).is_none(),
            "SMTPUTF8" if value.is_some() => return Err(malformed()),
            "SMTPUTF8" => !std::mem::replace(&mut self.smtputf8, true),
            _ => return Err(ParameterFault::Unknown(keyword.to_owned())),
        };
        if is_new { Ok(()) } else { Err(ParameterFault::Twice(keyword.to_owned())) }
    }
}

impl RcptParameters {
    /// Reads what follows the path, as [`MailParameters::parse`].
    ///
    /// # Errors
    /// What is wrong with the first that cannot be taken.
    pub fn parse(text: &str) -> Result<Self, ParameterFault> {
        let mut parameters = Self::default();
        for (keyword, value) in split(text)? {
            let malformed = || ParameterFault::Value(keyword.clone());
            let is_new = match keyword.as_str() {
                "NOTIFY" => parameters.notify.replace(value.and_then(Notify::parse).ok_or_else(malformed)?).is_none(),
                "ORCPT" => parameters.orcpt.replace(value.and_then(Original::parse).ok_or_else(malformed)?).is_none(),
                _ => return Err(ParameterFault::Unknown(keyword)),
            };
            if !is_new {
                return Err(ParameterFault::Twice(keyword));
            }
        }
        Ok(parameters)
    }
}

impl Notify {
    /// What goes without saying (RFC 3461 4.1).
    pub const USUAL: Self = Self { success: false, failure: true, delay: true };

    fn parse(value: &str) -> Option<Self> {
        let mut notify = Self::default();
        if value.eq_ignore_ascii_case("NEVER") {
            return Some(notify);
        }
        for word in value.split(',') {
            match word.to_ascii_uppercase().as_str() {
                "SUCCESS" => notify.success = true,
                "FAILURE" => notify.failure = true,
                "DELAY" => notify.delay = true,
                _ => return None,
            }
        }
        Some(notify)
    }
}

impl Returned {
    fn parse(value: &str) -> Option<Self> {
        match value.to_ascii_uppercase().as_str() {
            "FULL" => Some(Returned::Full),
            "HDRS" => Some(Returned::Headers),
            _ => None,
        }
    }
}

impl Original {
    /// Reads `rfc822;carol@club.test`.
    pub fn parse(value: &str) -> Option<Self> {
        let (kind, address) = value.split_once(';').filter(|_| value.len() <= LONGEST_ORCPT)?;
        let is_kind = !kind.is_empty() && kind.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
        if is_kind { Some(Self { kind: kind.to_owned(), address: Xtext::parse(address)? }) } else { None }
    }
}

impl Xtext {
    /// Takes text as it stands on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.bytes();
        while let Some(octet) = rest.next() {
            let is_hex = |octet: Option<u8>| octet.is_some_and(|octet| b"0123456789ABCDEF".contains(&octet));
            let is_fine = match octet {
                b'+' => is_hex(rest.next()) && is_hex(rest.next()),
                octet => octet.is_ascii_graphic() && octet != b'=',
            };
            if !is_fine {
                return None;
            }
        }
        if text.is_empty() { None } else { Some(Self(text.to_owned())) }
    }

    /// What it means.
    pub fn decoded(&self) -> String {
        let (mut octets, mut rest) = (Vec::new(), self.0.as_bytes());
        while let [first, after @ ..] = rest {
            let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
            match (first, code.and_then(|code| u8::from_str_radix(code, 16).ok())) {
                (b'+', Some(octet)) => {
                    octets.push(octet);
                    rest = &after[2..];
                }
                _ => {
                    octets.push(*first);
                    rest = after;
                }
            }
        }
        String::from_utf8_lossy(&octets).into_owned()
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
        if self.smtputf8 {
            f.write_str(" SMTPUTF8")?;
        }
        match self.ret {
            Some(Returned::Full) => f.write_str(" RET=FULL")?,
            Some(Returned::Headers) => f.write_str(" RET=HDRS")?,
            None => {}
        }
        self.envid.iter().try_for_each(|envid| write!(f, " ENVID={envid}"))?;
        self.auth.iter().try_for_each(|auth| write!(f, " AUTH={auth}"))
    }
}

/// With a space before each.
impl fmt::Display for RcptParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.notify.iter().try_for_each(|notify| write!(f, " NOTIFY={notify}"))?;
        self.orcpt.iter().try_for_each(|original| write!(f, " ORCPT={original}"))
    }
}

impl fmt::Display for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [(self.success, "SUCCESS"), (self.failure, "FAILURE"), (self.delay, "DELAY")];
        let words: Vec<&str> = words.into_iter().filter(|(is_on, _)| *is_on).map(|(_, word)| word).collect();
        f.write_str(&if words.is_empty() { "NEVER".to_owned() } else { words.join(",") })
    }
}

impl fmt::Display for Original {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};{}", self.kind, self.address)
    }
}

/// As it stands on the wire.
impl fmt::Display for Xtext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// RFC 3461 4.4.
const LONGEST_ENVID: usize = 100;
/// RFC 3461 4.2.
const LONGEST_ORCPT: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_and_written_back() {
        for text in ["", " SIZE=10", " BODY=7BIT", " SIZE=0 BODY=8BITMIME SMTPUTF8", " RET=HDRS ENVID=QQ+3D1 AUTH=<>"] {
            assert_eq!(MailParameters::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(MailParameters::parse(" body=8bitmime  size=1 ").unwrap().to_string(), " SIZE=1 BODY=8BITMIME");
        assert_eq!(MailParameters::parse(" SIZE=99999999999999999999").unwrap().size, Some(u64::MAX));
    }

    #[test]
    fn what_nobody_announced_is_not_taken() {
        assert_eq!(MailParameters::parse(" MT-PRIORITY=3"), Err(ParameterFault::Unknown("MT-PRIORITY".into())));
        assert_eq!(RcptParameters::parse(" RRVS=1"), Err(ParameterFault::Unknown("RRVS".into())));
        assert_eq!(RcptParameters::parse(""), Ok(RcptParameters::default()));
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
            (" RET=ALL", ParameterFault::Value("RET".into())),
            (" ENVID=a+3", ParameterFault::Value("ENVID".into())),
        ] {
            assert_eq!(MailParameters::parse(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn wishes_for_notifications_are_read_and_written_back() {
        for text in ["", " NOTIFY=NEVER", " NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;zo+C3+AB@club.test"] {
            assert_eq!(RcptParameters::parse(text).unwrap().to_string(), text);
        }
        let original = Original::parse("rfc822;zo+C3+AB@club.test").unwrap();
        assert_eq!(original.address.decoded(), "zoë@club.test");
        for text in [" NOTIFY=", " NOTIFY=NEVER,SUCCESS", " NOTIFY=x", " ORCPT=a", " ORCPT=;a", " ORCPT=a;b+g0"] {
            assert!(RcptParameters::parse(text).is_err(), "{text}");
        }
    }
}
