//! Several ranges in one answer: multipart/byteranges (RFC 9110 14.6).

use bytes::Bytes;
use http::HeaderValue;

use super::body::Body;
use super::file::{File, digest};
use super::range::ByteRange;

/// The body that carries `ranges` of `file`, and the media type that names its boundary.
pub fn byteranges(file: &File, ranges: &[ByteRange]) -> (Body, HeaderValue) {
    let boundary = boundary(file);
    let mut pieces = Vec::with_capacity(2 * ranges.len() + 1);
    for range in ranges {
        pieces.push(Body::Held(part_head(&boundary, file, *range)));
        pieces.push(file.content.slice(range.first, range.length()));
    }
    pieces.push(Body::Held(format!("\r\n--{boundary}--\r\n").into()));
    let media_type = format!("multipart/byteranges; boundary={boundary}");
    (Body::Pieces(pieces), HeaderValue::from_str(&media_type).expect("visible ASCII"))
}

/// `bytes 0-99/1000`: what part of the file this is (RFC 9110 14.4).
pub fn content_range(range: ByteRange, length: u64) -> String {
    format!("bytes {}-{}/{length}", range.first, range.last)
}

fn part_head(boundary: &str, file: &File, range: ByteRange) -> Bytes {
    let media_type = file.content_type.to_str().unwrap_or_default();
    let content_range = content_range(range, file.length());
    format!("\r\n--{boundary}\r\nContent-Type: {media_type}\r\nContent-Range: {content_range}\r\n\r\n").into()
}

/// The same for the same version of a file, so that equal requests have equal answers. A file that holds
/// its own boundary would have to be made for it; clients read by Content-Range then.
fn boundary(file: &File) -> String {
    format!("toynet-{:016x}", digest(file.etag.as_bytes()))
}

#[cfg(test)]
mod tests {
    use toynet_machine::Time;

    use super::*;

    #[test]
    fn each_part_says_what_it_is() {
        let file = File::held("a.txt", Bytes::from_static(b"0123456789"), Time::default());
        let ranges = [ByteRange { first: 0, last: 1 }, ByteRange { first: 8, last: 9 }];

        let (body, media_type) = byteranges(&file, &ranges);

        let boundary = boundary(&file);
        assert_eq!(media_type, format!("multipart/byteranges; boundary={boundary}"));
        let expected = format!(
            "\r\n--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 0-1/10\r\n\r\n01\
             \r\n--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 8-9/10\r\n\r\n89\
             \r\n--{boundary}--\r\n"
        );
        assert_eq!(body.read().expect("held"), expected);
        assert_eq!(body.length(), expected.len() as u64);
    }
}
