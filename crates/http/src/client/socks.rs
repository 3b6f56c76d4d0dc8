//! Through a SOCKS 5 proxy to a server (RFC 1928, RFC 1929).

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_net::Stream;

use super::failure::{Failure, Refused};
use crate::wire::socks::{self, NO_AUTHENTICATION, Place, SUCCEEDED, Stage, USER, Word};

/// Who a client is to its proxy: a name and a password of 1 to 255 octets each.
#[derive(Clone, Debug)]
pub struct User {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
}

/// Asks the proxy at the other end of `stream` for a connection to `to`. What is sent from then on is for the server.
///
/// # Errors
/// When the proxy makes none.
pub async fn open(mut stream: Stream, to: &Place, user: Option<&User>) -> Result<Stream, Failure> {
    say(&mut stream, &socks::greeting(user.is_some())).await?;
    match (hear(&mut stream, Stage::Choice).await?, user) {
        (Word::Choice(NO_AUTHENTICATION), _) => {}
        (Word::Choice(USER), Some(user)) => log_in(&mut stream, user).await?,
        (_, Some(_)) => return Err(Refused::NoMethod.into()),
        (_, None) => return Err(Refused::NoUser.into()),
    }
    say(&mut stream, &socks::connect(to)).await?;
    match hear(&mut stream, Stage::Reply).await? {
        Word::Reply(SUCCEEDED, _) => Ok(stream),
        Word::Reply(code, _) => Err(Refused::Reply(to.clone(), code).into()),
        _ => Err(Refused::NotSocks(false).into()),
    }
}

async fn log_in(stream: &mut Stream, user: &User) -> Result<(), Failure> {
    say(stream, &socks::password(&user.name, &user.password)).await?;
    match hear(stream, Stage::Status).await? {
        Word::Status(SUCCEEDED) => Ok(()),
        _ => Err(Refused::Password.into()),
    }
}

async fn say(stream: &mut Stream, octets: &[u8]) -> Result<(), Failure> {
    stream.write_all(octets).await.map_err(Failure::Network)?;
    stream.flush().await.map_err(Failure::Network)
}

/// One word and not an octet more, since what follows is the server's.
async fn hear(stream: &mut Stream, stage: Stage) -> Result<Word, Failure> {
    let mut heard = Vec::new();
    loop {
        match stage.read(&heard) {
            Ok(Some((word, _))) => return Ok(word),
            Ok(None) => {}
            Err(socks::NotSocks) => return Err(Refused::NotSocks(heard.starts_with(b"H")).into()),
        }
        match stream.read_u8().await {
            Ok(octet) => heard.push(octet),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(Failure::PeerSilent),
            Err(error) => return Err(Failure::Network(error)),
        }
    }
}
