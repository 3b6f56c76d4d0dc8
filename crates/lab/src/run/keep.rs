//! A service that panics or fails is started again; the others go on.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinError, JoinSet, spawn_local};
use toynet_net::{Clock, Host, Notice};
use toynet_service::{LocalFuture, Server};

/// A service that runs, also when nobody holds this.
#[derive(Debug)]
pub(super) struct Kept {
    task: AbortHandle,
    notice: Notice,
}

impl Kept {
    /// Tells it that it is to end.
    pub fn give_notice(&self) {
        self.notice.give();
    }

    /// Comes back when it has ended what it had begun, as far as it cares.
    pub async fn left(&self) {
        self.notice.left().await;
    }

    /// Ends it with its sockets and connections, as soon as its worker comes to it.
    pub fn stop(&self) {
        self.task.abort();
    }
}

/// Gives notice to all of them and waits until they have left; not for ever.
pub(super) async fn give_notice(kept: impl Iterator<Item = &Kept> + Clone, clock: Clock) {
    kept.clone().for_each(Kept::give_notice);
    let all_left = async {
        for kept in kept {
            kept.left().await;
        }
    };
    // Whoever is not ready then is cut off.
    let _ = clock.until(clock.now() + PATIENCE, all_left).await;
}

/// Watches over a service that runs.
pub(super) fn running(
    name: &'static str,
    server: Rc<dyn Server>,
    host: Host,
    running: LocalFuture<io::Result<()>>,
) -> Kept {
    let notice = host.notice().clone();
    Kept { task: spawn_local(keep(name, server, host, running)).abort_handle(), notice }
}

async fn keep(name: &'static str, server: Rc<dyn Server>, host: Host, mut running: LocalFuture<io::Result<()>>) {
    let clock = host.clock();
    let mut pause = FIRST_PAUSE;
    loop {
        let began = clock.now();
        // A task of its own, so that its panic ends nothing else, and that ends with this one.
        let mut alone = JoinSet::new();
        alone.spawn_local(running);
        let Some(Err(why)) = alone.join_next().await.map(outcome) else { return };
        if clock.now() - began >= CALM {
            pause = FIRST_PAUSE;
        }
        tracing::error!(host = host.name(), service = name, "stopped: {why}; starts again in {pause:?}");
        running = loop {
            clock.sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            // That it stopped was said; it is not said again for each attempt.
            if let Ok(started) = server.start(host.clone()).await {
                break started;
            }
        };
        tracing::info!(host = host.name(), service = name, "runs again");
    }
}

/// Why the service stopped, unless it had done all it was there for.
fn outcome(ended: Result<io::Result<()>, JoinError>) -> Result<(), String> {
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(error) if error.is_cancelled() => Ok(()),
        // What the panic was about has been said by whoever panicked.
        Err(_) => Err("it panicked".to_owned()),
    }
}

/// Longer than nearly every answer takes, and nobody minds a second.
const PATIENCE: Duration = Duration::from_secs(1);
/// Short enough that a single fault is hardly noticed.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Long enough that a service that cannot live costs nothing.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A service that ran for so long has recovered.
const CALM: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::LabFile;
    use crate::fakes;
    use crate::run::InMemory;

    #[test]
    fn a_service_that_fails_or_panics_is_started_again_ever_more_slowly() {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().start_paused(true).build_local(Default::default()).unwrap();
        runtime.block_on(async {
            let plan = LabFile::from_text("[host.\"www.shop.test\".http]\n", "").plan(fakes::ALL).unwrap();
            let lab = InMemory::empty(&plan);
            let host = lab.network().host("www.shop.test").unwrap();
            let starts = Rc::new(Cell::new(0));
            let server = Rc::new(Fragile(Rc::clone(&starts)));
            let clock = host.clock();
            let began = clock.now();
            running("http", server.clone(), host.clone(), server.start(host).await.unwrap());
            while starts.get() < 5 {
                clock.sleep(Duration::from_millis(10)).await;
            }
            // 0.1 + 0.2 + 0.4 + 0.8 seconds.
            let took = clock.now() - began;
            assert!(took >= Duration::from_millis(1500) && took < Duration::from_millis(1700), "{took:?}");
        });
    }

    struct Fragile(Rc<Cell<u32>>);

    impl Server for Fragile {
        fn start(&self, _: Host) -> LocalFuture<io::Result<LocalFuture<io::Result<()>>>> {
            self.0.set(self.0.get() + 1);
            let panics = self.0.get().is_multiple_of(2);
            Box::pin(async move {
                let run: LocalFuture<io::Result<()>> = Box::pin(async move {
                    assert!(!panics, "as it does every second time");
                    Err(io::Error::other("as it does every first time"))
                });
                Ok(run)
            })
        }
    }
}
