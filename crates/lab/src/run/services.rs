//! All services of one worker.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use tokio::task::yield_now;
use toynet_net::external::WaysOut;
use toynet_net::{Clock, Network, Notice, Topology};
use toynet_service::Server;

use super::keep::Kept;
use super::prints::{Key, key};
use super::{FaultBook, keep};
use crate::plan::{Plan, PlannedHost, PlannedService, Surroundings};

/// A lab as its services find it.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub plan: Arc<Plan>,
    pub topology: Arc<Topology>,
    pub around: Surroundings,
    pub ways_out: WaysOut,
}

/// Builds every service of the plan and starts it on this worker. When this returns they answer;
/// what fails later is started again.
pub(super) async fn start(
    network: &Rc<Network>,
    plan: &Plan,
    around: &Surroundings,
    faults: &FaultBook,
) -> io::Result<Running> {
    let mut running = Running::default();
    for host in &plan.hosts {
        for service in &host.services {
            running.0.insert(key(host, service), start_one(network, plan, around, faults, host, service).await?);
        }
    }
    Ok(running)
}

/// The same with only those of `keys`. When one of them does not start none of them runs.
pub(super) async fn start_some(
    network: &Rc<Network>,
    scene: &Scene,
    faults: &FaultBook,
    keys: &BTreeSet<Key>,
) -> io::Result<Running> {
    let Scene { plan, around, .. } = scene;
    let mut running = Running::default();
    let pairs = plan.hosts.iter().flat_map(|host| host.services.iter().map(move |service| (host, service)));
    for (host, service) in pairs.filter(|(host, service)| keys.contains(&key(host, service))) {
        match start_one(network, plan, around, faults, host, service).await {
            Ok(kept) => running.0.insert(key(host, service), kept),
            Err(error) => {
                running.stop(|_| true, network.clock()).await;
                return Err(error);
            }
        };
    }
    Ok(running)
}

async fn start_one(
    network: &Rc<Network>,
    plan: &Plan,
    around: &Surroundings,
    faults: &FaultBook,
    planned: &PlannedHost,
    service: &PlannedService,
) -> io::Result<Kept> {
    let name = service.protocol.name;
    let failed =
        |error: io::Error| io::Error::new(error.kind(), format!("{name} on {} does not start: {error}", planned.name));
    let server: Rc<dyn Server> = service.config.build(&plan.place(planned, around)).map_err(failed)?.into();
    let host = network.host(planned.name.as_str()).ok_or(io::ErrorKind::NotFound)?;
    let host = host.with_faults(faults.of(planned.name.as_str(), name)).with_notice(Notice::default());
    let running = server.start(host.clone()).await.map_err(failed)?;
    Ok(keep::running(name, server, host, running))
}

/// Services that run.
#[derive(Debug, Default)]
pub(super) struct Running(BTreeMap<Key, Kept>);

impl Running {
    /// Tells all of them that they are to end, and waits until they have ended what they had begun; not for ever.
    pub async fn give_notice(&self, clock: Clock) {
        keep::give_notice(self.0.values(), clock).await;
    }

    /// Ends those that are meant, after notice. When this returns their sockets are closed.
    pub async fn stop(&mut self, is_meant: impl Fn(&Key) -> bool, clock: Clock) {
        let meant = self.0.iter().filter(|(key, _)| is_meant(key)).map(|(_, kept)| kept);
        keep::give_notice(meant.collect::<Vec<_>>().into_iter(), clock).await;
        self.0.retain(|key, kept| {
            let goes = is_meant(key);
            if goes {
                kept.stop();
            }
            !goes
        });
        for _ in 0..DEPTH {
            yield_now().await;
        }
    }

    /// Takes others in.
    pub fn add(&mut self, others: Self) {
        self.0.extend(others.0);
    }
}

/// A service's tasks are nested less deeply: its keeper, itself, a listener, a connection, a stream of that. Each
/// turn of the worker ends one level. Connections of QUIC take some turns more to say that they end.
const DEPTH: usize = 16;
