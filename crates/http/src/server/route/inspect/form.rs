//! What a request's content says: a form, with or without files (RFC 7578).

use super::asked;

/// One field of a form, or one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// The name of the file, if it is one.
    pub file: Option<String>,
    /// Its media type, if it says so.
    pub media_type: Option<String>,
    /// What it holds.
    pub content: Vec<u8>,
}

/// The parts of a form with this media type; nothing when it is none.
pub fn parts(media_type: &str, content: &[u8]) -> Option<Vec<Part>> {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/x-www-form-urlencoded" => {
            let pairs = asked::pairs(&String::from_utf8_lossy(content)).into_iter().take(MOST_PARTS);
            let part = |(name, value): (String, String)| Part {
                name,
                file: None,
                media_type: None,
                content: value.into_bytes(),
            };
            Some(pairs.map(part).collect())
        }
        "multipart/form-data" => multipart(&parameter(media_type, "boundary")?, content),
        _ => None,
    }
}

/// RFC 2046 5.1.1: parts stand between lines of two hyphens and the boundary.
fn multipart(boundary: &str, content: &[u8]) -> Option<Vec<Part>> {
    let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
    // The first delimiter may stand at the very beginning.
    let whole = [b"\r\n", content].concat();
    let mut at = find(&whole, &delimiter)? + delimiter.len();
    let mut parts = Vec::new();
    while parts.len() < MOST_PARTS && !whole[at..].starts_with(b"--") {
        let begin = at + find(&whole[at..], b"\r\n")? + 2;
        let end = begin + find(&whole[begin.saturating_sub(2)..], &delimiter)?.saturating_sub(2);
        parts.extend(part(&whole[begin..end]));
        at = end + delimiter.len();
    }
    Some(parts)
}

fn part(octets: &[u8]) -> Option<Part> {
    let head_end = find(octets, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&octets[..head_end]).into_owned();
    let field = |name: &str| {
        let lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
        let mut values = lines.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
        values.next().map(str::to_owned)
    };
    let disposition = field("content-disposition")?;
    Some(Part {
        name: parameter(&disposition, "name")?,
        file: parameter(&disposition, "filename"),
        media_type: field("content-type"),
        content: octets[head_end + 4..].to_vec(),
    })
}

/// A parameter behind a value, as a token or in quotes (RFC 9110 5.6.6).
pub fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value.split_once(';')?.1;
    loop {
        let (found, after) = rest.split_once('=')?;
        let (value, after) = quoted_or_token(after);
        if found.trim().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = after.split_once(';').map_or("", |(_, rest)| rest);
    }
}

/// A value and what follows it.
pub(super) fn quoted_or_token(text: &str) -> (String, &str) {
    let text = text.trim_start();
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

fn find(octets: &[u8], wanted: &[u8]) -> Option<usize> {
    octets.windows(wanted.len()).position(|window| window == wanted)
}

/// More fields than any form for people has.
const MOST_PARTS: usize = 1000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_form_with_a_file_is_read() {
        let content = "--xx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n2\r\n--xx\r\n\
                       content-disposition: form-data; name=\"f\"; filename=\"a;\\\"b.txt\"\r\n\
                       Content-Type: text/plain\r\n\r\n\r\n--xx--\r\nrest";
        let told = parts("multipart/form-data; charset=x; boundary=\"xx\"", content.as_bytes()).unwrap();
        let plain = Part { name: "a".into(), file: None, media_type: None, content: b"1\r\n2".into() };
        let file = Part {
            name: "f".into(),
            file: Some("a;\"b.txt".into()),
            media_type: Some("text/plain".into()),
            content: Vec::new(),
        };
        assert_eq!(told, [plain, file]);
    }

    #[test]
    fn what_is_no_form_is_none() {
        assert_eq!(parts("text/plain", b"a=b"), None);
        assert_eq!(parts("multipart/form-data", b"--a\r\n"), None);
        assert_eq!(parts("multipart/form-data; boundary=a", b"--a\r\nnever ends"), None);
    }

    proptest! {
        #[test]
        fn anything_is_read_or_refused(content in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'-'), Just(b'a'), any::<u8>()], 0..60)) {
            drop(parts("multipart/form-data; boundary=a", &content));
            drop(parts("application/x-www-form-urlencoded", &content));
        }
    }
}
