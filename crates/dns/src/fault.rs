//! What a name server can do wrong on purpose. Nothing else in this crate knows of it but one call in `server`.
//!
//! - [`words`]: the words for it in a lab file
//! - `spoil`: what becomes of a response's octets

mod spoil;
mod words;

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use toynet_net::fault::Struck;
use toynet_net::{Answer, Host};
use toynet_record::Cause;
use toynet_service::{FaultWords, LocalFuture};

use crate::codes::{Rcode, RecordType};
use crate::name::Name;
use crate::wire::Query;

/// The words that a lab file has for it.
pub const WORDS: FaultWords = FaultWords { read: words::read, kinds: words::KINDS, tls: false };

/// Something that is done wrong.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DnsFault {
    /// Only for this name and those below it.
    name: Option<Name>,
    /// Only for this type.
    kind: Option<RecordType>,
    /// Only over datagrams, or only over streams.
    stream: Option<bool>,
    /// How late the answer comes, whatever it is.
    delay: Duration,
    wrong: Option<Wrong>,
}

/// What is done wrong.
#[derive(Clone, Debug, PartialEq)]
enum Wrong {
    /// There is no answer at all.
    Drop,
    /// This code, and nothing else.
    Answer(Rcode),
    /// It says that it was cut off, and is.
    Truncate,
    /// Another id than the query's.
    Id,
    /// Another question than the query's.
    Question,
    /// It comes from another port.
    Source,
    /// A compression pointer points at itself.
    Pointer,
    /// A datagram is longer than the client can take.
    Oversize,
    /// A message on a stream ends in its middle, and so does the stream.
    Half,
    /// The server knows nothing of the zone that was delegated to it.
    Lame,
    /// The addresses of name servers in a referral lead nowhere.
    Glue,
    /// The name is an alias of itself.
    Loop,
    /// The name, whatever else is there, is an alias of this one.
    Alias(Name),
    /// An address that the name no longer has.
    Stale(std::net::Ipv4Addr),
}

impl Wrong {
    /// Whether it can go wrong over streams alone, or over datagrams alone.
    fn own_way(&self) -> Option<bool> {
        match self {
            Wrong::Half => Some(true),
            Wrong::Source | Wrong::Oversize => Some(false),
            _ => None,
        }
    }

    /// Where it goes wrong unless something else is said: who cuts datagrams off answers in full over streams.
    fn usual_way(&self) -> Option<bool> {
        if *self == Wrong::Truncate { Some(false) } else { self.own_way() }
    }

    /// The type of queries whose answers can be wrong so, if it is one alone.
    fn own_kind(&self) -> Option<RecordType> {
        matches!(self, Wrong::Stale(_)).then_some(RecordType::A)
    }
}

/// What is about to be answered.
#[derive(Clone, Copy)]
pub(crate) enum Written<'a> {
    /// This response.
    Now(&'a [u8]),
    /// One that is not there yet.
    Later,
    /// A zone, of which the first message is spoilt and the last.
    Transfer,
}

impl<'a> Written<'a> {
    /// What `answer` has come to, in `room` if it is there.
    pub fn by(answer: &Answer, room: &'a [u8]) -> Self {
        match answer {
            Answer::Now(length) => Written::Now(&room[..*length]),
            Answer::Later(_) | Answer::Silent => Written::Later,
        }
    }
}

/// Where a response is about to go.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    pub peer: SocketAddr,
    pub cause: Cause,
    pub stream: bool,
}

/// What becomes of a response.
pub(crate) enum Spoilt {
    /// It goes out like this.
    Sent(Vec<u8>),
    /// So much of it goes out, and then the connection ends.
    Cut(Vec<u8>),
    /// Nothing goes out here.
    Nothing,
}

impl Spoilt {
    /// What goes out in one piece.
    pub fn whole(self) -> Option<Vec<u8>> {
        match self {
            Spoilt::Sent(octets) | Spoilt::Cut(octets) => Some(octets),
            Spoilt::Nothing => None,
        }
    }
}

/// The fault that strikes the answer to a query, if one does.
pub(crate) fn strike(
    host: &Host,
    query: Option<&Query<'_>>,
    way: Way,
    written: Written<'_>,
) -> Option<Struck<DnsFault>> {
    if host.faults().is_empty() {
        return None;
    }
    let asked = query.and_then(Asked::new);
    let struck = host.faults().strike(host.clock().now(), way.peer.ip(), |fault: &DnsFault| {
        fault.is_asked(asked.as_ref(), way.stream) && fault.can_spoil(asked.as_ref(), written)
    })?;
    host.fault(way.cause, &struck.text);
    Some(struck)
}

/// Does it: waits for the answer and spoils what comes of it.
pub(crate) fn commit(
    struck: Struck<DnsFault>,
    host: &Host,
    way: Way,
    answer: Answer,
    written: &[u8],
) -> LocalFuture<Option<Spoilt>> {
    let written = match &answer {
        Answer::Now(length) => written[..*length].to_vec(),
        Answer::Later(_) | Answer::Silent => Vec::new(),
    };
    let host = host.clone();
    Box::pin(async move {
        let response = match answer {
            Answer::Now(_) => written,
            Answer::Later(pending) => pending.await?,
            Answer::Silent => return None,
        };
        host.clock().sleep(struck.what.delay).await;
        let Some(wrong) = &struck.what.wrong else { return Some(Spoilt::Sent(response)) };
        match wrong {
            Wrong::Drop => return Some(Spoilt::Nothing),
            Wrong::Source => {
                // That it cannot be sent is one more way not to arrive.
                let _ = send_from_elsewhere(&host, &response, way.peer).await;
                return Some(Spoilt::Nothing);
            }
            Wrong::Half => return Some(Spoilt::Cut(spoil::half(&response))),
            _ => {}
        }
        Some(Spoilt::Sent(spoil::spoil(wrong, response)))
    })
}

async fn send_from_elsewhere(host: &Host, response: &[u8], peer: SocketAddr) -> io::Result<()> {
    let socket = Rc::new(host.bind(0).await?);
    socket.answer_to(response, peer).await
}

/// What a query asks for, as far as faults need to know it.
struct Asked {
    name: Name,
    kind: RecordType,
    has_edns: bool,
}

impl Asked {
    fn new(query: &Query<'_>) -> Option<Self> {
        let name = Name::from_wire(query.asked.name.wire()).ok()?;
        Some(Self { name, kind: query.asked.kind, has_edns: query.edns.is_some() })
    }
}

impl DnsFault {
    /// Whether it is meant for such queries.
    fn is_asked(&self, asked: Option<&Asked>, stream: bool) -> bool {
        let is_alone = matches!(self.wrong, Some(Wrong::Alias(_)));
        let is_it = |asked: &Name, name: &Name| asked == name || !is_alone && asked.is_within(name);
        let fits_name = self.name.as_ref().is_none_or(|name| asked.is_some_and(|asked| is_it(&asked.name, name)));
        let fits_kind = self.kind.is_none_or(|kind| asked.is_some_and(|asked| asked.kind == kind));
        fits_name && fits_kind && self.stream.is_none_or(|wanted| wanted == stream)
    }

    /// Whether it makes a difference to such a response.
    fn can_spoil(&self, asked: Option<&Asked>, written: Written<'_>) -> bool {
        match (&self.wrong, written) {
            // Only a server that knows a zone refers, and does so at once.
            (Some(Wrong::Glue), Written::Now(response)) => spoil::has_glue(response),
            (Some(Wrong::Glue), Written::Later | Written::Transfer) => false,
            // Its upper half stands in OPT, which only those get who sent one (RFC 6891 6.1.1).
            (Some(Wrong::Answer(code)), _) => code.0 < 16 || asked.is_some_and(|asked| asked.has_edns),
            // What a transfer goes on with is not waited for.
            (None, Written::Transfer) => false,
            _ => true,
        }
    }
}
