//! TLS that passes through a relay is opened: the client speaks TLS with the relay, under a certificate of the relay's
//! own authority for the name that it asked for, and the relay speaks TLS with the server.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_net::tls::{First, Hello, Trust, trust};
use toynet_net::{Clock, Stream};
use toynet_service::tls::{Certificates, Kind, Shows, Wanted};

use crate::Authority;

/// Opens TLS.
#[derive(Debug)]
pub struct Intercept {
    authority: Authority,
    trust: Trust,
    /// Names that certificates were made for.
    names: RefCell<BTreeSet<String>>,
}

/// What a relay learns of a conversation that is yet in clear.
enum Begun {
    Tls(Hello),
    /// One side has said all, or nobody can look ahead.
    Clear,
}

impl Intercept {
    /// With certificates of this authority, for servers that are trusted so.
    pub fn new(authority: Authority, trust: Trust) -> Self {
        Self { authority, trust, names: RefCell::default() }
    }

    /// Passes on what both say until TLS begins, with the client's first word or after any of the server's, and opens it
    /// then. Both streams as they go on; nothing when the client would have no TLS, which is recorded.
    ///
    /// # Errors
    /// When one breaks off, or there is no TLS with the server.
    pub async fn open(
        &self,
        mut client: Stream,
        mut server: Stream,
        host: &str,
        clock: Clock,
    ) -> io::Result<Option<(Stream, Stream)>> {
        let hello = match begin(&mut client, &mut server, clock).await {
            Ok(Begun::Tls(hello)) => hello,
            Ok(Begun::Clear) => return Ok(Some((client, server))),
            Err(error) => {
                client.reset();
                server.reset();
                return Err(error);
            }
        };
        let name = hello.name.clone().unwrap_or_else(|| host.to_owned());
        let alpn: Vec<&str> = hello.alpn.iter().map(String::as_str).collect();
        let config = self.trust.client(&alpn, clock)?;
        let server = match server.start_tls_as_client(&config, &name, &[]).await {
            Ok(server) => server,
            Err(error) => {
                client.reset();
                return Err(io::Error::other(format!("there is no TLS with {name}: {}", trust::why(&error))));
            }
        };
        let chosen = server.tls().and_then(|terms| terms.alpn.clone());
        let ours = self.wanted(&name, host, client.local().ip(), chosen.as_deref().as_slice())?;
        let client = client.start_tls_as_server(&ours, &[]).await;
        Ok(client.ok().map(|client| (client, server)))
    }

    fn wanted(&self, name: &str, host: &str, here: IpAddr, alpn: &[&str]) -> io::Result<toynet_net::tls::Server> {
        let mut names = self.names.borrow_mut();
        let is_known = names.len() < MOST_NAMES || names.contains(name);
        let name = if is_known { name } else { host };
        names.insert(name.to_owned());
        // Who asks for no name may know the relay by its address.
        let (names, addresses) = (vec![name.to_ascii_lowercase()], name.parse().into_iter().chain([here]).collect());
        let shows = Shows::Lab(Kind::Right);
        self.authority.server(&Wanted { names, addresses, shows, versions: Default::default(), alpn })
    }
}

/// Passes on what is said in clear.
async fn begin(client: &mut Stream, server: &mut Stream, clock: Clock) -> io::Result<Begun> {
    let (mut seen, mut said) = (vec![0; LONGEST_HELLO], vec![0; PIECE]);
    // TLS begins with the client's first word, or after one of the server's.
    let mut may_begin = true;
    let mut patience = clock.now() + PATIENCE;
    loop {
        tokio::select! {
            biased;
            length = server.read(&mut said) => match length? {
                0 => return Ok(Begun::Clear),
                length => {
                    client.write_all(&said[..length]).await?;
                    may_begin = true;
                    patience = clock.now() + PATIENCE;
                }
            },
            length = client.peek(&mut seen) => match length? {
                0 => return Ok(Begun::Clear),
                length => match First::read(&seen[..length]) {
                    First::Hello(hello) if may_begin => return Ok(Begun::Tls(hello)),
                    // What is there already would be seen again at once.
                    First::Part if may_begin && length < LONGEST_HELLO && clock.now() < patience => {
                        clock.sleep(SOON).await;
                    }
                    First::Hello(_) | First::Part | First::Other => {
                        let length = client.read(&mut said).await?;
                        server.write_all(&said[..length]).await?;
                        may_begin = false;
                    }
                },
            },
        }
    }
}

/// With the largest key shares and tickets of today some 4 KiB.
const LONGEST_HELLO: usize = 16 * 1024;
const PIECE: usize = 16 * 1024;
/// A hello that was cut comes whole within a round trip.
const PATIENCE: Duration = Duration::from_secs(10);
const SOON: Duration = Duration::from_millis(5);
/// Certificates that are kept, some 2 KiB each: clients ask for what they like.
const MOST_NAMES: usize = 4096;
