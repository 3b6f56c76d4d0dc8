//! Whatever a client says, what passes the gate breaks no rule, and passes alike however it is cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toynet_http::wire::fault::Rule;
use toynet_http::wire::{Framing, Gate, Head, Kind, head};

fuzz_target!(|said: (&[u8], &[u8])| {
    let (octets, cuts) = said;
    let (passed, is_refused) = look(octets, &[]);
    assert_eq!((passed, is_refused), look(octets, cuts));
    if let Some(end) = head::end(&octets[..passed], 0) {
        let mut head = Head::read(&octets[..end], Kind::Request).expect("what passes can be read");
        assert!(Framing::of_request(&mut head).is_some());
        let tolerated = |rule| matches!(rule, Rule::BareLf | Rule::Target);
        assert!(head.faults.iter().all(|fault| tolerated(fault.rule)), "{:?}", head.faults);
    }
});

/// How many octets pass when they come in pieces of these lengths, and whether what follows is refused.
fn look(octets: &[u8], cuts: &[u8]) -> (usize, bool) {
    let (mut gate, mut held, mut passed) = (Gate::new(4096), Vec::new(), 0);
    let mut rest = octets;
    for cut in cuts.iter().map(|cut| usize::from(*cut)).chain([octets.len()]) {
        let (piece, after) = rest.split_at(cut.min(rest.len()));
        rest = after;
        held.extend_from_slice(piece);
        let count = gate.look(&mut held);
        held.drain(..count);
        passed += count;
    }
    (passed, gate.refusal().is_some())
}
