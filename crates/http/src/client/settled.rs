//! What a server of HTTP/2 says first (RFC 9113 3.4).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;

use crate::wire::frame::{self, FrameHead, FrameKind};

/// A connection whose server's first SETTINGS are overheard: whoever reads on gets every octet.
#[derive(Debug)]
pub(super) struct Settled<S> {
    stream: S,
    /// The first frame, as far as it was heard, for who wants to know.
    listening: Option<(Vec<u8>, oneshot::Sender<bool>)>,
}

impl<S> Settled<S> {
    /// Tells whether streams may become tunnels (RFC 8441 3), once the server has said so or not.
    pub fn new(stream: S) -> (Self, oneshot::Receiver<bool>) {
        let (tell, told) = oneshot::channel();
        (Self { stream, listening: Some((Vec::new(), tell)) }, told)
    }

    fn hear(&mut self, octets: &[u8]) {
        let Some((mut heard, tell)) = self.listening.take() else { return };
        heard.extend_from_slice(&octets[..octets.len().min(LONGEST - heard.len())]);
        let head = heard.first_chunk().map(|head: &[u8; FrameHead::LENGTH]| FrameHead::read(head));
        let payload = head.and_then(|head| heard.get(FrameHead::LENGTH..)?.get(..head.length as usize));
        match (head, payload) {
            (Some(head), Some(settings)) if head.kind == FrameKind::Settings => {
                // Who does not wait for it any more need not be told.
                let _ = tell.send(frame::settings(settings).any(|setting| setting == (ENABLE_CONNECT_PROTOCOL, 1)));
            }
            (Some(head), _) if head.kind != FrameKind::Settings => {}
            _ if heard.len() >= LONGEST => {}
            _ => self.listening = Some((heard, tell)),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Settled<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.hear(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Settled<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// SETTINGS_ENABLE_CONNECT_PROTOCOL.
const ENABLE_CONNECT_PROTOCOL: u16 = 8;
/// No frame is longer as long as nothing else was agreed on (RFC 9113 6.5.2).
const LONGEST: usize = FrameHead::LENGTH + 16_384;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_settings_tell_in_whatever_pieces_they_come() {
        let on = [0, 0, 12, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 9, 0, 8, 0, 0, 0, 1];
        for (octets, told) in [(&on[..], Ok(true)), (&[0, 0, 0, 4, 0, 0, 0, 0, 0][..], Ok(false))] {
            for piece in [1, 8, 100] {
                assert_eq!(heard(octets, piece), told, "{octets:?}");
            }
        }
        assert!(heard(&[0, 0, 8, 6, 0, 0, 0, 0, 0], 100).is_err());
        assert!(heard(&[b'x'; LONGEST * 2], 100).is_err());
    }

    fn heard(octets: &[u8], piece: usize) -> Result<bool, oneshot::error::TryRecvError> {
        let (mut settled, mut told) = Settled::new(());
        octets.chunks(piece).for_each(|piece| settled.hear(piece));
        told.try_recv()
    }
}
