//! `wait`: comes back when something in a lab is so, or fails when it is not so in time.

use std::time::Duration;

use toynet_lab::control::Client;
use toynet_lab::control::client::ClientError;
use toynet_lab::run::{Clock, Folders};
use toynet_lab::visit::Visit;

use crate::arguments::{Wait, WaitFor};
use crate::exit::Exit;

pub async fn wait(arguments: Wait) -> Result<(), Exit> {
    let clock = Clock::system();
    let deadline = clock.now() + arguments.timeout.0;
    let mut last = None;
    let waiting = async {
        loop {
            match look(&arguments).await {
                Ok(()) => return,
                Err(why) => last = Some(why),
            }
            clock.sleep(PACE).await;
        }
    };
    match clock.until(deadline, waiting).await {
        Ok(()) => Ok(()),
        Err(_) => {
            let why = last.map_or_else(|| "nothing answered".to_owned(), |why| why.to_string());
            Err(Exit::failed(format!("toynet: waited {:?} in vain: {why}", arguments.timeout.0)))
        }
    }
}

async fn look(arguments: &Wait) -> Result<(), ClientError> {
    let folders = Folders::of_user()?;
    let client = Client::connect(&folders, arguments.lab.name.as_deref()).await?;
    match &arguments.what {
        // A lab listens to its owner when all of its services answer.
        WaitFor::Ready => client.status().await.map(drop),
        WaitFor::Dns { name } => {
            let mut visit = Visit::join(client, None).await?;
            let host = visit.inside().map(|inside| inside.host.clone()).ok_or(ClientError::NoneRuns)?;
            let resolver = host.resolver()?;
            visit.accompany(resolver.addresses(&host, name)).await?;
            Ok(())
        }
    }
}

/// Where a lab in a network of its own is meant, its names are looked up in there.
pub fn go_inside(arguments: &Wait) -> Result<(), Exit> {
    match &arguments.what {
        WaitFor::Ready => Ok(()),
        WaitFor::Dns { .. } => crate::tool::enter_lab(arguments.lab.name.as_deref()),
    }
}

/// Often enough that a person does not notice, seldom enough that nothing else does.
const PACE: Duration = Duration::from_millis(50);
