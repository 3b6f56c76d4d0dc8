//! Whatever a client says, what passes the gate breaks no rule, and passes or is refused alike however it is cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toynet_http::wire::fault::Rule;
use toynet_http::wire::{Framing, Gate, Head, Kind, Refusal, head};

fuzz_target!(|said: (&[u8], &[u8])| {
    let (octets, cuts) = said;
    let ((passed, refused), in_pieces) = (look(octets, &[]), look(octets, cuts));
    assert_eq!(refused, in_pieces.1);
    // The line of content that is refused has passed as far as it had come.
    if refused != Some(Where::Content) {
        assert_eq!(passed, in_pieces.0);
    }
    if let Some(end) = head::end(&octets[..passed], 0) {
        let mut head = Head::read(&octets[..end], Kind::Request).expect("what passes can be read");
        assert!(Framing::of_request(&mut head).is_some());
        let tolerated = |rule| matches!(rule, Rule::BareLf | Rule::Target);
        assert!(head.faults.iter().all(|fault| tolerated(fault.rule)), "{:?}", head.faults);
    }
});

/// Where something is refused; the first reason that is found may depend on how much of a head is there.
#[derive(Debug, PartialEq)]
enum Where {
    Head,
    Content,
}

/// How many octets pass when they come in pieces of these lengths, and where what follows is refused.
fn look(octets: &[u8], cuts: &[u8]) -> (usize, Option<Where>) {
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
    let refused = |refusal: Refusal| if refusal.is_in_content { Where::Content } else { Where::Head };
    (passed, gate.refusal().map(refused))
}
