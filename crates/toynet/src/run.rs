//! `run` and `shell`: commands inside a lab, where it is the internet; where there can be no world, by a detour.

use std::env;
use std::ffi::OsString;

use toynet_lab::run::Ground;
use toynet_world::{Inside, Outside, Step, Visit, World};

use crate::arguments::{Carrier, Run, Shell};
use crate::exit::Exit;
use crate::serve::{self, Serving};
use crate::world::join::{self, Joining};
use crate::world::outpost::{self, Outpost};
use crate::world::{self, Keeping, READY, Starting};
use crate::{detour, on_runtime, output, remarks, up};

/// `run`: a lab of its own for one command.
pub fn run(run: Run) -> Result<(), Exit> {
    let (file, mut plan) = up::open(run.lab_file.as_deref())?;
    let host = run.inside.host.as_deref();
    let mut world = world::of(&plan, host)?;
    // Labs that run at the same time do not get in each other's way.
    plan.name = run.name.unwrap_or_else(|| passing_name(&plan.name));
    world.name.clone_from(&plan.name);
    let kept = serve::keep(&plan.name, false, false)?;
    let world = world::trusting(world, &kept);
    let mut command = run.command.into_iter();
    let program = command.next().unwrap_or_default();
    let visit = Visit { program, arguments: command.collect(), variables: world.variables() };
    let keeping = Keeping { kept, record: run.inside.record };
    within(run.inside.carrier, &world, Starting { file, plan, keeping }, visit)
}

/// The name of a lab that goes with a command. Processes of different worlds have the same numbers, and one folder for
/// their labs: so in a lab its name comes with it.
fn passing_name(plan: &str) -> String {
    let around = env::var("TOYNET_LAB").ok().filter(|lab| join::is_here(lab));
    let around = around.map(|lab| format!("-in-{lab}")).unwrap_or_default();
    format!("{plan}{around}-{}", std::process::id())
}

/// `shell`: a shell in a lab that runs, or in one that runs for it.
pub fn shell(shell: Shell) -> Result<(), Exit> {
    let planned = shell.lab_file.as_deref().map(|path| up::open(Some(path))).transpose()?;
    let planned_name = planned.as_ref().map(|(_, plan)| plan.name.clone());
    let name = shell.name.clone().or(planned_name);
    let host = shell.inside.host.as_deref();
    if let Some((status, process)) = on_runtime(join::find(name.as_deref()))?
        && (shell.inside.carrier != Some(Carrier::World) || status["join"].is_object())
    {
        return join::join(&status, process, host, command(shell.command));
    }
    let (file, mut plan) = planned.map_or_else(|| up::open(None), Ok)?;
    let mut world = world::of(&plan, host)?;
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
    let world = world::trusting(world, &kept);
    let visit = Visit { variables: world.variables(), ..command(shell.command) };
    let keeping = Keeping { kept, record: shell.inside.record };
    within(shell.inside.carrier, &world, Starting { file, plan, keeping }, visit)
}

/// Runs a command in a lab that starts and ends with it: in a world, or where none can be had on the loopback.
fn within(carrier: Option<Carrier>, world: &World, starting: Starting, visit: Visit) -> Result<(), Exit> {
    on_runtime(serve::is_free(&starting.plan.name))?;
    if carrier == Some(Carrier::Ports) {
        return detour::within(world, starting, visit, None);
    }
    let outpost = outpost::leave(&starting.plan, None)?;
    // Only the process inside takes it: the one out here still has it when there is no inside.
    let mut lab = Some(starting);
    let serve = |inside| lab.take().map_or(Ok(()), |starting| serve_inside(world, starting, &outpost, inside));
    let made = world::start(world, serve);
    match outpost.given_to(made) {
        Ok(outside) => in_world(world, outside, &visit),
        Err(refused) => match (carrier, lab) {
            (None, Some(starting)) if refused.step != Step::Threads => {
                detour::within(world, starting, visit, Some(&refused))
            }
            (Some(_) | None, _) => Err(world::no_world(&refused)),
        },
    }
}

fn in_world(world: &World, mut outside: Outside, visit: &Visit) -> Result<(), Exit> {
    if outside.hear().as_deref() != Some(READY) {
        return world::ended_early(outside);
    }
    let entrance = outside.entrance().map_err(serve::not_allowed)?;
    let ended = join::enter(entrance, visit, &world.name)?;
    world::stop(outside, &world.name, ended)
}

fn serve_inside(world: &World, starting: Starting, outpost: &Outpost, mut inside: Inside) -> Result<(), Exit> {
    inside.be_quiet().map_err(serve::not_allowed)?;
    remarks::begin(false, "warn");
    let Starting { file, plan, keeping } = starting;
    let land = outpost::land(world, outpost, &mut inside);
    let ground = Ground::world(&world.me.name, land, outpost.ways_out(&plan))?;
    let serving = Serving {
        record: keeping.record,
        process: inside.process(),
        joining: Some(Joining::of(world)),
        ..Serving::new(file, plan, ground, keeping.kept)
    };
    on_runtime(serve::serve(serving, |_| inside.say(READY)))
}

/// What was typed, otherwise the user's shell.
fn command(typed: Vec<OsString>) -> Visit {
    let mut typed = typed.into_iter();
    let program = typed.next().or_else(|| env::var_os("SHELL").filter(|shell| !shell.is_empty()));
    Visit { arguments: typed.collect(), ..Visit::new(program.unwrap_or_else(|| "/bin/sh".into())) }
}
