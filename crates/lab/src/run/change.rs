//! How a worker changes some of its services while the others go on.
//!
//! What a lab is told as one change is made by all workers in the same steps:
//! - [`Step::Leave`]: those stop that could not run beside their successors
//! - [`Step::Enter`]: the hosts are those of the new plan, and the successors start; the others run on beside them until all of them answer
//! - [`Step::Settle`]: those stop that are succeeded or no more there
//! - [`Step::Revert`]: the successors stop, because on some worker one did not start
//!
//! Before a lab is stopped there is [`Step::Notice`]: all services end what they have begun.

use std::collections::BTreeSet;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use toynet_net::Network;

use super::FaultBook;
use super::prints::Key;
use super::services::{self, Running, Scene};

/// A step, and whom to tell when it is done.
#[derive(Debug)]
pub(super) struct Order {
    pub step: Step,
    pub done: oneshot::Sender<io::Result<()>>,
}

/// A step of a change.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Leave(Arc<BTreeSet<Key>>),
    Enter(Arc<Scene>, Arc<BTreeSet<Key>>),
    Settle(Arc<BTreeSet<Key>>),
    Revert,
    Notice,
}

/// The services of a worker, and what it takes to start others.
pub(super) struct Shift {
    pub network: Rc<Network>,
    pub faults: Arc<FaultBook>,
    pub running: Running,
}

impl Shift {
    /// Obeys until the lab is stopped.
    pub async fn work(mut self, mut orders: mpsc::Receiver<Order>, mut stopped: watch::Receiver<bool>) {
        let mut entered = Running::default();
        loop {
            let order = tokio::select! {
                biased;
                // An error means that the lab itself was dropped, which ends it as well.
                _ = stopped.wait_for(|stopped| *stopped) => return,
                order = orders.recv() => order,
            };
            let Some(Order { step, done }) = order else { return };
            // Who ordered may have gone; the step is done all the same.
            let _ = done.send(self.take(step, &mut entered).await);
        }
    }

    async fn take(&mut self, step: Step, entered: &mut Running) -> io::Result<()> {
        let clock = self.network.clock();
        match step {
            Step::Leave(keys) => self.running.stop(|key| keys.contains(key), clock).await,
            Step::Enter(scene, keys) => {
                self.network.set_topology(Arc::clone(&scene.topology));
                self.network.set_ways_out(scene.ways_out.clone());
                *entered = services::start_some(&self.network, &scene, &self.faults, &keys).await?;
            }
            Step::Settle(keys) => {
                self.running.stop(|key| keys.contains(key), clock).await;
                self.running.add(std::mem::take(entered));
            }
            Step::Revert => std::mem::take(entered).stop(|_| true, clock).await,
            Step::Notice => self.running.give_notice(clock).await,
        }
        Ok(())
    }
}
