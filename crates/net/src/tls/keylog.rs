//! One source of secrets for the record and for SSLKEYLOGFILE.

use std::fmt::Write as _;
use std::mem;
use std::sync::{Mutex, OnceLock, PoisonError};

use rustls::{KeyLog, KeyLogFile};

/// The secrets of one connection, as lines of a key log (draft-ietf-tls-keylogfile).
#[derive(Debug, Default)]
pub(crate) struct Secrets(Mutex<Vec<String>>);

impl Secrets {
    pub fn take(&self) -> Vec<String> {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl KeyLog for Secrets {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = format!("{label} {} {}", hex(client_random), hex(secret));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        FILE.get_or_init(KeyLogFile::new).log(label, client_random, secret);
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

static FILE: OnceLock<KeyLogFile> = OnceLock::new();
