//! Variables of the environment, as NEW-ENVIRON carries them (RFC 1572 section 2).

use std::fmt;

/// The name of a variable, of up to [`LONGEST`] octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableName {
    /// One that RFC 1572 defines, such as `USER`.
    Known(String),
    /// One of the person's own.
    Own(String),
}

/// A variable; one without a value is not defined at the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: VariableName,
    /// Its value, of up to [`LONGEST`] octets.
    pub value: Option<String>,
}

impl VariableName {
    /// The name of the account that a person wants to enter.
    pub fn user() -> Self {
        Self::Known(USER.to_owned())
    }

    /// What it is called.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(name) | Self::Own(name) => name,
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.push(match self {
            Self::Known(_) => VAR,
            Self::Own(_) => USERVAR,
        });
        write_text(self.as_str(), out);
    }
}

impl Variable {
    /// The account that a person wants to enter.
    pub fn user(name: &str) -> Self {
        Self { name: VariableName::user(), value: Some(name.to_owned()) }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        self.name.write(out);
        if let Some(value) = &self.value {
            out.push(VALUE);
            write_text(value, out);
        }
    }
}

impl fmt::Display for VariableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) if self.name == VariableName::user() => write!(f, "{}={value}", self.name),
            // It may be a secret, and is nobody else's business in any case.
            Some(value) => write!(f, "{}=({} octets)", self.name, value.len()),
            None => write!(f, "{} undefined", self.name),
        }
    }
}

/// Reads variables, or names alone. What stands before the first name is passed over.
pub(super) fn read(said: &[u8]) -> Vec<Variable> {
    let mut variables: Vec<Variable> = Vec::new();
    let mut octets = said.iter().copied();
    let mut text = Vec::new();
    let mut kind = None;
    loop {
        let octet = octets.next();
        match octet {
            Some(ESC) => text.extend(octets.next()),
            Some(octet @ (VAR | USERVAR | VALUE)) => {
                finish(kind.replace(octet), &mut text, &mut variables);
            }
            Some(octet) => text.push(octet),
            None => {
                finish(kind, &mut text, &mut variables);
                return variables;
            }
        }
    }
}

/// A part is over: a name begins a variable, a value belongs to the last one.
fn finish(kind: Option<u8>, text: &mut Vec<u8>, variables: &mut Vec<Variable>) {
    text.truncate(LONGEST);
    let text = printable(&std::mem::take(text));
    let name = match kind {
        Some(VAR) => VariableName::Known(text),
        Some(USERVAR) => VariableName::Own(text),
        Some(_) => {
            if let Some(last) = variables.last_mut() {
                last.value = Some(text);
            }
            return;
        }
        None => return,
    };
    if variables.len() < MOST {
        variables.push(Variable { name, value: None });
    }
}

/// What would be taken for the beginning of a part is escaped.
fn write_text(text: &str, out: &mut Vec<u8>) {
    for octet in text.bytes() {
        if octet <= USERVAR {
            out.push(ESC);
        }
        out.push(octet);
    }
}

fn printable(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).chars().filter(|character| !character.is_control()).collect()
}

const USER: &str = "USER";
const VAR: u8 = 0;
const VALUE: u8 = 1;
const ESC: u8 = 2;
const USERVAR: u8 = 3;
/// Octets of a name or a value: longer than any account's name or terminal's.
pub const LONGEST: usize = 256;
/// Variables of one message; clients that tell all they have tell some dozens.
const MOST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_read_with_their_values() {
        let said = b"\x00USER\x01ada\x03LANG\x01en\x02\x01X\x00DISPLAY\x00PRINTER\x01";
        let shown: Vec<_> = read(said).iter().map(Variable::to_string).collect();
        assert_eq!(shown, ["USER=ada", "LANG=(3 octets)", "DISPLAY undefined", "PRINTER=(0 octets)"]);
    }

    #[test]
    fn nonsense_is_read_as_far_as_it_goes() {
        assert_eq!(read(b"\x01lost\x02"), []);
        assert_eq!(read(b"junk"), []);
        assert_eq!(read(&[0; 1000]).len(), MOST);
        let long = [&[0][..], &[b'x'; 1000]].concat();
        assert_eq!(read(&long)[0].name.as_str().len(), LONGEST);
    }
}
