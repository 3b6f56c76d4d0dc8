//! `up`: a lab that runs until it is stopped.

use std::io::{self, IsTerminal};
use std::path::Path;

use toynet_lab::run::{Ground, PortChoice};
use toynet_lab::table::own_call;
use toynet_lab::{LabFile, Plan};

use crate::arguments::{Carrier, LogForm, Ports, Up};
use crate::exit::Exit;
use crate::output::print;
use crate::serve::{self, Serving};
use crate::world::{self, Joining};
use crate::{detach, judge, remarks};

pub fn up(up: Up) -> Result<(), Exit> {
    let (file, mut plan) = open(up.lab_file.as_deref())?;
    if let Some(name) = &up.name {
        plan.name.clone_from(name);
    }
    if up.detach {
        return detach::detach(&plan.name);
    }
    match up.carrier {
        Carrier::Ports => {
            remarks::begin(up.log == LogForm::Json, "info");
            crate::on_runtime(serve_on_ports(&up, file, plan))
        }
        Carrier::World => {
            crate::on_runtime(serve::is_free(&plan.name))?;
            // Doors are opened out here: a socket belongs to the network in which it was made.
            let ground = Ground::find(&plan, port_choice(up.ports))?;
            let (remark, doors) = (ground.remark.clone(), ground.open_doors(&plan)?);
            let kept = serve::keep(&plan.name, true, up.fresh)?;
            let world = world::trusting(world::of(&plan, None)?, &kept);
            let ground = ground.behind_doors(&world.me.name, world::land(&world), world::ways_out(&plan)?);
            let outside = world::start(&world, |mut inside| {
                remarks::begin(up.log == LogForm::Json, "info");
                remark.iter().for_each(|remark| tracing::warn!("{remark}"));
                let mut serving = serving(&up, file, plan, ground);
                serving.kept = Some(kept);
                serving.doors = doors;
                serving.process = inside.process();
                serving.joining = Some(Joining::of(&world));
                crate::on_runtime(serve::serve(serving, |serving| {
                    greet(&up, serving);
                    inside.say(world::READY);
                }))
            })?;
            world::wait(outside)
        }
    }
}

/// The lab file, or the built-in lab where none is named, and its plan.
pub fn open(lab_file: Option<&Path>) -> Result<(LabFile, Plan), Exit> {
    let file = match lab_file {
        Some(path) => judge::open(path)?,
        None => LabFile::built_in(DEFAULT_LAB).ok_or_else(|| Exit::invalid("the built-in lab is missing"))?,
    };
    let plan = judge::planned(&file)?;
    Ok((file, plan))
}

async fn serve_on_ports(up: &Up, file: LabFile, plan: Plan) -> Result<(), Exit> {
    serve::is_free(&plan.name).await?;
    let ground = Ground::find(&plan, port_choice(up.ports))?;
    if let Some(remark) = &ground.remark {
        tracing::warn!("{remark}");
    }
    serve::serve(serving(up, file, plan, ground), |serving| greet(up, serving)).await
}

fn serving(up: &Up, file: LabFile, plan: Plan, ground: Ground) -> Serving {
    Serving {
        workers: up.workers,
        keeps_state: true,
        fresh: up.fresh,
        log: up.log,
        secrets: up.secrets,
        record: up.record.clone(),
        watch: up.watch,
        ..Serving::new(file, plan, ground)
    }
}

fn port_choice(ports: Option<Ports>) -> PortChoice {
    match ports {
        None => PortChoice::Auto,
        Some(Ports::Standard) => PortChoice::Standard,
        Some(Ports::Raised) => PortChoice::Raised,
    }
}

fn greet(up: &Up, serving: &Serving) {
    if up.log == LogForm::Json {
        return;
    }
    let (lab, network) = (&serving.plan.name, serving.ground.network());
    let how = if io::stdin().is_terminal() { "Ctrl-C stops it" } else { "`toynet down` stops it" };
    let enter = if serving.joining.is_some() { "`toynet shell` enters it, " } else { "" };
    let socks = serving.ground.socks_at.map(|at| {
        format!("\nBROWSE\n  # a browser in which the lab is the internet; others by the proxy socks5h://{at}\n  {} browser\n", own_call())
    });
    print(&format!("{}{}\nready: lab {lab} on {network}; {enter}{how}\n", serving.table(), socks.unwrap_or_default()));
}

/// What `toynet` without arguments runs.
const DEFAULT_LAB: &str = "internet";
