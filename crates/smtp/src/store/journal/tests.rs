use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use tokio::runtime::Builder;
use tokio::task::JoinSet;

use super::*;

#[test]
fn nobody_is_told_before_the_sync_and_one_sync_is_for_all() {
    run(async {
        let disk = Arc::new(Fake::default());
        let (go, gate) = mpsc::channel();
        *lock(&disk.gate) = Some(gate);
        let journal = journal(&disk);
        let mut appends = JoinSet::new();
        for number in 0..50_u8 {
            let (journal, disk) = (journal.clone(), Arc::clone(&disk));
            appends.spawn(async move {
                journal.append(vec![number], || {}).await.unwrap();
                assert!(lock(&disk.safe).contains(&number), "told too early");
            });
        }
        // All have gathered while the first sync is held up.
        tokio::task::yield_now().await;
        (0..50).for_each(|_| go.send(()).unwrap());
        while let Some(done) = appends.join_next().await {
            done.unwrap();
        }
        assert_eq!(lock(&disk.safe).len(), 50);
        assert!(*lock(&disk.syncs) <= 3, "{} syncs", lock(&disk.syncs));
    });
}

#[test]
fn after_a_failed_sync_nothing_counts_any_more() {
    run(async {
        let disk = Arc::new(Fake::default());
        let journal = journal(&disk);
        journal.append(vec![1], || {}).await.unwrap();
        disk.fails.store(true, Ordering::Relaxed);
        assert!(journal.append(vec![2], || {}).await.is_err());
        disk.fails.store(false, Ordering::Relaxed);
        assert!(journal.append(vec![3], || {}).await.is_err());
        assert_eq!(*lock(&disk.safe), [1]);
    });
}

#[test]
fn who_goes_away_while_writing_holds_up_nobody() {
    run(async {
        let journal = journal(&Arc::default());
        let (told, _) = oneshot::channel();
        assert!(journal.gather(&[1], told, || {}));
        journal.0.write_all();
        journal.append(vec![2], || {}).await.unwrap();
    });
}

#[test]
fn a_journal_that_is_mostly_history_is_written_anew() {
    run(async {
        let disk = Arc::new(Fake::default());
        let journal = Journal::new(Box::new(Arc::clone(&disk)), 0, Box::new(|| vec![9]));
        journal.append(vec![0; REWRITE as usize], || {}).await.unwrap();
        while lock(&journal.0.gathering).is_writing {
            tokio::task::yield_now().await;
        }
        assert_eq!(*lock(&disk.safe), [9]);
    });
}

fn run(story: impl Future<Output = ()>) {
    Builder::new_current_thread().enable_all().build().unwrap().block_on(story);
}

fn journal(disk: &Arc<Fake>) -> Journal {
    Journal::new(Box::new(Arc::clone(disk)), 0, Box::new(Vec::new))
}

#[derive(Default)]
struct Fake {
    appended: Mutex<Vec<u8>>,
    safe: Mutex<Vec<u8>>,
    syncs: Mutex<usize>,
    fails: AtomicBool,
    gate: Mutex<Option<mpsc::Receiver<()>>>,
}

impl Medium for Arc<Fake> {
    fn append(&mut self, octets: &[u8]) -> io::Result<()> {
        lock(&self.appended).extend_from_slice(octets);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        if let Some(gate) = &*lock(&self.gate) {
            gate.recv().unwrap();
        }
        if self.fails.load(Ordering::Relaxed) {
            return Err(io::Error::other("broken"));
        }
        *lock(&self.syncs) += 1;
        lock(&self.safe).clone_from(&lock(&self.appended));
        Ok(())
    }

    fn replace(&mut self, octets: &[u8]) -> io::Result<()> {
        *lock(&self.appended) = octets.to_vec();
        *lock(&self.safe) = octets.to_vec();
        Ok(())
    }
}
