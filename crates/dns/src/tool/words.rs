//! What is typed after `toynet dns query`, in the order that fingers know from dig: `@server NAME TYPE +flag`.
//!
//! Each name makes a question of its own. What stands before the first name goes for all of them, what stands
//! after a name for that one.

use std::net::IpAddr;

use toynet_service::near;

use super::flags::{self, Flags};
use crate::codes::{Class, RecordType};
use crate::name::Name;
use crate::reverse;

/// One word, or one option with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// `@server`, `+flag`, a name, a type or a class.
    Plain(String),
    /// `-p`.
    Port(u16),
    /// `-t`.
    Kind(String),
    /// `-c`.
    Class(String),
    /// `-x`.
    Address(String),
    /// `-q`: a name, whatever it looks like.
    Name(String),
    /// `-4` or `-6`.
    Family(Family),
}

/// Over which version of IP to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    Four,
    /// IPv6.
    Six,
}

/// What is to be asked, of whom and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The server as it was written, if one was.
    pub server: Option<String>,
    /// Its port.
    pub port: u16,
    /// Over which version of IP alone.
    pub family: Option<Family>,
    /// QNAME.
    pub name: Name,
    /// QTYPE.
    pub kind: RecordType,
    /// With IXFR, the serial that is known.
    pub serial: u32,
    /// QCLASS.
    pub class: Class,
    /// All the rest.
    pub flags: Flags,
}

/// Reads the words.
///
/// # Errors
/// The first that makes no sense, with advice, for the person who typed it.
pub fn read(words: &[Word]) -> Result<Vec<Wish>, String> {
    let mut reader = Reader { common: Draft::default(), own: Vec::new() };
    words.iter().try_for_each(|word| reader.word(word))?;
    if reader.own.is_empty() {
        reader.own.push(reader.common.clone());
    }
    Ok(reader.own.into_iter().map(Draft::finish).collect())
}

struct Reader {
    /// What goes for every question.
    common: Draft,
    /// The questions so far.
    own: Vec<Draft>,
}

#[derive(Clone, Default)]
struct Draft {
    server: Option<String>,
    port: Option<u16>,
    family: Option<Family>,
    name: Option<Name>,
    kind: Option<(RecordType, u32)>,
    class: Option<Class>,
    flags: Flags,
}

impl Reader {
    fn word(&mut self, word: &Word) -> Result<(), String> {
        match word {
            Word::Plain(text) => return self.plain(text),
            Word::Port(port) => self.draft().port = Some(*port),
            Word::Kind(text) => self.draft().kind = Some(read_kind(text).ok_or_else(|| no_type(text))?),
            Word::Class(text) => self.draft().class = Some(text.parse().map_err(|_| no_class(text))?),
            Word::Address(text) => self.ask(reverse_name(text)?, Some(RecordType::PTR)),
            Word::Name(text) => self.ask(read_name(text)?, None),
            Word::Family(family) => self.draft().family = Some(*family),
        }
        Ok(())
    }

    fn plain(&mut self, text: &str) -> Result<(), String> {
        if let Some(server) = text.strip_prefix('@') {
            let (server, port) = read_server(server)?;
            let draft = self.draft();
            draft.server = Some(server);
            draft.port = port.or(draft.port);
        } else if let Some(flag) = text.strip_prefix('+') {
            flags::set(&mut self.draft().flags, flag)?;
        } else if let Some(kind) = read_kind(text) {
            self.draft().kind = Some(kind);
        } else if let Ok(class) = text.parse::<Class>() {
            self.draft().class = Some(class);
        } else if self.is_slip(text) {
            return Err(format!("{}; a further name without a dot is written {text}.", no_type(text)));
        } else {
            self.ask(read_name(text)?, None);
        }
        Ok(())
    }

    /// What the next option belongs to.
    fn draft(&mut self) -> &mut Draft {
        self.own.last_mut().unwrap_or(&mut self.common)
    }

    fn ask(&mut self, name: Name, kind: Option<RecordType>) {
        let mut draft = self.common.clone();
        draft.name = Some(name);
        draft.kind = kind.map(|kind| (kind, 0)).or(draft.kind);
        self.own.push(draft);
    }

    /// Whether a word after a name was meant to be a type: names of one label are rare, slips of the finger are not.
    fn is_slip(&self, text: &str) -> bool {
        self.own.last().is_some_and(|draft| draft.kind.is_none()) && !text.contains('.')
    }
}

impl Draft {
    /// As with dig: the servers of the root when there is no name, addresses when there is no type.
    fn finish(self) -> Wish {
        let usual = if self.name.is_some() { RecordType::A } else { RecordType::NS };
        let (kind, serial) = self.kind.unwrap_or((usual, 0));
        Wish {
            server: self.server,
            port: self.port.unwrap_or(PORT),
            family: self.family,
            name: self.name.unwrap_or_else(Name::root),
            kind,
            serial,
            class: self.class.unwrap_or(Class::IN),
            flags: self.flags,
        }
    }
}

/// A type, with the serial of `IXFR=serial`.
fn read_kind(text: &str) -> Option<(RecordType, u32)> {
    match text.split_once('=') {
        Some((kind, serial)) if kind.eq_ignore_ascii_case("IXFR") => Some((RecordType::IXFR, serial.parse().ok()?)),
        Some(_) => None,
        None => text.parse().ok().map(|kind| (kind, 0)),
    }
}

/// `address`, `name`, either with `#port`, `127.0.0.1:5300` and `[::1]:5300`.
fn read_server(text: &str) -> Result<(String, Option<u16>), String> {
    let read_port = |port: &str| port.parse::<u16>().ok().filter(|port| *port > 0);
    if text.is_empty() {
        return Err("@ is followed by a server: an address or a name".to_owned());
    }
    let (server, port) = match text.split_once('#') {
        Some(parts) => (parts.0, Some(parts.1)),
        None => match text.rsplit_once(':').filter(|(server, _)| server.ends_with(']') || !server.contains(':')) {
            Some((server, port)) => (server, Some(port)),
            None => (text, None),
        },
    };
    let port = port.map(|port| read_port(port).ok_or_else(|| format!("`{port}` in @{text} is no port"))).transpose()?;
    let server = server.trim_start_matches('[').trim_end_matches(']');
    if server.parse::<IpAddr>().is_err() {
        read_name(server)?;
    }
    Ok((server.to_owned(), port))
}

fn read_name(text: &str) -> Result<Name, String> {
    if !text.is_ascii() {
        return Err(format!(
            "`{text}` is not ASCII: write its A-labels (xn--...), which are what DNS holds (RFC 5890 2.3.2.1)"
        ));
    }
    text.parse().map_err(|error| format!("`{text}` is no domain name: {error}"))
}

/// The name of an address, or of the network that its first octets are (RFC 1035 3.5).
fn reverse_name(text: &str) -> Result<Name, String> {
    let whole = text.parse().ok().and_then(reverse::name);
    let octets: Option<Vec<u8>> = text.trim_end_matches('.').split('.').map(|octet| octet.parse().ok()).collect();
    let network = octets.filter(|octets| octets.len() < 4).and_then(|octets| {
        let labels: String = octets.iter().rev().map(|octet| format!("{octet}.")).collect();
        format!("{labels}in-addr.arpa.").parse().ok()
    });
    whole.or(network).ok_or_else(|| format!("`{text}` is no address: -x takes one as 198.18.0.5 or 2001:db8::5"))
}

fn no_type(text: &str) -> String {
    let near = near::nearest(&text.to_ascii_uppercase(), RecordType::MNEMONICS.iter().copied());
    let advice = near.map_or_else(
        || "any can be written by its number, as TYPE65280".to_owned(),
        |near| format!("did you mean {near}?"),
    );
    format!("`{text}` is no record type ({advice})")
}

fn no_class(text: &str) -> String {
    format!("`{text}` is no class (there are {}, and any by its number, as CLASS1)", Class::MNEMONICS.join(", "))
}

/// The port of name servers (RFC 1035 4.2).
pub const PORT: u16 = 53;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_as_dig_reads_it() {
        let wish = one("@127.0.0.1#5300 shop.test MX CH +short");
        assert_eq!((wish.server.as_deref(), wish.port), (Some("127.0.0.1"), 5300));
        assert_eq!((wish.name.to_string().as_str(), wish.kind, wish.class), ("shop.test.", RecordType::MX, Class::CH));
        assert!(wish.flags.show.short);
        let turned = one("mx +tcp shop.test @ns.shop.test");
        assert_eq!(
            (turned.kind, turned.flags.tcp, turned.server.as_deref()),
            (RecordType::MX, true, Some("ns.shop.test"))
        );
        let nothing = one("");
        assert_eq!((nothing.name.is_root(), nothing.kind, nothing.port), (true, RecordType::NS, 53));
    }

    #[test]
    fn servers_are_written_in_many_ways() {
        for (text, server, port) in [
            ("@198.18.0.1", "198.18.0.1", 53),
            ("@198.18.0.1:5300", "198.18.0.1", 5300),
            ("@2001:db8::1", "2001:db8::1", 53),
            ("@2001:db8::1#5300", "2001:db8::1", 5300),
            ("@[2001:db8::1]:5300", "2001:db8::1", 5300),
            ("@ns.shop.test#5300", "ns.shop.test", 5300),
        ] {
            let wish = one(text);
            assert_eq!((wish.server.as_deref(), wish.port), (Some(server), port), "{text}");
        }
    }

    #[test]
    fn every_name_is_a_question_and_what_comes_first_goes_for_all() {
        let wishes = of("+tcp @::1 a.test mx b.test +short txt c.test").unwrap();
        let shown: Vec<_> = wishes
            .iter()
            .map(|wish| (wish.name.to_string(), wish.kind, wish.flags.tcp, wish.flags.show.short))
            .collect();
        assert_eq!(
            shown,
            [
                ("a.test.".to_owned(), RecordType::MX, true, false),
                ("b.test.".to_owned(), RecordType::TXT, true, true),
                ("c.test.".to_owned(), RecordType::A, true, false),
            ]
        );
    }

    #[test]
    fn addresses_and_networks_become_names() {
        let reversed = |text: &str| read(&[Word::Address(text.into())]).map(|wishes| wishes[0].name.to_string());
        assert_eq!(reversed("198.18.0.5").unwrap(), "5.0.18.198.in-addr.arpa.");
        assert_eq!(reversed("198.18").unwrap(), "18.198.in-addr.arpa.");
        assert!(reversed("2001:db8::1").unwrap().ends_with(".8.b.d.0.1.0.0.2.ip6.arpa."));
        assert!(reversed("www.shop.test").unwrap_err().contains("is no address"));
    }

    #[test]
    fn an_incremental_transfer_knows_its_serial() {
        let wish = one("shop.test ixfr=7");
        assert_eq!((wish.kind, wish.serial), (RecordType::IXFR, 7));
    }

    #[test]
    fn a_name_that_looks_like_a_type_can_be_said() {
        let wishes = read(&[Word::Name("mx".into()), Word::Kind("TYPE65280".into())]).unwrap();
        assert_eq!((wishes[0].name.to_string().as_str(), wishes[0].kind), ("mx.", RecordType(65280)));
    }

    #[test]
    fn what_makes_no_sense_is_told_with_advice() {
        for (text, told) in [
            (
                "shop.test MMX",
                "`MMX` is no record type (did you mean MX?); a further name without a dot is written MMX.",
            ),
            ("a..b", "`a..b` is no domain name: a label is empty"),
            ("@ shop.test", "@ is followed by a server: an address or a name"),
            ("@127.0.0.1#x a.test", "`x` in @127.0.0.1#x is no port"),
            ("a.test +shrot", "+shrot is no flag (did you mean +short?)"),
            (
                "müller.test",
                "`müller.test` is not ASCII: write its A-labels (xn--...), which are what DNS holds (RFC 5890 2.3.2.1)",
            ),
        ] {
            assert_eq!(of(text).unwrap_err(), told);
        }
    }

    fn of(text: &str) -> Result<Vec<Wish>, String> {
        let words: Vec<Word> = text.split_whitespace().map(|word| Word::Plain(word.to_owned())).collect();
        read(&words)
    }

    fn one(text: &str) -> Wish {
        let mut wishes = of(text).unwrap();
        assert_eq!(wishes.len(), 1, "{text}");
        wishes.remove(0)
    }
}
