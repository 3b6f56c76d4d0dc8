//! Any octets can be read as commands, as replies and as content, and give the same however they are split.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toynet_smtp::wire::command::Command;
use toynet_smtp::wire::content::Content;
use toynet_smtp::wire::data::{self, DataReader};
use toynet_smtp::wire::line::LineReader;
use toynet_smtp::wire::reply::{Reply, ReplyReader};

fuzz_target!(|input: (u8, &[u8])| {
    let (cut, octets) = input;
    let cut = usize::from(cut) + 1;
    let commands = lines(octets, octets.len().max(1));
    assert_eq!(lines(octets, cut), commands);
    for command in &commands {
        if let Ok(command) = Command::parse(command) {
            assert!(Command::parse(command.to_string().as_bytes()).is_ok(), "{command}");
        }
    }
    assert_eq!(replies(octets, cut), replies(octets, octets.len().max(1)));
    assert_eq!(content(octets, cut), content(octets, octets.len().max(1)));
    if let Ok(content) = Content::new(octets.to_vec()) {
        let mut wire = Vec::new();
        data::write(&content, &mut wire);
        assert_eq!(self::content(&wire, cut), Some(content.octets().to_vec()));
    }
});

fn lines(octets: &[u8], cut: usize) -> Vec<Vec<u8>> {
    let (mut reader, mut lines) = (LineReader::new(1024), Vec::new());
    for mut piece in octets.chunks(cut) {
        while !piece.is_empty() {
            let taken = reader.take(piece);
            piece = &piece[taken.count..];
            lines.extend(taken.line.and_then(Result::ok));
        }
    }
    lines
}

fn replies(octets: &[u8], cut: usize) -> Vec<Option<Reply>> {
    let (mut reader, mut replies) = (ReplyReader::default(), Vec::new());
    for mut piece in octets.chunks(cut) {
        while !piece.is_empty() {
            let (count, reply) = reader.take(piece);
            piece = &piece[count..];
            replies.extend(reply.map(Result::ok));
        }
    }
    replies
}

/// What DATA carried, if it came to its end and may be kept.
fn content(octets: &[u8], cut: usize) -> Option<Vec<u8>> {
    let mut reader = DataReader::new(1024 * 1024);
    for piece in octets.chunks(cut) {
        reader.take(piece);
    }
    if !reader.is_done() {
        return None;
    }
    reader.finish().ok().map(|content| content.octets().to_vec())
}
