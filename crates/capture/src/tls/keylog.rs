//! The secrets of many connections, as programs write them to the file that SSLKEYLOGFILE names
//! (draft-ietf-tls-keylogfile).

use std::collections::BTreeMap;

use super::keys::parse_line;

/// Secrets by the random of the client whose connection they open, and by label.
#[derive(Clone, Debug, Default)]
pub struct KeyLog {
    secrets: BTreeMap<[u8; 32], BTreeMap<String, Vec<u8>>>,
    count: usize,
}

impl KeyLog {
    /// Takes the lines of a key log, and passes over whatever else is among them. How many secrets there were.
    pub fn add(&mut self, lines: &str) -> usize {
        let before = self.count;
        for (label, random, secret) in lines.lines().filter_map(parse_line) {
            if self.count < MOST_SECRETS {
                self.secrets.entry(random).or_default().insert(label.to_owned(), secret);
                self.count += 1;
            }
        }
        self.count - before
    }

    /// Takes all that another one has.
    pub fn merge(&mut self, other: Self) {
        for (random, secrets) in other.secrets {
            self.count += secrets.len();
            self.secrets.entry(random).or_default().extend(secrets);
        }
    }

    /// The secret of this label for a connection.
    pub fn find(&self, random: &[u8; 32], label: &str) -> Option<&[u8]> {
        self.secrets.get(random)?.get(label).map(Vec::as_slice)
    }

    /// All secrets of a connection, as lines.
    pub fn lines(&self, random: &[u8; 32]) -> Vec<String> {
        let line = |(label, secret): (&String, &Vec<u8>)| format!("{label} {} {}", hex(random), hex(secret));
        self.secrets.get(random).into_iter().flatten().map(line).collect()
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Five of each connection, of as many connections as a browser makes in weeks; 200 octets each.
const MOST_SECRETS: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_by_random_and_label_whatever_else_is_in_the_log() {
        let (one, other) = ("11".repeat(32), "22".repeat(32));
        let mut log = KeyLog::default();
        let lines = format!("# made by a browser\r\nCLIENT_RANDOM {one} aabb\r\nRSA 0011 2233\n\nX {other} 01\n");
        assert_eq!(log.add(&lines), 2);
        assert_eq!(log.find(&[0x11; 32], "CLIENT_RANDOM"), Some(&[0xaa, 0xbb][..]));
        assert_eq!(log.find(&[0x22; 32], "CLIENT_RANDOM"), None);
        assert_eq!(log.lines(&[0x22; 32]), [format!("X {other} 01")]);
    }
}
