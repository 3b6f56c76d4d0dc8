//! Any text can be read as a master file, and records written as one read back as the same records.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toynet_dns::name::Name;
use toynet_dns::zone::Zone;
use toynet_dns::zonefile;

fuzz_target!(|text: &[u8]| {
    let origin: Name = "a.test.".parse().expect("a name");
    let mut nothing_to_include = |_: &str, _: &str| Err(String::from("nothing is included"));
    let read = zonefile::read_zone("zone", text, &origin, &mut nothing_to_include);
    drop(Zone::compile(&origin, &read.records()));

    let written = zonefile::write(&read.records());
    let again = zonefile::read("written", written.as_bytes(), Some(&origin), &mut nothing_to_include);
    assert_eq!(again.records(), read.records(), "{written}");
});
