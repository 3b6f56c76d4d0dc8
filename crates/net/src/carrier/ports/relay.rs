//! Puts a link's conditions between a service and its real socket.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Clock;
use crate::link::Link;
use crate::pipe;
use crate::stream::Io;

/// The socket itself when there are no conditions, otherwise the end of a pipe that has them.
pub(crate) fn relay(stream: TcpStream, clock: Clock, out: Option<Arc<Link>>, back: Option<Arc<Link>>) -> Io {
    if out.is_none() && back.is_none() {
        return Io::Tcp(stream);
    }
    let (mine, theirs) = pipe::pair(clock, out, back);
    tokio::task::spawn_local(async move {
        let (from_pipe, to_pipe) = tokio::io::split(theirs);
        let (from_socket, to_socket) = stream.into_split();
        tokio::join!(copy(from_pipe, to_socket), copy(from_socket, to_pipe));
    });
    Io::Pipe(mine)
}

/// Copies until either side ends; then the other learns of it.
async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
    let mut buffer = vec![0; BUFFER];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
    // The peer may be gone already, which is what it would have been told.
    let _ = to.shutdown().await;
}

/// As std's copy; links with conditions are slow on purpose.
const BUFFER: usize = 8 * 1024;
