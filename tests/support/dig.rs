//! What dig printed, as values.

use std::net::SocketAddr;
use std::process::Command;

use super::run::run;

/// A DNS answer as dig shows it.
#[derive(Debug, Default)]
pub struct Answer {
    pub rcode: String,
    pub flags: Vec<String>,
    pub answer: Vec<Record>,
    pub authority: Vec<Record>,
    pub additional: Vec<Record>,
    /// All of dig's output.
    pub text: String,
}

/// A record as dig shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    pub name: String,
    pub ttl: u32,
    pub kind: String,
    pub data: String,
}

impl Answer {
    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|flag_set| flag_set == flag)
    }

    /// The data of the answer's records of one type.
    pub fn data(&self, kind: &str) -> Vec<&str> {
        data(&self.answer, kind)
    }
}

/// The data of the records of one type.
pub fn data<'a>(section: &'a [Record], kind: &str) -> Vec<&'a str> {
    section.iter().filter(|record| record.kind == kind).map(|record| record.data.as_str()).collect()
}

/// Asks the server at `at`. The caller has made sure that dig is installed.
pub fn dig(at: SocketAddr, arguments: &[&str]) -> Answer {
    let (server, port) = (format!("@{}", at.ip()), at.port().to_string());
    let mut command = Command::new("dig");
    // `-r`: a .digrc of whoever runs the tests has no say.
    command.args(["-r", &server, "-p", &port, "+tries=1", "+time=5"]).args(arguments);
    read(run(&mut command).succeeded().stdout)
}

fn read(text: String) -> Answer {
    let mut answer = Answer::default();
    let mut section = "";
    for line in text.lines() {
        if let Some((_, rest)) = line.split_once("status: ") {
            answer.rcode = rest.split(',').next().unwrap_or_default().to_owned();
        } else if let Some(rest) = line.strip_prefix(";; flags: ") {
            let flags = rest.split(';').next().unwrap_or_default();
            answer.flags = flags.split_whitespace().map(str::to_owned).collect();
        } else if let Some(title) = line.strip_prefix(";; ").and_then(|line| line.strip_suffix(" SECTION:")) {
            section = title;
        } else if let Some(record) = record(line) {
            match section {
                "ANSWER" => answer.answer.push(record),
                "AUTHORITY" => answer.authority.push(record),
                "ADDITIONAL" => answer.additional.push(record),
                _ => {}
            }
        }
    }
    answer.text = text;
    answer
}

fn record(line: &str) -> Option<Record> {
    if line.starts_with(';') {
        return None;
    }
    let mut words = line.split_whitespace();
    let (name, ttl, _class, kind) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let data = words.collect::<Vec<_>>().join(" ");
    Some(Record { name: name.to_owned(), ttl: ttl.parse().ok()?, kind: kind.to_owned(), data })
}
