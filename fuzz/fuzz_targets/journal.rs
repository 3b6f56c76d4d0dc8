//! Any octets can be read as entries, and an entry that was read is written as it was and tells a reader something.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toynet_record::{Entry, Journal};

fuzz_target!(|octets: &[u8]| {
    let mut rest = octets;
    let mut written = Vec::new();
    while let Some(entry) = Entry::read(&mut rest) {
        let from = written.len();
        entry.write(&mut written);
        assert_eq!(Entry::read(&mut &written[from..]), Some(entry));
    }
    assert_eq!(Journal::from(written.clone()).entries().count(), Journal::from(octets.to_vec()).entries().count());
});
