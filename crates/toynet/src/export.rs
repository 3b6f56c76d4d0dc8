//! `capture --format`: what passed in a form of one protocol's own field.

use std::path::Path;

use toynet_lab::control::client::ClientError;
use toynet_lab::protocols::{self, Form, Protocol};
use toynet_lab::run::Roster;
use toynet_view::{Export, Select};

use crate::arguments::Capture;
use crate::exit::Exit;
use crate::live;
use crate::output;
use crate::sink::{self, Sink};
use crate::source::{self, Source};

/// The form that is named, or that a file of this name is expected to have; none for packets.
pub fn form(named: Option<&str>, output: &Path) -> Option<(&'static Protocol, &'static Form)> {
    let wanted = named.or_else(|| output.extension()?.to_str())?;
    protocols::exports().find(|(_, form)| form.name == wanted)
}

pub async fn export(arguments: &Capture, protocol: &'static Protocol, form: &'static Form) -> Result<(), Exit> {
    let Capture { selection, lab, .. } = arguments;
    if arguments.follow && source::file(selection).is_some() {
        return Err(Exit::misused("toynet: a file does not grow: there is nothing to follow"));
    }
    let out = || sink::open(&arguments.output);
    let begin = |roster: &Roster, select: &Select| {
        let writer = (form.begin)(arguments.secrets);
        Export::new(roster.clone(), live::dissectors(), protocol.name, writer, select.clone())
            .with_lookups(protocols::NAMES.name)
    };
    let mut written = if arguments.follow {
        let (mut client, roster, select) = source::join(selection, lab, true).await?;
        let mut written = Written { out: out()?, export: begin(&roster, &select), left_out: 0 };
        sink::until_interrupted(&arguments.output, written.follow(&mut client)).await?;
        written
    } else {
        let source = Source::open(selection, lab).await?;
        let mut written =
            Written { out: out()?, export: begin(&source.roster, &source.select), left_out: source.left_out };
        written.export.feed_journal(&source.journal);
        written
    };
    written.export.finish();
    written.pass_on().await?;
    written.sum_up(arguments, form);
    Ok(())
}

/// A file on its way.
struct Written {
    out: Sink,
    export: Export,
    left_out: u64,
}

impl Written {
    async fn follow(&mut self, client: &mut toynet_lab::control::Client) -> Result<(), Exit> {
        loop {
            let (journal, left_out) = match client.entries().await {
                Ok(Some(portion)) => portion,
                // The end of the lab is the end of the file, in whatever form.
                Ok(None) | Err(ClientError::Io(_)) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            self.left_out += left_out;
            journal.entries().for_each(|entry| self.export.feed(&entry));
            self.pass_on().await?;
        }
    }

    async fn pass_on(&mut self) -> Result<(), Exit> {
        sink::write(&mut self.out, &self.export.take(), "the file").await
    }

    /// Says what is in the file and what is not.
    fn sum_up(&self, arguments: &Capture, form: &Form) {
        let account = self.export.account();
        let say = |words: String| output::say(&format!("toynet: {words}"));
        let count = |number: u64| format!("{number} {}", if number == 1 { form.piece.0 } else { form.piece.1 });
        if self.left_out > 0 {
            say(format!("{} entries of the record were gone before they could be read", self.left_out));
        }
        if account.left_out > 0 {
            say(format!("{} could not be read, or began before the record does", count(account.left_out)));
        }
        if account.cut > 0 {
            say(format!("of {} not all was recorded; `toynet up --record FILE` keeps all", count(account.cut)));
        }
        if !sink::is_standard(&arguments.output) {
            let shown = arguments.output.display();
            let secrets = match (account.has_secrets, arguments.secrets) {
                (false, _) => "contents are as they were sent, and only you can read it",
                (true, false) => {
                    "passwords and cookies in fields are hidden, contents are as they were sent, and only you can read it"
                }
                (true, true) => "passwords and cookies are among it, and only you can read it",
            };
            say(format!("{shown} holds {}; {secrets}", count(account.written)));
        }
    }
}
