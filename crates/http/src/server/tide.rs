//! When a flood of connections is over, and when many have fallen silent.

use std::cell::Cell;

/// How many connections there were at most since the last ebb.
#[derive(Debug, Default)]
pub(super) struct Tide(usize);

impl Tide {
    /// So many are open now.
    pub fn rises(&mut self, open: usize) {
        self.0 = self.0.max(open);
    }

    /// So many are open yet. Says once whether what the others held is worth giving back.
    pub fn ebbs(&mut self, open: usize) -> bool {
        let is_over = self.0 >= FLOOD && open <= self.0 / 4;
        if is_over {
            self.0 = open;
        }
        is_over
    }
}

/// How many connections have fallen silent since memory was last given back.
#[derive(Debug, Default)]
pub(super) struct Lull(Cell<usize>);

impl Lull {
    /// One more is silent. Says at times that what they held is worth giving back.
    pub fn deepens(&self) -> bool {
        let silent = self.0.get() + 1;
        let is_deep = silent >= FLOOD;
        self.0.set(if is_deep { 0 } else { silent });
        is_deep
    }
}

/// A browser opens some ten, a load test some hundred: so many have held some megabytes.
const FLOOD: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_over_once_and_a_ripple_is_none() {
        let mut tide = Tide::default();
        let wave = |tide: &mut Tide, most: usize| {
            (1..=most).for_each(|open| tide.rises(open));
            (0..most).rev().filter(|open| tide.ebbs(*open)).collect::<Vec<_>>()
        };
        assert_eq!(wave(&mut tide, 255), [0; 0]);
        assert_eq!(wave(&mut tide, 1000), [250]);
        assert_eq!(wave(&mut tide, 300), [75]);
    }

    #[test]
    fn a_lull_is_worth_it_at_times() {
        let lull = Lull::default();
        assert_eq!((1..=600).filter(|_| lull.deepens()).collect::<Vec<_>>(), [256, 512]);
    }
}
