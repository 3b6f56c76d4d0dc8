//! Looks up what is asked for, from the root down, with the host's sockets.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::WeakShared;
use toynet_machine::Time;
use toynet_net::{Datagrams, Host};
use toynet_service::{Doors, HostName, LocalFuture};

use super::Request;
use super::authority::outward;
use crate::client::exchange_on_stream;
use crate::codes::{Rcode, RecordType};
use crate::lookup::{Answer, Ask, Lookup, Memory, Outcome, Roots, Step, Transport};
use crate::name::Name;
use crate::outside::{self, Outward, View, readdress};
use crate::recursive::{AtOnce, answer_at_once, answer_found};
use crate::reply::Identity;
use crate::reverse;
use crate::wire::Query;

/// What a recursive server remembers and where it begins.
pub(crate) struct Recursor {
    memory: RefCell<Memory>,
    /// The look-ups that go on, by what they look for: who asks for the same waits for the same.
    going_on: RefCell<BTreeMap<Sought, WeakShared<LocalFuture<Rc<Outcome>>>>>,
    roots: Arc<Roots>,
    doors: Arc<Doors>,
    /// The lab addresses behind the doors.
    behind: BTreeMap<IpAddr, IpAddr>,
}

/// What is looked for.
type Sought = (Name, RecordType);

impl Recursor {
    pub fn new(hints: &[(HostName, Vec<IpAddr>)], doors: Arc<Doors>) -> Self {
        let root = |(name, addresses): &(HostName, Vec<IpAddr>)| Some((name.as_str().parse().ok()?, addresses.clone()));
        let roots = Arc::new(Roots(hints.iter().filter_map(root).collect()));
        let behind = doors.iter().map(|(address, door)| (*door, *address)).collect();
        Self { memory: RefCell::default(), going_on: RefCell::default(), roots, doors, behind }
    }

    /// Answers from the cache, if that suffices.
    pub fn at_once(
        &self,
        now: Time,
        identity: &Identity,
        request: Request<'_>,
        query: &Query<'_>,
        out: &mut [u8],
    ) -> AtOnce {
        if request.outside
            && View::for_outside(query) == View::Walking
            && let Some(roots) = self.numeric_roots(query)
        {
            let length = answer_found(&roots, identity, request.limits, query, out);
            return length.map_or(AtOnce::Silent, AtOnce::Said);
        }
        let memory = self.memory.borrow();
        if request.outside && is_mixed(query.asked.kind) {
            // Told record by record, after a look-up that ends in the cache.
            return match query.flags.recursion_desired() {
                true => AtOnce::Unknown,
                false => answer_at_once(&memory.cache, now, identity, request.limits, query, out),
            };
        }
        let said = answer_at_once(&memory.cache, now, identity, request.limits, query, out);
        if let (AtOnce::Said(length), true) = (said, request.outside) {
            readdress(&mut out[..length], |address| self.door(address));
        }
        said
    }

    /// Looks up what `request` asks for, with the cause that `host` carries, and writes the response.
    pub async fn look_up(self: &Rc<Self>, identity: &Identity, request: Request<'_>, host: &Host) -> Option<Vec<u8>> {
        let query = super::read(request.octets)?;
        let name = Name::from_wire(query.asked.name.wire()).ok()?;
        let inside = if request.outside { self.name_behind_door(&name, query.asked.kind) } else { None };
        let sought = (inside.clone().unwrap_or_else(|| name.clone()), query.asked.kind);
        let mut outcome = Outcome::clone(&*self.find(sought, host).await);
        if let (Outcome::Answered(answer), true) = (&mut outcome, request.outside) {
            self.tell_outside(answer);
            let renamed = answer.records.iter_mut().filter(|record| inside.as_ref() == Some(&record.owner));
            renamed.for_each(|record| record.owner = name.clone());
        }
        let mut out = vec![0; LONGEST];
        let length = answer_found(&outcome, identity, request.limits, &query, &mut out)?;
        out.truncate(length);
        Some(out)
    }

    /// Waits for the look-up that goes on for the same, or begins one for the sake of what `host` carries.
    async fn find(self: &Rc<Self>, sought: Sought, host: &Host) -> Rc<Outcome> {
        if let Some(failure) = self.memory.borrow().failures.find(host.clock().now(), &sought) {
            return Rc::new(Outcome::Failed(failure));
        }
        let going_on = self.going_on.borrow().get(&sought).and_then(WeakShared::upgrade);
        let shared = going_on.unwrap_or_else(|| {
            let begun = self.begin(sought.clone(), host.clone()).shared();
            // It has not been polled, so that it is not over.
            self.going_on.borrow_mut().extend(begun.downgrade().map(|weak| (sought, weak)));
            begun
        });
        shared.await
    }

    fn begin(self: &Rc<Self>, sought: Sought, host: Host) -> LocalFuture<Rc<Outcome>> {
        let going_on = GoingOn { recursor: Rc::clone(self), sought };
        Box::pin(async move {
            let GoingOn { recursor, sought } = &going_on;
            let outcome = recursor.run(sought.0.clone(), sought.1, &host).await;
            let mut memory = recursor.memory.borrow_mut();
            match &outcome {
                Outcome::Answered(_) => memory.failures.forget(sought),
                Outcome::Failed(failure) => {
                    tracing::debug!(host = host.name(), "look-up failed: {failure}");
                    memory.failures.keep(host.clock().now(), sought, failure);
                }
            }
            Rc::new(outcome)
        })
    }

    async fn run(&self, name: Name, kind: RecordType, host: &Host) -> Outcome {
        let clock = host.clock();
        // Two look-ups that begin at one instant must not share their ids.
        let random = host.random(&format!("query ids for {name} {kind} at {}", clock.now()));
        let mut lookup = Lookup::new(name, kind, Arc::clone(&self.roots), random);
        let mut socket = None;
        let mut step = lookup.start(&mut self.memory.borrow_mut(), clock.now());
        loop {
            let ask = match step {
                Step::Done(outcome) => return outcome,
                Step::Ask(ask) => ask,
            };
            let answered = match ask.transport {
                Transport::Udp => self.ask_by_datagram(&mut lookup, &ask, host, &mut socket).await,
                Transport::Tcp => self.ask_on_stream(&mut lookup, &ask, host).await,
            };
            // Whatever went wrong, this server did not answer.
            step = answered.unwrap_or_else(|_| lookup.expire(&mut self.memory.borrow_mut(), clock.now()));
        }
    }

    async fn ask_by_datagram(
        &self,
        lookup: &mut Lookup,
        ask: &Ask,
        host: &Host,
        socket: &mut Option<Datagrams>,
    ) -> io::Result<Step> {
        let socket = match socket {
            Some(socket) => socket,
            None => socket.insert(host.bind(0).await?),
        };
        socket.send_to(&ask.message, SocketAddr::new(ask.server, PORT)).await?;
        let mut octets = vec![0; LONGEST_DATAGRAM];
        loop {
            let (length, from) = host.clock().until(ask.deadline, socket.receive(&mut octets)).await??;
            let now = host.clock().now();
            if from.port() != PORT {
                continue;
            }
            let step = lookup.receive(&mut self.memory.borrow_mut(), now, from.ip(), &octets[..length]);
            if let Some(step) = step {
                return Ok(step);
            }
        }
    }

    async fn ask_on_stream(&self, lookup: &mut Lookup, ask: &Ask, host: &Host) -> io::Result<Step> {
        let server = SocketAddr::new(ask.server, PORT);
        let octets = host.clock().until(ask.deadline, exchange_on_stream(host, server, &ask.message)).await??;
        let step = lookup.receive(&mut self.memory.borrow_mut(), host.clock().now(), ask.server, &octets);
        step.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// Who asks from outside for the name of a door means the host behind it.
    fn name_behind_door(&self, name: &Name, kind: RecordType) -> Option<Name> {
        let door = reverse::address(name).filter(|_| kind == RecordType::PTR)?;
        self.behind.get(&door).and_then(|address| reverse::name(*address))
    }

    /// The root's servers by their addresses outside, for who begins a walk here.
    fn numeric_roots(&self, query: &Query<'_>) -> Option<Outcome> {
        if query.asked.kind != RecordType::NS || query.asked.name.wire() != [0] {
            return None;
        }
        let addresses = self.roots.0.iter().flat_map(|(_, addresses)| addresses);
        let doors = addresses.filter_map(|address| match self.door(*address) {
            Some(IpAddr::V4(door)) => outside::numeric_server(Name::root(), WALK_TTL, door),
            Some(IpAddr::V6(_)) | None => None,
        });
        Some(Outcome::Answered(Answer { rcode: Rcode::NOERROR, records: doors.collect(), soa: None }))
    }

    fn tell_outside(&self, answer: &mut Answer) {
        let doors = Arc::clone(&self.doors);
        let map = move |address| outward(&doors, address);
        answer.records = answer.records.iter().filter_map(|record| outside::outward(record, &map)).collect();
    }

    fn door(&self, address: IpAddr) -> Option<IpAddr> {
        match outward(&self.doors, address) {
            Outward::At(door) => Some(door),
            Outward::Same | Outward::Unreachable => None,
        }
    }
}

/// A look-up that goes on, until it is over or nobody waits for it any more.
struct GoingOn {
    recursor: Rc<Recursor>,
    sought: Sought,
}

impl Drop for GoingOn {
    fn drop(&mut self) {
        self.recursor.going_on.borrow_mut().remove(&self.sought);
    }
}

/// Whether an answer of this type may hold addresses of both families.
fn is_mixed(kind: RecordType) -> bool {
    kind == RecordType::ANY
}

/// What a walk needs is soon over.
const WALK_TTL: u32 = 60;
/// The port of name servers.
const PORT: u16 = 53;
/// What a response on a stream can hold.
const LONGEST: usize = 65_535;
/// More than any server sends to one that announces 1,232 octets.
const LONGEST_DATAGRAM: usize = 4096;
