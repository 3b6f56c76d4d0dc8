//! Whatever comes, nothing panics, and what was written reads back.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use toynet_dns::answer::answer;
use toynet_dns::codes::{Class, RecordType};
use toynet_dns::name::Name;
use toynet_dns::record::Record;
use toynet_dns::reply::{Identity, Limits};
use toynet_dns::wire::message::write_query;
use toynet_dns::wire::{Flags, Message, Query, Question, Writer};
use toynet_dns::zone::{Zone, Zones};
use toynet_dns::{rdata, transfer, zonefile};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn octets_never_panic(octets in vec(any::<u8>(), 0..300)) {
        let zones = zones();
        let mut out = [0; 4096];
        let _answer = answer(&zones, &Identity::default(), Limits::UDP, &octets, &mut out);
        let query = Flags::read(&octets).and_then(|flags| Query::read(flags, &octets).ok());
        let _transfer = query.map(|query| transfer::Transfer::begin(&zones, &query, &octets));
        let _decoded = Message::decode(&octets);
        let _zone = zonefile::read("z", &octets, None, &mut |_, _| Err(String::new()));
    }

    #[test]
    fn a_query_with_octets_changed_never_panics(changes in vec((12_usize..60, any::<u8>()), 0..6), length in 12_usize..60) {
        let question = Question { name: "x.wild.shop.test".parse().unwrap(), kind: RecordType::A, class: Class::IN };
        let mut request = write_query(7, 0, &question, Some((1232, true)));
        for (at, octet) in changes {
            if let Some(place) = request.get_mut(at) {
                *place = octet;
            }
        }
        request.truncate(length);
        let mut out = [0; 4096];
        if let Some(length) = answer(&zones(), &Identity::default(), Limits::UDP, &request, &mut out) {
            prop_assert!(Message::read(&out[..length]).is_ok());
        }
    }

    #[test]
    fn data_of_any_type_is_shown_and_read_back(kind in 1_u16..70, octets in vec(any::<u8>(), 0..80)) {
        let kind = RecordType(kind);
        prop_assume!(!kind.is_meta());
        let record = Record::new("a.test".parse().unwrap(), 60, kind, octets);
        let text = zonefile::write(std::slice::from_ref(&record));
        let read = zonefile::read("z", text.as_bytes(), None, &mut |_, _| Err(String::new()));
        if rdata::is_valid(kind, &record.rdata) {
            prop_assert_eq!(&read.faults, &[]);
        }
        if let [back] = read.records().as_slice() {
            prop_assert_eq!(back.kind, record.kind);
        }
    }

    #[test]
    fn names_of_any_octets_come_back(labels in vec(vec(any::<u8>(), 1..20), 0..8)) {
        let name = labels.iter().fold(Name::root(), |name, label| name.child(label).unwrap());
        prop_assert_eq!(&name.to_string().parse::<Name>().unwrap(), &name);
    }

    #[test]
    fn a_zone_comes_back_from_its_text(texts in vec((vec(any::<u8>(), 1..20), vec(any::<u8>(), 0..60)), 1..10)) {
        let origin: Name = "shop.test".parse().unwrap();
        let records: Vec<Record> = texts.iter().map(|(label, text)| {
            let rdata = [&[text.len() as u8], text.as_slice()].concat();
            Record::new(origin.child(label).unwrap(), 60, RecordType::TXT, rdata)
        }).collect();
        let read = zonefile::read("z", zonefile::write(&records).as_bytes(), None, &mut |_, _| Err(String::new()));
        prop_assert_eq!(read.records(), records);
    }

    #[test]
    fn written_records_are_read_back(owners in vec(vec(0_u8..4, 1..4), 1..30)) {
        let name = |labels: &Vec<u8>| labels.iter().fold(Name::root(), |name, label| name.child(&[b'a' + label]).unwrap());
        let mut out = [0; 4096];
        let mut writer = Writer::new(&mut out, 4096);
        for owner in &owners {
            writer.record(name(owner).wire(), RecordType::MX, 60, &[&[0, 10], name(owner).wire()].concat()).unwrap();
        }
        let length = writer.header(1, 0x8000, [0, owners.len() as u16, 0, 0]).unwrap();
        let message = Message::read(&out[..length]).unwrap();
        let back: Vec<Name> = message.answers.iter().map(|record| record.owner.clone()).collect();
        prop_assert_eq!(back, owners.iter().map(name).collect::<Vec<_>>());
    }
}

fn zones() -> Zones {
    let text = b"$TTL 60\n@ SOA ns root 1 2 3 4 5\n@ NS ns\nns A 198.18.0.2\n*.wild A 198.18.0.5\nsub NS ns.sub\nold DNAME new\na CNAME b.wild\n";
    let origin: Name = "shop.test".parse().expect("a name");
    let records = zonefile::read("z", text, Some(&origin), &mut |_, _| Err(String::new())).records();
    Zones::new(vec![Arc::new(Zone::compile(&origin, &records).expect("a zone"))])
}
