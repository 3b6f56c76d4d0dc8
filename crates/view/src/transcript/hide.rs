//! Which octets are secrets.
//!
//! A dissector marks secrets in what it tells, not on the wire. Where a secret is found as it stands among the
//! octets that were seen during its message, it is hidden there. Where it is not, since it was compressed, cut or
//! typed with corrections, all that the side said during the message is hidden.

use toynet_record::Message;

use super::{Octets, Part};

pub(super) fn hide(parts: &mut [Part], messages: &[Message]) {
    for message in messages.iter().filter(|message| !message.secrets.is_empty()) {
        let mut said: Vec<&mut Octets> = parts.iter_mut().filter_map(|part| during(part, message)).collect();
        let whole: Vec<u8> = said.iter().flat_map(|said| said.octets.iter().copied()).collect();
        for secret in &message.secrets {
            let found =
                message.summary.get(secret.clone()).filter(|text| !text.is_empty()).map(|text| all(&whole, text));
            match found.filter(|places| !places.is_empty()) {
                Some(places) => places.into_iter().for_each(|at| cover(&mut said, at, secret.len())),
                None if secret.is_empty() => {}
                None => cover(&mut said, 0, whole.len()),
            }
        }
    }
    for part in parts {
        if let Part::Octets(octets) = part {
            tidy(octets);
        }
    }
}

/// What was said by the message's side between its first and its last octet.
fn during<'a>(part: &'a mut Part, message: &Message) -> Option<&'a mut Octets> {
    match part {
        Part::Octets(octets) => {
            let ends = message.time + message.lasted;
            (octets.by == message.by && octets.time >= message.time && octets.time <= ends).then_some(octets)
        }
        Part::Mark(_) | Part::Explained(_) => None,
    }
}

/// Where a text stands.
fn all(whole: &[u8], text: &str) -> Vec<usize> {
    let windows = whole.windows(text.len()).enumerate();
    windows.filter(|(_, window)| *window == text.as_bytes()).map(|(at, _)| at).collect()
}

/// Hides `length` octets from `at` on, counted over all that was said.
fn cover(said: &mut [&mut Octets], at: usize, length: usize) {
    let mut begin = 0;
    for octets in said {
        let end = begin + octets.octets.len();
        let (from, to) = (at.max(begin), (at + length).min(end));
        if from < to {
            octets.hidden.push(from - begin..to - begin);
        }
        begin = end;
    }
}

/// Puts the ranges in order and joins those that touch.
fn tidy(octets: &mut Octets) {
    octets.hidden.sort_by_key(|range| range.start);
    octets.hidden.dedup_by(|next, range| {
        let touches = next.start <= range.end;
        if touches {
            range.end = range.end.max(next.end);
        }
        touches
    });
}
