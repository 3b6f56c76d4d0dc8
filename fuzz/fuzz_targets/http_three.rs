//! Whatever comes in a stream of HTTP/3, it means the same however it is cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toynet_http::wire::three::one_way::Told;
use toynet_http::wire::three::{Broken, Message, OneWay, Part, Streams};

fuzz_target!(|said: (&[u8], &[u8])| {
    let (octets, cuts) = said;
    for message in [Message::request(4096), Message::answer(4096)] {
        assert_eq!(read(message.clone(), octets, &[]), read(message, octets, cuts));
    }
    for of in [Streams::of_client(), Streams::of_server()] {
        assert_eq!(follow(of, octets, &[]), follow(of, octets, cuts));
    }
});

/// Each field section with its place in the content, the content, and with what it ends.
fn read(mut message: Message, octets: &[u8], cuts: &[u8]) -> (Vec<(usize, Vec<u8>)>, Vec<u8>, Result<(), Broken>) {
    let (mut sections, mut content) = (Vec::new(), Vec::new());
    for mut piece in pieces(octets, cuts) {
        loop {
            match message.next(&mut piece) {
                Ok(None) => break,
                Ok(Some(Part::Fields(section))) => sections.push((content.len(), section)),
                Ok(Some(Part::Content(octets))) => content.extend_from_slice(octets),
                Err(broken) => return (sections, content, Err(broken)),
            }
        }
    }
    (sections, content, message.end())
}

/// What a stream says that one side alone writes, or what it breaks.
fn follow(mut of: Streams, octets: &[u8], cuts: &[u8]) -> Result<Vec<Told>, Broken> {
    let mut stream = OneWay::default();
    let mut told = Vec::new();
    for piece in pieces(octets, cuts) {
        told.extend(stream.said(piece, &mut of)?);
    }
    Ok(told)
}

fn pieces<'a>(octets: &'a [u8], cuts: &[u8]) -> Vec<&'a [u8]> {
    let mut rest = octets;
    let piece = |length: usize| {
        let (piece, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        piece
    };
    cuts.iter().map(|cut| usize::from(*cut)).chain([octets.len()]).map(piece).collect()
}
