//! A network inside the process.
//!
//! It runs in the caller's current-thread runtime, whose time may be paused: then a day passes as
//! soon as nothing is left to do before it.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::sync::mpsc;
use toynet_record::Direction;

use super::{Struck, cross, nobody};
use crate::link::Link;
use crate::pipe;
use crate::socket::undelivered::Undelivered;
use crate::stream::carried::Io;
use crate::{Clock, Host};

/// All sockets of a lab in memory.
#[derive(Debug, Default)]
pub struct Fabric {
    listeners: RefCell<BTreeMap<SocketAddr, mpsc::Sender<Connection>>>,
    inboxes: RefCell<BTreeMap<SocketAddr, Weak<Inbox>>>,
    last_port: RefCell<BTreeMap<IpAddr, u16>>,
}

/// A connection as its acceptor finds it.
#[derive(Debug)]
pub(crate) struct Connection {
    pub io: pipe::End,
    pub local: SocketAddr,
    pub peer: SocketAddr,
}

/// What a listener accepts from; the addresses are free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Accepting {
    fabric: Weak<Fabric>,
    addresses: Vec<SocketAddr>,
    queue: mpsc::Receiver<Connection>,
}

impl Accepting {
    pub async fn accept(&mut self) -> Option<Connection> {
        self.queue.recv().await
    }
}

impl Drop for Accepting {
    fn drop(&mut self) {
        let Some(fabric) = self.fabric.upgrade() else { return };
        let mut listeners = fabric.listeners.borrow_mut();
        self.addresses.iter().for_each(|address| drop(listeners.remove(address)));
    }
}

/// A connection that is about to be made.
#[derive(Debug)]
pub(crate) struct Dialing {
    fabric: Rc<Fabric>,
    clock: Clock,
    local: SocketAddr,
    to: SocketAddr,
    there: Option<Arc<Link>>,
    back: Option<Arc<Link>>,
}

impl Dialing {
    /// Takes one round trip, as TCP's handshake does.
    pub async fn connect(self, struck: &mut Struck) -> io::Result<Io> {
        cross(self.clock, self.there.as_deref(), Direction::Sent, struck).await?;
        let listener = self.fabric.listeners.borrow().get(&self.to).cloned();
        let (mine, theirs) = pipe::pair(self.clock, self.there.clone(), self.back.clone());
        let connection = Connection { io: theirs, local: self.to, peer: self.local };
        let accepted = listener.is_some_and(|listener| listener.try_send(connection).is_ok());
        cross(self.clock, self.back.as_deref(), Direction::Received, struck).await?;
        if accepted { Ok(Io::Pipe(mine)) } else { Err(io::ErrorKind::ConnectionRefused.into()) }
    }
}

impl Fabric {
    pub(crate) fn listen(self: &Rc<Self>, host: &Host, port: u16) -> io::Result<Accepting> {
        let (sender, queue) = mpsc::channel(BACKLOG);
        let addresses: Vec<_> = host.addresses().iter().map(|ip| SocketAddr::new(*ip, port)).collect();
        let mut listeners = self.listeners.borrow_mut();
        if addresses.iter().any(|address| listeners.contains_key(address)) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        listeners.extend(addresses.iter().map(|address| (*address, sender.clone())));
        Ok(Accepting { fabric: Rc::downgrade(self), addresses, queue })
    }

    pub(crate) fn dial(self: &Rc<Self>, host: &Host, to: SocketAddr) -> io::Result<(SocketAddr, Dialing)> {
        if !host.is_inside(to.ip()) {
            return Err(nobody(to));
        }
        let local = SocketAddr::new(host.address_like(to.ip())?, self.free_port(host.address_like(to.ip())?));
        let dialing = Dialing {
            fabric: Rc::clone(self),
            clock: host.clock(),
            local,
            to,
            there: host.link_out(to.ip()),
            back: host.link_back(to.ip()),
        };
        Ok((local, dialing))
    }

    pub(crate) fn bind(self: &Rc<Self>, host: &Host, port: u16) -> io::Result<Rc<Inbox>> {
        let first = host.addresses().first().copied().ok_or(io::ErrorKind::AddrNotAvailable)?;
        let is_client = port == 0;
        let port = if is_client { self.free_port(first) } else { port };
        let addresses: Vec<_> = host.addresses().iter().map(|ip| SocketAddr::new(*ip, port)).collect();
        let mut inboxes = self.inboxes.borrow_mut();
        if addresses.iter().any(|address| inboxes.get(address).is_some_and(|inbox| inbox.strong_count() > 0)) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        let (fabric, state) = (Rc::downgrade(self), RefCell::default());
        let inbox = Rc::new(Inbox { fabric, port, is_client, addresses, state });
        inboxes.extend(inbox.addresses.iter().map(|address| (*address, Rc::downgrade(&inbox))));
        Ok(inbox)
    }

    /// Puts a datagram where it is addressed to; says whether anybody is there.
    pub(crate) fn deliver(&self, from: SocketAddr, to: SocketAddr, octets: &[u8]) -> bool {
        let inbox = self.inboxes.borrow().get(&to).and_then(Weak::upgrade);
        inbox.map(|inbox| inbox.put(Datagram { from, to, octets: octets.to_vec() })).is_some()
    }

    fn free_port(&self, ip: IpAddr) -> u16 {
        let mut last = self.last_port.borrow_mut();
        let port = last.entry(ip).or_insert(FIRST_PORT - 1);
        *port = if *port == u16::MAX { FIRST_PORT } else { *port + 1 };
        *port
    }
}

/// A datagram that has arrived.
#[derive(Debug)]
pub(crate) struct Datagram {
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub octets: Vec<u8>,
}

/// A socket for datagrams; its addresses are free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Inbox {
    fabric: Weak<Fabric>,
    pub port: u16,
    /// Whether it hears of what did not arrive.
    is_client: bool,
    addresses: Vec<SocketAddr>,
    state: RefCell<InboxState>,
}

#[derive(Debug, Default)]
struct InboxState {
    waiting: VecDeque<Datagram>,
    /// Whom a datagram did not reach, the last of them.
    refused: Option<SocketAddr>,
    reader: Option<Waker>,
}

impl Inbox {
    fn put(&self, datagram: Datagram) {
        let mut state = self.state.borrow_mut();
        if state.waiting.len() < MOST_WAITING {
            state.waiting.push_back(datagram);
        }
        state.reader.take().into_iter().for_each(Waker::wake);
    }

    /// Takes note that nobody takes datagrams at `to`.
    pub fn refused(&self, to: SocketAddr) {
        if self.is_client {
            let mut state = self.state.borrow_mut();
            state.refused = Some(to);
            state.reader.take().into_iter().for_each(Waker::wake);
        }
    }

    pub fn poll_take(&self, cx: &mut Context<'_>) -> Poll<io::Result<Datagram>> {
        let mut state = self.state.borrow_mut();
        if let Some(datagram) = state.waiting.pop_front() {
            return Poll::Ready(Ok(datagram));
        }
        if let Some(to) = state.refused.take() {
            return Poll::Ready(Err(Undelivered::error(to, io::ErrorKind::ConnectionRefused)));
        }
        state.reader = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        let Some(fabric) = self.fabric.upgrade() else { return };
        let mut inboxes = fabric.inboxes.borrow_mut();
        self.addresses.iter().for_each(|address| drop(inboxes.remove(address)));
    }
}

/// As many connections as Linux lets wait by default (net.core.somaxconn).
const BACKLOG: usize = 4096;
/// Some 2 MiB of common DNS messages; a real socket's buffer holds fewer.
const MOST_WAITING: usize = 4096;
/// The first dynamic port (RFC 6335 section 6).
const FIRST_PORT: u16 = 49_152;
