//! `status`, `log` and `down`: what a running lab is asked from another process.

use std::io::{self, Write};
use std::time::Duration;

use toynet_lab::control::Client;
use toynet_lab::control::client::ClientError;
use toynet_lab::run::{Clock, Folders};
use toynet_view::{Format, Log as View};

use crate::arguments::{Down, LabName, Log, Status};
use crate::exit::Exit;
use crate::live;

pub async fn status(arguments: Status) -> Result<(), Exit> {
    let status = connect(&arguments.lab).await?.status().await?;
    if arguments.json {
        println!("{status:#}");
        return Ok(());
    }
    let text = |key: &str| status[key].as_str().unwrap_or_default();
    let seconds = status["running_ms"].as_u64().unwrap_or_default() / 1000;
    println!("lab {} on {}, process {}, runs for {seconds} s\n", text("lab"), text("network"), status["pid"]);
    print!("{}", text("text"));
    Ok(())
}

pub async fn down(arguments: Down) -> Result<(), Exit> {
    let stopping = connect(&arguments.lab).await?.stop();
    match Clock::system().until(Clock::system().now() + STOP_LIMIT, stopping).await {
        Ok(stopped) => Ok(stopped?),
        Err(_) => Err(Exit::failed("toynet: the lab was told to stop and still runs")),
    }
}

pub async fn log(arguments: Log) -> Result<(), Exit> {
    let mut client = connect(&arguments.lab).await?;
    let roster = client.record(arguments.follow).await?;
    let format = if arguments.json { Format::Json } else { live::text_format() };
    let mut log = live::new_log(roster, format, arguments.secrets);
    if arguments.follow { follow(&mut client, &mut log).await } else { whole(&mut client, &mut log).await }
}

async fn whole(client: &mut Client, log: &mut View) -> Result<(), Exit> {
    while let Some((journal, left_out)) = client.entries().await? {
        log.missed(left_out);
        log.feed_journal(&journal);
    }
    print(log);
    Ok(())
}

async fn follow(client: &mut Client, log: &mut View) -> Result<(), Exit> {
    let clock = Clock::system();
    let mut open = true;
    while open {
        let deadline = clock.now() + HELD_BACK;
        // Reading a line may be given up in its middle and taken up again: the lines keep what came.
        match clock.until(deadline, client.entries()).await {
            Ok(Ok(Some((journal, left_out)))) => {
                log.missed(left_out);
                journal.entries().for_each(|entry| log.feed(&entry));
            }
            Ok(Ok(None)) => open = false,
            Ok(Err(ClientError::Io(_))) => open = false,
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => {}
        }
        log.tick(clock.now());
        if !open {
            log.finish();
        }
        if !print(log) {
            return Ok(());
        }
    }
    Ok(())
}

/// Prints what is ready; whether anybody still reads it.
fn print(log: &mut View) -> bool {
    let text = log.drain();
    io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()).is_ok()
}

async fn connect(lab: &LabName) -> Result<Client, Exit> {
    let folders = Folders::of_user().map_err(|error| Exit::not_allowed(format!("toynet: {error}")))?;
    Ok(Client::connect(&folders, lab.name.as_deref()).await?)
}

/// How often to look again at what waits for its answer.
const HELD_BACK: Duration = Duration::from_millis(100);
/// A lab stops within five seconds; a little more for the telling.
const STOP_LIMIT: Duration = Duration::from_secs(7);
