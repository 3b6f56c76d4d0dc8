//! A process of its own that acts as a host of a running lab, or as nobody's.
//!
//! What it does on the way is recorded as everything is, and told to the lab. Programs that know nothing of labs are
//! led there by what [`Loopback`] knows.

mod loopback;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use toynet_net::carrier::ports::Ports;
use toynet_net::carrier::real::Real;
use toynet_net::doors::Doors;
use toynet_net::topology::GUEST;
use toynet_net::{Carrier, Clock, Host, Network, Recorder, Topology, TopologyHost, resolve};
use toynet_record::{Cursor, Journal, Quota, Roster};
use toynet_service::tool::Inside;

use crate::control::Client;
use crate::control::client::ClientError;
use crate::control::message::Joined;
use crate::protocols;

pub use loopback::Loopback;

/// What a client process has of the world around it.
#[derive(Debug)]
pub struct Visit {
    recorder: Recorder,
    clock: Clock,
    inside: Option<Inside>,
    outside: Host,
    lab: Option<Telling>,
}

/// The lab's ear.
#[derive(Debug)]
struct Telling {
    client: Client,
    cursor: Cursor,
    network: Rc<Network>,
}

impl Visit {
    /// A process that has to do with no lab.
    ///
    /// # Errors
    /// None that a machine with a loopback can have.
    pub fn nowhere() -> Option<Self> {
        let clock = Clock::system();
        let recorder = Recorder::new(0, Quota::default(), clock);
        let outside = outside(0, clock, &recorder)?;
        Some(Self { recorder, clock, inside: None, outside, lab: None })
    }

    /// Joins the lab at the other end of `client` as `host`, or as its guest.
    ///
    /// # Errors
    /// When the lab has no such host, or does not answer.
    pub async fn join(mut client: Client, host: Option<&str>) -> Result<Self, ClientError> {
        let joined = client.join(host).await?;
        let Joined { worker, host, terrain, in_world, net, port_offset, clock_ahead, authority } = joined;
        let clock = Clock::as_ahead(clock_ahead);
        let recorder = Recorder::new(worker, Quota::default(), clock);
        let carrier = match net.map(|net| Ports::new(net, port_offset)) {
            Some(ports) if !in_world => Carrier::Ports(ports),
            ports => Carrier::Real(Real { doors: ports.map(Doors::known), alone: true }),
        };
        let network = Network::new(worker, Arc::new(terrain.into()), carrier, clock, recorder.clone());
        network.set_resolver(protocols::resolver());
        let unknown = || ClientError::Refused(format!("{host} is none of its hosts"));
        let inside = Inside { lab: client.lab().to_owned(), host: network.host(&host).ok_or_else(unknown)?, authority };
        let outside = outside(worker, clock, &recorder).ok_or_else(unknown)?;
        let lab = Some(Telling { client, cursor: Cursor::default(), network });
        Ok(Self { recorder, clock, inside: Some(inside), outside, lab })
    }

    /// Its side of the lab, if there is one.
    pub fn inside(&self) -> Option<&Inside> {
        self.inside.as_ref()
    }

    /// The machine itself, where all that is no part of a lab is reached.
    pub fn outside(&self) -> &Host {
        &self.outside
    }

    /// All that was seen.
    pub fn journal(&self) -> Journal {
        Journal::merge([&self.recorder.read(&mut Cursor::default())])
    }

    /// The hosts by address.
    pub fn roster(&self) -> Roster {
        self.inside.as_ref().map_or_else(Roster::default, |inside| inside.host.roster())
    }

    /// Does `work`, and tells the lab what is seen meanwhile; once more at the end.
    pub async fn accompany<T>(&mut self, work: impl Future<Output = T>) -> T {
        let Some(lab) = &mut self.lab else { return work.await };
        let mut work = std::pin::pin!(work);
        loop {
            let deadline = self.clock.now() + PACE;
            let done = self.clock.until(deadline, &mut work).await;
            // A lab that has gone needs no telling.
            let _ = lab.tell(&self.recorder, self.clock).await;
            if let Ok(done) = done {
                return done;
            }
        }
    }

    /// Tells the lab what was seen since.
    pub async fn tell(&mut self) {
        if let Some(lab) = &mut self.lab {
            // A lab that has gone needs no telling.
            let _ = lab.tell(&self.recorder, self.clock).await;
        }
    }
}

impl Telling {
    async fn tell(&mut self, recorder: &Recorder, clock: Clock) -> Result<(), ClientError> {
        let up_to = clock.now();
        let journal = Journal::merge([&recorder.read(&mut self.cursor)]);
        for part in journal.parts(LONGEST_PART) {
            self.client.tell(&part, toynet_machine::Time::default(), Vec::new()).await?;
        }
        let struck = self.network.topology().link_faults().take_hits();
        self.client.tell(&Journal::default(), up_to, struck).await?;
        if let Some(terrain) = self.client.news()? {
            let topology = self.network.topology().following(terrain);
            self.network.set_topology(Arc::new(topology));
        }
        Ok(())
    }
}

/// The machine as a host: it speaks from whatever address the system finds right.
pub(crate) fn outside(worker: u16, clock: Clock, recorder: &Recorder) -> Option<Host> {
    let addresses = vec![IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)];
    let host = TopologyHost { name: GUEST.to_owned(), number: 1, addresses };
    let resolver = Some(resolve::system_server());
    let topology = Topology::new(vec![host], Default::default(), resolver, u64::from(std::process::id()));
    let network: Rc<Network> =
        Network::new(worker, Arc::new(topology), Carrier::Real(Real::default()), clock, recorder.clone());
    network.set_resolver(protocols::resolver());
    network.host(GUEST)
}

/// Readers of the lab's record wait so long for a guest's part of the story.
const PACE: Duration = Duration::from_millis(25);
/// Of what is told in one line: the lab holds a line whole.
const LONGEST_PART: usize = 1024 * 1024;
