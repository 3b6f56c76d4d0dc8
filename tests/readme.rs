//! The README's console blocks, run as they stand.
//!
//! In a block that begins with ```` ```console ```` a line after `$ ` is typed into a shell while the
//! built-in lab runs; the lines below it are what it prints. A line `...` stands for any lines, `...`
//! within a line for any text. `cargo run --release` is answered by what the running lab printed, and
//! other commands of cargo, just, git and `tests/run` are left out. A lab gets its own network of
//! 127.0.0.0/8 and its own ports wherever it starts, so these are compared as if they were the README's.

mod support;

use std::process::Command;

use support::lab::Home;
use support::{Lab, run, tool};

#[test]
fn every_command_of_the_readme_prints_what_it_shows() {
    let readme = include_str!("../README.md");
    let lab = Lab::start(&Home::new(), &["up", "--ports", "raised"]);
    let doors = Doors::of(&lab);
    let mut wrong = Vec::new();
    for step in steps(readme).iter().filter(|step| !step.is_about_the_checkout()) {
        if step.program().is_some_and(|program| tool(program).is_none()) {
            continue;
        }
        let printed =
            if step.starts_the_lab() { lab.printed.join("\n") } else { typed(&lab, &doors.live(&step.command)) };
        if !matches(&step.shown, &doors.plain(&printed)) {
            let shown = step.shown.join("\n");
            wrong.push(format!("$ {}\n--- shown\n{shown}\n--- printed\n{printed}", step.command));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn dots_stand_for_lines_and_for_text() {
    let shown = ["one", "...", "four ... six"];
    assert!(matches(&shown, "one\ntwo\nthree\nfour five six"));
    assert!(matches(&shown, "one\nfour six six\n"));
    assert!(!matches(&shown, "one\ntwo"));
    assert!(!matches(&shown, "two\nfour five six"));
    assert!(matches(&[], ""));
    assert!(!matches(&[], "something"));
}

#[test]
fn addresses_and_ports_of_doors_are_made_comparable() {
    let doors = Doors { net: 9, offset: 0 };
    assert_eq!(
        doors.plain("127.9.0.2#53(127.9.0.2) and 127.0.0.1:80"),
        "127.176.0.2#8053(127.176.0.2) and 127.0.0.1:80"
    );
    assert_eq!(doors.live("dig @127.176.0.2 -p 8053 a.test"), "dig @127.9.0.2 -p 53 a.test");
    assert_eq!(doors.live("curl http://127.176.0.7:8080/"), "curl http://127.9.0.7:80/");
}

/// A command of the README and what it prints there.
struct Step<'a> {
    command: String,
    shown: Vec<&'a str>,
}

impl Step<'_> {
    fn starts_the_lab(&self) -> bool {
        self.command == "cargo run --release"
    }

    fn is_about_the_checkout(&self) -> bool {
        let first = self.program();
        !self.starts_the_lab() && ["cargo", "just", "git", "cd", "tests/run"].iter().any(|name| first == Some(name))
    }

    fn program(&self) -> Option<&str> {
        let program = self.command.split_whitespace().next()?;
        (program != "toynet" && !self.starts_the_lab()).then_some(program)
    }
}

fn steps(readme: &str) -> Vec<Step<'_>> {
    let mut steps: Vec<Step> = Vec::new();
    let mut within = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            within = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| within) {
            steps.push(Step { command: command.to_owned(), shown: Vec::new() });
        } else if let Some(step) = steps.last_mut().filter(|_| within) {
            step.shown.push(line);
        }
    }
    steps
}

fn typed(lab: &Lab, line: &str) -> String {
    run(lab.home.furnish(Command::new("sh").args(["-c", line]))).succeeded().stdout
}

/// Where the lab that runs differs from the one in the README: 127.176.0.0/16, ports moved up by 8000.
struct Doors {
    net: u8,
    offset: u16,
}

impl Doors {
    fn of(lab: &Lab) -> Self {
        let status = lab.status();
        match status.resolver().ip() {
            std::net::IpAddr::V4(ip) => Self { net: ip.octets()[1], offset: status.port_offset() },
            std::net::IpAddr::V6(_) => panic!("the resolver's first door is IPv4"),
        }
    }

    /// A command of the README as it must be typed for the running lab.
    fn live(&self, line: &str) -> String {
        let line = line.replace("127.176.", &format!("127.{}.", self.net));
        PORTS.iter().fold(line, |line, port| {
            let live = (port + self.offset).to_string();
            replace_number(&line, &["-p ", "#", ":"], &(port + SHOWN_OFFSET).to_string(), &live)
        })
    }

    /// What the running lab printed, as it stands in the README.
    fn plain(&self, text: &str) -> String {
        text.lines().map(|line| self.plain_line(line)).collect::<Vec<_>>().join("\n")
    }

    fn plain_line(&self, line: &str) -> String {
        let net = format!("127.{}.", self.net);
        if !line.contains(&net) {
            return line.to_owned();
        }
        let line = line.replace(&net, "127.176.");
        PORTS.iter().fold(line, |line, port| {
            let shown = (port + SHOWN_OFFSET).to_string();
            replace_port_of_doors(&line, &(port + self.offset).to_string(), &shown)
        })
    }
}

/// Replaces the number `from` where it stands whole behind one of `before`.
fn replace_number(line: &str, before: &[&str], from: &str, to: &str) -> String {
    let mut done = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(from) {
        let (head, tail) = rest.split_at(at);
        let tail = &tail[from.len()..];
        let whole = !tail.starts_with(|next: char| next.is_ascii_digit());
        let led = before.iter().any(|before| head.ends_with(before));
        done.push_str(head);
        done.push_str(if whole && led { to } else { from });
        rest = tail;
    }
    done + rest
}

/// As [`replace_number`], for `127.176.x.y:PORT`, `127.176.x.y#PORT` and `-p PORT` only.
fn replace_port_of_doors(line: &str, from: &str, to: &str) -> String {
    let parts = line.split_inclusive(' ');
    let mut behind_flag = false;
    let replaced = parts.map(|part| {
        let is_door = part.contains("127.176.");
        let part = match (behind_flag, is_door) {
            (true, _) => replace_number(&format!("-p {part}"), &["-p "], from, to)[3..].to_owned(),
            (false, true) => replace_number(part, &["#", ":"], from, to),
            (false, false) => part.to_owned(),
        };
        behind_flag = part == "-p ";
        part
    });
    replaced.collect()
}

/// Whether what was printed is what is shown, where `...` stands for anything.
fn matches(shown: &[&str], printed: &str) -> bool {
    let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
    lines_match(shown, &printed)
}

fn lines_match(shown: &[&str], printed: &[&str]) -> bool {
    match shown.split_first() {
        None => printed.iter().all(|line| line.is_empty()),
        Some((&"...", rest)) => (0..=printed.len()).any(|skipped| lines_match(rest, &printed[skipped..])),
        Some((line, rest)) => printed
            .split_first()
            .is_some_and(|(first, others)| text_matches(line.trim_end(), first) && lines_match(rest, others)),
    }
}

fn text_matches(shown: &str, printed: &str) -> bool {
    let Some((head, rest)) = shown.split_once("...") else { return shown == printed };
    let Some(tail) = printed.strip_prefix(head) else { return false };
    tail.char_indices().map(|(at, _)| at).chain([tail.len()]).any(|at| text_matches(rest, &tail[at..]))
}

/// The standard ports that doors stand for.
const PORTS: &[u16] = &[53, 80, 443, 853];
/// The README shows what an ordinary person sees, to whom ports under 1024 are closed.
const SHOWN_OFFSET: u16 = 8000;
