//! What was found, for people and programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use toynet_service::{Ending, Errand};

use super::check::{Ground, Level, Point, Three, Verdict};
use crate::wire::three::one_way;

/// What came of a check, with what was said and heard.
pub(super) struct Finding {
    point: &'static Point,
    verdict: Verdict,
    said: Vec<u8>,
    heard: Vec<u8>,
}

impl Finding {
    pub fn new(point: &'static Point, verdict: Verdict, said: Vec<u8>, heard: Vec<u8>) -> Self {
        Self { point, verdict, said, heard }
    }

    fn why(&self) -> Option<&str> {
        match &self.verdict {
            Verdict::Broken(why) | Verdict::Skipped(why) => Some(why),
            Verdict::Kept => None,
        }
    }

    fn is_broken(&self) -> bool {
        matches!(self.verdict, Verdict::Broken(_))
    }

    fn result(&self) -> &'static str {
        match self.verdict {
            Verdict::Kept => "kept",
            Verdict::Broken(_) => "broken",
            Verdict::Skipped(_) => "skipped",
        }
    }
}

/// Prints the findings and says how it ended: refused when a MUST is broken.
pub(super) fn ending(ground: &Ground, findings: &[Finding], errand: &Errand) -> Ending {
    let broken =
        |level: Level| findings.iter().filter(|finding| finding.is_broken() && finding.point.level == level).count();
    let kept = findings.iter().filter(|finding| finding.verdict == Verdict::Kept).count();
    let skipped = findings.iter().filter(|finding| matches!(finding.verdict, Verdict::Skipped(_))).count();
    let (must, should, may) = (broken(Level::Must), broken(Level::Should), broken(Level::May));
    let outcome = format!("{kept} kept, {must} MUST, {should} SHOULD and {may} MAY broken, {skipped} skipped");
    if errand.json {
        errand.print(json(ground, findings));
    } else {
        let three = ground.three.as_ref().map(of_three).unwrap_or_default();
        errand.print(three + &text(findings, errand.colour) + &outcome + "\n");
    }
    if must > 0 { Ending::refused(outcome).quietly() } else { Ending::done(outcome) }
}

/// Where HTTP/3 is, and with which settings.
fn of_three(Three { told, host, port, settings }: &Three) -> String {
    let setting = |(id, value): &(u64, u64)| match one_way::setting_name(*id) {
        Some(name) => format!("{name} {value}"),
        None => format!("{id:#x} {value}"),
    };
    let settings = settings.iter().map(setting).collect::<Vec<_>>().join(", ");
    format!("HTTP/3 at {host} port {port}, as Alt-Svc tells: {}\n       SETTINGS {settings}\n", shown(told.as_bytes()))
}

fn text(findings: &[Finding], has_colour: bool) -> String {
    let mut text = String::new();
    for finding in findings.iter().filter(|finding| finding.is_broken()) {
        let Finding { point, said, heard, .. } = finding;
        let colour = if point.level == Level::Must { "31" } else { "33" };
        let mark = if has_colour { format!("\x1b[{colour}mbroken\x1b[0m") } else { "broken".to_owned() };
        let why = finding.why().unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{mark} {} {}: {} ({})", point.level, point.name, point.about, point.rule);
        let _ = writeln!(text, "       {why}\n       sent {}\n       got  {}", shown(said), shown(heard));
        let _ = writeln!(text, "       cure: {}", point.cure);
    }
    text + &skipped(findings)
}

/// Which checks were left out, by their reasons.
fn skipped(findings: &[Finding]) -> String {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for finding in findings {
        if let Verdict::Skipped(why) = &finding.verdict {
            reasons.entry(why).or_default().push(finding.point.name);
        }
    }
    reasons.into_iter().map(|(why, names)| format!("skipped {}: {why}\n", names.join(", "))).collect()
}

/// Octets in one line, as `--raw` takes them; of a long text the beginning.
fn shown(octets: &[u8]) -> String {
    let mut text = String::new();
    for octet in octets.iter().take(LONGEST) {
        match octet {
            b'\r' => text += "\\r",
            b'\n' => text += "\\n",
            b'\\' => text += "\\\\",
            octet if octet.is_ascii_graphic() || *octet == b' ' => text.push(char::from(*octet)),
            octet => text += &format!("\\x{octet:02x}"),
        }
    }
    if octets.is_empty() {
        "nothing".to_owned()
    } else if octets.len() > LONGEST {
        format!("{text}… ({} octets)", octets.len())
    } else {
        text
    }
}

#[derive(Serialize)]
struct Told<'a> {
    v: u32,
    url: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    http3: Option<ThreeTold<'a>>,
    findings: Vec<FindingTold<'a>>,
}

#[derive(Serialize)]
struct ThreeTold<'a> {
    alt_svc: &'a str,
    host: &'a str,
    port: u16,
    settings: &'a [(u64, u64)],
}

#[derive(Serialize)]
struct FindingTold<'a> {
    check: &'a str,
    about: &'a str,
    level: Level,
    rule: &'a str,
    result: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cure: Option<&'a str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    sent: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    got: String,
}

fn json(ground: &Ground, findings: &[Finding]) -> String {
    let told = findings.iter().map(|finding| FindingTold {
        check: finding.point.name,
        about: finding.point.about,
        level: finding.point.level,
        rule: finding.point.rule,
        result: finding.result(),
        why: finding.why(),
        cure: finding.is_broken().then_some(finding.point.cure),
        sent: if finding.is_broken() { shown(&finding.said) } else { String::new() },
        got: if finding.is_broken() { shown(&finding.heard) } else { String::new() },
    });
    let http3 = ground.three.as_ref().map(|Three { told, host, port, settings }| ThreeTold {
        alt_svc: told,
        host,
        port: *port,
        settings,
    });
    let told = Told { v: 1, url: &ground.url, status: ground.status, http3, findings: told.collect() };
    serde_json::to_string(&told).unwrap_or_default() + "\n"
}

/// What fits on a few lines of a terminal.
const LONGEST: usize = 240;
