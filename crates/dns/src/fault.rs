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
    wrong: Wrong,
}

/// What is done wrong.
#[derive(Clone, Debug, PartialEq)]
enum Wrong {
    /// There is no answer at all.
    Drop,
    /// The answer comes late.
    Delay(Duration),
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
pub(crate) fn strike(host: &Host, query: Option<&Query<'_>>, way: Way) -> Option<Struck<DnsFault>> {
    if host.faults().is_empty() {
        return None;
    }
    let question = query.and_then(|query| Some((Name::from_wire(query.asked.name.wire()).ok()?, query.asked.kind)));
    let struck = host
        .faults()
        .strike(host.clock().now(), way.peer.ip(), |fault: &DnsFault| fault.fits(question.as_ref(), way.stream))?;
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
        let wrong = &struck.what.wrong;
        match wrong {
            Wrong::Drop => return Some(Spoilt::Nothing),
            Wrong::Delay(delay) => host.clock().sleep(*delay).await,
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

impl DnsFault {
    fn fits(&self, question: Option<&(Name, RecordType)>, stream: bool) -> bool {
        let is_alone = matches!(self.wrong, Wrong::Alias(_));
        let is_it = |asked: &Name, name: &Name| asked == name || !is_alone && asked.is_within(name);
        let fits_name = self.name.as_ref().is_none_or(|name| question.is_some_and(|(asked, _)| is_it(asked, name)));
        let fits_kind = self.kind.is_none_or(|kind| question.is_some_and(|(_, asked)| *asked == kind));
        fits_name && fits_kind && self.stream.is_none_or(|wanted| wanted == stream)
    }
}
