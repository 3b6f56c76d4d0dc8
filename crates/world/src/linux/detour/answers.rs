//! What a program is answered that connects or sends to an address.

use std::io;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;

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
        libc::SYS_sendmsg => {
            let message = asker.read_values::<Message>(second, 1)?.swap_remove(0);
            asked.send_message(&message, third as c_int)
        }
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
        let Some(Way { to, from, .. }) = self.elsewhere(address, length)? else { return Ok(Answer::GoOn) };
        let Some(mut socket) = self.asker.socket(self.socket)? else { return Ok(Answer::GoOn) };
        if !sockets::speak_from(socket.as_fd(), from) {
            socket = self.asker.stand_in(self.socket)?;
            sockets::speak_from(socket.as_fd(), from);
        }
        let connected = sockets::connect(socket.as_fd(), to);
        // It may be on its way, and whoever waits for it does so on the socket.
        self.asker.give(socket)?;
        connected.map(|()| Answer::Done(0))
    }

    fn send_to(&self, (data, size): (u64, u64), flags: c_int, (address, length): (u64, u64)) -> io::Result<Answer> {
        let Some(way) = self.elsewhere(address, length)? else { return Ok(Answer::GoOn) };
        let octets = self.asker.read(data, at_most(size)?)?;
        self.send(&octets, &[], flags, way)
    }

    fn send_message(&self, message: &Message, flags: c_int) -> io::Result<Answer> {
        let way = self.elsewhere(message.name, message.name_length.into())?;
        let Some(way) = way else { return Ok(Answer::GoOn) };
        let control = self.asker.read(message.control, message.control_length.min(MOST_CONTROL) as usize)?;
        self.send(&self.gather(message)?, &control, flags, way)
    }

    /// As many as can be sent, of which one at least must be (sendmmsg(2)).
    fn send_messages(&self, vector: u64, count: u64, flags: c_int) -> io::Result<Answer> {
        let stride = mem::size_of::<Counted>() as u64;
        let mut sent = 0;
        for at in (0..count.min(MOST_PARTS)).map(|at| vector + at * stride) {
            let message = self.asker.read_values::<Message>(at, 1)?.swap_remove(0);
            match self.send_message(&message, flags) {
                // Those of one call go to one kind of place: all of them to whom the socket is connected.
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

    fn send(&self, octets: &[u8], control: &[u8], flags: c_int, way: Way) -> io::Result<Answer> {
        let Some(socket) = self.asker.socket(self.socket)? else { return Ok(Answer::GoOn) };
        sockets::speak_from(socket.as_fd(), way.from);
        if let Some(number) = sockets::number(socket.as_fd()).filter(|_| way.to != way.wanted) {
            self.peers.remember(Peer { socket: number, real: way.to, wanted: way.wanted });
        }
        let sent = sockets::send_to(socket.as_fd(), octets, control, flags, way.to);
        self.asker.give(socket)?;
        sent.map(|length| Answer::Done(length as i64))
    }

    /// The way of what is addressed to the lab; nothing when it goes where its program says.
    fn elsewhere(&self, address: u64, length: u64) -> io::Result<Option<Way>> {
        // What is no address is for the kernel to judge.
        if address == 0 || !(SHORTEST_ADDRESS..=LONGEST_ADDRESS).contains(&length) {
            return Ok(None);
        }
        let octets = self.asker.read(address, length as usize)?;
        if let Some(wanted) = sockets::address(&octets) {
            return match self.detour.course(wanted) {
                Course::AsItIs => Ok(None),
                Course::To { to, from } => Ok(Some(Way { wanted, to, from })),
                Course::Nowhere => Err(io::Error::from_raw_os_error(libc::ENETUNREACH)),
            };
        }
        let path = octets.get(2..).unwrap_or_default();
        if c_int::from(octets[0]) == libc::AF_UNIX && is_source_of_names(path) {
            return Err(io::Error::from_raw_os_error(libc::ECONNREFUSED));
        }
        Ok(None)
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
