//! What a program says (RFC 3875 6).

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use http::{Response, StatusCode};

use crate::server::route::proxy::fields::end_to_end;

/// What the fields of a program's answer mean.
#[derive(Debug)]
pub enum Head {
    /// An answer, whose content follows.
    Answer(Response<()>),
    /// The server is to answer as if this path had been asked for (6.2.2).
    SendOn(String),
}

/// Why what a program says is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    /// It ended before the empty line behind its fields.
    #[error("it ends before the empty line behind its fields (RFC 3875 6.1)")]
    Ended,
    /// It begins with a status line, as programs do that speak HTTP themselves (5).
    #[error(
        "it begins with a status line, as programs called nph- do: here `Status: 200` says the same (RFC 3875 6.3.3)"
    )]
    StatusLine,
    /// A line is no field.
    #[error("line {0} is no field (RFC 3875 6.3)")]
    Field(usize),
    /// There is neither `Content-Type` nor `Location` nor `Status`.
    #[error("it has none of Content-Type, Location and Status (RFC 3875 6.2)")]
    Nothing,
    /// The status is none, or ends no exchange.
    #[error("its Status is no code from 200 to 599 (RFC 3875 6.3.3)")]
    Status,
    /// Its fields are too many.
    #[error("its fields take more than {} octets", LARGEST_HEAD)]
    TooLarge,
}

impl OutputError {
    fn is_of_line(&self) -> bool {
        matches!(self, OutputError::Field(_) | OutputError::StatusLine)
    }
}

/// What was heard before the content.
#[derive(Debug, Default)]
pub struct Said(Vec<u8>);

impl Said {
    /// Takes more of what the program says; when its fields are complete, what they mean, and the
    /// content that came along. No octets mean the end.
    ///
    /// # Errors
    /// When it is no answer.
    pub fn hear(&mut self, octets: &[u8]) -> Result<Option<(Head, Bytes)>, OutputError> {
        self.0.extend_from_slice(octets);
        match end(&self.0) {
            Some((head, content)) => {
                let head = read(&self.0[..head])?;
                Ok(Some((head, Bytes::copy_from_slice(&self.0[content..]))))
            }
            // A line that is no field says more than the end that never came.
            None if octets.is_empty() => {
                Err(read(&self.0).err().filter(OutputError::is_of_line).unwrap_or(OutputError::Ended))
            }
            None if self.0.len() > LARGEST_HEAD => Err(OutputError::TooLarge),
            None => Ok(None),
        }
    }
}

/// Where the fields end and where the content begins. Lines end as the program likes.
fn end(octets: &[u8]) -> Option<(usize, usize)> {
    let mut line = 0;
    for (at, _) in octets.iter().enumerate().filter(|(_, octet)| **octet == b'\n') {
        if octets[line..at].trim_ascii_end().is_empty() {
            return Some((line, at + 1));
        }
        line = at + 1;
    }
    None
}

fn read(head: &[u8]) -> Result<Head, OutputError> {
    let mut fields = HeaderMap::new();
    let mut status = None;
    for (number, line) in (1..).zip(head.split(|octet| *octet == b'\n').filter(|line| !line.is_empty())) {
        let wrong = if number == 1 && line.starts_with(b"HTTP/") {
            OutputError::StatusLine
        } else {
            OutputError::Field(number)
        };
        let (name, value) = field(line).ok_or(wrong)?;
        match name.as_str() {
            "status" => status = Some(code(&value).ok_or(OutputError::Status)?),
            _ => drop(fields.append(name, value)),
        }
    }
    let location = fields.get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    match location {
        Some(path) if path.starts_with('/') && status.is_none() && !fields.contains_key(CONTENT_TYPE) => {
            return Ok(Head::SendOn(path));
        }
        None if status.is_none() && !fields.contains_key(CONTENT_TYPE) => return Err(OutputError::Nothing),
        Some(_) | None => {}
    }
    let mut answer = Response::new(());
    *answer.status_mut() = status.unwrap_or(if location.is_some() { StatusCode::FOUND } else { StatusCode::OK });
    *answer.headers_mut() = end_to_end(&fields);
    Ok(Head::Answer(answer))
}

fn field(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|octet| *octet == b':')?;
    let name = HeaderName::from_bytes(&line[..colon]).ok()?;
    Some((name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?))
}

/// `404 Not Found`: the words are left out, as the versions of HTTP from 2 on do.
fn code(value: &HeaderValue) -> Option<StatusCode> {
    let code = value.to_str().ok()?.split(' ').next()?.parse().ok()?;
    StatusCode::from_u16(code).ok().filter(|status| (200..600).contains(&status.as_u16()))
}

/// As large as a request's head may be.
const LARGEST_HEAD: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_however_its_lines_end() {
        for text in ["Content-Type: a/b\nX: 1\n\nbody\n", "content-type:a/b\r\nX: 1\r\n\r\nbody\n"] {
            let (head, content) = Said::default().hear(text.as_bytes()).unwrap().unwrap();
            let Head::Answer(answer) = head else { unreachable!("{head:?}") };
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["x"], &content[..]),
                (200, &"1".parse().unwrap(), &b"body\n"[..])
            );
        }
    }

    #[test]
    fn a_location_is_the_servers_own_matter_or_the_clients() {
        let Ok(Some((Head::SendOn(path), _))) = heard("Location: /a?b\n\n") else { unreachable!() };
        assert_eq!(path, "/a?b");
        for (text, code) in [
            ("Location: http://a.test/\n\n", 302),
            ("Location: /a\nStatus: 303 See Other\n\n", 303),
            ("Status: 404\n\n", 404),
        ] {
            let Ok(Some((Head::Answer(answer), _))) = heard(text) else { unreachable!("{text}") };
            assert_eq!(answer.status(), code, "{text}");
        }
    }

    #[test]
    fn what_is_no_answer_is_told() {
        for (text, error) in [
            ("", OutputError::Ended),
            ("Content-Type: a/b\n", OutputError::Ended),
            ("<h1>hello\n", OutputError::Field(1)),
            ("\n", OutputError::Nothing),
            ("X: 1\n\n", OutputError::Nothing),
            ("<p>hello\n\n", OutputError::Field(1)),
            ("HTTP/1.1 200 OK\nContent-Type: a/b\n\n", OutputError::StatusLine),
            ("Content-Type: a/b\nx y: 1\n\n", OutputError::Field(2)),
            ("Status: 100\n\n", OutputError::Status),
            ("Status: fine\n\n", OutputError::Status),
        ] {
            assert_eq!(heard(text).unwrap_err(), error, "{text:?}");
        }
        let long = "x".repeat(LARGEST_HEAD + 1);
        assert_eq!(Said::default().hear(long.as_bytes()).unwrap_err(), OutputError::TooLarge);
    }

    fn heard(text: &str) -> Result<Option<(Head, Bytes)>, OutputError> {
        let mut said = Said::default();
        match said.hear(text.as_bytes()) {
            Ok(None) => said.hear(b""),
            heard => heard,
        }
    }
}
