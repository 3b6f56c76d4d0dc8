//! What the person sees, and where the content goes.

use std::io::{self, IsTerminal, Write};

use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use toynet_service::{Ending, Errand, How};

use super::head::is_secret;
use super::told::{self, Story};
use super::wish::{Output, Place, Wish};
use crate::client::answer::AnswerHead;
use crate::client::failure::Failure;

/// What is shown of one errand.
pub(crate) struct Show {
    errand: Errand,
    sink: Sink,
    is_verbose: bool,
    /// For the file that keeps heads.
    heads: Vec<u8>,
    /// Why the content went nowhere, where that is so.
    lost: Option<Lost>,
    /// Nothing was shown so far, on a terminal that binary content would upset.
    is_wary: bool,
}

enum Sink {
    Stdout,
    /// Made when there is something to put into it.
    Later(Place),
    File(File),
    /// For JSON.
    Kept(Vec<u8>),
}

enum Lost {
    /// Nobody reads any more.
    Unread,
    /// It cannot be written.
    Unwritten(io::Error),
    Binary,
    TooLong,
}

impl Show {
    pub fn new(wish: &Wish, errand: &Errand) -> Self {
        let sink = match &wish.output {
            Output::File(place) => Sink::Later(place.clone()),
            Output::Stdout(_) if errand.json => Sink::Kept(Vec::new()),
            Output::Stdout(_) => Sink::Stdout,
        };
        let is_stdout = matches!(errand.out, toynet_service::tool::Out::Stdout(_));
        let is_wary = wish.output == Output::Stdout(false) && is_stdout && io::stdout().is_terminal();
        Self { errand: errand.clone(), sink, is_verbose: wish.shows.verbose, heads: Vec::new(), lost: None, is_wary }
    }

    /// Says what happens.
    pub fn note(&self, what: &str) {
        if self.is_verbose {
            self.say(&format!("* {what}\n"));
        }
    }

    /// Says that it is asked once more after a while, and why.
    pub fn retries(&self, wish: &Wish, why: &dyn std::fmt::Display, wait: std::time::Duration) {
        if !wish.shows.silent {
            let (seconds, left) = (wait.as_secs_f64(), wish.retry.left());
            self.say(&format!("* {why}: asking again in {seconds} s, and then {left} more times at most\n"));
        }
    }

    /// Shows the head of a request.
    pub fn sent(&self, head: &[u8]) {
        if self.is_verbose {
            self.say(&marked('>', head, is_secret));
        }
    }

    /// Shows the head of an answer.
    pub async fn heard(&mut self, head: &AnswerHead, wish: &Wish) {
        if self.is_verbose {
            self.say(&marked('<', &head.octets, |_| false));
        }
        match wish.shows.heads.as_deref() {
            Some("-") => drop(self.errand.print(&head.octets)),
            Some(_) => self.heads.extend_from_slice(&head.octets),
            None => {}
        }
        if wish.shows.head && !self.errand.json {
            let octets = if self.errand.colour && matches!(self.sink, Sink::Stdout) {
                coloured(head)
            } else {
                head.octets.clone()
            };
            self.write(&octets).await;
        }
    }

    /// Lets an answer whose content is to come say where that goes.
    pub fn names(&mut self, head: &AnswerHead) {
        if let Sink::Later(place) = &mut self.sink {
            place.hears(head);
        }
    }

    /// Takes a piece of content.
    ///
    /// # Errors
    /// When it can go nowhere any more, and there is no use in reading on.
    pub async fn content(&mut self, piece: &[u8]) -> Result<(), Failure> {
        if std::mem::take(&mut self.is_wary) && piece.contains(&0) {
            self.lost = Some(Lost::Binary);
        }
        if let Sink::Kept(kept) = &self.sink
            && kept.len() + piece.len() > MOST_KEPT
        {
            self.lost = Some(Lost::TooLong);
        }
        if self.lost.is_none() && !piece.is_empty() {
            self.write(piece).await;
        }
        match &self.lost {
            Some(_) => Err(Failure::LocalContent(io::ErrorKind::BrokenPipe.into())),
            None => Ok(()),
        }
    }

    /// Shows what stands at the end, and says how it ended.
    pub async fn end(mut self, wish: &Wish, story: &Story, fetched: Result<(), Failure>) -> Ending {
        if let Sink::Later(_) = self.sink
            && fetched.is_ok()
        {
            self.open().await;
        }
        if let Sink::File(file) = &mut self.sink
            && let Err(error) = file.flush().await
        {
            self.lost = Some(Lost::Unwritten(error));
        }
        if let Some(file) = wish.shows.heads.as_deref().filter(|file| *file != "-")
            && let Err(error) = keep(file, &self.heads, wish.shows.goes_on).await
        {
            self.lost = Some(Lost::Unwritten(io::Error::new(error.kind(), format!("{file}: {error}"))));
        }
        let ending = self.ending(wish, story, fetched);
        if self.errand.json {
            let kept = if let Sink::Kept(kept) = &self.sink { Some(kept.as_slice()) } else { None };
            self.errand.print(told::json(story, kept, &ending));
        }
        if let Some(format) = &wish.shows.write_out {
            self.errand.print(told::filled_in(format, story, &ending));
        }
        if wish.shows.timing && !self.errand.json {
            self.errand.print(story.timing());
        }
        if wish.shows.silent { ending.quietly() } else { ending }
    }

    fn ending(&self, wish: &Wish, story: &Story, fetched: Result<(), Failure>) -> Ending {
        match &self.lost {
            // Whoever reads only the beginning, as head(1), has had it.
            Some(Lost::Unread) => return Ending::done(story.outcome()).quietly(),
            Some(Lost::Unwritten(error)) => return Ending::misused(format!("the output cannot be written: {error}")),
            Some(Lost::Binary) => {
                return Ending::misused("the content is binary: say -o FILE, or -o - to show it all the same");
            }
            Some(Lost::TooLong) => return Ending::misused("the content is too long for JSON: say -o FILE as well"),
            None => {}
        }
        match fetched {
            Err(failure @ Failure::LocalContent(_)) => Ending::misused(failure.to_string()),
            Err(failure) => Ending::unanswered(failure.to_string()),
            // All of it was there already.
            Ok(()) if wish.resumes.is_some() && story.status() == 416 => Ending::done(story.outcome()),
            Ok(()) if wish.shows.fails && story.status() >= 400 => Ending {
                how: How::Refused,
                remark: Some(format!("the server answered {}", story.outcome())),
                outcome: story.outcome(),
            },
            Ok(()) => Ending::done(story.outcome()),
        }
    }

    /// Octets to where the content goes.
    async fn write(&mut self, octets: &[u8]) {
        if let Sink::Later(_) = self.sink {
            self.open().await;
        }
        match &mut self.sink {
            Sink::Stdout if !self.errand.print(octets) => self.lost = Some(Lost::Unread),
            Sink::Stdout | Sink::Later(_) => {}
            Sink::File(file) => {
                if let Err(error) = file.write_all(octets).await {
                    self.lost = Some(Lost::Unwritten(error));
                }
            }
            Sink::Kept(kept) => kept.extend_from_slice(octets),
        }
    }

    async fn open(&mut self) {
        let Sink::Later(place) = &self.sink else { return };
        match made(place).await {
            Ok(file) => self.sink = Sink::File(file),
            Err(error) => self.lost = Some(Lost::Unwritten(error)),
        }
    }

    /// To standard error. That nobody reads there is no failure.
    fn say(&self, text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

/// Writes heads to their file, behind those of other URLs.
async fn keep(file: &str, heads: &[u8], goes_on: bool) -> io::Result<()> {
    let mut options = File::options();
    options.create(true).write(true).append(goes_on).truncate(!goes_on);
    let mut file = options.open(file).await?;
    file.write_all(heads).await?;
    file.flush().await
}

/// A file, made anew or emptied.
async fn made(place: &Place) -> io::Result<File> {
    let path =
        place.path().ok_or_else(|| io::Error::other("neither the URL nor the answer names a file: say -o FILE"))?;
    let told = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent().filter(|_| place.makes_folders) {
        tokio::fs::create_dir_all(folder).await.map_err(told)?;
    }
    let mut options = File::options();
    options.append(place.goes_on).write(true).truncate(!place.is_new && !place.goes_on);
    options.create(true).create_new(place.is_new);
    options.open(&path).await.map_err(told)
}

/// A head with a mark before each line, and without the secrets.
fn marked(mark: char, head: &[u8], hides: fn(&str) -> bool) -> String {
    let text = String::from_utf8_lossy(head);
    let mut marked = String::new();
    for line in text.trim_end_matches("\r\n").lines() {
        let line = match line.split_once(':') {
            Some((name, _)) if hides(name) => format!("{name}: •••"),
            _ => line.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect(),
        };
        marked += &format!("{mark} {line}\n");
    }
    marked + &format!("{mark}\n")
}

/// A head for a terminal: the status by its kind, names apart from values.
fn coloured(head: &AnswerHead) -> Vec<u8> {
    let colour = match head.status {
        ..300 => "32",
        300..400 => "33",
        400.. => "31",
    };
    let text = String::from_utf8_lossy(&head.octets);
    let mut lines = text.lines();
    let mut shown = format!("\x1b[1;{colour}m{}\x1b[0m\r\n", clean(lines.next().unwrap_or_default()));
    for line in lines {
        match line.split_once(':') {
            Some((name, value)) => shown += &format!("\x1b[36m{}\x1b[0m:{}\r\n", clean(name), clean(value)),
            None => shown += &format!("{}\r\n", clean(line)),
        }
    }
    shown.into_bytes()
}

/// Nothing that a server says steers the terminal.
fn clean(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

/// JSON is made in memory, and read into some other program's.
const MOST_KEPT: usize = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_marked_and_its_secrets_are_hidden() {
        let head = b"GET / HTTP/1.1\r\nHost: a.test\r\nAuthorization: Basic abc\r\nX: \x1b[31m\r\n\r\n";
        let marked = marked('>', head, is_secret);
        assert_eq!(marked, "> GET / HTTP/1.1\n> Host: a.test\n> Authorization: •••\n> X: \u{fffd}[31m\n>\n");
    }
}
