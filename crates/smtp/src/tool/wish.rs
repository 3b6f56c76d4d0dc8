//! What was typed, as values that make sense.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use clap::ArgMatches;
use clap::parser::ValueSource;
use toynet_net::tls::Trust;
use toynet_service::Errand;

use super::arguments::{
    ADD_HEADER, ATTACH, AUTH, AUTH_PASSWORD, AUTH_USER, BODY, CACERT, CHUNKING, DATA, EHLO, FROM, HEADER, PIPELINE,
    PORT, QUIET, QUIT_AFTER, SERVER, SUBJECT, SUPPRESS_DATA, TIMEOUT, TLS, TLS_ON_CONNECT, TLS_OPTIONAL, TLS_VERIFY,
    TO,
};
use super::message::{self, Attachment, Field, Written};
use crate::wire::auth::{Credentials, Mechanism};
use crate::wire::{Content, ForwardPath, Mailbox, ReversePath};

/// What a person wants to be done.
#[derive(Debug)]
pub(super) struct Wish {
    pub from: ReversePath,
    pub to: Vec<ForwardPath>,
    /// Where to bring it, if that was said.
    pub server: Option<String>,
    pub port: u16,
    /// Who we say that we are, if that was said.
    pub ehlo: Option<String>,
    pub content: Content,
    pub quit_after: Option<Stage>,
    pub tls: Tls,
    /// Who must vouch for a server that speaks TLS.
    pub trust: Trust,
    pub login: Option<Login>,
    pub patience: Duration,
    pub pipeline: bool,
    pub chunking: bool,
    pub shows_data: bool,
    pub quiet: bool,
}

/// How far a conversation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Connect,
    Banner,
    Ehlo,
    Mail,
    Rcpt,
    Data,
}

/// Whether TLS is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    Never,
    WhereOffered,
    Required,
    FromTheStart,
}

/// Who we are, and how to say it: the best way that the server knows, unless one was named.
#[derive(Debug)]
pub(super) struct Login {
    pub mechanism: Option<Mechanism>,
    pub credentials: Credentials,
}

impl Wish {
    /// Reads what was typed, and the files that it names.
    pub fn read(matches: &ArgMatches, errand: &Errand) -> Result<Self, String> {
        let flag = |id: &str| matches.get_flag(id);
        let tls = match (flag(TLS), flag(TLS_OPTIONAL), flag(TLS_ON_CONNECT)) {
            (true, _, _) => Tls::Required,
            (_, true, _) => Tls::WhereOffered,
            (_, _, true) => Tls::FromTheStart,
            (false, false, false) => Tls::Never,
        };
        let (server, named_port) = match text(matches, SERVER) {
            Some(server) => server_and_port(server).map(|(server, port)| (Some(server), port))?,
            None => (None, None),
        };
        let usual = if tls == Tls::FromTheStart { SMTPS } else { SMTP };
        let port = matches.get_one::<u16>(PORT).copied().or(named_port).unwrap_or(usual);
        let from = from(text(matches, FROM), errand)?;
        let to = texts(matches, TO).map(recipient).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            content: content(matches, errand, &from, &to)?,
            from,
            to,
            server,
            port,
            ehlo: text(matches, EHLO).map(str::to_owned),
            quit_after: text(matches, QUIT_AFTER).and_then(Stage::of),
            tls,
            trust: trust(matches, errand)?,
            login: login(matches)?,
            patience: matches.get_one::<Duration>(TIMEOUT).copied().unwrap_or(USUAL_PATIENCE),
            pipeline: flag(PIPELINE),
            chunking: flag(CHUNKING),
            shows_data: !flag(SUPPRESS_DATA),
            quiet: flag(QUIET),
        })
    }

    pub fn quits_after(&self, stage: Stage) -> bool {
        self.quit_after == Some(stage)
    }
}

fn trust(matches: &ArgMatches, errand: &Errand) -> Result<Trust, String> {
    if let Some(file) = text(matches, CACERT) {
        let read = fs::read_to_string(file).map_err(|error| format!("{file} cannot be read: {error}"));
        return read.map(Trust::Authorities);
    }
    if !matches.get_flag(TLS_VERIFY) {
        return Ok(Trust::Anybody);
    }
    let of_lab = errand.inside.as_ref().and_then(|inside| inside.authority.clone());
    Ok(of_lab.map_or(Trust::System, Trust::Authorities))
}

impl Stage {
    fn of(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "connect" => Stage::Connect,
            "banner" => Stage::Banner,
            "ehlo" => Stage::Ehlo,
            "mail" => Stage::Mail,
            "rcpt" => Stage::Rcpt,
            "data" => Stage::Data,
            _ => return None,
        })
    }
}

fn text<'a>(matches: &'a ArgMatches, id: &str) -> Option<&'a str> {
    matches.get_one::<String>(id).map(String::as_str)
}

fn texts<'a>(matches: &'a ArgMatches, id: &str) -> impl Iterator<Item = &'a str> {
    matches.get_many::<String>(id).into_iter().flatten().map(String::as_str)
}

fn from(typed: Option<&str>, errand: &Errand) -> Result<ReversePath, String> {
    let typed = match typed {
        Some("" | "<>") => return Ok(ReversePath::Null),
        Some(typed) => typed.trim().to_owned(),
        None if errand.inside.is_some() => format!("you@{}", errand.host().name()),
        None => "you@localhost".to_owned(),
    };
    let path = if typed.starts_with('<') { typed.clone() } else { format!("<{typed}>") };
    ReversePath::parse(&path).map_err(|fault| format!("--from {typed}: {fault}"))
}

fn recipient(typed: &str) -> Result<ForwardPath, String> {
    let typed = typed.trim();
    let path = if typed.starts_with('<') { typed.to_owned() } else { format!("<{typed}>") };
    ForwardPath::parse(&path).map_err(|fault| format!("--to {typed}: {fault}"))
}

/// `mail.shop.test`, `mail.shop.test:2525`, `[::1]:25`, `::1`.
fn server_and_port(typed: &str) -> Result<(String, Option<u16>), String> {
    if typed.parse::<std::net::IpAddr>().is_ok() {
        return Ok((typed.to_owned(), None));
    }
    let bad_port = |_| format!("--server {typed}: what follows the last colon is no port");
    match typed.rsplit_once(':') {
        Some((server, port)) if !typed.ends_with(']') => {
            Ok((server.trim_matches(['[', ']']).to_owned(), Some(port.parse().map_err(bad_port)?)))
        }
        _ => Ok((typed.trim_matches(['[', ']']).to_owned(), None)),
    }
}

fn login(matches: &ArgMatches) -> Result<Option<Login>, String> {
    let Some(user) = text(matches, AUTH_USER) else { return Ok(None) };
    let password = text(matches, AUTH_PASSWORD).unwrap_or_default();
    let is_named = matches.value_source(AUTH) == Some(ValueSource::CommandLine);
    let mechanism = text(matches, AUTH).filter(|_| is_named).and_then(Mechanism::of);
    let credentials = Credentials::new(user.as_bytes(), password.as_bytes()).filter(|_| !user.contains('\0'));
    let credentials = credentials.ok_or("--auth-user: a name has no NUL")?;
    Ok(Some(Login { mechanism, credentials }))
}

fn content(matches: &ArgMatches, errand: &Errand, from: &ReversePath, to: &[ForwardPath]) -> Result<Content, String> {
    let added = texts(matches, ADD_HEADER).map(Field::read).collect::<Result<Vec<_>, _>>()?;
    let made = match text(matches, DATA) {
        Some(data) => message::given(&octets(DATA, data)?, &added),
        None => {
            let mut fields = texts(matches, HEADER).map(Field::read).collect::<Result<Vec<_>, _>>()?;
            fields.extend(text(matches, SUBJECT).map(|subject| Field::new("Subject", subject)));
            let attached = texts(matches, ATTACH).map(attachment).collect::<Result<Vec<_>, _>>()?;
            let body = text(matches, BODY).map(|body| octets(BODY, body)).transpose()?;
            let (host, now) = (errand.host().name(), errand.host().clock().now());
            message::made_up(&Written { from, to, host, now, fields: &fields, added: &added, body, attached })
        }
    };
    made.map_err(|fault| format!("the message cannot be sent: {fault}"))
}

/// A text, the content of a file, or what stands on the standard input.
fn octets(what: &str, typed: &str) -> Result<Vec<u8>, String> {
    let unreadable = |name: &str, error: io::Error| format!("--{what}: {name} cannot be read: {error}");
    match typed.strip_prefix('@') {
        Some(path) => fs::read(path).map_err(|error| unreadable(path, error)),
        None if typed == "-" && what == DATA => {
            let mut octets = Vec::new();
            io::stdin().read_to_end(&mut octets).map_err(|error| unreadable("the standard input", error))?;
            Ok(octets)
        }
        None => Ok(typed.replace("\\r", "").replace("\\n", "\n").into_bytes()),
    }
}

fn attachment(path: &str) -> Result<Attachment, String> {
    let path = path.strip_prefix('@').unwrap_or(path);
    let octets = fs::read(path).map_err(|error| format!("--{ATTACH}: {path} cannot be read: {error}"))?;
    let name = Path::new(path).file_name().map_or(path.into(), |name| name.to_string_lossy());
    Ok(Attachment { name: name.into_owned(), octets })
}

/// The domain whose exchangers take the mail of a recipient; `postmaster` alone is of no domain.
pub(super) fn domain(to: &ForwardPath) -> Option<&crate::wire::Domain> {
    match to {
        ForwardPath::Postmaster => None,
        ForwardPath::Mailbox(Mailbox { domain, .. }) => Some(domain),
    }
}

/// RFC 5321 4.5.4.2.
const SMTP: u16 = 25;
/// RFC 8314 section 3.3.
const SMTPS: u16 = 465;
/// As swaks.
const USUAL_PATIENCE: Duration = Duration::from_secs(30);
