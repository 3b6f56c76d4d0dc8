//! The server: people who log in, and what is done for them.
//!
//! - `session`: one connection, from greeting to farewell
//! - `act`: what a command does

mod act;
mod session;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;
use toynet_net::{Host, Listener, Stream};
use toynet_service::{LocalFuture, Server};

use crate::board::Board;
use crate::lobby::Lobby;
use crate::shell::Settings;

/// What all sessions of a host share, on whatever worker they are.
#[derive(Debug)]
pub struct Shared {
    /// What the shell says and whom it knows.
    pub settings: Settings,
    /// Who is here.
    pub lobby: Lobby,
    /// The board's name.
    pub board_name: String,
    /// The board.
    pub board: Box<dyn Board>,
    /// Hosts that are worth a visit, and why.
    pub hosts: Vec<(String, String)>,
    /// How long a person may be silent.
    pub idle: Duration,
}

/// A bulletin board that is ready to run on one worker.
#[derive(Clone, Debug)]
pub struct TelnetServer {
    port: u16,
    shared: Arc<Shared>,
}

impl TelnetServer {
    /// A server that will listen on `port`.
    pub fn new(port: u16, shared: Arc<Shared>) -> Self {
        Self { port, shared }
    }
}

impl Server for TelnetServer {
    fn start(&self, host: Host) -> LocalFuture<io::Result<LocalFuture<io::Result<()>>>> {
        let Self { port, shared } = self.clone();
        Box::pin(async move {
            let listener = host.listen(port).await?;
            Ok(Box::pin(accept(listener, host, shared)) as LocalFuture<_>)
        })
    }
}

/// Serves connections until the listener breaks; they end when this is dropped.
async fn accept(mut listener: Listener, host: Host, shared: Arc<Shared>) -> io::Result<()> {
    let mut sessions = JoinSet::new();
    loop {
        let open = sessions.len();
        tokio::select! {
            biased;
            Some(ended) = sessions.join_next() => {
                if let Err(error) = ended {
                    tracing::error!("a session was given up: {error}");
                }
            }
            stream = listener.accept(), if open < MOST_SESSIONS + MOST_REFUSALS => {
                let (stream, host, shared) = (stream?, host.clone(), Arc::clone(&shared));
                sessions.spawn_local(serve(stream, host, shared, open < MOST_SESSIONS));
            }
        }
    }
}

async fn serve(stream: Stream, host: Host, shared: Arc<Shared>, has_room: bool) {
    let (peer, name) = (stream.peer(), host.clone());
    let ended = match has_room {
        true => session::serve(stream, host, shared).await,
        false => refuse(stream, &host).await,
    };
    if let Err(error) = ended {
        tracing::debug!(host = name.name(), %peer, "a session ended early: {error}");
    }
}

async fn refuse(mut stream: Stream, host: &Host) -> io::Result<()> {
    let clock = host.clock();
    let farewell = async {
        stream.write_all(b"All lines are busy. Please call again later.\r\n").await?;
        stream.shutdown().await
    };
    clock.until(clock.now() + FAREWELL, farewell).await?
}

/// Sessions on a worker. Each holds some 30 KiB; a bulletin board with more people at once is none.
const MOST_SESSIONS: usize = 512;
/// Those that are told that there is no room; others wait in the system's queue.
const MOST_REFUSALS: usize = 64;
const FAREWELL: Duration = Duration::from_secs(2);
