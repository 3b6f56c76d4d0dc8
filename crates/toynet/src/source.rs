//! What `log` and `diagram` show: the record of a running lab or of a file, and what of it is wanted.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use toynet_lab::control::Client;
use toynet_lab::dissectors;
use toynet_lab::run::{Clock, FlowId, Journal, Roster, Time};
use toynet_view::Select;

use crate::arguments::{LabName, Selection};
use crate::ask::{ANSWER_LIMIT, connect, stuck, within};
use crate::exit::Exit;
use crate::{live, output, recording};

/// A whole record.
#[derive(Debug)]
pub struct Source {
    /// The lab's name.
    pub lab: String,
    pub roster: Roster,
    pub journal: Journal,
    /// Entries that were gone before they were read.
    pub left_out: u64,
    pub select: Select,
}

impl Source {
    /// The record that is meant.
    ///
    /// # Errors
    /// When there is none, or what is wanted of it makes no sense.
    pub async fn open(selection: &Selection, lab: &LabName) -> Result<Self, Exit> {
        match (file(selection), &lab.name) {
            (Some(_), Some(_)) => Err(Exit::misused("toynet: a file and --lab are two records; say one of them")),
            (Some(path), None) => Self::of_file(selection, &path),
            (None, _) if !selection.keys.is_empty() => Err(Exit::misused(NO_KEYS)),
            (None, _) => Self::of_lab(selection, lab).await,
        }
    }

    fn of_file(selection: &Selection, path: &Path) -> Result<Self, Exit> {
        let file = recording::read(path, &selection.keys)?;
        if file.is_cut {
            output::say(&format!(
                "toynet: {} ends in the middle of something; all that stands before is shown",
                path.display()
            ));
        }
        // What happened last is now.
        let now = file.journal.entries().last().map(|entry| entry.time).unwrap_or_default();
        let select = select(selection, &file.head.roster, now)?;
        let (lab, roster) = (file.head.lab, file.head.roster);
        Ok(Self { lab, roster, journal: file.journal, left_out: file.left_out, select })
    }

    async fn of_lab(selection: &Selection, lab: &LabName) -> Result<Self, Exit> {
        let (mut client, roster, select) = join(selection, lab, false).await?;
        let (mut octets, mut left_out) = (Vec::new(), 0);
        while let Some((journal, missed)) = client.entries().await? {
            left_out += missed;
            octets.extend_from_slice(journal.as_bytes());
        }
        Ok(Self { lab: client.lab().to_owned(), roster, journal: octets.into(), left_out, select })
    }

    /// The record as the views take it.
    pub fn view(&self) -> toynet_view::Source<'_> {
        toynet_view::Source { journal: &self.journal, roster: &self.roster, dissectors: live::dissectors() }
    }
}

/// Begins to read the record of a running lab.
///
/// # Errors
/// When none answers, or what is wanted of it makes no sense.
pub async fn join(selection: &Selection, lab: &LabName, follow: bool) -> Result<(Client, Roster, Select), Exit> {
    let mut client = connect(lab).await?;
    let stuck = stuck("does not answer", &client);
    let roster = within(ANSWER_LIMIT, client.record(follow)).await.unwrap_or(Err(stuck))?;
    let select = select(selection, &roster, Clock::system().now())?;
    Ok((client, roster, select))
}

/// The file among the words: the first that is called a journal or a capture, or is one.
pub fn file(selection: &Selection) -> Option<PathBuf> {
    selection.words.iter().find(|word| is_file(word)).map(PathBuf::from)
}

/// The file, where nothing can be selected of it.
///
/// # Errors
/// When more than a file is named.
pub fn only_file(selection: &Selection) -> Result<Option<PathBuf>, Exit> {
    let Selection { words, host, proto, flow, since, keys, .. } = selection;
    let file = match words.as_slice() {
        [] => None,
        // Whatever the only word is, it was meant to be a file.
        [word] => Some(PathBuf::from(word)),
        [_, other, ..] => {
            return Err(Exit::misused(format!("toynet: {other} selects nothing among packets; {ADVICE}")));
        }
    };
    if file.is_none() && !keys.is_empty() {
        return Err(Exit::misused(NO_KEYS));
    }
    let selects = !host.is_empty() || !proto.is_empty() || !flow.is_empty() || since.is_some();
    if selects { Err(Exit::misused(format!("toynet: packets are captured whole; {ADVICE}"))) } else { Ok(file) }
}

fn is_file(word: &str) -> bool {
    let called_so = [".journal", ".pcap", ".pcapng"].iter().any(|ending| word.ends_with(ending));
    called_so || recording::begins_as_record(Path::new(word)).unwrap_or(false)
}

fn select(selection: &Selection, roster: &Roster, now: Time) -> Result<Select, Exit> {
    for wanted in &selection.host {
        let is_known = wanted == "you" || wanted.parse::<IpAddr>().is_ok();
        if !is_known && !roster.names().any(|host| Select::names(wanted, host)) {
            let hosts: Vec<&str> = roster.names().filter(|host| *host != "you").collect();
            let hosts = hosts.join(", ");
            return Err(Exit::misused(format!("toynet: the lab has no host {wanted}; it has you, {hosts}")));
        }
    }
    for wanted in &selection.proto {
        if !dissectors::names().any(|name| name.eq_ignore_ascii_case(wanted)) {
            let names = dissectors::names().collect::<Vec<_>>().join(", ");
            return Err(Exit::misused(format!("toynet: nobody speaks {wanted} here; there is {names}")));
        }
    }
    let file = file(selection);
    let is_word = |word: &&String| file.as_deref() != Some(Path::new(word.as_str()));
    Ok(Select {
        hosts: selection.host.clone(),
        protocols: selection.proto.clone(),
        flows: selection.flow.iter().copied().map(FlowId).collect(),
        since: selection.since.map(|since| since.seen_from(now)),
        words: selection.words.iter().filter(is_word).cloned().collect(),
    })
}

const NO_KEYS: &str = "toynet: --keys is for a file; a lab has its own keys";
const ADVICE: &str = "Wireshark's own filters select, as do `log` and `diagram`";
