//! Any text can be read as a key log, and the lines of a connection that it gives read back as the same lines.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toynet_capture::tls::KeyLog;
use toynet_capture::tls::keys::parse_line;

fuzz_target!(|text: &str| {
    let mut log = KeyLog::default();
    log.add(text);
    for (label, random, _) in text.lines().filter_map(parse_line) {
        assert!(log.find(&random, label).is_some());
        let lines = log.lines(&random);
        let mut again = KeyLog::default();
        assert_eq!(again.add(&lines.join("\n")), lines.len());
        assert_eq!(again.lines(&random), lines);
    }
});
