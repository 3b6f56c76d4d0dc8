//! How DNS is known by what is said first.

use toynet_record::Transport;
use toynet_record::dissect::{Likeness, Opening};

use crate::wire::message::Message;

/// A message with one question that can be read to its end; over TCP behind its length (RFC 7766 section 8).
pub fn recognise(opening: &Opening<'_>) -> Likeness {
    let said = if opening.initiator.is_empty() { opening.acceptor } else { opening.initiator };
    match opening.transport {
        Transport::Udp if is_message(said) => Likeness::Yes,
        Transport::Udp | Transport::Quic | Transport::Command => Likeness::No,
        Transport::Tcp => match said.split_first_chunk() {
            None => Likeness::Perhaps,
            Some((length, said)) => {
                let length = usize::from(u16::from_be_bytes(*length));
                match said.get(..length) {
                    Some(message) if is_message(message) => Likeness::Yes,
                    None if (HEAD..=LONGEST).contains(&length) && may_become_message(said) => Likeness::Perhaps,
                    Some(_) | None => Likeness::No,
                }
            }
        },
    }
}

fn is_message(octets: &[u8]) -> bool {
    Message::read(octets).is_ok_and(|message| message.questions.len() == 1)
}

/// As far as it goes: a query with one question and no answers (RFC 1035 section 4.1.1).
fn may_become_message(octets: &[u8]) -> bool {
    octets.iter().skip(4).zip([0, 1, 0, 0]).all(|(one, other)| *one == other)
}

const HEAD: usize = 12;
/// A query with all its options is far shorter.
const LONGEST: usize = 4096;
