//! Lines to records: directives, owners, TTLs, classes and types.

use std::sync::Arc;

use super::lex::{Lexer, Line};
use super::{Place, Severity, ZoneFile, generate};
use crate::codes::{Class, RecordType};
use crate::name::{Name, NameError, read_text};
use crate::rdata::{self, Mistake, Word};
use crate::record::Record;
use crate::wire::u32_at;

/// A file that was loaded.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What faults call it.
    pub file: String,
    /// What stands in it.
    pub text: Vec<u8>,
}

/// Loads what `$INCLUDE` names: from the path as written and the file it stands in, or a reason why not.
pub type Loader<'l> = dyn FnMut(&str, &str) -> Result<Loaded, String> + 'l;

/// Reads a master file. All mistakes are collected, and what is right around them is kept.
pub fn read(file: &str, text: &[u8], origin: Option<&Name>, loader: &mut Loader<'_>) -> ZoneFile {
    let mut zone = ZoneFile::default();
    let state = State { origin: origin.cloned(), owner: None, default_ttl: None, last_ttl: None };
    FileReader { file: file.into(), state, depth: 0, zone: &mut zone, loader }.read(text);
    zone
}

/// What one line leaves to the next.
#[derive(Clone)]
struct State {
    origin: Option<Name>,
    owner: Option<Name>,
    /// From `$TTL` (RFC 2308 4).
    default_ttl: Option<u32>,
    /// That of the last record (RFC 1035 5.1).
    last_ttl: Option<u32>,
}

struct FileReader<'z, 'l, 'f> {
    file: Arc<str>,
    state: State,
    depth: usize,
    zone: &'z mut ZoneFile,
    loader: &'l mut Loader<'f>,
}

/// A mistake at a word.
struct At {
    line: usize,
    column: usize,
    what: String,
    advice: String,
}

type Outcome = Result<(), At>;

impl FileReader<'_, '_, '_> {
    fn read(&mut self, text: &[u8]) {
        let mut lexer = Lexer::new(text);
        while let Some(line) = lexer.next_line() {
            let outcome = match line {
                Ok(line) => self.line(&line),
                Err(torn) => {
                    let (what, advice) = (torn.what.into(), torn.advice.into());
                    Err(At { line: torn.line, column: torn.column, what, advice })
                }
            };
            if let Err(at) = outcome {
                self.fault(at, Severity::Error);
            }
        }
    }

    fn fault(&mut self, at: At, severity: Severity) {
        let place = Place { file: self.file.clone(), line: at.line, column: at.column };
        self.zone.faults.push(place.fault(severity, at.what, at.advice));
    }

    fn line(&mut self, line: &Line<'_>) -> Outcome {
        let [first, rest @ ..] = line.words.as_slice() else { return Ok(()) };
        if line.blank_start || first.quoted || !first.raw.starts_with(b"$") {
            return self.record(line);
        }
        match first.raw.to_ascii_uppercase().as_slice() {
            b"$ORIGIN" => self.origin(first, rest),
            b"$TTL" => self.ttl(first, rest),
            b"$INCLUDE" => self.include(first, rest),
            b"$GENERATE" => self.generate(first, rest),
            _ => Err(at(
                first,
                format!("`{}` is no directive", shown(first)),
                "there are $ORIGIN, $TTL, $INCLUDE and $GENERATE",
            )),
        }
    }

    fn origin(&mut self, directive: &Word<'_>, words: &[Word<'_>]) -> Outcome {
        let [word] = words else { return Err(at(directive, "$ORIGIN takes one name", "")) };
        self.state.origin = Some(self.name(word)?);
        Ok(())
    }

    fn ttl(&mut self, directive: &Word<'_>, words: &[Word<'_>]) -> Outcome {
        let [word] = words else { return Err(at(directive, "$TTL takes one time", "")) };
        self.state.default_ttl = Some(read_ttl(word)?);
        Ok(())
    }

    /// `$INCLUDE path [origin]`: what the file sets ends with it (RFC 1035 5.1).
    fn include(&mut self, directive: &Word<'_>, words: &[Word<'_>]) -> Outcome {
        let (path, origin) = match words {
            [path] => (path, self.state.origin.clone()),
            [path, origin] => (path, Some(self.name(origin)?)),
            _ => return Err(at(directive, "$INCLUDE takes a file and perhaps an origin", "")),
        };
        if self.depth == MOST_INCLUDES {
            return Err(at(directive, "files include one another too deeply", "does a file include itself?"));
        }
        let loaded = (self.loader)(&shown(path), &self.file)
            .map_err(|why| at(path, format!("cannot read `{}`: {why}", shown(path)), ""))?;
        let state = State { origin, ..self.state.clone() };
        let depth = self.depth + 1;
        FileReader { file: loaded.file.into(), state, depth, zone: self.zone, loader: self.loader }.read(&loaded.text);
        Ok(())
    }

    fn generate(&mut self, directive: &Word<'_>, words: &[Word<'_>]) -> Outcome {
        let lines = generate::lines(words).map_err(|(index, what)| {
            at(words.get(index).unwrap_or(directive), what, "as in $GENERATE 1-9 host-$ A 198.18.0.$")
        })?;
        for text in lines {
            let mut lexer = Lexer::new(text.as_bytes());
            while let Some(Ok(mut line)) = lexer.next_line() {
                let moved = |word: &mut Word<'_>| (word.line, word.column) = (directive.line, directive.column);
                line.words.iter_mut().for_each(moved);
                self.record(&line)?;
            }
        }
        Ok(())
    }

    fn record(&mut self, line: &Line<'_>) -> Outcome {
        let mut words = line.words.as_slice();
        if !line.blank_start
            && let [first, rest @ ..] = words
        {
            self.state.owner = None;
            self.state.owner = Some(self.name(first)?);
            words = rest;
        }
        let (ttl, words) = self.ttl_and_class(words)?;
        let Some((kind_word, data)) = words.split_first() else {
            let last = line.words.last().copied().unwrap_or(EMPTY);
            return Err(at(
                &last,
                "a record type is missing",
                "write it after the TTL and class: www 3600 IN A 198.18.0.1",
            ));
        };
        let kind = self.kind(kind_word)?;
        let Some(owner) = self.state.owner.clone() else {
            return Err(at(kind_word, "no owner is known here", "write a name at the line's start"));
        };
        let origin = self.state.origin.as_ref();
        let rdata = rdata::parse(kind, data, origin).map_err(|mistake| at_mistake(&mistake, data, kind_word))?;
        let ttl = self.settle_ttl(ttl, kind, &rdata, kind_word)?;
        let place = Place { file: self.file.clone(), line: kind_word.line, column: kind_word.column };
        self.zone.entries.push((Record::new(owner, ttl, kind, rdata), place));
        Ok(())
    }

    /// Takes a TTL and a class, in either order, off the front (RFC 1035 5.1).
    fn ttl_and_class<'w, 'a>(&self, mut words: &'w [Word<'a>]) -> Result<(Option<u32>, &'w [Word<'a>]), At> {
        let (mut ttl, mut class) = (None, None);
        while let [word, rest @ ..] = words {
            if ttl.is_none() && word.raw.first().is_some_and(u8::is_ascii_digit) {
                ttl = Some(read_ttl(word)?);
            } else if class.is_none()
                && let Some(found) = parsed::<Class>(word)
            {
                if found != Class::IN {
                    return Err(at(word, format!("class {found} is not served"), "write IN"));
                }
                class = Some(found);
            } else {
                break;
            }
            words = rest;
        }
        Ok((ttl, words))
    }

    fn kind(&self, word: &Word<'_>) -> Result<RecordType, At> {
        match parsed::<RecordType>(word) {
            Some(kind) if kind.is_meta() => Err(at(word, format!("{kind} stands in no zone"), "")),
            Some(kind) => Ok(kind),
            None => {
                let advice =
                    "write its mnemonic, or its number as TYPE65280; a second line of one record needs parentheses";
                Err(at(word, format!("`{}` is no record type", shown(word)), advice))
            }
        }
    }

    fn settle_ttl(&mut self, given: Option<u32>, kind: RecordType, rdata: &[u8], word: &Word<'_>) -> Result<u32, At> {
        // Old zones have no TTL but the last field of SOA (RFC 2308 4).
        let of_soa = if kind == RecordType::SOA { u32_at(rdata, rdata.len() - 4) } else { None };
        let ttl = given.or(self.state.default_ttl).or(self.state.last_ttl).or(of_soa);
        self.state.last_ttl = ttl;
        ttl.ok_or_else(|| at(word, "no TTL is known here", "write $TTL 3600 at the top of the file"))
    }

    fn name(&self, word: &Word<'_>) -> Result<Name, At> {
        read_text(word.raw, self.state.origin.as_ref()).map_err(|error| {
            let advice = if error == NameError::NoOrigin { "end it with a dot, or set $ORIGIN" } else { "" };
            at(word, format!("`{}` is no name: {error}", shown(word)), advice)
        })
    }
}

fn at(word: &Word<'_>, what: impl Into<String>, advice: impl Into<String>) -> At {
    At { line: word.line, column: word.column, what: what.into(), advice: advice.into() }
}

fn at_mistake(mistake: &Mistake, data: &[Word<'_>], kind: &Word<'_>) -> At {
    let word = data.get(mistake.word).or(data.last()).unwrap_or(kind);
    at(word, mistake.what.clone(), mistake.advice.clone())
}

fn read_ttl(word: &Word<'_>) -> Result<u32, At> {
    let ttl = rdata::read_span(word.raw).filter(|ttl| *ttl <= MOST_TTL);
    ttl.ok_or_else(|| at(word, format!("`{}` is no TTL", shown(word)), "seconds up to 2147483647, or units: 1h30m"))
}

fn parsed<T: std::str::FromStr>(word: &Word<'_>) -> Option<T> {
    if word.quoted { None } else { std::str::from_utf8(word.raw).ok()?.parse().ok() }
}

fn shown(word: &Word<'_>) -> String {
    String::from_utf8_lossy(word.raw).into_owned()
}

const EMPTY: Word<'static> = Word { raw: b"", quoted: false, line: 1, column: 1 };
/// The highest bit of a TTL is not used (RFC 2181 8).
const MOST_TTL: u32 = i32::MAX as u32;
/// Nobody nests by hand as deep as this, so a file includes itself.
const MOST_INCLUDES: usize = 16;

#[cfg(test)]
mod tests {
    use super::super::Fault;
    use super::*;

    #[test]
    fn a_zone_is_read_with_all_its_short_forms() {
        let zone = file(
            "$ORIGIN shop.test.\n$TTL 1h\n@ IN SOA ns root 1 2 3 4 ( 5\n)\n\tNS ns\nns 60 IN A 198.18.0.1\n IN 2m AAAA ::1\nWWW CNAME @\n",
        );
        assert_eq!(zone.faults, []);
        let lines: Vec<String> = zone.records().iter().map(Record::to_string).collect();
        assert_eq!(
            lines,
            [
                "shop.test. 3600 IN SOA ns.shop.test. root.shop.test. 1 2 3 4 5",
                "shop.test. 3600 IN NS ns.shop.test.",
                "ns.shop.test. 60 IN A 198.18.0.1",
                "ns.shop.test. 120 IN AAAA ::1",
                "WWW.shop.test. 3600 IN CNAME shop.test.",
            ]
        );
    }

    #[test]
    fn all_mistakes_are_told_at_once_each_at_its_place() {
        let zone = file(
            "$TTL 60\n$FOO\na.test. A 1.2.3\nb.test. 3600 IN\nc.test. MX mail.test.\nd.test. WHAT x\ne A 1.2.3.4\nf.test. A 1.2.3.4",
        );
        let told: Vec<String> = zone.faults.iter().map(Fault::to_string).collect();
        assert_eq!(
            told,
            [
                "zone:2:1: `$FOO` is no directive (there are $ORIGIN, $TTL, $INCLUDE and $GENERATE)",
                "zone:3:11: `1.2.3` is not an IPv4 address",
                "zone:4:14: a record type is missing (write it after the TTL and class: www 3600 IN A 198.18.0.1)",
                "zone:5:12: `mail.test.` is not a number up to 65535",
                "zone:6:9: `WHAT` is no record type (write its mnemonic, or its number as TYPE65280; a second line of one record needs parentheses)",
                "zone:7:1: `e` is no name: the name is relative, and no origin is known (end it with a dot, or set $ORIGIN)",
            ]
        );
        assert_eq!(zone.entries.len(), 1);
    }

    #[test]
    fn an_included_file_keeps_its_origin_and_owner_to_itself() {
        let mut asked = Vec::new();
        let mut loader = |path: &str, from: &str| {
            asked.push((path.to_owned(), from.to_owned()));
            Ok(Loaded {
                file: "sub".into(),
                text: b"www A 198.18.0.1\n$ORIGIN else.\nx A 198.18.0.2\ny A 1\n".to_vec(),
            })
        };
        let zone = read(
            "zone",
            b"$TTL 1\n$ORIGIN test.\na A 198.18.0.3\n$INCLUDE sub.zone in\n AAAA ::1\nb A 198.18.0.4\n",
            None,
            &mut loader,
        );
        let owners: Vec<String> = zone.entries.iter().map(|(record, _)| record.owner.to_string()).collect();
        assert_eq!(owners, ["a.test.", "www.in.test.", "x.else.", "a.test.", "b.test."]);
        assert_eq!(zone.faults[0].to_string(), "sub:4:5: `1` is not an IPv4 address");
        assert_eq!(asked, [("sub.zone".to_owned(), "zone".to_owned())]);
    }

    #[test]
    fn a_file_that_includes_itself_comes_to_an_end() {
        let mut loader = |_: &str, _: &str| Ok(Loaded { file: "zone".into(), text: b"$INCLUDE zone\n".to_vec() });
        let zone = read("zone", b"$INCLUDE zone\n", None, &mut loader);
        assert_eq!(zone.faults.len(), 1);
    }

    #[test]
    fn generated_records_count_up() {
        let zone = file("$ORIGIN t.\n$TTL 1\n$GENERATE 1-5/2 h${10,4,d} A 198.18.0.$\n");
        let lines: Vec<String> = zone.records().iter().map(Record::to_string).collect();
        assert_eq!(lines, ["h0011.t. 1 IN A 198.18.0.1", "h0013.t. 1 IN A 198.18.0.3", "h0015.t. 1 IN A 198.18.0.5"]);
    }

    fn file(text: &str) -> ZoneFile {
        read("zone", text.as_bytes(), None, &mut |_, _| Err("there is none".into()))
    }
}
