//! `run` and `shell` where no world can be had: the lab is on the loopback, and a command's connections are led there.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use toynet_lab::control::Client;
use toynet_lab::run::{Folders, GUEST, Ground, PortChoice};
use toynet_lab::visit::Loopback;
use toynet_world::detour::{self, Beside, Detour, LACKING, NotRun};
use toynet_world::variables::Variables;
use toynet_world::{Ended, Inside, Refused, Visit, World};

use crate::exit::Exit;
use crate::serve::{self, Serving, not_allowed};
use crate::world::{self, Keeping, Starting, ended};
use crate::{on_runtime, output, remarks};

/// Runs a command in a lab that starts and ends with it, since a world was `refused` or nobody asked for one.
pub fn within(world: &World, starting: Starting, visit: Visit, refused: Option<&Refused>) -> Result<(), Exit> {
    let no_detour = |error: &dyn std::fmt::Display| match refused {
        Some(refused) => world::no_world(refused).and(&no_detour(error)),
        None => Exit::not_allowed(no_detour(error)),
    };
    let serve = |inside| world::status(serve_beside(&world.me.name, starting, inside));
    let mut outside = detour::beside(serve).map_err(|error| no_detour(&error))?;
    if outside.hear().as_deref() != Some(world::READY) {
        return world::ended_early(outside);
    }
    if let Some(refused) = refused {
        output::say(&format!(
            "toynet: without a network of its own, since {refused}: {LACKING}; `toynet doctor` tells more"
        ));
    }
    let host = Some(world.me.name.as_str()).filter(|name| *name != GUEST);
    let ended = lead(&world.name, host, visit, Some(outside.process()), None);
    world::stop(outside, &world.name, ended.map_err(|not_led| not_led.exit(no_detour))?)
}

/// Runs a command in a lab that runs on the loopback.
pub fn join(lab: &str, host: Option<&str>, command: Visit) -> Result<(), Exit> {
    output::say(&format!("toynet: lab {lab} is on the loopback: {LACKING}"));
    let watched = lab.to_owned();
    let beside = Arc::new(move || {
        // Whoever cannot be asked has ended already.
        let _ = on_runtime(end_of(&watched));
        output::say(&format!("toynet: lab {watched} has ended; nobody is there any more"));
    });
    let ended = lead(lab, host, command, None, Some(beside));
    ended::finish(ended.map_err(|not_led| not_led.exit(|error| Exit::not_allowed(no_detour(error))))?)
}

fn no_detour(error: &dyn std::fmt::Display) -> String {
    format!("toynet: connections cannot be led to a lab here: {error}")
}

fn serve_beside(me: &str, starting: Starting, mut inside: Inside) -> Result<(), Exit> {
    inside.be_quiet().map_err(not_allowed)?;
    remarks::begin(false, "warn");
    let Starting { file, plan, keeping: Keeping { kept, record } } = starting;
    let ground = Ground::find(&plan, PortChoice::Auto)?.played_by(me);
    let serving = Serving { record, ..Serving::new(file, plan, ground, kept) };
    on_runtime(serve::serve(serving, |_| inside.say(world::READY)))
}

/// Why nobody was led to a lab.
enum NotLed {
    Lab(Exit),
    Command(Visit, NotRun),
}

impl NotLed {
    fn exit(self, no_detour: impl Fn(&dyn std::fmt::Display) -> Exit) -> Exit {
        match self {
            NotLed::Lab(exit) => exit,
            NotLed::Command(visit, NotRun::Program(error)) => ended::not_run(&visit, &error),
            NotLed::Command(_, NotRun::Refused(error)) => no_detour(&error),
        }
    }
}

/// Runs a command as a host of a lab on the loopback, whose process may be a child of this one.
fn lead(
    lab: &str,
    host: Option<&str>,
    command: Visit,
    process: Option<i32>,
    beside: Option<Beside>,
) -> Result<Ended, NotLed> {
    let loopback = on_runtime(ask(lab, host)).map_err(NotLed::Lab)?;
    let me = loopback.me().to_owned();
    let trust = loopback.authority().map(|root| Passing::write(lab, root)).transpose().map_err(NotLed::Lab)?;
    let bundle = trust.as_ref().and_then(|file| file.0.to_str());
    let visit = Visit { variables: Variables::new(lab, &me, bundle), ..command };
    let (speaks_from, resolver) = (loopback.speaks_from(), loopback.resolver());
    let known = Known { lab: lab.to_owned(), host: host.map(str::to_owned), latest: Mutex::new(loopback) };
    let detour = Detour { door: Arc::new(move |to| known.door(to)), resolver, me: speaks_from, beside };
    let ended = detour.run(&visit, process);
    let _ = ended.as_ref().inspect(|ended| ended::tell_if_killed(&visit, **ended, lab));
    ended.map_err(|not_run| NotLed::Command(visit, not_run))
}

/// What is known of a lab whose hosts may come and go.
struct Known {
    lab: String,
    host: Option<String>,
    latest: Mutex<Loopback>,
}

impl Known {
    /// The lab is asked again about an address that may be one of its hosts' by now.
    fn door(&self, to: SocketAddr) -> Option<SocketAddr> {
        // Whoever panicked with it has not changed it.
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let door = latest.door(to);
        if door.is_some() || to.ip().is_loopback() || to.ip().is_unspecified() || to.port() == DNS {
            return door;
        }
        *latest = on_runtime(ask(&self.lab, self.host.as_deref())).ok()?;
        latest.door(to)
    }
}

async fn ask(lab: &str, host: Option<&str>) -> Result<Loopback, Exit> {
    let folders = Folders::of_user().map_err(not_allowed)?;
    let client = Client::connect(&folders, Some(lab)).await?;
    let found = Loopback::ask(client, host).await?;
    found.ok_or_else(|| Exit::failed(format!("toynet: lab {lab} is not on the loopback")))
}

async fn end_of(lab: &str) -> Result<(), Exit> {
    let folders = Folders::of_user().map_err(not_allowed)?;
    Client::connect(&folders, Some(lab)).await?.hung_up().await;
    Ok(())
}

/// A file that goes when this does.
struct Passing(PathBuf);

impl Passing {
    fn write(lab: &str, text: &str) -> Result<Self, Exit> {
        let folders = Folders::of_user().map_err(not_allowed)?;
        let file = Self(folders.passing_file(lab, std::process::id(), "authority.pem"));
        fs::write(&file.0, text).map_err(not_allowed)?;
        Ok(file)
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        // It may have gone with the lab.
        let _ = fs::remove_file(&self.0);
    }
}

/// Every server at this port is the lab's resolver (RFC 1035 section 4.2).
const DNS: u16 = 53;
