//! How Telnet is known by what is said first.

use toynet_record::Transport;
use toynet_record::dissect::{Likeness, Opening};

use crate::codes::IAC;

/// The negotiation of an option (RFC 854): a server's may follow a short greeting, a client begins with its own. Behind
/// other octets of a client its octets are a part of something else: the id of a query, or a frame of HTTP/2.
pub fn recognise(opening: &Opening<'_>) -> Likeness {
    if opening.transport != Transport::Tcp {
        return Likeness::No;
    }
    let both = [opening.initiator, opening.acceptor];
    let negotiates =
        |said: &[u8]| said.windows(3).take(GREETING).any(|three| three[0] == IAC && NEGOTIATIONS.contains(&three[1]));
    let begins = opening.initiator.first() == Some(&IAC);
    if begins && negotiates(opening.initiator) || negotiates(opening.acceptor) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_begins_with_a_negotiation_speaks_telnet() {
        for (initiator, acceptor) in [
            (&b"\xff\xfd\x03\xff\xfb\x18"[..], &b""[..]),
            (b"\xff\xf1\xff\xfd\x03", b""),
            (b"", b"Welcome\r\n\xff\xfb\x01"),
            (b"\r\n", b"\xff\xfb\x01"),
        ] {
            let opening = Opening { transport: Transport::Tcp, initiator, acceptor };
            assert_eq!(recognise(&opening), Likeness::Yes, "{opening:?}");
        }
    }

    #[test]
    fn octets_like_a_negotiation_behind_others_of_a_client_are_no_telnet() {
        let query = b"\0\x14\xff\xfb\x01\0\0\x01\0\0\0\0\0\0\x02ns\0\0\x01\0\x01";
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x08\x06\0\0\0\0\0\xff\xfb\x01\0\0\0\0\0";
        for initiator in [&query[..], preface] {
            let opening = Opening { transport: Transport::Tcp, initiator, acceptor: &[] };
            assert_eq!(recognise(&opening), Likeness::No, "{opening:?}");
        }
    }
}
