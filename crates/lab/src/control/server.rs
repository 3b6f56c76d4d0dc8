//! The lab's side of the control socket.

use std::cell::RefCell;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::Notify;
use tokio::task::spawn_local;
use toynet_net::{Clock, local};
use toynet_record::Journal;

use super::message::{self, Answer, Ask, FaultOrder, Joined};
use crate::run::faults::FaultLine;
use crate::run::{Follow, Guests, Reloader};

/// What a lab lets its control socket know of it.
pub struct Control {
    /// What `status` answers to a process that is in the lab's own world, or to one outside.
    pub status: Box<dyn Fn(bool) -> Value>,
    /// A new reader of the record.
    pub follow: Box<dyn Fn() -> Follow>,
    /// Those who act as hosts from other processes.
    pub guests: Guests,
    /// What a guest is told; why there is no such host otherwise.
    pub welcome: Welcome,
    /// Changes what services do wrong on purpose; tells all of that, or why the order makes no sense.
    pub fault: ChangeFaults,
    /// Takes the lab file anew.
    pub reloader: Reloader,
    /// The lab's clock.
    pub clock: Clock,
    /// Told when somebody asks the lab to stop.
    pub stop: Rc<Notify>,
}

/// Obeys an order about faults.
pub type ChangeFaults = Box<dyn Fn(FaultOrder) -> Result<Vec<FaultLine>, String>>;

/// Says what it takes to act as the host of a name, or as a guest.
pub type Welcome = Box<dyn Fn(Option<&str>) -> Result<Joined, String>>;

/// Listens at `path` and answers from then on, as long as the runtime lives.
///
/// # Errors
/// [`io::ErrorKind::AddrInUse`] when a lab listens there already.
pub async fn start(path: &Path, control: Control) -> io::Result<()> {
    let listener = local::listen(path).await?;
    let control = Rc::new(control);
    let clients = Rc::new(RefCell::new(0));
    spawn_local(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                control.clock.sleep(SHORTAGE).await;
                continue;
            };
            if *clients.borrow() >= MOST_CLIENTS {
                continue;
            }
            *clients.borrow_mut() += 1;
            let (control, clients) = (Rc::clone(&control), Rc::clone(&clients));
            spawn_local(async move {
                // A process outside of this one's namespace has no number in it (pid_namespaces(7)).
                let is_near = local::process_at(&stream).is_some_and(|process| process > 0);
                let (from, to) = tokio::io::split(stream);
                // A client that went away has nothing more to ask.
                let _ = serve(&control, is_near, BufReader::new(from), to).await;
                *clients.borrow_mut() -= 1;
            });
        }
    });
    Ok(())
}

async fn serve(
    control: &Control,
    is_near: bool,
    mut from: impl AsyncBufReadExt + Unpin,
    mut to: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    let mut text = String::new();
    (&mut from).take(LONGEST_ASK).read_line(&mut text).await?;
    match message::parse(&text) {
        Ok(Ask::Status) => say(&mut to, &Answer::Status { status: (control.status)(is_near) }).await,
        Ok(Ask::Record { follow }) => record(control, follow, &mut to).await,
        Ok(Ask::Fault { order }) => match (control.fault)(order) {
            Ok(faults) => say(&mut to, &Answer::Faults { faults }).await,
            Err(why) => say(&mut to, &Answer::Error { why }).await,
        },
        Ok(Ask::Reload) => {
            let answer = match control.reloader.reload().await {
                Ok(reloaded) => Answer::Reloaded { reloaded },
                Err(why) => Answer::NotReloaded { why },
            };
            say(&mut to, &answer).await
        }
        Ok(Ask::Join { host }) => join(control, host.as_deref(), from, &mut to).await,
        Ok(Ask::Seen { .. }) => say(&mut to, &Answer::Error { why: "nobody has joined here".to_owned() }).await,
        Ok(Ask::Stop) => {
            say(&mut to, &Answer::Stopping).await?;
            control.stop.notify_one();
            Ok(())
        }
        Err(why) => say(&mut to, &Answer::Error { why }).await,
    }
}

async fn record(control: &Control, follow: bool, to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    say(to, &Answer::Roster { roster: control.reloader.roster() }).await?;
    let mut record = (control.follow)();
    let mut news = record.now().await;
    while let Some(portion) = news {
        if portion.left_out > 0 {
            say(to, &message::entries(&Journal::default(), portion.left_out)).await?;
        }
        for part in portion.journal.parts(LONGEST_PART) {
            say(to, &message::entries(&part, 0)).await?;
        }
        if !follow {
            break;
        }
        news = record.next(control.clock).await;
    }
    Ok(())
}

/// Takes in what a guest sees, until it goes or falls silent.
async fn join(
    control: &Control,
    host: Option<&str>,
    mut from: impl AsyncBufReadExt + Unpin,
    to: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let mut joined = match (control.welcome)(host) {
        Ok(joined) => joined,
        Err(why) => return say(to, &Answer::Error { why }).await,
    };
    let guest = control.guests.welcome();
    joined.worker = guest.worker();
    let mut version = control.reloader.version();
    say(to, &Answer::Joined(Box::new(joined))).await?;
    let mut text = String::new();
    loop {
        text.clear();
        let deadline = control.clock.now() + SILENCE;
        let mut limited = (&mut from).take(LONGEST_TOLD);
        let reading = limited.read_line(&mut text);
        if control.clock.until(deadline, reading).await.is_err() {
            // Who says nothing holds nobody up; what it says later is heard all the same.
            guest.is_silent();
            continue;
        }
        match message::parse(&text) {
            Ok(Ask::Seen { octets, up_to, struck }) => {
                control.reloader.count(&struck);
                guest.tells(&message::journal(&octets), up_to);
                let before = std::mem::replace(&mut version, control.reloader.version());
                if before != version {
                    say(to, &Answer::Terrain { terrain: Box::new(control.reloader.terrain()) }).await?;
                }
            }
            Ok(_) | Err(_) => return Ok(()),
        }
    }
}

async fn say(to: &mut (impl AsyncWrite + Unpin), answer: &Answer) -> io::Result<()> {
    to.write_all(message::line(answer).as_bytes()).await?;
    to.flush().await
}

/// Of a journal in one line: a reader holds a line whole.
const LONGEST_PART: usize = 1024 * 1024;
/// Every ask is shorter than this.
const LONGEST_ASK: u64 = 4096;
/// Twice what a guest tells at once.
const LONGEST_TOLD: u64 = 4 * 1024 * 1024;
/// Ten times as long as a guest that is alive takes between two lines.
const SILENCE: Duration = Duration::from_millis(250);
/// Terminals of one person that follow one lab; each costs a descriptor and a reader.
const MOST_CLIENTS: usize = 64;
/// Long enough for some connection to end.
const SHORTAGE: Duration = Duration::from_millis(50);
