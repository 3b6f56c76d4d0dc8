//! Why a handshake failed, in words.

use std::io;

use toynet_record::Direction;
use toynet_record::alert::in_words;

/// Why there is no TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Sent when this end would not have it, received when the other would not.
    pub direction: Direction,
    /// In words, with the alert's name and where it is written.
    pub why: String,
}

impl Refusal {
    /// What `error` says, when this end has sent the alert `sent`, if any.
    pub fn of(error: &io::Error, sent: Option<u8>) -> Self {
        let received = |why| Self { direction: Direction::Received, why };
        if let Some(alert) = received_alert(error) {
            return received(in_words(alert));
        }
        match error.kind() {
            io::ErrorKind::TimedOut => return received("the handshake takes too long".to_owned()),
            io::ErrorKind::UnexpectedEof => {
                return received("the handshake was broken off without an alert".to_owned());
            }
            _ => {}
        }
        let why = match sent {
            Some(alert) => format!("{}: {error}", in_words(alert)),
            None => error.to_string(),
        };
        Self { direction: Direction::Sent, why }
    }
}

/// The alert that the other side has sent, if that is what `error` is.
pub(crate) fn received_alert(error: &io::Error) -> Option<u8> {
    match error.get_ref()?.downcast_ref()? {
        rustls::Error::AlertReceived(alert) => Some(u8::from(*alert)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_refused_is_told_apart() {
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::UnknownCA);
        let theirs = Refusal::of(&io::Error::new(io::ErrorKind::InvalidData, alert), None);
        assert_eq!(theirs.direction, Direction::Received);
        let ours = Refusal::of(&io::Error::new(io::ErrorKind::InvalidData, rustls::Error::DecryptError), Some(51));
        assert_eq!(ours.direction, Direction::Sent);
        assert!(ours.why.starts_with("alert decrypt_error, "), "{}", ours.why);
    }
}
