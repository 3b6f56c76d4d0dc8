//! Any stream of HTTP/3 can be dissected, and what is told of it fits on a line and hides whole secrets.
#![no_main]

mod feed;

use libfuzzer_sys::fuzz_target;
use toynet_http::dissect::HttpDissector;
use toynet_record::Transport;
use toynet_record::dissect::FlowInfo;

fuzz_target!(|flow: (bool, Option<u8>, Vec<feed::Turn<'_>>)| {
    let (joined_late, stream, turns) = flow;
    let stream = stream.map(u64::from);
    let of_stream = |info| HttpDissector::new(FlowInfo { stream, ..info });
    feed::feed(Transport::Quic, joined_late, &turns, of_stream);
});
