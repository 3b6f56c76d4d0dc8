//! `run` and `shell`: commands inside a lab, where it is the internet; where there can be no world, by a detour.

use std::env;
use std::ffi::OsString;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use toynet_lab::control::Client;
use toynet_lab::control::client::running;
use toynet_lab::run::descriptors::allow;
use toynet_lab::run::{Bind, Folders, GUEST, Ground, Land, Transport, WaysOut};
use toynet_lab::{LabFile, Plan};
use toynet_world::outpost::{self, Allowed, Kind};
use toynet_world::variables::Variables;
use toynet_world::{Ended, Entrance, Inside, Me, Outside, Part, Pem, Refused, ResolvConf, Step, Visit, World};

use crate::arguments::{Carrier, Run, Shell};
use crate::exit::Exit;
use crate::serve::{self, Kept, Serving};
use crate::{detour, on_runtime, output, remarks, up};

/// `run`: a lab of its own for one command.
pub fn run(run: Run) -> Result<(), Exit> {
    let (file, mut plan) = up::open(run.lab_file.as_deref())?;
    let host = run.identity.host.as_deref();
    let mut world = of(&plan, host)?;
    // Labs that run at the same time do not get in each other's way.
    plan.name = run.name.unwrap_or_else(|| passing_name(&plan.name));
    world.name.clone_from(&plan.name);
    let kept = serve::keep(&plan.name, false, false)?;
    let world = trusting(world, &kept);
    let mut command = run.command.into_iter();
    let program = command.next().unwrap_or_default();
    let visit = Visit { program, arguments: command.collect(), variables: world.variables() };
    let keeping = Keeping { kept, record: run.record };
    within(run.carrier, &world, Starting { file, plan, keeping }, visit)
}

/// The name of a lab that goes with a command. Processes of different worlds have the same numbers, and one folder for
/// their labs: so in a lab its name comes with it.
fn passing_name(plan: &str) -> String {
    let around = env::var("TOYNET_LAB").ok().filter(|lab| is_here(lab));
    let around = around.map(|lab| format!("-in-{lab}")).unwrap_or_default();
    format!("{plan}{around}-{}", std::process::id())
}

/// `shell`: a shell in a lab that runs, or in one that runs for it.
pub fn shell(shell: Shell) -> Result<(), Exit> {
    let planned = shell.lab_file.as_deref().map(|path| up::open(Some(path))).transpose()?;
    let planned_name = planned.as_ref().map(|(_, plan)| plan.name.clone());
    let name = shell.name.clone().or(planned_name);
    let host = shell.identity.host.as_deref();
    if let Some((status, process)) = on_runtime(find(name.as_deref()))?
        && (shell.carrier != Some(Carrier::World) || status["join"].is_object())
    {
        return join(&status, process, host, command(shell.command));
    }
    let (file, mut plan) = planned.map_or_else(|| up::open(None), Ok)?;
    let mut world = of(&plan, host)?;
    if let Some(name) = shell.name {
        plan.name = name;
    }
    if on_runtime(serve::is_free(&plan.name)).is_err() {
        let taken = plan.name.clone();
        plan.name = format!("{taken}-{}", std::process::id());
        output::say(&format!(
            "toynet: lab {taken} runs on the loopback and not in a world; this is another, {}",
            plan.name
        ));
    }
    world.name.clone_from(&plan.name);
    let kept = serve::keep(&plan.name, true, false)?;
    let world = trusting(world, &kept);
    let visit = Visit { variables: world.variables(), ..command(shell.command) };
    let keeping = Keeping { kept, record: shell.record };
    within(shell.carrier, &world, Starting { file, plan, keeping }, visit)
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

/// Who stays outside for a lab in a world: who opens its doors in 127.`doors`/16, if it has any, and connects to the
/// servers outside that its file names. It must be left before the world is made.
pub fn leave_outpost(plan: &Plan, doors: Option<u8>) -> Result<Outpost, Exit> {
    outpost::Outpost::leave(Allowed { to: plan.externals().into_iter().collect(), at: doors })
        .map(|outpost| Outpost(Arc::new(outpost)))
        .map_err(|refused| {
            let cure = refused.cure().map(|cure| format!("; {cure}")).unwrap_or_default();
            Exit::not_allowed(format!("toynet: {refused}{cure}"))
        })
}

/// A process outside, as a lab knows it.
pub struct Outpost(Arc<outpost::Outpost>);

impl Outpost {
    /// Ways to the servers outside that the lab file names.
    pub fn ways_out(&self, plan: &Plan) -> WaysOut {
        let outpost = Arc::clone(&self.0);
        WaysOut::by(plan.externals(), Arc::new(move |transport, to| outpost.connect(kind(transport), to)))
    }

    /// Opens the doors of a lab that is about to start, as long as this process is outside.
    pub fn open_doors(&self, ground: &Ground, plan: &Plan, workers: usize) {
        let doors = ground.doors_to_open(plan, workers);
        // Where there may not be so many, the lab says so when it starts.
        if allow(doors.len() as u64).is_err() {
            return;
        }
        self.0.open_ahead(doors.into_iter().map(|(transport, at)| (kind(transport), at)));
    }

    /// Closes those that no worker has taken.
    pub fn close_rest(&self) {
        self.0.close_rest();
    }

    /// What opens doors.
    pub fn doors(&self) -> Bind {
        let outpost = Arc::clone(&self.0);
        Arc::new(move |transport, at| outpost.bind(kind(transport), at))
    }
}

fn kind(transport: Transport) -> Kind {
    match transport {
        Transport::Udp | Transport::Quic => Kind::Datagrams,
        Transport::Tcp | Transport::Command => Kind::Stream,
    }
}

/// What the process inside a world can change about it.
pub fn land(world: &World, outpost: &Outpost, inside: &mut Inside) -> Arc<dyn Land> {
    Arc::new(Own { world: world.clone(), outpost: Arc::clone(&outpost.0), resolv_conf: inside.take_resolv_conf() })
}

#[derive(Debug)]
struct Own {
    world: World,
    outpost: Arc<outpost::Outpost>,
    resolv_conf: Option<ResolvConf>,
}

impl Land for Own {
    fn give(&self, addresses: &[IpAddr]) -> io::Result<()> {
        self.world.give(addresses)
    }

    fn take(&self, addresses: &[IpAddr]) -> io::Result<()> {
        self.world.take(addresses)
    }

    fn allow(&self, to: SocketAddr) -> io::Result<()> {
        self.outpost.allow(to)
    }

    fn forbid(&self, to: SocketAddr) -> io::Result<()> {
        self.outpost.forbid(to)
    }

    fn look_up_at(&self, resolver: Option<IpAddr>) -> io::Result<()> {
        self.resolv_conf.as_ref().map_or(Ok(()), |file| file.name(resolver))
    }
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

pub fn no_world(refused: &Refused) -> Exit {
    let cure = refused.cure().map(|cure| format!("\n{cure}")).unwrap_or_default();
    Exit::not_allowed(format!(
        "toynet: no network of its own can be made here: {refused}{cure}\n\
         without one, `toynet up` offers the lab on the loopback, where `toynet run --carrier ports` leads programs; \
         `toynet doctor` tells more"
    ))
}

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

/// Runs a command in a lab that starts and ends with it: in a world, or where none can be had on the loopback.
fn within(carrier: Option<Carrier>, world: &World, starting: Starting, visit: Visit) -> Result<(), Exit> {
    on_runtime(serve::is_free(&starting.plan.name))?;
    if carrier == Some(Carrier::Ports) {
        return detour::within(world, starting, visit, None);
    }
    let outpost = leave_outpost(&starting.plan, None)?;
    // Only the process inside takes it: the one out here still has it when there is no inside.
    let mut lab = Some(starting);
    let mut serve = |inside| lab.take().map_or(Ok(()), |starting| serve_inside(world, starting, &outpost, inside));
    let made = world.start(|inside| status(serve(inside)));
    drop(outpost);
    match made {
        Ok(outside) => in_world(world, outside, &visit),
        Err(refused) => match (carrier, lab) {
            (None, Some(starting)) if refused.step != Step::Threads => {
                detour::within(world, starting, visit, Some(&refused))
            }
            (Some(_) | None, _) => Err(no_world(&refused)),
        },
    }
}

fn in_world(world: &World, mut outside: Outside, visit: &Visit) -> Result<(), Exit> {
    if outside.hear().as_deref() != Some(READY) {
        return ended_early(outside);
    }
    let entrance = outside.entrance().map_err(serve::not_allowed)?;
    let ended = enter(entrance, visit, &world.name)?;
    stop(outside, &world.name, ended)
}

/// What went wrong has been said inside.
pub fn ended_early(outside: Outside) -> Result<(), Exit> {
    wait(outside).and(Err(Exit::died("toynet: the lab ended before it was ready")))
}

/// Ends a lab whose command has ended.
pub fn stop(outside: Outside, lab: &str, ended: Ended) -> Result<(), Exit> {
    match outside.stop(STOP_LIMIT) {
        Some(Ended::Exited(0)) => finish(ended),
        Some(Ended::Exited(status)) => Err(Exit::with_status(status, None)),
        Some(Ended::Killed(_)) | None => Err(Exit::died(format!("toynet: lab {lab} had to be killed"))),
    }
}

fn serve_inside(world: &World, starting: Starting, outpost: &Outpost, mut inside: Inside) -> Result<(), Exit> {
    inside.be_quiet().map_err(serve::not_allowed)?;
    remarks::begin(false, "warn");
    let Starting { file, plan, keeping } = starting;
    let land = land(world, outpost, &mut inside);
    let ground = Ground::world(&world.me.name, land, outpost.ways_out(&plan))?;
    let serving = Serving {
        record: keeping.record,
        process: inside.process(),
        joining: Some(Joining::of(world)),
        ..Serving::new(file, plan, ground, keeping.kept)
    };
    on_runtime(serve::serve(serving, |_| inside.say(READY)))
}

/// The lab of this name that runs. When none is named, the only one that is in a world; without one of those the
/// only one.
pub async fn find(name: Option<&str>) -> Result<Option<(Value, i32)>, Exit> {
    let folders = Folders::of_user().map_err(serve::not_allowed)?;
    let mut found = Vec::new();
    for lab in running(&folders).await {
        if name.is_some_and(|name| name != lab) {
            continue;
        }
        let client = Client::connect(&folders, Some(&lab)).await?;
        let process = client.process().unwrap_or_default();
        let status = client.status().await?;
        found.push((status, process));
    }
    if found.iter().any(|(status, _)| status["join"].is_object()) {
        found.retain(|(status, _)| status["join"].is_object());
    }
    if found.len() > 1 {
        let names: Vec<&str> = found.iter().filter_map(|(status, _)| status["lab"].as_str()).collect();
        return Err(Exit::misused(format!("toynet: several labs run: {}; say which: --lab NAME", names.join(", "))));
    }
    Ok(found.pop())
}

fn join(status: &Value, process: i32, host: Option<&str>, command: Visit) -> Result<(), Exit> {
    let lab = status["lab"].as_str().unwrap_or_default();
    let Some(joining) = Joining::parse(&status["join"]) else {
        return detour::join(lab, host, command);
    };
    let part = host.filter(|host| *host != joining.me).map(|host| part(status, host)).transpose()?;
    let entrance = Entrance::of(process).and_then(|entrance| match &part {
        Some(part) => entrance.to(part),
        None => Ok(entrance),
    });
    let entrance = entrance.map_err(|error| no_entry(lab, &error))?;
    let variables = part.iter().fold(joining.variables, |variables, part| variables.with_host(&part.me.name));
    finish(enter(entrance, &Visit { variables, ..command }, lab)?)
}

/// Runs a program in a lab that can be joined and is not where this process is.
pub fn visit(status: &Value, command: Visit) -> Result<(), Exit> {
    let process = status["pid"].as_i64().and_then(|process| process.try_into().ok()).unwrap_or_default();
    join(status, process, None, command)
}

/// Whether this process is in a lab's own world.
pub fn is_here(lab: &str) -> bool {
    env::var("TOYNET_LAB").is_ok_and(|here| here == lab) && env::var_os("TOYNET_HOST").is_some()
}

/// The part of another host in a lab that runs. Only those that serve nothing have one to be taken.
fn part(status: &Value, host: &str) -> Result<Part, Exit> {
    let hosts = status["hosts"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    let serves = |host: &Value| host["services"].as_array().is_some_and(|services| !services.is_empty());
    let addresses =
        |host: &Value| -> Vec<IpAddr> { serde_json::from_value(host["addresses"].clone()).unwrap_or_default() };
    match hosts.iter().find(|known| known["name"] == host) {
        Some(found) if !serves(found) => Ok(Part {
            me: Me { name: host.to_owned(), addresses: addresses(found) },
            addresses: hosts.iter().flat_map(addresses).collect(),
        }),
        found => {
            let why = if found.is_some() { "serves itself in this lab" } else { "is no host of this lab" };
            let idle = hosts.iter().filter(|host| !serves(host)).filter_map(|host| host["name"].as_str());
            let idle = idle.collect::<Vec<_>>().join(", ");
            Err(Exit::misused(format!("toynet: {host} {why}; who can be joined as: {idle}")))
        }
    }
}

/// Takes this process as a whole into a lab that is in a world, unless it is there; to where programs are `host`, if
/// some are.
pub fn go_inside(status: &Value, process: i32, host: Option<&str>) -> Result<(), Exit> {
    let part = host.and_then(|host| part(status, host).ok());
    let entrance = Entrance::of(process).and_then(|entrance| match &part {
        Some(part) => entrance.to_who_has(part),
        None => Ok(entrance),
    });
    match entrance.and_then(Entrance::enter) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(no_entry(status["lab"].as_str().unwrap_or_default(), &error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Who this process is in a lab, if it is there and not as its guest.
pub fn part_taken(lab: &str) -> Option<String> {
    env::var("TOYNET_HOST").ok().filter(|host| is_here(lab) && host != GUEST)
}

fn no_entry(lab: &str, error: &io::Error) -> Exit {
    if error.kind() == io::ErrorKind::AlreadyExists {
        return Exit::failed(format!("toynet: this is lab {lab} already"));
    }
    Exit::not_allowed(format!("toynet: lab {lab} cannot be entered: {error}"))
}

fn enter(entrance: Entrance, visit: &Visit, lab: &str) -> Result<Ended, Exit> {
    let ended = entrance.run(visit).map_err(|error| not_run(visit, &error))?;
    tell_if_killed(visit, ended, lab);
    Ok(ended)
}

/// With a lab end those who are in it.
pub fn tell_if_killed(visit: &Visit, ended: Ended, lab: &str) {
    if ended == Ended::Killed(KILL) {
        output::say(&format!("toynet: lab {lab} has ended, or something killed {}", visit.program.display()));
    }
}

/// As shells say it.
pub fn not_run(visit: &Visit, error: &io::Error) -> Exit {
    let status = if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_RUN };
    Exit::with_status(status, Some(format!("toynet: {} cannot be run: {error}", visit.program.display())))
}

/// Ends as a command did.
pub fn finish(ended: Ended) -> Result<(), Exit> {
    match ended.status() {
        0 => Ok(()),
        status => Err(Exit::with_status(status, None)),
    }
}

/// What was typed, otherwise the user's shell.
fn command(typed: Vec<OsString>) -> Visit {
    let mut typed = typed.into_iter();
    let program = typed.next().or_else(|| env::var_os("SHELL").filter(|shell| !shell.is_empty()));
    Visit { arguments: typed.collect(), ..Visit::new(program.unwrap_or_else(|| "/bin/sh".into())) }
}

/// What others need to know to join a lab.
pub struct Joining {
    me: String,
    variables: Variables,
}

impl Joining {
    pub fn of(world: &World) -> Self {
        Self { me: world.me.name.clone(), variables: world.variables() }
    }

    /// Who one is there.
    pub fn me(&self) -> &str {
        &self.me
    }

    pub fn to_json(&self) -> Value {
        json!({ "as": self.me, "set": self.variables.set, "unset": self.variables.unset })
    }

    fn parse(value: &Value) -> Option<Self> {
        let set = serde_json::from_value(value["set"].clone()).ok()?;
        let unset = serde_json::from_value(value["unset"].clone()).ok()?;
        Some(Self { me: value["as"].as_str()?.to_owned(), variables: Variables { set, unset } })
    }
}

/// What a lab's process says when all services answer.
pub const READY: &str = "ready";
/// A lab stops within four seconds; a little more for the telling.
const STOP_LIMIT: Duration = Duration::from_secs(5);
/// What shells say of a program that there is not, and of one that they cannot run.
const NOT_FOUND: u8 = 127;
const NOT_RUN: u8 = 126;
const KILL: u8 = 9;
