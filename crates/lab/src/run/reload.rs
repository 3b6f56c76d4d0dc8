//! A running lab takes its file anew.
//!
//! The new file is judged whole before anything happens. Services that are made of the same as before go on
//! with their connections; of the others the successors answer before they end, unless both would write to the
//! same place. A resolver begins anew whenever a record has changed: what it remembers may no longer be so.
//! The hosts themselves and their addresses must be the same: everything in a lab refers to them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, mpsc, oneshot};
use toynet_net::link::Links;
use toynet_net::topology::Terrain;
use toynet_net::{Clock, Topology};

use super::FaultBook;
use super::change::{Order, Step};
use super::prints::{Key, Prints, key};
use crate::plan::{Link, Plan, PlannedFault};
use crate::report::Look;
use crate::{LabFile, Report, protocols};

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
    pub topology: Arc<Topology>,
    pub faults: Arc<FaultBook>,
    pub clock: Clock,
    pub workers: Vec<mpsc::Sender<Order>>,
    /// Whether new ports would need new doors, which only its start can open.
    pub ports_stay: bool,
}

/// What runs.
#[derive(Debug)]
struct Standing {
    plan: Arc<Plan>,
    prints: Prints,
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
    pub(super) fn new(file: LabFile, plan: Arc<Plan>, means: Means) -> Self {
        let prints = Prints::of(&plan, &file);
        Self(Rc::new(Shared { file, standing: RefCell::new(Standing { plan, prints }), means, turn: Mutex::default() }))
    }

    /// What runs.
    pub fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.0.standing.borrow().plan)
    }

    /// The hosts and links as plain values, for another process.
    pub fn terrain(&self) -> Terrain {
        self.0.means.topology.terrain()
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
        let _turn = self.0.turn.lock().await;
        let (plan, prints) = self.read()?;
        let change = Change::between(&self.0.standing.borrow(), &plan, &prints);
        self.0.may_become(&plan, &prints)?;
        self.0.make(&change, &plan).await?;
        let links = self.0.relink(&plan);
        let faults = self.0.rewrite(&plan);
        let reloaded = Reloaded { links, faults, ..change.told() };
        self.0.standing.replace(Standing { plan, prints });
        Ok(reloaded)
    }

    fn read(&self) -> Result<(Arc<Plan>, Prints), NotReloaded> {
        let unreadable = |error: io::Error| format!("toynet: {} cannot be read: {error}", self.0.file.path);
        let file = self.0.file.again().map_err(|error| NotReloaded::Invalid(unreadable(error)))?;
        let plan = file.plan(protocols::ALL);
        let mut plan =
            plan.map_err(|mistakes| NotReloaded::Invalid(Report::new(&file, &mistakes).text(Look::Plain)))?;
        let prints = Prints::of(&plan, &file);
        // It may have been given another name than that of its file.
        plan.name.clone_from(&self.0.standing.borrow().plan.name);
        Ok((Arc::new(plan), prints))
    }
}

impl Shared {
    /// # Errors
    /// What only a new start can change.
    fn may_become(&self, plan: &Plan, prints: &Prints) -> Result<(), NotReloaded> {
        let standing = self.standing.borrow();
        let old = &standing.plan;
        let mut other = moved(old, plan);
        let entry = |prints: &Prints, key: &str| prints.lab.as_ref().and_then(|lab| lab.get(key)).cloned();
        let differs = |key: &&str| entry(&standing.prints, key) != entry(prints, key);
        other.extend(["name", "seed", "workers"].into_iter().filter(differs).map(|key| format!("another `{key}`")));
        if other.is_empty() && old.resolver() != plan.resolver() {
            other.push("another resolver".to_owned());
        }
        if other.is_empty() && self.means.ports_stay && ports(old) != ports(plan) {
            other.push("other ports".to_owned());
        }
        if other.is_empty() {
            return Ok(());
        }
        let what = other.join("\n  ");
        let advice = "all is as before; `toynet down` and a new `toynet up` make it so";
        Err(NotReloaded::Refused(format!("toynet: only a new start can bring\n  {what}\n{advice}")))
    }

    async fn make(&self, change: &Change, plan: &Arc<Plan>) -> Result<(), NotReloaded> {
        if change.is_empty() {
            return Ok(());
        }
        let old = Arc::clone(&self.standing.borrow().plan);
        let leaving = Arc::new(change.leaving(&old));
        let mut made = self.all(Step::Leave(Arc::clone(&leaving))).await;
        if made.is_ok() {
            made = self.all(Step::Enter(Arc::clone(plan), Arc::new(change.entering()))).await;
        }
        let Err(error) = made else {
            return self.all(Step::Settle(Arc::new(change.ending()))).await.map_err(|error| failed(&error));
        };
        let nobody = Arc::default();
        for step in [Step::Revert, Step::Enter(old, leaving), Step::Settle(nobody)] {
            if let Err(error) = self.all(step).await {
                tracing::error!("what ran before does not start again: {error}");
            }
        }
        Err(failed(&error))
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

    fn relink(&self, plan: &Plan) -> bool {
        let differ = self.standing.borrow().plan.links != plan.links;
        if differ {
            let rules = plan.links.iter().map(Link::rule).collect();
            self.means.topology.relink(Links::new(rules, self.means.clock.now()));
        }
        differ
    }

    fn rewrite(&self, plan: &Plan) -> bool {
        let old = Arc::clone(&self.standing.borrow().plan);
        let same = |(one, other): (&PlannedFault, &PlannedFault)| {
            (one.to_string(), one.when, one.meant()) == (other.to_string(), other.when, other.meant())
        };
        let differ = old.faults.len() != plan.faults.len() || !old.faults.iter().zip(&plan.faults).all(same);
        if differ {
            self.means.faults.rewrite(plan, self.means.clock.now());
        }
        differ
    }
}

/// What differs between two plans of the same hosts.
#[derive(Debug, Default)]
struct Change {
    unchanged: usize,
    changed: BTreeSet<Key>,
    added: BTreeSet<Key>,
    removed: BTreeSet<Key>,
}

impl Change {
    fn between(standing: &Standing, plan: &Plan, prints: &Prints) -> Self {
        let mut change = Self::default();
        for (key, print) in &prints.services {
            match standing.prints.services.get(key) {
                Some(old) if old == print && standing.plan.hints == plan.hints => change.unchanged += 1,
                Some(_) => drop(change.changed.insert(key.clone())),
                None => drop(change.added.insert(key.clone())),
            }
        }
        let gone = standing.prints.services.keys().filter(|key| !prints.services.contains_key(*key));
        change.removed = gone.cloned().collect();
        change
    }

    fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.added.is_empty() && self.removed.is_empty()
    }

    /// Those of the old plan that end before their successors begin.
    fn leaving(&self, old: &Plan) -> BTreeSet<Key> {
        let services = old.hosts.iter().flat_map(|host| host.services.iter().map(move |service| (host, service)));
        let exclusive = services.filter(|(_, service)| !service.config.may_overlap());
        exclusive.map(|(host, service)| key(host, service)).filter(|key| self.ending().contains(key)).collect()
    }

    fn entering(&self) -> BTreeSet<Key> {
        self.changed.union(&self.added).cloned().collect()
    }

    fn ending(&self) -> BTreeSet<Key> {
        self.changed.union(&self.removed).cloned().collect()
    }

    fn told(&self) -> Reloaded {
        let words = |keys: &BTreeSet<Key>| keys.iter().map(|(host, service)| format!("{service} on {host}")).collect();
        Reloaded {
            unchanged: self.unchanged,
            restarted: words(&self.changed),
            added: words(&self.added),
            removed: words(&self.removed),
            ..Reloaded::default()
        }
    }
}

/// Hosts that are not in both plans, or have other addresses there.
fn moved(old: &Plan, new: &Plan) -> Vec<String> {
    let (before, after) = (addresses(old), addresses(new));
    let mut moved = Vec::new();
    for (name, at) in &after {
        match before.get(name) {
            None => moved.push(format!("the host {name}")),
            Some(was) if was != at => moved.push(format!("other addresses for {name}")),
            Some(_) => {}
        }
    }
    moved.extend(before.keys().filter(|name| !after.contains_key(*name)).map(|name| format!("the end of {name}")));
    moved
}

fn addresses(plan: &Plan) -> BTreeMap<&str, (u16, &[IpAddr])> {
    plan.hosts.iter().map(|host| (host.name.as_str(), (host.number, host.addresses.as_slice()))).collect()
}

fn ports(plan: &Plan) -> BTreeSet<(&str, u16)> {
    let of_host = |host| {
        let host: &crate::plan::PlannedHost = host;
        let endpoints = host.services.iter().flat_map(|service| service.config.endpoints());
        endpoints.map(|endpoint| (host.name.as_str(), endpoint.port)).collect::<Vec<_>>()
    };
    plan.hosts.iter().flat_map(of_host).collect()
}

fn failed(error: &io::Error) -> NotReloaded {
    NotReloaded::Failed(format!("toynet: {error}; all is as before"))
}
