//! A worker's recorder, and how others read what it wrote.

use std::cell::{Cell, RefCell};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::spawn_local;
use toynet_machine::Time;
use toynet_record::{Batch, Cursor, EndId, Entry, Keep, Ledger, Quota, Seen, StripId};

use crate::Clock;

/// Appends what a worker's taps see. Clones write into the same ledger.
#[derive(Clone, Debug)]
pub struct Recorder(Rc<Shared>);

#[derive(Debug)]
struct Shared {
    ledger: RefCell<Ledger>,
    clock: Clock,
    /// Whether a reader waits for the next entry.
    awaited: Cell<bool>,
    news: Notify,
    /// Up to when all is written, where others write late.
    told: Cell<Option<Time>>,
    /// Whether flows that begin are kept whole.
    whole: Cell<bool>,
}

impl Recorder {
    /// The recorder of a worker.
    pub fn new(worker: u16, quota: Quota, clock: Clock) -> Self {
        let ledger = RefCell::new(Ledger::new(worker, quota));
        let (awaited, news, told, whole) = (Cell::new(false), Notify::new(), Cell::new(None), Cell::new(false));
        Self(Rc::new(Shared { ledger, clock, awaited, news, told, whole }))
    }

    /// The time at which what is about to be written is seen.
    #[inline]
    pub(crate) fn now(&self) -> Time {
        self.0.clock.now()
    }

    /// How much of a flow that begins is kept in each direction.
    pub(crate) fn keep(&self) -> Keep {
        if self.0.whole.get() { Keep::whole() } else { Keep::default() }
    }

    /// Room with a quota of its own.
    pub fn add_strip(&self) -> StripId {
        self.0.ledger.borrow_mut().add_strip()
    }

    pub(crate) fn new_end(&self) -> EndId {
        self.0.ledger.borrow_mut().new_end()
    }

    pub(crate) fn position(&self, strip: StripId) -> u64 {
        self.0.ledger.borrow().position(strip)
    }

    #[inline]
    pub(crate) fn is_forgotten(&self, strip: StripId, position: u64) -> bool {
        self.0.ledger.borrow().is_forgotten(strip, position)
    }

    #[inline]
    pub(crate) fn write(&self, strip: StripId, end: EndId, time: Time, seen: Seen<'_>) {
        self.0.ledger.borrow_mut().write(strip, end, time, seen);
        self.wake();
    }

    /// Writes down what an end of another process saw.
    pub fn append(&self, strip: StripId, entry: &Entry<'_>) {
        self.0.ledger.borrow_mut().append(strip, entry);
        self.wake();
    }

    /// Writes down that the lab has a host at an address, for whoever reads on.
    pub fn announce(&self, strip: StripId, host: &str, address: IpAddr) {
        let address = SocketAddr::new(address, 0);
        self.write(strip, self.new_end(), self.now(), Seen::Named { address, host });
    }

    /// Says up to when other processes have told all that they saw; nothing when none tells any more.
    pub fn told_up_to(&self, time: Option<Time>) {
        self.0.told.set(time);
    }

    #[inline]
    fn wake(&self) {
        if self.0.awaited.get() {
            self.0.awaited.set(false);
            self.0.news.notify_waiters();
        }
    }

    /// Takes all that lies behind `cursor`.
    pub fn read(&self, cursor: &mut Cursor) -> Batch {
        self.0.ledger.borrow_mut().read(cursor)
    }

    /// Octets that the record holds.
    pub fn held(&self) -> usize {
        self.0.ledger.borrow().held()
    }

    /// Answers readers on other threads for as long as there may be any. One that waits holds up no
    /// other.
    pub async fn serve(self, mut requests: mpsc::Receiver<Request>) {
        while let Some(request) = requests.recv().await {
            if request.whole {
                self.0.whole.set(true);
            }
            if request.wait {
                let recorder = self.clone();
                spawn_local(async move { recorder.answer_with_news(request).await });
            } else {
                self.answer(request);
            }
        }
    }

    fn answer(&self, mut request: Request) {
        let batch = self.read(&mut request.cursor);
        let now = self.now();
        let as_of = self.0.told.get().map_or(now, |told| told.min(now));
        let taken = Taken { batch, cursor: request.cursor, as_of };
        // A reader that went away meanwhile needs no answer.
        let _ = request.answer.send(taken);
    }

    async fn answer_with_news(&self, mut request: Request) {
        tokio::select! {
            biased;
            () = request.answer.closed() => return,
            () = self.news(&request.cursor) => {}
        }
        self.answer(request);
    }

    /// Waits until there is something behind `cursor`.
    async fn news(&self, cursor: &Cursor) {
        loop {
            let news = self.0.news.notified();
            if self.0.ledger.borrow().has_news(cursor) {
                return;
            }
            self.0.awaited.set(true);
            news.await;
        }
    }
}

/// A reader's question to a worker.
#[derive(Debug)]
pub struct Request {
    cursor: Cursor,
    wait: bool,
    whole: bool,
    answer: oneshot::Sender<Taken>,
}

/// What a reader got.
#[derive(Debug, Default)]
pub struct Taken {
    /// The entries.
    pub batch: Batch,
    cursor: Cursor,
    /// Entries that come later were seen later than this.
    pub as_of: Time,
}

/// Reads one worker's record from any thread.
#[derive(Debug)]
pub struct Records {
    requests: mpsc::Sender<Request>,
    cursor: Cursor,
    whole: bool,
}

impl Records {
    /// A reader that begins with the oldest entry, and the requests that [`Recorder::serve`] answers.
    pub fn new() -> (Self, mpsc::Receiver<Request>) {
        let (requests, served) = mpsc::channel(READERS_AT_ONCE);
        (Self { requests, cursor: Cursor::default(), whole: false }, served)
    }

    /// Another reader of the same record, from the oldest entry on.
    pub fn again(&self) -> Self {
        Self { requests: self.requests.clone(), cursor: Cursor::default(), whole: false }
    }

    /// The same, for whose sake flows are kept whole that begin once it has read.
    pub fn again_whole(&self) -> Self {
        Self { whole: true, ..self.again() }
    }

    /// What came since the last call; nothing once the worker is gone.
    pub async fn take(&mut self) -> Option<Taken> {
        self.ask(false).await
    }

    /// The same, after waiting until there is something.
    pub async fn next(&mut self) -> Option<Taken> {
        self.ask(true).await
    }

    async fn ask(&mut self, wait: bool) -> Option<Taken> {
        let (answer, answered) = oneshot::channel();
        let request = Request { cursor: self.cursor.clone(), wait, whole: self.whole, answer };
        self.requests.send(request).await.ok()?;
        let taken = answered.await.ok()?;
        self.cursor = taken.cursor.clone();
        Some(taken)
    }
}

/// Log, diagram, capture and status of one lab at once; more wait their turn.
const READERS_AT_ONCE: usize = 16;
