//! The workers of a lab: one ready signal when all sockets answer, and an end within a deadline.

use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use toynet_net::recorder::{Recorder, Request};
use toynet_net::worker::{self, Thread};
use toynet_net::{Clock, Network, Records, Topology};
use toynet_record::{Quota, Roster};
use toynet_service::Files;

use super::change::{Order, Shift, Step};
use super::descriptors::Few;
use super::reload::{Means, Reloader};
use super::services::{self, Scene};
use super::{FaultBook, Follow, Ground, Guests, descriptors};
use crate::plan::{Plan, Surroundings};
use crate::{Authority, LabFile, protocols};

/// A lab that runs.
#[derive(Debug)]
pub struct Lab {
    plan: Arc<Plan>,
    ground: Arc<Ground>,
    authority: Authority,
    roster: Roster,
    around: Surroundings,
    topology: Arc<Topology>,
    clock: Clock,
    records: Vec<Records>,
    orders: Vec<mpsc::Sender<Order>>,
    guests: Guests,
    faults: Arc<FaultBook>,
    threads: Vec<Thread>,
    stop: watch::Sender<bool>,
    /// Empty once every worker is gone.
    gone: mpsc::Receiver<()>,
}

/// Why a lab did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A service does not start; the text says which, where and why.
    #[error("{0}")]
    Service(io::Error),
    /// A worker gave up before it was ready.
    #[error("a worker stopped before all its services answered")]
    Worker,
    /// The system gives no thread.
    #[error("no worker can be started: {0}; `ulimit -u` says how many processes and threads there may be")]
    Thread(io::Error),
    /// Its sockets are more than the files that may be open.
    #[error("{0}, or let the lab file say `workers = 1` under [lab]")]
    Descriptors(#[from] Few),
}

/// How many workers a lab has of which somebody has said this.
pub fn worker_count(said: Option<u16>) -> usize {
    said.map_or_else(worker::sensible_count, usize::from).max(1)
}

impl Lab {
    /// Starts every service of `plan` on `workers` workers, as many as make sense here when that is not
    /// said. What must outlive the lab is kept below `state`; `authority` vouches for its names. When this returns, all sockets answer.
    ///
    /// # Errors
    /// When one of them does not; none runs then.
    pub async fn start(
        plan: Arc<Plan>,
        ground: Arc<Ground>,
        files: Arc<dyn Files>,
        state: Option<PathBuf>,
        authority: Authority,
        workers: Option<u16>,
    ) -> Result<Self, StartError> {
        let workers = worker_count(workers);
        descriptors::make_room(ground.descriptors(&plan, workers))?;
        let clock = Clock::system();
        let outside = ground.outside(&plan);
        let around = Surroundings { outside, files, authority: authority.clone(), state };
        let topology = Arc::new(plan.topology(clock.now()).played(ground.played(&plan)));
        let roster = topology.roster();
        let (stop, stopped) = watch::channel(false);
        let (alive, gone) = mpsc::channel(1);
        let (ready, mut all_ready) = mpsc::channel(workers);
        let (guests, records) = Guests::new(clock);
        let (records, orders, threads) = (vec![records], vec![], vec![]);
        let faults = Arc::new(FaultBook::new(&plan, clock.now(), topology.link_faults()));
        let mut lab = Self {
            plan,
            ground,
            authority,
            roster,
            around: around.clone(),
            topology,
            clock,
            records,
            orders,
            guests,
            faults,
            threads,
            stop,
            gone,
        };
        for number in 0..workers {
            let (records, requests) = Records::new();
            let (order, orders) = mpsc::channel(1);
            let worker = Worker {
                number: number as u16,
                plan: Arc::clone(&lab.plan),
                ground: Arc::clone(&lab.ground),
                topology: Arc::clone(&lab.topology),
                around: around.clone(),
                faults: Arc::clone(&lab.faults),
                clock,
                requests,
                orders,
                ready: ready.clone(),
                stopped: stopped.clone(),
                _alive: alive.clone(),
            };
            let thread =
                worker::start(&format!("worker {number}"), move || worker.run()).map_err(StartError::Thread)?;
            lab.threads.push(thread);
            lab.records.push(records);
            lab.orders.push(order);
        }
        drop((ready, alive));
        for _ in 0..lab.threads.len() {
            all_ready.recv().await.ok_or(StartError::Worker)?.map_err(StartError::Service)?;
        }
        Ok(lab)
    }

    /// What it was started from.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Where it stands.
    pub fn ground(&self) -> &Ground {
        &self.ground
    }

    /// Who vouches for its certificates.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Its clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Its hosts by address.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Lets it take `file` anew, which its plan was made from.
    pub fn reloader(&self, file: LabFile) -> Reloader {
        let means = Means {
            faults: Arc::clone(&self.faults),
            clock: self.clock,
            workers: self.orders.clone(),
            guests: Some(self.guests.clone()),
            ground: Some(Arc::clone(&self.ground)),
        };
        let scene = Scene {
            plan: Arc::clone(&self.plan),
            topology: Arc::clone(&self.topology),
            around: self.around.clone(),
            ways_out: self.ground.ways_out.clone(),
        };
        Reloader::new(file, scene, means)
    }

    /// What its services do wrong on purpose.
    pub fn faults(&self) -> &Arc<FaultBook> {
        &self.faults
    }

    /// Those who act as its hosts from other processes.
    pub fn guests(&self) -> &Guests {
        &self.guests
    }

    /// Makes readers of its record, each from the oldest entry that is still kept.
    pub fn follower(&self) -> impl Fn() -> Follow + use<> {
        let records: Vec<Records> = self.records.iter().map(Records::again).collect();
        move || Follow::new(records.iter().map(Records::again).collect())
    }

    /// A reader of its record that misses nothing, for whose sake flows are kept whole from then on.
    pub async fn recorder(&self) -> Follow {
        Follow::new(self.records.iter().map(Records::again_whole).collect()).begun().await
    }

    /// Comes back when a worker has ended though nobody stopped it.
    pub async fn failed(&mut self) {
        self.gone.recv().await;
    }

    /// Tells all services that they are to end, and waits until they have answered what they were asked: a second at
    /// most, and no time where nothing is asked.
    pub async fn give_notice(&self) {
        let mut answers = Vec::new();
        for worker in &self.orders {
            let (done, answer) = oneshot::channel();
            // A worker that is gone has nothing to finish.
            if worker.send(Order { step: Step::Notice, done }).await.is_ok() {
                answers.push(answer);
            }
        }
        for answer in answers {
            let _ = answer.await;
        }
    }

    /// Stops everything: connections end at once, and the workers' threads within `limit`.
    ///
    /// # Errors
    /// When a worker does not stop in time; the process may then simply exit.
    pub async fn stop(mut self, limit: Duration) -> io::Result<()> {
        self.stop.send_replace(true);
        let deadline = self.clock.now() + limit;
        self.clock.until(deadline, self.gone.recv()).await?;
        for thread in self.threads.drain(..) {
            // All threads have dropped what they held: joining takes no time.
            thread.join().map_err(|_| io::Error::other("a worker panicked"))??;
        }
        Ok(())
    }
}

/// What a worker's thread begins with.
struct Worker {
    number: u16,
    plan: Arc<Plan>,
    ground: Arc<Ground>,
    topology: Arc<Topology>,
    around: Surroundings,
    faults: Arc<FaultBook>,
    clock: Clock,
    requests: mpsc::Receiver<Request>,
    orders: mpsc::Receiver<Order>,
    ready: mpsc::Sender<io::Result<()>>,
    stopped: watch::Receiver<bool>,
    _alive: mpsc::Sender<()>,
}

impl Worker {
    async fn run(self) -> io::Result<()> {
        let recorder = Recorder::new(self.number, quota(), self.clock);
        tokio::task::spawn_local(recorder.clone().serve(self.requests));
        let network =
            Network::new(self.number, Arc::clone(&self.topology), self.ground.carrier(), self.clock, recorder);
        network.set_resolver(protocols::resolver());
        network.set_ways_out(self.ground.ways_out.clone());
        let started = services::start(&network, &self.plan, &self.around, &self.faults).await;
        let (running, mut started) = started.map_or_else(|error| (None, Err(error)), |running| (Some(running), Ok(())));
        if self.number == 0 && started.is_ok() {
            started = let_in(&network, &self.plan, &self.ground);
        }
        // Nobody listens any more when another worker has failed already.
        let _ = self.ready.send(started).await;
        drop(self.ready);
        let shift = Shift { network, faults: self.faults, running: running.unwrap_or_default() };
        shift.work(self.orders, self.stopped).await;
        Ok(())
    }
}

/// Serves programs that know proxies; they speak as whoever visits the lab.
fn let_in(network: &Rc<Network>, plan: &Plan, ground: &Ground) -> io::Result<()> {
    let visitor = plan.visitor().and_then(|visitor| network.host(&visitor.name));
    match (ground.take_socks(), visitor) {
        (Some(socks), Some(visitor)) => socks.serve(visitor),
        (Some(_), None) | (None, _) => Ok(()),
    }
}

/// How much of the past each service keeps. The environment says otherwise where it is measured what recording costs:
/// with 0 nothing is recorded.
fn quota() -> Quota {
    let said = std::env::var(QUOTA).ok().and_then(|octets| octets.parse().ok());
    said.map_or_else(Quota::default, Quota)
}

const QUOTA: &str = "TOYNET_BENCH_QUOTA";
