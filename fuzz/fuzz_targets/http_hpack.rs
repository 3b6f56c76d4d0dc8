//! Header blocks of one connection, one after the other: none makes the decoder panic or grow without end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toynet_http::wire::hpack::Decoder;

fuzz_target!(|blocks: Vec<&[u8]>| {
    let mut decoder = Decoder::default();
    for block in blocks {
        let Ok(fields) = decoder.decode(block) else { return };
        assert!(fields.iter().map(|field| field.size()).sum::<usize>() < 1 << 24);
    }
});
