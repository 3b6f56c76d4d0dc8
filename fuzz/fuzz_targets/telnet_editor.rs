//! Whatever is typed, what is seen of the line is a part of it, and it stays within its room.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toynet_telnet::editor::{Echo, Editor};
use toynet_telnet::key::Keys;
use toynet_telnet::screen::Screen;

fuzz_target!(|typed: (u8, &[u8])| {
    let (room, octets) = typed;
    let (mut keys, mut editor, mut screen) = (Keys::default(), Editor::default(), Screen::default());
    let room = usize::from(room).max(4);
    editor.fit(room);
    for octet in octets {
        let mut pressed = Vec::new();
        keys.take(*octet, &mut pressed);
        for key in pressed {
            let mut shown = String::new();
            if editor.press(key, Echo::Shown, &mut shown).is_some() {
                screen = Screen::default();
                continue;
            }
            shown.chars().for_each(|character| drop(screen.put(character)));
            let (seen, line) = (screen.text(), editor.text());
            assert!(line.contains(seen.trim_end()), "{seen:?} in {line:?}");
            assert!(editor.width() <= room);
        }
    }
});
