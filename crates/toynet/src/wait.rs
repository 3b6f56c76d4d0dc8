//! `wait`: comes back when something in a lab is so, or fails when it is not so in time.
//!
//! - `mail`: whether a mail has come, as the record tells

mod mail;

use std::time::Duration;

use toynet_lab::control::Client;
use toynet_lab::control::client::ClientError;
use toynet_lab::protocols;
use toynet_lab::protocols::tool::{Errand, How, Out};
use toynet_lab::run::{Clock, Folders, Time};
use toynet_lab::visit::Visit;

use crate::arguments::{Wait, WaitFor};
use crate::exit::Exit;
use crate::output::print;

/// Why it is not so, or not yet.
enum Lack {
    /// It may come to be.
    Yet(String),
    /// It cannot.
    Ever(Exit),
}

pub async fn wait(arguments: Wait) -> Result<(), Exit> {
    let clock = Clock::system();
    let began = clock.now();
    let mut last = None;
    let waiting = async {
        loop {
            match look(&arguments, clock, began, &mut last).await {
                Ok(said) => return Ok(said),
                Err(Lack::Ever(exit)) => return Err(exit),
                Err(Lack::Yet(why)) => last = Some(why),
            }
            clock.sleep(PACE).await;
        }
    };
    match clock.until(began + arguments.timeout.0, waiting).await {
        Ok(ended) => {
            if let Some(said) = ended? {
                print(&said);
            }
            Ok(())
        }
        Err(_) => {
            let why = last.unwrap_or_else(|| "nothing answered".to_owned());
            Err(Exit::failed(format!("toynet: waited {:?} in vain: {why}", arguments.timeout.0)))
        }
    }
}

/// Whether it is so, with what there is to say about that. What takes long leaves in `so_far` how it stands.
async fn look(
    arguments: &Wait,
    clock: Clock,
    began: Time,
    so_far: &mut Option<String>,
) -> Result<Option<String>, Lack> {
    let folders = Folders::of_user().map_err(|error| Lack::Yet(error.to_string()))?;
    let client = Client::connect(&folders, arguments.lab.name.as_deref()).await?;
    match &arguments.what {
        // A lab listens to its owner when all of its services answer.
        WaitFor::Ready => client.status().await.map(|_| None).map_err(Lack::from),
        WaitFor::Dns { name } => dns(client, name).await.map(|()| None),
        WaitFor::Http { url } => http(client, url).await.map(|()| None),
        WaitFor::Mail { to } => {
            let status = client.status().await?;
            let record = Client::connect(&folders, arguments.lab.name.as_deref()).await?;
            mail::come(record, &status, to, (clock, began), so_far).await.map(Some)
        }
    }
}

async fn dns(client: Client, name: &str) -> Result<(), Lack> {
    let host = crate::world::join::part_taken(client.lab());
    let mut visit = Visit::join(client, host.as_deref()).await?;
    let host = visit.inside().map(|inside| inside.host.clone()).ok_or(ClientError::NoneRuns)?;
    let resolver = host.resolver().map_err(|error| Lack::Yet(error.to_string()))?;
    let found = visit.accompany(resolver.addresses(&host, name)).await;
    found.map(drop).map_err(|error| Lack::Yet(error.to_string()))
}

/// Does what `toynet http get --fail URL` does, and prints nothing.
async fn http(client: Client, url: &str) -> Result<(), Lack> {
    let tools = protocols::ALL.iter().filter(|protocol| protocol.name == "http").flat_map(|protocol| protocol.tools);
    let get = tools.into_iter().find(|tool| tool.name == "get");
    let get = get.ok_or_else(|| Lack::Ever(Exit::misused("toynet: no lab speaks HTTP")))?;
    let words = ["get", "--silent", "--fail", "--max-time", LONGEST_TRY, "--", url];
    let matches = (get.arguments)().try_get_matches_from(words);
    let matches = matches.map_err(|error| Lack::Ever(Exit::misused(error.to_string())))?;
    let host = crate::world::join::part_taken(client.lab());
    let mut visit = Visit::join(client, host.as_deref()).await?;
    let (inside, outside) = (visit.inside().cloned(), visit.outside().clone());
    let errand = Errand { inside, outside, json: false, colour: false, out: Out::Kept(Default::default()) };
    let ending = visit.accompany((get.run)(matches, errand)).await;
    match ending.how {
        How::Done => Ok(()),
        How::Misused => Err(Lack::Ever(Exit::misused(format!("toynet: {}", ending.outcome)))),
        How::Refused | How::Unanswered => Err(Lack::Yet(ending.outcome)),
    }
}

/// Where a lab in a network of its own is meant, its names are looked up in there.
pub fn go_inside(arguments: &Wait) -> Result<(), Exit> {
    match &arguments.what {
        WaitFor::Ready | WaitFor::Mail { .. } => Ok(()),
        WaitFor::Dns { .. } | WaitFor::Http { .. } => crate::tool::enter_lab(arguments.lab.name.as_deref(), None),
    }
}

impl From<ClientError> for Lack {
    fn from(error: ClientError) -> Self {
        Lack::Yet(error.to_string())
    }
}

/// Often enough that a person does not notice, seldom enough that nothing else does.
const PACE: Duration = Duration::from_millis(50);
/// In seconds; a page of a lab comes in milliseconds unless its link is slow.
const LONGEST_TRY: &str = "5";
