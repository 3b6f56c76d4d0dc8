//! The name under which content is to be kept (RFC 6266).

/// The name of a file that a `Content-Disposition` gives, if it gives one that names a file in whatever folder one likes:
/// never a folder, another folder's file or a hidden one (RFC 6266 4.3).
pub fn file_name(value: &str) -> Option<String> {
    let (mut plain, mut extended) = (None, None);
    let (_, mut rest) = value.split_once(';')?;
    while let Some((name, after)) = rest.split_once('=') {
        let (text, after) = read_value(after.trim_start())?;
        match name.trim().to_ascii_lowercase().as_str() {
            "filename" => plain = plain.or(Some(text)),
            // Which is preferred where both are there (RFC 6266 4.3).
            "filename*" => extended = extended.or_else(|| decoded(&text)),
            _ => {}
        }
        rest = after;
    }
    in_one_folder(&extended.or(plain)?)
}

/// A token or a quoted string (RFC 9110 5.6.4), and what follows the next semicolon.
fn read_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (token, rest) = text.split_once(';').unwrap_or((text, ""));
        return Some((token.trim().to_owned(), rest));
    };
    let mut read = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                let rest = &quoted[at + 1..];
                return Some((read, rest.split_once(';').map_or("", |(_, rest)| rest)));
            }
            '\\' => read.push(characters.next()?.1),
            other => read.push(other),
        }
    }
    None
}

/// `UTF-8'en'%e2%82%ac` (RFC 8187 3.2.1).
fn decoded(text: &str) -> Option<String> {
    let mut parts = text.splitn(3, '\'');
    let (charset, _, coded) = (parts.next()?, parts.next()?, parts.next()?);
    let mut octets = Vec::new();
    let mut rest = coded.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (octet, taken) = match (first, after) {
            (b'%', [high, low, ..]) => (u8::from_str_radix(std::str::from_utf8(&[*high, *low]).ok()?, 16).ok()?, 3),
            (b'%', _) => return None,
            (plain, _) => (*plain, 1),
        };
        octets.push(octet);
        rest = &rest[taken..];
    }
    match charset.to_ascii_lowercase().as_str() {
        "utf-8" => String::from_utf8(octets).ok(),
        "iso-8859-1" => Some(octets.into_iter().map(char::from).collect()),
        _ => None,
    }
}

fn in_one_folder(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|character| !character.is_control()).collect();
    let plain = plain.trim().trim_start_matches('.');
    (!plain.is_empty()).then(|| plain.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_in_each_of_its_forms() {
        for (value, name) in [
            ("attachment; filename=plain.txt", "plain.txt"),
            ("Attachment; FileName = \"a; \\\"b\\\".txt\" ; size=3", "a; \"b\".txt"),
            ("attachment; filename=\"euro.txt\"; filename*=UTF-8''%e2%82%ac.txt", "\u{20ac}.txt"),
            ("attachment; filename*=iso-8859-1'en'%a3.txt; filename=x", "\u{a3}.txt"),
            ("attachment; filename*=koi8-r''%c1; filename=\"other\"", "other"),
            ("inline; filename=\"/etc/passwd\"", "passwd"),
            ("attachment; filename=\"..\\\\..\\\\evil.exe\"", "evil.exe"),
            ("attachment; filename*=UTF-8''..%2f..%2fevil", "evil"),
            ("attachment; filename=\".bashrc\"", "bashrc"),
        ] {
            assert_eq!(file_name(value).as_deref(), Some(name), "{value}");
        }
    }

    #[test]
    fn what_names_no_file_is_no_name() {
        for value in [
            "",
            "attachment",
            "attachment; filename=",
            "attachment; filename=\"..\"",
            "attachment; filename=\"folder/\"",
            "attachment; filename=\"unfinished",
            "attachment; filename=\"unfinished\\",
            "attachment; filename*=UTF-8''%e",
            "attachment; filename*=UTF-8''%ff",
            "attachment; filename*=plain",
            "filename=x",
        ] {
            assert_eq!(file_name(value), None, "{value}");
        }
    }
}
