//! Our answers beside those of NSD, Knot and BIND to the same queries over the same zones.
//!
//! Where the three agree, so must we. Where they differ from one another, we
//! - answer ANY with one record set (RFC 8482 4.1);
//! - follow aliases into other zones of the server;
//! - send no NS records beside a positive answer.
//!
//! A peer that is not installed is left out with a word on standard error, but not where `CI` is set.

mod compare;
mod probes;
mod queries;
mod servers;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use toynet_dns::answer::answer;
use toynet_dns::name::Name;
use toynet_dns::reply::{Identity, Limits};
use toynet_dns::wire::Message;
use toynet_dns::zone::{Zone, Zones};
use toynet_dns::zonefile;

use compare::Tally;
use queries::Query;
use servers::Peer;

const ZONES: [&str; 2] = ["example", "hard.test"];

#[test]
fn where_the_peers_agree_so_do_we() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/zones");
    let peers = servers::start(&folder, &ZONES);
    if peers.len() < 2 {
        eprintln!("SKIPPED: fewer than two of nsd, knotd and named are installed");
        assert!(std::env::var_os("CI").is_none(), "the peers must be installed where CI is set");
        return;
    }
    let zones = Zones::new(ZONES.iter().map(|name| Arc::new(load(&folder, name))).collect());
    let mut tally = Tally::default();
    for query in queries::all(&folder, &ZONES) {
        let theirs: Vec<Message> = peers.iter().map(|peer| ask(peer, &query)).collect();
        let ours = answer_query(&zones, &query);
        tally.compare(&query, &ours, &theirs);
    }
    eprintln!("{tally}");
    for (what, octets) in probes::all() {
        let theirs: BTreeSet<Option<String>> =
            peers.iter().map(|peer| peer.try_ask(&octets, 1).map(|response| probes::manners(&response))).collect();
        let ours = Some(probes::manners(&answer_octets(&zones, &octets)));
        assert!(theirs.len() > 1 || theirs.contains(&ours), "{what}: {ours:?}, the peers have {theirs:?}");
    }
    assert!(tally.differences.is_empty(), "{} differences", tally.differences.len());
}

fn load(folder: &Path, name: &str) -> Zone {
    let file = folder.join(format!("{name}.zone"));
    let text = std::fs::read(&file).expect("the zone is part of the test");
    let origin: Name = name.parse().expect("a name");
    let zone = zonefile::read(name, &text, Some(&origin), &mut |_, _| Err("nothing is included".into()));
    assert_eq!(zone.faults, []);
    Zone::compile(&origin, &zone.records()).expect("a zone")
}

fn answer_query(zones: &Zones, query: &Query) -> Message {
    Message::read(&answer_octets(zones, &query.octets)).expect("a whole message")
}

fn answer_octets(zones: &Zones, request: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 65_535];
    let limits = Limits { payload: 4096, stream: false };
    let length = answer(zones, &Identity::default(), limits, request, &mut out).expect("an answer");
    out.truncate(length);
    out
}

fn ask(peer: &Peer, query: &Query) -> Message {
    let octets = peer.ask(&query.octets);
    Message::read(&octets).unwrap_or_else(|broken| panic!("{} on {query}: {broken}", peer.name))
}
