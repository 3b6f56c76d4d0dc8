//! `capture`: what passed, as packets; in other forms it is [`export`](mod@crate::export)'s.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, IsTerminal};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::signal::unix::{SignalKind, signal};
use toynet_lab::control::Client;
use toynet_lab::control::client::ClientError;
use toynet_lab::run::{Clock, Journal, Roster};
use toynet_view::Capture as View;
use toynet_view::capture::Style;

use crate::arguments::{Capture, CaptureStyle};
use crate::ask::{ANSWER_LIMIT, connect, stuck, within};
use crate::exit::Exit;
use crate::{export, live, recording, source};

pub async fn capture(arguments: Capture) -> Result<(), Exit> {
    match export::form(arguments.format.as_deref(), &arguments.output) {
        Some((protocol, form)) => export::export(&arguments, protocol, form).await,
        None => packets(arguments).await,
    }
}

async fn packets(arguments: Capture) -> Result<(), Exit> {
    let journal = source::only_file(&arguments.selection)?;
    if journal.is_some() && (arguments.follow || arguments.lab.name.is_some()) {
        return Err(Exit::misused("toynet: a file is a record of its own: there is no lab to name or to follow"));
    }
    let begin = |roster| Written::begin(&arguments, roster);
    let (mut written, ended) = match &journal {
        Some(path) => {
            let file = recording::read(path, &arguments.selection.keys)?;
            let mut written = begin(file.head.roster)?;
            written.left_out = file.left_out;
            let ended = written.take(&file.journal).await;
            (written, ended)
        }
        None => {
            let mut client = connect(&arguments.lab).await?;
            let stuck = stuck("does not answer", &client);
            let roster = within(ANSWER_LIMIT, client.record(arguments.follow)).await.unwrap_or(Err(stuck))?;
            let mut written = begin(roster)?;
            let ended = written.follow_until_interrupted(&mut client).await;
            (written, ended)
        }
    };
    let ended = match ended {
        Ok(()) => written.finish().await,
        Err(exit) => Err(exit),
    };
    written.sum_up(&arguments.output);
    ended
}

/// A capture on its way to its reader.
struct Written {
    out: Box<dyn AsyncWrite + Unpin>,
    view: View,
    left_out: u64,
}

impl Written {
    fn begin(arguments: &Capture, roster: Roster) -> Result<Self, Exit> {
        let out = open(&arguments.output)?;
        let view = View::new(roster, live::dissectors(), style(arguments.style), arguments.secrets);
        Ok(Self { out, view, left_out: 0 })
    }

    async fn follow_until_interrupted(&mut self, client: &mut Client) -> Result<(), Exit> {
        let not_allowed = |error: io::Error| Exit::not_allowed(format!("toynet: {error}"));
        let mut interrupt = signal(SignalKind::interrupt()).map_err(not_allowed)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(not_allowed)?;
        tokio::select! {
            biased;
            _ = interrupt.recv() => Ok(()),
            _ = terminate.recv() => Ok(()),
            ended = self.follow(client) => ended,
        }
    }

    /// Writes what the lab tells, as it comes.
    async fn follow(&mut self, client: &mut Client) -> Result<(), Exit> {
        self.pass_on().await?;
        loop {
            let (journal, left_out) = match client.entries().await {
                Ok(Some(portion)) => portion,
                // The end of the lab is the end of the capture, in whatever form.
                Ok(None) | Err(ClientError::Io(_)) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            self.left_out += left_out;
            self.take(&journal).await?;
        }
    }

    async fn take(&mut self, journal: &Journal) -> Result<(), Exit> {
        for (number, entry) in (1..).zip(journal.entries()) {
            self.view.feed(&entry);
            if number % ENTRIES_AT_ONCE == 0 {
                self.pass_on().await?;
            }
        }
        self.pass_on().await
    }

    async fn finish(&mut self) -> Result<(), Exit> {
        self.view.finish(Clock::system().now());
        self.pass_on().await
    }

    async fn pass_on(&mut self) -> Result<(), Exit> {
        let octets = self.view.take();
        let written = match self.out.write_all(&octets).await {
            Ok(()) => self.out.flush().await,
            failed => failed,
        };
        written.map_err(|error| match error.kind() {
            // A reader that has seen enough and left is no mistake of ours.
            io::ErrorKind::BrokenPipe => Exit::with_status(0, None),
            _ => Exit::not_allowed(format!("toynet: the capture cannot be written: {error}")),
        })
    }

    fn sum_up(&self, path: &Path) {
        let shown = path.display();
        if self.left_out > 0 {
            eprintln!("toynet: {} entries of the record were gone before they could be read", self.left_out);
        }
        if let Some(warning) = self.view.warning().filter(|_| !is_standard(path)) {
            eprintln!("toynet: {shown} holds {warning}; only you can read it");
        }
    }
}

fn style(style: CaptureStyle) -> Style {
    match style {
        CaptureStyle::Packets => Style::Packets,
        CaptureStyle::Messages => Style::Messages,
    }
}

/// Where to write. A file is its owner's alone.
pub fn open(path: &Path) -> Result<Box<dyn AsyncWrite + Unpin>, Exit> {
    if is_standard(path) {
        if io::stdout().is_terminal() {
            let advice = "say -o FILE, or pipe it into `wireshark -k -i -`";
            return Err(Exit::misused(format!("toynet: a capture is nothing that a terminal can show; {advice}")));
        }
        return Ok(Box::new(tokio::io::stdout()));
    }
    let failed = |error: io::Error| Exit::not_allowed(format!("toynet: {} cannot be written: {error}", path.display()));
    let is_older = fs::metadata(path).is_ok_and(|file| file.is_file());
    if is_older {
        fs::set_permissions(path, Permissions::from_mode(PRIVATE)).map_err(failed)?;
    }
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(PRIVATE).open(path).map_err(failed)?;
    Ok(Box::new(tokio::fs::File::from_std(file)))
}

pub fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// Of which what was written fits into memory many times.
const ENTRIES_AT_ONCE: usize = 1000;
/// What was said may be read by whoever it was said to.
const PRIVATE: u32 = 0o600;
