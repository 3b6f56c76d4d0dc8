//! A name server: authoritative for its zones, recursive if it is told to be, over datagrams and streams.
//!
//! - `authority`: which zones are told to whom
//! - `recursor`: looks up what is asked for, from the root down
//! - `stream`: messages on a connection

mod authority;
mod recursor;
mod stream;

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use toynet_net::{Answer, Arrived, Datagrams, Host, Listener};
use toynet_record::Cause;
use toynet_service::{LocalFuture, Place, Server};

use crate::answer::answer as answer_request;
use crate::answer::answer_query;
use crate::codes::Opcode;
use crate::fault::{self, Written};
use crate::name::Name;
use crate::record::Record;
use crate::recursive::AtOnce;
use crate::reply::{Identity, Limits};
use crate::wire::{Flags, Query};
use authority::Authority;
use recursor::Recursor;

/// A name server that is ready to run on one worker.
pub struct NameServer {
    port: u16,
    mind: Rc<Mind>,
}

/// What a name server knows.
pub(crate) struct Mind {
    identity: Identity,
    authority: Authority,
    recursor: Option<Rc<Recursor>>,
}

/// A request with what matters for its answer.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub octets: &'a [u8],
    pub outside: bool,
    pub limits: Limits,
}

impl NameServer {
    /// Builds the name server of a host.
    ///
    /// # Errors
    /// When one of its zones must not be served.
    pub fn build(recursive: bool, port: u16, place: &Place) -> io::Result<Self> {
        let authority = Authority::build(place)?;
        let recursor = recursive.then(|| Rc::new(Recursor::new(&place.hints, Arc::clone(&place.outside))));
        Ok(Self { port, mind: Rc::new(Mind { identity: identity(place), authority, recursor }) })
    }

    /// Builds a name server for zones that were read already: origin and records.
    ///
    /// # Errors
    /// When one of them is no zone.
    pub fn of_zones(port: u16, place: &Place, zones: Vec<(Name, Vec<Record>)>) -> io::Result<Self> {
        let authority = Authority::of_zones(place, zones)?;
        Ok(Self { port, mind: Rc::new(Mind { identity: identity(place), authority, recursor: None }) })
    }
}

impl Server for NameServer {
    fn start(&self, host: Host) -> LocalFuture<io::Result<LocalFuture<io::Result<()>>>> {
        let (mind, port) = (Rc::clone(&self.mind), self.port);
        Box::pin(async move {
            let datagrams = host.bind(port).await?;
            let listener = host.listen(port).await?;
            let run: LocalFuture<io::Result<()>> = Box::pin(run(mind, host, datagrams, listener));
            Ok(run)
        })
    }
}

async fn run(mind: Rc<Mind>, host: Host, datagrams: Datagrams, listener: Listener) -> io::Result<()> {
    let to_datagrams = {
        let (mind, host) = (Rc::clone(&mind), host.clone());
        datagrams.serve(move |arrived, room| answer_datagram(&mind, &host, &arrived, room))
    };
    tokio::select! {
        biased;
        ended = to_datagrams => ended,
        ended = stream::accept(mind, host, listener) => ended,
    }
}

fn answer_datagram(mind: &Rc<Mind>, host: &Host, arrived: &Arrived<'_>, room: &mut [u8]) -> Answer {
    let request = Request { octets: arrived.octets, outside: arrived.outside, limits: Limits::UDP };
    let query = read(arrived.octets);
    let answer = mind.answer(request, query.as_ref(), host, arrived.cause, room);
    let way = fault::Way { peer: arrived.from, cause: arrived.cause, stream: false };
    if let Some(struck) = fault::strike(host, query.as_ref(), way, Written::by(&answer, room)) {
        let committed = fault::commit(struck, host, way, answer, room);
        return Answer::Later(Box::pin(async { committed.await.and_then(fault::Spoilt::whole) }));
    }
    answer
}

impl Mind {
    /// Answers a request, in which `query` was read if it could be: from its zones, from its cache, or after a look-up for the sake of `cause`.
    #[inline]
    pub fn answer(
        self: &Rc<Self>,
        request: Request<'_>,
        query: Option<&Query<'_>>,
        host: &Host,
        cause: Cause,
        out: &mut [u8],
    ) -> Answer {
        let view = self.authority.zones(request.outside, query);
        let Some(query) = query else {
            return said(answer_request(view, &self.identity, request.limits, request.octets, out));
        };
        match &self.recursor {
            Some(_) if view.home(&query.asked.name).is_none() => self.recurse(request, query, host, cause, out),
            Some(_) | None => said(answer_query(view, &self.identity, request.limits, query, out)),
        }
    }

    fn recurse(
        self: &Rc<Self>,
        request: Request<'_>,
        query: &Query<'_>,
        host: &Host,
        cause: Cause,
        out: &mut [u8],
    ) -> Answer {
        let Some(recursor) = &self.recursor else { return Answer::Silent };
        let now = host.clock().now();
        match recursor.at_once(now, &self.identity, request, query, out) {
            AtOnce::Said(length) => Answer::Now(length),
            AtOnce::Silent => Answer::Silent,
            AtOnce::Unknown => {
                let (mind, host) = (Rc::clone(self), host.because(cause));
                let (octets, outside, limits) = (request.octets.to_vec(), request.outside, request.limits);
                Answer::Later(Box::pin(async move {
                    let request = Request { octets: &octets, outside, limits };
                    let recursor = mind.recursor.as_ref()?;
                    recursor.look_up(&mind.identity, request, &host).await
                }))
            }
        }
    }
}

fn identity(place: &Place) -> Identity {
    Identity { nsid: place.host.as_str().into(), version: String::new() }
}

/// The query in a request, if it is one that can be read.
#[inline]
fn read(octets: &[u8]) -> Option<Query<'_>> {
    let flags = Flags::read(octets).filter(|flags| flags.opcode() == Opcode::QUERY)?;
    Query::read(flags, octets).ok()
}

fn said(length: Option<usize>) -> Answer {
    length.map_or(Answer::Silent, Answer::Now)
}
