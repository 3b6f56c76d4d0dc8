//! Each running lab has a /16 of 127/8 to itself.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use toynet_machine::Random;

/// A lock on 127.x/16 for as long as the value lives.
#[derive(Debug)]
pub struct Lease {
    net: u8,
    _lock: File,
}

impl Lease {
    /// Takes a /16 that no other lab of this machine's user holds. The same name tries the same one
    /// first, so that a lab's addresses stay as they are from run to run.
    ///
    /// # Errors
    /// When the folder cannot be written or all are taken.
    pub fn take(folder: &Path, lab: &str) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let first = Random::new(0, lab, "lease").below(NETS);
        for attempt in 0..NETS {
            let net = FIRST_NET + ((first + attempt) % NETS) as u8;
            let lock = File::options().create(true).append(true).open(folder.join(format!("127.{net}.lock")))?;
            match lock.try_lock() {
                Ok(()) => return Ok(Self { net, _lock: lock }),
                Err(fs::TryLockError::WouldBlock) => {}
                Err(fs::TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::new(io::ErrorKind::AddrInUse, "all networks from 127.16 to 127.239 are leased to other labs"))
    }

    /// The second octet of the lease.
    pub fn net(&self) -> u8 {
        self.net
    }
}

/// Below it lie the addresses that people and programs pick by hand: 127.0.0.1, 127.0.1.1, 127.0.0.53, 127.2.
const FIRST_NET: u8 = 16;
/// Up to 127.239.
const NETS: usize = 224;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_labs_never_share_a_network_and_a_name_keeps_its_own() {
        let folder = std::env::temp_dir().join(format!("toynet-lease-{}", std::process::id()));
        let first = Lease::take(&folder, "internet").unwrap();
        let second = Lease::take(&folder, "internet").unwrap();
        assert_ne!(first.net(), second.net());
        let net = first.net();
        drop(first);
        assert_eq!(Lease::take(&folder, "internet").unwrap().net(), net);
        fs::remove_dir_all(folder).unwrap();
    }
}
