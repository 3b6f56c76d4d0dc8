//! One conversation with a server, step by step.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_net::{Clock, Stream};
use toynet_service::Errand;

use super::transcript::Transcript;
use super::verdict::Verdict;
use super::wish::{Stage, Tls, Wish};
use crate::fate::{Delivery, Fate, Trouble};
use crate::wire::path::Domain;
use crate::wire::reply::{Outcome, ReplyReader};
use crate::wire::{
    Body, Command, Content, Extensions, ForwardPath, MailParameters, RcptParameters, Reply, ReversePath, data,
};

/// A conversation, and all that it is about.
pub(super) struct Talk<'a> {
    pub wish: &'a Wish,
    pub server: String,
    pub transcript: &'a Transcript,
    pub clock: Clock,
    /// None once it was taken away by TLS that did not start.
    pub stream: Option<Stream>,
    pub is_secured: bool,
    /// What has come and was not looked at.
    pub unread: Vec<u8>,
    replies: ReplyReader,
    /// Who we say that we are.
    name: String,
}

impl<'a> Talk<'a> {
    pub fn new(wish: &'a Wish, server: &str, stream: Stream, errand: &Errand, transcript: &'a Transcript) -> Self {
        let name = match (&wish.ehlo, &errand.inside) {
            (Some(name), _) => name.clone(),
            (None, Some(inside)) => inside.host.name().to_owned(),
            // Whoever has no name gives an address (RFC 5321 4.1.4).
            (None, None) => Domain::Address(stream.local().ip().to_canonical()).to_string(),
        };
        Self {
            wish,
            server: server.to_owned(),
            transcript,
            clock: errand.host().clock(),
            stream: Some(stream),
            is_secured: false,
            unread: Vec::new(),
            replies: ReplyReader::default(),
            name,
        }
    }

    /// Holds the conversation to its end, or as far as is wished, and says what became of the mail for each
    /// recipient.
    pub async fn hold(mut self, to: &[ForwardPath]) -> Vec<Verdict> {
        let mut fates: Vec<Option<Fate>> = to.iter().map(|_| None).collect();
        let ended = self.send(to, &mut fates).await;
        let rest = match &ended {
            Ok(fate) => fate.clone(),
            Err(fate) => Some(self.broken(fate)),
        };
        if self.stream.is_some() && !matches!(&ended, Err(fate) if is_lost(fate)) {
            // What it says now changes nothing.
            let _ = self.ask(&Command::Quit).await;
        }
        self.leave().await;
        let server = Some(self.server.clone());
        let fates = fates.into_iter().map(|fate| fate.or_else(|| rest.clone()));
        let verdicts = to.iter().zip(fates).filter_map(|(to, fate)| Some((to.clone(), fate?)));
        verdicts.map(|(to, fate)| Verdict { to, server: server.clone(), fate }).collect()
    }

    /// Goes through the stages. What is Ok is the fate of all recipients that have none, if they have one.
    async fn send(&mut self, to: &[ForwardPath], fates: &mut [Option<Fate>]) -> Result<Option<Fate>, Fate> {
        if self.wish.tls == Tls::FromTheStart {
            self.start_tls().await?;
        }
        let banner = self.hear().await?;
        if !banner.is_completed() {
            return Err(self.said("the connection", banner));
        }
        if self.wish.quits_after(Stage::Banner) {
            return Ok(None);
        }
        let extensions = self.greet().await?;
        let extensions = self.secure(extensions).await?;
        if self.wish.quits_after(Stage::Ehlo) {
            return Ok(None);
        }
        self.log_in(&extensions).await?;
        self.mail(to, fates, &extensions).await
    }

    /// EHLO, or HELO to a server that does not know it (RFC 5321 3.2).
    pub async fn greet(&mut self) -> Result<Extensions, Fate> {
        let reply = self.ask(&Command::Ehlo(self.name.clone())).await?;
        if reply.is_completed() {
            return Ok(Extensions::read(&reply));
        }
        if ![500, 501, 502, 504].contains(&reply.code) {
            return Err(self.said("EHLO", reply));
        }
        let reply = self.ask(&Command::Helo(self.name.clone())).await?;
        if reply.is_completed() { Ok(Extensions::default()) } else { Err(self.said("HELO", reply)) }
    }

    async fn mail(
        &mut self,
        to: &[ForwardPath],
        fates: &mut [Option<Fate>],
        extensions: &Extensions,
    ) -> Result<Option<Fate>, Fate> {
        let parameters = self.parameters(to, extensions)?;
        let mut commands = vec![Command::Mail(self.wish.from.clone(), parameters)];
        if self.wish.quit_after.is_none_or(|stage| stage > Stage::Mail) {
            commands.extend(to.iter().map(|to| Command::Rcpt(to.clone(), RcptParameters::default())));
        }
        let has_content = self.wish.quit_after.is_none_or(|stage| stage > Stage::Rcpt);
        let pipelines = self.wish.pipeline && extensions.pipelining;
        if pipelines {
            commands.extend((has_content && !self.wish.chunking).then_some(Command::Data));
            let lines: Vec<String> = commands.iter().map(Command::to_string).collect();
            self.say(&lines, &lines).await?;
        }
        let mut accepted = None;
        let mut refused = None;
        for (number, command) in commands.iter().filter(|command| !matches!(command, Command::Data)).enumerate() {
            let reply = if pipelines { self.hear().await? } else { self.ask(command).await? };
            match (number, reply.is_completed()) {
                (0, true) => {}
                (0, false) if pipelines => refused = Some(self.said("MAIL", reply)),
                (0, false) => return Ok(Some(self.said("MAIL", reply))),
                (_, true) => accepted = Some(reply),
                (number, false) => fates[number - 1] = Some(self.said("RCPT", reply)),
            }
        }
        if let Some(refused) = refused {
            fates.fill(Some(refused));
        }
        if !has_content {
            return Ok(accepted.map(|reply| Fate::Delivered(Delivery::Relayed { reply, notifies: extensions.dsn })));
        }
        let go_on = match (pipelines && !self.wish.chunking, accepted.is_some()) {
            (true, _) => Some(self.hear().await?),
            (false, false) => None,
            (false, true) if self.wish.chunking => None,
            (false, true) => Some(self.ask(&Command::Data).await?),
        };
        match (go_on, accepted.is_some()) {
            (Some(reply), _) if reply.outcome() == Outcome::Intermediate => {
                self.content(accepted.is_some(), extensions).await
            }
            (Some(reply), true) => Ok(Some(self.said("DATA", reply))),
            (None, true) => self.chunk(extensions).await,
            (Some(_) | None, false) => Ok(None),
        }
    }

    /// Only what the server announced; what it cannot take is not sent.
    fn parameters(&self, to: &[ForwardPath], extensions: &Extensions) -> Result<MailParameters, Fate> {
        let Wish { content, from, .. } = self.wish;
        let lacks = |trouble: fn(String) -> Trouble| Fate::Failed(trouble(self.server.clone()));
        let smtputf8 = !is_ascii(from, to) || !content.header().is_ascii();
        if smtputf8 && !extensions.smtputf8 {
            return Err(lacks(Trouble::PeerLacksSmtputf8));
        }
        if !content.is_seven_bit() && !extensions.eight_bit_mime {
            return Err(lacks(Trouble::PeerLacksEightBit));
        }
        if self.wish.chunking && !extensions.chunking {
            return Err(lacks(Trouble::PeerLacksChunking));
        }
        Ok(MailParameters {
            size: extensions.size.map(|_| content.octets().len() as u64),
            body: (!content.is_seven_bit()).then_some(Body::EightBitMime),
            smtputf8,
            ..MailParameters::default()
        })
    }

    /// A server that wants content though it took no recipient gets an empty one (RFC 2920 3.1).
    async fn content(&mut self, is_wanted: bool, extensions: &Extensions) -> Result<Option<Fate>, Fate> {
        if self.wish.quits_after(Stage::Data) {
            self.leave().await;
            return Ok(None);
        }
        let nothing = Content::from_text("").map_err(|_| self.lost(&io::ErrorKind::InvalidData.into()))?;
        let content = if is_wanted { &self.wish.content } else { &nothing };
        let mut octets = Vec::new();
        data::write(content, &mut octets);
        self.transcript.said_content(self.is_secured, content);
        self.transcript.said(self.is_secured, ".");
        self.write(&octets).await?;
        let reply = self.hear().await?;
        Ok(is_wanted.then(|| self.fate(reply, extensions)))
    }

    async fn chunk(&mut self, extensions: &Extensions) -> Result<Option<Fate>, Fate> {
        if self.wish.quits_after(Stage::Data) {
            return Ok(None);
        }
        let content = &self.wish.content;
        let command = Command::Bdat { octets: content.octets().len() as u64, last: true }.to_string();
        self.transcript.said(self.is_secured, &command);
        self.transcript.said_content(self.is_secured, content);
        self.write(&[command.as_bytes(), b"\r\n", content.octets()].concat()).await?;
        let reply = self.hear().await?;
        Ok(Some(self.fate(reply, extensions)))
    }

    fn fate(&self, reply: Reply, extensions: &Extensions) -> Fate {
        match reply.is_completed() {
            true => Fate::Delivered(Delivery::Relayed { reply, notifies: extensions.dsn }),
            false => self.said("the message", reply),
        }
    }

    /// Says a command and waits for the answer.
    pub async fn ask(&mut self, command: &Command) -> Result<Reply, Fate> {
        let line = command.to_string();
        self.ask_secretly(&line, &line).await
    }

    /// Says a line that is shown as another one, and waits for the answer.
    pub async fn ask_secretly(&mut self, line: &str, shown: &str) -> Result<Reply, Fate> {
        self.say(&[line.to_owned()], &[shown.to_owned()]).await?;
        self.hear().await
    }

    async fn say(&mut self, lines: &[String], shown: &[String]) -> Result<(), Fate> {
        shown.iter().for_each(|line| self.transcript.said(self.is_secured, line));
        let octets: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        self.write(octets.as_bytes()).await
    }

    async fn write(&mut self, octets: &[u8]) -> Result<(), Fate> {
        let deadline = self.clock.now() + self.wish.patience;
        let Some(stream) = &mut self.stream else { return Err(self.lost(&io::ErrorKind::NotConnected.into())) };
        let writing = async {
            stream.write_all(octets).await?;
            stream.flush().await
        };
        let written = self.clock.until(deadline, writing).await.and_then(|written| written);
        written.map_err(|error| self.lost(&error))
    }

    async fn hear(&mut self) -> Result<Reply, Fate> {
        let deadline = self.clock.now() + self.wish.patience;
        loop {
            if !self.unread.is_empty() {
                let (count, reply) = self.replies.take(&self.unread);
                self.unread.drain(..count);
                match reply {
                    Some(Ok(reply)) => {
                        self.transcript.heard(self.is_secured, &reply);
                        return Ok(reply);
                    }
                    Some(Err(fault)) => {
                        let by = self.server.clone();
                        return Err(Fate::Deferred(Trouble::PeerNonsense { by, fault }));
                    }
                    None => continue,
                }
            }
            let mut octets = [0; 4096];
            let Some(stream) = &mut self.stream else { return Err(self.lost(&io::ErrorKind::NotConnected.into())) };
            let read = self.clock.until(deadline, stream.read(&mut octets)).await.and_then(|read| read);
            match read {
                Ok(0) => return Err(self.lost(&io::ErrorKind::UnexpectedEof.into())),
                Ok(count) => self.unread.extend_from_slice(&octets[..count]),
                Err(error) => return Err(self.lost(&error)),
            }
        }
    }

    async fn leave(&mut self) {
        if let Some(mut stream) = self.stream.take() {
            let _ = stream.shutdown().await;
            self.transcript.left(&stream);
        }
    }

    pub fn said(&self, to: &'static str, reply: Reply) -> Fate {
        Fate::of_reply(&self.server, to, reply)
    }

    /// What a server said was shown when it said it.
    fn broken(&self, fate: &Fate) -> Fate {
        match fate {
            Fate::Failed(Trouble::PeerSaid { .. }) | Fate::Deferred(Trouble::PeerSaid { .. }) => fate.clone(),
            _ => self.transcript.broken(fate),
        }
    }

    fn lost(&self, error: &io::Error) -> Fate {
        let server = self.server.clone();
        Fate::Deferred(match error.kind() {
            io::ErrorKind::TimedOut => Trouble::PeerTooSlow(server),
            _ => Trouble::PeerLeft(server),
        })
    }
}

fn is_ascii(from: &ReversePath, to: &[ForwardPath]) -> bool {
    from.is_ascii() && to.iter().all(ForwardPath::is_ascii)
}

/// Whether there is nobody left to say anything to.
fn is_lost(fate: &Fate) -> bool {
    matches!(
        fate,
        Fate::Deferred(
            Trouble::PeerLeft(_)
                | Trouble::PeerTooSlow(_)
                | Trouble::PeerNonsense { .. }
                | Trouble::NetworkUnreachable(..)
        )
    )
}
