//! Real sockets, and the calls that std does not have.

mod batch;
#[cfg(target_os = "linux")]
mod sockaddr;
pub(crate) mod undelivered;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener as StdListener, UdpSocket as StdSocket};
#[cfg(unix)]
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::{TcpListener, UdpSocket};

pub(crate) use batch::Batch;

/// A listener that shares its port with those of the lab's other workers.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::from_std(std_listen(address)?)
}

/// The same before there is a runtime.
pub(crate) fn std_listen(address: SocketAddr) -> io::Result<StdListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    own_family_only(&socket, address)?;
    socket.set_reuse_address(true)?;
    share_port(&socket)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// A listener of a socket that is bound already.
pub(crate) fn listen_at(bound: StdListener) -> io::Result<TcpListener> {
    SockRef::from(&bound).listen(BACKLOG)?;
    TcpListener::from_std(bound)
}

/// Who has a socket for datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Client,
    Server,
}

/// A socket for datagrams; a server's shares its port with those of the lab's other workers, a client's hears of
/// those that did not arrive.
pub(crate) fn bind(address: SocketAddr, role: Role) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    own_family_only(&socket, address)?;
    if role == Role::Server {
        share_port(&socket)?;
    }
    socket.bind(&address.into())?;
    let socket = StdSocket::from(socket);
    match role {
        Role::Server => widen(&socket),
        Role::Client => undelivered::hear(&socket, address.is_ipv4())?,
    }
    UdpSocket::from_std(socket)
}

/// The address from which this machine speaks to another, as its routes say; nothing is sent.
pub(crate) fn source(to: IpAddr) -> io::Result<IpAddr> {
    let unspecified: IpAddr = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = StdSocket::bind((unspecified, 0))?;
    socket.connect((to, ANY_PORT))?;
    Ok(socket.local_addr()?.ip())
}

/// Makes room for the datagrams of many clients.
pub(crate) fn widen(socket: &StdSocket) {
    let socket = SockRef::from(socket);
    // What the system does not grant is not worth an error: it may lose datagrams a little sooner.
    let _ = socket.set_recv_buffer_size(DATAGRAM_BUFFER);
    let _ = socket.set_send_buffer_size(DATAGRAM_BUFFER);
}

/// Whether a service could take this port: both transports are tried, without sharing.
///
/// # Errors
/// As the system says: `PermissionDenied` where the port is reserved, `AddrInUse` where it is taken.
pub fn probe(address: SocketAddr) -> io::Result<()> {
    let stream = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    stream.set_reuse_address(true)?;
    stream.bind(&address.into())?;
    let datagrams = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    datagrams.bind(&address.into())
}

/// Whoever listens at `::` leaves `0.0.0.0` to others (RFC 3493 5.3).
fn own_family_only(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    if address.is_ipv6() { socket.set_only_v6(true) } else { Ok(()) }
}

/// A port that nobody listens on at this address, for streams and where it is asked for datagrams too.
///
/// # Errors
/// As the system says.
pub fn free_port(ip: std::net::IpAddr, datagrams: bool) -> io::Result<u16> {
    let mut refused = io::ErrorKind::AddrInUse.into();
    for _ in 0..ATTEMPTS {
        let listener = StdListener::bind((ip, 0))?;
        let port = listener.local_addr()?.port();
        match if datagrams { StdSocket::bind((ip, port)).map(drop) } else { Ok(()) } {
            Ok(()) => return Ok(port),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

#[cfg(target_os = "linux")]
fn share_port(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_port(true)
}

/// Only Linux spreads the load over sockets that share a port; elsewhere there is one worker.
#[cfg(not(target_os = "linux"))]
fn share_port(_: &Socket) -> io::Result<()> {
    Ok(())
}

/// A socket as the system hands it out.
#[cfg(unix)]
pub type Owned = OwnedFd;
/// A socket as the system hands it out.
#[cfg(windows)]
pub type Owned = std::os::windows::io::OwnedSocket;

/// Whether a socket that does not block has begun to connect and is not done yet.
#[cfg(unix)]
pub(crate) fn is_under_way(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EINPROGRESS)
}

#[cfg(not(unix))]
pub(crate) fn is_under_way(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// Whether the system has no room for another connection just now.
#[cfg(unix)]
pub(crate) fn is_shortage(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM))
}

#[cfg(not(unix))]
pub(crate) fn is_shortage(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::OutOfMemory
}

/// Lets the process open as many descriptors as the system allows it, and says how many that are.
#[cfg(unix)]
pub fn raise_descriptor_limit() -> io::Result<u64> {
    allow_descriptors(u64::MAX)
}

/// The same if it may open fewer than so many; otherwise how many it may open stays as it was.
#[cfg(unix)]
#[allow(unsafe_code)]
pub fn allow_descriptors(count: u64) -> io::Result<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: getrlimit writes one rlimit to the pointer, which is valid for that.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    if limit.rlim_cur >= count {
        return Ok(limit.rlim_cur);
    }
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: setrlimit only reads one rlimit from the pointer.
    if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(limit.rlim_cur)
}

/// Windows has no such limit for sockets.
#[cfg(not(unix))]
pub fn raise_descriptor_limit() -> io::Result<u64> {
    Ok(u64::MAX)
}

/// Windows has no such limit for sockets.
#[cfg(not(unix))]
pub fn allow_descriptors(_: u64) -> io::Result<u64> {
    Ok(u64::MAX)
}

/// Has the kernel make room for so many descriptors at once. A table that grows while the process has several threads
/// has each of them wait until no processor looks at the old one, which takes some ten milliseconds: so it is done
/// before there are threads.
#[cfg(unix)]
#[allow(unsafe_code)]
pub fn make_room_for_descriptors(count: u64) -> io::Result<()> {
    let anything = std::fs::File::open("/")?;
    let last = libc::c_int::try_from(count.saturating_sub(1)).unwrap_or(libc::c_int::MAX);
    // SAFETY: takes no pointer; a descriptor that is made here is closed here.
    match unsafe { libc::fcntl(anything.as_raw_fd(), libc::F_DUPFD_CLOEXEC, last) } {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: it was just made and is nobody else's.
        made => {
            drop(unsafe { OwnedFd::from_raw_fd(made) });
            Ok(())
        }
    }
}

/// Windows has no such table.
#[cfg(not(unix))]
pub fn make_room_for_descriptors(_: u64) -> io::Result<()> {
    Ok(())
}

/// Routes do not ask for it; it is that of the service that discards all (RFC 863).
const ANY_PORT: u16 = 9;
/// What is free for streams is taken for datagrams only by chance.
const ATTEMPTS: usize = 16;
/// As many as Linux allows by default (net.core.somaxconn).
const BACKLOG: i32 = 4096;
/// At 512 outstanding queries the default of 208 KiB loses some; name servers ask for 4 MiB too.
const DATAGRAM_BUFFER: usize = 4 * 1024 * 1024;
