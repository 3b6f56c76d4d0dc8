//! The words for what a mail server does wrong.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::Error as _;
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};
use toynet_service::What;
use toynet_service::fault::{self, Deeds};
use toynet_service::near;
use toynet_service::units::Period;

use super::{Glob, Seen, SmtpFault, Stage, Wrong};
use crate::wire::Reply;
use crate::wire::reply::ReplyReader;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    at_stage: Option<Stage>,
    sender: Option<String>,
    recipient: Option<String>,
    delay: Option<Period>,
    reply: Option<String>,
    withhold: Option<String>,
    greylist: Option<Period>,
    #[serde(default)]
    drop: bool,
    #[serde(default)]
    half: bool,
    #[serde(default)]
    bare_lf: bool,
}

/// Reads them.
///
/// # Errors
/// When a word is unknown or means nothing, or nothing or too much is to go wrong.
pub fn read(value: Spanned<DeValue<'_>>) -> Result<What, Error> {
    let table = Table::deserialize(ValueDeserializer::from(value))?;
    let reply = table.reply.map(|text| reply(&text).ok_or_else(|| Error::custom(REPLIES))).transpose()?;
    let withhold = table.withhold.map(|keyword| known(&keyword).map(Wrong::Withhold)).transpose()?;
    let greylist = fault::delay(table.greylist)?.map(|wait| Wrong::Greylist(wait, Seen::default()));
    let flags = [(table.drop, Wrong::Drop), (table.half, Wrong::Half), (table.bare_lf, Wrong::BareLf)];
    let deeds = Deeds::flags(flags).and(reply.map(Wrong::Reply)).and(withhold).and(greylist);
    let delay = fault::delay(table.delay)?;
    let wrong = deeds.one_or_late(delay.is_some(), "smtp")?;
    let stage = match (&wrong, table.at_stage) {
        (Some(Wrong::Withhold(_)), None | Some(Stage::Ehlo)) => Some(Stage::Ehlo),
        (Some(Wrong::Greylist(..)), None | Some(Stage::Rcpt)) => Some(Stage::Rcpt),
        (Some(Wrong::Withhold(_) | Wrong::Greylist(..)), Some(_)) => return Err(Error::custom(OWN_STAGE)),
        (Some(Wrong::Reply(_)), None) if table.recipient.is_some() => Some(Stage::Rcpt),
        (Some(Wrong::Reply(_)), None) if table.sender.is_some() => Some(Stage::Mail),
        (Some(Wrong::Reply(_)), None) => return Err(Error::custom(WHICH_STAGE)),
        (_, stage) => stage,
    };
    if table.sender.is_some() && stage.is_some_and(|stage| !stage.knows_sender()) {
        return Err(Error::custom(NO_SENDER));
    }
    if table.recipient.is_some() && stage.is_some_and(|stage| !stage.knows_recipients()) {
        return Err(Error::custom(NO_RECIPIENT));
    }
    let glob = |text: Option<String>| text.map(|text| Glob::new(&text));
    let (sender, recipient) = (glob(table.sender), glob(table.recipient));
    Ok(Arc::new(SmtpFault { stage, sender, recipient, delay: delay.unwrap_or_default(), wrong }))
}

/// A keyword that our server may say after EHLO.
fn known(keyword: &str) -> Result<String, Error> {
    let wanted = keyword.to_ascii_uppercase();
    if KEYWORDS.contains(&wanted.as_str()) {
        return Ok(wanted);
    }
    let advice = near::advice(&wanted, KEYWORDS).unwrap_or_default();
    Err(Error::custom(format!("no server of a lab says `{keyword}` after EHLO\n{advice}")))
}

fn reply(text: &str) -> Option<Reply> {
    let is_line = text.len() < LONGEST && !text.chars().any(char::is_control);
    let line = is_line.then(|| format!("{text}\r\n"))?;
    ReplyReader::default().take(line.as_bytes()).1?.ok()
}

/// RFC 5321 4.5.3.1.5, without the line end.
const LONGEST: usize = 510;
const REPLIES: &str = "a reply is a code from 200 to 559 and a text\nwrite it such as `451 4.3.2 not now`";
const WHICH_STAGE: &str = "at which stage does this reply come?\nadd `at_stage`: connect, ehlo, starttls, auth, mail, rcpt, data, content or quit; or a sender or recipient";
const OWN_STAGE: &str = "keywords are withheld at `ehlo`, and recipients put off at `rcpt`\nleave `at_stage` out";

const NO_SENDER: &str =
    "at that stage a client has not said who sends\nleave `at_stage` out, or write mail, rcpt, data or content";
const NO_RECIPIENT: &str =
    "at that stage a client has not said who receives\nleave `at_stage` out, or write rcpt, data or content";
/// As in [`Extensions::reply`](crate::wire::Extensions::reply).
const KEYWORDS: &[&str] = &[
    "PIPELINING",
    "SIZE",
    "STARTTLS",
    "AUTH",
    "8BITMIME",
    "ENHANCEDSTATUSCODES",
    "SMTPUTF8",
    "CHUNKING",
    "DSN",
    "LIMITS",
    "HELP",
];

/// What can go wrong.
pub const KINDS: &[(&str, &str)] = &[
    ("reply = \"451 4.3.2 not now\", at_stage = \"data\"", "this reply, and what was asked for is not done"),
    ("delay = \"30s\"", "the reply comes late; goes with each of the others too"),
    ("drop = true, at_stage = \"mail\"", "the connection ends in place of the reply"),
    ("drop = true, at_stage = \"content\"", "the mail is taken, and the client does not learn it: it sends it again"),
    ("half = true, at_stage = \"ehlo\"", "the connection ends in the middle of the reply"),
    ("bare_lf = true", "the lines of replies end with LF alone"),
    ("withhold = \"PIPELINING\"", "the answer to EHLO lacks this keyword; with STARTTLS: mail goes in clear"),
    ("reply = \"454 4.7.0 no TLS now\", at_stage = \"starttls\"", "TLS is offered and then refused"),
    ("greylist = \"5m\"", "a recipient is put off with 451 until so long after the first attempt"),
    ("reply = \"550 5.1.1 nobody\", recipient = \"bob@*\"", "at rcpt; with a sender alone, at mail"),
    ("sender = \"*@club.test\", recipient = \"alice@*\"", "with any of these: for such mails only; * is anything"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_can_be_said_as_it_is_shown() {
        for (words, _) in &KINDS[..KINDS.len() - 1] {
            let text = format!("{{ {words} }}");
            assert!(read(DeValue::parse(&text).unwrap()).is_ok(), "{words}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for text in [
            "{ }",
            "{ sender = 'a@b' }",
            "{ drop = true, half = true }",
            "{ reply = '451 not now' }",
            "{ reply = 'not now', at_stage = 'mail' }",
            "{ reply = '199 x', at_stage = 'mail' }",
            "{ withhold = 'SIZE', at_stage = 'mail' }",
            "{ drop = true, at_stage = 'turn' }",
        ] {
            assert!(read(DeValue::parse(text).unwrap()).is_err(), "{text}");
        }
    }
}
