//! An answer as dig shows it, so that eyes trained on dig can read it.

use std::fmt::Write;

use toynet_machine::Time;

use super::ask::Reply;
use super::flags::Show;
use super::multiline;
use crate::calendar;
use crate::codes::{Class, RecordType};
use crate::rdata::{Printed, hex};
use crate::record::Record;
use crate::spans;
use crate::wire::message::Decoded;
use crate::wire::{Message, Question, flag, option};

/// A whole answer.
pub fn reply(reply: &Reply, show: &Show) -> String {
    if show.short {
        return short(reply, show);
    }
    let mut out = String::new();
    if show.comments {
        reply.remarks.iter().for_each(|remark| _ = writeln!(out, ";; {remark}"));
        out.push_str(";; Got answer:\n");
    }
    out.push_str(&message(&reply.decoded, show, reply.asked_recursion()));
    if show.stats {
        stats(&mut out, reply);
        let _ = writeln!(out, ";; MSG SIZE  rcvd: {}\n", reply.length);
    }
    out
}

/// The query, before it is sent.
pub fn query(octets: &[u8], show: &Show) -> String {
    let (before, after) = match show.comments {
        true => (";; Sending:\n", format!(";; QUERY SIZE: {}\n\n", octets.len())),
        false => ("", String::new()),
    };
    format!("{before}{}{after}", message(&Message::decode(octets), show, false))
}

/// The data of the answer section, a line each.
fn short(reply: &Reply, show: &Show) -> String {
    let by = if show.identify {
        format!(" from server {} in {} ms.", reply.server.address.ip(), reply.took.as_millis())
    } else {
        String::new()
    };
    let lines = reply.decoded.message.answers.iter().map(|record| format!("{}{by}\n", data(record, show)));
    lines.collect()
}

/// The records of one message of a transfer.
pub fn records(message: &Message, show: &Show) -> String {
    let line = |record: &Record| if show.short { data(record, show) + "\n" } else { self::record(record, show) };
    message.answers.iter().map(line).collect()
}

/// The sections of a message, with its header.
fn message(decoded: &Decoded, show: &Show, asked_recursion: bool) -> String {
    let message = &decoded.message;
    let mut out = String::new();
    if show.comments {
        header(&mut out, message, asked_recursion);
        if let Some(broken) = &decoded.broken {
            let _ = writeln!(out, ";; WARNING: the message breaks: {broken}");
        }
        out.push('\n');
        pseudosection(&mut out, message);
    }
    if show.question && !message.questions.is_empty() {
        heading(&mut out, show, "QUESTION");
        message.questions.iter().for_each(|question| out.push_str(&self::question(question, show)));
        end_section(&mut out, show);
    }
    let is_plain = |record: &&Record| record.kind != RecordType::OPT;
    for (title, records, shown) in [
        ("ANSWER", &message.answers, show.answer),
        ("AUTHORITY", &message.authority, show.authority),
        ("ADDITIONAL", &message.additional, show.additional),
    ] {
        let mut records = records.iter().filter(is_plain).peekable();
        if shown && records.peek().is_some() {
            heading(&mut out, show, title);
            records.for_each(|record| out.push_str(&self::record(record, show)));
            end_section(&mut out, show);
        }
    }
    out
}

fn heading(out: &mut String, show: &Show, title: &str) {
    if show.comments {
        let _ = writeln!(out, ";; {title} SECTION:");
    }
}

fn end_section(out: &mut String, show: &Show) {
    if show.comments {
        out.push('\n');
    }
}

fn header(out: &mut String, message: &Message, asked_recursion: bool) {
    let (opcode, rcode, id) = (message.opcode(), message.rcode(), message.id);
    let _ = writeln!(out, ";; ->>HEADER<<- opcode: {opcode}, status: {rcode}, id: {id}");
    let set: String = FLAGS.iter().filter(|(bit, _)| message.has(*bit)).map(|(_, name)| format!(" {name}")).collect();
    let z = if message.has(RESERVED) { "; MBZ: 0x4" } else { "" };
    let [question, answer, authority, additional] =
        [message.questions.len(), message.answers.len(), message.authority.len(), message.additional.len()];
    let _ = writeln!(
        out,
        ";; flags:{set}{z}; QUERY: {question}, ANSWER: {answer}, AUTHORITY: {authority}, ADDITIONAL: {additional}"
    );
    if asked_recursion && !message.has(flag::RA) {
        out.push_str(";; WARNING: recursion requested but not available\n");
    }
}

fn pseudosection(out: &mut String, message: &Message) {
    for opt in message.additional.iter().filter(|record| record.kind == RecordType::OPT) {
        let [_, version, high, low] = opt.ttl.to_be_bytes();
        let dnssec = if high & 0x80 != 0 { " do" } else { "" };
        let rest = u16::from_be_bytes([high & 0x7f, low]);
        let unknown = if rest == 0 { String::new() } else { format!("; MBZ: 0x{rest:04x}") };
        let _ = writeln!(
            out,
            ";; OPT PSEUDOSECTION:\n; EDNS: version: {version}, flags:{dnssec}{unknown}; udp: {}",
            opt.class.0
        );
        option::each(&opt.rdata).for_each(|(code, value)| _ = writeln!(out, "; {}", shown_option(code, value)));
    }
}

fn shown_option(code: u16, value: &[u8]) -> String {
    let name = option::name(code).map_or_else(|| format!("OPT={code}"), str::to_owned);
    match (code, value) {
        (option::COOKIE, _) => format!("COOKIE: {}", hex(value).to_ascii_lowercase()),
        (option::EXTENDED_ERROR, [high, low, text @ ..]) => {
            let info = u16::from_be_bytes([*high, *low]);
            let text = if text.is_empty() { String::new() } else { format!(": ({})", option::Readable(text)) };
            format!("EDE: {info} ({}){text}", option::extended_error(info))
        }
        (option::SUBNET, _) => match option::subnet(value) {
            Some(text) => format!("CLIENT-SUBNET: {text}"),
            None => format!("CLIENT-SUBNET: {}", spaced(value)),
        },
        (option::KEEPALIVE, [high, low]) => {
            let tenths = u16::from_be_bytes([*high, *low]);
            format!("TCP-KEEPALIVE: {}.{} secs", tenths / 10, tenths % 10)
        }
        (option::EXPIRE, [a, b, c, d]) => {
            format!("EXPIRE: {} seconds", u32::from_be_bytes([*a, *b, *c, *d]))
        }
        (option::PADDING, _) => format!("PADDING: ({} bytes)", value.len()),
        (_, []) => name,
        (_, _) => format!("{name}: {} (\"{}\")", spaced(value), option::Readable(value)),
    }
}

fn spaced(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(" ")
}

fn question(question: &Question, show: &Show) -> String {
    let columns = Columns::of(show);
    let mut line = Line::new();
    line.put(&question.name.to_string());
    line.to(columns.class);
    line.put(&question.class.to_string());
    line.to(columns.kind);
    line.put(&question.kind.to_string());
    format!(";{}\n", line.text)
}

/// A record as a line of a master file, or as several.
pub fn record(record: &Record, show: &Show) -> String {
    let columns = Columns::of(show);
    let mut line = Line::new();
    line.put(&record.owner.to_string());
    if show.ttl {
        line.to(columns.ttl);
        line.put(&ttl(record.ttl, show));
    }
    if show.class {
        line.to(columns.class);
        line.put(&record.class.to_string());
    }
    line.to(columns.kind);
    line.put(&record.kind.to_string());
    line.to(columns.data);
    line.put(&data(record, show));
    line.text.push('\n');
    line.text
}

fn data(record: &Record, show: &Show) -> String {
    let whole = Printed { kind: record.kind, rdata: &record.rdata }.to_string();
    if show.multiline && !show.short {
        return multiline::data(record, &whole);
    }
    if show.split { multiline::split(record.kind, &whole) } else { whole }
}

fn ttl(seconds: u32, show: &Show) -> String {
    if show.ttl_units { spans::with_units(seconds) } else { seconds.to_string() }
}

fn stats(out: &mut String, reply: &Reply) {
    let (server, transport) = (&reply.server, if reply.stream { "TCP" } else { "UDP" });
    let (ip, port) = (server.address.ip(), server.address.port());
    let _ = writeln!(out, ";; Query time: {} msec", reply.took.as_millis());
    let _ = writeln!(out, ";; SERVER: {ip}#{port}({}) ({transport})", server.called);
    let _ = writeln!(out, ";; WHEN: {}", moment(reply.at));
}

/// What a transfer came to.
pub fn transfer_stats(reply: &Reply, records: u64, messages: u64, octets: u64) -> String {
    let mut out = String::new();
    stats(&mut out, reply);
    let _ = writeln!(out, ";; XFR size: {records} records (messages {messages}, bytes {octets})\n");
    out
}

/// `Sun Nov 22 16:32:31 UTC 2026`
fn moment(time: Time) -> String {
    let seconds = time.nanos() / 1_000_000_000;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = calendar::date(days);
    // 1970 began on a Thursday.
    let weekday = WEEKDAYS[(days + 4) as usize % 7];
    let month = MONTHS[month as usize - 1];
    format!("{weekday} {month} {day:02} {:02}:{:02}:{:02} UTC {year}", second / 3600, second / 60 % 60, second % 60)
}

impl Reply {
    fn asked_recursion(&self) -> bool {
        Message::decode(&self.request).message.has(flag::RD)
    }
}

/// Where the parts of a record begin.
struct Columns {
    ttl: usize,
    class: usize,
    kind: usize,
    data: usize,
}

impl Columns {
    fn of(show: &Show) -> Self {
        match (show.multiline, show.ttl, show.class) {
            (true, ..) | (_, false, false) => Self { ttl: 24, class: 24, kind: 24, data: 32 },
            (_, true, true) => Self { ttl: 24, class: 32, kind: 40, data: 48 },
            (..) => Self { ttl: 24, class: 24, kind: 32, data: 40 },
        }
    }
}

/// A line that grows from column to column, with tabs eight apart.
struct Line {
    text: String,
    at: usize,
}

impl Line {
    fn new() -> Self {
        Self { text: String::new(), at: 0 }
    }

    fn put(&mut self, text: &str) {
        self.text.push_str(text);
        self.at += text.len();
    }

    fn to(&mut self, column: usize) {
        let column = column.max(self.at + 1);
        let tabs = column / 8 - self.at / 8;
        let from = if tabs > 0 { column / 8 * 8 } else { self.at };
        self.text.extend(std::iter::repeat_n('\t', tabs));
        self.text.extend(std::iter::repeat_n(' ', column - from));
        self.at = column;
    }
}

/// Marks what is beside the records, and codes that are no good news, for a terminal.
pub fn coloured(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", coloured_line(line))).collect()
}

fn coloured_line(line: &str) -> String {
    if let Some((before, after)) = line.split_once("status: ").filter(|_| line.starts_with(";; ->>HEADER")) {
        let (rcode, rest) = after.split_once(',').unwrap_or((after, ""));
        let colour = if rcode == "NOERROR" { "32" } else { "31" };
        return format!("\x1b[2m{before}status: \x1b[0;{colour}m{rcode}\x1b[0;2m,{rest}\x1b[0m");
    }
    if line.starts_with(";; WARNING") {
        format!("\x1b[33m{line}\x1b[0m")
    } else if line.starts_with(';') {
        format!("\x1b[2m{line}\x1b[0m")
    } else {
        line.to_owned()
    }
}

/// Class and type as dig's command line has them.
pub fn asked(name: &str, class: Class, kind: RecordType) -> String {
    if class == Class::IN { format!("{name} {kind}") } else { format!("{name} {class} {kind}") }
}

const FLAGS: [(u16, &str); 7] = [
    (flag::QR, "qr"),
    (flag::AA, "aa"),
    (flag::TC, "tc"),
    (flag::RD, "rd"),
    (flag::RA, "ra"),
    (flag::AD, "ad"),
    (flag::CD, "cd"),
];
/// The bit that must be zero (RFC 1035 4.1.1).
const RESERVED: u16 = 0x0040;
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
pub(super) use tests::example;

#[cfg(test)]
mod tests;
