//! The head of an HTTP/1.x message: start line and fields, as spans of its octets (RFC 9112 2 to 5).

use std::ops::Range;

use super::fault::{Fault, Rule};
use crate::host::Authority;
use crate::target::{Target, TargetError};

/// Octets of a head, from the first to behind the last.
pub type Span = Range<usize>;

/// Which head is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A request's.
    Request,
    /// An answer's.
    Answer,
}

/// A head that could be read, with all the rules that it breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    octets: &'a [u8],
    /// The start line.
    pub start: Start,
    /// Major and minor version.
    pub version: (u8, u8),
    /// The fields in order.
    pub fields: Vec<Field>,
    /// What it breaks, in the order found.
    pub faults: Vec<Fault>,
}

/// A start line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// RFC 9112 3.
    Request {
        /// The method.
        method: Span,
        /// The target, in whatever form.
        target: Span,
    },
    /// RFC 9112 4.
    Answer {
        /// The status code, three digits.
        code: u16,
        /// The reason phrase, which may be empty.
        reason: Span,
    },
}

/// One field line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Without white space.
    pub name: Span,
    /// Without white space around it. A folded value spans its line ends.
    pub value: Span,
}

/// Where the head that begins `octets` ends: behind its empty line. Lines may end with LF alone, and empty
/// lines before the start line count as part of it (RFC 9112 2.2).
///
/// `from` is how many octets an earlier call has looked at; it makes reading in pieces cheap.
pub fn end(octets: &[u8], from: usize) -> Option<usize> {
    let first = octets.iter().position(|octet| !b"\r\n".contains(octet))?;
    let from = from.saturating_sub(2).max(first);
    (from..octets.len()).filter(|at| octets[*at] == b'\n').find_map(|at| match &octets[at + 1..] {
        [b'\n', ..] => Some(at + 2),
        [b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}

impl<'a> Head<'a> {
    /// Reads a head whole, up to and with its empty line.
    ///
    /// # Errors
    /// When the start line says neither what is asked for nor what is answered.
    pub fn read(octets: &'a [u8], kind: Kind) -> Result<Self, Fault> {
        let mut faults = Vec::new();
        let mut lines = lines(octets, &mut faults).into_iter().skip_while(Range::is_empty);
        let line = lines.next().unwrap_or_default();
        let (start, version) = match kind {
            Kind::Request => request_line(octets, line, &mut faults)?,
            Kind::Answer => status_line(octets, line, &mut faults)?,
        };
        let fields = fields(octets, lines, &mut faults);
        let mut head = Self { octets, start, version, fields, faults };
        head.check_host();
        Ok(head)
    }

    /// The octets of a span.
    pub fn octets(&self, span: &Span) -> &'a [u8] {
        self.octets.get(span.clone()).unwrap_or_default()
    }

    /// How many octets the head has.
    pub fn length(&self) -> usize {
        self.octets.len()
    }

    /// The values of all fields called `name`, in order.
    pub fn values(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        self.spans(name).map(|span| &self.octets[span])
    }

    /// Where the values of all fields called `name` stand.
    pub fn spans(&self, name: &'static str) -> impl Iterator<Item = Span> {
        let fields = self.fields.iter();
        fields
            .filter(move |field| self.octets(&field.name).eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| field.value.clone())
    }

    /// The method; nothing in an answer.
    pub fn method(&self) -> &'a [u8] {
        match &self.start {
            Start::Request { method, .. } => self.octets(method),
            Start::Answer { .. } => &[],
        }
    }

    /// Notes a broken rule.
    pub fn blame(&mut self, at: usize, rule: Rule) {
        self.faults.push(fault(at, rule));
    }

    /// RFC 9112 3.2.
    fn check_host(&mut self) {
        if matches!(self.start, Start::Answer { .. }) {
            return;
        }
        let hosts: Vec<Span> = self.spans("host").collect();
        match hosts.as_slice() {
            [] if self.version >= (1, 1) => self.blame(0, Rule::HostMissing),
            [] => {}
            [only] => {
                let text = std::str::from_utf8(self.octets(only)).unwrap_or("\0");
                if !text.is_empty() && Authority::parse(text).is_err() {
                    self.blame(only.start, Rule::HostInvalid);
                }
            }
            [_, second, ..] => self.blame(second.start, Rule::HostDoubled),
        }
    }
}

fn fault(at: usize, rule: Rule) -> Fault {
    Fault { at: at as u64, rule }
}

/// The lines of a head without their ends.
fn lines(octets: &[u8], faults: &mut Vec<Fault>) -> Vec<Span> {
    let mut lines = Vec::new();
    let mut start = 0;
    for end in (0..octets.len()).filter(|at| octets[*at] == b'\n') {
        let line = &octets[start..end];
        let content = line.strip_suffix(b"\r").unwrap_or(line);
        if content.len() == line.len() {
            faults.push(fault(end, Rule::BareLf));
        }
        if let Some(at) = content.iter().position(|octet| *octet == b'\r') {
            faults.push(fault(start + at, Rule::BareCr));
        }
        lines.push(start..start + content.len());
        start = end + 1;
    }
    lines
}

fn request_line(octets: &[u8], line: Span, faults: &mut Vec<Fault>) -> Result<(Start, (u8, u8)), Fault> {
    let text = &octets[line.clone()];
    let broken = fault(line.start, Rule::RequestLine);
    let first = text.iter().position(|octet| *octet == b' ').ok_or(broken)?;
    let last = text.iter().rposition(|octet| *octet == b' ').ok_or(broken)?;
    let method = line.start..line.start + first;
    if !is_token(&octets[method.clone()]) || first == last {
        return Err(broken);
    }
    let version = version(&text[last + 1..]).ok_or(fault(line.start + last + 1, Rule::Version))?;
    if version.0 != 1 {
        faults.push(fault(line.start + last + 1, Rule::Version));
    }
    let target = line.start + first + 1..line.start + last;
    check_target(octets, &method, &target, faults);
    Ok((Start::Request { method, target }, version))
}

fn check_target(octets: &[u8], method: &Span, target: &Span, faults: &mut Vec<Fault>) {
    let method = std::str::from_utf8(&octets[method.clone()]).unwrap_or_default();
    let error = match std::str::from_utf8(&octets[target.clone()]) {
        Ok(text) => Target::parse(method, text).err(),
        Err(error) => Some(TargetError::Octet(error.valid_up_to())),
    };
    match error {
        Some(TargetError::Octet(at)) if octets.get(target.start + at) == Some(&b' ') => {
            faults.push(fault(target.start + at, Rule::RequestLine));
        }
        Some(TargetError::Octet(at)) => faults.push(fault(target.start + at, Rule::Target)),
        Some(TargetError::Empty | TargetError::Form) => faults.push(fault(target.start, Rule::Target)),
        None => {}
    }
}

fn status_line(octets: &[u8], line: Span, faults: &mut Vec<Fault>) -> Result<(Start, (u8, u8)), Fault> {
    let text = &octets[line.clone()];
    let broken = fault(line.start, Rule::StatusLine);
    let version = version(text.get(..8).unwrap_or_default()).ok_or(broken)?;
    let digits = text.get(9..12).filter(|digits| digits.iter().all(u8::is_ascii_digit)).ok_or(broken)?;
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    if !(100..600).contains(&code) {
        faults.push(fault(line.start + 9, Rule::StatusCode));
    }
    if text[8] != b' ' || text.get(12) != Some(&b' ') {
        faults.push(fault(line.start + 8, Rule::StatusLine));
    }
    let reason = (line.start + 13).min(line.end)..line.end;
    Ok((Start::Answer { code, reason }, version))
}

/// RFC 9112 2.3.
fn version(text: &[u8]) -> Option<(u8, u8)> {
    match text.strip_prefix(b"HTTP/")? {
        [major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9'] => Some((major - b'0', minor - b'0')),
        _ => None,
    }
}

fn fields(octets: &[u8], lines: impl Iterator<Item = Span>, faults: &mut Vec<Fault>) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        if b" \t".contains(&octets[line.start]) {
            match fields.last_mut() {
                Some(field) => {
                    faults.push(fault(line.start, Rule::ObsFold));
                    field.value.end = trim(octets, line).end.max(field.value.end);
                }
                None => faults.push(fault(line.start, Rule::LeadingSpace)),
            }
        } else if let Some(field) = field(octets, line, faults) {
            fields.push(field);
        }
    }
    fields
}

fn field(octets: &[u8], line: Span, faults: &mut Vec<Fault>) -> Option<Field> {
    let Some(colon) = octets[line.clone()].iter().position(|octet| *octet == b':') else {
        faults.push(fault(line.start, Rule::NoColon));
        return None;
    };
    let colon = line.start + colon;
    let name = trim(octets, line.start..colon);
    if name.end != colon {
        faults.push(fault(name.end, Rule::SpaceBeforeColon));
    }
    if !is_token(&octets[name.clone()]) {
        let at = octets[name.clone()].iter().position(|octet| !is_token_octet(*octet)).unwrap_or(0);
        faults.push(fault(name.start + at, Rule::FieldName));
    }
    let value = trim(octets, colon + 1..line.end);
    if let Some(at) = octets[value.clone()].iter().position(|octet| is_forbidden(*octet)) {
        faults.push(fault(value.start + at, Rule::FieldValue));
    }
    Some(Field { name, value })
}

/// The span without spaces and tabs at either end (OWS, RFC 9110 5.6.3).
fn trim(octets: &[u8], span: Span) -> Span {
    let is_text = |at: &usize| !b" \t".contains(&octets[*at]);
    let start = span.clone().find(is_text).unwrap_or(span.end);
    let end = span.clone().rfind(is_text).map_or(start, |last| last + 1);
    start..end
}

/// RFC 9110 5.6.2.
pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|octet| is_token_octet(*octet))
}

/// The same of one octet.
pub(super) fn is_token_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet)
}

/// RFC 9110 5.5; a CR is told apart as a line end that is none.
pub(super) fn is_forbidden(octet: u8) -> bool {
    octet.is_ascii_control() && octet != b'\t' && octet != b'\r'
}

/// No common server reads a longer head (hyper's limit, the largest, is some 400 KiB, and the others'
/// 8 to 32 KiB), and the record keeps no longer one.
pub const LONGEST: usize = 64 * 1024;
/// The longest registered method has 17 octets (UPDATEREDIRECTREF).
pub(super) const LONGEST_METHOD: usize = 64;

#[cfg(test)]
mod tests;
