//! Octets as they are: what no client would send, and whatever comes back.

use toynet_service::{Ending, Errand};

use super::connect::connect;
use super::show::Show;
use super::told::Story;
use super::wish::Wish;
use crate::client::failure::Failure;
use crate::client::one::Conversation;

/// The octets that `--raw` means: those of a file, if there is one of that name, else of a text with escapes.
///
/// # Errors
/// When the file cannot be read, or an escape makes no sense.
pub(super) fn octets(text: &str) -> Result<Vec<u8>, String> {
    let is_file = !text.contains(['\n', '\\']) && std::path::Path::new(text).is_file();
    if is_file {
        return std::fs::read(text).map_err(|error| format!("{text} cannot be read: {error}"));
    }
    unescaped(text)
}

/// Sends them, and shows what comes until the server closes or the time is over.
pub(super) async fn run(wish: Wish, errand: Errand) -> Ending {
    let clock = errand.host().clock();
    let mut story = Story::begin(&wish, clock.now());
    let mut show = Show::new(&wish, &errand);
    let octets = wish.raw.clone().unwrap_or_default();
    let told = async {
        let stream = connect(&wish, &wish.url, &errand, &mut story, &mut show).await?;
        let mut conversation = Conversation::new(stream, clock);
        // A server may close before it has read all: what it said counts.
        let said = conversation.say(&octets).await;
        let limit = wish.longest.unwrap_or(SILENCE);
        let mut heard = 0;
        loop {
            match clock.until(clock.now() + limit, conversation.hear()).await {
                Ok(Ok(Some(piece))) => {
                    heard += piece.len() as u64;
                    show.content(&piece).await?;
                }
                // A reset after the answer is how a server says that it has heard enough.
                Ok(Ok(None)) => break,
                Ok(Err(_)) if heard > 0 => break,
                Ok(Err(failure)) => return Err(failure),
                Err(_) if heard > 0 => break,
                Err(_) => return Err(Failure::Late { what: "answer", limit }),
            }
        }
        story.downloaded = heard;
        match said {
            Err(error) if heard == 0 => Err(Failure::Network(error)),
            _ if heard == 0 => Err(Failure::Silent),
            _ => Ok(()),
        }
    };
    let told = told.await;
    story.total = clock.now() - story.began;
    let heard = format!("{} octets sent, {} heard", octets.len(), story.downloaded);
    let ending = show.end(&wish, &story, told).await;
    if ending.how == toynet_service::How::Done { Ending::done(heard) } else { ending }
}

fn unescaped(text: &str) -> Result<Vec<u8>, String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (octet, taken) = match (first, after) {
            (b'\\', [b'r', ..]) => (b'\r', 2),
            (b'\\', [b'n', ..]) => (b'\n', 2),
            (b'\\', [b't', ..]) => (b'\t', 2),
            (b'\\', [b'0', ..]) => (0, 2),
            (b'\\', [b'\\', ..]) => (b'\\', 2),
            (b'\\', [b'x', high, low, ..]) => {
                let digits =
                    std::str::from_utf8(&[*high, *low]).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
                (digits.ok_or("\\x wants two hexadecimal digits, as in \\x0d")?, 4)
            }
            (b'\\', _) => return Err("--raw knows \\r \\n \\t \\0 \\xHH and \\\\; a file is taken as it is".to_owned()),
            (octet, _) => (*octet, 1),
        };
        octets.push(octet);
        rest = &rest[taken..];
    }
    Ok(octets)
}

/// How long nothing may come before the conversation counts as over, where the person says nothing.
const SILENCE: std::time::Duration = std::time::Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_mean_what_they_mean_in_c() {
        assert_eq!(unescaped("GET /\\r\\n\\x00\\\\ä"), Ok("GET /\r\n\0\\ä".as_bytes().to_vec()));
        assert!(unescaped("\\q").is_err());
        assert!(unescaped("\\xg0").is_err());
        assert!(unescaped("\\x1").is_err());
    }

    #[test]
    fn a_file_is_taken_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("octets");
        std::fs::write(&file, b"\\r\xff").unwrap();
        assert_eq!(octets(&file.display().to_string()), Ok(b"\\r\xff".to_vec()));
    }
}
