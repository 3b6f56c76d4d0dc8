//! One server alone, at addresses of the machine.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use toynet_net::carrier::real::Real;
use toynet_net::{Carrier, Clock, Network, Recorder, Records, Topology, TopologyHost, socket};
use toynet_record::{Quota, Roster, Transport};
use toynet_service::{Command, Config, HostName, Place, Protocol, Reached, Server, Stand, Vouched};

use super::Follow;
use super::keep::{self, Kept};
use crate::files::Disk;
use crate::{Authority, protocols};

/// A server that runs on the caller's runtime.
#[derive(Debug)]
pub struct Solo {
    bound: Vec<Bound>,
    roster: Roster,
    clock: Clock,
    records: Records,
    kept: Vec<Kept>,
}

/// One of the addresses where it listens.
#[derive(Clone, Debug)]
pub struct Bound {
    /// With its port.
    pub address: SocketAddr,
    /// What it takes there.
    pub transports: Vec<Transport>,
    /// What a person can try there who wants to trust it.
    pub commands: Vec<Command>,
}

impl Solo {
    /// Starts `stand` at each of the addresses, where port 0 is any that is free; `authority` makes its certificates.
    /// When this returns all of them answer.
    ///
    /// # Errors
    /// When one of them cannot be had, or the service does not start.
    pub async fn start(
        protocol: &'static Protocol,
        stand: &Stand,
        listen: &[SocketAddr],
        authority: Authority,
    ) -> io::Result<Self> {
        let clock = Clock::system();
        let recorder = Recorder::new(0, Quota::default(), clock);
        let (records, requests) = Records::new();
        tokio::task::spawn_local(recorder.clone().serve(requests));
        let mut solo = Self { bound: Vec::new(), roster: Roster::default(), clock, records, kept: Vec::new() };
        for address in listen {
            let bound = solo.start_at(protocol, stand, *address, &recorder, &authority).await;
            let (bound, kept) = bound
                .map_err(|error| io::Error::new(error.kind(), format!("{address} cannot be listened on: {error}")))?;
            solo.kept.push(kept);
            solo.roster.add(NAME, [bound.address.ip()]);
            solo.bound.push(bound);
        }
        Ok(solo)
    }

    async fn start_at(
        &self,
        protocol: &'static Protocol,
        stand: &Stand,
        address: SocketAddr,
        recorder: &Recorder,
        authority: &Authority,
    ) -> io::Result<(Bound, Kept)> {
        let port = match address.port() {
            0 => socket::free_port(address.ip(), takes_datagrams(&*(stand.config)(0)))?,
            port => port,
        };
        let host = TopologyHost { name: NAME.to_owned(), number: 1, addresses: vec![address.ip()] };
        let topology = Topology::new(vec![host], Default::default(), None, SEED);
        let carrier = Carrier::Real(Real::default());
        let network = Network::new(0, Arc::new(topology), carrier, self.clock, recorder.clone());
        network.set_resolver(protocols::resolver());
        let config = (stand.config)(port);
        let server: Rc<dyn Server> = config.build(&place(stand, address, authority)?)?.into();
        let host = network.host(NAME).ok_or(io::ErrorKind::NotFound)?;
        let running = server.start(host.clone()).await?;
        let kept = keep::running(protocol.name, server, host, running);
        let bound = Bound {
            address: SocketAddr::new(address.ip(), port),
            transports: config.endpoints().into_iter().map(|endpoint| endpoint.transport).collect(),
            commands: commands(&*config, stand, address.ip(), authority),
        };
        Ok((bound, kept))
    }

    /// Where it listens.
    pub fn bound(&self) -> &[Bound] {
        &self.bound
    }

    /// Its addresses by name.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Its clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Tells it that it is to end, and waits until it has answered what it was asked: a second at most, and no time
    /// where nothing is asked.
    pub async fn give_notice(&self) {
        keep::give_notice(self.kept.iter(), self.clock).await;
    }

    /// A reader of its record, from the oldest entry that is still kept.
    pub fn follow(&self) -> Follow {
        Follow::new(vec![self.records.again()])
    }
}

fn takes_datagrams(config: &dyn Config) -> bool {
    config.endpoints().iter().any(|endpoint| endpoint.transport != Transport::Tcp)
}

/// What can be tried by whoever is on this machine; nothing where nobody can trust the server.
fn commands(config: &dyn Config, stand: &Stand, ip: IpAddr, authority: &Authority) -> Vec<Command> {
    let root = match &stand.vouched {
        Vouched::ForNow => return Vec::new(),
        Vouched::Kept => authority.root_file(),
        Vouched::By(file) => Some(file.as_path()),
    };
    config.commands(&Reached {
        is_inside: false,
        host: NAME,
        address: reached_at(ip),
        port_offset: 0,
        resolver: None,
        example: NAME,
        example_address: ip,
        mailboxes: &[],
        root,
    })
}

/// The address at which the machine itself reaches who listens at `ip`.
fn reached_at(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(any) if any.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(any) if any.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    }
}

fn place(stand: &Stand, address: SocketAddr, authority: &Authority) -> io::Result<Place> {
    Ok(Place {
        host: HostName::parse(NAME).map_err(io::Error::other)?,
        addresses: vec![reached_at(address.ip())],
        zones: stand.zones.iter().cloned().map(Arc::new).collect(),
        hints: Arc::default(),
        outside: Arc::default(),
        files: Arc::new(Disk::new("")),
        certificates: Arc::new(authority.clone()),
        state: stand.state.clone(),
        seed: SEED,
    })
}

/// Who it says that it is.
const NAME: &str = "localhost";
/// There is no lab whose chance it would be.
const SEED: u64 = 1;
