//! A running lab takes its file anew.
//!
//! The new file is judged whole before anything happens. Services that are made of the same as before go on
//! with their connections; of the others the successors answer before they end, unless both would write to the
//! same place. A resolver begins anew whenever a record has changed: what it remembers may no longer be so.
//! Hosts come and go with their services; those that stay keep their addresses wherever they stand in the file.
//! What fails half way is undone.
//!
//! - `difference`: what becomes of hosts and services

mod difference;

use std::cell::RefCell;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, mpsc, oneshot};
use toynet_net::Clock;
use toynet_net::fault::Hits;
use toynet_net::link::Links;
use toynet_net::topology::Terrain;
use toynet_record::Roster;

use super::change::{Order, Step};
use super::ground::Needs;
use super::prints::Prints;
use super::services::Scene;
use super::{FaultBook, Ground, Guests};
use crate::plan::{Link, Numbers, Plan, PlannedFault, Surroundings};
use crate::report::Look;
use crate::{LabFile, Report, protocols};
use difference::{Change, Hosts};

/// Lets a lab take its file anew. Clones are the same.
#[derive(Clone, Debug)]
pub struct Reloader(Rc<Shared>);

#[derive(Debug)]
struct Shared {
    file: LabFile,
    standing: RefCell<Standing>,
    means: Means,
    /// One at a time.
    turn: Mutex<()>,
}

/// What a reloader works with.
#[derive(Debug)]
pub(super) struct Means {
    pub faults: Arc<FaultBook>,
    pub clock: Clock,
    pub workers: Vec<mpsc::Sender<Order>>,
    /// Whom readers of the record hear of new hosts from.
    pub guests: Option<Guests>,
    /// Where the lab stands on the machine; nowhere in memory.
    pub ground: Option<Arc<Ground>>,
}

/// What runs, and who was ever there.
#[derive(Debug)]
struct Standing {
    scene: Scene,
    prints: Prints,
    numbers: Numbers,
    roster: Roster,
    /// How often it has become another.
    version: u64,
}

/// What became of the services, each as `http on www.shop.test`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// How many go on as they are.
    pub unchanged: usize,
    /// Those that were started anew.
    pub restarted: Vec<String>,
    /// Those that were not there before.
    pub added: Vec<String>,
    /// Those that are there no more.
    pub removed: Vec<String>,
    /// Hosts that were not there before.
    #[serde(default)]
    pub arrived: Vec<String>,
    /// Hosts that have other addresses.
    #[serde(default)]
    pub moved: Vec<String>,
    /// Hosts that are there no more.
    #[serde(default)]
    pub departed: Vec<String>,
    /// Whether other links hold.
    pub links: bool,
    /// Whether other faults of the file are set.
    pub faults: bool,
}

/// Why all is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", content = "text", rename_all = "lowercase")]
pub enum NotReloaded {
    /// The file has mistakes; this is the whole report.
    Invalid(String),
    /// The change is one that only a new start can make.
    Refused(String),
    /// A service of the new file does not start.
    Failed(String),
}

impl Reloaded {
    /// Whether all goes on as it was.
    pub fn is_nothing(&self) -> bool {
        *self == Self { unchanged: self.unchanged, ..Self::default() }
    }
}

impl Reloader {
    pub(super) fn new(file: LabFile, scene: Scene, means: Means) -> Self {
        let prints = Prints::of(&scene.plan, &file);
        let (numbers, roster) = (scene.plan.numbers().collect(), scene.topology.roster());
        let standing = RefCell::new(Standing { scene, prints, numbers, roster, version: 0 });
        Self(Rc::new(Shared { file, standing, means, turn: Mutex::default() }))
    }

    /// What runs.
    pub fn plan(&self) -> Arc<Plan> {
        self.0.plan()
    }

    /// The hosts and links as plain values, for another process.
    pub fn terrain(&self) -> Terrain {
        self.0.standing.borrow().scene.topology.terrain()
    }

    /// Counts how often faults of links have struck in another process.
    pub fn count(&self, struck: &[Hits]) {
        self.0.standing.borrow().scene.topology.link_faults().count(struck);
    }

    /// A number that is another one when [`Reloader::terrain`] is.
    pub fn version(&self) -> (u64, u64) {
        let standing = self.0.standing.borrow();
        (standing.version, standing.scene.topology.link_faults().version())
    }

    /// The hosts by address, those included that were there before.
    pub fn roster(&self) -> Roster {
        self.0.standing.borrow().roster.clone()
    }

    /// The files that the lab was made from, where it is on disk.
    pub fn watched(&self) -> Vec<PathBuf> {
        let Some(place) = &self.0.file.place else { return Vec::new() };
        let beside = |file: PathBuf| place.with_file_name("").join(file);
        std::iter::once(place.clone()).chain(self.0.standing.borrow().prints.files().map(beside)).collect()
    }

    /// Reads the file again and changes what has changed in it.
    ///
    /// # Errors
    /// Why nothing changes.
    pub async fn reload(&self) -> Result<Reloaded, NotReloaded> {
        let unreadable = |error: io::Error| format!("toynet: {} cannot be read: {error}", self.0.file.path);
        let file = self.0.file.again().map_err(|error| NotReloaded::Invalid(unreadable(error)))?;
        self.take(&file).await
    }

    /// Becomes the lab of another file.
    ///
    /// # Errors
    /// Why nothing changes.
    pub async fn take(&self, file: &LabFile) -> Result<Reloaded, NotReloaded> {
        let _turn = self.0.turn.lock().await;
        let (plan, prints) = self.0.read(file)?;
        let old = self.0.plan();
        let change = Change::between(&self.0.standing.borrow().prints, &prints);
        let hosts = Hosts::between(&old, &plan);
        self.0.may_become(&prints, &hosts)?;
        self.0.make(&change, &hosts, &plan).await?;
        let links = self.0.relink(&old, &plan);
        let faults = self.0.rewrite(&old, &plan);
        let mut standing = self.0.standing.borrow_mut();
        standing.prints = prints;
        standing.version += 1;
        drop(standing);
        let Hosts { arrived, moved, departed, .. } = hosts;
        Ok(Reloaded { arrived, moved, departed, links, faults, ..change.told() })
    }
}

impl Shared {
    fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.standing.borrow().scene.plan)
    }

    fn read(&self, file: &LabFile) -> Result<(Arc<Plan>, Prints), NotReloaded> {
        let standing = self.standing.borrow();
        let plan = file.plan_keeping(protocols::ALL, &standing.numbers);
        let mut plan = plan.map_err(|mistakes| NotReloaded::Invalid(Report::new(file, &mistakes).text(Look::Plain)))?;
        let prints = Prints::of(&plan, file);
        // It may have been given another name than that of its file.
        plan.name.clone_from(&standing.scene.plan.name);
        Ok((Arc::new(plan), prints))
    }

    /// # Errors
    /// What only a new start can change.
    fn may_become(&self, prints: &Prints, hosts: &Hosts) -> Result<(), NotReloaded> {
        let standing = self.standing.borrow();
        let entry = |prints: &Prints, key: &str| prints.lab.as_ref().and_then(|lab| lab.get(key)).cloned();
        let differs = |key: &&str| entry(&standing.prints, key) != entry(prints, key);
        let keys = ["name", "seed", "workers"].into_iter().filter(differs);
        let mut other: Vec<String> = keys.map(|key| format!("another `{key}`")).collect();
        if let Some(ground) = &self.means.ground {
            let leaving = hosts.departed.iter().chain(&hosts.moved);
            other.extend(ground.holds_to(leaving.filter_map(|name| standing.scene.plan.host(name))));
        }
        if other.is_empty() {
            return Ok(());
        }
        let what = other.join("\n  ");
        let advice = "all is as before; `toynet down` and a new `toynet up` make it so";
        Err(NotReloaded::Refused(format!("toynet: only a new start can bring\n  {what}\n{advice}")))
    }

    async fn make(&self, change: &Change, hosts: &Hosts, plan: &Arc<Plan>) -> Result<(), NotReloaded> {
        let scene = self.scene(plan, hosts);
        let (old, roster) = (self.standing.borrow().scene.clone(), self.announce(plan, hosts));
        self.give(hosts).map_err(|error| failed(&error))?;
        if !(change.is_empty() && hosts.is_empty()) {
            let made = self.change_over(change, &old, &scene).await;
            made.inspect_err(|_| self.take_back(&hosts.new)).map_err(|error| failed(&error))?;
        }
        self.take_back(&hosts.old);
        if old.plan.resolver() != plan.resolver() {
            self.tell_resolver(plan);
        }
        let mut standing = self.standing.borrow_mut();
        (standing.scene, standing.roster) = (scene, roster);
        standing.numbers.extend(plan.numbers());
        Ok(())
    }

    fn scene(&self, plan: &Arc<Plan>, hosts: &Hosts) -> Scene {
        let Scene { topology, around, ways_out, .. } = self.standing.borrow().scene.clone();
        let is_same = hosts.is_empty() && topology.resolver() == plan.resolver();
        let others = || {
            let others = topology.with_hosts(plan.topology_hosts(), plan.resolver());
            Arc::new(match &self.means.ground {
                Some(ground) => others.played(ground.played(plan)),
                None => others,
            })
        };
        let topology = if is_same { Arc::clone(&topology) } else { others() };
        let ground = self.means.ground.as_ref();
        let outside = ground.map_or(Arc::clone(&around.outside), |ground| ground.outside(plan));
        let ways_out = ways_out.leading_to(plan.externals());
        Scene { plan: Arc::clone(plan), topology, around: Surroundings { outside, ..around }, ways_out }
    }

    /// Names those who come to the readers of the record, before anybody hears from them.
    fn announce(&self, plan: &Plan, hosts: &Hosts) -> Roster {
        let mut roster = self.standing.borrow().roster.clone();
        let named = hosts.arrived.iter().chain(&hosts.moved).filter_map(|name| plan.host(name));
        for host in named {
            let unknown = |address: &&IpAddr| roster.name(**address) != Some(host.name.as_str());
            let addresses: Vec<_> = host.addresses.iter().filter(unknown).copied().collect();
            addresses.iter().for_each(|address| roster.learn(host.name.as_str(), *address));
            self.means.guests.iter().for_each(|guests| guests.announce(host.name.as_str(), &addresses));
        }
        roster
    }

    async fn change_over(&self, change: &Change, old: &Scene, new: &Scene) -> io::Result<()> {
        let leaving = Arc::new(change.leaving(&old.plan, self.means.ground.is_some()));
        let mut made = self.all(Step::Leave(Arc::clone(&leaving))).await;
        if made.is_ok() {
            made = self.all(Step::Enter(Arc::new(new.clone()), Arc::new(change.entering()))).await;
        }
        let Err(error) = made else { return self.all(Step::Settle(Arc::new(change.ending()))).await };
        for step in [Step::Revert, Step::Enter(Arc::new(old.clone()), leaving), Step::Settle(Arc::default())] {
            if let Err(error) = self.all(step).await {
                tracing::error!("what ran before does not start again: {error}");
            }
        }
        Err(error)
    }

    /// Lets every worker take a step.
    async fn all(&self, step: Step) -> io::Result<()> {
        let mut answers = Vec::new();
        for worker in &self.means.workers {
            let (done, answer) = oneshot::channel();
            let gone = |_| io::Error::other("a worker has ended");
            worker.send(Order { step: step.clone(), done }).await.map_err(gone)?;
            answers.push(answer);
        }
        // Each is heard out: nobody may still be at this step when the next begins.
        let mut outcome = Ok(());
        for answer in answers {
            let answer = answer.await.unwrap_or_else(|_| Err(io::Error::other("a worker has ended")));
            outcome = outcome.and(answer);
        }
        outcome
    }

    fn give(&self, hosts: &Hosts) -> io::Result<()> {
        self.means.ground.as_ref().map_or(Ok(()), |ground| ground.give(&hosts.new))
    }

    fn take_back(&self, needs: &Needs) {
        if let Some(Err(error)) = self.means.ground.as_ref().map(|ground| ground.take_back(needs)) {
            tracing::warn!("addresses that nobody has any more are still there: {error}");
        }
    }

    fn tell_resolver(&self, plan: &Plan) {
        if let Some(Err(error)) = self.means.ground.as_ref().map(|ground| ground.look_up_at(plan.resolver())) {
            tracing::warn!("programs still ask the resolver that was there before: {error}");
        }
    }

    fn relink(&self, old: &Plan, plan: &Plan) -> bool {
        let differ = old.links != plan.links;
        if differ {
            let rules = plan.links.iter().map(Link::rule).collect();
            self.standing.borrow().scene.topology.relink(Links::new(rules, self.means.clock.now()));
        }
        differ
    }

    fn rewrite(&self, old: &Plan, plan: &Plan) -> bool {
        let same = |(one, other): (&PlannedFault, &PlannedFault)| {
            (one.to_string(), one.when, one.meant()) == (other.to_string(), other.when, other.meant())
        };
        let differ = old.faults.len() != plan.faults.len() || !old.faults.iter().zip(&plan.faults).all(same);
        if differ {
            self.means.faults.rewrite(plan, self.means.clock.now());
        }
        self.means.faults.keep_to(plan);
        differ
    }
}

fn failed(error: &io::Error) -> NotReloaded {
    NotReloaded::Failed(format!("toynet: {error}; all is as before"))
}
