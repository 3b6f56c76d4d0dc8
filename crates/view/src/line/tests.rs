use std::rc::Rc;
use std::time::Duration;

use toynet_machine::Time;
use toynet_record::dissect::Note;

use super::*;
use crate::testing::{answer, told};

#[test]
fn long_words_are_cut_to_the_columns_and_the_span_still_shows() {
    let mut told = answer(1, 1, &"x".repeat(500));
    let What::Message { took, .. } = &mut told.what else { panic!("an answer is a message") };
    *took = Some(Duration::from_millis(12));
    let text = written(&mut Lines::new(false, Some(100), false), told.clone());
    assert_eq!(width(text.trim_end()), 100);
    assert!(text.ends_with("x…  12 ms\n"));
    let text = written(&mut Lines::new(false, None, false), told);
    assert_eq!(text.matches('x').count(), LONGEST - 1);
}

#[test]
fn what_breaks_a_rule_stands_below_the_words() {
    let mut told = told(1, 1, "DATA");
    let What::Message { message, .. } = &mut told.what else { panic!("a request is a message") };
    message.faults.push("a bare line feed (RFC 5321 2.3.8)".into());
    let text = written(&mut Lines::new(false, None, false), told);
    let columns: Vec<_> = text.lines().map(|line| line.find(['D', '!']).map(|at| width(&line[..at]))).collect();
    assert_eq!(columns[0], columns[1]);
}

#[test]
fn what_it_means_stands_below_the_words_and_the_rule_after_it() {
    let mut told = told(1, 1, "DATA");
    let What::Message { message, .. } = &mut told.what else { panic!("a request is a message") };
    message.notes.push(Note::new("asks to send the content", "RFC 5321 4.1.1.4"));
    let text = written(&mut Lines::new(true, None, false), told);
    assert!(text.ends_with(" asks to send the content\x1b[2m  RFC 5321 4.1.1.4\x1b[0m\n"), "{text}");
}

#[test]
fn a_new_day_has_a_line() {
    let mut lines = Lines::new(false, None, false);
    let later = Told { time: Time::from_secs(86_400), ..told(1, 2, "B") };
    let text = written(&mut lines, told(1, 1, "A")) + &written(&mut lines, later);
    let text: Vec<_> = text.lines().collect();
    assert_eq!((text.len(), text[1]), (3, "— 1970-01-02 —"));
}

#[test]
fn columns_widen_and_stay_wide() {
    let mut lines = Lines::new(false, None, false);
    written(&mut lines, Told { protocol: "telnet", ..told(1, 1, "A") });
    let text = written(&mut lines, told(1, 1, "A"));
    assert!(text.ends_with("dns     A\n"), "{text}");
}

fn written(lines: &mut Lines, told: Told) -> String {
    let mut out = String::new();
    lines.write(&[Placed { depth: 0, told: Rc::new(told), belongs: None }], &mut out);
    out
}
