//! Feeds a dissector with a made-up flow and looks at what it tells.

use std::ops::Range;
use std::time::Duration;

use toynet_machine::Time;
use toynet_record::dissect::{FlowInfo, Said};
use toynet_record::{Dissector, Message, Side, Transport};

/// One turn: odd for the acceptor; what is said, or nothing for a hole.
pub type Turn<'a> = (u8, &'a [u8]);

/// Says all turns to what `make` makes, and checks every message.
pub fn feed<D: Dissector>(transport: Transport, joined_late: bool, turns: &[Turn<'_>], make: impl Fn(FlowInfo) -> D) {
    let mut dissector = make(FlowInfo { transport, stream: None, port: 80, joined_late, explain: true, whole: true });
    let mut messages = Vec::new();
    let mut time = Time::from_secs(1);
    for (by, octets) in turns {
        time = time + Duration::from_millis(1);
        let by = if by & 1 == 1 { Side::Acceptor } else { Side::Initiator };
        if octets.is_empty() {
            dissector.hole(by, 1000, time, &mut messages);
        } else {
            dissector.said(Said { by, time, octets }, &mut messages);
        }
    }
    dissector.closed(time, &mut messages);
    messages.iter().for_each(check);
}

fn check(message: &Message) {
    assert!(!message.summary.contains(['\n', '\r', '\x1b']), "{message:?}");
    marked(&message.summary, &message.secrets);
    assert!(message.summary.len() < 64 * 1024, "{message:?}");
    for note in &message.notes {
        assert!(!note.text.contains(['\n', '\r', '\x1b']), "{note:?}");
    }
    if let Some(carried) = &message.carried {
        carried.fields.iter().for_each(|field| marked(&field.value, &field.secrets));
        assert!(carried.content.len() as u64 <= carried.length, "{message:?}");
        assert!(!carried.is_whole || carried.content.len() as u64 == carried.length, "{message:?}");
    }
}

/// Secrets stand in order and apart, and none begins or ends inside a character.
fn marked(text: &str, secrets: &[Range<usize>]) {
    let mut end = 0;
    for secret in secrets {
        assert!(end <= secret.start && text.get(secret.clone()).is_some(), "{secrets:?} of {text:?}");
        end = secret.end;
    }
}
