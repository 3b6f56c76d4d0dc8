//! `reload`: a running lab takes its file anew, because it was told so, by SIGHUP or because a file was saved.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use toynet_lab::run::{Clock, NotReloaded, Reloaded, Reloader};

use crate::arguments::Reload;
use crate::ask::{connect, stuck, within};
use crate::exit::Exit;
use crate::output::print;

pub async fn reload(arguments: Reload) -> Result<(), Exit> {
    let client = connect(&arguments.lab).await?;
    let stuck = stuck("does not answer", &client);
    let reloaded = within(LIMIT, client.reload()).await.unwrap_or(Err(stuck))?.map_err(|not| match not {
        NotReloaded::Invalid(text) => Exit::invalid(text),
        NotReloaded::Refused(text) => Exit::failed(text),
        NotReloaded::Failed(text) => Exit::not_allowed(text),
    })?;
    print(&if arguments.json { format!("{:#}\n", serde_json::json!(reloaded)) } else { lines(&reloaded) });
    Ok(())
}

/// Says in the lab's own terminal what became of it.
pub fn tell(outcome: &Result<Reloaded, NotReloaded>) {
    match outcome {
        Ok(reloaded) if reloaded.is_nothing() => tracing::info!("reload: nothing has changed"),
        Ok(reloaded) => tracing::info!("reloaded: {}", lines(reloaded).trim_end().replace('\n', ", ")),
        Err(NotReloaded::Invalid(why) | NotReloaded::Refused(why) | NotReloaded::Failed(why)) => {
            tracing::error!("not reloaded; all is as before\n{}", why.trim_end());
        }
    }
}

/// Takes the file anew whenever it is saved, or one that it names. Never ends.
pub async fn watch(reloader: &Reloader, clock: Clock) {
    let mut known = stamps(reloader);
    loop {
        clock.sleep(LOOK).await;
        let seen = stamps(reloader);
        if seen != known {
            known = seen;
            tell(&reloader.reload().await);
        }
    }
}

fn lines(reloaded: &Reloaded) -> String {
    let Reloaded { unchanged, restarted, added, removed, arrived, moved, departed, links, faults } = reloaded;
    let mut text = format!("unchanged  {unchanged}\n");
    let hosts = [("arrived", arrived), ("moved", moved), ("departed", departed)];
    let services = [("restarted", restarted), ("added", added), ("removed", removed)];
    for (what, names) in hosts.into_iter().chain(services) {
        text.extend(names.iter().map(|name| format!("{what:<9}  {name}\n")));
    }
    for (differ, what) in [(links, "links"), (faults, "faults")] {
        text += &if *differ { format!("replaced   {what}\n") } else { String::new() };
    }
    text
}

/// When each file was written, and how long it is.
fn stamps(reloader: &Reloader) -> Vec<Option<(i64, i64, u64)>> {
    let stamp = |found: fs::Metadata| (found.mtime(), found.mtime_nsec(), found.len());
    reloader.watched().into_iter().map(|path| fs::metadata(path).ok().map(stamp)).collect()
}

/// Soon enough for whoever looks up from the editor, and next to no work.
const LOOK: Duration = Duration::from_millis(300);
/// A lab of a thousand zones takes a second; a little more for a machine that is busy.
const LIMIT: Duration = Duration::from_secs(20);
