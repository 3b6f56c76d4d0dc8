//! How fast servers answer, so that the fast are asked first and the slow are waited for.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::Transport;

/// What is known of servers' speed. Bounded; when full it begins anew.
#[derive(Default)]
pub struct Pace(BTreeMap<IpAddr, Duration>);

impl Pace {
    /// How long a server is expected to take.
    pub fn expected(&self, server: IpAddr) -> Duration {
        self.0.get(&server).copied().unwrap_or(UNKNOWN)
    }

    /// A server took so long: the mean moves an eighth of the way, as in RFC 6298 2.3.
    pub fn answered(&mut self, server: IpAddr, took: Duration) {
        let mean = self.0.get(&server).map_or(took, |mean| (*mean * 7 + took) / 8);
        self.set(server, mean);
    }

    /// A server did not answer in time.
    pub fn silent(&mut self, server: IpAddr) {
        let mean = self.expected(server) * 4;
        self.set(server, mean.clamp(SLOW, SLOWEST));
    }

    /// How long to wait for a server that was asked `tries` times before.
    pub fn patience(&self, server: IpAddr, transport: Transport, tries: u32) -> Duration {
        let base = (self.expected(server) * 4).clamp(LEAST, MOST);
        let base = if transport == Transport::Tcp { MOST } else { base };
        (base * 2_u32.saturating_pow(tries.min(4))).min(MOST)
    }

    fn set(&mut self, server: IpAddr, mean: Duration) {
        if self.0.len() >= MOST_SERVERS && !self.0.contains_key(&server) {
            self.0.clear();
        }
        self.0.insert(server, mean);
    }
}

/// Between a server next door and one across an ocean.
const UNKNOWN: Duration = Duration::from_millis(100);
/// What silence makes of a server at least: slower than any that answers.
const SLOW: Duration = Duration::from_secs(1);
/// A server that was silent for long is still tried when the others fail.
const SLOWEST: Duration = Duration::from_secs(10);
/// Links of a lab have latencies of this order, and a loss should not cost seconds.
const LEAST: Duration = Duration::from_millis(250);
/// A client's own patience is 5 seconds (resolv.conf), in which several servers should be tried.
const MOST: Duration = Duration::from_millis(1500);
/// As many servers as a large lab may have name servers; 50 octets each.
const MOST_SERVERS: usize = 10_000;
