//! A transcript for people.

use toynet_machine::Time;
use toynet_record::{Flow, Party, Side, Transport};

use super::turn::Turn;
use super::{Explained, Mark, Part, Transcript};
use crate::clean::clean;
use crate::paint::{Colour, Paint};
use crate::told::{Happening, transport_name};
use crate::words::clock_micros;

pub(super) fn write(transcript: &Transcript, colour: bool, out: &mut String) {
    out.push_str(&head(&transcript.flow, transcript.protocol));
    write_parts(&transcript.flow, &transcript.parts, colour, out);
}

pub(super) fn write_parts(flow: &Flow, parts: &[Part], colour: bool, out: &mut String) {
    let paint = Paint(colour);
    let datagrams = flow.transport == Transport::Udp;
    let mut rest = parts;
    while let Some((part, after)) = rest.split_first() {
        if let Some((turn, after)) = Turn::take(rest, datagrams) {
            write_turn(&turn, datagrams, paint, out);
            rest = after;
            continue;
        }
        match part {
            Part::Mark(mark) => write_mark(flow, mark, paint, out),
            Part::Explained(explained) => explained.iter().for_each(|one| write_explained(one, paint, out)),
            Part::Octets(_) => {}
        }
        rest = after;
    }
}

pub(super) fn head(flow: &Flow, protocol: &str) -> String {
    let party = |party: &Party, stranger: &str| {
        format!("{} {}", clean(party.host.as_deref().unwrap_or(stranger), NAME), party.address)
    };
    let (from, to) = (party(&flow.initiator, "you"), party(&flow.acceptor, "outside"));
    let transport = transport_name(flow.transport);
    let over = if transport == protocol { String::new() } else { format!(" over {transport}") };
    let cause = flow.cause.map(|cause| format!(", for #{}", cause.flow)).unwrap_or_default();
    format!("#{}  {from} → {to}  {protocol}{over}{cause}\n", flow.id)
}

fn write_turn(turn: &Turn, datagrams: bool, paint: Paint, out: &mut String) {
    for row in turn.rows(datagrams) {
        write_time(row.is_first.then_some(row.time), paint, out);
        let (arrow, colour) = match turn.by {
            Side::Initiator => ("→", Some(Colour::Protocol)),
            Side::Acceptor => ("←", None),
        };
        paint.add(colour.or(Some(Colour::Aside)), arrow, out);
        out.push(' ');
        paint.add(colour, &row.content, out);
        out.push('\n');
    }
}

fn write_mark(flow: &Flow, mark: &Mark, paint: Paint, out: &mut String) {
    write_time(Some(mark.time), paint, out);
    let colour = match &mark.what {
        Happening::Fault { .. } => Colour::Notice,
        what if what.is_bad() => Colour::Failure,
        _ => Colour::Aside,
    };
    let who = match (&mark.what, mark.by) {
        (Happening::Hole { .. }, Side::Initiator) => "→ ",
        (Happening::Hole { .. }, Side::Acceptor) => "← ",
        _ => "",
    };
    let words = mark.what.words(flow);
    paint.add(Some(colour), &format!("— {who}{}", clean(&words, LONGEST)), out);
    out.push('\n');
}

fn write_explained(explained: &Explained, paint: Paint, out: &mut String) {
    let indent = " ".repeat(CLOCK + 2);
    paint.add(Some(Colour::Aside), &format!("{indent}  {}", clean(&explained.headline, HEADLINE)), out);
    out.push('\n');
    for note in &explained.notes {
        out.push_str(&format!("{indent}    {}", clean(&note.text, LONGEST)));
        let rule = note.rule.as_ref().map(|rule| format!("  {}", clean(rule, LONGEST)));
        paint.add(Some(Colour::Aside), &rule.unwrap_or_default(), out);
        out.push('\n');
    }
    for fault in &explained.faults {
        paint.add(Some(Colour::Notice), &format!("{indent}    ! {}", clean(fault, LONGEST)), out);
        out.push('\n');
    }
}

fn write_time(time: Option<Time>, paint: Paint, out: &mut String) {
    let shown = time.map_or_else(|| " ".repeat(CLOCK), clock_micros);
    paint.add(Some(Colour::Aside), &shown, out);
    out.push_str("  ");
}

/// `12:04:05.123456`.
const CLOCK: usize = 15;
/// A domain name is never longer (RFC 1035 2.3.4).
const NAME: usize = 255;
/// Of what an explanation belongs to.
const HEADLINE: usize = 80;
/// Five lines of a terminal.
const LONGEST: usize = 400;
