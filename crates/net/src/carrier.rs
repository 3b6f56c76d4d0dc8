//! How the lab's own sockets are made.
//!
//! - [`memory`]: nothing leaves the process; time may be virtual
//! - [`ports`]: each host has an address of its own in 127/8
//! - [`real`]: addresses and ports are the machine's own

pub mod memory;
pub mod ports;
pub mod real;

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use toynet_record::{Direction, Transport};

use crate::fault::Fault;
use crate::link::{Ending, Link, Parcel};
use crate::stream::carried::Io;
use crate::{Clock, Host};
use memory::Fabric;
use ports::Ports;
use real::Real;

/// A way to make sockets.
#[derive(Clone, Debug)]
pub enum Carrier {
    /// Inside the process.
    Memory(Rc<Fabric>),
    /// On the machine's loopback.
    Ports(Ports),
    /// At the machine's own addresses.
    Real(Real),
}

/// What a listener accepts from.
#[derive(Debug)]
pub(crate) enum Accepting {
    Memory(memory::Accepting),
    Ports(tokio::net::TcpListener),
    Real(real::Accepting),
}

/// A connection that is about to be made, from an address that is already known.
#[derive(Debug)]
pub(crate) struct Dialing {
    pub local: SocketAddr,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Memory(memory::Dialing),
    Ports(ports::Dialing),
    Real(real::Dialing),
}

impl Carrier {
    /// The carrier that stays inside the process.
    pub fn memory() -> Self {
        Self::Memory(Rc::default())
    }

    /// Whether there is nobody besides the lab's hosts to send to.
    pub(crate) fn is_closed(&self) -> bool {
        match self {
            Carrier::Memory(_) | Carrier::Ports(_) => true,
            Carrier::Real(real) => real.alone,
        }
    }

    pub(crate) fn listen(&self, host: &Host, port: u16) -> io::Result<Accepting> {
        Ok(match self {
            Carrier::Memory(fabric) => Accepting::Memory(fabric.listen(host, port)?),
            Carrier::Ports(ports) => Accepting::Ports(ports.listen(host, port)?),
            Carrier::Real(real) => Accepting::Real(real.listen(host, port)?),
        })
    }

    pub(crate) fn dial(&self, host: &Host, to: SocketAddr) -> io::Result<Dialing> {
        let dialing = match self {
            Carrier::Memory(fabric) => fabric.dial(host, to).map(|(local, way)| (local, Way::Memory(way))),
            Carrier::Ports(ports) => ports.dial(host, to).map(|(local, way)| (local, Way::Ports(way))),
            Carrier::Real(real) => real.dial(host, to).map(|(local, way)| (local, Way::Real(way))),
        };
        let (local, way) = dialing.inspect_err(|_| host.unreachable(Transport::Tcp, to))?;
        Ok(Dialing { local, way })
    }
}

impl Dialing {
    /// Connects; `struck` gets what links do wrong on purpose meanwhile.
    pub async fn connect(self, struck: &mut Struck) -> io::Result<Io> {
        match self.way {
            Way::Memory(dialing) => dialing.connect(struck).await,
            Way::Ports(dialing) => dialing.connect(struck).await,
            Way::Real(dialing) => dialing.connect(struck).await,
        }
    }
}

/// Faults of links that struck, and what they struck.
pub(crate) type Struck = Vec<(Direction, Arc<Fault>)>;

/// Takes the time that an empty segment needs that goes this way: half of a handshake.
///
/// # Errors
/// [`io::ErrorKind::ConnectionRefused`] where the link says so, [`io::ErrorKind::TimedOut`] where it lets nothing
/// pass for as long as a system tries.
pub(crate) async fn cross(
    clock: Clock,
    link: Option<&Link>,
    direction: Direction,
    struck: &mut Struck,
) -> io::Result<()> {
    let Some(link) = link else { return Ok(()) };
    let mut patience = FIRST_PATIENCE;
    let before = struck.len();
    for _ in 0..MOST_ATTEMPTS {
        let parcel = Parcel { length: HEADERS, now: clock.now(), stream: true, sent: None };
        let verdict = link.judge_noting(&parcel, &mut |fault| {
            // What holds it up strikes once, however often it is tried.
            if struck[before..].iter().all(|(_, known)| !Arc::ptr_eq(known, fault)) {
                struck.push((direction, Arc::clone(fault)));
            }
        });
        match verdict.ending {
            Some(Ending::Reset(_)) => return Err(io::ErrorKind::ConnectionRefused.into()),
            _ if verdict.held => clock.sleep(patience).await,
            _ => {
                clock.sleep(verdict.delay).await;
                return Ok(());
            }
        }
        patience *= 2;
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// What everyone says of an address that nobody has.
pub(crate) fn nobody(to: SocketAddr) -> io::Error {
    io::Error::new(io::ErrorKind::NetworkUnreachable, format!("no host of the lab has the address {}", to.ip()))
}

/// The headers of IPv4 and TCP: what a SYN weighs on a line with a rate.
const HEADERS: usize = 40;
/// After which a SYN is sent again (RFC 6298 section 2.1); doubled each time.
const FIRST_PATIENCE: Duration = Duration::from_secs(1);
/// As Linux tries (net.ipv4.tcp_syn_retries and the first one): two minutes in all.
const MOST_ATTEMPTS: u32 = 7;
