//! What is shown of an answer, and where it goes.

use std::fs;
use std::path::PathBuf;

use clap::ArgMatches;

use super::text;
use crate::client::url::Url;

/// Where the content goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// To standard output; whether that was said.
    Stdout(bool),
    File(PathBuf),
}

/// What the person sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shows {
    pub head: bool,
    /// Where heads are kept; - is standard output.
    pub heads: Option<String>,
    pub verbose: bool,
    /// Nothing of failures.
    pub silent: bool,
    /// 400 and above are failures.
    pub fails: bool,
    /// And their content is not shown.
    pub hides_failed: bool,
    pub timing: bool,
    pub write_out: Option<String>,
}

pub(super) fn output(matches: &ArgMatches, url: &Url) -> Result<Output, String> {
    if matches.get_flag("remote-name") {
        let name = url.path().rsplit('/').next().unwrap_or_default();
        return match name {
            "" | "." | ".." => Err("the URL ends without a name for -O: say -o FILE".to_owned()),
            name => Ok(Output::File(name.into())),
        };
    }
    Ok(match text(matches, "output") {
        None => Output::Stdout(false),
        Some("-") => Output::Stdout(true),
        Some(file) => Output::File(file.into()),
    })
}

pub(super) fn shows(matches: &ArgMatches, method: &str) -> Result<Shows, String> {
    let is = |id: &str| matches.get_flag(id);
    let write_out = match text(matches, "write-out") {
        Some(format) => Some(match format.strip_prefix('@') {
            Some(file) => fs::read_to_string(file).map_err(|error| format!("{file} cannot be read: {error}"))?,
            None => format.to_owned(),
        }),
        None => None,
    };
    Ok(Shows {
        head: is("include") || is("head") || method == "HEAD",
        heads: text(matches, "dump-header").map(str::to_owned),
        verbose: is("verbose"),
        silent: is("silent") && !is("show-error"),
        fails: is("fail") || is("fail-with-body"),
        hides_failed: is("fail"),
        timing: is("timing"),
        write_out,
    })
}
