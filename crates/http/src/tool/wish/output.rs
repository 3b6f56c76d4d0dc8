//! What is shown of an answer, and where it goes.

use std::fs;
use std::path::PathBuf;

use clap::ArgMatches;

use super::text;
use crate::client::answer::AnswerHead;
use crate::client::disposition;
use crate::client::url::Url;

/// Where the content goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// To standard output; whether that was said.
    Stdout(bool),
    File(Place),
}

/// A file that the content goes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    folder: PathBuf,
    /// Empty where only the answer may have one.
    name: PathBuf,
    /// Whether the answer may say its name.
    is_for_answer: bool,
    /// Whether its folders are made.
    pub makes_folders: bool,
    /// Whether the answer has named it: then it must not be there yet.
    pub is_new: bool,
    /// Whether what is in it stays.
    pub goes_on: bool,
}

impl Place {
    /// Where it is; nothing without a name.
    pub fn path(&self) -> Option<PathBuf> {
        (!self.name.as_os_str().is_empty()).then(|| self.folder.join(&self.name))
    }

    /// Takes the name that an answer gives it.
    pub fn hears(&mut self, head: &AnswerHead) {
        let value = head.field("content-disposition").filter(|_| self.is_for_answer);
        if let Some(name) = value.and_then(|value| disposition::file_name(&String::from_utf8_lossy(value))) {
            (self.name, self.is_new) = (name.into(), true);
        }
    }
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
    /// Whether heads of other URLs are in their file already.
    pub goes_on: bool,
    pub write_out: Option<String>,
}

/// Where the content of the URL of this number goes, from 0.
pub(super) fn output(matches: &ArgMatches, url: &Url, number: usize) -> Result<Output, String> {
    let place = |name: &str| Place {
        folder: text(matches, "output-dir").unwrap_or_default().into(),
        name: name.into(),
        makes_folders: matches.get_flag("create-dirs"),
        goes_on: text(matches, "continue-at").is_some_and(|from| from != "0"),
        ..Place::default()
    };
    if matches.get_flag("remote-name") {
        let is_for_answer = matches.get_flag("remote-header-name");
        let name = url.path().rsplit('/').next().unwrap_or_default();
        let name = if matches!(name, "." | "..") { "" } else { name };
        return match name {
            "" if !is_for_answer => Err("the URL ends without a name for -O: say -o FILE".to_owned()),
            name => Ok(Output::File(Place { is_for_answer, ..place(name) })),
        };
    }
    let typed = matches.get_many::<String>("output").and_then(|mut files| files.nth(number));
    Ok(match typed.map(String::as_str) {
        None => Output::Stdout(false),
        Some("-") => Output::Stdout(true),
        Some(file) => Output::File(place(file)),
    })
}

/// From which octet on `-C` wants the content; nothing where that is all of it.
pub(super) fn offset(matches: &ArgMatches, output: &Output) -> Result<Option<u64>, String> {
    let offset = match (text(matches, "continue-at"), output) {
        (None, _) => return Ok(None),
        (Some("-"), Output::File(place)) => {
            place.path().and_then(|path| fs::metadata(path).ok()).map_or(0, |file| file.len())
        }
        (Some("-"), Output::Stdout(_)) => return Err("-C - goes on where a file ends: say -o FILE".to_owned()),
        (Some(typed), _) => typed.parse().map_err(|_| format!("`{typed}` is no number of octets, nor - for -C"))?,
    };
    Ok(Some(offset).filter(|offset| *offset > 0))
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
        goes_on: false,
        write_out,
    })
}
