//! What comes after DATA and BDAT.

use toynet_machine::Time;

use super::{BLOCK, Event, Question, ServerMachine, Stage};
use crate::server::say;
use crate::wire::{Content, ContentFault, Reply};

/// A chunk that is on its way (RFC 3030 section 2).
#[derive(Debug)]
pub(super) struct Chunk {
    pub octets: u64,
    pub left: u64,
    pub last: bool,
    pub refused: Option<Reply>,
    pub progress: u64,
}

impl ServerMachine {
    /// The reader has taken `count` octets.
    pub(super) fn read_data(&mut self, now: Time, count: usize) {
        let Stage::Data { reader, progress } = &mut self.stage else { return };
        if has_progressed(progress, count) {
            self.deadline = Some(now + self.limits.patience);
        }
        if !reader.is_done() {
            return;
        }
        self.deadline = Some(now + self.limits.patience);
        if let Stage::Data { reader, .. } = std::mem::replace(&mut self.stage, Stage::Commands) {
            self.complete(reader.finish());
        }
    }

    pub(super) fn read_chunk(&mut self, now: Time, octets: &[u8]) -> usize {
        let Stage::Chunk(chunk) = &mut self.stage else { return 0 };
        let count = usize::try_from(chunk.left).unwrap_or(usize::MAX).min(octets.len());
        chunk.left -= count as u64;
        if let (Some(mail), None) = (&mut self.mail, &chunk.refused) {
            mail.chunks.get_or_insert_default().extend_from_slice(&octets[..count]);
        }
        if has_progressed(&mut chunk.progress, count) {
            self.deadline = Some(now + self.limits.patience);
        }
        if chunk.left == 0 {
            self.deadline = Some(now + self.limits.patience);
            if let Stage::Chunk(chunk) = std::mem::replace(&mut self.stage, Stage::Commands) {
                self.end_chunk(chunk);
            }
        }
        count
    }

    fn end_chunk(&mut self, chunk: Chunk) {
        match chunk.refused {
            Some(reply) => {
                if chunk.last {
                    self.exchanges.content_ended();
                }
                // What comes of the mail after a chunk was refused is nobody's guess: it is given up.
                self.abandon();
                self.mistake(&reply);
            }
            None if chunk.last => {
                let octets = self.mail.as_mut().and_then(|mail| mail.chunks.take());
                self.complete(Content::new(octets.unwrap_or_default()));
            }
            None => self.say(&say::chunk_ok(chunk.octets)),
        }
    }

    /// The content is whole.
    fn complete(&mut self, content: Result<Content, ContentFault>) {
        self.exchanges.content_ended();
        match content {
            Ok(content) => self.ask(Question::Message, Event::Message(content)),
            Err(fault) => {
                self.abandon();
                self.mistake(&say::content_fault(fault));
            }
        }
    }
}

/// Whether a block is full since the last time.
fn has_progressed(progress: &mut u64, count: usize) -> bool {
    *progress += count as u64;
    let is_full = *progress >= BLOCK;
    if is_full {
        *progress = 0;
    }
    is_full
}
