//! Any octets can be read as WebSocket frames, and cut into single octets they are the same messages.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toynet_http::wire::websocket::{Message, Reader, Sender, Violation};

fuzz_target!(|octets: &[u8]| {
    for sender in [Sender::Client, Sender::Server] {
        let reader = || Reader::new(sender, 4096);
        let mut whole = Vec::new();
        let at_once = read(&mut reader(), octets, &mut whole);
        let (mut reader, mut pieces) = (reader(), Vec::new());
        let one_by_one =
            octets.iter().try_for_each(|octet| read(&mut reader, std::slice::from_ref(octet), &mut pieces));
        assert_eq!((at_once, whole), (one_by_one, pieces));
    }
});

fn read(reader: &mut Reader, mut octets: &[u8], told: &mut Vec<Message>) -> Result<(), Violation> {
    while let Some(message) = reader.next(&mut octets)? {
        told.push(message);
    }
    Ok(())
}
