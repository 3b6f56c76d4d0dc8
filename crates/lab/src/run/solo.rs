//! One server alone, at addresses of the machine.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use toynet_net::carrier::real::Real;
use toynet_net::{Carrier, Clock, Network, Recorder, Records, Topology, TopologyHost, socket};
use toynet_record::{Quota, Roster};
use toynet_service::{HostName, Place, Protocol, Server, Stand};

use super::Follow;
use super::keep::{self, Kept};
use crate::files::Disk;
use crate::{Authority, protocols};

/// A server that runs on the caller's runtime.
#[derive(Debug)]
pub struct Solo {
    bound: Vec<SocketAddr>,
    roster: Roster,
    clock: Clock,
    records: Records,
    kept: Vec<Kept>,
}

impl Solo {
    /// Starts `stand` at each of the addresses, where port 0 is any that is free. When this returns all
    /// of them answer.
    ///
    /// # Errors
    /// When one of them cannot be had, or the service does not start.
    pub async fn start(protocol: &'static Protocol, stand: &Stand, listen: &[SocketAddr]) -> io::Result<Self> {
        let clock = Clock::system();
        let recorder = Recorder::new(0, Quota::default(), clock);
        let (records, requests) = Records::new();
        tokio::task::spawn_local(recorder.clone().serve(requests));
        let mut solo = Self { bound: Vec::new(), roster: Roster::default(), clock, records, kept: Vec::new() };
        for address in listen {
            let bound = solo.start_at(protocol, stand, *address, &recorder).await;
            let (bound, kept) = bound
                .map_err(|error| io::Error::new(error.kind(), format!("{address} cannot be listened on: {error}")))?;
            solo.kept.push(kept);
            solo.bound.push(bound);
            solo.roster.add(NAME, [bound.ip()]);
        }
        Ok(solo)
    }

    async fn start_at(
        &self,
        protocol: &'static Protocol,
        stand: &Stand,
        address: SocketAddr,
        recorder: &Recorder,
    ) -> io::Result<(SocketAddr, Kept)> {
        let port = match address.port() {
            0 => socket::free_port(address.ip(), stand.datagrams)?,
            port => port,
        };
        let host = TopologyHost { name: NAME.to_owned(), number: 1, addresses: vec![address.ip()] };
        let topology = Topology::new(vec![host], Default::default(), None, SEED);
        let carrier = Carrier::Real(Real::default());
        let network = Network::new(0, Arc::new(topology), carrier, self.clock, recorder.clone());
        network.set_resolver(protocols::resolver());
        let server: Rc<dyn Server> = (stand.config)(port).build(&place(stand, address, self.clock)?)?.into();
        let host = network.host(NAME).ok_or(io::ErrorKind::NotFound)?;
        let running = server.start(host.clone()).await?;
        let kept = keep::running(protocol.name, server, host, running);
        Ok((SocketAddr::new(address.ip(), port), kept))
    }

    /// Where it listens.
    pub fn bound(&self) -> &[SocketAddr] {
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

fn place(stand: &Stand, address: SocketAddr, clock: Clock) -> io::Result<Place> {
    Ok(Place {
        host: HostName::parse(NAME).map_err(io::Error::other)?,
        addresses: vec![address.ip()],
        zones: stand.zones.iter().cloned().map(Arc::new).collect(),
        hints: Arc::default(),
        outside: Arc::default(),
        files: Arc::new(Disk::new("")),
        certificates: Arc::new(Authority::open(NAME, None, clock)?),
        state: stand.state.clone(),
        seed: SEED,
    })
}

/// Who it says that it is.
const NAME: &str = "localhost";
/// There is no lab whose chance it would be.
const SEED: u64 = 1;
