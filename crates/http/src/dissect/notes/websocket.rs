//! The messages of a WebSocket in words.

use toynet_record::Side;
use toynet_record::dissect::Note;

use crate::wire::websocket::{Extent, Message, code};

/// What a message is, and how it stood on the wire.
pub(in super::super) fn of(message: &Message, extent: Extent, by: Side) -> Vec<Note> {
    let mut notes = vec![kind(message)];
    if extent.frames > 1 {
        let text = format!("in {} frames, of which the last has the bit FIN", extent.frames);
        notes.push(Note::new(text, "RFC 6455 5.4"));
    }
    let (text, rule) = match by {
        Side::Initiator => ("masked on the wire, as all that a client sends: shown without the mask", "RFC 6455 5.3"),
        Side::Acceptor => ("not masked: only clients mask", "RFC 6455 5.1"),
    };
    notes.push(Note::new(text, rule));
    notes
}

fn kind(message: &Message) -> Note {
    match message {
        Message::Text(_) => Note::new("opcode 1: a message of UTF-8 text", "RFC 6455 5.6"),
        Message::Binary(_) => {
            Note::new("opcode 2: a message of octets, which mean what the application says", "RFC 6455 5.6")
        }
        Message::Ping(_) => Note::new("opcode 9: is to be answered by a pong with the same octets", "RFC 6455 5.5.2"),
        Message::Pong(_) => Note::new("opcode 10: the answer to a ping, or a sign of life", "RFC 6455 5.5.3"),
        Message::Close(None) => {
            Note::new("opcode 8: the sender has no more to say, and gives no reason (1005)", "RFC 6455 5.5.1")
        }
        Message::Close(Some((code, _))) => {
            let text = format!("opcode 8: the sender has no more to say; {code} means {}", code::meaning(*code));
            Note::new(text, code::rule(*code))
        }
    }
}
