//! Any field section of HTTP/3 is read or refused within its limit, and what was read is written so that it reads alike.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toynet_http::wire::qpack;

fuzz_target!(|asked: (u16, &[u8])| {
    let (largest, section) = asked;
    let Ok(fields) = qpack::decode(section, usize::from(largest)) else { return };
    assert!(fields.iter().map(|field| field.size()).sum::<usize>() <= usize::from(largest));
    let written = qpack::encode(fields.iter().map(|field| (field.name.as_slice(), field.value.as_slice())));
    assert_eq!(qpack::decode(&written, usize::from(largest)), Ok(fields));
});
