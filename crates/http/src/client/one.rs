//! HTTP/1.x on one connection, octet by octet: what is sent is what was said, and what is heard is judged by
//! our own eyes.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::watch;
use toynet_net::{Clock, LocalFuture, Stream};

use super::Outgoing;
use super::answer::{Answer, AnswerHead};
use super::failure::Failure;
use crate::wire::fault::{Fault, Rule};
use crate::wire::head::{self, Head, Kind, Start};
use crate::wire::{self, Framing};

/// A connection on which requests are sent one after the other.
pub struct Conversation {
    reader: ReadHalf<Stream>,
    writing: Writing,
    unread: BytesMut,
    clock: Clock,
}

/// The sending side.
enum Writing {
    /// Nothing is being sent.
    Idle(WriteHalf<Stream>),
    /// A request is on its way.
    Busy(LocalFuture<'static, Result<WriteHalf<Stream>, Failure>>),
    /// It cannot be used any more.
    Over,
}

/// The content of an answer, and the connection that it comes on.
pub struct Incoming {
    conversation: Conversation,
    content: wire::Content,
    may_go_on: bool,
}

/// A request, ready to be sent.
#[derive(Debug)]
pub struct Request {
    /// The head as it is sent, with its empty line.
    pub head: Vec<u8>,
    /// What follows.
    pub content: Outgoing,
    /// Whether the content is sent in chunks.
    pub is_chunked: bool,
    /// Whether the server is asked first (`Expect: 100-continue`).
    pub waits: bool,
}

impl Conversation {
    /// Begins on a connection.
    pub fn new(stream: Stream, clock: Clock) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        Self { reader, writing: Writing::Idle(writer), unread: BytesMut::new(), clock }
    }

    /// Sends a request and reads the head of its answer. `interim` hears of each answer before that, as
    /// `103 Early Hints`.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn ask(
        mut self,
        request: Request,
        interim: &mut dyn FnMut(&AnswerHead),
    ) -> Result<Answer<Incoming>, Failure> {
        let method = request.head.split(|octet| *octet == b' ').next().unwrap_or_default().to_vec();
        let (go_on, told) = watch::channel(!request.waits);
        if let Writing::Idle(writer) = std::mem::replace(&mut self.writing, Writing::Over) {
            self.writing = Writing::Busy(Box::pin(send(writer, request, told, self.clock)));
        }
        loop {
            let octets = self.head().await?;
            let mut head = Head::read(&octets, Kind::Answer).map_err(Failure::Peer)?;
            let said = said(&head, &octets);
            // Whoever sends may have ended already.
            let _ = go_on.send(true);
            if said.status < 200 && said.status != 101 {
                interim(&said);
                continue;
            }
            let framing = Framing::of_answer(&mut head, &method);
            let framing = framing.ok_or_else(|| Failure::Peer(unreadable(&head)))?;
            let may_go_on = is_persistent(&head) && !matches!(framing, Framing::UntilClose | Framing::Tunnel);
            let content = wire::Content::new(framing, octets.len() as u64);
            return Ok(Answer { head: said, content: Incoming { conversation: self, content, may_go_on } });
        }
    }

    /// Sends octets as they are, and then nothing more.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn say(&mut self, octets: &[u8]) -> io::Result<()> {
        match &mut self.writing {
            Writing::Idle(writer) => {
                writer.write_all(octets).await?;
                writer.flush().await
            }
            Writing::Busy(_) | Writing::Over => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// The next octets that come; nothing at the end.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn hear(&mut self) -> Result<Option<Bytes>, Failure> {
        if self.unread.is_empty() && !self.more().await? {
            return Ok(None);
        }
        Ok(Some(self.unread.split().freeze()))
    }

    async fn head(&mut self) -> Result<Vec<u8>, Failure> {
        let mut looked_at = 0;
        loop {
            if let Some(end) = head::end(&self.unread, looked_at) {
                return Ok(self.unread.split_to(end).to_vec());
            }
            looked_at = self.unread.len();
            if looked_at > head::LONGEST {
                return Err(Failure::Peer(Fault { at: looked_at as u64, rule: Rule::HeadTooLong }));
            }
            if !self.more().await? {
                return Err(match Head::read(&[&self.unread[..], b"\r\n\r\n"].concat(), Kind::Answer) {
                    _ if looked_at == 0 => Failure::Silent,
                    Err(fault) => Failure::Peer(fault),
                    Ok(_) => Failure::Peer(Fault { at: looked_at as u64, rule: Rule::Cut }),
                });
            }
        }
    }

    /// Reads more, and sends on meanwhile; false at the end.
    async fn more(&mut self) -> Result<bool, Failure> {
        loop {
            self.unread.reserve(PIECE);
            let Writing::Busy(sending) = &mut self.writing else {
                let read = self.reader.read_buf(&mut self.unread).await;
                return read.map(|length| length > 0).map_err(Failure::Network);
            };
            tokio::select! {
                biased;
                sent = sending => match sent {
                    Ok(writer) => self.writing = Writing::Idle(writer),
                    Err(local @ Failure::LocalContent(_)) => return Err(local),
                    // A server may answer and close before it has read all (RFC 9112 9.6): its answer counts.
                    Err(_) => self.writing = Writing::Over,
                },
                read = self.reader.read_buf(&mut self.unread) => {
                    return read.map(|length| length > 0).map_err(Failure::Network);
                }
            }
        }
    }
}

impl Incoming {
    /// The next piece of the content; nothing at its end.
    ///
    /// # Errors
    /// When the end does not come, or cannot be told.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Failure> {
        while !self.content.is_done() {
            let conversation = &mut self.conversation;
            if conversation.unread.is_empty() && !conversation.more().await? {
                return match self.content.ends_with_connection() {
                    true => Ok(None),
                    false => Err(Failure::Cut(self.content.carried())),
                };
            }
            let (length, is_content) = self.content.take_one(&conversation.unread).map_err(Failure::Peer)?;
            let taken = conversation.unread.split_to(length).freeze();
            if is_content && !taken.is_empty() {
                return Ok(Some(taken));
            }
        }
        Ok(None)
    }

    /// The connection itself, where the answer has made it a tunnel and nothing has come through it so far.
    pub fn into_stream(self) -> Option<Stream> {
        let Conversation { reader, writing: Writing::Idle(writer), unread, .. } = self.conversation else {
            return None;
        };
        (self.content.ends_with_connection() && unread.is_empty()).then(|| reader.unsplit(writer))
    }

    /// The connection itself, where the answer has made it another protocol's, with what has come of that already.
    ///
    /// # Errors
    /// When the request could not be sent whole.
    pub async fn into_tunnel(self) -> Result<impl AsyncRead + AsyncWrite, Failure> {
        let Conversation { reader, writing, unread, .. } = self.conversation;
        let writer = match writing {
            Writing::Idle(writer) => writer,
            Writing::Busy(sending) => sending.await?,
            Writing::Over => return Err(Failure::Silent),
        };
        Ok(tokio::io::join(io::Cursor::new(unread).chain(reader), writer))
    }

    /// The connection, where another request may follow on it (RFC 9112 9.3).
    pub fn into_conversation(self) -> Option<Conversation> {
        let is_idle = matches!(self.conversation.writing, Writing::Idle(_));
        let is_clear = self.conversation.unread.is_empty() && self.content.is_done();
        (self.may_go_on && is_idle && is_clear).then_some(self.conversation)
    }
}

async fn send(
    mut writer: WriteHalf<Stream>,
    mut request: Request,
    mut go_on: watch::Receiver<bool>,
    clock: Clock,
) -> Result<WriteHalf<Stream>, Failure> {
    let mut next = std::mem::take(&mut request.head);
    if request.waits {
        writer.write_all(&std::mem::take(&mut next)).await.map_err(Failure::Network)?;
        // A server that does not know the question says nothing (RFC 9110 10.1.1).
        let _ = clock.until(clock.now() + PATIENCE, go_on.wait_for(|go_on| *go_on)).await;
    }
    while let Some(piece) = request.content.piece().await.map_err(Failure::LocalContent)? {
        if request.is_chunked {
            next.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
            next.extend_from_slice(&piece);
            next.extend_from_slice(b"\r\n");
        } else {
            next.extend_from_slice(&piece);
        }
        writer.write_all(&std::mem::take(&mut next)).await.map_err(Failure::Network)?;
    }
    if request.is_chunked {
        next.extend_from_slice(b"0\r\n\r\n");
    }
    writer.write_all(&next).await.map_err(Failure::Network)?;
    writer.flush().await.map_err(Failure::Network)?;
    Ok(writer)
}

fn said(head: &Head<'_>, octets: &[u8]) -> AnswerHead {
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let (status, reason) = match &head.start {
        Start::Answer { code, reason } => (*code, text(head.octets(reason))),
        Start::Request { .. } => (0, String::new()),
    };
    let version = if head.version < (1, 1) { "HTTP/1.0" } else { "HTTP/1.1" };
    let fields = head.fields.iter().map(|field| (text(head.octets(&field.name)), unfolded(head.octets(&field.value))));
    AnswerHead { version, status, reason, fields: fields.collect(), octets: octets.to_vec() }
}

/// A folded value means the same with spaces (RFC 9112 5.2).
fn unfolded(value: &[u8]) -> Vec<u8> {
    value.iter().map(|octet| if b"\r\n".contains(octet) { b' ' } else { *octet }).collect()
}

fn unreadable(head: &Head<'_>) -> Fault {
    head.faults.last().copied().unwrap_or(Fault { at: 0, rule: Rule::ContentLength })
}

/// RFC 9112 9.3.
fn is_persistent(head: &Head<'_>) -> bool {
    let says = |option: &[u8]| {
        let options = head.values("connection").flat_map(|value| value.split(|octet| *octet == b','));
        options.map(<[u8]>::trim_ascii).any(|one| one.eq_ignore_ascii_case(option))
    };
    if head.version < (1, 1) { says(b"keep-alive") } else { !says(b"close") }
}

impl std::fmt::Debug for Conversation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Conversation").field("unread", &self.unread.len()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Incoming").field("content", &self.content).finish_non_exhaustive()
    }
}

const PIECE: usize = 16 * 1024;
/// As long as curl waits for `100 Continue`.
const PATIENCE: Duration = Duration::from_secs(1);
