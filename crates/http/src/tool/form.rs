//! What a request carries: data, forms, files.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::ArgMatches;
use toynet_machine::Random;

use crate::client::failure::Failure;
use crate::client::outgoing::Outgoing;

/// Content that can be sent again, after a redirection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub parts: Vec<Part>,
    /// What it is, where the person does not say otherwise.
    pub media_type: Option<String>,
    /// Where the answer should be JSON too.
    pub wants_json: bool,
}

/// A part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Octets(Bytes),
    File(PathBuf),
    /// Can be read once.
    Stdin,
}

impl Form {
    /// What the arguments say, if they say anything. Files that are part of data are read at once.
    pub fn read(matches: &ArgMatches, random: Random) -> Result<Option<Self>, String> {
        if let Some(file) = text(matches, "upload-file") {
            let part = if file == "-" { Part::Stdin } else { Part::File(readable(file)?) };
            return Ok(Some(Self { parts: vec![part], ..Self::default() }));
        }
        if let Some(json) = text(matches, "data-json") {
            let parts = vec![Part::Octets(octets_or_file(json, |octets| octets)?.into())];
            return Ok(Some(Self { parts, media_type: Some("application/json".into()), wants_json: true }));
        }
        if matches.contains_id("form") {
            return multipart(matches, random).map(Some);
        }
        let data = data(matches)?;
        Ok(data.map(|data| Self {
            parts: vec![Part::Octets(data.into())],
            media_type: Some("application/x-www-form-urlencoded".into()),
            wants_json: false,
        }))
    }

    /// Whether it is there a second time.
    pub fn may_be_sent_again(&self) -> bool {
        !self.parts.contains(&Part::Stdin)
    }

    /// The data as a query (`-G`).
    pub fn as_query(&self) -> String {
        let octets = self.parts.iter().map(|part| match part {
            Part::Octets(octets) => String::from_utf8_lossy(octets).into_owned(),
            Part::File(_) | Part::Stdin => String::new(),
        });
        octets.collect()
    }

    /// Opens it to be sent.
    pub async fn open(&self) -> Result<Outgoing, Failure> {
        let mut whole = Outgoing::nothing();
        for part in &self.parts {
            whole = whole.then(match part {
                Part::Octets(octets) => octets.clone().into(),
                Part::Stdin => Outgoing::new(tokio::io::stdin(), None),
                Part::File(path) => {
                    let file = tokio::fs::File::open(path).await.map_err(Failure::LocalContent)?;
                    let length = file.metadata().await.ok().filter(|file| file.is_file()).map(|file| file.len());
                    Outgoing::new(file, length)
                }
            });
        }
        Ok(whole)
    }
}

/// All `-d` and their kin in the order in which they were typed, joined by `&`.
fn data(matches: &ArgMatches) -> Result<Option<Vec<u8>>, String> {
    let mut pieces: Vec<(usize, Vec<u8>)> = Vec::new();
    for id in ["data", "data-raw", "data-binary", "data-urlencode"] {
        let places = matches.indices_of(id).into_iter().flatten();
        for (place, value) in places.zip(matches.get_many::<String>(id).into_iter().flatten()) {
            let octets = match id {
                "data" => octets_or_file(value, without_line_ends)?,
                "data-raw" => value.clone().into_bytes(),
                "data-binary" => octets_or_file(value, |octets| octets)?,
                _ => encoded(value)?,
            };
            pieces.push((place, octets));
        }
    }
    pieces.sort_by_key(|(place, _)| *place);
    let pieces: Vec<_> = pieces.into_iter().map(|(_, octets)| octets).collect();
    Ok((!pieces.is_empty()).then(|| pieces.join(&b'&')))
}

fn octets_or_file(value: &str, change: fn(Vec<u8>) -> Vec<u8>) -> Result<Vec<u8>, String> {
    match value.strip_prefix('@') {
        Some(file) => file_or_stdin(file).map(change),
        None => Ok(value.as_bytes().to_vec()),
    }
}

fn without_line_ends(octets: Vec<u8>) -> Vec<u8> {
    octets.into_iter().filter(|octet| !b"\r\n\0".contains(octet)).collect()
}

/// `text`, `=text`, `name=text`, `@file` and `name@file`, as curl has them.
fn encoded(value: &str) -> Result<Vec<u8>, String> {
    let (name, content) = match value.find(['=', '@']) {
        None => ("", value.as_bytes().to_vec()),
        Some(at) if value.as_bytes()[at] == b'=' => (&value[..at], value.as_bytes()[at + 1..].to_vec()),
        Some(at) => (&value[..at], file_or_stdin(&value[at + 1..])?),
    };
    let content = percent_encoded(&content);
    Ok(if name.is_empty() { content } else { format!("{name}={content}") }.into_bytes())
}

fn percent_encoded(octets: &[u8]) -> String {
    let encode = |octet: &u8| match octet {
        octet if octet.is_ascii_alphanumeric() || b"-._~".contains(octet) => char::from(*octet).to_string(),
        octet => format!("%{octet:02X}"),
    };
    octets.iter().map(encode).collect()
}

/// RFC 7578.
fn multipart(matches: &ArgMatches, mut random: Random) -> Result<Form, String> {
    let boundary = format!("toynet-{:016x}{:016x}", random.u64(), random.u64());
    let mut parts = Vec::new();
    for field in matches.get_many::<String>("form").into_iter().flatten() {
        let (name, value) =
            field.split_once('=').ok_or_else(|| format!("-F '{field}' is not of the form NAME=VALUE"))?;
        let Field { content, file_name, media_type } = Field::read(value)?;
        let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", quoted(name));
        if let Some(file_name) = file_name {
            head += &format!("; filename=\"{}\"", quoted(&file_name));
        }
        if let Some(media_type) = media_type {
            head += &format!("\r\nContent-Type: {media_type}");
        }
        parts.extend([Part::Octets((head + "\r\n\r\n").into()), content, Part::Octets("\r\n".into())]);
    }
    parts.push(Part::Octets(format!("--{boundary}--\r\n").into()));
    Ok(Form { parts, media_type: Some(format!("multipart/form-data; boundary={boundary}")), wants_json: false })
}

/// One field of a form.
struct Field {
    content: Part,
    file_name: Option<String>,
    media_type: Option<String>,
}

impl Field {
    /// `value`, `@file` or `<file`, with `;type=` and `;filename=` behind; any of them may stand in quotation
    /// marks.
    fn read(text: &str) -> Result<Self, String> {
        let (kind, text) = text.split_at(usize::from(text.starts_with(['@', '<'])));
        let (held, behind) = match quotation(text) {
            Some((held, behind)) => (Some(held), behind),
            None => (None, text),
        };
        let (value, file_name) = split_option(behind, ";filename=");
        let (value, media_type) = split_option(&value, ";type=");
        let value = held.unwrap_or(value);
        if kind == "<" {
            return Ok(Self { content: Part::Octets(file_or_stdin(&value)?.into()), file_name, media_type });
        }
        if kind.is_empty() {
            return Ok(Self { content: Part::Octets(value.into_bytes().into()), file_name, media_type });
        }
        let file = value.as_str();
        let guess = || mime_guess::from_path(file).first_or_octet_stream().to_string();
        let own_name = || Path::new(file).file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(Self {
            content: if file == "-" { Part::Stdin } else { Part::File(readable(file)?) },
            file_name: file_name.or_else(own_name),
            media_type: media_type.or_else(|| Some(guess())),
        })
    }
}

/// An option behind a value, and the value without it.
fn split_option(value: &str, option: &str) -> (String, Option<String>) {
    let Some((before, after)) = value.split_once(option) else { return (value.to_owned(), None) };
    let (found, rest) = quotation(after).unwrap_or_else(|| {
        let (found, rest) = after.split_at(after.find(';').unwrap_or(after.len()));
        (found.to_owned(), rest)
    });
    (format!("{before}{rest}"), Some(found))
}

/// What stands in quotation marks at the beginning, and what follows them; a backslash escapes a mark and
/// itself.
fn quotation(text: &str) -> Option<(String, &str)> {
    let inside = text.strip_prefix('"')?;
    let mut held = String::new();
    let mut letters = inside.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((held, &inside[at + 1..])),
            '\\' => held.push(letters.next_if(|(_, next)| ['"', '\\'].contains(next)).map_or('\\', |(_, next)| next)),
            other => held.push(other),
        }
    }
    None
}

/// What browsers make of a quotation mark and line ends (RFC 7578 4.2).
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// A file that is there; whether it stays there shows when it is sent.
fn readable(file: &str) -> Result<PathBuf, String> {
    match std::fs::File::open(file) {
        Ok(_) => Ok(file.into()),
        Err(error) => Err(format!("{file} cannot be read: {error}")),
    }
}

fn file_or_stdin(file: &str) -> Result<Vec<u8>, String> {
    let mut octets = Vec::new();
    let read = match file {
        "-" => std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut octets).map(|_| octets),
        file => std::fs::read(file),
    };
    read.map_err(|error| format!("{file} cannot be read: {error}"))
}

fn text<'a>(matches: &'a ArgMatches, id: &str) -> Option<&'a str> {
    matches.get_one::<String>(id).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_joined_in_the_order_in_which_it_was_typed() {
        let form = form(&["--data-raw", "@a", "-d", "b=1", "--data-urlencode", "c=x y&ü", "--data-urlencode", "=z/"]);
        assert_eq!(form.as_query(), "@a&b=1&c=x%20y%26%C3%BC&z%2F");
        assert_eq!(form.media_type.as_deref(), Some("application/x-www-form-urlencoded"));
    }

    #[test]
    fn files_are_taken_with_or_without_their_line_ends() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("text");
        std::fs::write(&file, "one\r\ntwo\n").unwrap();
        let at = format!("@{}", file.display());
        assert_eq!(form(&["-d", &at]).as_query(), "onetwo");
        assert_eq!(form(&["--data-binary", &at]).as_query(), "one\r\ntwo\n");
        assert_eq!(form(&["--data-urlencode", &format!("n{at}")]).as_query(), "n=one%0D%0Atwo%0A");
    }

    #[test]
    fn a_form_in_parts_says_what_each_part_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("note.txt");
        std::fs::write(&file, "text").unwrap();
        let form = form(&["-F", "a=1;type=text/x", "-F", &format!("b=@{};filename=x\"y", file.display())]);
        let boundary = form.media_type.as_deref().unwrap().rsplit_once('=').unwrap().1.to_owned();
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: text/x\r\n\r\n1\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"b\"; filename=\"x%22y\"\r\n\
             Content-Type: text/plain\r\n\r\n\r\n--{boundary}--\r\n"
        );
        assert_eq!(form.as_query(), expected, "without the file, which is read as it is sent");
        assert!(form.parts.contains(&Part::File(file)));
    }

    #[test]
    fn quotation_marks_hold_what_would_mean_something() {
        for (text, value, file_name, media_type) in [
            (r#""a;type=b";type=text/y"#, "a;type=b", None, Some("text/y")),
            (r#"1;filename="a;b\"c";type=x/y"#, "1", Some("a;b\"c"), Some("x/y")),
            (r#""C:\dir \\ \" x""#, "C:\\dir \\ \" x", None, None),
            (r#""open"#, "\"open", None, None),
        ] {
            let field = Field::read(text).unwrap();
            assert_eq!(field.content, Part::Octets(value.to_owned().into()), "{text}");
            assert_eq!((field.file_name.as_deref(), field.media_type.as_deref()), (file_name, media_type), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_before_anything_is_sent() {
        for arguments in [["-d", "@/nowhere/x"], ["-T", "/nowhere/x"], ["-F", "a=@/nowhere/x"], ["-F", "no value"]] {
            assert!(read(&arguments).is_err(), "{arguments:?}");
        }
        assert_eq!(read(&[]), Ok(None));
    }

    fn form(arguments: &[&str]) -> Form {
        read(arguments).unwrap().unwrap()
    }

    fn read(arguments: &[&str]) -> Result<Option<Form>, String> {
        let line = ["http", "http://a.test/"].iter().chain(arguments);
        let matches = super::super::arguments::post().try_get_matches_from(line).unwrap();
        Form::read(&matches, Random::new(1, "a.test", "boundary"))
    }
}
