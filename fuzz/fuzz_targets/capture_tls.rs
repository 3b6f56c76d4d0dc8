//! TLS of which octets are turned, missing or made up is followed to its end; what is whole is told in clear, and what
//! was never opened passes as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toynet_capture::tls::follow::Heard;
use toynet_capture::tls::{Follower, KeyLog, Session};
use toynet_record::Side;

/// The terms, how many flights of the handshake are sent, the size of the parts in which it comes, what is turned in the
/// handshake, and what follows that.
type Talk<'a> = (u8, u8, u8, Vec<(u16, u8)>, Vec<(u8, &'a [u8])>);

fuzz_target!(|talk: Talk<'_>| {
    let (terms, count, size, turned, turns) = talk;
    let (terms, length) = TERMS[usize::from(terms) % TERMS.len()];
    let lines = LABELS.map(|label| format!("{label} {} {}", "11".repeat(32), "22".repeat(length)));
    let (mut session, flights) = Session::begin(terms, &lines).expect("all secrets are there");
    let mut handshake: Vec<_> = flights.into_iter().map(|flight| (flight.by, flight.octets)).collect();
    let count = 3 - usize::from(count % 4);
    let mut is_whole = turned.is_empty() && count == handshake.len();
    handshake.truncate(count);
    turned.iter().for_each(|(at, by)| turn(&mut handshake, usize::from(*at), *by));
    let mut said = Vec::new();
    let mut sent: Vec<_> = handshake.into_iter().map(|(by, octets)| (by, Sent::Octets(octets))).collect();
    for (kind, octets) in turns {
        let by = if kind & 1 == 1 { Side::Acceptor } else { Side::Initiator };
        sent.push((
            by,
            match kind >> 1 & 3 {
                0 | 1 => Sent::Octets(session.seal(by, octets)),
                2 => Sent::Octets(octets.to_vec()),
                _ => Sent::Hole(octets.iter().fold(0, |length, octet| length << 8 & 0xffff | u64::from(*octet))),
            },
        ));
        is_whole &= kind >> 1 & 3 < 2;
        said.push((by, octets));
    }
    let heard = follow(&sent, usize::from(size) + 1, &lines.join("\n"));
    if is_whole {
        assert!(matches!(&heard[0], Heard::Secured { terms: told, .. } if told == terms), "{heard:?}");
        both(|by| assert_eq!(clear(&heard, by), of(&said, by)));
    }
    for heard in [heard, follow(&sent, usize::from(size) + 1, "")] {
        if !heard.iter().any(|heard| matches!(heard, Heard::Secured { .. })) {
            both(|by| assert_eq!(clear(&heard, by), passed(&sent, by), "{heard:?}"));
        }
    }
});

enum Sent {
    Octets(Vec<u8>),
    Hole(u64),
}

fn follow(sent: &[(Side, Sent)], size: usize, lines: &str) -> Vec<Heard> {
    let mut keys = KeyLog::default();
    keys.add(lines);
    let (mut follower, mut heard) = (Follower::default(), Vec::new());
    for (by, sent) in sent {
        match sent {
            Sent::Octets(octets) => octets.chunks(size).for_each(|part| follower.said(*by, part, &keys, &mut heard)),
            Sent::Hole(length) => follower.hole(*by, *length, &keys, &mut heard),
        }
    }
    follower.closed(&mut heard);
    heard
}

/// Turns an octet of the handshake, counted over all of it, round and round.
fn turn(handshake: &mut [(Side, Vec<u8>)], at: usize, by: u8) {
    let length: usize = handshake.iter().map(|(_, octets)| octets.len()).sum();
    if let Some(octet) = handshake.iter_mut().flat_map(|(_, octets)| octets).nth(at % length.max(1)) {
        *octet ^= by;
    }
}

fn both(check: impl Fn(Side)) {
    [Side::Initiator, Side::Acceptor].into_iter().for_each(check);
}

fn clear(heard: &[Heard], side: Side) -> Vec<u8> {
    let of = |heard: &Heard| match heard {
        Heard::Said { by, octets } if *by == side => octets.clone(),
        _ => Vec::new(),
    };
    heard.iter().flat_map(of).collect()
}

fn passed(sent: &[(Side, Sent)], side: Side) -> Vec<u8> {
    let octets = |(by, sent): &(Side, Sent)| match sent {
        Sent::Octets(octets) if *by == side => octets.clone(),
        _ => Vec::new(),
    };
    sent.iter().flat_map(octets).collect()
}

fn of(said: &[(Side, &[u8])], side: Side) -> Vec<u8> {
    said.iter().filter(|(by, _)| *by == side).flat_map(|(_, octets)| octets.to_vec()).collect()
}

/// With how many octets their secrets have.
const TERMS: [(&str, usize); 3] = [
    ("TLS 1.3 TLS_AES_128_GCM_SHA256 h2 for www.shop.test", 32),
    ("TLS 1.3 TLS_CHACHA20_POLY1305_SHA256", 32),
    ("TLS 1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 h2 for www.shop.test", 48),
];
const LABELS: [&str; 5] = [
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "SERVER_TRAFFIC_SECRET_0",
    "CLIENT_RANDOM",
];
