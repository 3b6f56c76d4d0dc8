//! HTTP/3 (RFC 9114): connections of QUIC, many requests on each.
//!
//! - here: a port, and one connection to its end
//! - `request`: one request's stream

mod request;

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::sync::watch::Receiver;
use tokio::task::{JoinSet, spawn_local, yield_now};
use toynet_net::quic::{Arriving, Connection, Endpoint};
use toynet_net::{Datagrams, Host, Stream, tls};

use super::accept::{FAREWELL, end_one, is_open};
use super::room::Place;
use super::watch::{Standstill, Watch};
use super::{Connected, Serving};
use crate::three::{self, Traffic};
use crate::wire::three::{Code, Streams, one_way};

/// Serves connections until the socket breaks or notice is given. When this is dropped their clients are told.
pub(super) async fn accept(datagrams: Datagrams, tls: tls::Server, host: Host, serving: Rc<Serving>) -> io::Result<()> {
    let endpoint = Rc::new(Endpoint::server_when_asked(datagrams, &tls).await?);
    let (_end, ended) = tokio::sync::watch::channel(());
    let mut watches: Vec<Rc<Watch>> = Vec::new();
    let clock = host.clock();
    let _stay = host.notice().stay();
    let mut notice = pin!(host.notice().given());
    loop {
        let arriving = tokio::select! {
            biased;
            () = &mut notice => break,
            () = serving.room.asked() => {
                watches.retain(is_open);
                end_one(&watches, clock.now());
                continue;
            }
            arriving = endpoint.arrival() => arriving.ok_or(io::ErrorKind::NotConnected)?,
        };
        watches.retain(is_open);
        let most = serving.limits.connections;
        let place = match serving.room.take(most) {
            None if end_one(&watches, clock.now()) => Some(serving.room.take_beyond()),
            place => place,
        };
        // Where all are busy there is no queue to wait in (RFC 9000 20.1, CONNECTION_REFUSED).
        let Some(place) = place else {
            serving.room.ask();
            arriving.refuse();
            continue;
        };
        let watch = Rc::new(Watch::at(clock.now()));
        watch.is_shared();
        watches.push(Rc::clone(&watch));
        let (host, serving, endpoint) = (host.clone(), Rc::clone(&serving), Rc::clone(&endpoint));
        // No part of this task, so that it can still say that it ends.
        spawn_local(attend(arriving, host, serving, watch, ended.clone(), (endpoint, place)));
    }
    watches.iter().for_each(|watch| watch.part());
    while watches.iter().any(|watch| Rc::strong_count(watch) > 1) {
        host.clock().sleep(FAREWELL).await;
    }
    Ok(())
}

/// One connection to its end. It holds the endpoint, which goes with the last of them, and its place.
async fn attend(
    arriving: Arriving,
    host: Host,
    serving: Rc<Serving>,
    watch: Rc<Watch>,
    mut ended: Receiver<()>,
    _held: (Rc<Endpoint>, Place),
) {
    let (peer, clock) = (arriving.peer(), host.clock());
    let handshake = clock.until(clock.now() + LONGEST_HANDSHAKE, arriving.connect());
    let outcome = tokio::select! {
        biased;
        _ = ended.changed() => return,
        outcome = handshake => outcome.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
    };
    let spoken = match outcome {
        Ok(connection) => {
            let connected = Connected { peer, local: connection.local(), is_secure: true };
            let name = host.clone();
            let of = Rc::new(Of {
                connection,
                host: name,
                serving,
                watch,
                connected: Rc::new(connected),
                given_up: Cell::default(),
            });
            Conversation { of, last: None, requests: JoinSet::new() }.run(ended).await
        }
        Err(error) => Err(error),
    };
    if let Err(why) = spoken {
        tracing::debug!(host = host.name(), %peer, "a connection ended early: {why}");
    }
}

/// What the requests of a connection have in common.
#[derive(Debug)]
struct Of {
    connection: Connection,
    host: Host,
    serving: Rc<Serving>,
    watch: Rc<Watch>,
    connected: Rc<Connected>,
    /// Requests that their client has given up, less those that it has not.
    given_up: Cell<u32>,
}

impl Of {
    /// Counts a request as one that was given up, or as one that was not. Who asks only to give up costs more than
    /// it takes (RFC 9114 10.5).
    fn count(&self, is_given_up: bool) {
        let count = self.given_up.get();
        self.given_up.set(if is_given_up { count + 1 } else { count.saturating_sub(1) });
        if count >= MOST_GIVEN_UP {
            self.connection.end(Code::EXCESSIVE_LOAD.0, "too many requests are given up");
        }
    }
}

struct Conversation {
    of: Rc<Of>,
    /// The newest stream with a request.
    last: Option<u64>,
    requests: JoinSet<()>,
}

impl Conversation {
    async fn run(mut self, mut ended: Receiver<()>) -> io::Result<()> {
        let of = Rc::clone(&self.of);
        let (connection, clock) = (&of.connection, of.host.clock());
        let mut control = three::control(connection, of.serving.limits.header as u64, &OWN_SETTINGS).await?;
        let streams = Rc::new(RefCell::new(Streams::of_client()));
        let mut heard = JoinSet::new();
        let mut unwanted = pin!(control.unwanted());
        let mut standstill = pin!(of.watch.standstill(&of.serving.limits, clock));
        loop {
            tokio::select! {
                biased;
                _ = ended.changed() => {
                    self.say_goodbye(&mut control).await;
                    connection.end(Code::NO_ERROR.0, "the server ends");
                    return Ok(());
                }
                () = &mut unwanted => {
                    three::end(connection, one_way::CLOSED);
                    return Err(io::Error::other(one_way::CLOSED));
                }
                why = &mut standstill => return self.part(&mut control, why).await,
                stream = connection.accept() => self.begin(stream?),
                stream = connection.accept_one_way() => {
                    heard.spawn_local(three::hear(stream?, connection.clone(), Rc::clone(&streams), |_| {}));
                }
                Some(_) = heard.join_next() => {}
                Some(_) = self.requests.join_next() => {}
                () = let_go(&of.watch) => return self.part(&mut control, Standstill::Idle).await,
            }
        }
    }

    fn begin(&mut self, stream: Stream) {
        self.last = stream.number();
        self.requests.spawn_local(request::serve(stream, Rc::clone(&self.of)));
    }

    /// No further requests are taken (RFC 9114 5.2).
    async fn say_goodbye(&self, control: &mut Stream) {
        let next = self.last.map_or(0, |last| last + 4);
        // Who does not hear it hears of the connection's end.
        let _ = control.write_all(&one_way::go_away(next)).await;
        // It goes out in the connection's next turn; with its end all that waits is dropped.
        yield_now().await;
    }

    /// Ends a connection that stands still, and gives what is under way a moment.
    async fn part(mut self, control: &mut Stream, why: Standstill) -> io::Result<()> {
        let (of, clock) = (Rc::clone(&self.of), self.of.host.clock());
        self.say_goodbye(control).await;
        if why != Standstill::Unread {
            let rest = async {
                tokio::select! {
                    () = async { while self.requests.join_next().await.is_some() {} } => {}
                    () = turn_away(&of.connection) => {}
                }
            };
            let _ = clock.until(clock.now() + LAST_WORDS, rest).await;
        }
        of.connection.end(Code::NO_ERROR.0, "");
        Err(io::Error::other(why))
    }
}

/// Takes no requests any more (RFC 9114 5.2): who sent one may send it elsewhere (RFC 9114 4.1.1).
async fn turn_away(connection: &Connection) {
    while let Ok(mut stream) = connection.accept().await {
        stream.stop(Code::REQUEST_REJECTED.0);
        stream.give_up(Code::REQUEST_REJECTED.0);
    }
}

/// Waits until the connection is given up to make room for others, or is to end with what is under way.
async fn let_go(watch: &Watch) {
    poll_fn(|cx| {
        watch.reads(Some(cx.waker()));
        if watch.given_up().is_some() || watch.is_parting() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

impl Traffic for Watch {
    fn sent(&self, octets: usize) {
        Watch::sent(self, octets);
    }

    fn received(&self, octets: usize) {
        Watch::received(self, octets);
    }

    fn blocked(&self) {
        Watch::blocked(self);
    }
}

/// Streams may become tunnels (RFC 9220 3).
const OWN_SETTINGS: [(u64, u64); 1] = [(one_way::ENABLE_CONNECT_PROTOCOL, 1)];
/// As long as for TLS on a stream.
const LONGEST_HANDSHAKE: Duration = Duration::from_secs(30);
/// How long a connection that was given up may take to answer what it can.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// A page that is left early gives up what it was loading, which is less than this.
const MOST_GIVEN_UP: u32 = 1000;
