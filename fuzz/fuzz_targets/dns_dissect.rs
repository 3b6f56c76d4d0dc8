//! Any flow can be dissected, and what is told of it fits on a line and hides whole secrets.
#![no_main]

mod feed;

use libfuzzer_sys::fuzz_target;
use toynet_dns::dissect::DnsDissector;
use toynet_record::Transport;

fuzz_target!(|flow: (bool, Vec<feed::Turn<'_>>)| {
    let (joined_late, turns) = flow;
    feed::feed(Transport::Tcp, joined_late, &turns, DnsDissector::new);
    feed::feed(Transport::Udp, joined_late, &turns, DnsDissector::new);
});
