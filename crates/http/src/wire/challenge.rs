//! Challenges: what a server wants to know of whoever asks (RFC 9110 11.6.1).

/// A scheme of authentication with its parameters, as `WWW-Authenticate` lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    /// `Basic`, `Digest`, in the server's spelling.
    pub scheme: String,
    /// Names in lower case, and values without quotes.
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The challenges of one field's value, in the server's order. A comma may end a parameter or a challenge
    /// (RFC 9110 11.6.1): a word before a space begins another challenge.
    pub fn read(value: &str) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for item in items(value) {
            let (name, value) = item.split_once('=').unwrap_or((item, ""));
            let (scheme, name) = match name.trim().split_once(char::is_whitespace) {
                Some((scheme, name)) => (Some(scheme), name.trim()),
                None if item.contains('=') => (None, name.trim()),
                None => (Some(name.trim()), ""),
            };
            if let Some(scheme) = scheme {
                all.push(Self { scheme: scheme.to_owned(), parameters: Vec::new() });
            }
            if let Some(challenge) = all.last_mut().filter(|_| !name.is_empty()) {
                challenge.parameters.push((name.to_ascii_lowercase(), unquoted(value.trim())));
            }
        }
        all
    }

    /// The value of a parameter, by its name in lower case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// What stands between commas outside of quotes.
fn items(value: &str) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let split = value.split(move |character| {
        let is_mark = !std::mem::take(&mut is_escaped);
        is_escaped = is_mark && is_quoted && character == '\\';
        is_quoted ^= is_mark && character == '"';
        character == ',' && !is_quoted
    });
    split.map(str::trim).filter(|item| !item.is_empty())
}

/// A token, or what a quoted string means (RFC 9110 5.6.4).
fn unquoted(value: &str) -> String {
    let Some(quoted) = value.strip_prefix('"') else { return value.to_owned() };
    let mut text = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => text.extend(characters.next()),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn several_challenges_stand_in_one_field() {
        let value = r#"Newauth realm="apps", type=1, title="Login to \"apps, all\"", Negotiate, BASIC realm=simple ,"#;
        let all = Challenge::read(value);
        let schemes: Vec<_> = all.iter().map(|one| one.scheme.as_str()).collect();
        assert_eq!(schemes, ["Newauth", "Negotiate", "BASIC"]);
        assert_eq!(all[0].parameter("title"), Some(r#"Login to "apps, all""#));
        assert_eq!((all[0].parameter("type"), all[2].parameter("realm")), (Some("1"), Some("simple")));
        assert_eq!(all[1].parameter("realm"), None);
    }

    proptest! {
        #[test]
        fn anything_is_read(value in "[ab=,\" \\\\ä\t]{0,40}") {
            drop(Challenge::read(&value));
        }
    }
}
