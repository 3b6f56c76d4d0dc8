//! What `toynet smtp send` takes, with the words that swaks has for it.

use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command};

/// The arguments.
pub(super) fn send() -> Command {
    let text = |id: &'static str, value: &'static str, help: &'static str| {
        Arg::new(id).long(id).value_name(value).allow_hyphen_values(true).help(help)
    };
    let flag = |id: &'static str, help: &'static str| Arg::new(id).long(id).action(ArgAction::SetTrue).help(help);
    Command::new("send")
        .about("Sends a mail and shows the conversation, as swaks does")
        .disable_help_flag(true)
        .arg(Arg::new("help").long("help").action(ArgAction::Help).help("Print help"))
        .arg(
            text(TO, "ADDRESS", "Whom it is for; may be repeated, or a list with commas")
                .short('t')
                .required(true)
                .action(ArgAction::Append)
                .value_delimiter(','),
        )
        .arg(
            text(FROM, "ADDRESS", "Whom it is from; <> for nobody [default: you, at the host that you act as]")
                .short('f'),
        )
        .arg(
            text(SERVER, "HOST[:PORT]", "Where to bring it [default: the mail exchangers of the recipient's domain]")
                .short('s'),
        )
        .arg(
            text(PORT, "PORT", "At which port [default: 25, or 465 with --tls-on-connect]")
                .short('p')
                .value_parser(clap::value_parser!(u16)),
        )
        .arg(text(EHLO, "NAME", "Who we say that we are [default: the host that you act as]").short('h').alias("helo"))
        .arg(text(SUBJECT, "TEXT", "The field Subject").alias("h-Subject"))
        .arg(
            text(HEADER, "'NAME: VALUE'", "A field of the header, in place of one of that name; may be repeated")
                .action(ArgAction::Append),
        )
        .arg(
            text(ADD_HEADER, "'NAME: VALUE'", "A further field of the header, also of a message in --data")
                .alias("ah")
                .action(ArgAction::Append),
        )
        .arg(text(BODY, "TEXT|@FILE", "What it says; \\n is the end of a line"))
        .arg(text(ATTACH, "FILE", "A file that comes along; may be repeated").action(ArgAction::Append))
        .arg(
            text(DATA, "TEXT|@FILE|-", "The whole message with its header; every end of a line becomes CR LF")
                .short('d')
                .conflicts_with_all([SUBJECT, HEADER, BODY, ATTACH]),
        )
        .arg(
            text(QUIT_AFTER, "STAGE", "Go no further than this")
                .short('q')
                .ignore_case(true)
                .value_parser(PossibleValuesParser::new(["connect", "banner", "ehlo", "mail", "rcpt", "data"])),
        )
        .arg(flag(TLS, "Start TLS with STARTTLS, or give up").conflicts_with_all([TLS_OPTIONAL, TLS_ON_CONNECT]))
        .arg(
            flag(TLS_OPTIONAL, "Start TLS with STARTTLS where it is offered")
                .alias("tlso")
                .conflicts_with(TLS_ON_CONNECT),
        )
        .arg(flag(TLS_ON_CONNECT, "Start TLS before anything is said").alias("tlsc"))
        .arg(flag(
            TLS_VERIFY,
            "Speak TLS only with whom the lab's authority vouches for, or the system's outside a lab",
        ))
        .arg(text(CACERT, "FILE", "The same, with the authorities in this file, in PEM, and no others"))
        .arg(
            text(AUTH, "MECHANISM", "Say who we are: plain, login, or whichever is offered")
                .short('a')
                .allow_hyphen_values(false)
                .num_args(0..=1)
                .default_missing_value("any")
                .ignore_case(true)
                .value_parser(PossibleValuesParser::new(["plain", "login", "any"]))
                .requires(AUTH_USER),
        )
        .arg(text(AUTH_USER, "NAME", "The user's name").requires(AUTH_PASSWORD))
        .arg(
            text(AUTH_PASSWORD, "PASSWORD", "The user's password, which is shown nowhere")
                .env("TOYNET_AUTH_PASSWORD")
                .hide_env_values(true),
        )
        .arg(text(TIMEOUT, "SECONDS", "How long to wait for each answer").default_value("30").value_parser(patience))
        .arg(flag(PIPELINE, "Say MAIL, RCPT and DATA at once where the server lets us (RFC 2920)"))
        .arg(flag(CHUNKING, "Send the message with BDAT in place of DATA (RFC 3030)"))
        .arg(flag(SUPPRESS_DATA, "Do not show the message").short('n'))
        .arg(flag(QUIET, "Show nothing of the conversation"))
}

fn patience(text: &str) -> Result<Duration, &'static str> {
    let (number, unit) = match text.strip_suffix(['s', 'm']) {
        Some(number) if text.ends_with('m') => (number, 60),
        Some(number) => (number, 1),
        None => (text, 1),
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    let seconds = seconds.filter(|seconds| (1..=LONGEST_WAIT).contains(seconds));
    seconds.map(Duration::from_secs).ok_or("that is no time between 1s and a day")
}

pub(super) const TO: &str = "to";
pub(super) const FROM: &str = "from";
pub(super) const SERVER: &str = "server";
pub(super) const PORT: &str = "port";
pub(super) const EHLO: &str = "ehlo";
pub(super) const SUBJECT: &str = "subject";
pub(super) const HEADER: &str = "header";
pub(super) const ADD_HEADER: &str = "add-header";
pub(super) const BODY: &str = "body";
pub(super) const ATTACH: &str = "attach";
pub(super) const DATA: &str = "data";
pub(super) const QUIT_AFTER: &str = "quit-after";
pub(super) const TLS: &str = "tls";
pub(super) const TLS_OPTIONAL: &str = "tls-optional";
pub(super) const TLS_ON_CONNECT: &str = "tls-on-connect";
pub(super) const TLS_VERIFY: &str = "tls-verify";
pub(super) const CACERT: &str = "cacert";
pub(super) const AUTH: &str = "auth";
pub(super) const AUTH_USER: &str = "auth-user";
pub(super) const AUTH_PASSWORD: &str = "auth-password";
pub(super) const TIMEOUT: &str = "timeout";
pub(super) const PIPELINE: &str = "pipeline";
pub(super) const CHUNKING: &str = "chunking";
pub(super) const SUPPRESS_DATA: &str = "suppress-data";
pub(super) const QUIET: &str = "quiet";
/// Nobody waits for longer; it keeps sums of times in bounds.
const LONGEST_WAIT: u64 = 24 * 3600;
