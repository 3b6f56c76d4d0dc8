//! Where a lab stands on the machine.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::iter;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use toynet_net::Carrier;
use toynet_net::carrier::ports::{Lease, Ports, RAISED};
use toynet_net::carrier::real::Real;
use toynet_net::doors::{Bind, Doors as Doorways};
use toynet_net::external::WaysOut;
use toynet_net::holder::{self, Holder};
use toynet_net::socket;
use toynet_net::socks::Socks;
use toynet_net::topology::GUEST;
use toynet_record::Transport;
use toynet_service::Doors;

use crate::plan::{Plan, PlannedHost};

/// Where a lab's hosts are found on the machine, and how they are reached.
#[derive(Debug)]
pub struct Ground {
    base: Base,
    /// How the servers outside are reached that the lab file names.
    pub ways_out: WaysOut,
    /// A way in for programs that know proxies, until the first worker takes it.
    socks: Mutex<Option<Socks>>,
    /// Where that is.
    pub socks_at: Option<SocketAddr>,
    /// What is worth telling the user about the choice of ports.
    pub remark: Option<String>,
}

#[derive(Debug)]
enum Base {
    /// A network of the loopback that the lab has to itself. Programs may act as the host `me`.
    Loopback { ports: Ports, lease: Lease, me: Option<String> },
    /// The lab's addresses are the machine's own, and programs act as the host `me`. There may be doors.
    World { me: String, land: Arc<dyn Land>, doors: Option<(Doorways, Lease)> },
}

/// Changes a network that the lab has to itself.
pub trait Land: fmt::Debug + Send + Sync {
    /// Gives it these addresses.
    ///
    /// # Errors
    /// When the system refuses; some may have been given.
    fn give(&self, addresses: &[IpAddr]) -> io::Result<()>;

    /// Takes these away from it.
    ///
    /// # Errors
    /// When the system refuses; some may have been taken.
    fn take(&self, addresses: &[IpAddr]) -> io::Result<()>;

    /// Lets the lab connect to a server outside.
    ///
    /// # Errors
    /// When nobody is outside any more.
    fn allow(&self, to: SocketAddr) -> io::Result<()>;

    /// Lets it do so no longer.
    ///
    /// # Errors
    /// When nobody is outside any more.
    fn forbid(&self, to: SocketAddr) -> io::Result<()>;

    /// Whether programs act as this host from a machine of their own.
    fn is_played(&self, name: &str, addresses: &[IpAddr]) -> bool;

    /// Tells programs who looks up names.
    ///
    /// # Errors
    /// When the system refuses.
    fn look_up_at(&self, resolver: Option<IpAddr>) -> io::Result<()>;
}

/// What one plan needs of the ground that another one does not.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Addresses that hosts have.
    pub addresses: Vec<IpAddr>,
    /// Servers outside that the lab file names.
    pub ways_out: Vec<SocketAddr>,
}

/// Which ports services are reached at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PortChoice {
    /// The standard ones where the system allows binding all that the lab needs, otherwise raised.
    #[default]
    Auto,
    /// The standard ones: 53, 80.
    Standard,
    /// The standard ones and [`RAISED`]: 8053, 8080.
    Raised,
}

/// Why a lab has no ground to stand on.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// No network of the loopback is free.
    #[error("no network of the loopback can be leased: {0}")]
    Lease(io::Error),
    /// The system does not say how many descriptors there may be.
    #[error("the limit of open descriptors cannot be raised: {0}")]
    Descriptors(io::Error),
    /// A port that the lab needs is taken, also when raised.
    #[error("{}", taken(*.address, .holder.as_ref()))]
    Taken {
        /// The address and port.
        address: SocketAddr,
        /// Who has it, if that can be known.
        holder: Option<Holder>,
    },
    /// The system does not let the lab have a port.
    #[error("{address} cannot be bound: {error}")]
    Denied {
        /// The address and port.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
}

impl Ground {
    /// Finds ground for a lab, with ports as `choice` wants them.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(plan: &Plan, choice: PortChoice) -> Result<Self, Refused> {
        socket::raise_descriptor_limit().map_err(Refused::Descriptors)?;
        let lease = Lease::take(&plan.name).map_err(Refused::Lease)?;
        let standard = Ports::new(lease.net(), 0);
        let raised = Ports::new(lease.net(), RAISED);
        let (ports, remark) = match choice {
            PortChoice::Standard => probe(plan, standard).map(|()| (standard, None))?,
            PortChoice::Raised => probe(plan, raised).map(|()| (raised, None))?,
            PortChoice::Auto => match probe(plan, standard) {
                Ok(()) => (standard, None),
                Err(refused) => {
                    probe(plan, raised)?;
                    (raised, remark(&refused))
                }
            },
        };
        let ways_out = WaysOut::here(plan.externals());
        // Nobody but guests has that address, and they listen to nothing.
        let socks = plan.guest_number().and_then(|number| Socks::open(raw(ports.door(number, SOCKS))).ok());
        let (socks_at, socks) = (socks.as_ref().map(Socks::address), Mutex::new(socks));
        Ok(Self { base: Base::Loopback { ports, lease, me: None }, ways_out, socks, socks_at, remark })
    }

    /// The ground of a process that is in a world of its own, where the lab's addresses are the machine's and
    /// programs act as the host `me`.
    ///
    /// # Errors
    /// When the system does not say how many descriptors there may be.
    pub fn world(me: &str, land: Arc<dyn Land>, ways_out: WaysOut) -> Result<Self, Refused> {
        socket::raise_descriptor_limit().map_err(Refused::Descriptors)?;
        let base = Base::World { me: me.to_owned(), land, doors: None };
        let (socks, socks_at) = (Mutex::default(), None);
        Ok(Self { base, ways_out, socks, socks_at, remark: None })
    }

    /// The ground of a process in a world whose programs act as the host `me`, where what was found on the loopback
    /// is doors, where `bind` opens sockets.
    #[must_use]
    pub fn behind_doors(self, me: &str, land: Arc<dyn Land>, ways_out: WaysOut, bind: Bind) -> Self {
        let doors = match self.base {
            Base::Loopback { ports, lease, .. } => Some((Doorways::opened_by(ports, bind), lease)),
            Base::World { doors, .. } => doors,
        };
        Self { base: Base::World { me: me.to_owned(), land, doors }, ways_out, ..self }
    }

    /// The same ground, where programs that are none of ours act as the host `me`.
    #[must_use]
    pub fn played_by(self, me: &str) -> Self {
        let base = match self.base {
            Base::Loopback { ports, lease, .. } => Base::Loopback { ports, lease, me: Some(me.to_owned()) },
            Base::World { land, doors, .. } => Base::World { me: me.to_owned(), land, doors },
        };
        Self { base, ..self }
    }

    /// The way in for programs that know proxies, for the one who serves it.
    pub(crate) fn take_socks(&self) -> Option<Socks> {
        self.socks.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The doors that each of so many workers will have to itself, in a lab that is about to start.
    pub fn doors_to_open(&self, plan: &Plan, workers: usize) -> Vec<(Transport, SocketAddr)> {
        let Some(ports) = self.doors() else { return Vec::new() };
        let endpoints = plan.hosts.iter().flat_map(|host| {
            let endpoints = host.services.iter().flat_map(|service| service.config.endpoints());
            endpoints.map(|endpoint| (endpoint.transport, ports.door(host.number, endpoint.port)))
        });
        endpoints.flat_map(|door| iter::repeat_n(door, workers)).collect()
    }

    /// How many descriptors the workers of a lab have open when nobody is connected.
    pub(crate) fn descriptors(&self, plan: &Plan, workers: usize) -> u64 {
        let endpoints = |host: &PlannedHost| -> usize {
            host.services.iter().map(|service| service.config.endpoints().len()).sum()
        };
        let sockets = |host: &PlannedHost| match &self.base {
            // All addresses of a host are one there.
            Base::Loopback { .. } => 1,
            Base::World { doors, .. } => host.addresses.len() + usize::from(doors.is_some()),
        };
        let each: usize = plan.hosts.iter().map(|host| endpoints(host) * sockets(host)).sum();
        (workers * (each + OF_A_WORKER)) as u64
    }

    /// How the lab's sockets are made here.
    pub fn carrier(&self) -> Carrier {
        match &self.base {
            Base::Loopback { ports, .. } => Carrier::Ports(*ports),
            Base::World { doors, .. } => {
                Carrier::Real(Real { doors: doors.as_ref().map(|(doors, _)| doors.clone()), alone: true })
            }
        }
    }

    /// What that carrier is called.
    pub fn carrier_name(&self) -> &'static str {
        match &self.base {
            Base::Loopback { .. } => "ports",
            Base::World { .. } => "world",
        }
    }

    /// Where each address of `plan` is reached from outside.
    pub fn outside(&self, plan: &Plan) -> Arc<Doors> {
        self.doors().map_or_else(Arc::default, |ports| Arc::new(doors(plan, ports)))
    }

    /// What cannot be had here while the lab runs, where these hosts go or get other addresses.
    pub(crate) fn holds_to<'a>(&self, leaving: impl IntoIterator<Item = &'a PlannedHost>) -> Vec<String> {
        let Base::World { me, land, .. } = &self.base else { return Vec::new() };
        let is_played =
            |host: &&PlannedHost| host.name.as_str() == me || land.is_played(host.name.as_str(), &host.addresses);
        let played = leaving.into_iter().filter(is_played);
        played.map(|host| format!("other addresses for {}, as whom programs act", host.name)).collect()
    }

    /// Makes addresses the machine's own and lays ways out, where that must be done.
    ///
    /// # Errors
    /// As the system says; nothing is left then.
    pub(super) fn give(&self, needs: &Needs) -> io::Result<()> {
        let Base::World { land, .. } = &self.base else { return Ok(()) };
        let given = land.give(&needs.addresses).and_then(|()| needs.ways_out.iter().try_for_each(|to| land.allow(*to)));
        given.inspect_err(|_| drop(self.take_back(needs)))
    }

    /// Takes all that away again.
    ///
    /// # Errors
    /// As the system says.
    pub(super) fn take_back(&self, needs: &Needs) -> io::Result<()> {
        let Base::World { land, .. } = &self.base else { return Ok(()) };
        let forbidden = needs.ways_out.iter().try_for_each(|to| land.forbid(*to));
        land.take(&needs.addresses).and(forbidden)
    }

    /// Tells programs who looks up names, where they know it by its address.
    ///
    /// # Errors
    /// As the system says.
    pub(super) fn look_up_at(&self, resolver: Option<SocketAddr>) -> io::Result<()> {
        let Base::World { land, .. } = &self.base else { return Ok(()) };
        land.look_up_at(resolver.map(|resolver| resolver.ip()))
    }

    /// The lab's network as a person reads it.
    pub fn network(&self) -> String {
        self.doors().map_or_else(|| "a network of its own".to_owned(), |ports| format!("127.{}.0.0/16", ports.net()))
    }

    /// The hosts as which programs act that are none of ours: in a world each that serves nothing can be one.
    pub(crate) fn played<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = &'a str> {
        let me = match &self.base {
            Base::Loopback { me, .. } => me.as_deref(),
            Base::World { me, .. } => Some(me.as_str()),
        };
        let is_world = self.is_world();
        let idle = plan.hosts.iter().filter(move |host| is_world && host.services.is_empty());
        let idle = idle.map(|host| host.name.as_str()).chain(is_world.then_some(GUEST));
        me.into_iter().flat_map(move |me| idle.clone().chain([me]))
    }

    /// Where the lab is reached on the loopback, if it is.
    fn doors(&self) -> Option<Ports> {
        match &self.base {
            Base::Loopback { ports, .. } => Some(*ports),
            Base::World { doors, .. } => doors.as_ref().map(|(doors, _)| doors.ports()),
        }
    }

    /// The second octet of the lab's network on the loopback, if it is reached there.
    pub fn net(&self) -> Option<u8> {
        self.doors().map(Ports::net)
    }

    /// Whether it has a network of its own.
    pub fn is_world(&self) -> bool {
        matches!(self.base, Base::World { .. })
    }

    /// What is added to the ports of services.
    pub fn port_offset(&self) -> u16 {
        self.doors().map_or(0, Ports::offset)
    }

    /// Where the lab's resolver is reached from outside.
    pub fn resolver(&self, plan: &Plan) -> Option<SocketAddr> {
        match self.doors() {
            Some(ports) => plan.resolvers().next().map(|host| ports.door(host.number, DNS)),
            None => plan.resolver(),
        }
    }
}

/// The ports that services listen at.
/// That ports are reserved to the system is usual; that somebody has them is worth a word.
fn remark(refused: &Refused) -> Option<String> {
    match refused {
        Refused::Denied { error, .. } if error.kind() == io::ErrorKind::PermissionDenied => None,
        _ => Some(format!("{refused}; so all ports of the lab are raised by {RAISED}")),
    }
}

fn probe(plan: &Plan, ports: Ports) -> Result<(), Refused> {
    // One host is enough for each port: who holds a port on one address of the lab's own network
    // holds it on all of them.
    let mut probed = BTreeMap::new();
    for host in &plan.hosts {
        for endpoint in host.services.iter().flat_map(|service| service.config.endpoints()) {
            probed.entry(endpoint.port).or_insert(host.number);
        }
    }
    for (port, number) in probed {
        let address = ports.door(number, port);
        socket::probe(address).map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => Refused::Taken { address, holder: holder::find(address) },
            _ => Refused::Denied { address, error },
        })?;
    }
    Ok(())
}

fn taken(address: SocketAddr, holder: Option<&Holder>) -> String {
    let port = address.port();
    let Some(holder) = holder else {
        return format!("port {port} is taken by another process; `ss -lntup` shows by which");
    };
    match &holder.process {
        Some((id, name)) => {
            format!("port {port} is taken by {name} (process {id}), which listens on {}", holder.address)
        }
        None => format!("port {port} is taken by a process of another user, which listens on {}", holder.address),
    }
}

fn doors(plan: &Plan, ports: Ports) -> Doors {
    let pairs = plan.hosts.iter().flat_map(|host| host.addresses.iter().map(move |address| (*address, host.number)));
    pairs.map(|(address, number)| (address, door(ports.door(number, DNS).ip(), address))).collect()
}

/// The loopback has one IPv6 address, too few for the hosts of a lab: their IPv6 doors are those of
/// IPv4, written as IPv6 sockets take them (RFC 4291 section 2.5.5.2).
fn door(four: IpAddr, address: IpAddr) -> IpAddr {
    match four {
        IpAddr::V4(four) if address.is_ipv6() => four.to_ipv6_mapped().into(),
        IpAddr::V4(_) | IpAddr::V6(_) => four,
    }
}

/// An address at a port that is nobody's to raise: it is above those that are reserved.
fn raw(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), SOCKS)
}

/// A worker's own events, and what its services have open besides.
const OF_A_WORKER: usize = 6;
/// The port of SOCKS (RFC 1928 3).
const SOCKS: u16 = 1080;
/// The port of name servers (RFC 1035 section 4.2).
const DNS: u16 = 53;
