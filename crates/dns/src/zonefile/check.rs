//! What is wrong with a zone as a whole, though each line is right.

use std::collections::BTreeMap;

use super::{Fault, Place, Severity};
use crate::codes::RecordType;
use crate::name::Name;
use crate::rdata;
use crate::record::Record;

/// Checks the records of the zone `origin`; `file` is named where no record is at fault.
pub fn check(origin: &Name, entries: &[(Record, Place)], file: &str) -> Vec<Fault> {
    let mut zone = Checker { origin, names: BTreeMap::new(), faults: Vec::new() };
    for (record, place) in entries {
        zone.names.entry(record.owner.clone()).or_default().push((record, place));
    }
    zone.apex(file);
    zone.names_one_by_one();
    for (record, place) in entries {
        zone.inside(record, place);
        zone.targets(record, place);
    }
    zone.faults.sort_by(|one, other| (&one.file, one.line, one.column).cmp(&(&other.file, other.line, other.column)));
    zone.faults
}

struct Checker<'a> {
    origin: &'a Name,
    names: BTreeMap<Name, Vec<(&'a Record, &'a Place)>>,
    faults: Vec<Fault>,
}

impl<'a> Checker<'a> {
    fn error(&mut self, place: &Place, what: impl Into<String>, advice: &str) {
        self.faults.push(place.fault(Severity::Error, what, advice));
    }

    fn warn(&mut self, place: &Place, what: impl Into<String>, advice: &str) {
        self.faults.push(place.fault(Severity::Warning, what, advice));
    }

    fn of(&self, name: &Name, kind: RecordType) -> Vec<(&'a Record, &'a Place)> {
        self.names.get(name).into_iter().flatten().filter(|(record, _)| record.kind == kind).copied().collect()
    }

    /// SOA once and NS at least once (RFC 1035 5.2).
    fn apex(&mut self, file: &str) {
        let top = Place { file: file.into(), line: 1, column: 1 };
        let soas = self.of(self.origin, RecordType::SOA);
        if soas.is_empty() {
            self.error(&top, format!("{} has no SOA record", self.origin), "begin the zone with one");
        }
        for (_, place) in soas.iter().skip(1) {
            self.error(place, "a zone has one SOA record, this is another", "remove it");
        }
        if self.of(self.origin, RecordType::NS).is_empty() {
            self.error(&top, format!("{} has no NS record", self.origin), "name at least one server");
        }
    }

    fn names_one_by_one(&mut self) {
        let names: Vec<_> = self.names.iter().map(|(name, records)| (name.clone(), records.clone())).collect();
        for (name, records) in names {
            self.aliases(&name, &records);
            self.sets(&records);
        }
    }

    /// A CNAME stands alone (RFC 1034 3.6.2), and only one DNAME may stand at a name (RFC 6672 2.4).
    fn aliases(&mut self, name: &Name, records: &[(&Record, &Place)]) {
        let beside = |kind| matches!(kind, RecordType::CNAME | RecordType::RRSIG | RecordType::NSEC);
        let others = records.iter().find(|(record, _)| !beside(record.kind));
        let aliases: Vec<_> = records.iter().filter(|(record, _)| record.kind == RecordType::CNAME).collect();
        if let (Some((_, place)), Some((other, _))) = (aliases.first(), others) {
            self.error(
                place,
                format!("{name} has a CNAME beside {}", other.kind),
                "remove one of them (RFC 1034 3.6.2)",
            );
        }
        for (_, place) in aliases.iter().skip(1) {
            self.error(place, format!("{name} has more than one CNAME"), "keep one of them");
        }
        let dnames = records.iter().filter(|(record, _)| record.kind == RecordType::DNAME);
        for (_, place) in dnames.skip(1) {
            self.error(place, format!("{name} has more than one DNAME"), "keep one of them");
        }
    }

    /// One set has one TTL (RFC 2181 5.2), and a record stands in it once (RFC 2181 5).
    fn sets(&mut self, records: &[(&Record, &Place)]) {
        for (index, (record, place)) in records.iter().enumerate() {
            let mut earlier = records[..index].iter().filter(|(other, _)| other.kind == record.kind);
            if earlier.clone().any(|(other, _)| other.rdata == record.rdata) {
                self.warn(place, "this record stands here twice", "remove one");
            } else if let Some((other, _)) = earlier.find(|(other, _)| other.ttl != record.ttl) {
                let what = format!("TTL {} differs from {} in the same set", record.ttl, other.ttl);
                self.warn(place, what, "give all of them one TTL; the least is served (RFC 2181 5.2)");
            }
        }
    }

    fn inside(&mut self, record: &Record, place: &Place) {
        let owner = &record.owner;
        if !owner.is_within(self.origin) {
            self.error(place, format!("{owner} lies outside {}", self.origin), "put it into its own zone");
            return;
        }
        if record.kind == RecordType::SOA && owner != self.origin {
            self.error(place, format!("SOA stands at {owner}, not at {}", self.origin), "");
        }
        if self.is_doubled(owner) {
            self.warn(place, format!("{owner} ends in {} twice", self.origin), "did the name lack its final dot?");
        }
        let mut above = owner.parent();
        while let Some(name) = above.filter(|name| name.is_within(self.origin)) {
            let is_cut = name != *self.origin && !self.of(&name, RecordType::NS).is_empty();
            if is_cut && record.as_address().is_none() {
                let what = format!("{owner} lies below the delegation of {name} and is never answered");
                self.warn(place, what, "put it into the delegated zone");
            }
            if !self.of(&name, RecordType::DNAME).is_empty() {
                self.warn(place, format!("{owner} lies below the DNAME of {name} and is never answered"), "");
            }
            above = name.parent();
        }
    }

    /// Servers and exchangers are no aliases (RFC 2181 10.3) and have addresses.
    fn targets(&mut self, record: &Record, place: &Place) {
        for found in rdata::names(record.kind, &record.rdata) {
            let Ok(target) = Name::from_wire(&record.rdata[found.range]) else { continue };
            if self.is_doubled(&target) {
                self.warn(place, format!("{target} ends in {} twice", self.origin), "did the name lack its final dot?");
            }
            let needs_address = matches!(record.kind, RecordType::NS | RecordType::MX | RecordType::SRV);
            if !needs_address || target.is_root() || !target.is_within(self.origin) {
                continue;
            }
            if !self.of(&target, RecordType::CNAME).is_empty() {
                let what = format!("{} leads to {target}, which is an alias", record.kind);
                self.warn(place, what, "name the host itself (RFC 2181 10.3)");
            } else if !self.is_known(&target) {
                self.warn(place, format!("{target} has no address in this zone"), "add A or AAAA");
            }
        }
    }

    /// Whether it has an address here, or something else may give it one.
    fn is_known(&self, name: &Name) -> bool {
        let has_address = |kind| !self.of(name, kind).is_empty();
        if has_address(RecordType::A) || has_address(RecordType::AAAA) {
            return true;
        }
        let above = std::iter::successors(name.parent(), Name::parent).take_while(|name| name.is_within(self.origin));
        above.into_iter().any(|name| {
            let wildcard = name.child(b"*").is_ok_and(|wildcard| self.names.contains_key(&wildcard));
            wildcard || !self.of(&name, RecordType::DNAME).is_empty()
        })
    }

    /// Whether the name in front of the origin ends in the origin again.
    fn is_doubled(&self, name: &Name) -> bool {
        let origin: Vec<&[u8]> = self.origin.labels().collect();
        let labels: Vec<&[u8]> = name.labels().collect();
        let double = 2 * origin.len();
        let ends_in = |labels: &[&[u8]]| labels.iter().zip(&origin).all(|(one, other)| one.eq_ignore_ascii_case(other));
        if origin.is_empty() || labels.len() < double {
            return false;
        }
        let (first, second) = labels[labels.len() - double..].split_at(origin.len());
        ends_in(first) && ends_in(second)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Loaded, read_zone};
    use super::*;

    #[test]
    fn a_sound_zone_has_no_faults() {
        assert_eq!(faults("@ SOA ns root 1 2 3 4 5\n@ NS ns\nns A 198.18.0.1\nwww CNAME ns\n@ MX 10 ns\n"), [""; 0]);
    }

    #[test]
    fn a_zone_without_soa_and_ns_is_told_at_its_top() {
        assert_eq!(
            faults("www A 198.18.0.1\n"),
            [
                "1:1: shop.test. has no SOA record (begin the zone with one)",
                "1:1: shop.test. has no NS record (name at least one server)",
            ]
        );
    }

    #[test]
    fn what_contradicts_the_rest_of_the_zone_is_told() {
        let zone = "@ SOA ns root 1 2 3 4 5\n@ NS ns\n@ NS alias\nns A 198.18.0.1\nns 60 A 198.18.0.2\nalias CNAME ns\n\
            www A 198.18.0.3\nwww CNAME ns\nother.test. A 198.18.0.4\n@ MX 5 mail.shop.test\nsub NS ns\nx.sub TXT a\n@ SOA ns root 2 2 3 4 5\n";
        assert_eq!(
            faults(zone),
            [
                "3:3: warning: NS leads to alias.shop.test., which is an alias (name the host itself (RFC 2181 10.3))",
                "5:7: warning: TTL 60 differs from 3600 in the same set (give all of them one TTL; the least is served (RFC 2181 5.2))",
                "8:5: www.shop.test. has a CNAME beside A (remove one of them (RFC 1034 3.6.2))",
                "9:13: other.test. lies outside shop.test. (put it into its own zone)",
                "10:3: warning: mail.shop.test.shop.test. ends in shop.test. twice (did the name lack its final dot?)",
                "10:3: warning: mail.shop.test.shop.test. has no address in this zone (add A or AAAA)",
                "12:7: warning: x.sub.shop.test. lies below the delegation of sub.shop.test. and is never answered (put it into the delegated zone)",
                "13:3: a zone has one SOA record, this is another (remove it)",
            ]
        );
    }

    fn faults(text: &str) -> Vec<String> {
        let text = format!("$TTL 3600\n{text}");
        let mut loader = |_: &str, _: &str| Err::<Loaded, _>(String::new());
        let zone = read_zone("z", text.as_bytes(), &"shop.test".parse().unwrap(), &mut loader);
        // The line of $TTL does not count.
        zone.faults
            .iter()
            .map(|fault| Fault { line: (fault.line - 1).max(1), ..fault.clone() }.to_string()[2..].to_owned())
            .collect()
    }
}
