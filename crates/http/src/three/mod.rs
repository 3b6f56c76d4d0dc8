//! HTTP/3 on a connection of QUIC, as far as both sides do the same.
//!
//! - [`message`]: a request's stream, in two hands: one that reads and one that writes
//! - `fields`: fields as one map
//! - [`tunnel`]: what a stream is once another protocol was agreed on
//! - here: the streams that each side writes alone

mod fields;
pub mod message;
pub mod tunnel;

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_net::Stream;
use toynet_net::quic::Connection;

pub(crate) use fields::fields_of;
pub use message::{Failed, Got, Receiving, Sending, Traffic};
pub use tunnel::Tunnel;

use crate::wire::three::one_way::{self, Told};
use crate::wire::three::{Broken, Code, OneWay, Streams};

/// The application protocol of TLS (RFC 9114 3.1).
pub const ALPN: &str = "h3";

/// This side's control stream, with settings of its own, which lasts as long as the connection.
///
/// # Errors
/// When the connection is lost.
pub async fn control(connection: &Connection, largest_fields: u64, own: &[(u64, u64)]) -> io::Result<Stream> {
    let mut control = connection.open_one_way().await?;
    control.write_all(&one_way::control(largest_fields, own)).await?;
    Ok(control)
}

/// Hears a stream of the other side's to its end. Where that breaks a rule the connection ends.
pub async fn hear(mut stream: Stream, connection: Connection, streams: Rc<RefCell<Streams>>, heard: impl Fn(Told)) {
    let mut one_way = OneWay::default();
    let mut octets = [0; PIECE];
    loop {
        let count = match stream.read(&mut octets).await {
            Ok(count) if count > 0 => count,
            // It has ended, was reset, or the connection is gone.
            _ => return one_way.end().unwrap_or_else(|broken| end(&connection, broken)),
        };
        let told = one_way.said(&octets[..count], &mut streams.borrow_mut());
        match told {
            Err(broken) => return end(&connection, broken),
            Ok(told) => {
                if told.iter().any(|told| matches!(told, Told::Unknown(_))) {
                    return stream.stop(Code::STREAM_CREATION_ERROR.0);
                }
                told.into_iter().for_each(&heard);
            }
        }
    }
}

/// Ends a connection on which a rule was broken (RFC 9114 8).
pub fn end(connection: &Connection, broken: Broken) {
    connection.end(broken.code.0, broken.why);
}

/// Control frames are some ten octets.
const PIECE: usize = 512;
