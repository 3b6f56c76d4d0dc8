//! A lab inside a program: nothing leaves the process, and time may be virtual.

use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::spawn_local;
use toynet_machine::Time;
use toynet_net::external::WaysOut;
use toynet_net::{Carrier, Clock, Host, Network, Recorder};
use toynet_record::{Cursor, Journal, Quota, Roster};

use super::change::Shift;
use super::reload::Means;
use super::services::{self, Scene};
use super::{FaultBook, Reloader};
use crate::plan::{Plan, Surroundings};
use crate::{Authority, LabFile, protocols};

/// A running lab in memory. It runs on the caller's runtime, which must be a
/// [`LocalRuntime`](tokio::runtime::LocalRuntime); with paused time a day passes as soon as nothing
/// is left to do before it, and the same seed gives the same journal.
#[derive(Debug)]
pub struct InMemory {
    network: Rc<Network>,
    authority: Option<Authority>,
    faults: Arc<FaultBook>,
    reloader: Option<Reloader>,
    /// The services change as long as somebody holds this.
    _stop: watch::Sender<bool>,
}

impl InMemory {
    /// Starts all services of `plan`. When this returns they answer.
    ///
    /// # Errors
    /// When one of them does not start; the text says which and why.
    pub async fn start(plan: &Plan, file: &LabFile) -> io::Result<Self> {
        Self::start_keeping(plan, file, None).await
    }

    /// The same, with what must outlive the lab below the folder `state`.
    ///
    /// # Errors
    /// As for [`InMemory::start`].
    pub async fn start_keeping(plan: &Plan, file: &LabFile, state: Option<PathBuf>) -> io::Result<Self> {
        let lab = Self::empty(plan);
        lab.network.set_resolver(protocols::resolver());
        let authority = Authority::seeded(&plan.name, plan.seed, lab.network.clock())?;
        let (outside, files) = (Arc::default(), Arc::clone(&file.files));
        let around = Surroundings { outside, files, authority: authority.clone(), state };
        let running = services::start(&lab.network, plan, &around, &lab.faults).await?;
        let (order, orders) = mpsc::channel(1);
        let shift = Shift { network: Rc::clone(&lab.network), faults: Arc::clone(&lab.faults), running };
        spawn_local(shift.work(orders, lab._stop.subscribe()));
        let topology = Arc::new(lab.network.topology().with_hosts(plan.topology_hosts(), plan.resolver()));
        let scene = Scene { plan: Arc::new(plan.clone()), topology, around, ways_out: WaysOut::default() };
        let (faults, clock) = (Arc::clone(&lab.faults), lab.network.clock());
        let means = Means { faults, clock, workers: vec![order], guests: None, ground: None };
        let reloader = Reloader::new(file.clone(), scene, means);
        Ok(Self { authority: Some(authority), reloader: Some(reloader), ..lab })
    }

    /// The hosts of `plan` without their services.
    pub fn empty(plan: &Plan) -> Self {
        let clock = Clock::starting_at(EPOCH);
        let topology = Arc::new(plan.topology(EPOCH));
        let recorder = Recorder::new(0, Quota::default(), clock);
        let faults = Arc::new(FaultBook::new(plan, EPOCH, topology.link_faults()));
        let network = Network::new(0, topology, Carrier::memory(), clock, recorder);
        Self { network, authority: None, faults, reloader: None, _stop: watch::Sender::default() }
    }

    /// A host to speak from; nothing when the lab has none of this name.
    pub fn host(&self, name: &str) -> Option<Host> {
        self.network.host(name)
    }

    /// The network of the lab's one worker.
    pub fn network(&self) -> &Rc<Network> {
        &self.network
    }

    /// Who vouches for the lab's certificates; nobody where no services run.
    pub fn authority(&self) -> Option<&Authority> {
        self.authority.as_ref()
    }

    /// What its services and links do wrong on purpose.
    pub fn faults(&self) -> &FaultBook {
        &self.faults
    }

    /// Lets it become the lab of another file; nothing can where no services run.
    pub fn reloader(&self) -> Option<&Reloader> {
        self.reloader.as_ref()
    }

    /// All that was seen so far and is kept.
    pub fn journal(&self) -> Journal {
        Journal::merge([&self.network.recorder().read(&mut Cursor::default())])
    }

    /// The hosts by address, those included that were there before.
    pub fn roster(&self) -> Roster {
        self.reloader.as_ref().map_or_else(|| self.network.topology().roster(), Reloader::roster)
    }
}

/// 1 January 2026, so that journals of the same seed are equal and certificates of that year hold.
const EPOCH: Time = Time::from_secs(1_767_225_600);
