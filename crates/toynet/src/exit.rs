//! What went wrong, as text and status.

use std::io;
use std::io::ErrorKind;
use std::process::ExitCode;

use toynet_lab::control::client::ClientError;
use toynet_lab::run::descriptors::Few;
use toynet_lab::run::{Refused, StartError};

use crate::output;

/// An end that is not fine.
#[derive(Debug)]
pub struct Exit {
    status: u8,
    text: String,
}

impl Exit {
    /// A check failed, or there is nothing to ask.
    pub fn failed(text: impl Into<String>) -> Self {
        Self { status: 1, text: text.into() }
    }

    /// The arguments make no sense.
    pub fn misused(text: impl Into<String>) -> Self {
        Self { status: 2, text: text.into() }
    }

    /// A client's errand, or a command in a lab, ended in this way.
    pub fn with_status(status: u8, text: Option<String>) -> Self {
        Self { status, text: text.unwrap_or_default() }
    }

    /// The lab file is invalid; `text` is the whole report.
    pub fn invalid(text: impl Into<String>) -> Self {
        Self { status: 3, text: text.into() }
    }

    /// An address cannot be bound, or something is not allowed.
    pub fn not_allowed(text: impl Into<String>) -> Self {
        Self { status: 4, text: text.into() }
    }

    /// A service died.
    pub fn died(text: impl Into<String>) -> Self {
        Self { status: 5, text: text.into() }
    }

    /// The same with a further line.
    pub fn and(mut self, line: &str) -> Self {
        self.text.push('\n');
        self.text.push_str(line);
        self
    }

    /// Says it and gives the status.
    pub fn say(self) -> ExitCode {
        ExitCode::from(self.print())
    }

    /// Says it and gives the status as a number.
    pub fn print(self) -> u8 {
        if !self.text.is_empty() {
            output::say(self.text.trim_end());
        }
        self.status
    }
}

impl From<ClientError> for Exit {
    fn from(error: ClientError) -> Self {
        Self::failed(format!("toynet: {error}"))
    }
}

impl From<Refused> for Exit {
    fn from(refused: Refused) -> Self {
        Self::not_allowed(format!("toynet: {refused}{}", advice(&refused)))
    }
}

/// A lab of another name stands on another network, which helps unless somebody has the port everywhere.
fn advice(refused: &Refused) -> &'static str {
    match refused {
        Refused::Taken { holder: Some(holder), .. } if holder.address.ip().is_unspecified() => {
            "\nend that, or let the lab file say another `port`"
        }
        Refused::Taken { .. } => "\nend that, or run the lab on another network: --lab NAME gives it another name",
        Refused::Denied { error, .. } if error.kind() == ErrorKind::PermissionDenied => {
            "\nports below 1024 are for the system's administrator: leave --ports out, or say --ports raised"
        }
        Refused::Lease(_) | Refused::Descriptors(_) | Refused::Denied { .. } => "",
    }
}

impl From<Few> for Exit {
    fn from(few: Few) -> Self {
        Self::not_allowed(format!("toynet: {few}"))
    }
}

impl From<StartError> for Exit {
    fn from(error: StartError) -> Self {
        let text = format!("toynet: {error}");
        match error {
            StartError::Service(error) if is_refused(&error) => Self::not_allowed(text),
            StartError::Descriptors(_) | StartError::Thread(_) => Self::not_allowed(text),
            StartError::Service(_) | StartError::Worker => Self::died(text),
        }
    }
}

fn is_refused(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied)
}
