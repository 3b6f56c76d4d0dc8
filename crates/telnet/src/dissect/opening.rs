//! How Telnet is known by what is said first.

use toynet_record::Transport;
use toynet_record::dissect::{Likeness, Opening};

use crate::codes::IAC;

/// The negotiation of an option by either side (RFC 854), at the beginning or after a short greeting.
pub fn recognise(opening: &Opening<'_>) -> Likeness {
    if opening.transport != Transport::Tcp {
        return Likeness::No;
    }
    let both = [opening.initiator, opening.acceptor];
    let negotiates =
        |said: &[u8]| said.windows(3).take(GREETING).any(|three| three[0] == IAC && NEGOTIATIONS.contains(&three[1]));
    if both.into_iter().any(negotiates) {
        Likeness::Yes
    } else if both.into_iter().all(|said| said.len() < GREETING) && opening.initiator.len() < SHORT {
        Likeness::Perhaps
    } else {
        Likeness::No
    }
}

/// WILL, WON'T, DO and DON'T.
const NEGOTIATIONS: std::ops::RangeInclusive<u8> = 251..=254;
/// Servers negotiate before they say more than a line or two.
const GREETING: usize = 256;
/// Who types has said less by then.
const SHORT: usize = 8;
