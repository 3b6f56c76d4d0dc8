//! A mail to the exchanger of its domain, in the fewest words that SMTP allows (RFC 5321).

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use toynet_machine::Time;
use toynet_net::{Host, Stream};

use super::{Unreached, clean, connect, exchangers};
use crate::date::date;
use crate::shell::Draft;

/// A mail from someone at this host.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The name of who wrote it.
    pub from: String,
    /// The address that it goes to.
    pub to: String,
    /// What was written.
    pub draft: Draft,
}

/// Sends a mail; gives the name of the exchanger that took it.
///
/// # Errors
/// Why nobody took it. What an exchanger refuses is not tried at the next.
pub async fn mail(host: &Host, letter: &Letter) -> Result<String, Unreached> {
    if !letter.from.is_ascii() {
        // Few servers know SMTPUTF8 (RFC 6531).
        return Err(Unreached::LocalAddress("Your name has letters that no mail address has here."));
    }
    let domain = letter.to.rsplit_once('@').map_or("", |(_, domain)| domain);
    let mut why = Unreached::NotFound(domain.to_owned());
    for exchanger in route(host, domain).await? {
        match connect(host, &exchanger, PORT).await {
            Ok(stream) => {
                let mut talk = Talk { peer: exchanger, stream: BufReader::new(stream) };
                talk.deliver(host, letter).await?;
                return Ok(talk.peer);
            }
            Err(error) => why = error,
        }
    }
    Err(why)
}

/// The exchangers of a domain, best first; where it names none, the domain itself (RFC 5321 5.1).
async fn route(host: &Host, domain: &str) -> Result<Vec<String>, Unreached> {
    let exchangers = match exchangers(host, domain).await {
        Ok(exchangers) => exchangers,
        Err(Unreached::NotFound(_)) => Vec::new(),
        Err(error) => return Err(error),
    };
    if exchangers.iter().any(|(_, name)| name.is_empty() || name == ".") {
        // The null exchanger (RFC 7505).
        return Err(Unreached::Peer(domain.to_owned(), "we take no mail.".to_owned()));
    }
    match exchangers.is_empty() {
        true => Ok(vec![domain.to_owned()]),
        false => Ok(exchangers.into_iter().map(|(_, name)| name).take(MOST_EXCHANGERS).collect()),
    }
}

struct Talk {
    peer: String,
    stream: BufReader<Stream>,
}

impl Talk {
    async fn deliver(&mut self, host: &Host, letter: &Letter) -> Result<(), Unreached> {
        let (name, now) = (host.name(), host.clock().now());
        self.expect('2').await?;
        self.say(&format!("EHLO {name}"), '2').await?;
        self.say(&format!("MAIL FROM:<{}@{name}>", letter.from), '2').await?;
        self.say(&format!("RCPT TO:<{}>", letter.to), '2').await?;
        self.say("DATA", '3').await?;
        self.say(&message(letter, name, now), '2').await?;
        // It is delivered: what becomes of the farewell changes nothing.
        let _ = self.say("QUIT", '2').await;
        Ok(())
    }

    async fn say(&mut self, line: &str, class: char) -> Result<(), Unreached> {
        let line = format!("{line}\r\n");
        let sent = self.stream.get_mut().write_all(line.as_bytes()).await;
        sent.map_err(|error| Unreached::Network(self.peer.clone(), error))?;
        self.expect(class).await
    }

    /// Reads a reply of any number of lines (RFC 5321 4.2.1).
    async fn expect(&mut self, class: char) -> Result<(), Unreached> {
        loop {
            let mut line = Vec::new();
            let read = (&mut self.stream).take(LONGEST_LINE).read_until(b'\n', &mut line).await;
            let length = read.map_err(|error| Unreached::Network(self.peer.clone(), error))?;
            let line = clean(String::from_utf8_lossy(&line).trim_end());
            let goes_on = line.as_bytes().get(3) == Some(&b'-');
            if length == 0 || !line.starts_with(class) {
                return Err(Unreached::Peer(self.peer.clone(), if length == 0 { "nothing".to_owned() } else { line }));
            }
            if !goes_on {
                return Ok(());
            }
        }
    }
}

/// The message with its end, of which the last CR LF is left out. Lines that begin with a dot get another
/// (RFC 5321 4.5.2).
fn message(letter: &Letter, host: &str, now: Time) -> String {
    let Letter { from, to, draft } = letter;
    let date = date(now).replace("GMT", "+0000");
    let id = format!("<{}.{from}@{host}>", now.nanos());
    let mut message = format!(
        "Date: {date}\r\nFrom: <{from}@{host}>\r\nTo: <{to}>\r\nMessage-ID: {id}\r\nSubject: {}\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
        subject(&draft.subject)
    );
    for line in draft.text.lines() {
        let dot = if line.starts_with('.') { "." } else { "" };
        message.push_str(&format!("{dot}{line}\r\n"));
    }
    message.push('.');
    message
}

/// A field is ASCII: anything else is written as encoded words, of up to 75 characters each (RFC 2047 section 2).
fn subject(text: &str) -> String {
    if text.bytes().all(|octet| octet.is_ascii_graphic() || octet == b' ') {
        return text.to_owned();
    }
    let mut words = vec![String::new()];
    for character in text.chars().filter(|character| !character.is_control()) {
        let encoded: String = character.to_string().bytes().map(|octet| format!("={octet:02X}")).collect();
        match words.last_mut() {
            Some(word) if word.len() + encoded.len() <= LONGEST_WORD => word.push_str(&encoded),
            Some(_) | None => words.push(encoded),
        }
    }
    let words: Vec<String> = words.into_iter().map(|word| format!("=?utf-8?q?{word}?=")).collect();
    words.join("\r\n ")
}

/// 75 without what stands around it.
const LONGEST_WORD: usize = 63;
const PORT: u16 = 25;
/// RFC 5321 4.5.3.1.5 allows 512 octets.
const LONGEST_LINE: u64 = 1024;
/// Exchangers that are tried while a person waits.
const MOST_EXCHANGERS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_doubled_and_the_message_has_its_fields() {
        let draft = Draft { subject: "Bread".into(), text: "a\n.b\n".into() };
        let letter = Letter { from: "alice".into(), to: "carol@club.test".into(), draft };
        let message = message(&letter, "bbs.test", Time::from_secs(1_767_225_600));
        assert!(message.starts_with("Date: Thu, 01 Jan 2026 00:00:00 +0000\r\nFrom: <alice@bbs.test>\r\n"));
        assert!(message.contains("\r\nSubject: Bread\r\n"));
        assert!(message.ends_with("\r\n\r\na\r\n..b\r\n."));
    }
    #[test]
    fn a_subject_in_any_script_is_a_field_of_short_ascii_lines() {
        assert_eq!(subject("Zoë\r\n"), "=?utf-8?q?=5A=6F=C3=AB?=");
        let long = subject(&"数".repeat(40));
        assert!(long.is_ascii() && long.split("\r\n ").all(|word| word.len() <= 75), "{long}");
    }
}
