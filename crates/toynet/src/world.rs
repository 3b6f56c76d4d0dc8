//! A lab's world, as commands make it and wait for it.
//!
//! - here: made, waited for, stopped
//! - [`outpost`]: who stays outside; [`join`]: how a running lab is entered; [`ended`]: how a command's end is told

pub mod ended;
pub mod join;
pub mod outpost;

use std::path::PathBuf;
use std::time::Duration;

use toynet_lab::run::GUEST;
use toynet_lab::{LabFile, Plan};
use toynet_world::{Ended, Inside, Me, Outside, Pem, Refused, World};

use crate::exit::Exit;
use crate::output;
use crate::serve::{self, Kept};

/// A lab that is about to start for a command.
pub struct Starting {
    pub file: LabFile,
    pub plan: Plan,
    pub keeping: Keeping,
}

/// What of a lab outlives it.
pub struct Keeping {
    /// Mail, boards and keys, or nothing but who vouches for its names.
    pub kept: Kept,
    /// The file for its record.
    pub record: Option<PathBuf>,
}

/// The world of a lab in which one is `host`, otherwise its first workstation, otherwise its guest.
pub fn of(plan: &Plan, host: Option<&str>) -> Result<World, Exit> {
    let me = match host {
        Some(name) => {
            let host = plan.host(name).ok_or_else(|| no_host(plan, name))?;
            Some(Me { name: name.to_owned(), addresses: host.addresses.clone() })
        }
        None => plan.visitor().map(|host| Me { name: host.name, addresses: host.addresses }),
    };
    let alone = World::new(&plan.name);
    // A guest is nobody in the lab: the name says where one is.
    let host_name = me.as_ref().filter(|me| me.name != GUEST).map_or(&plan.name, |me| &me.name).clone();
    let addresses = plan.hosts.iter().flat_map(|host| host.addresses.iter().copied()).collect();
    let resolver = plan.resolver().map(|resolver| resolver.ip());
    Ok(World { host_name, me: me.unwrap_or(alone.me), addresses, resolver, ..alone })
}

fn no_host(plan: &Plan, name: &str) -> Exit {
    let written: Vec<&str> =
        plan.hosts.iter().filter(|host| host.is_written()).map(|host| host.name.as_str()).collect();
    Exit::misused(format!("toynet: the lab has no host {name}; those of its file are: {}", written.join(", ")))
}

/// The same world, whose programs trust the lab's authority.
pub fn trusting(world: World, kept: &Kept) -> World {
    World { trust: Pem::new(kept.authority.root_pem()).ok(), ..world }
}

/// Makes a world and runs `inside` in it.
pub fn start(world: &World, inside: impl FnOnce(Inside) -> Result<(), Exit>) -> Result<Outside, Refused> {
    world.start(|line| status(inside(line)))
}

/// Says what went wrong, and how a process ends by that.
pub fn status(ended: Result<(), Exit>) -> u8 {
    ended.and_then(|()| output::arrived()).map_or_else(Exit::print, |()| 0)
}

/// Waits for a world's end.
pub fn wait(outside: Outside) -> Result<(), Exit> {
    match outside.wait().map_err(serve::not_allowed)? {
        Ended::Exited(0) => Ok(()),
        ended @ Ended::Exited(_) => Err(Exit::with_status(ended.status(), None)),
        ended @ Ended::Killed(_) => {
            Err(Exit::with_status(ended.status(), Some("toynet: the lab's process was killed".to_owned())))
        }
    }
}

/// What went wrong has been said inside.
pub fn ended_early(outside: Outside) -> Result<(), Exit> {
    wait(outside).and(Err(Exit::died("toynet: the lab ended before it was ready")))
}

/// Ends a lab whose command has ended.
pub fn stop(outside: Outside, lab: &str, ended: Ended) -> Result<(), Exit> {
    match outside.stop(STOP_LIMIT) {
        Some(Ended::Exited(0)) => ended::finish(ended),
        Some(Ended::Exited(status)) => Err(Exit::with_status(status, None)),
        Some(Ended::Killed(_)) | None => Err(Exit::died(format!("toynet: lab {lab} had to be killed"))),
    }
}

pub fn no_world(refused: &Refused) -> Exit {
    let cure = refused.cure().map(|cure| format!("\n{cure}")).unwrap_or_default();
    Exit::not_allowed(format!(
        "toynet: no network of its own can be made here: {refused}{cure}\n\
         without one, `toynet up` offers the lab on the loopback, where `toynet run --carrier ports` leads programs; \
         `toynet doctor` tells more"
    ))
}

/// What a lab's process says when all services answer.
pub const READY: &str = "ready";
/// A lab stops within four seconds; a little more for the telling.
const STOP_LIMIT: Duration = Duration::from_secs(5);
