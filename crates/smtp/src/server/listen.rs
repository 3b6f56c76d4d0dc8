//! Connections, and the queue beside them.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::task::{JoinError, JoinSet};
use toynet_machine::Machine;
use toynet_net::drive::drive;
use toynet_net::tls;
use toynet_net::{Clock, Host, Listener, Stream};
use toynet_service::{LocalFuture, Server};

use super::limits::Limits;
use super::machine::{Order, ServerMachine};
use super::offer::{Auth, Offer};
use super::policy::Policy;
use super::session::ServerSession;
use crate::delivery::Queue;
use crate::fault::Faulty;
use crate::retry::Schedule;
use crate::store::Store;

/// A mail server that is ready to run on one worker.
#[derive(Clone, Debug)]
pub struct SmtpServer {
    ways: Ways,
    queue: Rc<Queue>,
}

/// How a server is reached.
#[derive(Clone, Debug, Default)]
pub struct Ways {
    /// The port where other servers bring mail.
    pub port: u16,
    /// The port where authors hand mail in (RFC 6409), if there is one.
    pub submission: Option<u16>,
    /// How TLS is spoken, if it is.
    pub tls: Option<tls::Server>,
    /// Where users may say who they are, if there are any.
    pub auth: Option<Auth>,
    /// How much is taken.
    pub limits: Limits,
}

impl SmtpServer {
    /// A server that will take over what `store` has of an earlier one.
    pub fn new(ways: Ways, policy: Policy, store: Arc<dyn Store>, schedule: Schedule) -> Self {
        Self { ways, queue: Rc::new(Queue::new(policy, store, schedule)) }
    }
}

impl Server for SmtpServer {
    fn start(&self, host: Host) -> LocalFuture<io::Result<LocalFuture<io::Result<()>>>> {
        let Self { ways, queue } = self.clone();
        Box::pin(async move {
            let carried = host.listen(ways.port).await?;
            let submitted = match ways.submission {
                Some(port) => Some(host.listen(port).await?),
                None => None,
            };
            Ok(Box::pin(run(carried, submitted, host, ways, queue)) as LocalFuture<_>)
        })
    }
}

async fn run(
    carried: Listener,
    submitted: Option<Listener>,
    host: Host,
    ways: Ways,
    queue: Rc<Queue>,
) -> io::Result<()> {
    let door = |submission| Door { host: host.clone(), ways: ways.clone(), queue: Rc::clone(&queue), submission };
    let (carrying, submitting) = (door(false), door(true));
    let submissions = async {
        match submitted {
            Some(listener) => submitting.accept(listener).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        ended = carrying.accept(carried) => ended,
        ended = submissions => ended,
        () = queue.run(&host) => Ok(()),
    }
}

/// One of the server's ports.
#[derive(Clone, Debug)]
struct Door {
    host: Host,
    ways: Ways,
    queue: Rc<Queue>,
    submission: bool,
}

impl Door {
    /// Serves connections until the listener breaks; they end when this is dropped.
    async fn accept(&self, mut listener: Listener) -> io::Result<()> {
        let mut connections = JoinSet::new();
        loop {
            let has_room = connections.len() < MOST_CONNECTIONS;
            tokio::select! {
                biased;
                Some(ended) = connections.join_next() => report(ended),
                stream = listener.accept(), if has_room => {
                    connections.spawn_local(self.clone().serve(stream?));
                }
            }
        }
    }

    async fn serve(self, stream: Stream) {
        let (clock, peer) = (self.host.clock(), stream.peer());
        match clock.until(clock.now() + WHOLE, self.talk(stream, clock)).await.and_then(|ended| ended) {
            // Nobody is left to hear of a failure here.
            Ok(stream) => drop(clock.until(clock.now() + LINGER, linger(stream)).await),
            Err(error) => tracing::debug!(host = self.host.name(), %peer, "a connection ended early: {error}"),
        }
    }

    async fn talk(&self, mut stream: Stream, clock: Clock) -> io::Result<Stream> {
        let Ways { tls, auth, limits, .. } = &self.ways;
        let offer = Offer { starttls: tls.is_some(), secured: false, auth: *auth };
        let mut session = ServerSession::new(self.host.clone(), Rc::clone(&self.queue), &stream, self.submission);
        let machine = ServerMachine::new(clock.now(), self.host.name(), *limits, offer);
        let mut machine = Faulty::new(machine, &self.host, &stream);
        loop {
            machine = drive(machine, &mut stream, clock, &mut session).await?;
            let (true, Some(tls)) = (machine.is_paused(), tls) else { return Ok(stream) };
            let starting = stream.start_tls_as_server(tls, machine.unread());
            stream = clock.until(clock.now() + HANDSHAKE, starting).await??;
            session.is_secured();
            machine.order(clock.now(), Order::Secured);
        }
    }
}

/// Reads what the client still sends: closing over unread octets resets the connection, and the reset
/// overtakes the last reply.
async fn linger(mut stream: Stream) -> io::Result<()> {
    let mut unread = [0; 1024];
    while stream.read(&mut unread).await? > 0 {}
    Ok(())
}

/// A connection says itself what went wrong with it, unless it panicked.
fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!("a connection was given up: {error}");
    }
}

/// Twice and a half what Postfix serves at once; further ones wait in the system's queue. Each may hold a
/// message of the greatest size until it is whole.
const MOST_CONNECTIONS: usize = 256;
/// A client that does not read, or keeps just within each patience, is left in the end: the greatest
/// message at 4 KiB a second takes less.
const WHOLE: Duration = Duration::from_secs(2 * 3600);
/// A handshake is two rounds and no work to speak of.
const HANDSHAKE: Duration = Duration::from_secs(60);
/// How long a client is heard out that goes on after its last reply.
const LINGER: Duration = Duration::from_secs(2);
