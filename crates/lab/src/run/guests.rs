//! What other processes saw that act as hosts of a running lab.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use toynet_machine::Time;
use toynet_net::{Clock, Recorder, Records};
use toynet_record::{Journal, Quota, StripId};

/// The record of a lab's guests. Clones are the same.
#[derive(Clone, Debug)]
pub struct Guests(Rc<Shared>);

#[derive(Debug)]
struct Shared {
    recorder: Recorder,
    strip: StripId,
    /// Up to when each guest has told what it saw, by the number under which it records.
    told: RefCell<BTreeMap<u16, Time>>,
    next: RefCell<u16>,
    clock: Clock,
}

/// One of them, for as long as it stays.
#[derive(Debug)]
pub struct Guest {
    worker: u16,
    guests: Guests,
}

impl Guests {
    /// The record of guests, served on this thread, and a reader of it.
    pub fn new(clock: Clock) -> (Self, Records) {
        let recorder = Recorder::new(FIRST, Quota::default(), clock);
        let (records, requests) = Records::new();
        tokio::task::spawn_local(recorder.clone().serve(requests));
        let strip = recorder.add_strip();
        let shared = Shared { recorder, strip, told: RefCell::default(), next: RefCell::new(FIRST), clock };
        (Self(Rc::new(shared)), records)
    }

    /// Lets one more in.
    pub fn welcome(&self) -> Guest {
        let mut next = self.0.next.borrow_mut();
        let worker = *next;
        *next = next.checked_add(1).unwrap_or(FIRST);
        self.0.told.borrow_mut().insert(worker, self.0.clock.now());
        self.settle();
        Guest { worker, guests: self.clone() }
    }

    /// Writes down that the lab has a host at these addresses as well, for whoever reads the record on.
    pub fn announce(&self, host: &str, addresses: &[IpAddr]) {
        addresses.iter().for_each(|address| self.0.recorder.announce(self.0.strip, host, *address));
    }

    /// Readers of the whole record wait for the guest that is furthest behind.
    fn settle(&self) {
        self.0.recorder.told_up_to(self.0.told.borrow().values().min().copied());
    }
}

impl Guest {
    /// The number under which it records.
    pub fn worker(&self) -> u16 {
        self.worker
    }

    /// Takes in what it saw, all of it up to `up_to`. What it could not have seen itself is left out.
    pub fn tells(&self, journal: &Journal, up_to: Time) {
        let shared = &self.guests.0;
        for entry in journal.entries().filter(|entry| entry.end.worker() == self.worker) {
            shared.recorder.append(shared.strip, &entry);
        }
        shared.told.borrow_mut().insert(self.worker, up_to);
        self.guests.settle();
    }

    /// Nobody waits for it any longer.
    pub fn is_silent(&self) {
        self.guests.0.told.borrow_mut().remove(&self.worker);
        self.guests.settle();
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.is_silent();
    }
}

/// Far beyond the numbers of workers, of which there are at most 256.
const FIRST: u16 = 1024;

#[cfg(test)]
mod tests {
    use toynet_record::{Direction, EndId, Entry, Seen};

    use super::*;

    #[test]
    fn a_guest_tells_what_it_saw_and_nothing_in_the_name_of_others() {
        let runtime = toynet_net::worker::runtime().unwrap();
        runtime.block_on(async {
            let clock = Clock::system();
            let (guests, mut records) = Guests::new(clock);
            let guest = guests.welcome();
            let other = guests.welcome();
            let time = clock.now();
            let mut octets = Vec::new();
            for (order, worker) in [guest.worker(), other.worker(), 0].into_iter().enumerate() {
                let seen = Seen::Octets { direction: Direction::Sent, number: 1, octets: b"GET" };
                Entry { end: EndId::new(worker, 1), time, order: order as u64, seen }.write(&mut octets);
            }
            guest.tells(&octets.into(), time);
            let taken = records.take().await.unwrap();
            assert_eq!(taken.batch.pieces.iter().map(|piece| piece.entries).sum::<u64>(), 1);
            assert!(taken.as_of <= time, "the other may still tell of something earlier");
            drop(other);
            drop(guest);
            assert!(records.take().await.unwrap().as_of > time);
        });
    }
}
