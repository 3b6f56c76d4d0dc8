//! Connections, and the queue beside them.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::task::{JoinError, JoinSet};
use toynet_net::drive::drive;
use toynet_net::{Host, Listener, Stream};
use toynet_service::{LocalFuture, Server};

use super::limits::Limits;
use super::machine::ServerMachine;
use super::policy::Policy;
use super::session::ServerSession;
use crate::delivery::Queue;
use crate::retry::Schedule;
use crate::store::Store;

/// A mail server that is ready to run on one worker.
#[derive(Clone, Debug)]
pub struct SmtpServer {
    port: u16,
    limits: Limits,
    queue: Rc<Queue>,
}

impl SmtpServer {
    /// A server that will listen on `port` and take over what `store` has of an earlier one.
    pub fn new(port: u16, policy: Policy, store: Arc<dyn Store>, schedule: Schedule) -> Self {
        Self { port, limits: Limits::default(), queue: Rc::new(Queue::new(policy, store, schedule)) }
    }
}

impl Server for SmtpServer {
    fn start(&self, host: Host) -> LocalFuture<io::Result<LocalFuture<io::Result<()>>>> {
        let Self { port, limits, queue } = self.clone();
        Box::pin(async move {
            let listener = host.listen(port).await?;
            Ok(Box::pin(run(listener, host, limits, queue)) as LocalFuture<_>)
        })
    }
}

async fn run(listener: Listener, host: Host, limits: Limits, queue: Rc<Queue>) -> io::Result<()> {
    tokio::select! {
        biased;
        ended = accept(listener, &host, limits, &queue) => ended,
        () = queue.run(&host) => Ok(()),
    }
}

/// Serves connections until the listener breaks; they end when this is dropped.
async fn accept(mut listener: Listener, host: &Host, limits: Limits, queue: &Rc<Queue>) -> io::Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let has_room = connections.len() < MOST_CONNECTIONS;
        tokio::select! {
            biased;
            Some(ended) = connections.join_next() => report(ended),
            stream = listener.accept(), if has_room => {
                connections.spawn_local(serve(stream?, host.clone(), limits, Rc::clone(queue)));
            }
        }
    }
}

async fn serve(mut stream: Stream, host: Host, limits: Limits, queue: Rc<Queue>) {
    let (clock, peer, name) = (host.clock(), stream.peer(), host.clone());
    let mut session = ServerSession::new(host, queue, &stream);
    let machine = ServerMachine::new(clock.now(), name.name(), limits);
    let talk = drive(machine, &mut stream, clock, &mut session);
    if let Err(error) = clock.until(clock.now() + WHOLE, talk).await.and_then(|ended| ended) {
        tracing::debug!(host = name.name(), %peer, "a connection ended early: {error}");
        return;
    }
    // Nobody is left to hear of a failure here.
    let _ = clock.until(clock.now() + LINGER, linger(stream)).await;
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
/// How long a client is heard out that goes on after its last reply.
const LINGER: Duration = Duration::from_secs(2);
