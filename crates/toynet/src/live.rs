//! Logs: which there are, and that of a lab while it runs, in the lab's own process.

use std::env;
use std::io::{self, IsTerminal};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::oneshot;
use toynet_lab::dissectors::{dissector, dissector_of, listening};
use toynet_lab::protocols::Protocol;
use toynet_lab::run::follow::News;
use toynet_lab::run::{Clock, Entry, Follow, Roster};
use toynet_view::capture::{KeyLog, Opener};
use toynet_view::{Dissectors, Format, Log, Show};

use crate::arguments::LogForm;
use crate::listen::Listener;
use crate::output::print;

/// Begins to print what passes. Whoever reads it slowly holds up nobody: what could not be printed
/// is left out, and said to be. The log is made on the thread that writes it.
///
/// # Errors
/// When the system gives no thread.
pub fn start(
    follow: Follow,
    clock: Clock,
    form: LogForm,
    log: impl FnOnce() -> Log + Send + 'static,
) -> io::Result<Option<Listener>> {
    start_with(follow, clock, form, || None, log)
}

/// The same for what strangers say to each other: TLS among it is named.
///
/// # Errors
/// As for [`start`].
pub fn start_among_strangers(
    follow: Follow,
    clock: Clock,
    form: LogForm,
    log: impl FnOnce() -> Log + Send + 'static,
) -> io::Result<Option<Listener>> {
    start_with(follow, clock, form, || Some(Opener::default()), log)
}

fn start_with(
    follow: Follow,
    clock: Clock,
    form: LogForm,
    opener: fn() -> Option<Opener>,
    log: impl FnOnce() -> Log + Send + 'static,
) -> io::Result<Option<Listener>> {
    if form == LogForm::Off {
        return Ok(None);
    }
    let reading = move || Reading { log: log(), opener: opener() };
    Listener::start("log", move |stopped| write(follow, clock, stopped, reading())).map(Some)
}

/// A log, and what finds TLS in streams before it.
struct Reading {
    log: Log,
    opener: Option<Opener>,
}

/// How a log of this form is written.
pub fn format(form: LogForm) -> Format {
    if form == LogForm::Json { Format::Json } else { text_format() }
}

/// What makes sense of a lab's flows.
pub fn dissectors() -> Dissectors {
    Rc::new(|info, _| dissector(info))
}

/// A log that knows all of the lab's protocols.
pub fn new_log(roster: Roster, format: Format, show: Show) -> Log {
    Log::new(roster, dissectors(), format, show)
}

/// A log of a relay, which finds out by listening what is spoken, whatever the port.
pub fn listening_log(roster: Roster, format: Format, show: Show) -> Log {
    Log::new(roster, Rc::new(|info, _| listening(info)), format, show)
}

/// A log of a server that stands alone, at whatever ports.
pub fn solo_log(roster: Roster, protocol: &'static Protocol, form: LogForm) -> Log {
    Log::new(roster, Rc::new(move |info, _| dissector_of(protocol, info, false)), format(form), Show::default())
}

/// A log of what a protocol's client did, with everything explained.
pub fn explaining_log(roster: Roster, protocol: &'static Protocol, format: Format) -> Log {
    let show = Show { explain: true, ..Show::default() };
    Log::new(roster, Rc::new(move |info, _| dissector_of(protocol, info, true)), format, show)
}

/// For people, in colour on a terminal that wants it.
pub fn text_format() -> Format {
    Format::Text { colour: wants_colour(), columns: columns() }
}

/// Whether standard output is a terminal that wants colours.
pub fn wants_colour() -> bool {
    io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none()
}

/// How wide the terminal is, if standard output is one.
pub fn columns() -> Option<usize> {
    let asked = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    // A terminal that does not know its size says 0.
    let known = || asked().filter(|columns| *columns > 0).or_else(said_columns);
    io::stdout().is_terminal().then(known)?
}

/// What the environment says.
pub fn said_columns() -> Option<usize> {
    env::var("COLUMNS").ok()?.parse().ok()
}

async fn write(mut follow: Follow, clock: Clock, mut stopped: oneshot::Receiver<()>, mut reading: Reading) {
    loop {
        // Without news there may still be something that was held back for its answer.
        let deadline = clock.now() + HELD_BACK;
        let waited = tokio::select! {
            biased;
            _ = &mut stopped => return finish(follow, reading).await,
            waited = clock.until(deadline, follow.next(clock)) => waited,
        };
        let Some(news) = waited.unwrap_or_else(|_| Some(News::default())) else { return };
        feed(&mut reading, &news);
        reading.log.tick(clock.now());
        reading.log.set_columns(columns());
        if !put(&reading.log.drain()) {
            return tracing::info!("nobody reads the log here any more; the lab goes on, and `toynet log -f` shows it");
        }
    }
}

/// Shows what there still is.
async fn finish(mut follow: Follow, mut reading: Reading) {
    if let Some(news) = follow.rest().await {
        feed(&mut reading, &news);
    }
    reading.log.finish();
    put(&reading.log.drain());
}

fn feed(Reading { log, opener }: &mut Reading, news: &News) {
    log.missed(news.left_out);
    for entry in news.journal.entries() {
        match opener {
            Some(opener) => opener.take(&entry, &KeyLog::default(), &mut |entry: &Entry<'_>| log.feed(entry)),
            None => log.feed(&entry),
        }
    }
}

fn put(text: &str) -> bool {
    text.is_empty() || print(text)
}

/// How often to look again at what waits for its answer.
const HELD_BACK: Duration = Duration::from_millis(100);
