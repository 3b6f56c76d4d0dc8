//! A lab's datagrams as quinn wants them. Its sockets must be `Send`, ours stay on their worker: so a
//! task on the worker carries datagrams between a pair of queues and the socket.

use std::collections::VecDeque;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use quinn::udp::{RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, UdpPoller};
use tokio::sync::Notify;
use toynet_record::Direction;

use super::marks::Marks;
use crate::datagrams::{Datagrams, WayIn};
use crate::fault::Fault;
use crate::socket::undelivered::Undelivered;

#[derive(Debug)]
pub(super) struct Socket {
    port: u16,
    queues: Mutex<Queues>,
    /// Something waits to be sent, or the socket is gone.
    outgoing: Arc<Notify>,
    /// The endpoint is gone, and only its last words are still sent.
    ending: Arc<Notify>,
    /// Something that was sent did not arrive.
    refusal: Notify,
}

#[derive(Debug, Default)]
struct Queues {
    out: VecDeque<(Vec<u8>, SocketAddr)>,
    arrived: VecDeque<(Vec<u8>, SocketAddr)>,
    reader: Option<Waker>,
    /// Whom the last of that was for, and why.
    undelivered: Option<(SocketAddr, io::ErrorKind)>,
    is_over: bool,
}

impl Socket {
    pub fn start(mut datagrams: Datagrams, marks: Rc<Marks>) -> Arc<Self> {
        let (outgoing, ending, refusal) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Notify::new());
        let (port, queues) = (datagrams.port(), Mutex::default());
        let own = Self { port, queues, outgoing: Arc::clone(&outgoing), ending: Arc::clone(&ending), refusal };
        let socket = Arc::new(own);
        let weak = Arc::downgrade(&socket);
        tokio::task::spawn_local(async move {
            let mut buffer = [0; LARGEST];
            loop {
                tokio::select! {
                    biased;
                    () = outgoing.notified() => {
                        let Some(socket) = weak.upgrade() else { return };
                        socket.send_out(&datagrams, &marks).await;
                    }
                    () = ending.notified() => {
                        for _ in 0..LAST_TURNS {
                            tokio::task::yield_now().await;
                        }
                        let Some(socket) = weak.upgrade() else { return };
                        socket.send_out(&datagrams, &marks).await;
                        return socket.is_over();
                    }
                    received = datagrams.take(&mut buffer) => {
                        let Some(socket) = weak.upgrade() else { return };
                        match received {
                            Ok((length, from, way_in)) => socket.arrives(&buffer[..length], from, way_in, &marks),
                            Err(error) => socket.hear(&error),
                        }
                    }
                }
            }
        });
        socket
    }

    /// Sends what waits. A fault strikes what is sent at once to the same peer once, as it strikes a stream's octets.
    async fn send_out(&self, datagrams: &Datagrams, marks: &Marks) {
        let out = std::mem::take(&mut self.queues().out);
        let mut struck: Vec<(SocketAddr, Arc<Fault>)> = Vec::new();
        for (octets, to) in out {
            // What cannot be sent is lost, as any datagram may be.
            let crossed = datagrams.put(&octets, to).await.unwrap_or_default();
            for fault in crossed.struck {
                if !struck.iter().any(|(at, known)| *at == to && Arc::ptr_eq(known, &fault)) {
                    struck.push((to, fault));
                }
            }
            if crossed.refused {
                self.hear(&Undelivered::error(to, io::ErrorKind::ConnectionRefused));
            }
        }
        struck.iter().for_each(|(to, fault)| marks.struck(*to, Direction::Sent, fault));
    }

    fn hear(&self, error: &io::Error) {
        if let Some(to) = Undelivered::of(error) {
            self.queues().undelivered = Some((to, error.kind()));
            self.refusal.notify_waiters();
        }
    }

    /// Comes back when something that was sent there did not arrive: why.
    pub async fn undelivered(&self, to: SocketAddr) -> io::Error {
        loop {
            let heard = self.refusal.notified();
            match self.queues().undelivered {
                Some((at, why)) if at == to => return Undelivered::error(to, why),
                Some(_) | None => {}
            }
            heard.await;
        }
    }

    /// Takes what comes by a stranger's link as that lets it arrive.
    pub fn arrives(self: &Arc<Self>, octets: &[u8], from: SocketAddr, way_in: WayIn, marks: &Marks) {
        let WayIn { verdict, struck } = way_in;
        if verdict.lost.is_some() {
            return marks.lost(from, &struck);
        }
        struck.iter().for_each(|fault| marks.struck(from, Direction::Received, fault));
        for _ in 0..=verdict.copies {
            let octets = verdict.spoil(octets).into_owned();
            if verdict.delay.is_zero() {
                self.arrived(octets, from);
                continue;
            }
            let (socket, clock, delay) = (Arc::downgrade(self), marks.clock(), verdict.delay);
            tokio::task::spawn_local(async move {
                clock.sleep(delay).await;
                if let Some(socket) = socket.upgrade() {
                    socket.arrived(octets, from);
                }
            });
        }
    }

    /// Closes once the endpoint has had its turn to say that its connections end.
    pub fn end_soon(&self) {
        self.ending.notify_one();
    }

    fn is_over(&self) {
        let mut queues = self.queues();
        queues.is_over = true;
        queues.reader.take().into_iter().for_each(Waker::wake);
    }

    fn arrived(&self, octets: Vec<u8>, from: SocketAddr) {
        let mut queues = self.queues();
        if queues.arrived.len() < MOST_WAITING {
            queues.arrived.push_back((octets, from));
        }
        queues.reader.take().into_iter().for_each(Waker::wake);
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.outgoing.notify_one();
    }
}

impl AsyncUdpSocket for Socket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(Always)
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        let mut queues = self.queues();
        if queues.out.len() < MOST_WAITING && !queues.is_over {
            queues.out.push_back((transmit.contents.to_vec(), canonical(transmit.destination)));
        }
        self.outgoing.notify_one();
        Ok(())
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let mut queues = self.queues();
        let mut count = 0;
        for (buffer, meta) in buffers.iter_mut().zip(meta) {
            let Some((octets, from)) = queues.arrived.pop_front() else { break };
            let length = octets.len().min(buffer.len());
            buffer[..length].copy_from_slice(&octets[..length]);
            *meta = RecvMeta { addr: mapped(from), len: length, stride: length, ecn: None, dst_ip: None };
            count += 1;
        }
        if count > 0 {
            return Poll::Ready(Ok(count));
        }
        if queues.is_over {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        }
        queues.reader = Some(cx.waker().clone());
        Poll::Pending
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), self.port))
    }
}

/// The queue takes everything: what is too much is lost, and QUIC sends it again.
#[derive(Debug)]
struct Always;

impl UdpPoller for Always {
    fn poll_writable(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn mapped(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    SocketAddr::new(ip.into(), address.port())
}

/// IPv4 addresses travel inside IPv6 ones, since an endpoint has one socket for both families.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// More than the other side is told that this one takes (RFC 9000 18.2, max_udp_payload_size).
pub(super) const LARGEST: usize = 1536;
/// A connection, its driver and the endpoint's each need a turn of the worker to say their last words. It is less than
/// a lab gives its services.
const LAST_TURNS: usize = 5;
/// Some 1.2 MB of full QUIC packets, more than a congestion window of loopback.
const MOST_WAITING: usize = 1024;
