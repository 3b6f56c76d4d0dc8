//! All services of one worker.

use std::io;
use std::rc::Rc;

use toynet_net::Network;
use toynet_service::Server;

use super::{FaultBook, keep};
use crate::plan::{Plan, Surroundings};

/// Builds every service of the plan and starts it on this worker. When this returns they answer;
/// what fails later is started again.
pub(super) async fn start(
    network: &Rc<Network>,
    plan: &Plan,
    around: &Surroundings,
    faults: &FaultBook,
) -> io::Result<()> {
    for planned in &plan.hosts {
        let place = plan.place(planned, around);
        for service in &planned.services {
            let name = service.protocol.name;
            let failed = |error: io::Error| {
                io::Error::new(error.kind(), format!("{name} on {} does not start: {error}", planned.name))
            };
            let server: Rc<dyn Server> = service.config.build(&place).map_err(failed)?.into();
            let host = network.host(planned.name.as_str()).ok_or(io::ErrorKind::NotFound)?;
            let host = host.with_faults(faults.of(planned.name.as_str(), name));
            let running = server.start(host.clone()).await.map_err(failed)?;
            keep::running(name, server, host, running);
        }
    }
    Ok(())
}
