//! The words for what goes wrong on purpose while TLS begins, whatever protocol is spoken inside.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::Error as _;
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};
use toynet_net::fault::What;
use toynet_net::tls::fault::{TlsFault, Wrong};
use toynet_net::tls::{Spoilt, alert_number};

use crate::fault::delay;
use crate::units::Period;

/// The key of a table `[[fault]]` that means such a fault.
pub const KEY: &str = "tls";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    tls: Spanned<String>,
    delay: Option<Period>,
}

/// Reads them.
///
/// # Errors
/// When a word is unknown, or what is slow has no delay.
pub fn read(value: Spanned<DeValue<'_>>) -> Result<What, Error> {
    let table = Table::deserialize(ValueDeserializer::from(value))?;
    let word = table.tls.get_ref().as_str();
    let delay = delay(table.delay)?;
    let wrong = match DEEDS.iter().find(|(known, _)| *known == word) {
        Some((_, wrong)) => Some(*wrong),
        None if word == SLOW && delay.is_some() => None,
        None if word == SLOW => return Err(Error::custom(NO_DELAY)),
        None => Some(Wrong::Alert(alert_number(word).ok_or_else(|| unknown(word))?)),
    };
    Ok(Arc::new(TlsFault { delay: delay.unwrap_or_default(), wrong }))
}

fn unknown(word: &str) -> Error {
    let known: Vec<&str> = DEEDS.iter().map(|(known, _)| *known).chain([SLOW]).collect();
    let near = crate::near::nearest(word, known.iter().copied());
    let near = near.map(|near| format!("did you mean `{near}`?")).unwrap_or_else(|| OTHERS.to_owned());
    Error::custom(format!("TLS does nothing wrong that is called `{word}`\n{near}"))
}

const DEEDS: &[(&str, Wrong)] = &[
    ("expired", Wrong::Shows(Spoilt::Expired)),
    ("not-yet-valid", Wrong::Shows(Spoilt::NotYetValid)),
    ("wrong-name", Wrong::Shows(Spoilt::WrongName)),
    ("unknown-authority", Wrong::Shows(Spoilt::UnknownAuthority)),
    ("self-signed", Wrong::Shows(Spoilt::SelfSigned)),
    ("silence", Wrong::Silence),
    ("close", Wrong::Close),
    ("reset", Wrong::Reset),
    ("old", Wrong::Old),
];
const SLOW: &str = "slow";
const NO_DELAY: &str = "how slow?\nadd `delay`, as in `delay = \"2s\"`";
const OTHERS: &str = "`toynet fault kinds tls` tells what there is";

/// What can go wrong.
pub const KINDS: &[(&str, &str)] = &[
    ("tls = \"expired\"", "a certificate that held until yesterday (curl: 60)"),
    ("tls = \"not-yet-valid\"", "one that will hold in some months (curl: 60)"),
    ("tls = \"wrong-name\"", "one for another name (curl: 60)"),
    ("tls = \"unknown-authority\"", "one signed by an authority that nobody knows (curl: 60)"),
    ("tls = \"self-signed\"", "one signed by itself (curl: 60)"),
    ("tls = \"silence\"", "nothing follows the client's hello (curl --max-time: 28)"),
    ("tls = \"close\"", "the connection ends after the server's hello (curl: 35)"),
    ("tls = \"reset\"", "the connection is reset at the client's hello (curl: 35)"),
    ("tls = \"old\"", "TLS 1.0 is all that is spoken (curl: 35)"),
    ("tls = \"handshake_failure\"", "this alert, or any other by its name in RFC 8446 6 (curl: 35)"),
    ("tls = \"slow\", delay = \"2s\"", "the handshake comes late; a delay goes with each of the others too"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_can_be_said_as_it_is_shown() {
        for (words, _) in KINDS {
            let text = format!("{{ {words} }}");
            assert!(read(DeValue::parse(&text).unwrap()).is_ok(), "{words}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (text, told) in [
            ("{ tls = 'slow' }", "how slow"),
            ("{ tls = 'slow', delay = '0s' }", "delays nothing"),
            ("{ tls = 'expird' }", "`expired`"),
            ("{ tls = 'colour' }", "fault kinds tls"),
            ("{ tls = 'old', status = 500 }", "status"),
        ] {
            let error = read(DeValue::parse(text).unwrap()).unwrap_err();
            assert!(error.message().contains(told), "{text}: {}", error.message());
        }
    }
}
