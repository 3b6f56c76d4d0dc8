//! Puts a link's conditions between a service and its real socket.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Clock;
use crate::link::Link;
use crate::pipe;

/// The end of a pipe that has them, through which everything goes.
pub(crate) fn relay(stream: TcpStream, clock: Clock, out: Option<Arc<Link>>, back: Option<Arc<Link>>) -> pipe::End {
    let (mine, theirs) = pipe::pair(clock, out, back);
    tokio::task::spawn_local(async move {
        let mut stream = stream;
        let (mut from_pipe, mut to_pipe) = tokio::io::split(theirs);
        let (from_socket, to_socket) = stream.split();
        let ended = tokio::try_join!(copy(&mut from_pipe, to_socket), copy(from_socket, &mut to_pipe));
        if let Err(Reset) = ended {
            // A socket that cannot be reset is closed, which is all that can be done then.
            let _ = stream.set_zero_linger();
            from_pipe.unsplit(to_pipe).reset();
        }
    });
    mine
}

/// One side broke the connection off, and the other is to learn it.
struct Reset;

/// Copies until either side ends; then the other learns of it.
async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> Result<(), Reset> {
    let mut buffer = vec![0; BUFFER];
    loop {
        match from.read(&mut buffer).await {
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Err(Reset),
            Ok(0) | Err(_) => break,
            Ok(length) => match to.write_all(&buffer[..length]).await {
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Err(Reset),
                Err(_) => return Ok(()),
                Ok(()) => {}
            },
        }
    }
    // The peer may be gone already, which is what it would have been told.
    let _ = to.shutdown().await;
    Ok(())
}

/// As std's copy; links with conditions are slow on purpose.
const BUFFER: usize = 8 * 1024;
