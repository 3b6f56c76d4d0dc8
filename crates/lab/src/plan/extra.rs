//! Records that the lab file adds to a host: `TXT "hello"` at the host itself, `blog CNAME www` at
//! another name of its zone.

use std::ops::Range;

use toml::Spanned;
use toynet_service::{HostName, Mistake, Spot, near};

use super::tree::{ZoneDraft, is_in};
use super::zone::Record;

/// Reads a record of `host`, whose zone is `origin`: owner (the host where none is written), time to
/// live and class (where written), type, data.
pub(super) fn read(record: &Spanned<String>, host: &HostName, origin: &str) -> Result<Record, Box<Mistake>> {
    let refuse = |what: String, advice: String| Err(Box::new(Mistake::new(record.span(), what).advise(advice)));
    let text = record.get_ref();
    if text.contains(['\n', '\r']) {
        return refuse("a record is one line".to_owned(), "write each record as a text of its own".to_owned());
    }
    let (first, rest) = word(text);
    let (owner, rest) = if is_type(first) { (host.to_string(), text.as_str()) } else { (full(first, origin), rest) };
    if !is_in(&owner, origin) {
        let advice = format!("owners without a final dot are in `{origin}`; others belong to their own domain's hosts");
        return refuse(format!("`{owner}.` is no name in `{origin}`"), advice);
    }
    let (ttl, rest) = option(rest, |word| word.bytes().all(|octet| octet.is_ascii_digit()));
    let (_, rest) = option(rest, |word| word.eq_ignore_ascii_case("IN"));
    let (kind, data) = word(rest);
    if !is_type(kind) {
        let what =
            if kind.is_empty() { "this record has no type".into() } else { format!("`{kind}` is no type of record") };
        let nearest = near::nearest(&kind.to_ascii_uppercase(), TYPES.iter().copied());
        let advice = "write `TYPE data` for the host itself, `owner TYPE data` for another name of its domain";
        return refuse(what, nearest.map_or(advice.to_owned(), |name| format!("did you mean `{name}`?")));
    }
    if data.is_empty() {
        return refuse(format!("this {kind} record has no data"), format!("write what belongs after `{kind}`"));
    }
    let (ttl, kind, data) = (ttl.to_owned(), kind.to_ascii_uppercase(), data.to_owned());
    Ok(Record { owner, ttl, kind, data, span: Some(record.span()) })
}

/// A record of a host whose zone is a file by hand.
pub(super) fn belongs_in_file(record: &Spanned<String>, zone: &ZoneDraft, written: Range<usize>) -> Mistake {
    let path = zone.written.as_ref().map_or("", |(_, path)| path.get_ref());
    Mistake::new(record.span(), format!("the zone `{}.` is written by hand, so no record is added to it", zone.origin))
        .against(written, "it is written here")
        .advise(format!("put the record into `{path}`"))
}

/// A mistake in a line of a derived zone, told where the lab file has that line.
pub(super) fn in_lab_file(mistake: Mistake, written: &[(usize, Range<usize>)]) -> Mistake {
    let Spot::File { line, .. } = mistake.spot else { return mistake };
    let place = written.iter().find(|(at, _)| *at == line).or(written.first());
    let spot = place.map_or(mistake.spot, |(_, span)| Spot::Lab(span.clone()));
    Mistake { spot, ..mistake }
}

fn full(owner: &str, origin: &str) -> String {
    let owner = owner.to_ascii_lowercase();
    match owner.strip_suffix('.') {
        Some(absolute) => absolute.to_owned(),
        None if owner == "@" => origin.to_owned(),
        None => format!("{owner}.{origin}"),
    }
}

/// The first word and what follows it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

/// The first word if it is one of these.
fn option(text: &str, is_one: impl Fn(&str) -> bool) -> (&str, &str) {
    let (first, rest) = word(text);
    if is_one(first) { (first, rest) } else { ("", text) }
}

fn is_type(word: &str) -> bool {
    let word = word.to_ascii_uppercase();
    let is_number = |number: &str| !number.is_empty() && number.bytes().all(|octet| octet.is_ascii_digit());
    TYPES.contains(&word.as_str()) || word.strip_prefix("TYPE").is_some_and(is_number)
}

/// The types that a person writes into zones (IANA, "DNS Parameters").
const TYPES: &[&str] = &[
    "A",
    "AAAA",
    "AFSDB",
    "CAA",
    "CERT",
    "CNAME",
    "DNAME",
    "DS",
    "HINFO",
    "HTTPS",
    "KX",
    "LOC",
    "MX",
    "NAPTR",
    "NS",
    "OPENPGPKEY",
    "PTR",
    "RP",
    "SMIMEA",
    "SRV",
    "SSHFP",
    "SVCB",
    "TLSA",
    "TXT",
    "URI",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_without_owner_is_the_hosts_own() {
        assert_eq!(parsed("TXT \"a b\""), Ok("www.shop.test TXT \"a b\"".to_owned()));
        assert_eq!(parsed("mx 10 mail"), Ok("www.shop.test MX 10 mail".to_owned()));
    }

    #[test]
    fn owners_are_relative_to_the_domain() {
        assert_eq!(parsed("blog CNAME www"), Ok("blog.shop.test CNAME www".to_owned()));
        assert_eq!(parsed("@ IN CAA 0 issue \";\""), Ok("shop.test CAA 0 issue \";\"".to_owned()));
        assert_eq!(
            parsed("_sip._tcp.shop.test. SRV 0 0 5060 www"),
            Ok("_sip._tcp.shop.test SRV 0 0 5060 www".to_owned())
        );
    }

    #[test]
    fn what_is_no_record_is_refused() {
        assert_eq!(parsed("blog CNAEM www"), Err("`CNAEM` is no type of record".to_owned()));
        assert_eq!(parsed("blog"), Err("this record has no type".to_owned()));
        assert_eq!(parsed("TXT"), Err("this TXT record has no data".to_owned()));
        assert_eq!(
            parsed("www.other.test. A 192.0.2.1"),
            Err("`www.other.test.` is no name in `shop.test`".to_owned())
        );
        assert_eq!(parsed("A 192.0.2.1\n@ A 192.0.2.2"), Err("a record is one line".to_owned()));
    }

    fn parsed(text: &str) -> Result<String, String> {
        let host = HostName::parse("www.shop.test").unwrap();
        let record = read(&Spanned::new(0..1, text.to_owned()), &host, "shop.test");
        record.map(|record| format!("{} {} {}", record.owner, record.kind, record.data)).map_err(|mistake| mistake.what)
    }
}
