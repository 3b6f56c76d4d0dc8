//! What a program is answered that connects or sends to an address.

use std::io;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};

use libc::{c_int, c_long};

use super::asker::{Answer, Asker};
use super::message::{Counted, MOST_CONTROL, MOST_PARTS, Message, at_most};
use super::peers::{Peer, Peers};
use super::{receipts, sockets};
use crate::detour::{Course, Detour, is_source_of_names};

/// The answer to a call; what it fails with when it cannot be done.
pub fn to(asker: &Asker<'_>, detour: &Detour, peers: &Peers, call: c_long, arguments: [u64; 6]) -> io::Result<Answer> {
    let [socket, second, third, fourth, fifth, sixth] = arguments;
    let socket = socket as c_int;
    let asked = Asked { asker, detour, peers, socket };
    match call {
        libc::SYS_connect => asked.connect(second, third),
        libc::SYS_sendto => asked.send_to((second, third), fourth as c_int, (fifth, sixth)),
        libc::SYS_sendmsg => asked.send_message(&asked.message(second)?, third as c_int),
        libc::SYS_recvfrom => receipts::from(asker, peers, socket, (second, third), fourth as c_int, (fifth, sixth)),
        libc::SYS_recvmsg => receipts::message(asker, peers, socket, second, third as c_int),
        libc::SYS_sendmmsg => asked.send_messages(second, third, fourth as c_int),
        _ => Ok(Answer::GoOn),
    }
}

struct Asked<'a> {
    asker: &'a Asker<'a>,
    detour: &'a Detour,
    peers: &'a Peers,
    socket: c_int,
}

impl Asked<'_> {
    fn connect(&self, address: u64, length: u64) -> io::Result<Answer> {
        let way = self.elsewhere(&self.name(address, length)?, sockets::address)?;
        let Some(Way { wanted, to, from }) = way else { return Ok(Answer::GoOn) };
        let Some(mut socket) = self.asker.socket(self.socket)? else { return Ok(Answer::GoOn) };
        if !sockets::speak_from(socket.as_fd(), from) {
            let other = self.asker.stand_in(self.socket)?;
            sockets::speak_in_place_of(socket.as_fd(), other.as_fd(), from);
            sockets::speak_from(other.as_fd(), from);
            socket = other;
        }
        if sockets::is_for_datagrams(socket.as_fd()) {
            self.remember(socket.as_fd(), to, wanted);
        }
        let connected = sockets::connect(socket.as_fd(), to);
        // It may be on its way, and whoever waits for it does so on the socket.
        self.asker.give(socket)?;
        connected.map(|()| Answer::Done(0))
    }

    fn send_to(&self, (data, size): (u64, u64), flags: c_int, (address, length): (u64, u64)) -> io::Result<Answer> {
        let way = self.elsewhere(&self.name(address, length)?, sockets::addressee)?;
        let Some(way) = way else { return Ok(Answer::GoOn) };
        let octets = self.asker.read(data, at_most(size)?)?;
        self.send(&octets, &[], flags, &way)
    }

    fn send_message(&self, message: &Message, flags: c_int) -> io::Result<Answer> {
        match self.way_of(message)? {
            Some(way) => self.send(&self.gather(message)?, &self.control(message)?, flags, &way),
            None => Ok(Answer::GoOn),
        }
    }

    /// As many as can be sent, of which one at least must be (sendmmsg(2)).
    fn send_messages(&self, vector: u64, count: u64, flags: c_int) -> io::Result<Answer> {
        let stride = mem::size_of::<Counted>() as u64;
        let places = (0..count.min(MOST_PARTS)).map(|at| vector.wrapping_add(at * stride));
        let goes_as_it_is =
            |at| self.message(at).and_then(|message| self.way_of(&message)).is_ok_and(|way| way.is_none());
        // The kernel goes on with all of them or with none.
        if places.clone().all(goes_as_it_is) {
            return Ok(Answer::GoOn);
        }
        let mut sent = 0;
        for at in places {
            match self.message(at).and_then(|message| self.send_one_of_many(&message, flags)) {
                Ok(Answer::GoOn) if sent == 0 => return Ok(Answer::GoOn),
                Ok(Answer::Done(length)) => {
                    let length_at = at + mem::offset_of!(Counted, sent) as u64;
                    self.asker.write(length_at, &(length as u32).to_ne_bytes())?;
                    sent += 1;
                }
                Err(error) if sent == 0 => return Err(error),
                Ok(Answer::GoOn) | Err(_) => break,
            }
        }
        Ok(Answer::Done(sent))
    }

    /// One among others that are led.
    fn send_one_of_many(&self, message: &Message, flags: c_int) -> io::Result<Answer> {
        if self.way_of(message)?.is_some() {
            return self.send_message(message, flags);
        }
        let Some(socket) = self.asker.socket(self.socket)? else { return Ok(Answer::GoOn) };
        let name = self.name(message.name, message.name_length.into())?;
        let sent = sockets::send(socket.as_fd(), &self.gather(message)?, &self.control(message)?, flags, name);
        self.asker.give(socket)?;
        sent.map(|length| Answer::Done(length as i64))
    }

    fn send(&self, octets: &[u8], control: &[u8], flags: c_int, way: &Way) -> io::Result<Answer> {
        let Some(socket) = self.asker.socket(self.socket)? else { return Ok(Answer::GoOn) };
        let mut said = match sockets::speak_from(socket.as_fd(), way.from) {
            true => vec![],
            false => sockets::speaking_from(socket.as_fd(), way.from),
        };
        said.extend(control);
        self.remember(socket.as_fd(), way.to, way.wanted);
        let sent = sockets::send(socket.as_fd(), octets, &said, flags, sockets::octets(way.to));
        self.asker.give(socket)?;
        sent.map(|length| Answer::Done(length as i64))
    }

    fn remember(&self, socket: BorrowedFd<'_>, real: SocketAddr, wanted: SocketAddr) {
        if let Some(socket) = sockets::number(socket).filter(|_| real != wanted) {
            self.peers.remember(Peer { socket, real, wanted });
        }
    }

    fn way_of(&self, message: &Message) -> io::Result<Option<Way>> {
        self.elsewhere(&self.name(message.name, message.name_length.into())?, sockets::addressee)
    }

    /// The way of what is addressed to the lab; nothing when it goes where its program says.
    fn elsewhere(&self, name: &[u8], parse: fn(&[u8]) -> Option<SocketAddr>) -> io::Result<Option<Way>> {
        if let Some(wanted) = parse(name) {
            return match self.detour.course(wanted) {
                Course::AsItIs => Ok(None),
                Course::To { to, from } => Ok(Some(Way { wanted, to, from })),
                Course::Nowhere => Err(io::Error::from_raw_os_error(libc::ENETUNREACH)),
            };
        }
        match sockets::family(name) {
            Some(libc::AF_UNIX) if is_source_of_names(&name[2..]) => {
                Err(io::Error::from_raw_os_error(libc::ECONNREFUSED))
            }
            // What is no address is for the kernel to judge.
            None | Some(libc::AF_UNSPEC | libc::AF_UNIX | libc::AF_NETLINK | libc::AF_INET | libc::AF_INET6) => {
                Ok(None)
            }
            // Other ways out: to the host of a virtual machine, by Bluetooth, past the kernel's own protocols.
            Some(_) => Err(io::Error::from_raw_os_error(libc::ENETUNREACH)),
        }
    }

    /// An address; empty where there is none, or none that the kernel would take.
    fn name(&self, at: u64, length: u64) -> io::Result<Vec<u8>> {
        match at != 0 && (SHORTEST_ADDRESS..=LONGEST_ADDRESS).contains(&length) {
            true => self.asker.read(at, length as usize),
            false => Ok(vec![]),
        }
    }

    fn message(&self, at: u64) -> io::Result<Message> {
        Ok(self.asker.read_values::<Message>(at, 1)?.swap_remove(0))
    }

    fn control(&self, message: &Message) -> io::Result<Vec<u8>> {
        self.asker.read(message.control, message.control_length.min(MOST_CONTROL) as usize)
    }

    /// What a message consists of, in one piece.
    fn gather(&self, message: &Message) -> io::Result<Vec<u8>> {
        let mut octets = Vec::new();
        for part in receipts::parts(self.asker, message)? {
            let length = at_most(part.length)?;
            at_most(octets.len() as u64 + part.length)?;
            octets.extend(self.asker.read(part.at, length)?);
        }
        Ok(octets)
    }
}

/// Where a program wants to go, where on the loopback that is, and from which address there.
struct Way {
    wanted: SocketAddr,
    to: SocketAddr,
    from: IpAddr,
}

/// A family and its port or the first octet of a path.
const SHORTEST_ADDRESS: u64 = 3;
/// struct sockaddr_storage, which the kernel does not go beyond.
const LONGEST_ADDRESS: u64 = 128;
