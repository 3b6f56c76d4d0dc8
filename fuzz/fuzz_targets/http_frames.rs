//! Whatever a client of HTTP/2 says, it passes the gate alike however it is cut, and what is skimmed is what would be read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toynet_http::wire::FrameGate;
use toynet_http::wire::hpack::Decoder;
use toynet_http::wire::hpack::skim::Skimmer;

fuzz_target!(|said: (&[u8], &[u8])| {
    let (octets, cuts) = said;
    // The preface, and an empty SETTINGS frame.
    let said = [&[0; 24][..], &[0, 0, 0, 4, 0, 0, 0, 0, 0][..], octets].concat();
    assert_eq!(look(&said, &[]), look(&said, cuts));
    let (read, skimmed) = (Decoder::default().decode(octets), Skimmer::default().skim(octets));
    assert_eq!(read.map(|fields| fields.len()), skimmed.map(|skimmed| skimmed.fields));
});

/// How many octets pass when they come in pieces of these lengths, and the code with which it ends.
fn look(octets: &[u8], cuts: &[u8]) -> (usize, Option<u32>) {
    let (mut gate, mut held, mut passed) = (FrameGate::default(), Vec::new(), 0);
    let mut rest = octets;
    for cut in cuts.iter().map(|cut| usize::from(*cut)).chain([octets.len()]) {
        let (piece, after) = rest.split_at(cut.min(rest.len()));
        rest = after;
        held.extend_from_slice(piece);
        loop {
            let count = gate.look(&held);
            held.drain(..count);
            passed += count;
            if gate.take_expecting().is_none() {
                break;
            }
        }
    }
    (passed, gate.violation().map(|violation| violation.code))
}
