//! A lab from its plan to its end, in whatever surroundings.

use std::future::pending;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use toynet_lab::control::{client, server};
use toynet_lab::run::{Clock, Folders, Ground, Lab, Reloader};
use toynet_lab::table::{Outside, Table, is_on_path, own_call};
use toynet_lab::{Authority, LabFile, Plan};
use toynet_view::Show;

use crate::arguments::LogForm;
use crate::exit::Exit;
use crate::listen::Listener;
use crate::recording::Recording;
use crate::world::join::Joining;
use crate::{control, live, reload};

/// What runs, where, and what is shown of it.
pub struct Serving {
    pub file: LabFile,
    /// What it starts with.
    pub plan: Arc<Plan>,
    pub ground: Arc<Ground>,
    pub workers: Option<u16>,
    pub log: LogForm,
    pub secrets: bool,
    /// What outlives the lab.
    pub kept: Kept,
    /// Where all that passes is kept for later.
    pub record: Option<PathBuf>,
    /// The lab's process, as others number it.
    pub process: i32,
    /// The authority's certificate in PEM, and the file that holds it; known once the lab is about to start.
    pub root: Option<(String, Option<PathBuf>)>,
    /// The hash of that certificate's key, as browsers name keys (RFC 7469 2.4).
    pub root_key: Option<String>,
    /// What others need to join it, where that can be done.
    pub joining: Option<Joining>,
    /// Whether it takes its file anew whenever that is saved.
    pub watch: bool,
    /// Knows what runs, once something does.
    pub reloader: Option<Reloader>,
}

impl Serving {
    /// A lab that shows nothing.
    pub fn new(file: LabFile, plan: Plan, ground: Ground, kept: Kept) -> Self {
        Self {
            file,
            plan: Arc::new(plan),
            ground: Arc::new(ground),
            workers: None,
            log: LogForm::Off,
            secrets: false,
            kept,
            record: None,
            process: std::process::id().cast_signed(),
            root: None,
            root_key: None,
            joining: None,
            watch: false,
            reloader: None,
        }
    }

    /// The hosts, and commands to try.
    pub fn table(&self) -> String {
        self.with_table(false, |table| table.text())
    }

    fn with_table<T>(&self, inside: bool, show: impl FnOnce(Table<'_>) -> T) -> T {
        let plan = self.reloader.as_ref().map_or_else(|| Arc::clone(&self.plan), Reloader::plan);
        let (ground, toynet) = (&self.ground, own_call());
        let root = self.root.as_ref().and_then(|(_, file)| file.as_deref());
        let (doors, port_offset, resolver) = match inside {
            true => (Arc::default(), 0, plan.resolver()),
            false => (ground.outside(&plan), ground.port_offset(), ground.resolver(&plan)),
        };
        let outside = Outside { is_inside: inside, addresses: &doors, port_offset, resolver, toynet: &toynet, root };
        show(Table::new(&plan, &outside, &is_on_path))
    }

    /// The same and more, for a program; for one that `is_near` as it is seen in the lab's own world, if it has one.
    pub fn status(&self, running: Duration, is_near: bool) -> Value {
        let inside = is_near && self.joining.is_some();
        let mut status = self.with_table(inside, |table| table.to_json());
        status["pid"] = json!(self.process);
        status["carrier"] = json!(self.ground.carrier_name());
        status["network"] = if inside { json!("a network of its own") } else { json!(self.ground.network()) };
        // From inside the machine's loopback is out of reach.
        status["socks"] = json!(self.ground.socks_at.filter(|_| !inside));
        status["running_ms"] = json!(running.as_millis() as u64);
        status["authority"] = self
            .root
            .as_ref()
            .map_or(Value::Null, |(pem, file)| json!({ "pem": pem, "file": file, "key": self.root_key }));
        status["text"] = json!(self.with_table(inside, |table| table.text()));
        if let Some(joining) = &self.joining {
            status["join"] = joining.to_json();
        }
        status
    }
}

/// What of a lab outlives it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The folder for mail, boards and keys.
    pub state: Option<PathBuf>,
    /// Who vouches for the lab's names.
    pub authority: Authority,
}

/// Finds what a lab of this name has kept, or makes it anew.
pub fn keep(name: &str, keeps_state: bool, fresh: bool) -> Result<Kept, Exit> {
    let folders = Folders::of_user().map_err(not_allowed)?;
    if fresh {
        folders.start_afresh(name).map_err(not_allowed)?;
    }
    let state = if keeps_state { folders.keep_state(name).map_err(not_allowed)? } else { None };
    let authority = Authority::open(name, state.as_deref(), Clock::system()).map_err(not_allowed)?;
    Ok(Kept { state, authority })
}

/// # Errors
/// When a lab of this name runs.
pub async fn is_free(name: &str) -> Result<(), Exit> {
    let folders = Folders::of_user().map_err(not_allowed)?;
    if client::running(&folders).await.iter().any(|running| running == name) {
        return Err(Exit::not_allowed(format!(
            "toynet: a lab called `{name}` runs already; `toynet down --lab {name}` stops it, --lab NAME runs one beside it"
        )));
    }
    Ok(())
}

/// Runs a lab until something stops it; `ready` is called when all its services answer.
pub async fn serve(mut serving: Serving, ready: impl FnOnce(&Serving)) -> Result<(), Exit> {
    let folders = Folders::of_user().map_err(not_allowed)?;
    let name = serving.plan.name.clone();
    let Kept { state, authority } = serving.kept.clone();
    if let Some(file) = toynet_lab::run::key_log_file() {
        tracing::warn!("the secrets of all TLS here go to {}, as SSLKEYLOGFILE says", file.display());
    }
    serving.root = Some((authority.root_pem().to_owned(), authority.root_file().map(Path::to_owned)));
    serving.root_key = Some(authority.root_key_hash());
    let (plan, ground) = (Arc::clone(&serving.plan), Arc::clone(&serving.ground));
    let workers = serving.workers.or(plan.workers);
    let recording = serving.record.as_deref().map(Recording::create).transpose()?;
    // From here on a signal finds somebody; on the first process of a world it has been held back until here.
    let mut signals = Signals::heard().map_err(not_allowed)?;
    toynet_world::hear_signals().map_err(not_allowed)?;
    let lab = Lab::start(plan, ground, Arc::clone(&serving.file.files), state, authority, workers).await?;
    let recording = match recording {
        Some(recording) => Some(recording.start(&lab).await.map_err(not_allowed)?),
        None => None,
    };
    let stop = Rc::new(Notify::new());
    let reloader = lab.reloader(serving.file.clone());
    serving.reloader = Some(reloader.clone());
    let serving = Rc::new(serving);
    let socket = folders.control_socket(&name);
    server::start(&socket, control::control(&lab, &serving, &reloader, &stop)).await.map_err(|error| {
        Exit::not_allowed(format!(
            "toynet: {} cannot be listened on: {error}; XDG_RUNTIME_DIR can name another folder",
            socket.display()
        ))
    })?;
    ready(&serving);
    let (roster, form, show) =
        (lab.roster().clone(), serving.log, Show { secrets: serving.secrets, ..Show::default() });
    let log = move || live::new_log(roster, live::format(form), show);
    let log = live::start(lab.follower()(), lab.clock(), form, log).map_err(not_allowed)?;
    let reloading = Reloading { reloader, watch: serving.watch };
    let ended = run_until_stopped(lab, &stop, &mut signals, &reloading, recording.into_iter().chain(log)).await;
    folders.forget(&name);
    ended
}

/// Those by which a lab is told to stop, or to take its file anew.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    has_terminal: bool,
}

impl Signals {
    fn heard() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            has_terminal: io::stdin().is_terminal(),
        })
    }

    /// Whether the terminal is gone that there was: then a SIGHUP means just that.
    fn lost_terminal(&self) -> bool {
        self.has_terminal && !io::stdin().is_terminal()
    }
}

struct Reloading {
    reloader: Reloader,
    watch: bool,
}

impl Reloading {
    async fn watch(&self, clock: Clock) {
        if self.watch { reload::watch(&self.reloader, clock).await } else { pending().await }
    }
}

async fn run_until_stopped(
    mut lab: Lab,
    stop: &Notify,
    signals: &mut Signals,
    reloading: &Reloading,
    listeners: impl Iterator<Item = Listener>,
) -> Result<(), Exit> {
    let clock = lab.clock();
    let mut watching = std::pin::pin!(reloading.watch(clock));
    loop {
        tokio::select! {
            biased;
            () = lab.failed() => return Err(Exit::died("toynet: all workers have ended")),
            _ = signals.interrupt.recv() => break,
            _ = signals.terminate.recv() => break,
            () = stop.notified() => break,
            _ = signals.hangup.recv() => match signals.lost_terminal() {
                true => break,
                false => reload::tell(&reloading.reloader.reload().await),
            },
            () = &mut watching => {}
        }
    }
    let stopping = async {
        lab.give_notice().await;
        for listener in listeners {
            listener.stop(clock).await;
        }
        lab.stop(STOP_LIMIT).await
    };
    tokio::select! {
        biased;
        stopped = stopping => stopped.map_err(|error| Exit::died(format!("toynet: {error}"))),
        _ = signals.interrupt.recv() => Err(Exit::died("toynet: stopped at once")),
    }
}

pub fn not_allowed(error: io::Error) -> Exit {
    Exit::not_allowed(format!("toynet: {error}"))
}

/// Everything stops within five seconds; most of it is left to what follows.
const STOP_LIMIT: Duration = Duration::from_secs(4);
