//! The client at the command line: `toynet telnet HOST [PORT]`.
//!
//! - `interactive`: a person at a terminal; `terminal`: its modes; `command`: what they tell the client itself
//! - `script`: lines from a pipe, and texts to be waited for
//! - `talk`: what is shown of the conversation

mod command;
mod interactive;
mod script;
mod talk;
mod terminal;

use std::io::{self, ErrorKind, IsTerminal};
use std::net::SocketAddr;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;
use toynet_service::{Ending, Errand, LocalFuture, Tool};

use crate::call::Call;
use crate::client::Order;
use crate::codes::{TelnetOption, Verb};
use interactive::Interactive;
use script::{Script, Step};
use talk::Talk;

/// The client. What is sent from a script may be a password.
pub const TELNET: Tool = Tool { name: "telnet", arguments, secrets: &[SEND], run };

fn arguments() -> Command {
    let flag = |id: &'static str, short, help: &'static str| {
        Arg::new(id).long(id).short(short).action(ArgAction::SetTrue).help(help)
    };
    let seconds = |id: &'static str, default: &'static str, help: &'static str| {
        let read = |text: &str| match text.parse::<f64>().map(Duration::try_from_secs_f64) {
            Ok(Ok(span)) if span <= LONGEST_WAIT => Ok(span),
            _ => Err("that is no number of seconds up to a day"),
        };
        Arg::new(id).long(id).value_name("SECONDS").default_value(default).value_parser(read).help(help)
    };
    let steps = |id: &'static str, value: &'static str, help: &'static str| {
        Arg::new(id).long(id).value_name(value).action(ArgAction::Append).allow_hyphen_values(true).help(help)
    };
    Command::new("telnet")
        .about("A terminal on a Telnet host, or lines to any server")
        .arg(Arg::new(HOST).value_name("HOST").required(true).help("A name or an address"))
        .arg(
            Arg::new(PORT)
                .value_name("PORT")
                .default_value("23")
                .value_parser(read_port)
                .help("A port, or the name of a well-known one"),
        )
        .arg(
            Arg::new(USER)
                .long(USER)
                .short('l')
                .value_name("NAME")
                .help("The account to enter, told to servers that ask"),
        )
        .arg(flag(BINARY, '8', "Ask for eight-bit data both ways (BINARY)"))
        .arg(flag(BINARY_OUT, 'L', "Ask for eight-bit data to the server alone"))
        .arg(flag(NO_ESCAPE, 'E', "No character is the escape character"))
        .arg(
            Arg::new(ESCAPE)
                .long(ESCAPE)
                .short('e')
                .value_name("CHAR")
                .default_value("^]")
                .value_parser(read_escape)
                .conflicts_with(NO_ESCAPE)
                .help("The character that leads to the client's own prompt: one, or ^ and one"),
        )
        .arg(steps(EXPECT, "TEXT", "Wait until TEXT is shown; repeated, with --send between, a script"))
        .arg(steps(SEND, "LINE", "Send LINE"))
        .arg(seconds(TIMEOUT, "10", "How long to wait for a connection, and for each --expect"))
        .arg(seconds(WAIT, "2", "When all is sent: how long the server may be silent before the client hangs up"))
}

fn run(matches: ArgMatches, errand: Errand) -> LocalFuture<Ending> {
    Box::pin(async move { converse(&matches, &errand).await.unwrap_or_else(|ending| ending) })
}

async fn converse(matches: &ArgMatches, errand: &Errand) -> Result<Ending, Ending> {
    let steps = steps(matches);
    let is_person = io::stdin().is_terminal() && steps.is_empty() && !errand.json;
    let escape = matches.get_one::<u8>(ESCAPE).copied().filter(|_| is_person && !matches.get_flag(NO_ESCAPE));
    let mut talk = Talk::new(errand, !io::stdout().is_terminal());
    let name = text(matches, HOST);
    let span = |id: &str| matches.get_one::<Duration>(id).copied().unwrap_or_default();
    let mut call = connect(matches, errand, &talk, span(TIMEOUT)).await?;
    talk.remark(&format!("Connected to {name}."));
    for verb in wanted_of_binary(matches) {
        call.give(Order::Ask(*verb, TelnetOption::BINARY));
    }
    if is_person {
        if let Some(escape) = escape {
            talk.remark(&format!("Escape character is '{}'.", interactive::caret(escape)));
        }
        return Interactive::new(call, talk, name, escape).map_err(Ending::unanswered)?.run().await;
    }
    let script = Script { steps, timeout: span(TIMEOUT), wait: span(WAIT), clock: errand.host().clock() };
    script.run(&mut call, &mut talk).await
}

/// The steps in the order in which they were typed.
fn steps(matches: &ArgMatches) -> Vec<Step> {
    let of = |id: &str, step: fn(String) -> Step| {
        let places = matches.indices_of(id).into_iter().flatten();
        let texts = matches.get_many::<String>(id).into_iter().flatten().cloned();
        places.zip(texts.map(step)).collect::<Vec<_>>()
    };
    let mut steps = [of(EXPECT, Step::Expect), of(SEND, Step::Send)].concat();
    steps.sort_by_key(|(place, _)| *place);
    steps.into_iter().map(|(_, step)| step).collect()
}

fn wanted_of_binary(matches: &ArgMatches) -> &'static [Verb] {
    match (matches.get_flag(BINARY), matches.get_flag(BINARY_OUT)) {
        (true, _) => &[Verb::Will, Verb::Do],
        (false, true) => &[Verb::Will],
        (false, false) => &[],
    }
}

/// Connects to the first address that answers.
async fn connect(matches: &ArgMatches, errand: &Errand, talk: &Talk, patience: Duration) -> Result<Call, Ending> {
    let name = text(matches, HOST);
    let port = matches.get_one::<u16>(PORT).copied().unwrap_or(23);
    let user = matches.get_one::<String>(USER).cloned();
    let addresses = errand.addresses(name).await.map_err(|error| match error.kind() {
        ErrorKind::NotFound => Ending::refused(format!("{name} was not found")),
        _ => Ending::unanswered(format!("nobody could tell about {name}: {error}")),
    })?;
    let mut failed = Ending::refused(format!("{name} has no address"));
    for address in addresses.into_iter().take(MOST_ADDRESSES) {
        let (host, to) = errand.reach(SocketAddr::new(address, port));
        talk.remark(&format!("Trying {}...", to.ip()));
        talk.note("trying", json!({ "address": to.to_string() }));
        let clock = host.clock();
        let opening = Call::open(&host, to, terminal::describe(user.clone()));
        failed = match clock.until(clock.now() + patience, opening).await.and_then(|opened| opened) {
            Ok(call) => {
                talk.note("connected", json!({ "address": to.to_string() }));
                return Ok(call);
            }
            Err(error) => failure(to, &error),
        };
    }
    Err(failed)
}

fn failure(to: SocketAddr, error: &io::Error) -> Ending {
    match error.kind() {
        ErrorKind::ConnectionRefused => Ending::refused(format!("{to}: connection refused")),
        ErrorKind::TimedOut => Ending::unanswered(format!("{to}: nobody answered in time")),
        _ => Ending::unanswered(format!("{to}: {error}")),
    }
}

fn text<'a>(matches: &'a ArgMatches, id: &str) -> &'a str {
    matches.get_one::<String>(id).map_or("", String::as_str)
}

fn read_port(text: &str) -> Result<u16, String> {
    let named = PORTS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, port)| *port);
    let port = named.or_else(|| text.parse().ok().filter(|port| *port > 0));
    port.ok_or_else(|| "that is neither a port from 1 to 65535 nor a name such as smtp or http".to_owned())
}

fn read_escape(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [b'^', letter @ b'@'..=b'_'] => Ok(letter & 0x1f),
        [b'^', letter @ b'a'..=b'z'] => Ok(letter & 0x1f),
        [octet] if octet.is_ascii() => Ok(*octet),
        _ => Err("that is no single character, and not ^ before one".to_owned()),
    }
}

const HOST: &str = "host";
const PORT: &str = "port";
const USER: &str = "user";
const BINARY: &str = "binary";
const BINARY_OUT: &str = "binary-output";
const NO_ESCAPE: &str = "no-escape";
const ESCAPE: &str = "escape";
const EXPECT: &str = "expect";
const SEND: &str = "send";
const TIMEOUT: &str = "timeout";
const WAIT: &str = "wait";
/// Addresses that are tried; more only cost time.
const MOST_ADDRESSES: usize = 8;
/// Who waits longer has forgotten it.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);
/// Ports that people try by hand (IANA's registry of service names).
const PORTS: [(&str, u16); 14] = [
    ("echo", 7),
    ("discard", 9),
    ("daytime", 13),
    ("ftp", 21),
    ("telnet", 23),
    ("smtp", 25),
    ("domain", 53),
    ("finger", 79),
    ("http", 80),
    ("pop3", 110),
    ("imap", 143),
    ("submission", 587),
    ("ircd", 6667),
    ("mud", 4000),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_keep_the_order_in_which_they_were_typed() {
        let line = "telnet bbs.test --expect name: --send ada --expect > --send --help --wait 0.5";
        let matches = arguments().get_matches_from(line.split(' '));
        let expected = [
            Step::Expect("name:".into()),
            Step::Send("ada".into()),
            Step::Expect(">".into()),
            Step::Send("--help".into()),
        ];
        assert_eq!(steps(&matches), expected);
        assert_eq!(matches.get_one::<Duration>(WAIT), Some(&Duration::from_millis(500)));
    }

    #[test]
    fn ports_have_names_and_the_escape_character_a_caret() {
        assert_eq!((read_port("SMTP"), read_port("8023")), (Ok(25), Ok(8023)));
        assert!(read_port("0").is_err() && read_port("65536").is_err() && read_port("x").is_err());
        assert_eq!((read_escape("^]"), read_escape("^a"), read_escape("~")), (Ok(0x1d), Ok(1), Ok(b'~')));
        assert!(read_escape("é").is_err() && read_escape("ab").is_err());
    }
}
