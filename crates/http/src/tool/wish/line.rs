//! A field as it is typed.

use crate::wire::head::is_token;

/// A field that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// With its value, which may be empty.
    Field(String, String),
    /// Not to be sent.
    Without(String),
}

impl Line {
    /// `Name: value`, `Name:` or `Name;`.
    pub fn read(text: &str) -> Result<Self, String> {
        let end = text.find([':', ';']).ok_or_else(|| format!("the field '{text}' has no colon: say 'Name: value'"))?;
        let (name, value) = (text[..end].to_owned(), text[end + 1..].trim().to_owned());
        if !is_token(name.as_bytes()) {
            return Err(format!("'{name}' is no field's name (RFC 9110 5.1)"));
        }
        if value.bytes().any(|octet| octet.is_ascii_control() && octet != b'\t') {
            return Err(format!("the field {name} holds a control character (RFC 9110 5.5); --raw sends anything"));
        }
        match (text.as_bytes()[end], value.is_empty()) {
            (b';', true) | (b':', false) => Ok(Line::Field(name, value)),
            (b':', true) => Ok(Line::Without(name)),
            _ => Err(format!("the field '{text}' has no colon: say 'Name: value'")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_set_left_out_or_sent_empty() {
        let field = |name: &str, value: &str| Ok(Line::Field(name.into(), value.into()));
        assert_eq!(Line::read("Accept: text/html"), field("Accept", "text/html"));
        assert_eq!(Line::read("X-Empty;"), field("X-Empty", ""));
        assert_eq!(Line::read("Accept:"), Ok(Line::Without("Accept".into())));
        for broken in ["Accept", "A b: c", ": c", "A: b\r\nC: d", "A; b"] {
            assert!(Line::read(broken).is_err(), "{broken}");
        }
    }
}
