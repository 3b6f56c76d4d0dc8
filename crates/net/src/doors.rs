//! Ways in from the machine's loopback to a lab that has a network of its own.
//!
//! A socket belongs to the network in which it was made: doors are opened before a process enters the
//! lab's network, and what comes in through them is handed on from there.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener as StdListener, UdpSocket as StdSocket};
use std::rc::Rc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use tokio::task::spawn_local;
use toynet_record::Transport;

use crate::{Clock, socket};

/// Doors that are open, though nobody stands behind them yet.
#[derive(Debug, Default)]
pub struct Doors {
    streams: Vec<(StdListener, SocketAddr)>,
    datagrams: Vec<(StdSocket, SocketAddr)>,
}

impl Doors {
    /// Opens a door at `at` that leads to the lab's address `to`.
    ///
    /// # Errors
    /// As the system says.
    pub fn open(&mut self, transport: Transport, at: SocketAddr, to: SocketAddr) -> io::Result<()> {
        match transport {
            Transport::Udp | Transport::Quic => self.datagrams.push((socket::std_bind(at)?, to)),
            Transport::Tcp | Transport::Command => self.streams.push((socket::std_listen(at)?, to)),
        }
        Ok(())
    }

    /// Lets in whoever comes, as long as the runtime lives. Inside they speak from the loopback, as they do
    /// where there are no doors: who comes from there is no host of the lab, and this machine's.
    ///
    /// # Errors
    /// When the runtime takes no further sockets.
    pub fn serve(self, clock: Clock) -> io::Result<()> {
        let inside = Rc::new(Cell::new(0));
        for (listener, to) in self.streams {
            let listener = TcpListener::from_std(listener)?;
            spawn_local(let_in(listener, to, clock, Rc::clone(&inside)));
        }
        for (outer, to) in self.datagrams {
            let outer = Rc::new(UdpSocket::from_std(outer)?);
            spawn_local(pass_in(outer, to, clock));
        }
        Ok(())
    }
}

async fn let_in(listener: TcpListener, to: SocketAddr, clock: Clock, inside: Rc<Cell<usize>>) {
    loop {
        let Ok((outer, _)) = listener.accept().await else {
            clock.sleep(SHORTAGE).await;
            continue;
        };
        if inside.get() >= MOST_STREAMS {
            continue;
        }
        inside.set(inside.get() + 1);
        let inside = Rc::clone(&inside);
        spawn_local(async move {
            // How a connection ended is told to both of its ends by its end.
            let _ = lead(outer, to).await;
            inside.set(inside.get() - 1);
        });
    }
}

async fn lead(mut outer: TcpStream, to: SocketAddr) -> io::Result<()> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind(loopback_like(to))?;
    let mut inner = socket.connect(to).await?;
    outer.set_nodelay(true)?;
    inner.set_nodelay(true)?;
    tokio::io::copy_bidirectional(&mut outer, &mut inner).await.map(drop)
}

type Peers = Rc<RefCell<BTreeMap<SocketAddr, Rc<UdpSocket>>>>;

async fn pass_in(outer: Rc<UdpSocket>, to: SocketAddr, clock: Clock) {
    let peers = Peers::default();
    let mut buffer = vec![0; LARGEST];
    loop {
        let Ok((length, peer)) = outer.recv_from(&mut buffer).await else {
            clock.sleep(SHORTAGE).await;
            continue;
        };
        let known = peers.borrow().get(&peer).cloned();
        let Some(inner) = known.or_else(|| meet(&outer, loopback_like(to), peer, &peers, clock)) else { continue };
        // A datagram that cannot be passed on is lost, as any may be.
        let _ = inner.send_to(&buffer[..length], to).await;
    }
}

/// A socket inside for a new peer, whose answers find their way back until nothing comes for a while.
fn meet(
    outer: &Rc<UdpSocket>,
    from: SocketAddr,
    peer: SocketAddr,
    peers: &Peers,
    clock: Clock,
) -> Option<Rc<UdpSocket>> {
    if peers.borrow().len() >= MOST_PEERS {
        return None;
    }
    let inner = Rc::new(socket::bind(from, false).ok()?);
    peers.borrow_mut().insert(peer, Rc::clone(&inner));
    let (outer, peers, back) = (Rc::clone(outer), Rc::clone(peers), Rc::clone(&inner));
    spawn_local(async move {
        let mut buffer = vec![0; LARGEST];
        while let Ok(Ok((length, _))) = clock.until(clock.now() + IDLE, back.recv_from(&mut buffer)).await {
            let _ = outer.send_to(&buffer[..length], peer).await;
        }
        peers.borrow_mut().remove(&peer);
    });
    Some(inner)
}

/// Any port of the loopback, in the family of `to`.
fn loopback_like(to: SocketAddr) -> SocketAddr {
    let ip: IpAddr = if to.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
    SocketAddr::new(ip, 0)
}

/// Each takes two descriptors, of which a process may often have 4,096 in all.
const MOST_STREAMS: usize = 1024;
/// For each door: those who ask a name server at the same time from this machine.
const MOST_PEERS: usize = 256;
/// A resolver waits five seconds for an answer; QUIC is silent for up to thirty.
const IDLE: Duration = Duration::from_secs(30);
/// Long enough for some connection to end.
const SHORTAGE: Duration = Duration::from_millis(50);
/// The largest datagram that UDP carries.
const LARGEST: usize = 65_536;
