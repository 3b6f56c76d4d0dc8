//! Any octets can be read as a capture, and any frames as packets; what they say is a journal that can be written as
//! packets again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toynet_capture::tls::KeyLog;
use toynet_capture::{Capture, Style, read};
use toynet_record::{Entry, Reader};

fuzz_target!(|octets: &[u8]| {
    told(octets);
    told(&frames(octets));
});

fn told(octets: &[u8]) {
    let Ok(recording) = read(octets, &KeyLog::default()) else { return };
    let entries: Vec<Entry<'_>> = recording.journal.entries().collect();
    for style in [Style::Packets, Style::Messages] {
        let mut capture = Capture::new("fuzz", "", &recording.roster, style);
        let mut reader = Reader::new(recording.roster.clone());
        for entry in &entries {
            reader.read(entry, |event| capture.hear(&event));
        }
        capture.finish(entries.last().map(|entry| entry.time).unwrap_or_default());
        assert!(!read(&capture.take()[..], &KeyLog::default()).expect("it is a capture").is_cut);
    }
}

/// Octets as frames of a pcap file: the first says over which link, then each has a length before it.
fn frames(octets: &[u8]) -> Vec<u8> {
    let Some((link, mut rest)) = octets.split_first() else { return Vec::new() };
    let link = [0, 1, 101, 113, 228, 229, 276][usize::from(link % 7)];
    let mut file: Vec<u8> =
        [0xa1b2_c3d4_u32, 0, 0, 0, 65_535, link].iter().flat_map(|number| number.to_le_bytes()).collect();
    while let Some((length, after)) = rest.split_first() {
        let (frame, after) = after.split_at(usize::from(*length).min(after.len()));
        let length = frame.len() as u32;
        file.extend([0, 0, length, length].iter().flat_map(|number| number.to_le_bytes()));
        file.extend(frame);
        rest = after;
    }
    file
}
