//! How much of a stream is kept.

/// What one direction of a stream has left of its allowance.
///
/// Kept are the first [`BEGINNING`] octets, then the first [`TURN`] octets of each turn, that is
/// until the other side speaks; the rest becomes a hole of known length.
#[derive(Clone, Debug, Default)]
pub struct Keep {
    said: u64,
    turn: u64,
    whole: bool,
}

impl Keep {
    /// An allowance without end.
    pub fn whole() -> Self {
        Self { whole: true, ..Self::default() }
    }

    /// Takes note of `length` more octets and says how many of them, from the front, to keep.
    pub fn admit(&mut self, length: usize) -> usize {
        let of_beginning = BEGINNING.saturating_sub(self.said);
        let of_turn = TURN.saturating_sub(self.turn);
        self.said += length as u64;
        self.turn += length as u64;
        if self.whole {
            return length;
        }
        length.min(of_beginning.max(of_turn) as usize)
    }

    /// The other side has spoken: what follows is a new turn.
    pub fn turn(&mut self) {
        self.turn = 0;
    }
}

/// Enough for any mail or page head and a small body whole; 1,000 kept flows stay under 128 MiB.
pub const BEGINNING: u64 = 64 * 1024;
/// Enough for the head of a request or an answer at the limits of common servers (8 to 16 KiB).
pub const TURN: u64 = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_turn_is_kept_at_its_beginning_only() {
        let mut keep = Keep::default();
        assert_eq!(keep.admit(60 * 1024), 60 * 1024);
        assert_eq!(keep.admit(10 * 1024), 4 * 1024);
        assert_eq!(keep.admit(1), 0);
    }

    #[test]
    fn who_keeps_the_whole_loses_nothing() {
        let mut keep = Keep::whole();
        assert_eq!((keep.admit(10 << 20), keep.admit(10 << 20)), (10 << 20, 10 << 20));
    }

    #[test]
    fn each_later_turn_starts_afresh() {
        let mut keep = Keep::default();
        keep.admit(1024 * 1024);
        keep.turn();
        assert_eq!(keep.admit(20 * 1024), 16 * 1024);
        keep.turn();
        assert_eq!(keep.admit(100), 100);
    }
}
