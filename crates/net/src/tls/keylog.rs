//! One source of secrets for the record and for SSLKEYLOGFILE.

use std::env;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::mem;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use rustls::KeyLog;

use crate::local::private;

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
        if let Some(file) = FILE.get_or_init(open) {
            let line = format!("{line}\n");
            // Who cannot be told the secrets is still served.
            let _ = file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

/// The file that SSLKEYLOGFILE names, if it names one: there go the secrets of all connections.
pub fn key_log_file() -> Option<PathBuf> {
    env::var_os("SSLKEYLOGFILE").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Secrets are added to what is there, as all programs do that honour the variable; a new file is its
/// owner's alone.
fn open() -> Option<Mutex<File>> {
    private(OpenOptions::new().create(true).append(true)).open(key_log_file()?).ok().map(Mutex::new)
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

static FILE: OnceLock<Option<Mutex<File>>> = OnceLock::new();
