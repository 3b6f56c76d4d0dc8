//! Through a proxy to a server (RFC 9110 9.3.6).

use toynet_net::{Clock, Stream};

use super::failure::Failure;
use super::one::{Conversation, Request};
use super::outgoing::Outgoing;

/// Asks the proxy at the other end of `stream` for a tunnel, with a head of the method CONNECT. What is sent from then on
/// is for the server.
///
/// # Errors
/// When the proxy opens none, or says something before the client has.
pub async fn open(stream: Stream, head: Vec<u8>, clock: Clock) -> Result<Stream, Failure> {
    let request = Request { head, content: Outgoing::nothing(), is_chunked: false, waits: false };
    let answer = Conversation::new(stream, clock).ask(request, &mut |_| {}).await?;
    match answer.head.status {
        200..300 => answer.content.into_stream().ok_or(Failure::PeerTunnel),
        status => Err(Failure::PeerProxy(status)),
    }
}
