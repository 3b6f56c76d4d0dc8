//! One connection, in either version, to its end.

use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_net::stream::Begun;
use toynet_net::{Clock, Host, Stream};

use super::exchange::Exchanges;
use super::first::{Version, Watched};
use super::gate::OnlyTls;
use super::tunnel::Next;
use super::watch::{Standstill, Watch};
use super::{Connected, Door, Sites};

/// Serves one connection.
pub(super) async fn serve(stream: Stream, host: Host, door: Rc<Door>) {
    let (peer, name) = (stream.peer(), host.clone());
    let ended = match &door.tls {
        None => attend(stream, host, Rc::clone(&door.sites)).await,
        Some(server) => match stream.accept_tls(server).await {
            Ok(Begun::Secured(stream)) => attend(stream, host, Rc::clone(&door.sites)).await,
            Ok(Begun::InClear(stream)) => attend(stream, host, Rc::new(Sites::for_all(Rc::new(OnlyTls)))).await,
            Err(error) => Err(error.into()),
        },
    };
    if let Err(why) = ended {
        tracing::debug!(host = name.name(), %peer, "a connection ended early: {why}");
    }
}

/// Converses until it is over or nothing moves any more.
async fn attend(stream: Stream, host: Host, sites: Rc<Sites>) -> Result<(), Early> {
    let (clock, watch) = (host.clock(), Rc::new(Watch::default()));
    tokio::select! {
        biased;
        ended = converse(stream, host, sites, Rc::clone(&watch)) => ended,
        standstill = watch.standstill(clock) => Err(standstill.into()),
    }
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

async fn converse(stream: Stream, host: Host, sites: Rc<Sites>, watch: Rc<Watch>) -> Result<(), Early> {
    let (clock, end) = (host.clock(), stream.end());
    let connected = Connected { peer: stream.peer(), local: stream.local(), is_secure: stream.tls().is_some() };
    let (stream, version) = Watched::open(stream, Rc::clone(&watch)).await?;
    let exchanges = Exchanges { host, end, sites, watch, connected: Rc::new(connected), next: Next::default() };
    match version {
        Version::One => converse_in_one(stream, exchanges, clock).await,
        Version::Two => {
            exchanges.watch.is_http2();
            Ok(http2_settings().serve_connection(TokioIo::new(stream), exchanges).await?)
        }
    }
}

async fn converse_in_one(stream: Watched, exchanges: Exchanges, clock: Clock) -> Result<(), Early> {
    let (next, watch) = (exchanges.next.clone(), Rc::clone(&exchanges.watch));
    let mut connection = http1_settings().serve_connection(TokioIo::new(stream), exchanges);
    let ended = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
    let parts = connection.into_parts();
    let stream = parts.io.into_inner();
    if let Some(enter) = next.take().filter(|_| ended.is_ok()) {
        watch.handler_begins();
        enter(Box::pin(stream.after(parts.read_buf))).await;
        watch.handler_ends();
        return Ok(());
    }
    let stream = stream.into_stream();
    // Nobody is left to hear of a failure here; what went wrong before counts.
    let _ = clock.until(clock.now() + LINGER, linger(stream)).await;
    Ok(ended?)
}

/// Reads what the client still sends. Closing over unread octets resets the connection, and the reset
/// overtakes the last answer (RFC 9112 9.6).
async fn linger(mut stream: Stream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut unread = [0; 4096];
    while stream.read(&mut unread).await? > 0 {}
    Ok(())
}

/// Time limits are the watch's; dates come from the lab's clock.
fn http1_settings() -> http1::Builder {
    let mut settings = http1::Builder::new();
    settings.half_close(true).auto_date_header(false).header_read_timeout(None).max_header_size(LARGEST_HEAD);
    settings
}

fn http2_settings() -> http2::Builder<Local> {
    let mut settings = http2::Builder::new(Local);
    settings
        .auto_date_header(false)
        .enable_connect_protocol()
        .max_concurrent_streams(MOST_STREAMS)
        .max_header_list_size(LARGEST_HEAD as u32)
        .max_send_buf_size(SEND_BUFFER);
    settings
}

/// Runs hyper's tasks on this worker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Local;

impl<F: Future<Output: 'static> + 'static> Executor<F> for Local {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}

/// How long a client is heard out that sends more than it will get an answer to.
const LINGER: Duration = Duration::from_secs(2);
/// Four times what browsers take for the fields of a request; larger ones are attacks or mistakes.
const LARGEST_HEAD: usize = 64 * 1024;
/// RFC 9113 6.5.2 advises to allow no fewer than 100.
const MOST_STREAMS: u32 = 100;
/// What is held back for each stream of a client that does not read: a piece of a file.
const SEND_BUFFER: usize = 64 * 1024;
