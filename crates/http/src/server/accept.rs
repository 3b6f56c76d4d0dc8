//! Who comes to a port, and who is let go of for whom.

use std::collections::VecDeque;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use toynet_machine::Time;
use toynet_net::{Clock, Host, Listener, Stream, memory};

use super::room::Place;
use super::tide::Tide;
use super::watch::{Standstill, Watch};
use super::{Door, connection};

/// Serves connections until the listener breaks or notice is given; they end when this is dropped.
pub(super) async fn accept(mut listener: Listener, host: Host, door: Rc<Door>) -> io::Result<()> {
    let (clock, room) = (host.clock(), Arc::clone(&door.serving.room));
    let _stay = host.notice().stay();
    let notice = host.notice().clone();
    let mut notice = pin!(notice.given());
    let mut guests = Guests::new(host, door);
    loop {
        guests.seat();
        tokio::select! {
            biased;
            () = &mut notice => break,
            Some(ended) = guests.seated.join_next() => guests.left(&ended),
            Some(_) = guests.turned_away.join_next() => {}
            () = room.asked() => guests.let_one_go(),
            stream = listener.accept(), if guests.waiting.len() < WAITING => guests.comes(stream?),
            () = clock.sleep(LOOK), if !guests.waiting.is_empty() => {}
        }
    }
    drop(listener);
    guests.part().await;
    Ok(())
}

/// The connections at one port.
struct Guests {
    host: Host,
    clock: Clock,
    door: Rc<Door>,
    seated: JoinSet<()>,
    watches: Vec<Rc<Watch>>,
    tide: Tide,
    /// Who has come and has no place yet, oldest first.
    waiting: VecDeque<(Stream, Time)>,
    turned_away: JoinSet<()>,
}

impl Guests {
    fn new(host: Host, door: Rc<Door>) -> Self {
        let (clock, seated, turned_away) = (host.clock(), JoinSet::new(), JoinSet::new());
        let (watches, tide, waiting) = (Vec::new(), Tide::default(), VecDeque::new());
        Self { host, clock, door, seated, watches, tide, waiting, turned_away }
    }

    /// One more connection.
    fn comes(&mut self, stream: Stream) {
        let Door { serving, .. } = &*self.door;
        if serving.room.is_full(serving.limits.connections) {
            serving.room.ask();
        }
        self.waiting.push_back((stream, self.clock.now()));
    }

    /// Gives places to those who wait, and turns away who has waited for long while nobody is about to leave.
    fn seat(&mut self) {
        while let Some((stream, since)) = self.waiting.pop_front() {
            let Door { serving, .. } = &*self.door;
            if let Some(place) = serving.room.take(serving.limits.connections) {
                self.serve(stream, place);
            } else if self.clock.now() - since >= PATIENCE && self.nobody_leaves() {
                let watch = Rc::new(Watch::at(self.clock.now()));
                let refusing = connection::serve(stream, self.host.clone(), self.door.turning_away(), watch, None);
                self.turned_away.spawn_local(refusing);
            } else {
                self.waiting.push_front((stream, since));
                return self.let_one_go();
            }
        }
    }

    fn nobody_leaves(&self) -> bool {
        let is_busy = |watch: &Rc<Watch>| !is_open(watch) || !watch.is_idle();
        self.turned_away.len() < TURNED_AWAY && self.watches.iter().all(is_busy)
    }

    fn serve(&mut self, stream: Stream, place: Place) {
        if self.watches.len() > 2 * self.seated.len() + SPARE {
            self.watches.retain(is_open);
        }
        let watch = Rc::new(Watch::at(self.clock.now()));
        self.watches.push(Rc::clone(&watch));
        let serving = connection::serve(stream, self.host.clone(), Rc::clone(&self.door), watch, Some(place));
        self.seated.spawn_local(serving);
        self.tide.rises(self.seated.len());
    }

    /// A connection has ended. It says itself what went wrong with it, also when it panicked; here it is said where.
    fn left(&mut self, ended: &Result<(), JoinError>) {
        if ended.is_err() {
            tracing::error!(host = self.host.name(), "a connection was given up");
        }
        if self.tide.ebbs(self.seated.len()) {
            self.watches.retain(is_open);
            memory::give_back();
        }
    }

    /// Makes room, unless a connection is about to end anyway.
    fn let_one_go(&mut self) {
        self.watches.retain(is_open);
        if self.seated.len() <= self.watches.len() {
            end_one(&self.watches, self.clock.now());
        }
    }

    /// Lets every connection end when it has answered what it was asked; where nothing is asked any more, clients that
    /// say nothing to their farewell are not waited for.
    async fn part(mut self) {
        self.watches.iter().for_each(|watch| watch.part());
        let is_busy = |watch: &&Rc<Watch>| Rc::strong_count(watch) > 1 && !watch.is_idle();
        loop {
            tokio::select! {
                biased;
                ended = self.seated.join_next() => if ended.is_none() { return },
                () = self.clock.sleep(FAREWELL) => if !self.watches.iter().any(|watch| is_busy(&watch)) { return },
            }
        }
    }
}

/// Ends the oldest connection on which nothing is asked: its client opens another when it needs one. Says whether
/// there is one.
pub(super) fn end_one(watches: &[Rc<Watch>], now: Time) -> bool {
    let idle = watches.iter().find(|watch| watch.is_idle() && watch.has_had_its_turn(now));
    idle.inspect(|idle| idle.give_up(Standstill::Idle)).is_some()
}

pub(super) fn is_open(watch: &Rc<Watch>) -> bool {
    Rc::strong_count(watch) > 1 && watch.given_up().is_none()
}

/// How soon a server that is full looks for room again.
const LOOK: Duration = Duration::from_millis(20);
/// How long whoever comes to a full server waits for a place.
const PATIENCE: Duration = Duration::from_millis(500);
/// How many wait so; the others do in the system's queue.
const WAITING: usize = 64;
/// How many may be told at once that there is no room: each costs as much as any other connection.
const TURNED_AWAY: usize = 64;
/// How long a client that asks nothing may take to answer a farewell.
pub(super) const FAREWELL: Duration = Duration::from_millis(50);
/// How many watches of connections that have ended may be kept before anybody looks.
const SPARE: usize = 64;
