//! Text on its way to a reader who may be slow: what does not fit is left out, counted and said.

/// Text that waits to be taken.
#[derive(Debug)]
pub struct Queue {
    text: String,
    /// Octets that were taken and that the reader has not seen.
    behind: usize,
    room: usize,
    /// Messages left out since text was last accepted.
    left_out: u64,
    words: fn(u64) -> String,
}

impl Queue {
    /// An empty queue of about `room` octets, and how it says that so many messages were left out.
    pub fn new(room: usize, words: fn(u64) -> String) -> Self {
        Self { text: String::new(), behind: 0, room, left_out: 0, words }
    }

    /// Accepts `messages` that belong together, which `write` appends as whole lines, or leaves all of them out.
    pub fn push(&mut self, messages: usize, write: impl FnOnce(&mut String)) {
        if self.text.len().saturating_add(self.behind) >= self.room {
            self.left_out += messages as u64;
        } else {
            self.close_gap();
            write(&mut self.text);
        }
    }

    /// Accepts a short line about the record itself, however full the queue is.
    pub fn say(&mut self, line: &str) {
        self.close_gap();
        self.text.push_str(line);
    }

    /// Takes what is there. A gap at its end is over, and said, unless the reader is still behind.
    pub fn take(&mut self) -> String {
        if self.behind < self.room {
            self.close_gap();
        }
        std::mem::take(&mut self.text)
    }

    /// Learns how many octets that were taken have not reached the reader.
    pub fn set_behind(&mut self, octets: usize) {
        self.behind = octets;
    }

    /// Makes the queue larger or smaller.
    pub fn set_room(&mut self, room: usize) {
        self.room = room;
    }

    /// Octets that wait.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    fn close_gap(&mut self) {
        if self.left_out > 0 {
            let left_out = std::mem::take(&mut self.left_out);
            self.text.push_str(&(self.words)(left_out));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_said_once_with_its_exact_count() {
        let mut queue = queue();
        (0..7).for_each(|_| queue.push(2, |out| out.push_str("12345\n")));
        assert_eq!(queue.take(), "12345\n12345\n(10)\n");
        queue.push(1, |out| out.push_str("more\n"));
        assert_eq!(queue.take(), "more\n");
    }

    #[test]
    fn while_the_reader_is_behind_the_gap_grows() {
        let mut queue = queue();
        queue.set_behind(10);
        queue.push(1, |out| out.push('x'));
        assert_eq!(queue.take(), "");
        queue.push(2, |out| out.push('x'));
        queue.set_behind(0);
        queue.push(1, |out| out.push_str("at last\n"));
        assert_eq!(queue.take(), "(3)\nat last\n");
    }

    fn queue() -> Queue {
        Queue::new(10, |left_out| format!("({left_out})\n"))
    }
}
