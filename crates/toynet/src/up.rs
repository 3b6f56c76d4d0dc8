//! `up`: a lab from its file to its end.

use std::io::{self, IsTerminal};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use toynet_lab::control::message::{FaultOrder, Joined};
use toynet_lab::control::{client, server};
use toynet_lab::run::faults::FaultLine;
use toynet_lab::run::{Folders, GUEST, Ground, Lab, PortChoice};
use toynet_lab::table::{Outside, Table, is_on_path, own_call};
use toynet_lab::{LabFile, Mistake, Plan, protocols};

use crate::arguments::{LogForm, Ports, Up};
use crate::exit::Exit;
use crate::output::print;
use crate::{judge, live, remarks};

pub async fn up(up: Up) -> Result<(), Exit> {
    remarks::begin(up.log == LogForm::Json);
    let file = match &up.lab_file {
        Some(path) => judge::open(path)?,
        None => LabFile::built_in(DEFAULT_LAB).ok_or_else(|| Exit::invalid("the built-in lab is missing"))?,
    };
    let mut plan = judge::planned(&file)?;
    if let Some(name) = up.name {
        plan.name = name;
    }
    let folders = Folders::of_user().map_err(not_allowed)?;
    if client::running(&folders).await.contains(&plan.name) {
        return Err(Exit::not_allowed(format!(
            "toynet: a lab called `{0}` runs already; `toynet down --lab {0}` stops it, --lab NAME runs one beside it",
            plan.name
        )));
    }
    let plan = Arc::new(plan);
    let ground = Arc::new(Ground::find(&plan, port_choice(up.ports))?);
    if let Some(remark) = &ground.remark {
        tracing::warn!("{remark}");
    }
    let workers = up.workers.or(plan.workers);
    if up.fresh {
        folders.start_afresh(&plan.name).map_err(not_allowed)?;
    }
    let state = folders.keep_state(&plan.name).map_err(not_allowed)?;
    let lab = Lab::start(Arc::clone(&plan), Arc::clone(&ground), Arc::clone(&file.files), state, workers).await?;
    let stop = Rc::new(Notify::new());
    let control = control(&lab, &plan, &ground, &stop);
    let socket = folders.control_socket(&plan.name);
    server::start(&socket, control)
        .await
        .map_err(|error| Exit::not_allowed(format!("toynet: {} cannot be listened on: {error}", socket.display())))?;
    if up.log != LogForm::Json {
        greet(&plan, &ground);
    }
    let log = live::new_log(lab.roster().clone(), live::format(up.log), up.secrets);
    live::start(lab.follower()(), lab.clock(), up.log, log);
    let ended = run_until_stopped(lab, &stop).await;
    folders.forget(&plan.name);
    ended
}

fn port_choice(ports: Option<Ports>) -> PortChoice {
    match ports {
        None => PortChoice::Auto,
        Some(Ports::Standard) => PortChoice::Standard,
        Some(Ports::Raised) => PortChoice::Raised,
    }
}

async fn run_until_stopped(mut lab: Lab, stop: &Notify) -> Result<(), Exit> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(not_allowed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(not_allowed)?;
    tokio::select! {
        biased;
        () = lab.failed() => return Err(Exit::died("toynet: all workers have ended")),
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        () = stop.notified() => {}
    }
    tokio::select! {
        biased;
        stopped = lab.stop(STOP_LIMIT) => stopped.map_err(|error| Exit::died(format!("toynet: {error}"))),
        _ = interrupt.recv() => Err(Exit::died("toynet: stopped at once")),
    }
}

fn control(lab: &Lab, plan: &Arc<Plan>, ground: &Arc<Ground>, stop: &Rc<Notify>) -> server::Control {
    let status = status(lab, plan, ground);
    let follow = lab.follower();
    server::Control {
        status: Box::new(status),
        follow: Box::new(follow),
        roster: lab.roster().clone(),
        guests: lab.guests().clone(),
        welcome: Box::new(welcome(lab, plan, ground)),
        fault: Box::new(change_faults(lab, plan)),
        clock: lab.clock(),
        stop: Rc::clone(stop),
    }
}

/// Obeys orders about faults.
fn change_faults(lab: &Lab, plan: &Arc<Plan>) -> impl Fn(FaultOrder) -> Result<Vec<FaultLine>, String> + use<> {
    let (book, clock, plan) = (Arc::clone(lab.faults()), lab.clock(), Arc::clone(plan));
    move |order| {
        let unknown = |number: u64| format!("there is no fault {number}");
        let changed = match order {
            FaultOrder::List => Ok(1),
            FaultOrder::Add { text } => {
                let planned = plan.read_fault(&text, protocols::ALL).map_err(|mistakes| in_words(&mistakes))?;
                tracing::info!(host = %planned.host, "a fault is set: {}", planned.text);
                Ok(book.add(planned, clock.now()) as usize)
            }
            FaultOrder::Clear { number } => number.map_or(Ok(book.clear(None)), |one| match book.clear(Some(one)) {
                0 => Err(unknown(one)),
                cleared => Ok(cleared),
            }),
            FaultOrder::Turn { number, on } => {
                number.map_or(Ok(book.turn(None, on)), |one| match book.turn(Some(one), on) {
                    0 => Err(unknown(one)),
                    turned => Ok(turned),
                })
            }
        };
        changed.map(|_| book.list())
    }
}

fn in_words(mistakes: &[Mistake]) -> String {
    let words = mistakes.iter().map(|mistake| match &mistake.advice {
        Some(advice) => format!("{}; {advice}", mistake.what),
        None => mistake.what.clone(),
    });
    words.collect::<Vec<_>>().join("\n")
}

/// What a process is told that wants to act as a host.
fn welcome(
    lab: &Lab,
    plan: &Arc<Plan>,
    ground: &Arc<Ground>,
) -> impl Fn(Option<&str>) -> Result<Joined, String> + use<> {
    let (clock, terrain, ports) = (lab.clock(), lab.terrain(), ground.ports);
    let plan = Arc::clone(plan);
    move |name| {
        let host = match name {
            Some(name) => plan.host(name).ok_or_else(|| format!("{name} is none of its hosts"))?.name.to_string(),
            None => plan.workstation().map_or_else(|| GUEST.to_owned(), |host| host.name.to_string()),
        };
        Ok(Joined {
            worker: 0,
            host,
            terrain: terrain.clone(),
            net: ports.net(),
            port_offset: ports.offset(),
            clock_ahead: clock.ahead(),
            authority: None,
        })
    }
}

fn status(lab: &Lab, plan: &Arc<Plan>, ground: &Arc<Ground>) -> impl Fn() -> Value + use<> {
    let (clock, began) = (lab.clock(), lab.clock().now());
    let (plan, ground, toynet) = (Arc::clone(plan), Arc::clone(ground), own_call());
    move || {
        let outside = outside(&plan, &ground, &toynet);
        let table = Table::new(&plan, &outside, &is_on_path);
        let mut status = table.to_json();
        status["pid"] = json!(std::process::id());
        status["carrier"] = json!("ports");
        status["network"] = json!(format!("127.{}.0.0/16", ground.ports.net()));
        status["running_ms"] = json!((clock.now() - began).as_millis() as u64);
        status["text"] = json!(table.text());
        status
    }
}

fn greet(plan: &Plan, ground: &Ground) {
    let text = Table::new(plan, &outside(plan, ground, &own_call()), &is_on_path).text();
    let how = if io::stdin().is_terminal() { "Ctrl-C stops it" } else { "`toynet down` stops it" };
    let greeting = format!("{text}\nready: lab {} on 127.{}.0.0/16; {how}\n", plan.name, ground.ports.net());
    print(&greeting);
}

fn outside<'a>(plan: &Plan, ground: &'a Ground, toynet: &'a str) -> Outside<'a> {
    let (port_offset, resolver) = (ground.ports.offset(), ground.resolver(plan));
    Outside { addresses: &ground.outside, port_offset, resolver, toynet }
}

fn not_allowed(error: io::Error) -> Exit {
    Exit::not_allowed(format!("toynet: {error}"))
}

/// What `toynet` without arguments runs.
const DEFAULT_LAB: &str = "internet";
/// Everything stops within five seconds; most of it is left to what follows.
const STOP_LIMIT: Duration = Duration::from_secs(4);
