//! Numbers found by hash: open addressing over a power of two, filled once.

/// From a hash to numbers that have it.
#[derive(Default)]
pub struct Table {
    /// Half of the hash beside the number plus one; zero is empty.
    slots: Vec<(u32, u32)>,
    used: usize,
}

impl Table {
    /// A table for about `count` numbers.
    pub fn with_capacity(count: usize) -> Self {
        Self { slots: vec![(0, 0); slots_for(count)], used: 0 }
    }

    /// Puts a number in.
    pub fn insert(&mut self, hash: u64, number: u32) {
        self.used += 1;
        if slots_for(self.used) > self.slots.len() {
            self.grow();
        }
        place(&mut self.slots, check(hash), number + 1);
    }

    /// The first number with this hash of which `is_it` holds.
    #[inline]
    pub fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = check(hash) as usize & mask;
        // At least half of the slots are empty, so this ends.
        loop {
            let (held, number) = *self.slots.get(at)?;
            if number == 0 {
                return None;
            }
            if held == check(hash) && is_it(number - 1) {
                return Some(number - 1);
            }
            at = (at + 1) & mask;
        }
    }

    /// How many octets it takes.
    pub fn octets(&self) -> usize {
        self.slots.len() * size_of::<(u32, u32)>()
    }

    fn grow(&mut self) {
        let mut larger = vec![(0, 0); slots_for(2 * self.used)];
        self.slots
            .iter()
            .filter(|(_, number)| *number != 0)
            .for_each(|(held, number)| place(&mut larger, *held, *number));
        self.slots = larger;
    }
}

fn place(slots: &mut [(u32, u32)], held: u32, number: u32) {
    let mask = slots.len() - 1;
    let mut at = held as usize & mask;
    while slots[at].1 != 0 {
        at = (at + 1) & mask;
    }
    slots[at] = (held, number);
}

fn check(hash: u64) -> u32 {
    hash as u32
}

/// Twice as many slots as numbers keeps runs of full slots short.
fn slots_for(count: usize) -> usize {
    (2 * count).next_power_of_two().max(4)
}
