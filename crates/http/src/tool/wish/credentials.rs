//! Who asks, and what a server has had kept.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::ArgMatches;

use super::text;
use crate::client::cookies::Jar;
use crate::client::digest::Digest;

pub(super) fn credentials(matches: &ArgMatches, is_digest: bool) -> Result<Option<String>, String> {
    if let Some(token) = text(matches, "bearer") {
        let is_token = token.bytes().all(|octet| octet.is_ascii_graphic());
        return if is_token {
            Ok(Some(format!("Bearer {token}")))
        } else {
            Err("that is no bearer token (RFC 6750 2.1)".into())
        };
    }
    let Some(user) = text(matches, "user").filter(|_| !is_digest) else { return Ok(None) };
    match user.contains(':') {
        true => Ok(Some(format!("Basic {}", STANDARD.encode(user)))),
        false => Err(NO_COLON.to_owned()),
    }
}

pub(super) fn digest(matches: &ArgMatches) -> Result<Option<Digest>, String> {
    let Some(user) = text(matches, "user").filter(|_| matches.get_flag("digest")) else { return Ok(None) };
    let (user, password) = user.split_once(':').ok_or(NO_COLON)?;
    if user.chars().any(char::is_control) {
        return Err("a user's name holds no control characters (RFC 7616 3.4)".to_owned());
    }
    Ok(Some(Digest::new(user, password)))
}

/// What `-b` and `-c` say: cookies as typed, and jars.
pub(super) fn cookies(matches: &ArgMatches) -> Result<(Option<String>, Option<Jar>), String> {
    let given = matches.get_many::<String>("cookie").into_iter().flatten();
    let (typed, files): (Vec<_>, Vec<_>) = given.partition(|cookie| cookie.contains('='));
    let mut text = String::new();
    for file in &files {
        // A jar need not be there before the first time.
        match fs::read_to_string(file) {
            Ok(jar) => text += &jar,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("the jar {file} cannot be read: {error}")),
        }
    }
    let has_jar = !files.is_empty() || matches.contains_id("cookie-jar");
    let typed: Vec<_> = typed.into_iter().map(String::as_str).collect();
    Ok(((!typed.is_empty()).then(|| typed.join("; ")), has_jar.then(|| Jar::read(&text))))
}

const NO_COLON: &str = "-u wants USER:PASSWORD, with a colon between";
