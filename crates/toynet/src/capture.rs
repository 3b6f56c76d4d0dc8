//! `capture`: what passed, as packets; in other forms it is [`export`](mod@crate::export)'s.

use std::path::Path;

use toynet_lab::control::Client;
use toynet_lab::control::client::ClientError;
use toynet_lab::run::{Clock, Journal, Roster};
use toynet_view::Capture as View;
use toynet_view::capture::Style;

use crate::arguments::{Capture, CaptureStyle};
use crate::ask::{ANSWER_LIMIT, connect, stuck, within};
use crate::exit::Exit;
use crate::sink::{self, Sink};
use crate::{export, live, output, recording, source};

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
            let ended = sink::until_interrupted(&arguments.output, written.follow(&mut client)).await;
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
    out: Sink,
    view: View,
    left_out: u64,
}

impl Written {
    fn begin(arguments: &Capture, roster: Roster) -> Result<Self, Exit> {
        let out = sink::open(&arguments.output)?;
        let view = View::new(roster, live::dissectors(), style(arguments.style), arguments.secrets);
        Ok(Self { out, view, left_out: 0 })
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
        sink::write(&mut self.out, &self.view.take(), "the capture").await
    }

    fn sum_up(&self, path: &Path) {
        let shown = path.display();
        if self.left_out > 0 {
            output::say(&format!(
                "toynet: {} entries of the record were gone before they could be read",
                self.left_out
            ));
        }
        if let Some(warning) = self.view.warning().filter(|_| !sink::is_standard(path)) {
            output::say(&format!("toynet: {shown} holds {warning}; only you can read it"));
        }
    }
}

fn style(style: CaptureStyle) -> Style {
    match style {
        CaptureStyle::Packets => Style::Packets,
        CaptureStyle::Messages => Style::Messages,
    }
}

/// Of which what was written fits into memory many times.
const ENTRIES_AT_ONCE: usize = 1000;
