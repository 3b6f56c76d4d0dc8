//! From entries to text: what `log` prints.

use std::fmt;

use toynet_machine::Time;
use toynet_record::{Entry, Journal, Roster};

use crate::json;
use crate::limit::Queue;
use crate::line::{self, Lines};
use crate::select::{Select, Sieve};
use crate::story::{Dissectors, Story};
use crate::thread::{Placed, Thread};
use crate::told::Told;

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line each, for people; what an exchange caused stands under it.
    Text {
        /// With the escape codes of a terminal.
        colour: bool,
        /// Cut to so many columns. Without, only very long lines are cut.
        columns: Option<usize>,
    },
    /// An object each, for programs, as soon as it is known. See [`json`](mod@crate::json).
    Json,
}

/// What is shown.
#[derive(Clone, Debug, Default)]
pub struct Show {
    /// Secrets too; without, they are redacted.
    pub secrets: bool,
    /// What each message means, in words.
    pub explain: bool,
    /// Only this.
    pub select: Select,
}

/// Turns entries into text. It holds a bounded amount however long it runs, as long as it is drained.
///
/// Live: [`feed`](Log::feed) each entry, [`tick`](Log::tick) after each portion and a few times a second,
/// [`drain`](Log::drain) after each tick. A whole record: [`feed_journal`](Log::feed_journal), then drain.
pub struct Log {
    story: Story,
    teller: Teller,
    queue: Queue,
    sieve: Sieve,
    secrets: bool,
}

enum Teller {
    Text { thread: Thread, lines: Lines },
    Json,
}

impl Log {
    /// A log of what happens among these hosts.
    pub fn new(roster: Roster, dissectors: Dissectors, format: Format, show: Show) -> Self {
        let Show { secrets, explain, select } = show;
        let (teller, left_out): (_, fn(u64) -> String) = match format {
            Format::Text { colour, columns } => (
                Teller::Text { thread: Thread::default(), lines: Lines::new(colour, columns, secrets) },
                line::left_out,
            ),
            Format::Json => (Teller::Json, json::left_out),
        };
        let (story, sieve) = (Story::new(roster, dissectors, explain), Sieve::new(select, secrets));
        Self { story, teller, queue: Queue::new(ROOM, left_out), sieve, secrets }
    }

    /// Takes the next entry, in the order of a [`Journal`].
    pub fn feed(&mut self, entry: &Entry<'_>) {
        self.listen(entry);
        let Self { teller, queue, .. } = self;
        if let Teller::Text { thread, lines } = teller {
            thread.make_room(|block| push(queue, lines, &block));
        }
    }

    /// Takes a whole record, tells all of it and leaves nothing out: what an exchange caused stands under it
    /// however much later it happened. Holds as much as there is to tell.
    pub fn feed_journal(&mut self, journal: &Journal) {
        self.queue.set_room(usize::MAX);
        self.sieve.remember_all();
        if self.sieve.needs_causes() {
            let mut story = self.story.again();
            journal.entries().for_each(|entry| story.read(&entry, |told| self.sieve.learn(&told)));
        }
        for entry in journal.entries() {
            self.listen(&entry);
        }
        self.finish();
    }

    /// Learns that all entries up to `now` were fed: shows exchanges that are over, or were held back for
    /// [`PATIENCE`](crate::thread::PATIENCE).
    pub fn tick(&mut self, now: Time) {
        let Self { story, teller, queue, sieve, secrets } = self;
        story.pass(now, |told| {
            if sieve.passes(&told) {
                teller.take(told, now, queue, *secrets);
            }
        });
        if let Teller::Text { thread, lines } = teller {
            thread.tick(now, |block| push(queue, lines, &block));
        }
    }

    /// Shows all that was held back, and what is unfinished as it stands. Nothing may be fed after it.
    pub fn finish(&mut self) {
        let Self { story, teller, queue, sieve, secrets } = self;
        story.finish(|told| {
            let now = told.time;
            if sieve.passes(&told) {
                teller.take(told, now, queue, *secrets);
            }
        });
        if let Teller::Text { thread, lines } = teller {
            thread.finish(|block| push(queue, lines, &block));
        }
    }

    /// Lines are cut to so many columns from here on.
    pub fn set_columns(&mut self, columns: Option<usize>) {
        if let Teller::Text { lines, .. } = &mut self.teller {
            lines.set_columns(columns);
        }
    }

    /// Says that so many entries were forgotten before this log was fed them.
    pub fn missed(&mut self, entries: u64) {
        if entries > 0 {
            let words = match self.teller {
                Teller::Text { .. } => line::missed(entries),
                Teller::Json => json::missed(entries),
            };
            self.queue.say(&words);
        }
    }

    /// Takes the text that is ready, whole lines.
    pub fn drain(&mut self) -> String {
        self.queue.take()
    }

    /// Octets of text that are ready. Beyond a mebibyte messages are left out, counted and said.
    pub fn ready(&self) -> usize {
        self.queue.len()
    }

    /// Learns how many octets that were drained have not reached their reader: they count as ready.
    pub fn set_behind(&mut self, octets: usize) {
        self.queue.set_behind(octets);
    }

    fn listen(&mut self, entry: &Entry<'_>) {
        let Self { story, teller, queue, sieve, secrets } = self;
        story.read(entry, |told| {
            if sieve.passes(&told) {
                teller.take(told, entry.time, queue, *secrets);
            }
        });
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("ready", &self.ready()).finish_non_exhaustive()
    }
}

impl Teller {
    fn take(&mut self, told: Told, now: Time, queue: &mut Queue, secrets: bool) {
        match self {
            Teller::Text { thread, .. } => thread.take(told, now),
            Teller::Json => queue.push(1, |out| json::write(&told, secrets, out)),
        }
    }
}

/// A block goes whole or not at all.
fn push(queue: &mut Queue, lines: &mut Lines, block: &[Placed]) {
    queue.push(block.len(), |out| lines.write(block, out));
}

/// Some 10,000 lines: more than anybody reads between two looks at the clock.
const ROOM: usize = 1024 * 1024;

#[cfg(test)]
mod tests;
