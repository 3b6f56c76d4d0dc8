//! Numbers of arrows where a program counts them itself.

/// What such a program counts next.
#[derive(Debug, Default)]
pub(super) struct Count {
    /// None while it does not count.
    next: Option<u64>,
}

/// What it must be told before an arrow, so that this gets its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// To count from here.
    From(u64),
    /// Not to count.
    Off,
}

impl Count {
    /// Nothing when it counts right by itself.
    pub fn arrow(&mut self, number: u64) -> Option<Change> {
        let wanted = Some(number).filter(|number| *number > 0);
        let change = match (wanted, self.next) {
            (wanted, next) if wanted == next => None,
            (Some(number), _) => Some(Change::From(number)),
            (None, _) => Some(Change::Off),
        };
        self.next = wanted.map(|number| number + 1);
        change
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_where_numbers_jump_or_are_none() {
        let mut count = Count::default();
        let told: Vec<_> = [0, 1, 2, 5, 6, 0, 0, 7].map(|number| count.arrow(number)).into();
        let from = |number| Some(Change::From(number));
        assert_eq!(told, [None, from(1), None, from(5), None, Some(Change::Off), None, from(7)]);
    }
}
