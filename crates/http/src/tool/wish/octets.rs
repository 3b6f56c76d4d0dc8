//! Octets as they were typed.

/// The octets that `--raw` means: those of a file, if there is one of that name, else of a text with escapes.
///
/// # Errors
/// When the file cannot be read, or an escape makes no sense.
pub(super) fn read(text: &str) -> Result<Vec<u8>, String> {
    let is_file = !text.contains(['\n', '\\']) && std::path::Path::new(text).is_file();
    if is_file {
        return std::fs::read(text).map_err(|error| format!("{text} cannot be read: {error}"));
    }
    unescaped(text)
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
        assert_eq!(read(&file.display().to_string()), Ok(b"\\r\xff".to_vec()));
    }
}
