//! What a mail server says to conversations that no client would hold.

mod support;

use std::fs;
use std::path::Path;

use support::Lab;
use support::wire::Stream;

#[test]
fn every_conversation_goes_as_it_is_written() {
    let lab = Lab::built_in();
    let door = lab.status().door("mail.shop.test", "tcp", 25);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/smtp");
    let mut held = 0;
    for file in fs::read_dir(folder).expect("the corpus").flatten().map(|entry| entry.path()) {
        if file.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a file of the corpus");
        for conversation in text.split("== ").skip(1) {
            let (title, lines) = conversation.split_once('\n').expect("a title has a line of its own");
            hold(Stream::connect(door), title, lines);
            held += 1;
        }
    }
    assert!(held >= 20, "{held} conversations");
    assert_eq!(lab.stop("TERM").code(), Some(0));
}

fn hold(mut stream: Stream, title: &str, lines: &str) {
    for line in lines.lines().filter(|line| !line.is_empty()) {
        match line.split_once(' ').unwrap_or((line, "")) {
            (">", said) => stream.send(&[&octets(said)[..], b"\r\n"].concat()),
            (">>", said) => stream.send(&octets(said)),
            ("<", "end") => assert_eq!(stream.until(b"\n"), b"", "{title}: the connection does not end"),
            ("<", code) => {
                let reply = reply(&mut stream);
                assert!(reply.starts_with(code), "{title}: {line} is\n{reply}");
            }
            _ => panic!("{title}: {line}"),
        }
    }
}

/// The last line of a reply.
fn reply(stream: &mut Stream) -> String {
    loop {
        let line = String::from_utf8_lossy(&stream.until(b"\r\n")).into_owned();
        if line.as_bytes().get(3) != Some(&b'-') {
            return line;
        }
    }
}

fn octets(text: &str) -> Vec<u8> {
    let (mut octets, mut rest) = (Vec::new(), text);
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        if character == '{' {
            let (repeated, after) = rest.split_once('}').expect("a repetition ends");
            let (line, count) = repeated.rsplit_once('*').expect("a repetition has a count");
            octets.extend(self::octets(line).repeat(count.parse().expect("a count")));
            rest = after;
        } else if character == '\\' {
            let (octet, length) = match rest.as_bytes()[0] {
                b'r' => (b'\r', 1),
                b'n' => (b'\n', 1),
                b't' => (b'\t', 1),
                b'0' => (0, 1),
                b'x' => (u8::from_str_radix(&rest[1..3], 16).expect("two digits"), 3),
                other => (other, 1),
            };
            octets.push(octet);
            rest = &rest[length..];
        } else {
            octets.extend(character.to_string().into_bytes());
        }
    }
    octets
}
