//! How octets are handed on.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use toynet_net::stream::Begun;
use toynet_net::{Answer, Datagrams, Host, Listener, Stream, tls};
use toynet_service::{LocalFuture, Server};

use super::absent::Words;

/// The service of one worker.
#[derive(Clone, Debug)]
pub struct Relaying {
    pub to: SocketAddr,
    /// The port of streams in clear.
    pub streams: Option<u16>,
    pub datagrams: Option<u16>,
    /// The port of streams with TLS, which ends here.
    pub secured: Option<(u16, tls::Server)>,
    pub absent: Option<Words>,
}

/// The server outside, as it was met last.
#[derive(Debug)]
struct Outside {
    host: Host,
    to: SocketAddr,
    absent: Option<Words>,
    is_missed: Cell<bool>,
}

impl Server for Relaying {
    fn start(&self, host: Host) -> LocalFuture<io::Result<LocalFuture<io::Result<()>>>> {
        let this = self.clone();
        Box::pin(async move {
            let (to, absent) = (this.to, this.absent);
            let outside = Rc::new(Outside { host: host.clone(), to, absent, is_missed: Cell::new(false) });
            let mut doors = JoinSet::new();
            if let Some(port) = this.streams {
                doors.spawn_local(accept(host.listen(port).await?, None, Rc::clone(&outside)));
            }
            if let Some((port, tls)) = this.secured {
                doors.spawn_local(accept(host.listen(port).await?, Some(tls), Rc::clone(&outside)));
            }
            if let Some(port) = this.datagrams {
                doors.spawn_local(answer(host.bind(port).await?, outside));
            }
            let first_to_end = async move {
                match doors.join_next().await {
                    None => Ok(()),
                    Some(ended) => ended.map_err(io::Error::other)?,
                }
            };
            Ok(Box::pin(first_to_end) as LocalFuture<_>)
        })
    }
}

async fn accept(mut listener: Listener, tls: Option<tls::Server>, outside: Rc<Outside>) -> io::Result<()> {
    let mut carried = JoinSet::new();
    loop {
        let has_room = carried.len() < MOST_STREAMS;
        tokio::select! {
            biased;
            Some(_) = carried.join_next() => {}
            stream = listener.accept(), if has_room => {
                let (stream, tls, outside) = (stream?, tls.clone(), Rc::clone(&outside));
                carried.spawn_local(async move {
                    match tls {
                        None => outside.take(stream).await,
                        // Whoever speaks in clear where TLS is expected is not handed on.
                        Some(tls) => if let Ok(Begun::Secured(stream)) = stream.accept_tls(&tls).await {
                            outside.take(stream).await;
                        },
                    }
                });
            }
        }
    }
}

async fn answer(datagrams: Datagrams, outside: Rc<Outside>) -> io::Result<()> {
    let serving = datagrams.serve(move |arrived, _| {
        let (question, outside) = (arrived.octets.to_vec(), Rc::clone(&outside));
        Answer::Later(Box::pin(async move {
            let answered = outside.host.ask_outside(&question, outside.to).await;
            outside.note(answered.as_ref().err());
            answered.ok()
        }))
    });
    serving.await
}

impl Outside {
    async fn take(&self, stream: Stream) {
        let met = self.host.connect_outside(self.to).await;
        self.note(met.as_ref().err());
        match (met, self.absent) {
            (Ok(external), _) => external.carry(stream).await,
            (Err(_), None) => stream.reset(),
            (Err(_), Some(words)) => {
                let clock = self.host.clock();
                // Whoever takes longer to listen hears the end of the connection.
                let _ = clock.until(clock.now() + PATIENCE, excuse(stream, words)).await;
            }
        }
    }

    /// Says once that the server is not there, and once that it is there again.
    fn note(&self, error: Option<&io::Error>) {
        let (host, to) = (self.host.name(), self.to);
        match (error, self.is_missed.replace(error.is_some())) {
            (Some(error), false) => tracing::warn!(host, "the server at {to} does not answer: {error}"),
            (None, true) => tracing::info!(host, "the server at {to} answers"),
            (Some(_), true) | (None, false) => {}
        }
    }
}

async fn excuse(mut stream: Stream, words: Words) -> io::Result<()> {
    let mut heard = [0; 4096];
    if words.after_request && stream.read(&mut heard).await? == 0 {
        return Ok(());
    }
    stream.write_all(words.text.as_bytes()).await?;
    stream.shutdown().await?;
    // What is still on its way would turn the end into a reset that takes the words along (RFC 9112 9.6).
    while stream.read(&mut heard).await? > 0 {}
    Ok(())
}

/// Each takes two descriptors, of which a process may often have 4,096 in all.
const MOST_STREAMS: usize = 1024;
/// Longer than a page with a form takes on a slow link.
const PATIENCE: Duration = Duration::from_secs(5);
