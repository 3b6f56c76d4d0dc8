//! `up`: a lab that runs until it is stopped.

use std::io::{self, IsTerminal};
use std::path::Path;

use toynet_lab::run::{Ground, PortChoice, worker_count};
use toynet_lab::table::own_call;
use toynet_lab::{LabFile, Plan};
use toynet_world::Refused;
use toynet_world::refused::Reason;

use crate::arguments::{Carrier, LogForm, Ports, Up};
use crate::exit::Exit;
use crate::output::print;
use crate::serve::{self, Kept, Serving};
use crate::world::join::Joining;
use crate::world::{self, outpost};
use crate::{detach, judge, remarks};

pub fn up(up: Up) -> Result<(), Exit> {
    let (file, mut plan) = open(up.lab_file.as_deref())?;
    if let Some(name) = &up.name {
        plan.name.clone_from(name);
    }
    if up.detach {
        return detach::detach(&plan.name);
    }
    crate::on_runtime(serve::is_free(&plan.name))?;
    let ground = Ground::find(&plan, port_choice(up.ports))?;
    let start = Start { kept: serve::keep(&plan.name, true, up.fresh)?, file, plan, ground };
    match up.carrier {
        Some(Carrier::Ports) => start.on_ports(&up, None),
        Some(Carrier::World) => start.in_world(&up)?.map_err(|(refused, _)| world::no_world(&refused)),
        None => match start.in_world(&up)? {
            Ok(()) => Ok(()),
            Err((refused, start)) => start.on_ports(&up, Some(&refused)),
        },
    }
}

/// What a lab starts from.
struct Start {
    file: LabFile,
    plan: Plan,
    ground: Ground,
    kept: Kept,
}

impl Start {
    /// Runs the lab on the machine's loopback; with a reason why it has no network of its own, if there is one.
    fn on_ports(self, up: &Up, refused: Option<&Refused>) -> Result<(), Exit> {
        let serving = self.serving(up, refused);
        crate::on_runtime(serve::serve(serving, |serving| greet(up, serving)))
    }

    /// Runs the lab in a network of its own whose doors are on the loopback; gives all back when there can be none.
    fn in_world(self, up: &Up) -> Result<Result<(), (Refused, Self)>, Exit> {
        let world = world::trusting(world::of(&self.plan, None)?, &self.kept);
        let outpost = outpost::leave(&self.plan, self.ground.net())?;
        outpost.open_doors(&self.ground, &self.plan, worker_count(up.workers.or(self.plan.workers)));
        let mut start = Some(self);
        let made = world::start(&world, |mut inside| {
            // The process outside has its own copy of all this, which it lets go: so what the lab closes is closed.
            let Some(mut start) = start.take() else { return Ok(()) };
            let (ways_out, land) = (outpost.ways_out(&start.plan), outpost::land(&world, &outpost, &mut inside));
            start.ground = start.ground.behind_doors(&world.me.name, land, ways_out, outpost.doors());
            let process = inside.process();
            let serving = Serving { process, joining: Some(Joining::of(&world)), ..start.serving(up, None) };
            crate::on_runtime(serve::serve(serving, |serving| {
                outpost.close_rest();
                greet(up, serving);
                inside.say(world::READY);
            }))
        });
        Ok(match (outpost.given_to(made), start) {
            (Ok(outside), start) => {
                drop(start);
                world::wait(outside)?;
                Ok(())
            }
            (Err(refused), Some(start)) => Err((refused, start)),
            (Err(refused), None) => return Err(world::no_world(&refused)),
        })
    }

    fn serving(self, up: &Up, refused: Option<&Refused>) -> Serving {
        remarks::begin(up.log == LogForm::Json, "info");
        let lacking = refused.filter(|refused| refused.reason() != Reason::NotLinux).map(without_world);
        lacking.iter().chain(&self.ground.remark).for_each(|remark| tracing::warn!("{remark}"));
        Serving {
            workers: up.workers,
            log: up.log,
            secrets: up.secrets,
            record: up.record.clone(),
            watch: up.watch,
            ..Serving::new(self.file, self.plan, self.ground, self.kept)
        }
    }
}

/// What could not be had, and the cure, in one line.
fn without_world(refused: &Refused) -> String {
    let cure = refused.cure().unwrap_or_else(|| "`toynet doctor` tells more".to_owned());
    format!("no network of its own, so `toynet shell` leads programs to this lab on the loopback: {refused}; {cure}")
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
