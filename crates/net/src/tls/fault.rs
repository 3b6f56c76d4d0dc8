//! What a server does wrong on purpose while TLS begins.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use toynet_record::Direction;

use toynet_record::alert::in_words;

use super::alert::Refusal;
use super::server::{How, Server};
use super::{Failed, Replay, Session, Spoilt, accept, accept_with, in_time, old, refuse};
use crate::Clock;
use crate::stream::carried::Io;

/// A fault of a handshake: the `what` of a [`Fault`](crate::fault::Fault).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFault {
    /// How late the server answers the client's hello.
    pub delay: Duration,
    /// What it does then, if not what is right.
    pub wrong: Option<Wrong>,
}

/// What a server does in place of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It shows a certificate that is wrong.
    Shows(Spoilt),
    /// It says nothing to the client's hello.
    Silence,
    /// It says its own hello and ends the connection.
    Close,
    /// It resets the connection when it has the client's hello.
    Reset,
    /// It agrees to TLS 1.0, whatever it is offered.
    Old,
    /// It sends this alert (RFC 8446 6.2).
    Alert(u8),
}

/// Has a server begin as `fault` says.
pub(crate) async fn accept_badly(
    begun: Replay,
    server: &Server,
    fault: &TlsFault,
    clock: Clock,
) -> Result<Session, Failed> {
    clock.sleep(fault.delay).await;
    match fault.wrong {
        None => accept(begun, server).await,
        Some(wrong) => in_time(go_wrong(begun, server, wrong)).await,
    }
}

async fn go_wrong(mut begun: Replay, server: &Server, wrong: Wrong) -> Result<Session, Failed> {
    if let (Wrong::Shows(spoilt), How::Modern(config, identities)) = (wrong, &server.0) {
        let config = Server::spoilt(config, identities.clone(), spoilt);
        return accept_with(Io::Replay(Box::new(begun)), &config).await;
    }
    if wrong == Wrong::Reset {
        begun.reset();
        let refusal = sent("the connection is reset at the client's hello".to_owned());
        return Err(Failed { error: io::ErrorKind::ConnectionReset.into(), refusal });
    }
    let io = Io::Replay(Box::new(begun));
    Err(match wrong {
        Wrong::Alert(alert) => refuse(async |io: &mut Io| say(io, alert).await, io).await,
        Wrong::Close => refuse(begin_and_leave, io).await,
        Wrong::Silence => refuse(be_silent, io).await,
        Wrong::Old | Wrong::Shows(_) | Wrong::Reset => refuse(old::refuse, io).await,
    })
}

async fn say(io: &mut Io, alert: u8) -> io::Result<Refusal> {
    old::hello(io).await?;
    io.write_all(&old::fatal(alert)).await?;
    io.flush().await?;
    Ok(sent(in_words(alert)))
}

async fn begin_and_leave(io: &mut Io) -> io::Result<Refusal> {
    let hello = old::hello(io).await?;
    io.write_all(&old::hello_of_1_2(&hello)?).await?;
    io.flush().await?;
    Ok(sent("the connection ends after the server's hello".to_owned()))
}

/// Holds the connection until the client has had enough.
async fn be_silent(io: &mut Io) -> io::Result<Refusal> {
    tokio::io::copy(io, &mut tokio::io::sink()).await?;
    Ok(sent("the server says nothing to the client's hello".to_owned()))
}

fn sent(why: String) -> Refusal {
    Refusal { direction: Direction::Sent, why }
}
