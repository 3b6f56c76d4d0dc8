//! What passed, shown: logs that are selected from, transcripts, sequence diagrams, recorded journals.

mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;
use support::lab::Home;
use support::run::eventually;
use support::{Lab, Outcome, run, shell, tool};

#[test]
fn a_log_shows_only_what_is_asked_for() {
    let Some(lab) = visited(&Home::new(), &[]) else { return };
    let log = |arguments: &[&str]| lines(&lab, &[&["log"], arguments].concat());
    let all = log(&[]);
    assert!(log(&["--proto", "http"]).iter().all(|line| line.contains("  http  ")));
    assert_eq!(log(&["--proto", "http"]).len(), 2);
    assert!(log(&["--host", "mail"]).iter().all(|line| line.contains("mail.")));
    assert_eq!(log(&["--since", "1h"]), all);
    assert_eq!(log(&["--since", "2020-01-01", "--host", "you", "get", "SHOP"]).len(), 1);
    assert_eq!(log(&["--since", "0s"]), Vec::<String>::new());

    let page = number(&all, "GET / (www.shop.test)");
    assert_eq!(log(&["--flow", &page]), log(&["--proto", "http"]));
    let mail = number(&all, "EHLO ");
    let caused = log(&["--flow", &mail]);
    assert!(caused.iter().any(|line| line.contains("MX club.test")), "with what it caused\n{caused:#?}");
    assert!(caused.iter().all(|line| !line.contains("  http  ")), "and nothing else\n{caused:#?}");

    for (wrong, why) in [
        (["log", "--host", "www.nowhere.test"], "has no host www.nowhere.test"),
        (["log", "--proto", "gopher"], "nobody speaks gopher"),
        (["log", "--since", "soon"], "a span (90s, 5m, 1h30m)"),
        (["log", "--flow", "first"], "no number of a flow"),
    ] {
        let outcome = lab.toynet(&wrong);
        assert_eq!(outcome.code(), Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains(why), "{outcome:?}");
    }
}

#[test]
fn a_transcript_has_every_line_and_no_password() {
    let Some(lab) = visited(&Home::new(), &[]) else { return };
    let door = lab.status().door("www.shop.test", "tcp", 80);
    shell(&format!("curl -s -u ann:sesame http://{door}/private -H 'Host: www.shop.test'")).succeeded();
    let log = lines(&lab, &["log"]);
    let flow = number(&log, "GET /private");
    let full = |arguments: &[&str]| lab.toynet(&[&["log", "--full", "--flow"], arguments].concat()).succeeded().stdout;

    let shown = full(&[&flow]);
    assert!(shown.starts_with(&format!("#{flow}  you 127.")), "{shown}");
    for line in
        ["→ GET /private HTTP/1.1\n", "→ Authorization: Basic •••\n", "← HTTP/1.1 404 Not Found\n", "— closed\n"]
    {
        assert!(shown.contains(line), "{line} is not in\n{shown}");
    }
    assert!(full(&[&flow, "--secrets"]).contains("→ Authorization: Basic YW5uOnNlc2FtZQ==\n"));
    let look_up = number(&log, "you → resolver.test");
    assert!(full(&[&look_up]).contains("03 77 77 77"), "www, in hex");
    let objects = full(&[&flow, "--json"]);
    let first: Value = serde_json::from_str(objects.lines().next().expect("an object")).expect("it is JSON");
    assert!(first["text"].as_str().is_some_and(|text| text.contains("Authorization: Basic •••\r\n")), "{first}");

    let none = lab.toynet(&["log", "--full", "--flow", "9999"]);
    assert_eq!((none.code(), none.stderr.contains("no flow #9999")), (Some(1), true));
    assert_eq!(lab.toynet(&["log", "--full"]).code(), Some(2), "of which flow?");
}

#[test]
fn a_diagram_is_drawn_in_each_form_and_twice_the_same() {
    let Some(lab) = visited(&Home::new(), &[]) else { return };
    let drawn = |arguments: &[&str]| lab.toynet(&[&["diagram"], arguments].concat()).succeeded().stdout;
    for (form, begin, end) in [
        ("ladder", "lab internet, ", "│\n"),
        ("mermaid", "sequenceDiagram\n", "\n"),
        ("plantuml", "@startuml\n", "@enduml\n"),
        ("svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" ", "</svg>\n"),
        ("json", "{\"v\":1,\"title\":\"lab internet\",", "}\n"),
    ] {
        let shown = drawn(&["--as", form]);
        assert!(shown.starts_with(begin) && shown.ends_with(end), "{form}\n{shown}");
        assert_eq!(shown, drawn(&["--as", form]), "{form}");
        for told in ["GET / (www.shop.test)", "MX club.test", "NOERROR 10 mail.club.test."] {
            assert!(shown.contains(told), "{told} is not in the {form}\n{shown}");
        }
    }
    let model: Value = serde_json::from_str(&drawn(&["--as", "json", "--detail", "story"])).expect("it is JSON");
    let names: Vec<_> = model["participants"].as_array().expect("a list").iter().map(|one| &one["name"]).collect();
    assert_eq!((names[0], names[1]), (&Value::from("you"), &Value::from("www.shop.test")), "in the lab's order");
    let steps = model["steps"].as_array().expect("a list");
    assert!(steps.iter().any(|step| step["protocol"] == "dns" && step["opens"] == true), "{model:#}");
    assert!(drawn(&["--detail", "packet", "--proto", "http"]).contains("connect to port 80"));
    let file = lab.home.path().join("page.svg");
    drawn(&["--proto", "http", "-o", &file.display().to_string()]);
    assert!(fs::read_to_string(&file).expect("it was written").starts_with("<svg "), "the name says what it holds");
    assert_eq!(lab.toynet(&["diagram", "a word that nobody said"]).code(), Some(1));
}

#[test]
fn a_recorded_lab_is_shown_as_it_was_when_it_ran() {
    let home = Home::new();
    let file = home.path().join("day.journal").display().to_string();
    let Some(lab) = visited(&home, &["up", "--record", &file]) else { return };
    assert!(lab.said().contains("may hold passwords"), "{}", lab.said());
    let views: [&[&str]; 4] =
        [&["log"], &["log", "--json"], &["diagram", "--as", "svg"], &["log", "--flow", "1", "--full"]];
    let running: Vec<String> = views.iter().map(|view| lab.toynet(view).succeeded().stdout).collect();
    assert_eq!(lab.stop("TERM").code(), Some(0));

    let mode = fs::metadata(&file).expect("it was written").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let show = |view: &[&str]| run(&mut home.toynet(&[view, &[file.as_str()]].concat()));
    for (view, running) in views.iter().zip(&running) {
        assert_eq!(&show(view).succeeded().stdout, running, "{view:?}");
    }

    let whole = fs::read(&file).expect("it was written");
    fs::write(&file, &whole[..whole.len() - 100]).expect("a file of the test");
    let cut = show(&["log"]).succeeded();
    assert!(cut.stderr.contains("ends in the middle"), "{cut:?}");
    assert!(running[0].starts_with(cut.stdout.lines().next().expect("a line")), "{cut:?}");

    fs::write(&file, "something else").expect("a file of the test");
    let other = show(&["log"]);
    assert_eq!((other.code(), other.stderr.contains("is no journal of a lab")), (Some(1), true), "{other:?}");
    let kept = run(&mut home.toynet(&["up", "--record", &file]));
    assert_eq!((kept.code(), kept.stderr.contains("replaces nothing else")), (Some(4), true), "{kept:?}");
    assert_eq!(fs::read(&file).expect("it is there"), b"something else");
}

#[test]
fn a_page_longer_than_what_is_kept_is_whole_in_a_recording() {
    if tool("curl").is_none() {
        return;
    }
    let home = Home::new();
    home.write("site/long.txt", "0123456789abcde\n".repeat(20_000));
    home.write("lab.toml", "[host.\"www.a.test\".http]\nroot = \"site\"\n");
    let (lab_file, file) = (home.path().join("lab.toml"), home.path().join("a.journal"));
    let (lab_file, file) = (lab_file.display().to_string(), file.display().to_string());
    for (arguments, is_whole) in [(vec!["up", &lab_file], false), (vec!["up", &lab_file, "--record", &file], true)] {
        let lab = Lab::start(&home, &arguments);
        let door = lab.status().door("www.a.test", "tcp", 80);
        shell(&format!("curl -s -o /dev/null -H 'Host: www.a.test' http://{door}/long.txt")).succeeded();
        let shown = lab.toynet(&["log", "--flow", "1", "--full"]).succeeded().stdout;
        assert_eq!(shown.contains("octets not kept"), !is_whole);
        assert_eq!(shown.matches("0123456789abcde\n").count() == 20_000, is_whole);
        assert_eq!(lab.stop("TERM").code(), Some(0));
    }
}

#[test]
fn the_last_words_of_a_lab_are_in_its_own_log() {
    if tool("curl").is_none() {
        return;
    }
    let lab = Lab::built_in();
    let door = lab.status().door("www.shop.test", "tcp", 80);
    shell(&format!("curl -s -o /dev/null -H 'Host: www.shop.test' http://{door}/last")).succeeded();
    let outcome = lab.stop("TERM");
    assert!(outcome.stdout.contains("GET /last"), "{}", outcome.stdout);
}

/// A lab in which a name was looked up, a page fetched and a mail delivered.
fn visited(home: &Home, arguments: &[&str]) -> Option<Lab> {
    for name in ["dig", "curl", "swaks"] {
        tool(name)?;
    }
    let lab = Lab::start(home, arguments);
    let status = lab.status();
    support::dig(status.resolver(), &["www.shop.test", "A"]);
    let door = status.door("www.shop.test", "tcp", 80);
    shell(&format!("curl -s -o /dev/null -H 'Host: www.shop.test' http://{door}/")).succeeded();
    let door = status.door("mail.shop.test", "tcp", 25).to_string();
    let swaks = ["--server", &door, "--from", "alice@shop.test", "--to", "carol@club.test"];
    let sent: Outcome = run(Command::new("swaks").args(swaks));
    sent.succeeded();
    // The mail is on its way; it has arrived when both have said goodbye.
    let is_over = |log: &String| log.matches(" 221 2.0.0 bye").count() == 2;
    eventually("the delivery", || Some(lab.toynet(&["log"]).succeeded().stdout).filter(is_over));
    Some(lab)
}

fn lines(lab: &Lab, arguments: &[&str]) -> Vec<String> {
    let shown = lab.toynet(arguments).succeeded().stdout;
    // Which columns are how wide depends on what is shown.
    shown
        .lines()
        .map(|line| line.split("  ").filter(|part| !part.is_empty()).map(str::trim).collect::<Vec<_>>().join("  "))
        .collect()
}

#[test]
fn a_conversation_can_be_followed_as_it_goes_on() {
    let lab = Lab::of_tests("shop");
    let mut client = support::wire::Stream::connect(lab.status().door("www.shop.test", "tcp", 80));
    client.send(b"GET / HTTP/1.1\r\nHost: www.shop.test\r\nCookie: id=hunter2\r\n\r\n");
    client.until(b"must go");
    let lines: Vec<String> = lab.toynet(&["log"]).succeeded().stdout.lines().map(str::to_owned).collect();
    let flow = number(&lines, "GET / ");
    let mut toynet = lab.home.toynet(&["log", "--flow", &flow, "--full", "--follow"]);
    let mut toynet = toynet.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut shown = BufReader::new(toynet.stdout.take().unwrap()).lines().map_while(Result::ok);
    let first: Vec<String> = shown.by_ref().take_while(|line| !line.contains("must go")).collect();
    assert!(first[0].starts_with(&format!("#{flow}  you ")), "{first:?}");
    assert!(first.iter().any(|line| line.contains("Cookie: ")), "{first:?}");
    assert!(!first.iter().any(|line| line.contains("hunter2")), "{first:?}");
    client.send(b"GET /second HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n");
    let rest: Vec<String> = shown.collect();
    assert!(rest.iter().any(|line| line.contains("→ GET /second")), "{rest:?}");
    assert!(rest.last().is_some_and(|line| line.contains("— closed")), "{rest:?}");
    assert!(support::run::wait(&mut toynet, support::run::LIMIT).is_some_and(|status| status.success()));
}

/// The number of the first flow in which something was said.
fn number(lines: &[String], what: &str) -> String {
    let line = lines.iter().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{what} is not in\n{lines:#?}"));
    let number = line.split_whitespace().find_map(|word| word.strip_prefix('#'));
    number.expect("every line has the number of its flow").to_owned()
}
