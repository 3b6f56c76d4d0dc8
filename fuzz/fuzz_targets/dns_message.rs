//! Any octets can be read as far as they make sense, and what breaks lies within them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toynet_dns::wire::Message;

fuzz_target!(|octets: &[u8]| {
    let decoded = Message::decode(octets);
    if let Some(broken) = &decoded.broken {
        assert!(broken.at <= octets.len(), "{broken}");
    }
    assert_eq!(Message::read(octets).ok(), decoded.broken.is_none().then_some(decoded.message));
});
