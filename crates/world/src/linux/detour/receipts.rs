//! What a program is told of a datagram that came by a detour.

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::Duration;

use libc::c_int;

use super::asker::{Answer, Asker};
use super::message::{MOST_CONTROL, MOST_PARTS, Message, Part, at_most};
use super::peers::Peers;
use super::sockets::{self, Received};

/// recvfrom(2), where `name` is the place for an address and that of its length.
pub fn from(
    asker: &Asker<'_>,
    peers: &Peers,
    socket: c_int,
    (at, length): (u64, u64),
    flags: c_int,
    (name, name_length_at): (u64, u64),
) -> io::Result<Answer> {
    let Some(number) = led(asker, peers, socket) else { return Ok(Answer::GoOn) };
    let Some(received) = receive(asker, socket, (length, 0), flags)? else { return Ok(Answer::GoOn) };
    let room = asker.read(name_length_at, 4)?;
    let room = u32::from_ne_bytes(room.try_into().unwrap_or_default());
    let told = tell_name(asker, peers, number, &received, (name, room))?;
    asker.write(name_length_at, &told.to_ne_bytes())?;
    asker.write(at, &received.octets)?;
    Ok(Answer::Done(received.length as i64))
}

/// recvmsg(2).
pub fn message(asker: &Asker<'_>, peers: &Peers, socket: c_int, at: u64, flags: c_int) -> io::Result<Answer> {
    let Some(number) = led(asker, peers, socket) else { return Ok(Answer::GoOn) };
    let message = asker.read_values::<Message>(at, 1)?.swap_remove(0);
    let parts = parts(asker, &message)?;
    let room = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.length));
    let Some(received) = receive(asker, socket, (room, message.control_length), flags)? else {
        return Ok(Answer::GoOn);
    };
    let mut rest = received.octets.as_slice();
    for part in parts {
        let (octets, left) = rest.split_at(rest.len().min(part.length as usize));
        asker.write(part.at, octets)?;
        rest = left;
    }
    let name_length = match message.name {
        0 => 0,
        name => tell_name(asker, peers, number, &received, (name, message.name_length))?,
    };
    asker.write(message.control, &received.control)?;
    let control_length = received.control.len() as u64;
    asker.write(at + mem::offset_of!(Message, name_length) as u64, &name_length.to_ne_bytes())?;
    asker.write(at + mem::offset_of!(Message, control_length) as u64, &control_length.to_ne_bytes())?;
    asker.write(at + mem::offset_of!(Message, flags) as u64, &received.flags.to_ne_bytes())?;
    Ok(Answer::Done(received.length as i64))
}

/// The parts of a message.
pub fn parts(asker: &Asker<'_>, message: &Message) -> io::Result<Vec<Part>> {
    if message.part_count > MOST_PARTS {
        return Err(io::Error::from_raw_os_error(libc::EMSGSIZE));
    }
    asker.read_values(message.parts, message.part_count as usize)
}

/// The number of a socket from which somebody was written to by a detour.
fn led(asker: &Asker<'_>, peers: &Peers, socket: c_int) -> Option<u64> {
    if peers.is_empty() {
        return None;
    }
    asker.number(socket).filter(|number| peers.know(*number))
}

/// The next datagram. Nothing when none comes soon and the program itself waits for one: then the kernel tells it
/// from where on the loopback that is.
fn receive(
    asker: &Asker<'_>,
    socket: c_int,
    (room, room_for_control): (u64, u64),
    flags: c_int,
) -> io::Result<Option<Received>> {
    let room = at_most(room.min(u16::MAX.into()))?;
    let room_for_control = room_for_control.min(MOST_CONTROL) as usize;
    let Some(shared) = asker.socket(socket)? else { return Ok(None) };
    let receive = || sockets::receive(shared.as_fd(), room, room_for_control, flags);
    let blocks = flags & libc::MSG_DONTWAIT == 0 && asker.blocks(socket)?;
    match receive() {
        Err(error) if blocks && error.kind() == io::ErrorKind::WouldBlock => {}
        received => return received.map(Some),
    }
    sockets::await_readable(shared.as_fd(), PATIENCE);
    match receive() {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        received => received.map(Some),
    }
}

/// Writes down whom a datagram comes from, as far as there is room; says how long that is.
fn tell_name(
    asker: &Asker<'_>,
    peers: &Peers,
    number: u64,
    received: &Received,
    (at, room): (u64, u32),
) -> io::Result<u32> {
    let real: Option<SocketAddr> = sockets::address(&received.from);
    let wanted = real.and_then(|real| peers.wanted(number, real));
    let name = wanted.map_or_else(|| received.from.clone(), sockets::octets);
    asker.write(at, &name[..name.len().min(room as usize)])?;
    Ok(name.len() as u32)
}

/// Answers of a lab come at once, or after the latency of a link. Nobody's signals are heard meanwhile, so it is short.
const PATIENCE: Duration = Duration::from_millis(300);
