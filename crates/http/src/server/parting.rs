//! The end of a connection in HTTP/2: a last word where one is due, and patience until the client has heard it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use toynet_net::{Clock, Stream};
use toynet_service::LocalFuture;

/// What is still to be done.
pub(super) enum Parting {
    /// These octets are to be sent.
    Saying(Vec<u8>),
    /// What the client still sends is read and forgotten, for a while: closing over unread octets resets the
    /// connection, and the reset overtakes the last word.
    Hearing(LocalFuture<()>),
    Over,
}

impl Parting {
    /// Does it.
    pub fn poll(&mut self, stream: &mut Stream, clock: Clock, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match self {
                Parting::Saying(words) if words.is_empty() => {
                    ready!(Pin::new(&mut *stream).poll_shutdown(cx))?;
                    *self = Parting::Hearing(Box::pin(async move { clock.sleep(PATIENCE).await }));
                }
                Parting::Saying(words) => {
                    let said = ready!(Pin::new(&mut *stream).poll_write(cx, words))?;
                    words.drain(..said);
                }
                Parting::Hearing(patience) => {
                    if heard_out(stream, cx).is_pending() {
                        ready!(patience.as_mut().poll(cx));
                    }
                    *self = Parting::Over;
                }
                Parting::Over => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl std::fmt::Debug for Parting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Parting")
    }
}

/// Reads and forgets what comes from the client until nothing more does.
pub(super) fn heard_out(stream: &mut Stream, cx: &mut Context<'_>) -> Poll<()> {
    let mut unread = [0; 4096];
    loop {
        let mut unread = ReadBuf::new(&mut unread);
        match ready!(Pin::new(&mut *stream).poll_read(cx, &mut unread)) {
            Ok(()) if !unread.filled().is_empty() => {}
            Ok(()) | Err(_) => return Poll::Ready(()),
        }
    }
}

/// As long as a client of HTTP/1.x is heard out.
const PATIENCE: Duration = Duration::from_secs(2);
