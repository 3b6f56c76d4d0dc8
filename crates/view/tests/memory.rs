//! However long a lab runs, who reads its record holds a bounded amount.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::fs;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use toynet_machine::Time;
use toynet_record::command::CommandDissector;
use toynet_record::{Cause, Closing, Direction, EndId, Entry, FlowId, Roster, Seen, Side, Transport};
use toynet_view::{Format, Log, Select, Show};

#[test]
fn a_long_life_does_not_fill_the_memory() {
    let select = Select { flows: vec![FlowId(1)], ..Select::default() };
    let format = Format::Text { colour: false, columns: None };
    let dissectors = || -> toynet_view::Dissectors { Rc::new(|_, _| Some(("command", Box::new(CommandDissector)))) };
    let mut logs = [Show::default(), Show { select, ..Show::default() }]
        .map(|show| Log::new(Roster::default(), dissectors(), format, show));

    let feed = |numbers: std::ops::Range<u64>, logs: &mut [Log; 2]| {
        for number in numbers {
            let entries = flow(number);
            for log in logs.iter_mut() {
                entries.iter().for_each(|entry| log.feed(entry));
                // As often as a lab is read.
                if number.is_multiple_of(250) {
                    log.tick(entries[2].time);
                    log.drain();
                }
            }
        }
    };
    feed(1..WARM, &mut logs);
    let warm = resident();
    feed(WARM..WARM + LONG, &mut logs);
    let grown = resident().saturating_sub(warm);
    assert!(grown < MOST, "{grown} octets more after {LONG} more flows; {warm} before");
}

/// A connection that asks, is answered, causes the next one and closes.
fn flow(number: u64) -> [Entry<'static>; 4] {
    let time = Time::from_secs(1) + Duration::from_micros(number * 100);
    let address = |host: u8, port: u16| SocketAddr::from(([198, 18, (number >> 16) as u8, host], port));
    let end = EndId::new(0, number);
    let entry = |order: u64, seen| Entry { end, time, order: number * 4 + order, seen };
    let cause = (number > 1).then(|| Cause { end: EndId::new(0, number - 1), exchange: 1 });
    let (local, peer) = (address(1, number as u16), address(2, 53));
    [
        entry(0, Seen::Opened { side: Side::Initiator, transport: Transport::Tcp, stream: None, local, peer, cause }),
        entry(1, Seen::Octets { direction: Direction::Sent, number: 1, octets: &[b'a'; 200] }),
        entry(2, Seen::Octets { direction: Direction::Received, number: 1, octets: &[b'b'; 200] }),
        entry(3, Seen::Closed { how: Closing::Finished }),
    ]
}

/// Octets of this process that are in memory.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
}

/// By then all that is bounded is full.
const WARM: u64 = 20_000;
/// Their summaries alone are 8 MiB.
const LONG: u64 = 20_000;
/// What an allocator may waste.
const MOST: u64 = 3 * 1024 * 1024;
