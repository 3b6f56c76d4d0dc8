//! Any octets can be read as an HTTP/1.x message, and content cut into pieces is the same content.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toynet_http::wire::{Content, Framing, Head, Kind, head};

fuzz_target!(|octets: &[u8]| {
    let Some(end) = head::end(octets, 0) else { return };
    assert_eq!((0..=end).find_map(|from| head::end(&octets[..end], from)), Some(end));
    let (head, rest) = octets.split_at(end);
    if let Ok(mut head) = Head::read(head, Kind::Request)
        && let Some(framing) = Framing::of_request(&mut head)
    {
        follow(framing, end, rest);
    }
    if let Ok(mut head) = Head::read(head, Kind::Answer)
        && let Some(framing) = Framing::of_answer(&mut head, b"GET")
    {
        follow(framing, end, rest);
    }
});

fn follow(framing: Framing, head: usize, octets: &[u8]) {
    let mut whole = Content::new(framing, head as u64);
    let mut pieces = whole.clone();
    let at_once = whole.take(octets);
    let mut taken = 0;
    for octet in octets {
        match pieces.take(std::slice::from_ref(octet)) {
            Ok(count) => taken += count,
            Err(_) => return assert!(at_once.is_err()),
        }
    }
    assert_eq!(at_once.ok(), Some(taken));
    assert_eq!((whole.is_done(), whole.carried()), (pieces.is_done(), pieces.carried()));
}
