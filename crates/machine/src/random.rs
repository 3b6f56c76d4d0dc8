//! Seeded chance. Each generator belongs to one purpose, so that adding a link or a host to a lab
//! changes the numbers of no other.

/// A generator of numbers that are the same for the same (lab seed, who, what).
///
/// Not for keys: whoever knows the seed knows the numbers.
#[derive(Clone, Debug)]
pub struct Random(fastrand::Rng);

impl Random {
    /// The generator that `who` (a host, a link) uses for `what` (query identifiers, loss).
    pub fn new(seed: u64, who: &str, what: &str) -> Self {
        let named = fold(fold(seed ^ OFFSET, who.as_bytes()) ^ SEPARATOR, what.as_bytes());
        Self(fastrand::Rng::with_seed(named))
    }

    /// A number of 16 bits, as a DNS message identifier.
    pub fn u16(&mut self) -> u16 {
        self.0.u16(..)
    }

    /// A number of 64 bits.
    pub fn u64(&mut self) -> u64 {
        self.0.u64(..)
    }

    /// A number from zero up to, not including, `end`; zero when `end` is zero.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.0.usize(..end) }
    }

    /// A number from 0.0 up to, not including, 1.0.
    pub fn fraction(&mut self) -> f64 {
        self.0.f64()
    }
}

/// FNV-1a, 64 bits (draft-eastlake-fnv): stable over releases and platforms, as std's hashes are not.
fn fold(start: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;
/// Keeps ("ab", "c") apart from ("a", "bc").
const SEPARATOR: u64 = 0xff;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_names_give_the_same_numbers() {
        let numbers = |who, what| {
            let mut random = Random::new(7, who, what);
            [random.u64(), random.u64()]
        };
        assert_eq!(numbers("ns.shop.test", "id"), numbers("ns.shop.test", "id"));
        assert_ne!(numbers("ns.shop.test", "id"), numbers("ns.shop.test", "loss"));
        assert_ne!(numbers("ab", "c"), numbers("a", "bc"));
    }
}
