//! A small story in each form, beside this file in `golden/`. `TOYNET_BLESS=1` writes them anew.

use std::fs;
use std::path::Path;

use super::*;
use crate::select::Select;
use crate::testing::{NS, RESOLVER, ROOT, Record, WWW, dissectors, roster};
use toynet_record::{Closing, Direction, FlowId, Journal, Roster, Seen};

#[test]
fn a_page_that_needs_a_look_up_is_drawn_in_each_form() {
    for (file, form) in forms() {
        golden(&format!("page.{file}"), &drawn(&page(), Detail::Message).write(form));
    }
}

#[test]
fn faults_losses_retries_and_late_effects_are_drawn_in_each_form() {
    for (file, form) in forms() {
        golden(&format!("trouble.{file}"), &drawn(&trouble(), Detail::Message).write(form));
    }
}

#[test]
fn the_same_record_gives_the_same_octets() {
    for (_, form) in forms() {
        let write = || drawn(&trouble(), Detail::Message).write(form);
        assert_eq!(write(), write());
    }
}

#[test]
fn a_story_leaves_out_what_neither_asks_nor_answers() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).send(0, 1, "220 hello").receive(1, 1, "MAIL").send(2, 1, "~250").send(3, 1, "250 stored");
    let texts = |detail| drawn(&record, detail).arrows().map(|arrow| arrow.text.clone()).collect::<Vec<_>>();
    assert_eq!(texts(Detail::Story), ["MAIL", "250 stored"]);
    assert_eq!(texts(Detail::Message), ["220 hello", "MAIL", "~250", "250 stored"]);
}

#[test]
fn packets_are_what_was_sent_at_once() {
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(1, 1, "GET /").send(2, 1, "~20").send(3, 1, "0 OK").close(4, 1, Closing::Finished);
    let diagram = drawn(&record, Detail::Packet);
    let texts: Vec<_> = diagram.arrows().map(|arrow| (arrow.from, arrow.text.as_str())).collect();
    let expected = [(0, "connect to port 80"), (0, "5 octets"), (1, "3 octets"), (1, "4 octets"), (0, "close")];
    assert_eq!(texts, expected);
}

#[test]
fn explanations_are_in_every_form() {
    let mut diagram = drawn(&page(), Detail::Message);
    let remark =
        |text: &str, rule: Option<&str>, wrong| Remark { text: text.into(), rule: rule.map(str::to_owned), wrong };
    for_each_arrow(&mut diagram.steps, &mut |arrow| {
        arrow.remarks.push(remark("asks for addresses", Some("RFC 1035 3.4.1"), false));
        arrow.remarks.push(remark("a field is folded (RFC 9112 5.2)", None, true));
    });
    for (file, form) in forms() {
        let shown = diagram.write(form);
        for part in ["asks for addresses", "RFC 1035 3.4.1", "a field is folded"] {
            assert_eq!(shown.matches(part).count(), 8, "{file}\n{shown}");
        }
    }
}

#[test]
fn who_takes_part_stands_in_the_lab_s_order() {
    let diagram = drawn(&trouble(), Detail::Message);
    let names: Vec<_> = diagram.participants.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["you", "www.shop.test", "ns.shop.test", "resolver.test", "a.root.test", "198.18.0.9"]);
}

#[test]
fn a_flow_is_drawn_with_all_that_it_caused_and_nothing_else() {
    let mut record = page();
    record.accept(200, 9, NS).receive(200, 9, "A else.test").send(201, 9, "1.2.3.4");
    let select = Select { flows: vec![FlowId(1)], ..Select::default() };
    let diagram = of(&record.journal(), &Show { select, ..Show::default() }, Detail::Message, usize::MAX);
    assert_eq!(diagram.arrows().count(), 8);
}

#[test]
fn the_last_exchanges_stay_when_there_are_too_many() {
    let mut record = Record::default();
    for end in 1..=10 {
        record.accept(end, end, NS).receive(end, end, "A a.test").send(end, end, "1.1.1.1");
    }
    let diagram = of(&record.journal(), &Show::default(), Detail::Story, 5);
    assert_eq!((diagram.flat().len(), diagram.left_out), (4, 16));
    assert!(diagram.write(Form::Svg).contains("16 earlier messages are left out"));
}

#[test]
fn what_repeats_is_folded_and_causes_point_at_what_is_drawn() {
    let mut record = Record::default();
    record.accept(0, 1, NS);
    for time in 0..5 {
        record.receive(time * 10, 1, "NOOP").send(time * 10 + 1, 1, "250 fine");
    }
    record.connect(60, 2, (NS, ROOT), Some((1, 5))).send(60, 2, "A x.test").receive(61, 2, "9.9.9.9");
    let diagram = drawn(&record, Detail::Message);
    assert!(matches!(&diagram.steps[0], Step::Loop(Loop { times: 5, steps, .. }) if steps.len() == 2));
    let because: Vec<_> = diagram.arrows().map(|arrow| (arrow.number, arrow.because)).collect();
    assert_eq!(because, [(1, None), (2, None), (11, Some(1)), (12, None)]);
}

#[test]
fn no_secret_and_nothing_that_peers_sent_breaks_a_form() {
    let text =
        "AUTH <hunter2> ]]> </text>; #35 %%{init}%% \"'`~ <script> // -- __ ** \\n &amp; end \x1b[2J\u{202e}\u{fffe}";
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(0, 1, Box::leak(text.to_owned().into_boxed_str())).send(1, 1, "");
    for (_, form) in forms() {
        let shown = drawn(&record, Detail::Message).write(form);
        let is_markup = matches!(form, Form::Svg | Form::Mermaid | Form::PlantUml);
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(!is_markup || !shown.contains("<script>"), "{shown}");
        assert!(!shown.contains(['\x1b', '\u{202e}']), "{shown:?}");
    }
    let mermaid = drawn(&record, Detail::Message).write(Form::Mermaid);
    assert!(mermaid.lines().all(|line| !line.contains("%%") && !line.contains('"')), "{mermaid}");
}

#[test]
fn every_bar_that_begins_ends_in_every_form() {
    for record in [page(), trouble()] {
        let shown = drawn(&record, Detail::Message).write(Form::PlantUml);
        let count = |word: &str| shown.lines().filter(|line| line.starts_with(word)).count();
        assert_eq!(count("activate"), count("deactivate"));
        let shown = drawn(&record, Detail::Message).write(Form::Mermaid);
        assert_eq!(shown.matches(">>+").count() + shown.matches("-x+").count(), shown.matches(">>-").count());
    }
}

#[test]
fn a_ladder_fits_whatever_the_terminal() {
    for columns in [60, 80, 100, 160] {
        let shown = drawn(&trouble(), Detail::Message).write(Form::Ladder { columns, colour: false });
        let widest = shown.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(columns), "{columns} {widest:?}\n{shown}");
    }
}

/// `you` fetch a page; the host looks up what it needs.
fn page() -> Record {
    let mut record = Record::default();
    record.accept(0, 1, WWW).receive(0, 1, "GET /menu?day=1");
    record.connect(2, 2, (WWW, RESOLVER), Some((1, 1))).send(2, 2, "A db.shop.test");
    record.accept(2, 3, RESOLVER);
    record.connect(3, 4, (RESOLVER, ROOT), Some((2, 1))).send(3, 4, "A db.shop.test");
    record.receive(5, 4, "referral to test (ns.shop.test)");
    record.connect(6, 5, (RESOLVER, NS), Some((2, 1))).send(6, 5, "A db.shop.test");
    record.receive(8, 5, "NOERROR 198.18.0.7 aa").receive(9, 2, "NOERROR 198.18.0.7");
    record.send(42, 1, "200 OK text/html 1,024 octets");
    record
}

/// Most of what can go wrong, and some of what repeats.
fn trouble() -> Record {
    let mut record = Record::default();
    record.accept(0, 1, WWW).add(0, 1, Seen::Secured { terms: "TLS 1.3, h2, www.shop.test" });
    record.receive(1, 1, "POST /order <4111111>").send(2, 1, "~100 Continue");
    record.connect(3, 2, (WWW, 9), Some((1, 1))).close(3, 2, Closing::Refused);
    record.send(5, 1, "!502 Bad Gateway");
    record.connect(900, 3, (WWW, RESOLVER), Some((1, 1)));
    for time in 0..4 {
        record.send(900 + time * 100, 3, "A late.test").receive(950 + time * 100, 3, "!SERVFAIL");
    }
    record.add(1300, 3, Seen::Fault { direction: Direction::Sent, number: 5, what: "lost" });
    record.connect(1400, 4, (RESOLVER, ROOT), None).send(1400, 4, "NS .").close(6400, 4, Closing::TimedOut);
    record.connect(1500, 5, (RESOLVER, NS), None).send(1500, 5, "NS shop.test").close(1600, 5, Closing::Finished);
    record
}

fn forms() -> [(&'static str, Form); 5] {
    [
        ("txt", Form::Ladder { columns: 100, colour: false }),
        ("mmd", Form::Mermaid),
        ("puml", Form::PlantUml),
        ("svg", Form::Svg),
        ("json", Form::Json),
    ]
}

fn drawn(record: &Record, detail: Detail) -> Diagram {
    of(&record.journal(), &Show::default(), detail, usize::MAX)
}

fn of(journal: &Journal, show: &Show, detail: Detail, most: usize) -> Diagram {
    let roster: Roster = roster();
    let source = Source { journal, roster: &roster, dissectors: dissectors() };
    Diagram::of(&source, "lab shop", show, detail, most)
}

fn golden(name: &str, shown: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diagram/golden").join(name);
    if std::env::var_os("TOYNET_BLESS").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, shown).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert!(shown == expected, "{name} is not as it was:\n{shown}");
}
