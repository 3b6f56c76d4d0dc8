//! What may be on its way by QUIC, and how long nothing.

use std::time::Duration;

use quinn::{IdleTimeout, TransportConfig, VarInt};

/// What holds for every connection.
pub(super) fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(MOST_STREAMS))
        .max_concurrent_uni_streams(VarInt::from_u32(MOST_ONE_WAY))
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .receive_window(VarInt::from_u32(WINDOW))
        .send_window(WINDOW.into())
        .datagram_receive_buffer_size(None)
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(SILENCE.as_millis() as u32))));
    transport
}

/// Handshakes that wait to be taken up: more than browsers begin at once, and each costs a signature.
pub(super) const MOST_ARRIVING: usize = 256;
/// What a client may send before its handshake is taken up: a few packets.
pub(super) const BUFFER: u64 = 16 * 1024;
/// RFC 9114 6.1 asks for 100 at least.
const MOST_STREAMS: u32 = 100;
/// HTTP/3 needs three (RFC 9114 6.2), and a few more show that unknown ones are passed over.
const MOST_ONE_WAY: u32 = 8;
/// What may be on its way in one stream: at a round trip of 10 ms some 25 MB a second.
const STREAM_WINDOW: u32 = 256 * 1024;
/// What may be on its way, or held, in all streams of a connection.
const WINDOW: u32 = 1024 * 1024;
/// As long as browsers wait for a sign of life.
const SILENCE: Duration = Duration::from_secs(30);
/// A server says that it is there while its client waits for an answer that takes long.
pub(super) const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
