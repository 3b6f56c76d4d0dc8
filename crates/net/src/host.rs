//! All of the network that a service or a client may touch.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use toynet_machine::Random;
use toynet_record::{Cause, Closing, Direction, Seen, Side, StripId, Transport};

use crate::datagrams::Datagrams;
use crate::fault::{Fault, Faults};
use crate::link::Link;
use crate::network::Network;
use crate::notice::Notice;
use crate::resolve::Resolve;
use crate::tap::{Opening, Tap};
use crate::topology::{GUEST, TopologyHost};
use crate::{Carrier, Clock, Listener, Recorder, Stream, socket};

/// A host of the lab, as one of its services or clients sees it. Clones are the same host.
#[derive(Clone, Debug)]
pub struct Host {
    pub(crate) network: Rc<Network>,
    /// Who it is, as long as anybody speaks in its name.
    pub(crate) me: Arc<TopologyHost>,
    pub(crate) strip: StripId,
    pub(crate) cause: Option<Cause>,
    pub(crate) faults: Faults,
    pub(crate) notice: Notice,
}

impl Host {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.me.name
    }

    /// Its addresses inside the lab.
    pub fn addresses(&self) -> &[IpAddr] {
        &self.me.addresses
    }

    /// The lab's clock.
    pub fn clock(&self) -> Clock {
        self.network.clock()
    }

    /// The name look-ups that the lab offers its hosts.
    ///
    /// # Errors
    /// [`io::ErrorKind::Unsupported`] in a lab without a resolver.
    pub fn resolver(&self) -> io::Result<Rc<dyn Resolve>> {
        self.network.resolver().ok_or_else(|| io::Error::new(io::ErrorKind::Unsupported, "the lab has no resolver"))
    }

    /// Where recursive queries go, if the lab has a resolver.
    pub fn resolver_address(&self) -> Option<SocketAddr> {
        self.network.topology().resolver()
    }

    /// The generator that this host uses for `what`; on each worker another.
    pub fn random(&self, what: &str) -> Random {
        let worker = self.network.worker();
        Random::new(self.network.topology().seed().wrapping_add(u64::from(worker)), self.name(), what)
    }

    /// The same host, whose new flows are opened for the sake of `cause`.
    #[must_use]
    pub fn because(&self, cause: Cause) -> Self {
        Self { cause: Some(cause), ..self.clone() }
    }

    /// The same host, whose service is to commit these faults.
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }

    /// What its service is to do wrong on purpose.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The same host, whose service is told by this that it is to end.
    #[must_use]
    pub fn with_notice(self, notice: Notice) -> Self {
        Self { notice, ..self }
    }

    /// How its service is told that it is to end.
    pub fn notice(&self) -> &Notice {
        &self.notice
    }

    /// Writes down that the answer to `cause` was spoilt on purpose, and how. For connections there is
    /// [`Stream::fault`].
    pub fn fault(&self, cause: Cause, what: &str) {
        let recorder = self.network.recorder();
        let seen = Seen::Fault { direction: Direction::Sent, number: cause.exchange, what };
        recorder.write(self.strip, cause.end, recorder.now(), seen);
    }

    /// The names of all hosts of the lab, in its order; its guest's is none of them.
    pub fn neighbours(&self) -> Vec<String> {
        let topology = self.network.topology();
        let names = topology.hosts().iter().map(|host| &host.name).filter(|name| *name != GUEST);
        names.cloned().collect()
    }

    /// The lab address that is reached from outside at this one, if there is such a door.
    pub fn behind_door(&self, outside: SocketAddr) -> Option<SocketAddr> {
        match self.network.carrier() {
            Carrier::Ports(ports) => ports.behind_door(&self.network.topology(), outside),
            Carrier::Real(real) => real.doors.as_ref()?.ports().behind_door(&self.network.topology(), outside),
            Carrier::Memory(_) => None,
        }
    }

    /// All hosts of the lab by address.
    pub fn roster(&self) -> toynet_record::Roster {
        self.network.topology().roster()
    }

    /// Whether an address is that of a host of this lab.
    pub fn is_inside(&self, address: IpAddr) -> bool {
        self.network.topology().at(address).is_some()
    }

    /// Comes back when it refuses whoever comes, or when it does not.
    pub(crate) async fn until_refusing(&self, wanted: bool) {
        let clock = self.clock();
        loop {
            let faults = self.network.topology().link_faults().clone();
            let changed = faults.changed();
            let refuses = self.network.topology().refuses(&self.me, clock.now());
            if (refuses == Some(true)) == wanted {
                return;
            }
            tokio::select! {
                () = changed => {}
                () = clock.sleep(LOOK), if refuses.is_some() => {}
            }
        }
    }

    /// Listens on a port of all its addresses.
    ///
    /// # Errors
    /// As the carrier's sockets say.
    pub async fn listen(&self, port: u16) -> io::Result<Listener> {
        let sockets = self.network.carrier().listen(self, port)?;
        Ok(Listener::new(self.clone(), port, sockets))
    }

    /// Connects to an address of the lab.
    ///
    /// # Errors
    /// [`io::ErrorKind::NetworkUnreachable`] when nobody has the address, otherwise as the
    /// carrier's sockets say.
    pub async fn connect(&self, to: SocketAddr) -> io::Result<Stream> {
        self.dial(to, Tap::open).await
    }

    /// The same on behalf of somebody whose octets are only passed on. A server of this worker's records them as it
    /// understands them, in clear where there is TLS: this end then records nothing but a failure to connect.
    ///
    /// # Errors
    /// As for [`Host::connect`].
    pub(crate) async fn connect_to_pass_on(&self, to: SocketAddr) -> io::Result<Stream> {
        self.dial(to, if self.network.is_served(to) { Tap::silent } else { Tap::open }).await
    }

    async fn dial(&self, to: SocketAddr, tap: fn(&Recorder, StripId, Opening) -> Tap) -> io::Result<Stream> {
        let dialing = self.network.carrier().dial(self, to)?;
        let local = dialing.local;
        let opening = Opening {
            side: Side::Initiator,
            transport: Transport::Tcp,
            stream: None,
            local,
            peer: to,
            cause: self.cause,
        };
        let mut tap = tap(self.network.recorder(), self.strip, opening);
        let mut struck = Vec::new();
        let connected = dialing.connect(&mut struck).await;
        if let Err(error) = &connected {
            tap.speak();
            let refusing = self.refusing(to, error).filter(|_| struck.is_empty());
            struck.extend(refusing.map(|fault| (Direction::Sent, fault)));
        }
        struck.iter().for_each(|(direction, fault)| tap.struck(*direction, fault));
        let io = connected.inspect_err(|error| tap.failed(error))?;
        Ok(Stream::opened(io, tap, self))
    }

    /// Opens a socket for datagrams; with port 0 on a port that is free.
    ///
    /// # Errors
    /// As the carrier's sockets say.
    pub async fn bind(&self, port: u16) -> io::Result<Datagrams> {
        Datagrams::bind(self.clone(), port)
    }

    /// The fault for whose sake the system has refused what this host wanted there. Links tell of theirs.
    pub(crate) fn refusing(&self, to: SocketAddr, error: &io::Error) -> Option<Arc<Fault>> {
        let refused = error.kind() == io::ErrorKind::ConnectionRefused;
        refused.then(|| self.network.topology().refusing(to.ip(), self.clock().now())).flatten()
    }

    /// The conditions that it puts on what it sends to an address.
    pub(crate) fn link_out(&self, to: IpAddr) -> Option<Arc<Link>> {
        self.network.topology().link_out(&self.me, to)
    }

    /// The conditions that it puts on what comes from an address.
    pub(crate) fn link_in(&self, from: IpAddr) -> Option<Arc<Link>> {
        self.network.topology().link_in(from, &self.me)
    }

    /// The conditions on what comes back from an address, wherever they are put.
    pub(crate) fn link_back(&self, from: IpAddr) -> Option<Arc<Link>> {
        let topology = self.network.topology();
        topology.link(topology.at(from).map(|host| &**host), Some(&self.me))
    }

    pub(crate) fn address_like(&self, like: IpAddr) -> io::Result<IpAddr> {
        self.me
            .address_like(like)
            .ok_or_else(|| io::Error::new(io::ErrorKind::AddrNotAvailable, "the host has no address of that family"))
    }

    /// The address that it speaks from to another. A host that is the machine itself has none of its own: the system
    /// chooses one for each peer.
    pub(crate) fn source(&self, to: IpAddr) -> io::Result<IpAddr> {
        let own = self.address_like(to)?;
        Ok(if own.is_unspecified() { socket::source(to).unwrap_or(own) } else { own })
    }

    pub(crate) fn accepted(&self, local: SocketAddr, peer: SocketAddr) -> Tap {
        let opening =
            Opening { side: Side::Acceptor, transport: Transport::Tcp, stream: None, local, peer, cause: None };
        Tap::open(self.network.recorder(), self.strip, opening)
    }

    /// Writes down that something failed before a flow came to be.
    pub(crate) fn unreachable(&self, transport: Transport, to: SocketAddr) {
        let local = SocketAddr::new(self.address_like(to.ip()).unwrap_or(to.ip()), 0);
        let opening = Opening { side: Side::Initiator, transport, stream: None, local, peer: to, cause: self.cause };
        Tap::open(self.network.recorder(), self.strip, opening).ends(Closing::Unreachable);
    }
}

/// How soon a host that was down takes connections and datagrams again.
const LOOK: Duration = Duration::from_millis(50);
