//! Parcels that do not arrive.

use std::time::Duration;

use toynet_machine::Random;

use super::{Condition, Parcel, Verdict};

/// Loses each packet with the same probability.
///
/// A datagram is one packet. A stream is cut into segments; each lost one is sent again after the
/// retransmission time-out, which doubles while it is lost again (RFC 6298 section 5.5).
#[derive(Clone, Debug)]
pub struct Loss {
    probability: f64,
    random: Random,
}

impl Loss {
    /// Loses one packet in 1 / `probability`, by the numbers of `random`.
    pub fn new(probability: f64, random: Random) -> Self {
        Self { probability, random }
    }

    fn loses(&mut self) -> bool {
        self.random.fraction() < self.probability
    }

    fn retransmissions(&mut self) -> Duration {
        let mut waited = Duration::ZERO;
        let mut time_out = FIRST_TIME_OUT;
        for _ in 0..MOST_RETRANSMISSIONS {
            if !self.loses() {
                break;
            }
            waited += time_out;
            time_out *= 2;
        }
        waited
    }
}

impl Condition for Loss {
    fn judge(&mut self, parcel: &Parcel, verdict: &mut Verdict) {
        if parcel.stream {
            let segments = parcel.length.div_ceil(SEGMENT).max(1);
            verdict.delay += (0..segments).map(|_| self.retransmissions()).max().unwrap_or_default();
        } else if self.loses() {
            verdict.lost = Some("lost");
        }
    }
}

/// The segment size of Ethernet: 1,500 octets less the headers of IPv4 and TCP.
const SEGMENT: usize = 1460;
/// The least that Linux waits before it sends again.
const FIRST_TIME_OUT: Duration = Duration::from_millis(200);
/// With total loss a stream then moves once in 25 seconds instead of never, so a test of it ends.
const MOST_RETRANSMISSIONS: usize = 7;
