//! `status`, `log` and `down`: what a running lab is asked from another process.

use std::time::Duration;

use serde_json::Value;
use toynet_lab::control::Client;
use toynet_lab::control::client::ClientError;
use toynet_lab::run::faults::FaultLine;
use toynet_lab::run::{Clock, Folders};
use toynet_view::{Following, Format, Log as View, Show, Transcript};

use crate::arguments::{Down, LabName, Log, Status};
use crate::exit::Exit;
use crate::output::{self, print};
use crate::source::{Source, file, join};
use crate::{fault, live};

pub async fn status(arguments: Status) -> Result<(), Exit> {
    let status = asked(&arguments.lab).await?;
    if arguments.json {
        print(&format!("{status:#}\n"));
        return Ok(());
    }
    let text = |key: &str| status[key].as_str().unwrap_or_default();
    let seconds = status["running_ms"].as_u64().unwrap_or_default() / 1000;
    let (lab, network, process) = (text("lab"), text("network"), &status["pid"]);
    print(&format!("lab {lab} on {network}, process {process}, runs for {seconds} s\n\n{}", text("text")));
    let faults: Vec<FaultLine> = serde_json::from_value(status["faults"].clone()).unwrap_or_default();
    if !faults.is_empty() {
        print(&format!("\nFAULTS\n{}", faults.iter().map(fault::line).collect::<String>()));
    }
    Ok(())
}

/// What a lab says of itself.
pub async fn asked(lab: &LabName) -> Result<Value, Exit> {
    let client = connect(lab).await?;
    let stuck = stuck("does not answer", &client);
    within(ANSWER_LIMIT, client.status()).await.unwrap_or(Err(stuck))
}

pub async fn down(arguments: Down) -> Result<(), Exit> {
    let client = connect(&arguments.lab).await?;
    let stuck = stuck("was told to stop and still runs", &client);
    within(STOP_LIMIT, client.stop()).await.unwrap_or(Err(stuck))
}

pub async fn log(arguments: Log) -> Result<(), Exit> {
    let format = if arguments.json { Format::Json } else { live::text_format() };
    if arguments.full && !arguments.follow {
        return transcripts(&arguments, format).await;
    }
    if !arguments.follow {
        return whole(&arguments, format).await;
    }
    if file(&arguments.selection).is_some() {
        return Err(Exit::misused("toynet: a file does not grow: leave --follow out"));
    }
    if arguments.full && arguments.selection.flow.len() > 1 {
        return Err(Exit::misused("toynet: --full --follow is for one flow; say --flow once"));
    }
    let (mut client, roster, select) = join(&arguments.selection, &arguments.lab, true).await?;
    if let (true, Some(flow)) = (arguments.full, select.flows.first()) {
        let shown = (arguments.secrets, arguments.explain);
        let following = Following::new(roster, live::dissectors(), *flow, format, shown);
        return output::while_read(follow_flow(&mut client, following)).await;
    }
    let mut log = live::new_log(roster, format, Show { select, ..show(&arguments) });
    output::while_read(follow(&mut client, &mut log)).await
}

async fn whole(arguments: &Log, format: Format) -> Result<(), Exit> {
    let source = Source::open(&arguments.selection, &arguments.lab).await?;
    let mut log = live::new_log(source.roster, format, Show { select: source.select, ..show(arguments) });
    log.missed(source.left_out);
    log.feed_journal(&source.journal);
    print(&log.drain());
    Ok(())
}

async fn transcripts(arguments: &Log, format: Format) -> Result<(), Exit> {
    let source = Source::open(&arguments.selection, &arguments.lab).await?;
    let mut text = String::new();
    for flow in &source.select.flows {
        let transcript = Transcript::of(&source.view(), *flow, arguments.secrets, arguments.explain);
        let none = || Exit::failed(format!("toynet: there is no flow #{flow}; `toynet log` shows their numbers"));
        if format != Format::Json && !text.is_empty() {
            text.push('\n');
        }
        transcript.ok_or_else(none)?.write(format, &mut text);
    }
    print(&text);
    Ok(())
}

fn show(arguments: &Log) -> Show {
    Show { secrets: arguments.secrets, explain: arguments.explain, ..Show::default() }
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
        log.set_columns(live::columns());
        if !open {
            log.finish();
        }
        if !print(&log.drain()) {
            return Ok(());
        }
    }
    Ok(())
}

/// Shows a conversation as it goes on, until it is over.
async fn follow_flow(client: &mut Client, mut following: Following) -> Result<(), Exit> {
    while !following.is_over() {
        let journal = match client.entries().await {
            Ok(Some((journal, _))) => journal,
            Ok(None) | Err(ClientError::Io(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        journal.entries().for_each(|entry| following.feed(&entry));
        if !print(&following.drain()) {
            return Ok(());
        }
    }
    Ok(())
}

/// Connects to the lab that is meant.
pub async fn connect(lab: &LabName) -> Result<Client, Exit> {
    let folders = Folders::of_user().map_err(|error| Exit::not_allowed(format!("toynet: {error}")))?;
    Ok(Client::connect(&folders, lab.name.as_deref()).await?)
}

/// What the lab answers, unless it takes longer than `limit`.
pub async fn within<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, ClientError>>,
) -> Option<Result<T, Exit>> {
    let clock = Clock::system();
    clock.until(clock.now() + limit, answer).await.ok().map(|answer| answer.map_err(Exit::from))
}

/// A lab that does not do as it is told can only be ended from outside.
pub fn stuck(what: &str, client: &Client) -> Exit {
    let lab = client.lab();
    let advice = client.process().map(|id| format!("; `kill -9 {id}` ends it")).unwrap_or_default();
    Exit::failed(format!("toynet: lab {lab} {what}{advice}"))
}

/// How often to look again at what waits for its answer.
const HELD_BACK: Duration = Duration::from_millis(100);
/// A busy lab answers within milliseconds; this is for one that was halted or hangs.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// A lab stops within five seconds; a little more for the telling.
const STOP_LIMIT: Duration = Duration::from_secs(7);
