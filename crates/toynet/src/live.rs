//! Logs: which there are, and that of a lab while it runs, in the lab's own process.

use std::env;
use std::io::{self, IsTerminal};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::task::{spawn_local, yield_now};
use toynet_lab::dissectors::{dissector, dissector_of};
use toynet_lab::protocols::Protocol;
use toynet_lab::run::follow::News;
use toynet_lab::run::{Clock, Follow, Roster};
use toynet_view::{Format, Log};

use crate::arguments::LogForm;

/// Begins to print what passes. Whoever reads it slowly holds up nobody: what could not be printed
/// is left out, and said to be.
pub fn start(follow: Follow, clock: Clock, form: LogForm, log: Log) {
    if form != LogForm::Off {
        spawn_local(print(follow, clock, log));
    }
}

/// How a log of this form is written.
pub fn format(form: LogForm) -> Format {
    if form == LogForm::Json { Format::Json } else { text_format() }
}

/// A log that knows all of the lab's protocols.
pub fn new_log(roster: Roster, format: Format, secrets: bool) -> Log {
    Log::new(roster, Box::new(|info, _| dissector(info)), format, secrets)
}

/// A log of a server that stands alone, at whatever ports.
pub fn solo_log(roster: Roster, protocol: &'static Protocol, form: LogForm) -> Log {
    Log::new(roster, Box::new(move |info, _| dissector_of(protocol, info, false)), format(form), false)
}

/// A log of what a protocol's client did, with everything explained.
pub fn explaining_log(roster: Roster, protocol: &'static Protocol, format: Format) -> Log {
    Log::new(roster, Box::new(move |info, _| dissector_of(protocol, info, true)), format, false)
}

/// For people, in colour on a terminal that wants it.
pub fn text_format() -> Format {
    let terminal = io::stdout().is_terminal();
    let colour = terminal && env::var_os("NO_COLOR").is_none();
    let columns = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    Format::Text { colour, columns: columns.filter(|_| terminal) }
}

async fn print(mut follow: Follow, clock: Clock, mut log: Log) {
    let mut out = tokio::io::stdout();
    loop {
        // Without news there may still be something that was held back for its answer.
        let deadline = clock.now() + HELD_BACK;
        let waited = clock.until(deadline, follow.next(clock)).await;
        let Some(news) = waited.unwrap_or_else(|_| Some(News::default())) else { return };
        log.missed(news.left_out);
        for (number, entry) in news.journal.entries().enumerate() {
            log.feed(&entry);
            if number % ENTRIES_AT_ONCE == ENTRIES_AT_ONCE - 1 {
                yield_now().await;
            }
        }
        log.tick(clock.now());
        let text = log.drain();
        if !text.is_empty() && (out.write_all(text.as_bytes()).await.is_err() || out.flush().await.is_err()) {
            return tracing::info!("nobody reads the log here any more; the lab goes on, and `toynet log -f` shows it");
        }
    }
}

/// A millisecond's work or two: signals and the control socket are not kept waiting.
const ENTRIES_AT_ONCE: usize = 500;
/// How often to look again at what waits for its answer.
const HELD_BACK: Duration = Duration::from_millis(100);
