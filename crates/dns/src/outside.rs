//! The view from outside the lab: the same zones, with addresses that can be connected to (split horizon).

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, OnceLock};

use crate::codes::RecordType;
use crate::name::Name;
use crate::record::{Record, address_of};
use crate::wire::{HEADER, Query};
use crate::zone::{Extra, NotAZone, Zone, Zones};

/// Who looks at the zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// A host of the lab.
    Inside,
    /// A client outside.
    Outside,
    /// A client outside that walks down from the root as `dig +trace` does: it asks with DO, first for the root's
    /// servers, then without RD, and looks up the servers' names through its own machine, which does not know the lab
    /// but takes `127.83.0.2.` for an address.
    Walking,
}

impl View {
    /// The view that a query from outside gets.
    pub fn for_outside(query: &Query<'_>) -> Self {
        let begins = query.asked.kind == RecordType::NS && query.asked.name.wire() == [0];
        let walks = begins || !query.flags.recursion_desired();
        if walks && query.edns.is_some_and(|edns| edns.dnssec_ok) { View::Walking } else { View::Outside }
    }
}

/// What becomes of an address when it is told outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outward {
    /// It is none of the lab's, and stays.
    Same,
    /// It is reached at this one.
    At(IpAddr),
    /// It is the lab's and cannot be reached from outside.
    Unreachable,
}

/// The way from addresses in the lab to those outside.
pub type Map = dyn Fn(IpAddr) -> Outward + Send + Sync;

/// Zones, compiled for each view when it is first needed.
pub struct Views {
    sources: Vec<(Name, Vec<Record>)>,
    map: Box<Map>,
    compiled: [OnceLock<Zones>; 3],
}

impl Views {
    /// The views of zones given as records; the zones are compiled for the inside at once.
    ///
    /// # Errors
    /// When one of them is no zone; its name comes with the reason.
    pub fn new(sources: Vec<(Name, Vec<Record>)>, map: Box<Map>) -> Result<Self, (Name, NotAZone)> {
        let compile = |(origin, records): &(Name, Vec<Record>)| {
            Zone::compile(origin, records).map(Arc::new).map_err(|error| (origin.clone(), error))
        };
        let inside = Zones::new(sources.iter().map(compile).collect::<Result<_, _>>()?);
        Ok(Self { sources, map, compiled: [OnceLock::from(inside), OnceLock::new(), OnceLock::new()] })
    }

    /// The zones as a view has them.
    pub fn zones(&self, view: View) -> &Zones {
        self.compiled[view as usize].get_or_init(|| {
            // The SOA records are those of the inside, which compiled.
            let compiled = self.sources.iter().filter_map(|(origin, records)| self.compile(view, origin, records));
            Zones::new(compiled.map(Arc::new).collect())
        })
    }

    fn compile(&self, view: View, origin: &Name, records: &[Record]) -> Option<Zone> {
        let mut extra = Extra { empty_names: Vec::new(), glue: Vec::new() };
        let mut seen: Vec<Record> = Vec::with_capacity(records.len());
        for record in records {
            match outward(record, &self.map) {
                Some(record) if view == View::Walking && record.kind == RecordType::NS => {
                    seen.push(self.numbered(record, &mut extra.glue));
                }
                Some(record) => seen.push(record),
                // The name stays, so that what is left out is no data and not no name.
                None => extra.empty_names.push(record.owner.clone()),
            }
        }
        Zone::compile_with(origin, &seen, &extra).ok()
    }

    /// The NS record with the server's name made of its outside address, if it is a server of the lab.
    fn numbered(&self, record: Record, glue: &mut Vec<Record>) -> Record {
        let address = record.as_target().and_then(|server| self.outside_address(&server));
        let Some((name, address)) = address.and_then(|address| Some((numeric_name(address)?, address))) else {
            return record;
        };
        let known = glue.iter().any(|known| known.owner == name);
        if !known {
            glue.push(Record::address(name.clone(), record.ttl, address.into()));
        }
        Record { rdata: name.wire().into(), ..record }
    }

    fn outside_address(&self, server: &Name) -> Option<Ipv4Addr> {
        let all = self.sources.iter().flat_map(|(_, records)| records).filter(|record| record.owner == *server);
        all.filter_map(Record::as_address).find_map(|address| match (self.map)(address) {
            Outward::At(IpAddr::V4(outside)) => Some(outside),
            Outward::At(IpAddr::V6(_)) | Outward::Same | Outward::Unreachable => None,
        })
    }
}

/// A record as it is told outside; nothing for an address that cannot be reached, or not in this family.
pub fn outward(record: &Record, map: &Map) -> Option<Record> {
    let Some(address) = record.as_address() else { return Some(record.clone()) };
    match map(address) {
        Outward::Same => Some(record.clone()),
        Outward::At(outside) if outside.is_ipv4() == address.is_ipv4() => {
            Some(Record::address(record.owner.clone(), record.ttl, outside))
        }
        Outward::At(_) | Outward::Unreachable => None,
    }
}

/// Replaces the addresses in the A and AAAA records of a whole response for which `door` knows another.
pub fn readdress(message: &mut [u8], door: impl Fn(IpAddr) -> Option<IpAddr>) {
    // A response that cannot be walked was not written here, and stays as it is.
    let _ = readdress_records(message, door);
}

fn readdress_records(message: &mut [u8], door: impl Fn(IpAddr) -> Option<IpAddr>) -> Option<()> {
    let count = |at: usize| Some(usize::from(crate::wire::u16_at(message, at)?));
    let (questions, records) = (count(4)?, count(6)? + count(8)? + count(10)?);
    let mut at = HEADER;
    for _ in 0..questions {
        at = after_name(message, at)? + 4;
    }
    for _ in 0..records {
        at = after_name(message, at)?;
        let kind = crate::wire::u16_at(message, at)?;
        let data = at + 10;
        let end = data + usize::from(crate::wire::u16_at(message, at + 8)?);
        let address = address_of(RecordType(kind), message.get(data..end)?);
        match address.and_then(&door) {
            Some(IpAddr::V4(outside)) if end - data == 4 => message[data..end].copy_from_slice(&outside.octets()),
            Some(IpAddr::V6(outside)) if end - data == 16 => message[data..end].copy_from_slice(&outside.octets()),
            Some(IpAddr::V4(_) | IpAddr::V6(_)) | None => {}
        }
        at = end;
    }
    Some(())
}

/// Where the name that begins at `at` ends, be it by a pointer (RFC 1035 4.1.4).
fn after_name(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            length if length & 0xc0 != 0 => return Some(at + 2),
            length => at += 1 + usize::from(length),
        }
    }
}

/// The NS record of a zone whose server is called by its address, which must be reached from outside.
pub fn numeric_server(zone: Name, ttl: u32, address: Ipv4Addr) -> Option<Record> {
    Some(Record::new(zone, ttl, RecordType::NS, numeric_name(address)?.wire()))
}

/// `127.83.0.2.`
fn numeric_name(address: Ipv4Addr) -> Option<Name> {
    address.to_string().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::answer;
    use crate::codes::{Class, Rcode};
    use crate::reply::{Identity, Limits};
    use crate::wire::message::write_query;
    use crate::wire::{Message, Question};
    use crate::zonefile;

    #[test]
    fn outside_names_have_addresses_that_can_be_connected_to() {
        let views = views();
        let inside = ask(&views, View::Inside, "www.shop.test", RecordType::A);
        assert_eq!(inside.answers[0].to_string(), "www.shop.test. 60 IN A 198.18.0.5");
        let outside = ask(&views, View::Outside, "www.shop.test", RecordType::A);
        assert_eq!(outside.answers[0].to_string(), "www.shop.test. 60 IN A 127.83.0.5");
    }

    #[test]
    fn a_name_that_only_has_what_cannot_be_reached_still_exists() {
        let message = ask(&views(), View::Outside, "six.shop.test", RecordType::AAAA);
        assert_eq!((message.rcode(), message.answers.len()), (Rcode::NOERROR, 0));
    }

    #[test]
    fn who_walks_down_is_told_servers_by_numbers() {
        let message = ask(&views(), View::Walking, "www.sub.shop.test", RecordType::A);
        assert_eq!(message.authority[0].to_string(), "sub.shop.test. 60 IN NS 127.83.0.2.");
        assert_eq!(message.additional[0].to_string(), "127.83.0.2. 60 IN A 127.83.0.2");
    }

    fn views() -> Views {
        let text = b"$TTL 60\n@ SOA ns root 1 2 3 4 5\n@ NS ns\nns A 198.18.0.2\nwww A 198.18.0.5\nwww AAAA 2001:db8::5\nsix AAAA 2001:db8::6\nsub NS ns\n";
        let origin: Name = "shop.test".parse().unwrap();
        let zone = zonefile::read("z", text, Some(&origin), &mut |_, _| Err(String::new()));
        let map = |address: IpAddr| match address {
            IpAddr::V4(v4) => Outward::At(Ipv4Addr::new(127, 83, 0, v4.octets()[3]).into()),
            IpAddr::V6(_) => Outward::Unreachable,
        };
        Views::new(vec![(origin, zone.records())], Box::new(map)).unwrap()
    }

    fn ask(views: &Views, view: View, name: &str, kind: RecordType) -> Message {
        let question = Question { name: name.parse().unwrap(), kind, class: Class::IN };
        let request = write_query(7, 0, &question, None);
        let mut out = [0; 512];
        let length = answer(views.zones(view), &Identity::default(), Limits::UDP, &request, &mut out).unwrap();
        Message::read(&out[..length]).unwrap()
    }
}
