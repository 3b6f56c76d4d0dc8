//! Any flow can be dissected, and what is told of it fits on a line and hides whole secrets.
#![no_main]

mod feed;

use libfuzzer_sys::fuzz_target;
use toynet_record::Transport;
use toynet_telnet::dissect::TelnetDissector;

fuzz_target!(|flow: (bool, Vec<feed::Turn<'_>>)| {
    let (joined_late, turns) = flow;
    feed::feed(Transport::Tcp, joined_late, &turns, TelnetDissector::new);
});
