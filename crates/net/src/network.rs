//! What one worker has of the lab.

use std::cell::{OnceCell, Ref, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use crate::external::WaysOut;
use crate::fault::Faults;
use crate::notice::Notice;
use crate::socket::Batch;
use crate::{Carrier, Clock, Host, Recorder, Resolve, Topology};

/// One worker's view of the lab: its topology, its carrier, its recorder.
pub struct Network {
    worker: u16,
    topology: RefCell<Arc<Topology>>,
    carrier: Carrier,
    clock: Clock,
    recorder: Recorder,
    resolver: OnceCell<Rc<dyn Resolve>>,
    batch: OnceCell<Rc<RefCell<Batch>>>,
    /// The hosts' numbers and the ports at which this worker listens, as long as it does.
    listening: RefCell<BTreeMap<(u16, u16), Weak<()>>>,
    ways_out: RefCell<WaysOut>,
}

impl Network {
    /// The network of worker number `worker`.
    pub fn new(worker: u16, topology: Arc<Topology>, carrier: Carrier, clock: Clock, recorder: Recorder) -> Rc<Self> {
        Rc::new(Self {
            worker,
            topology: RefCell::new(topology),
            carrier,
            clock,
            recorder,
            resolver: OnceCell::new(),
            batch: OnceCell::new(),
            listening: RefCell::default(),
            ways_out: RefCell::default(),
        })
    }

    /// Sets how hosts look up names, once.
    pub fn set_resolver(&self, resolver: Rc<dyn Resolve>) {
        // A second resolver would be a mistake of the lab's start-up; the first one stands.
        let _ = self.resolver.set(resolver);
    }

    /// Sets where hosts may connect to outside the lab; until then nowhere.
    pub fn set_ways_out(&self, ways_out: WaysOut) {
        self.ways_out.replace(ways_out);
    }

    /// Sets which hosts there are. Whoever speaks as one that is no more goes on until it ends.
    pub fn set_topology(&self, topology: Arc<Topology>) {
        self.topology.replace(topology);
    }

    /// A host, whose record is kept within a quota of its own; one for each service and client.
    pub fn host(self: &Rc<Self>, name: &str) -> Option<Host> {
        let me = Arc::clone(self.topology().find(name)?);
        Some(Host {
            network: Rc::clone(self),
            me,
            strip: self.recorder.add_strip(),
            cause: None,
            faults: Faults::default(),
            notice: Notice::default(),
        })
    }

    /// The hosts and links. Nobody may hold it while waiting for something.
    #[inline]
    pub fn topology(&self) -> Ref<'_, Topology> {
        Ref::map(self.topology.borrow(), |topology| &**topology)
    }

    /// The lab's clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// What this worker has recorded.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// This worker listens at a port of a host as long as what this returns lives.
    pub(crate) fn listens(&self, host: u16, port: u16) -> Rc<()> {
        let listens = Rc::new(());
        self.listening.borrow_mut().insert((host, port), Rc::downgrade(&listens));
        listens
    }

    /// Whether a server of this worker's is at an address, which records what is said to it.
    pub(crate) fn is_served(&self, to: SocketAddr) -> bool {
        let number = self.topology().at(to.ip()).map(|host| host.number);
        let listening = self.listening.borrow();
        number.and_then(|number| listening.get(&(number, to.port()))).is_some_and(|mark| mark.strong_count() > 0)
    }

    pub(crate) fn worker(&self) -> u16 {
        self.worker
    }

    /// How sockets are made.
    pub fn carrier(&self) -> &Carrier {
        &self.carrier
    }

    /// The worker's buffers for datagrams.
    pub(crate) fn batch(&self) -> Rc<RefCell<Batch>> {
        Rc::clone(self.batch.get_or_init(|| Rc::new(RefCell::new(Batch::new()))))
    }

    pub(crate) fn ways_out(&self) -> Ref<'_, WaysOut> {
        self.ways_out.borrow()
    }

    pub(crate) fn resolver(&self) -> Option<Rc<dyn Resolve>> {
        self.resolver.get().cloned()
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").field("worker", &self.worker).field("carrier", &self.carrier).finish_non_exhaustive()
    }
}
