//! The log of what was asked, in the formats that programs for it read.

use std::cell::{Cell, OnceCell};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::PathBuf;

use http::header::{HeaderName, REFERER, USER_AGENT};
use http::{Request, StatusCode, Version};
use serde::Deserialize;
use tokio::sync::mpsc::{self, Receiver, Sender};
use toynet_machine::Time;

use super::route::auth::Credentials;
use super::{Connected, Content};
use crate::site::date;

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// `host - user [date] "request" status octets`, as NCSA httpd wrote it.
    Common,
    /// The same with referer and user agent.
    Combined,
    /// An object.
    Json,
}

/// A log, written by a task of its own: nobody waits for a disk to answer a request.
#[derive(Debug)]
pub struct AccessLog {
    format: Format,
    /// Without one, to standard output.
    file: Option<PathBuf>,
    writer: OnceCell<Sender<String>>,
    lost: Cell<u64>,
}

/// What is told of a request.
#[derive(Debug)]
pub(super) struct Entry {
    client: IpAddr,
    /// The name that came with a password, whether that was right or not; the status tells.
    user: Option<String>,
    at: Time,
    method: String,
    target: String,
    version: Version,
    host: String,
    referer: String,
    agent: String,
}

impl AccessLog {
    /// A log at `file`, which is appended to, or on standard output.
    pub fn new(format: Format, file: Option<PathBuf>) -> Self {
        Self { format, file, writer: OnceCell::new(), lost: Cell::new(0) }
    }

    /// Writes how a request was answered, with how much content. Where the disk cannot follow, lines are dropped and
    /// counted.
    pub(super) fn write(&self, entry: &Entry, status: StatusCode, octets: u64) {
        self.send(self.format.line(entry, status, octets));
    }

    /// Writes that something was refused that is no request.
    pub(super) fn refused(&self, status: StatusCode, connected: &Connected, octets: u64, now: Time) {
        let entry = Entry {
            client: connected.peer.ip(),
            user: None,
            at: now,
            method: String::new(),
            target: String::new(),
            version: Version::HTTP_11,
            host: String::new(),
            referer: String::new(),
            agent: String::new(),
        };
        self.write(&entry, status, octets);
    }

    fn send(&self, line: String) {
        let writer = self.writer.get_or_init(|| {
            let (sender, lines) = mpsc::channel(WAITING);
            tokio::task::spawn_local(write(self.file.clone(), lines));
            sender
        });
        if writer.try_send(line).is_err() {
            self.lost.set(self.lost.get() + 1);
        } else if self.lost.get() > 0 && writer.capacity() > WAITING / 2 {
            tracing::warn!("{} lines of an access log were dropped: the disk is slow", self.lost.take());
        }
    }
}

/// Writes lines as they come, many at a time.
async fn write(file: Option<PathBuf>, mut lines: Receiver<String>) {
    let mut batch = Vec::new();
    while lines.recv_many(&mut batch, WAITING).await > 0 {
        let (file, text) = (file.clone(), batch.concat());
        batch.clear();
        let written = tokio::task::spawn_blocking(move || append(file, text.as_bytes())).await;
        if let Ok(Err(error)) = written {
            tracing::warn!("an access log cannot be written: {error}");
            return;
        }
    }
}

fn append(file: Option<PathBuf>, text: &[u8]) -> io::Result<()> {
    let Some(path) = file else { return io::stdout().lock().write_all(text) };
    path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    OpenOptions::new().create(true).append(true).open(path)?.write_all(text)
}

impl Entry {
    pub fn of(request: &Request<Content>, now: Time) -> Self {
        let field = |name: HeaderName| {
            let value = request.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            value.unwrap_or_default()
        };
        let target = request.uri().path_and_query().map_or("*", |target| target.as_str());
        let host = request.uri().authority().map_or_else(|| field(http::header::HOST), ToString::to_string);
        let user = match Credentials::of(request) {
            Some(Credentials::Basic(user, _)) => Some(user),
            _ => None,
        };
        Self {
            client: request.body().connected().peer.ip(),
            user,
            at: now,
            method: request.method().to_string(),
            target: target.to_owned(),
            version: request.version(),
            host,
            referer: field(REFERER),
            agent: field(USER_AGENT),
        }
    }

    /// The request line; what was none is a hyphen.
    fn request(&self) -> String {
        if self.method.is_empty() {
            return "-".to_owned();
        }
        let version = match self.version {
            Version::HTTP_2 => "HTTP/2.0".to_owned(),
            Version::HTTP_3 => "HTTP/3.0".to_owned(),
            other => format!("{other:?}"),
        };
        format!("{} {} {version}", self.method, self.target)
    }
}

impl Format {
    fn line(self, entry: &Entry, status: StatusCode, octets: u64) -> String {
        let or_hyphen = |text: &str| if text.is_empty() { "-".to_owned() } else { quoted(text) };
        let size = if octets == 0 { "-".to_owned() } else { octets.to_string() };
        let common = || {
            // A space would begin the next column.
            let user = or_hyphen(entry.user.as_deref().unwrap_or_default()).replace(' ', "\\x20");
            let (client, at, request) = (entry.client, clf_date(entry.at), quoted(&entry.request()));
            format!("{client} - {user} [{at}] \"{request}\" {} {size}", status.as_u16())
        };
        match self {
            Format::Common => common() + "\n",
            Format::Combined => {
                format!("{} \"{}\" \"{}\"\n", common(), or_hyphen(&entry.referer), or_hyphen(&entry.agent))
            }
            Format::Json => {
                let object = serde_json::json!({
                    "time": entry.at.secs(),
                    "client": entry.client,
                    "user": entry.user,
                    "host": entry.host,
                    "method": entry.method,
                    "target": entry.target,
                    "version": format!("{:?}", entry.version),
                    "status": status.as_u16(),
                    "octets": octets,
                    "referer": entry.referer,
                    "agent": entry.agent,
                });
                format!("{object}\n")
            }
        }
    }
}

/// `10/Oct/2000:13:55:36 +0000`.
fn clf_date(time: Time) -> String {
    let date = date::format(time);
    let words: Vec<&str> = date.to_str().unwrap_or_default().split(' ').collect();
    match words.as_slice() {
        [_, day, month, year, clock, ..] => format!("{day}/{month}/{year}:{clock} +0000"),
        _ => String::new(),
    }
}

/// Without what would end the quotation or the line, as Apache httpd and nginx write it.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => {
                // Writing into a text cannot fail.
                let _ = write!(quoted, "\\x{:02x}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted
}

/// Lines that wait for the disk: at a hundred octets each some 400 KiB.
const WAITING: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_what_log_readers_expect() {
        let common = "198.18.0.7 - - [06/Nov/1994:08:49:37 +0000] \"GET /a?b HTTP/1.1\" 200 12";
        let line = |format: Format| format.line(&entry(), StatusCode::OK, 12);
        assert_eq!(line(Format::Common), format!("{common}\n"));
        assert_eq!(line(Format::Combined), format!("{common} \"-\" \"say \\\"x\\\"\\x0a\"\n"));
        let json: serde_json::Value = serde_json::from_str(&line(Format::Json)).expect("JSON");
        assert_eq!((&json["status"], &json["target"]), (&200.into(), &"/a?b".into()));
    }

    #[test]
    fn who_names_himself_is_in_the_line_as_one_word() {
        let entry = Entry { user: Some("Alice \"x".into()), ..entry() };
        let line = Format::Common.line(&entry, StatusCode::OK, 12);
        assert!(line.starts_with("198.18.0.7 - Alice\\x20\\\"x [06/Nov/1994"), "{line}");
    }

    #[test]
    fn what_was_no_request_and_has_no_content_are_hyphens() {
        let entry = Entry { method: String::new(), ..entry() };
        let line = Format::Common.line(&entry, StatusCode::BAD_REQUEST, 0);
        assert!(line.ends_with("\"-\" 400 -\n"), "{line}");
    }

    fn entry() -> Entry {
        Entry {
            client: IpAddr::from([198, 18, 0, 7]),
            user: None,
            at: Time::from_secs(784_111_777),
            method: "GET".into(),
            target: "/a?b".into(),
            version: Version::HTTP_11,
            host: "a.test".into(),
            referer: String::new(),
            agent: "say \"x\"\n".into(),
        }
    }
}
