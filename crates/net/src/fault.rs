//! Faults that a service commits on purpose: for whom each is meant, when it strikes, how often it has.
//!
//! What a fault does is the protocol's own business; here it is a value of the protocol's own type. All
//! workers share one list, which may change while they run. As long as it is empty, asking costs one load.

use std::any::Any;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use toynet_machine::{Random, Time};

/// What a protocol makes of the words for one of its faults.
pub type What = Arc<dyn Any + Send + Sync>;

/// When a fault strikes. Without any of this: whenever it can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct When {
    /// So long after it was set, which for those of the lab file is the start of the lab.
    pub after: Duration,
    /// For so long from then on.
    pub lasts: Option<Duration>,
    /// At this occasion only, counted from 1.
    pub nth: Option<u64>,
    /// At each occasion whose number this divides.
    pub every: Option<u64>,
    /// At so many occasions by chance, from 0 to 1.
    pub probability: Option<f64>,
}

/// For whom a fault is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Meant {
    /// For everyone.
    #[default]
    All,
    /// For those with one of these addresses.
    Of(Vec<IpAddr>),
    /// For those with none of these addresses, which are all that the lab has.
    NotOf(Vec<IpAddr>),
}

/// A fault of one service, or of links.
pub struct Fault {
    /// By which other processes call it.
    id: u64,
    text: String,
    meant: Meant,
    when: When,
    what: What,
    began: Time,
    on: AtomicBool,
    occasions: AtomicU64,
    hits: AtomicU64,
    /// How many of its hits another process was told of.
    told: AtomicU64,
    random: Mutex<Random>,
}

/// The faults of one service. Clones are the same list.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<List>);

#[derive(Debug, Default)]
struct List {
    /// Whether there is any, so that asking for one costs nothing where there is none.
    any: AtomicBool,
    faults: RwLock<Vec<Arc<Fault>>>,
    changed: Notify,
    /// How often it has changed.
    version: AtomicU64,
}

/// How often a fault has struck in another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hits {
    /// The fault, as the process calls it that has set it.
    pub fault: u64,
    /// So often since it was last told.
    pub hits: u64,
}

/// A fault that strikes now.
#[derive(Clone, Debug)]
pub struct Struck<T> {
    /// What to do.
    pub what: Arc<T>,
    /// The fault in the words of whoever set it, for the record.
    pub text: String,
}

impl Fault {
    /// A fault, described by `text`, that begins to count at `began` and takes its chances from `random`.
    pub fn new(text: String, meant: Meant, when: When, what: What, began: Time, random: Random) -> Arc<Self> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let id = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        Self::called(id, text, meant, when, what, began, random)
    }

    /// The same fault as one of another process, which calls it `id`.
    pub(crate) fn called(
        id: u64,
        text: String,
        meant: Meant,
        when: When,
        what: What,
        began: Time,
        random: Random,
    ) -> Arc<Self> {
        Arc::new(Self {
            id,
            text,
            meant,
            when,
            what,
            began,
            on: AtomicBool::new(true),
            occasions: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            told: AtomicU64::new(0),
            random: Mutex::new(random),
        })
    }

    /// In the words of whoever set it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How often it has struck.
    pub fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Counts a hit. Of a fault of links the one who writes it down does, so that each leaves one mark.
    pub(crate) fn hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether it may strike.
    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// Lets it strike, or rest.
    pub fn turn(&self, on: bool) {
        self.on.store(on, Ordering::Relaxed);
    }

    fn is_meant_for(&self, peer: IpAddr) -> bool {
        match &self.meant {
            Meant::All => true,
            Meant::Of(addresses) => addresses.contains(&peer),
            Meant::NotOf(addresses) => !addresses.contains(&peer),
        }
    }

    /// When it strikes.
    pub(crate) fn when(&self) -> When {
        self.when
    }

    /// When its time began to count.
    pub(crate) fn began(&self) -> Time {
        self.began
    }

    /// Whether it may strike at this time.
    pub(crate) fn is_its_time(&self, now: Time) -> bool {
        let age = now - self.began;
        let is_time = age >= self.when.after && self.when.lasts.is_none_or(|lasts| age - self.when.after < lasts);
        self.is_on() && is_time
    }

    /// Counts an occasion and says whether it is one at which it strikes.
    pub(crate) fn has_turn(&self, now: Time) -> bool {
        if !self.is_its_time(now) {
            return false;
        }
        let occasion = self.occasions.fetch_add(1, Ordering::Relaxed) + 1;
        let is_turn = self.when.nth.is_none_or(|nth| nth == occasion)
            && self.when.every.is_none_or(|every| every > 0 && occasion.is_multiple_of(every));
        is_turn && self.when.probability.is_none_or(|share| self.chance(share))
    }

    fn chance(&self, share: f64) -> bool {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).fraction() < share
    }
}

impl Faults {
    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        !self.0.any.load(Ordering::Relaxed)
    }

    /// The first fault whose time it is, that is meant for `peer`, and that `fits` what happens.
    pub fn strike<T: Any + Send + Sync>(
        &self,
        now: Time,
        peer: IpAddr,
        fits: impl Fn(&T) -> bool,
    ) -> Option<Struck<T>> {
        if self.is_empty() {
            return None;
        }
        let faults = self.0.faults.read().unwrap_or_else(PoisonError::into_inner);
        faults.iter().find_map(|fault| {
            let what = Arc::clone(&fault.what).downcast::<T>().ok()?;
            let strikes = fault.is_meant_for(peer) && fits(&what) && fault.has_turn(now);
            strikes.then(|| {
                fault.hit();
                Struck { what, text: fault.text.clone() }
            })
        })
    }

    /// Calls `hear` for each whose deed is a `T`.
    pub(crate) fn each<T: Any + Send + Sync>(&self, mut hear: impl FnMut(&Arc<Fault>, &T)) {
        if self.is_empty() {
            return;
        }
        let faults = self.0.faults.read().unwrap_or_else(PoisonError::into_inner);
        for fault in faults.iter() {
            fault.what.downcast_ref::<T>().into_iter().for_each(|what| hear(fault, what));
        }
    }

    /// How often each has struck here since the last call, for the process whose faults they are.
    pub fn take_hits(&self) -> Vec<Hits> {
        if self.is_empty() {
            return Vec::new();
        }
        let faults = self.0.faults.read().unwrap_or_else(PoisonError::into_inner);
        let new = faults.iter().map(|fault| {
            let hits = fault.hits();
            Hits { fault: fault.id, hits: hits - fault.told.swap(hits, Ordering::Relaxed) }
        });
        new.filter(|new| new.hits > 0).collect()
    }

    /// Counts hits that another process has told of. Those of a fault that is gone are nobody's.
    pub fn count(&self, told: &[Hits]) {
        let faults = self.0.faults.read().unwrap_or_else(PoisonError::into_inner);
        for Hits { fault: id, hits } in told {
            if let Some(fault) = faults.iter().find(|fault| fault.id == *id) {
                fault.hits.fetch_add(*hits, Ordering::Relaxed);
            }
        }
    }

    pub(crate) fn has(&self, fault: &Arc<Fault>) -> bool {
        self.0.faults.read().unwrap_or_else(PoisonError::into_inner).iter().any(|known| Arc::ptr_eq(known, fault))
    }

    /// Waits until one is added or taken away.
    pub(crate) fn changed(&self) -> impl Future<Output = ()> {
        self.0.changed.notified()
    }

    /// A number that is another one after each change.
    pub fn version(&self) -> u64 {
        self.0.version.load(Ordering::Relaxed)
    }

    /// Lets those know that follow the list; to be called when one of it was turned on or off.
    pub fn touch(&self) {
        self.0.version.fetch_add(1, Ordering::Relaxed);
        self.0.changed.notify_waiters();
    }

    /// Adds one.
    pub fn add(&self, fault: Arc<Fault>) {
        self.0.faults.write().unwrap_or_else(PoisonError::into_inner).push(fault);
        self.0.any.store(true, Ordering::Relaxed);
        self.touch();
    }

    /// Takes one away; says whether it was here.
    pub fn remove(&self, fault: &Arc<Fault>) -> bool {
        let mut faults = self.0.faults.write().unwrap_or_else(PoisonError::into_inner);
        let before = faults.len();
        faults.retain(|known| !Arc::ptr_eq(known, fault));
        self.0.any.store(!faults.is_empty(), Ordering::Relaxed);
        self.touch();
        faults.len() != before
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault").field("text", &self.text).field("hits", &self.hits()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Answer(&'static str);

    #[test]
    fn a_fault_strikes_when_its_time_and_turn_have_come() {
        let second = |seconds| Time::from_secs(100 + seconds);
        let when = When { after: Duration::from_secs(5), lasts: Some(Duration::from_secs(10)), ..When::default() };
        let faults = with(when, Meant::All);
        let hits: Vec<u64> = (0..20).filter(|seconds| strikes(&faults, second(*seconds), ONE)).collect();
        assert_eq!(hits, (5..15).collect::<Vec<_>>());

        let faults = with(When { nth: Some(3), ..When::default() }, Meant::All);
        let hits: Vec<u64> = (1..9).filter(|_| strikes(&faults, second(0), ONE)).collect();
        assert_eq!(hits, [3]);

        let faults = with(When { every: Some(4), ..When::default() }, Meant::All);
        assert_eq!((1..9).filter(|_| strikes(&faults, second(0), ONE)).collect::<Vec<_>>(), [4, 8]);

        let faults = with(When { probability: Some(0.25), ..When::default() }, Meant::All);
        let hits = (0..1000).filter(|_| strikes(&faults, second(0), ONE)).count();
        assert!((200..300).contains(&hits), "{hits}");
    }

    #[test]
    fn a_fault_is_for_those_it_is_meant_for() {
        let now = Time::from_secs(100);
        let faults = with(When::default(), Meant::Of(vec![ONE]));
        assert!(strikes(&faults, now, ONE) && !strikes(&faults, now, OTHER));
        let faults = with(When::default(), Meant::NotOf(vec![ONE]));
        assert!(!strikes(&faults, now, ONE) && strikes(&faults, now, OTHER));
    }

    #[test]
    fn what_is_off_or_gone_or_of_another_kind_does_not_strike() {
        let now = Time::from_secs(100);
        let faults = Faults::default();
        assert!(faults.is_empty());
        let fault = fault(When::default(), Meant::All);
        faults.add(Arc::clone(&fault));
        assert!(faults.strike::<String>(now, ONE, |_| true).is_none());
        fault.turn(false);
        assert!(!strikes(&faults, now, ONE));
        fault.turn(true);
        assert_eq!(*faults.strike::<Answer>(now, ONE, |_| true).unwrap().what, Answer("SERVFAIL"));
        assert!(faults.remove(&fault) && faults.is_empty());
        assert_eq!(fault.hits(), 1);
    }

    fn fault(when: When, meant: Meant) -> Arc<Fault> {
        let random = Random::new(1, "ns.shop.test", "fault");
        Fault::new("answer SERVFAIL".into(), meant, when, Arc::new(Answer("SERVFAIL")), Time::from_secs(100), random)
    }

    fn with(when: When, meant: Meant) -> Faults {
        let faults = Faults::default();
        faults.add(fault(when, meant));
        faults
    }

    fn strikes(faults: &Faults, now: Time, peer: IpAddr) -> bool {
        faults.strike::<Answer>(now, peer, |_| true).is_some()
    }

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 18, 0, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 18, 0, 2));
}
