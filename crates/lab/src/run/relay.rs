//! Between a client and a server that are no part of any lab: what they say passes through and is recorded.
//!
//! The relay stands in the server's place: the client's half of each conversation is recorded, and told as if it went
//! to the server itself. The half between relay and server is not, since the same is said there. So a conversation is
//! one flow.
//!
//! - `intercept`: TLS is opened on its way

mod intercept;

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio::task::spawn_local;
use toynet_net::carrier::real::Real;
use toynet_net::{
    Answer, Arrived, Carrier, Clock, Datagrams, Host, Listener, Network, Recorder, Records, Stream, Topology,
    TopologyHost, resolve, socket,
};
use toynet_record::{Quota, Roster};

use super::Follow;
use crate::visit::outside;
pub use intercept::Intercept;

/// A relay that runs on the caller's runtime.
#[derive(Debug)]
pub struct Relay {
    bound: SocketAddr,
    server: SocketAddr,
    roster: Roster,
    clock: Clock,
    records: Records,
}

/// Where to, and from whom.
#[derive(Debug)]
struct Way {
    name: String,
    to: Vec<SocketAddr>,
    host: Host,
    intercept: Option<Intercept>,
}

impl Relay {
    /// Starts to relay, over TCP and UDP, from `listen`, where port 0 is any that is free, to a port of the
    /// server called `name`, which the record tells to be the port `standard`. With `intercept` TLS is opened. When this
    /// returns it listens.
    ///
    /// # Errors
    /// When the server has no address, or `listen` cannot be had.
    pub async fn start(
        listen: SocketAddr,
        name: &str,
        port: u16,
        standard: u16,
        intercept: Option<Intercept>,
    ) -> io::Result<Self> {
        let to = addresses(name, port).await?;
        let first = *to.first().ok_or(io::ErrorKind::NotFound)?;
        let server = SocketAddr::new(first.ip(), standard);
        let mut roster = Roster::default();
        // Over the loopback the client has the same address: without a name it is told apart.
        if !first.ip().is_loopback() {
            roster.add(name, to.iter().map(SocketAddr::ip));
        }
        let clock = Clock::system();
        let recorder = Recorder::new(0, Quota::default(), clock);
        let (records, requests) = Records::new();
        spawn_local(recorder.clone().serve(requests));
        let bound = match listen.port() {
            0 => SocketAddr::new(listen.ip(), socket::free_port(listen.ip(), true)?),
            _ => listen,
        };
        // The relay's own connections are recorded where nobody reads.
        let unread = Recorder::new(0, Quota(UNREAD), clock);
        let host = outside(0, clock, &unread).ok_or(io::ErrorKind::AddrNotAvailable)?;
        let way = Rc::new(Way { name: name.to_owned(), to, host, intercept });
        let stand_in = TopologyHost { name: name.to_owned(), number: 1, addresses: vec![bound.ip()] };
        let topology = Topology::new(vec![stand_in], Default::default(), None, 0);
        let network = Network::new(0, Arc::new(topology), Carrier::Real(Real::default()), clock, recorder);
        let stand_in = network.host(name).ok_or(io::ErrorKind::NotFound)?;
        let refused =
            |error: io::Error| io::Error::new(error.kind(), format!("{bound} cannot be listened on: {error}"));
        spawn_local(connections(stand_in.listen(bound.port()).await.map_err(refused)?, Rc::clone(&way)));
        spawn_local(datagrams(stand_in.bind(bound.port()).await.map_err(refused)?, way));
        Ok(Self { bound, server, roster, clock, records })
    }

    /// Where it listens.
    pub fn bound(&self) -> SocketAddr {
        self.bound
    }

    /// The server's name.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Its clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// A reader of its record, from the oldest entry that is still kept.
    pub fn follow(&self) -> Follow {
        Follow::new(vec![self.records.again()]).standing_for(self.bound.port(), self.server)
    }

    /// A reader that misses nothing, for whose sake flows are kept whole from then on.
    pub async fn recorder(&self) -> Follow {
        let follow = Follow::new(vec![self.records.again_whole()]);
        follow.standing_for(self.bound.port(), self.server).begun().await
    }
}

async fn addresses(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let found = match name.parse() {
        Ok(ip) => vec![ip],
        Err(_) => resolve::by_system(name).await?,
    };
    Ok(found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
}

async fn connections(mut listener: Listener, way: Rc<Way>) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    while let Ok(place) = Arc::clone(&room).acquire_owned().await {
        let client = match listener.accept().await {
            Ok(client) => client,
            Err(error) => return tracing::error!("no more connections are accepted: {error}"),
        };
        let way = Rc::clone(&way);
        spawn_local(async move {
            way.relay(client).await;
            drop(place);
        });
    }
}

async fn datagrams(socket: Datagrams, way: Rc<Way>) {
    let ended = socket.serve(move |arrived: Arrived<'_>, _: &mut [u8]| {
        let (way, octets) = (Rc::clone(&way), arrived.octets.to_vec());
        Answer::Later(Box::pin(async move { way.ask(&octets).await }))
    });
    if let Err(error) = ended.await {
        tracing::error!("no more datagrams are relayed: {error}");
    }
}

impl Way {
    async fn relay(&self, client: Stream) {
        match self.connect().await {
            Ok(server) => match &self.intercept {
                None => pass_on(client, server).await,
                Some(intercept) => match intercept.open(client, server, &self.name, self.host.clock()).await {
                    Ok(Some((client, server))) => pass_on(client, server).await,
                    Ok(None) => {}
                    Err(error) => tracing::warn!("{error}"),
                },
            },
            Err(error) => {
                tracing::warn!("{} cannot be reached: {error}", self.name);
                client.reset();
            }
        }
    }

    /// The first of the server's addresses that answers.
    async fn connect(&self) -> io::Result<Stream> {
        let (mut refused, clock) = (io::Error::from(io::ErrorKind::AddrNotAvailable), self.host.clock());
        for to in &self.to {
            match clock.until(clock.now() + PATIENCE, self.host.connect(*to)).await {
                Ok(Ok(server)) => return Ok(server),
                Ok(Err(error)) => refused = error,
                Err(_) => refused = io::ErrorKind::TimedOut.into(),
            }
        }
        Err(refused)
    }

    /// The server's answer to one datagram, if there is one. Each has a socket of its own, so that the server
    /// tells clients apart.
    async fn ask(&self, octets: &[u8]) -> Option<Vec<u8>> {
        let (to, clock) = (*self.to.first()?, self.host.clock());
        let socket = self.host.bind(0).await.ok()?;
        socket.send_to(octets, to).await.ok()?;
        let mut room = vec![0; LARGEST];
        let deadline = clock.now() + PATIENCE;
        loop {
            let (length, from) = clock.until(deadline, socket.receive(&mut room)).await.ok()?.ok()?;
            if from == to {
                room.truncate(length);
                return Some(room);
            }
        }
    }
}

/// Passes on what both say until both have said all, and the end of each as it was: a half that is closed
/// leaves the other open, and what breaks off breaks off on both sides.
async fn pass_on(client: Stream, server: Stream) {
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let there = pass(&mut from_client, &mut to_server);
    let back = pass(&mut from_server, &mut to_client);
    let broken = tokio::try_join!(there, back).is_err();
    if broken {
        from_client.unsplit(to_client).reset();
        from_server.unsplit(to_server).reset();
    }
}

async fn pass(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    // Many end TLS by closing the connection below it.
    tokio::io::copy(from, to).await.or_else(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Ok(0),
        _ => Err(error),
    })?;
    to.shutdown().await
}

/// Each costs two descriptors; a process has 1,024 or more of them.
const MOST_CONNECTIONS: usize = 500;
/// Longer than clients wait for a connection or an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// A datagram's length has 16 bits.
const LARGEST: usize = 65_535;
/// Of the record that nobody reads: next to nothing.
const UNREAD: usize = 4096;
