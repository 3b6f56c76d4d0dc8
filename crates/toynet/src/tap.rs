//! `tap`: between any real client and server, to see what they say.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::signal::unix::{SignalKind, signal};
use toynet_lab::run::{Clock, Folders, Intercept, Relay, Trust};
use toynet_lab::{Authority, dissectors};
use toynet_view::Show;

use crate::arguments::{Listen, LogForm, Tap};
use crate::exit::Exit;
use crate::output::print;
use crate::recording::Recording;
use crate::{live, remarks};

pub async fn tap(tap: Tap) -> Result<(), Exit> {
    remarks::begin(tap.log == LogForm::Json, "info");
    let not_allowed = |error: io::Error| Exit::not_allowed(format!("toynet: {error}"));
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt()).map_err(not_allowed)?, signal(SignalKind::terminate()).map_err(not_allowed)?);
    let protocol = known(tap.proto.as_deref(), tap.to.port)?;
    let Listen(ip, port) = tap.listen;
    let recording = tap.record.as_deref().map(Recording::create).transpose()?;
    let standard = dissectors::standing_for(protocol, tap.to.port);
    let (intercept, root) = if tap.intercept { interception(tap.insecure)? } else { (None, None) };
    let listen = SocketAddr::new(ip, port.unwrap_or(0));
    let relay = Relay::start(listen, &tap.to.host, tap.to.port, standard, intercept);
    let relay = relay.await.map_err(not_allowed)?;
    let roster = relay.roster().clone();
    let follow = relay.recorder().await;
    let record =
        |recording: Recording| recording.start_with(tap.to.host.clone(), roster.clone(), follow, relay.clock());
    let recording = recording.map(record).transpose().map_err(not_allowed)?;
    if tap.log != LogForm::Json {
        let (bound, to) = (relay.bound(), &tap.to);
        let spoken = tap.proto.as_deref().filter(|name| *name != AUTO).unwrap_or("what they speak shows when they do");
        print(&format!("ready: tcp and udp from {bound} to {}:{} ({spoken})\n", to.host, to.port));
        if let Some(root) = root {
            let root = root.display();
            print(&format!(
                "TLS is opened: clients must trust {root}, as with curl --cacert; `toynet ca --lab {LAB}` says how\n"
            ));
        }
    }
    let (form, secrets) = (tap.log, tap.secrets);
    let listens = tap.proto.as_deref().is_none_or(|name| name == AUTO);
    let new_log = if listens { live::listening_log } else { live::new_log };
    let log = move || new_log(roster, live::format(form), Show { secrets, ..Show::default() });
    let log = live::start_among_strangers(relay.follow(), relay.clock(), form, log).map_err(not_allowed)?;
    tokio::select! {
        biased;
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    for listener in [log, recording].into_iter().flatten() {
        listener.stop(relay.clock()).await;
    }
    Ok(())
}

/// What opens TLS, and the file with the root that clients must trust.
fn interception(insecure: bool) -> Result<(Option<Intercept>, Option<PathBuf>), Exit> {
    let not_allowed = |error: io::Error| Exit::not_allowed(format!("toynet: {error}"));
    let state = Folders::of_user().and_then(|folders| folders.keep_state(LAB)).map_err(not_allowed)?;
    let state =
        state.ok_or_else(|| Exit::not_allowed("toynet: without a home there is no place for a root to trust"))?;
    let authority = Authority::open(LAB, Some(&state), Clock::system()).map_err(not_allowed)?;
    let root = authority.root_file().map(Path::to_owned);
    let trust = if insecure { Trust::Anybody } else { Trust::System };
    Ok((Some(Intercept::new(authority, trust)), root))
}

/// The protocol of this name, or that of the port; nothing when nobody knows what is spoken there.
fn known(name: Option<&str>, port: u16) -> Result<Option<&'static str>, Exit> {
    let name = name.filter(|name| *name != AUTO);
    let protocol = dissectors::protocol(name, port).map(|protocol| protocol.name);
    match (name, protocol) {
        (Some(name), None) => {
            let names = dissectors::names().collect::<Vec<_>>().join(", ");
            Err(Exit::misused(format!("toynet: {name} is not understood here; there is {AUTO}, {names}")))
        }
        (_, protocol) => Ok(protocol),
    }
}

/// By what is said first, otherwise by the server's port.
const AUTO: &str = "auto";
/// Under which name the root is kept.
const LAB: &str = "tap";
