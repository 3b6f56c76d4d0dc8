//! Logs: which there are, and that of a lab while it runs, in the lab's own process.

use std::env;
use std::io::{self, IsTerminal};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::oneshot;
use toynet_lab::dissectors::{dissector, dissector_of};
use toynet_lab::protocols::Protocol;
use toynet_lab::run::follow::News;
use toynet_lab::run::{Clock, Follow, Roster};
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
    if form == LogForm::Off {
        return Ok(None);
    }
    Listener::start("log", move |stopped| write(follow, clock, stopped, log())).map(Some)
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

async fn write(mut follow: Follow, clock: Clock, mut stopped: oneshot::Receiver<()>, mut log: Log) {
    loop {
        // Without news there may still be something that was held back for its answer.
        let deadline = clock.now() + HELD_BACK;
        let waited = tokio::select! {
            biased;
            _ = &mut stopped => return finish(follow, log).await,
            waited = clock.until(deadline, follow.next(clock)) => waited,
        };
        let Some(news) = waited.unwrap_or_else(|_| Some(News::default())) else { return };
        feed(&mut log, &news);
        log.tick(clock.now());
        log.set_columns(columns());
        if !put(&log.drain()) {
            return tracing::info!("nobody reads the log here any more; the lab goes on, and `toynet log -f` shows it");
        }
    }
}

/// Shows what there still is.
async fn finish(mut follow: Follow, mut log: Log) {
    if let Some(news) = follow.rest().await {
        feed(&mut log, &news);
    }
    log.finish();
    put(&log.drain());
}

fn feed(log: &mut Log, news: &News) {
    log.missed(news.left_out);
    news.journal.entries().for_each(|entry| log.feed(&entry));
}

fn put(text: &str) -> bool {
    text.is_empty() || print(text)
}

/// How often to look again at what waits for its answer.
const HELD_BACK: Duration = Duration::from_millis(100);
