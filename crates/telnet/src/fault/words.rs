//! The words for what a Telnet server does wrong.

use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};
use toynet_service::What;
use toynet_service::fault::{self, Deeds};
use toynet_service::units::Period;

use super::{Moment, Options, TelnetFault, Wrong};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    delay: Option<Period>,
    options: Option<Options>,
    drop: Option<Moment>,
    #[serde(default)]
    silence: bool,
    #[serde(default)]
    lone_iac: bool,
    #[serde(default)]
    endless: bool,
}

/// Reads them.
///
/// # Errors
/// When a word is unknown, or nothing or too much is to go wrong.
pub fn read(value: Spanned<DeValue<'_>>) -> Result<What, Error> {
    let table = Table::deserialize(ValueDeserializer::from(value))?;
    let flags = [(table.silence, Wrong::Silence), (table.lone_iac, Wrong::LoneIac), (table.endless, Wrong::Endless)];
    let deeds = Deeds::flags(flags).and(table.options.map(Wrong::Options)).and(table.drop.map(Wrong::Drop));
    let delay = fault::delay(table.delay)?;
    let wrong = deeds.one_or_late(delay.is_some(), "telnet")?;
    Ok(Arc::new(TelnetFault { delay: delay.unwrap_or_default(), wrong }))
}

/// What can go wrong.
pub const KINDS: &[(&str, &str)] = &[
    ("silence = true", "the connection stands and nothing is said"),
    ("delay = \"2s\"", "all that is said comes late; goes with each of the others too"),
    ("options = \"refuse\"", "no option is offered, each that is asked for is refused: the client echoes itself"),
    ("options = \"ignore\"", "what the client asks for is never answered"),
    ("options = \"loop\"", "the server changes its mind each time that the client agrees, fifty times"),
    ("lone_iac = true", "an IAC that is no command stands in the text"),
    ("endless = true", "a subnegotiation never ends: the client shows nothing that follows"),
    ("drop = \"connect\"", "the connection ends before a word is said"),
    ("drop = \"login\"", "the connection ends when the name was typed"),
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
    fn one_thing_goes_wrong_at_a_time() {
        for text in
            ["{ }", "{ delay = '0s' }", "{ silence = true, endless = true }", "{ options = 'hate' }", "{ drop = true }"]
        {
            assert!(read(DeValue::parse(text).unwrap()).is_err(), "{text}");
        }
    }
}
