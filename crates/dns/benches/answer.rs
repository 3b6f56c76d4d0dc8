//! Nanoseconds an answer, over 1,000 hosts and the mix of the comparison with peers.
#![expect(clippy::disallowed_methods, reason = "what is measured is the machine's time")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use toynet_dns::answer::answer;
use toynet_dns::codes::{Class, RecordType};
use toynet_dns::name::Name;
use toynet_dns::reply::{Identity, Limits};
use toynet_dns::wire::Question;
use toynet_dns::wire::message::write_query;
use toynet_dns::zone::{Zone, Zones};
use toynet_dns::zonefile;

fn main() {
    let mut text = "$TTL 3600\n@ SOA ns root 1 2 3 4 5\n@ NS ns\nns A 198.18.0.1\nsub NS ns.sub\nns.sub A 198.18.0.9\n*.wild A 198.18.0.2\nalias CNAME h1\n".to_owned();
    for host in 0..1000 {
        text.push_str(&format!("h{host} A 198.18.{}.{}\nh{host} AAAA 2001:db8::{host:x}\nh{host} MX 10 h{}\nh{host} TXT \"host number {host}\"\n", host / 250, host % 250, host / 2));
    }
    let origin: Name = "shop.test".parse().expect("a name");
    let began = Instant::now();
    let parsed = zonefile::read("zone", text.as_bytes(), Some(&origin), &mut |_, _| Err(String::new()));
    let read = began.elapsed();
    let records = parsed.records();
    let began = Instant::now();
    let zone = Zone::compile(&origin, &records).expect("a zone");
    println!("read {read:?}, compiled in {:?}, {} records, {} octets", began.elapsed(), records.len(), zone.octets());
    let zones = Zones::new(vec![Arc::new(zone)]);
    let cases = [
        ("A", "h#", RecordType::A, None),
        ("A EDNS", "h#", RecordType::A, Some((1232, false))),
        ("AAAA", "h#", RecordType::AAAA, None),
        ("MX", "h#", RecordType::MX, None),
        ("TXT", "h#", RecordType::TXT, None),
        ("NXDOMAIN", "no#", RecordType::A, None),
        ("referral", "h#.sub", RecordType::A, None),
        ("wildcard", "h#.wild", RecordType::A, None),
        ("CNAME", "alias", RecordType::A, None),
    ];
    for (what, pattern, kind, edns) in cases {
        let requests: Vec<Vec<u8>> = (0..1000)
            .map(|host| {
                let name = format!("{}.shop.test", pattern.replace('#', &host.to_string())).parse().expect("a name");
                write_query(host, 0, &Question { name, kind, class: Class::IN }, edns)
            })
            .collect();
        println!("{what:>10}: {:.0} ns", measure(&zones, &requests));
    }
}

/// The least of several rounds, as strangers only ever add time.
fn measure(zones: &Zones, requests: &[Vec<u8>]) -> f64 {
    let identity = Identity::default();
    let mut out = vec![0; 65_535];
    let mut round = || {
        let began = Instant::now();
        for _ in 0..100 {
            for request in requests {
                black_box(answer(zones, &identity, Limits::UDP, black_box(request), &mut out));
            }
        }
        began.elapsed().as_nanos() as f64 / (100 * requests.len()) as f64
    };
    (0..7).map(|_| round()).fold(f64::INFINITY, f64::min)
}
