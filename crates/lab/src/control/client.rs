//! The other side of the control socket.

use std::io;

use futures_util::FutureExt;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines, ReadHalf, WriteHalf};
use toynet_machine::Time;
use toynet_net::fault::Hits;
use toynet_net::local;
use toynet_net::topology::Terrain;
use toynet_record::{Journal, Roster};

use super::message::{self, Answer, Ask, FaultOrder, Joined};
use crate::run::faults::FaultLine;
use crate::run::{Folders, NotReloaded, Reloaded};

/// A connection to a running lab.
#[derive(Debug)]
pub struct Client {
    lab: String,
    process: Option<i32>,
    lines: Lines<BufReader<ReadHalf<local::Stream>>>,
    write: WriteHalf<local::Stream>,
}

/// Why a lab could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// None runs under that name.
    #[error("no lab called `{lab}` runs{}", others(.running))]
    NotRunning {
        /// The name that was asked for.
        lab: String,
        /// The names that do run.
        running: Vec<String>,
    },
    /// None runs at all.
    #[error("no lab runs; `toynet` starts one")]
    NoneRuns,
    /// Which of them is meant is not clear.
    #[error("several labs run: {}; say which one with --lab NAME", .0.join(", "))]
    Several(Vec<String>),
    /// The connection failed.
    #[error("the lab does not answer: {0}")]
    Io(#[from] io::Error),
    /// The lab answered something else than it was asked.
    #[error("the lab answered: {0}")]
    Refused(String),
}

impl Client {
    /// Connects to the lab of this name; without a name to the only one that runs.
    ///
    /// # Errors
    /// When none runs, or several do and none was named.
    pub async fn connect(folders: &Folders, name: Option<&str>) -> Result<Self, ClientError> {
        let running = running(folders).await;
        let lab = match (name, running.as_slice()) {
            (Some(name), _) if running.iter().any(|lab| lab == name) => name.to_owned(),
            (Some(name), _) => return Err(ClientError::NotRunning { lab: name.to_owned(), running }),
            (None, []) => return Err(ClientError::NoneRuns),
            (None, [only]) => only.clone(),
            (None, [..]) => return Err(ClientError::Several(running)),
        };
        let stream = local::connect(&folders.control_socket(&lab)).await?;
        let process = local::process_at(&stream);
        let (read, write) = tokio::io::split(stream);
        Ok(Self { lab, process, lines: BufReader::new(read).lines(), write })
    }

    /// The lab's name.
    pub fn lab(&self) -> &str {
        &self.lab
    }

    /// Waits until the lab ends, in whatever way.
    pub async fn hung_up(mut self) {
        while let Ok(Some(_)) = self.lines.next_line().await {}
    }

    /// The lab's process, which the system knows even when the lab does not answer.
    pub fn process(&self) -> Option<i32> {
        self.process
    }

    /// What the lab says of itself.
    ///
    /// # Errors
    /// When it does not say.
    pub async fn status(mut self) -> Result<Value, ClientError> {
        self.ask(&Ask::Status).await?;
        match self.answer().await? {
            Some(Answer::Status { status }) => Ok(status),
            other => Err(unexpected(other)),
        }
    }

    /// Changes what services do wrong on purpose, and tells all of that.
    ///
    /// # Errors
    /// When the order makes no sense to the lab.
    pub async fn fault(mut self, order: FaultOrder) -> Result<Vec<FaultLine>, ClientError> {
        self.ask(&Ask::Fault { order }).await?;
        match self.answer().await? {
            Some(Answer::Faults { faults }) => Ok(faults),
            other => Err(unexpected(other)),
        }
    }

    /// Lets the lab take its file anew; tells what became of it, or why all is as before.
    ///
    /// # Errors
    /// When it does not say.
    pub async fn reload(mut self) -> Result<Result<Reloaded, NotReloaded>, ClientError> {
        self.ask(&Ask::Reload).await?;
        match self.answer().await? {
            Some(Answer::Reloaded { reloaded }) => Ok(Ok(reloaded)),
            Some(Answer::NotReloaded { why }) => Ok(Err(why)),
            other => Err(unexpected(other)),
        }
    }

    /// Tells the lab to stop and waits until it has let go of the connection.
    ///
    /// # Errors
    /// When it does not stop.
    pub async fn stop(mut self) -> Result<(), ClientError> {
        self.ask(&Ask::Stop).await?;
        match self.answer().await? {
            Some(Answer::Stopping) => {}
            other => return Err(unexpected(other)),
        }
        // The end of the lab is the end of the connection, in whatever form.
        while let Ok(Some(_)) = self.answer().await {}
        Ok(())
    }

    /// Begins to read the record: the hosts first, then [`Client::entries`].
    ///
    /// # Errors
    /// When the lab does not hand it out.
    pub async fn record(&mut self, follow: bool) -> Result<Roster, ClientError> {
        self.ask(&Ask::Record { follow }).await?;
        match self.answer().await? {
            Some(Answer::Roster { mut roster }) => {
                roster.index();
                Ok(roster)
            }
            other => Err(unexpected(other)),
        }
    }

    /// The next portion of the record and how many entries before it were left out; nothing at its
    /// end or that of the lab.
    ///
    /// # Errors
    /// When the lab says something else.
    pub async fn entries(&mut self) -> Result<Option<(Journal, u64)>, ClientError> {
        match self.answer().await? {
            Some(Answer::Entries { octets, left_out }) => Ok(Some((message::journal(&octets), left_out))),
            None => Ok(None),
            other => Err(unexpected(other)),
        }
    }

    /// Asks to act as `host`, or as a guest.
    ///
    /// # Errors
    /// When the lab has no such host.
    pub async fn join(&mut self, host: Option<&str>) -> Result<Joined, ClientError> {
        self.ask(&Ask::Join { host: host.map(str::to_owned) }).await?;
        match self.answer().await? {
            Some(Answer::Joined(joined)) => Ok(*joined),
            other => Err(unexpected(other)),
        }
    }

    /// Tells what was seen by a process that has joined, all of it up to a time, and how often faults of links struck.
    ///
    /// # Errors
    /// When the lab has gone.
    pub async fn tell(&mut self, journal: &Journal, up_to: Time, struck: Vec<Hits>) -> Result<(), ClientError> {
        self.ask(&message::seen(journal, up_to, struck)).await
    }

    /// What the lab has said of its hosts and links since, without waiting for it.
    ///
    /// # Errors
    /// When the lab has gone.
    pub fn news(&mut self) -> Result<Option<Terrain>, ClientError> {
        let Some(line) = self.lines.next_line().now_or_never() else { return Ok(None) };
        let line = line?.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        match message::parse(&line).map_err(ClientError::Refused)? {
            Answer::Terrain { terrain } => Ok(Some(*terrain)),
            other => Err(unexpected(Some(other))),
        }
    }

    async fn ask(&mut self, ask: &Ask) -> Result<(), ClientError> {
        Ok(self.write.write_all(message::line(ask).as_bytes()).await?)
    }

    async fn answer(&mut self) -> Result<Option<Answer>, ClientError> {
        let Some(line) = self.lines.next_line().await? else { return Ok(None) };
        message::parse(&line).map(Some).map_err(ClientError::Refused)
    }
}

/// The names of the labs that answer; what others left behind is cleared away.
pub async fn running(folders: &Folders) -> Vec<String> {
    let mut running = Vec::new();
    for lab in folders.labs() {
        match local::connect(&folders.control_socket(&lab)).await {
            Ok(_) => running.push(lab),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => folders.forget(&lab),
            Err(_) => {}
        }
    }
    running
}

fn unexpected(answer: Option<Answer>) -> ClientError {
    match answer {
        Some(Answer::Error { why }) => ClientError::Refused(why),
        Some(other) => ClientError::Refused(format!("{other:?}")),
        None => ClientError::Refused("nothing".to_owned()),
    }
}

fn others(running: &[String]) -> String {
    if running.is_empty() { String::new() } else { format!("; these do: {}", running.join(", ")) }
}
