//! One connection, in either version, to its end.

use std::future::poll_fn;
use std::io;
use std::mem;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use toynet_net::stream::Begun;
use toynet_net::{Clock, Host, Stream, memory};

use super::exchange::Exchanges;
use super::first::{Version, Watched};
use super::gate::OnlyTls;
use super::invitation::Invitations;
use super::parting::heard_out;
use super::refuse;
use super::room::Place;
use super::tunnel::{Next, Seize};
use super::watch::{Standstill, Watch};
use super::{Connected, Door, Limits, Serving, Sites};
use crate::local::Local;
use crate::wire::Gate;

/// Serves one connection, which has its place until it ends.
pub(super) async fn serve(stream: Stream, host: Host, door: Rc<Door>, watch: Rc<Watch>, _place: Option<Place>) {
    let (peer, name, serving) = (stream.peer(), host.clone(), Rc::clone(&door.serving));
    let ended = match &door.tls {
        None => attend(stream, host, serving, watch).await,
        // In a box of its own, since it is large and soon over.
        Some(server) => match Box::pin(stream.accept_tls(server)).await {
            Ok(Begun::Secured(stream)) => attend(stream, host, serving, watch).await,
            Ok(Begun::InClear(stream)) => {
                let serving = serving.of(Sites::for_all(Rc::new(OnlyTls)));
                attend(stream, host, Rc::new(serving), watch).await
            }
            Err(error) => Err(error.into()),
        },
    };
    if let Err(why) = ended {
        tracing::debug!(host = name.name(), %peer, "a connection ended early: {why}");
    }
}

/// Converses until it is over or nothing moves any more.
async fn attend(stream: Stream, host: Host, serving: Rc<Serving>, watch: Rc<Watch>) -> Result<(), Early> {
    let (clock, limits) = (host.clock(), Rc::clone(&serving.limits));
    let mut conversation = pin!(converse(stream, host, serving, Rc::clone(&watch)));
    let standstill = tokio::select! {
        biased;
        ended = &mut conversation => return ended,
        standstill = watch.standstill(&limits, clock) => standstill,
    };
    watch.give_up(standstill);
    if standstill != Standstill::Unread {
        // It says what it has to say, and hears nothing more.
        let _ = clock.until(clock.now() + LAST_WORDS, conversation).await;
    }
    Err(standstill.into())
}

/// Why a connection ended before both sides were done with it.
#[derive(Debug, thiserror::Error)]
enum Early {
    #[error(transparent)]
    Http(#[from] hyper::Error),
    #[error(transparent)]
    Network(#[from] io::Error),
    #[error(transparent)]
    Standstill(#[from] Standstill),
}

async fn converse(stream: Stream, host: Host, serving: Rc<Serving>, watch: Rc<Watch>) -> Result<(), Early> {
    let (clock, end) = (host.clock(), stream.end());
    let connected = Connected { peer: stream.peer(), local: stream.local(), is_secure: stream.tls().is_some() };
    let (gate, invitations) = (Gate::new(serving.limits.header), Rc::<Invitations>::default());
    let (stream, version) = Watched::open(stream, gate, &invitations, Rc::clone(&watch), clock).await?;
    let (connected, next) = (Rc::new(connected), Next::default());
    let exchanges = Exchanges { host, end, serving, watch, connected, next, invitations };
    match version {
        Version::One => converse_in_one(stream, exchanges, clock).await,
        Version::Two => {
            exchanges.watch.is_shared();
            let (settings, watch) = (http2_settings(&exchanges.serving.limits), Rc::clone(&exchanges.watch));
            let invitations = Rc::clone(&exchanges.invitations);
            // In a box, as few connections need so much room.
            let mut connection = Box::pin(settings.serve_connection(TokioIo::new(stream), exchanges));
            let mut is_parting = false;
            let ended = poll_fn(|cx| {
                invitations.turn(cx.waker());
                if watch.is_parting() && !mem::replace(&mut is_parting, true) {
                    // GOAWAY, and what was asked before is answered (RFC 9113 6.8).
                    connection.as_mut().graceful_shutdown();
                }
                connection.as_mut().poll(cx)
            });
            Ok(ended.await?)
        }
    }
}

async fn converse_in_one(stream: Watched, exchanges: Exchanges, clock: Clock) -> Result<(), Early> {
    let (next, watch, serving) = (exchanges.next.clone(), Rc::clone(&exchanges.watch), Rc::clone(&exchanges.serving));
    let (connected, host) = (Rc::clone(&exchanges.connected), exchanges.host.clone());
    let Pause { how, stream, unread } = ask_and_answer(stream, exchanges).await;
    let ended = match how {
        How::Seized(seize) => {
            let working = watch.at_work();
            let left = seize(stream.into_stream()).await;
            drop(working);
            if let Some(stream) = left {
                // Nobody is left to hear of a failure here.
                let _ = clock.until(clock.now() + LINGER, linger(stream)).await;
            }
            return Ok(());
        }
        How::Ended(ended) => ended,
    };
    if let Some(enter) = next.take().filter(|_| ended.is_ok()) {
        let _working = watch.at_work();
        enter(Box::pin(stream.after(&unread))).await;
        return Ok(());
    }
    let refusal = stream.refusal().filter(|refusal| !refusal.is_in_content && ended.is_ok());
    let answer = refusal.map(|refusal| refuse::answer(refusal, stream.refused(), clock.now()));
    let mut stream = stream.into_stream();
    if let (Some(refusal), Some(answer)) = (refusal, answer) {
        stream.write_all(&answer).await?;
        serving.refused(refusal, &answer, &connected, &host);
    } else if watch.given_up() == Some(Standstill::Idle) {
        // Nothing is left to be heard.
        let _ = clock.until(clock.now() + LINGER, stream.shutdown()).await;
        return Ok(ended?);
    }
    // Nobody is left to hear of a failure here; what went wrong before counts.
    let _ = clock.until(clock.now() + LINGER, linger(stream)).await;
    Ok(ended?)
}

/// Where HTTP/1.x ends on a connection.
struct Pause {
    how: How,
    stream: Watched,
    /// What was read and belongs to no request.
    unread: Bytes,
}

enum How {
    Ended(hyper::Result<()>),
    /// Somebody writes on it what is no answer.
    Seized(Seize),
}

/// Answers request after request. Between two of them that are long apart nothing is kept but the stream.
async fn ask_and_answer(mut stream: Watched, mut exchanges: Exchanges) -> Pause {
    loop {
        (stream, exchanges) = match until_silence(stream, exchanges).await {
            Silence::Ended(pause) => return pause,
            Silence::Resting(stream, exchanges) => (stream, exchanges),
        };
        if exchanges.serving.lull.deepens() {
            memory::give_back();
        }
        stream.rest().await;
    }
}

/// Why nothing is asked.
enum Silence {
    Ended(Pause),
    /// What serves requests is gone, to the last octet that it would read or write in.
    Resting(Watched, Exchanges),
}

async fn until_silence(stream: Watched, exchanges: Exchanges) -> Silence {
    let (watch, next) = (Rc::clone(&exchanges.watch), exchanges.next.clone());
    let settings = http1_settings(&exchanges.serving.limits);
    // In a box, since it is large and only there while something is asked.
    let mut connection = Box::new(settings.serve_connection(TokioIo::new(stream), exchanges));
    let mut is_parting = false;
    let how = poll_fn(|cx| {
        if watch.is_parting() && !mem::replace(&mut is_parting, true) {
            Pin::new(&mut *connection).graceful_shutdown();
        }
        if watch.is_to_rest() {
            return Poll::Ready(None);
        }
        let ended = connection.poll_without_shutdown(cx);
        match next.take_seizure() {
            Some(seize) => Poll::Ready(Some(How::Seized(seize))),
            None => ended.map(|ended| Some(How::Ended(ended))),
        }
    })
    .await;
    let parts = connection.into_parts();
    let stream = parts.io.into_inner();
    match how {
        Some(how) => Silence::Ended(Pause { how, stream, unread: parts.read_buf }),
        None => Silence::Resting(stream, parts.service),
    }
}

/// Reads what the client still sends. Closing over unread octets resets the connection, and the reset
/// overtakes the last answer (RFC 9112 9.6).
async fn linger(mut stream: Stream) -> io::Result<()> {
    stream.shutdown().await?;
    poll_fn(|cx| heard_out(&mut stream, cx)).await;
    Ok(())
}

/// Time limits are the watch's; dates come from the lab's clock. Heads have passed the gate before.
fn http1_settings(limits: &Limits) -> http1::Builder {
    let mut settings = http1::Builder::new();
    let largest = limits.header.max(SMALLEST_BUFFER);
    settings.half_close(true).auto_date_header(false).header_read_timeout(None).max_header_size(largest);
    settings
}

fn http2_settings(limits: &Limits) -> http2::Builder<Local> {
    let mut settings = http2::Builder::new(Local);
    settings
        .auto_date_header(false)
        .enable_connect_protocol()
        .max_concurrent_streams(MOST_STREAMS)
        .max_header_list_size(u32::try_from(limits.header).unwrap_or(u32::MAX))
        .max_send_buf_size(SEND_BUFFER);
    settings
}

/// How long a client is heard out that sends more than it will get an answer to.
const LINGER: Duration = Duration::from_secs(2);
/// How long a connection that was given up may take to answer what it can.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// hyper reads no head into less.
const SMALLEST_BUFFER: usize = 8192;
/// RFC 9113 6.5.2 advises to allow no fewer than 100.
const MOST_STREAMS: u32 = 100;
/// What is held back for each stream of a client that does not read: a piece of a file.
const SEND_BUFFER: usize = 64 * 1024;
