//! What is asked: every name of the zones and names around it, for many types, with and without EDNS.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use toynet_dns::codes::{Class, RecordType};
use toynet_dns::name::Name;
use toynet_dns::wire::Question;
use toynet_dns::wire::message::write_query;
use toynet_dns::zonefile;

pub struct Query {
    pub question: Question,
    pub edns: Option<(u16, bool)>,
    pub octets: Vec<u8>,
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} edns {:?}", self.question.name, self.question.kind, self.edns)
    }
}

pub fn all(folder: &Path, zones: &[&str]) -> Vec<Query> {
    let mut queries = Vec::new();
    let names: BTreeSet<Name> = zones.iter().flat_map(|zone| names(folder, zone)).collect();
    for (turn, name) in names.iter().enumerate() {
        for (index, kind) in TYPES.iter().enumerate() {
            let question = Question { name: name.clone(), kind: *kind, class: Class::IN };
            let edns = EDNS[(turn + index) % EDNS.len()];
            let octets = write_query((queries.len() % 65_536) as u16, 0, &question, edns);
            queries.push(Query { question, edns, octets });
        }
    }
    queries
}

/// The owners, their parents, names that do not exist beside and below them, and other cases of letters.
fn names(folder: &Path, zone: &str) -> BTreeSet<Name> {
    let text = std::fs::read(folder.join(format!("{zone}.zone"))).expect("the zone is part of the test");
    let origin: Name = zone.parse().expect("a name");
    let records = zonefile::read(zone, &text, Some(&origin), &mut |_, _| Err(String::new())).records();
    let mut names = BTreeSet::new();
    for record in records {
        let upper = Name::from_wire(&record.owner.wire().to_ascii_uppercase()).expect("a name");
        let below = record.owner.child(b"x").expect("short enough");
        names.extend([upper, below.child(b"y").expect("short enough"), below]);
        let parents =
            std::iter::successors(Some(record.owner), Name::parent).take_while(|name| name.is_within(&origin));
        names.extend(parents.flat_map(|name| [name.child(b"no").expect("short enough"), name]));
    }
    names.extend(
        ["test", "other", "host3.example", "ghost.*.example", "host.subdel.example"]
            .map(|text| text.parse().expect("a name")),
    );
    names
}

const TYPES: [RecordType; 24] = [
    RecordType::A,
    RecordType::AAAA,
    RecordType::NS,
    RecordType::SOA,
    RecordType::MX,
    RecordType::TXT,
    RecordType::CNAME,
    RecordType::DNAME,
    RecordType::SRV,
    RecordType::PTR,
    RecordType::DS,
    RecordType::ANY,
    RecordType::HINFO,
    RecordType::RP,
    RecordType::LOC,
    RecordType::NAPTR,
    RecordType::SVCB,
    RecordType::HTTPS,
    RecordType::CAA,
    RecordType::URI,
    RecordType::APL,
    RecordType::TLSA,
    RecordType::CERT,
    RecordType(65280),
];

const EDNS: [Option<(u16, bool)>; 5] =
    [None, Some((512, false)), Some((1232, true)), Some((4096, false)), Some((0, false))];
