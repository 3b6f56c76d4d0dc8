//! A way in for programs that know proxies: SOCKS version 5 on the loopback (RFC 1928).
//!
//! It leads to hosts of the lab and to nobody else. Names are looked up by the lab's resolver.
//!
//! - `wire`: what is said, as octets and back

mod wire;

use std::cell::Cell;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener as StdListener};
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_local;

use crate::external::External;
use crate::socket::{is_shortage, std_listen};
use crate::{Host, Stream};
use wire::{Place, Reply, Request};

/// A proxy that listens, though nobody answers yet.
#[derive(Debug)]
pub struct Socks {
    listener: StdListener,
    address: SocketAddr,
}

impl Socks {
    /// Listens at this address, at another port where that one is taken.
    ///
    /// # Errors
    /// As the system says.
    pub fn open(at: SocketAddr) -> io::Result<Self> {
        let listener = std_listen(at).or_else(|_| std_listen(SocketAddr::new(at.ip(), 0)))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves whoever comes, who then speaks as `host`, as long as the runtime lives.
    ///
    /// # Errors
    /// When the runtime takes no further sockets.
    pub fn serve(self, host: Host) -> io::Result<()> {
        let listener = TcpListener::from_std(self.listener)?;
        spawn_local(accept(listener, host));
        Ok(())
    }
}

async fn accept(listener: TcpListener, host: Host) {
    let served = Rc::new(Cell::new(0));
    loop {
        let client = match listener.accept().await {
            Ok((client, _)) => client,
            Err(error) => {
                if is_shortage(&error) {
                    host.clock().sleep(SHORTAGE).await;
                }
                continue;
            }
        };
        if served.get() >= MOST_CLIENTS {
            continue;
        }
        served.set(served.get() + 1);
        let (host, served) = (host.clone(), Rc::clone(&served));
        spawn_local(async move {
            // How a connection ended is told to both of its ends by its end.
            let _ = serve(client, &host).await;
            served.set(served.get() - 1);
        });
    }
}

async fn serve(mut client: TcpStream, host: &Host) -> io::Result<()> {
    client.set_nodelay(true)?;
    let clock = host.clock();
    let asked = clock.until(clock.now() + PATIENCE, ask(&mut client)).await??;
    let reached = match asked {
        Ok(place) => reach(host, place).await,
        Err(reply) => Err(reply),
    };
    match reached {
        Ok(stream) => {
            client.write_all(&wire::reply(Reply::Succeeded, stream.local())).await?;
            External::from(client).carry(stream).await;
            Ok(())
        }
        Err(reply) => {
            client.write_all(&wire::reply(reply, NOWHERE)).await?;
            client.shutdown().await
        }
    }
}

/// Where the client wants to go, or what it is to be told.
async fn ask(client: &mut TcpStream) -> io::Result<Result<Place, Reply>> {
    let mut heard = Vec::new();
    let methods = hear(client, &mut heard, wire::methods).await?;
    let agreed = if methods.contains(&wire::NO_AUTHENTICATION) { wire::NO_AUTHENTICATION } else { wire::NO_METHOD };
    client.write_all(&[wire::VERSION, agreed]).await?;
    if agreed == wire::NO_METHOD {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(match hear(client, &mut heard, wire::request).await? {
        Request::Connect(place) => Ok(place),
        Request::OtherCommand => Err(Reply::CommandNotSupported),
        Request::OtherAddress => Err(Reply::AddressNotSupported),
    })
}

/// What `read` makes of the octets that come, as soon as there are enough.
async fn hear<T>(client: &mut TcpStream, heard: &mut Vec<u8>, read: wire::Read<T>) -> io::Result<T> {
    loop {
        match read(heard) {
            Ok(Some((value, length))) => {
                heard.drain(..length);
                return Ok(value);
            }
            Ok(None) if heard.len() < LONGEST => {
                if client.read_buf(heard).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            Ok(None) | Err(wire::NotSocks) => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

async fn reach(host: &Host, place: Place) -> Result<Stream, Reply> {
    let (addresses, port) = match place {
        Place::Address(address) => match host.behind_door(address) {
            Some(inside) => (vec![inside.ip()], inside.port()),
            None => (vec![address.ip()], address.port()),
        },
        Place::Name(name, port) => (look_up(host, &name).await?, port),
    };
    let mut refused = Reply::NotAllowed;
    for address in addresses.into_iter().filter(|address| host.is_inside(*address)) {
        match host.connect_to_pass_on(SocketAddr::new(address, port)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => refused = Reply::of(&error),
        }
    }
    Err(refused)
}

async fn look_up(host: &Host, name: &str) -> Result<Vec<IpAddr>, Reply> {
    if let Ok(address) = name.parse() {
        return Ok(vec![address]);
    }
    let resolver = host.resolver().map_err(|_| Reply::HostUnreachable)?;
    resolver.addresses(host, name).await.map_err(|_| Reply::HostUnreachable)
}

/// What a reply names that reached nobody (RFC 1928 6).
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 0);
/// A request with the longest name has 262 octets; a client may send its first words with it.
const LONGEST: usize = 4096;
/// A browser opens six connections to each site; each takes two descriptors.
const MOST_CLIENTS: usize = 512;
/// A program speaks at once; this is for one that hangs.
const PATIENCE: Duration = Duration::from_secs(10);
/// Long enough for some connection to end.
const SHORTAGE: Duration = Duration::from_millis(50);
