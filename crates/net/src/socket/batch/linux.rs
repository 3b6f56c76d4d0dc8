//! `recvmmsg` and `sendmmsg`.

use std::io;
use std::mem;
use std::os::fd::AsRawFd;

use tokio::net::UdpSocket;

use super::super::sockaddr::{EMPTY, ROOM, address};
use super::{LARGEST, SLOTS, Slot};

/// Buffers for a batch; one for each worker, used by one socket at a time.
pub(crate) struct Batch {
    arrived: Box<[u8]>,
    answers: Box<[u8]>,
    from: [libc::sockaddr_in6; SLOTS],
    name_lengths: [u32; SLOTS],
    lengths: [usize; SLOTS],
    /// Answers that are ready: slot and length.
    ready: Vec<(usize, usize)>,
}

impl Batch {
    pub fn new() -> Self {
        Self {
            arrived: vec![0; SLOTS * LARGEST].into_boxed_slice(),
            answers: vec![0; SLOTS * LARGEST].into_boxed_slice(),
            from: [EMPTY; SLOTS],
            name_lengths: [0; SLOTS],
            lengths: [0; SLOTS],
            ready: Vec::with_capacity(SLOTS),
        }
    }

    /// Takes what has arrived, without waiting, and says how many datagrams that were.
    ///
    /// # Errors
    /// `WouldBlock` when nothing has arrived.
    #[allow(unsafe_code)]
    pub fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        self.ready.clear();
        let buffers = self.arrived.as_mut_ptr();
        let mut slices: [libc::iovec; SLOTS] = std::array::from_fn(|slot| libc::iovec {
            // The sum stays inside `arrived`, which holds SLOTS * LARGEST octets.
            iov_base: buffers.wrapping_add(slot * LARGEST).cast(),
            iov_len: LARGEST,
        });
        let mut messages: [libc::mmsghdr; SLOTS] =
            std::array::from_fn(|slot| message(&mut self.from[slot], ROOM, &mut slices[slot]));
        // SAFETY: each header points to one iovec over its own part of `arrived` and to its own
        // element of `from`; all of them live until the call returns.
        let count = unsafe {
            let flags = libc::MSG_DONTWAIT;
            libc::recvmmsg(socket.as_raw_fd(), messages.as_mut_ptr(), SLOTS as u32, flags, std::ptr::null_mut())
        };
        let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
        for (slot, message) in messages.iter().enumerate().take(count) {
            self.lengths[slot] = message.msg_len as usize;
            self.name_lengths[slot] = message.msg_hdr.msg_namelen.min(ROOM);
        }
        Ok(count)
    }

    /// The datagram in a slot below the last count, with room for an answer.
    pub fn slot(&mut self, slot: usize) -> Slot<'_> {
        let at = slot * LARGEST;
        Slot {
            from: address(&self.from[slot]),
            octets: &self.arrived[at..at + self.lengths[slot]],
            answer: &mut self.answers[at..at + LARGEST],
        }
    }

    /// The answer in that slot, of this length, is ready.
    pub fn ready(&mut self, slot: usize, length: usize) {
        self.ready.push((slot, length));
    }

    /// Sends the answers that are ready, without waiting; those sent are no longer ready.
    ///
    /// # Errors
    /// `WouldBlock` when the socket takes no more; an answer that the system refuses is dropped.
    #[allow(unsafe_code)]
    pub fn send(&mut self, socket: &UdpSocket) -> io::Result<()> {
        while !self.ready.is_empty() {
            let count = self.ready.len();
            let answers = self.answers.as_mut_ptr();
            let ready = self.ready.as_slice();
            let mut slices: [libc::iovec; SLOTS] = std::array::from_fn(|at| {
                let (slot, length) = ready.get(at).copied().unwrap_or((0, 0));
                libc::iovec { iov_base: answers.wrapping_add(slot * LARGEST).cast(), iov_len: length }
            });
            let (from, name_lengths) = (&mut self.from, &self.name_lengths);
            let mut messages: [libc::mmsghdr; SLOTS] = std::array::from_fn(|at| {
                let slot = ready.get(at).map_or(0, |(slot, _)| *slot);
                message(&mut from[slot], name_lengths[slot], &mut slices[at])
            });
            // SAFETY: the first `count` headers point to iovecs over filled parts of `answers` and
            // to addresses in `from`; all of them live until the call returns and are only read.
            let sent =
                unsafe { libc::sendmmsg(socket.as_raw_fd(), messages.as_mut_ptr(), count as u32, libc::MSG_DONTWAIT) };
            match usize::try_from(sent) {
                Ok(sent) => drop(self.ready.drain(..sent)),
                Err(_) => {
                    let error = io::Error::last_os_error();
                    if error.kind() == io::ErrorKind::WouldBlock {
                        return Err(error);
                    }
                    self.ready.remove(0);
                }
            }
        }
        Ok(())
    }
}

#[allow(unsafe_code)]
fn message(address: &mut libc::sockaddr_in6, length: u32, slice: &mut libc::iovec) -> libc::mmsghdr {
    // SAFETY: msghdr is plain numbers and pointers, for all of which zero is valid.
    let mut header: libc::msghdr = unsafe { mem::zeroed() };
    header.msg_name = std::ptr::from_mut(address).cast();
    header.msg_namelen = length;
    header.msg_iov = slice;
    header.msg_iovlen = 1;
    libc::mmsghdr { msg_hdr: header, msg_len: 0 }
}
