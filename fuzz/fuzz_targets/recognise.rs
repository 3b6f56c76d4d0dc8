//! Whatever both sides say first, each protocol knows what to think of it, and of what a client says alone two take nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toynet_record::Transport;
use toynet_record::dissect::{Likeness, Opening};

fuzz_target!(|said: (&[u8], &[u8])| {
    let (initiator, acceptor) = said;
    for transport in [Transport::Tcp, Transport::Udp, Transport::Quic] {
        let takers = |acceptor| {
            let opening = Opening { transport, initiator, acceptor };
            ALL.iter().filter(|recognise| recognise(&opening) == Likeness::Yes).count()
        };
        takers(acceptor);
        assert!(takers(&[]) <= 1);
    }
});

const ALL: [fn(&Opening<'_>) -> Likeness; 4] = [
    toynet_dns::dissect::opening::recognise,
    toynet_smtp::dissect::opening::recognise,
    toynet_http::dissect::opening::recognise,
    toynet_telnet::dissect::opening::recognise,
];
