use super::*;
use crate::testing::{answer, at, told};
use crate::told::{Happening, What};
use toynet_record::{Closing, FlowId};

#[test]
fn what_is_caused_may_be_told_before_its_cause() {
    let mut thread = Thread::default();
    thread.take(under(told(2, 1, "child"), 1, 1), at(0));
    thread.take(answer(2, 1, "child's"), at(1));
    thread.take(told(1, 1, "parent"), at(2));
    thread.take(answer(1, 1, "parent's"), at(3));
    assert_eq!(ticked(&mut thread, 3), ["0 parent", "1 child", "1 child's", "0 parent's"]);
}

#[test]
fn a_cause_that_never_shows_leaves_no_line() {
    let mut thread = Thread::default();
    thread.take(under(told(2, 1, "child"), 1, 1), at(0));
    thread.take(answer(2, 1, "child's"), at(1));
    assert!(ticked(&mut thread, 399).is_empty());
    assert_eq!(ticked(&mut thread, 400), ["0 child", "0 child's"]);
}

#[test]
fn causes_nest_and_children_stay_together() {
    let mut thread = Thread::default();
    thread.take(told(1, 1, "mail"), at(0));
    thread.take(under(told(2, 1, "one"), 1, 1), at(1));
    thread.take(under(told(3, 1, "two"), 1, 1), at(2));
    thread.take(under(told(4, 1, "of one"), 2, 1), at(3));
    thread.take(under(told(5, 0, "banner"), 3, 1), at(3));
    assert_eq!(finished(&mut thread), ["0 mail", "1 one", "2 of one", "1 two", "2 banner"]);
}

#[test]
fn a_circle_of_causes_is_cut() {
    let mut thread = Thread::default();
    thread.take(under(told(1, 1, "self"), 1, 1), at(0));
    thread.take(under(told(2, 1, "two"), 3, 1), at(0));
    thread.take(under(told(3, 1, "three"), 2, 1), at(0));
    assert_eq!(finished(&mut thread), ["0 self", "0 three", "1 two"]);
}

#[test]
fn a_loop_of_hosts_is_cut_where_it_gets_too_deep() {
    let mut thread = Thread::default();
    thread.take(told(1, 1, "first"), at(0));
    (2..=100).for_each(|flow| thread.take(under(told(flow, 1, "again"), flow - 1, 1), at(0)));
    let lines = finished(&mut thread);
    assert_eq!(lines.len(), 100);
    assert!(lines.contains(&format!("{DEPTH} again")) && !lines.contains(&format!("{} again", DEPTH + 1)));
}

#[test]
fn an_exchange_is_over_when_its_flow_broke() {
    let mut thread = Thread::default();
    thread.take(told(1, 1, "asked"), at(0));
    let what = What::Happening(Happening::Closed { how: Closing::Reset });
    thread.take(Told { what, ..told(1, 1, "") }, at(1));
    assert_eq!(ticked(&mut thread, 1), ["0 asked", "0 connection reset"]);
}

#[test]
fn an_answered_exchange_waits_for_what_it_caused() {
    let mut thread = Thread::default();
    thread.take(told(1, 1, "asked"), at(0));
    thread.take(under(told(2, 1, "child"), 1, 1), at(1));
    thread.take(answer(1, 1, "answered"), at(2));
    assert!(ticked(&mut thread, 3).is_empty());
    thread.take(answer(2, 1, "child's"), at(4));
    assert_eq!(ticked(&mut thread, 4), ["0 asked", "1 child", "1 child's", "0 answered"]);
}

#[test]
fn what_comes_late_names_where_it_belongs() {
    let mut thread = Thread::default();
    thread.take(told(1, 1, "mail"), at(0));
    thread.take(answer(1, 1, "queued"), at(1));
    ticked(&mut thread, 1);
    thread.take(under(told(2, 1, "delivery"), 1, 1), at(5000));
    thread.take(under(told(3, 0, "banner"), 1, 1), at(5000));
    thread.take(answer(1, 1, "once more"), at(5000));
    assert_eq!(finished(&mut thread), ["0 delivery under mail", "0 banner under mail", "0 once more to mail"]);
}

#[test]
fn too_much_that_is_held_is_shown_before_its_time() {
    let mut thread = Thread::default();
    let mut shown = 0;
    for exchange in 1..=3 * HELD as u64 {
        thread.take(told(1, exchange, "unanswered"), at(0));
        thread.make_room(|block| shown += block.len());
    }
    assert!(shown > HELD && thread.held.len() <= HELD);
    thread.finish(|block| shown += block.len());
    assert_eq!(shown, 3 * HELD);
    assert!(thread.held.is_empty() && thread.waiting == 0);
}

fn under(told: Told, flow: u64, exchange: u64) -> Told {
    Told { cause: Some(FlowCause { flow: FlowId(flow), exchange }), ..told }
}

fn ticked(thread: &mut Thread, millis: u64) -> Vec<String> {
    let mut lines = Vec::new();
    thread.tick(at(millis), |block| lines.extend(block.iter().map(in_words)));
    lines
}

fn finished(thread: &mut Thread) -> Vec<String> {
    let mut lines = Vec::new();
    thread.finish(|block| lines.extend(block.iter().map(in_words)));
    lines
}

fn in_words(placed: &Placed) -> String {
    let belongs = match &placed.belongs {
        Some(Belongs::To(told)) => format!(" to {}", told.words(false)),
        Some(Belongs::Under(told)) => format!(" under {}", told.words(false)),
        None => String::new(),
    };
    format!("{} {}{belongs}", placed.depth, placed.told.words(false))
}
