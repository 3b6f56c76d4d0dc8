//! How a lab that runs is entered.

use std::env;
use std::io;
use std::net::IpAddr;

use serde_json::{Value, json};
use toynet_lab::control::Client;
use toynet_lab::control::client::running;
use toynet_lab::run::{Folders, GUEST};
use toynet_world::variables::Variables;
use toynet_world::{Ended, Entrance, Me, Part, Visit, World};

use super::ended::{finish, not_run, tell_if_killed};
use crate::exit::Exit;
use crate::{detour, serve};

/// The lab of this name that runs. When none is named, the only one that is in a world; without one of those the
/// only one.
pub async fn find(name: Option<&str>) -> Result<Option<(Value, i32)>, Exit> {
    let folders = Folders::of_user().map_err(serve::not_allowed)?;
    let mut found = Vec::new();
    for lab in running(&folders).await {
        if name.is_some_and(|name| name != lab) {
            continue;
        }
        let client = Client::connect(&folders, Some(&lab)).await?;
        let process = client.process().unwrap_or_default();
        let status = client.status().await?;
        found.push((status, process));
    }
    if found.iter().any(|(status, _)| status["join"].is_object()) {
        found.retain(|(status, _)| status["join"].is_object());
    }
    if found.len() > 1 {
        let names: Vec<&str> = found.iter().filter_map(|(status, _)| status["lab"].as_str()).collect();
        return Err(Exit::misused(format!("toynet: several labs run: {}; say which: --lab NAME", names.join(", "))));
    }
    Ok(found.pop())
}

pub fn join(status: &Value, process: i32, host: Option<&str>, command: Visit) -> Result<(), Exit> {
    let lab = status["lab"].as_str().unwrap_or_default();
    let Some(joining) = Joining::parse(&status["join"]) else {
        return detour::join(lab, host, command);
    };
    let part = host.filter(|host| *host != joining.me).map(|host| part(status, host)).transpose()?;
    let entrance = Entrance::of(process).and_then(|entrance| match &part {
        Some(part) => entrance.to(part),
        None => Ok(entrance),
    });
    let entrance = entrance.map_err(|error| no_entry(lab, &error))?;
    let variables = part.iter().fold(joining.variables, |variables, part| variables.with_host(&part.me.name));
    finish(enter(entrance, &Visit { variables, ..command }, lab)?)
}

/// Runs a program in a lab that can be joined and is not where this process is.
pub fn visit(status: &Value, command: Visit) -> Result<(), Exit> {
    let process = status["pid"].as_i64().and_then(|process| process.try_into().ok()).unwrap_or_default();
    join(status, process, None, command)
}

/// Takes this process as a whole into a lab that is in a world, unless it is there; to where programs are `host`, if
/// some are.
pub fn go_inside(status: &Value, process: i32, host: Option<&str>) -> Result<(), Exit> {
    let part = host.and_then(|host| part(status, host).ok());
    let entrance = Entrance::of(process).and_then(|entrance| match &part {
        Some(part) => entrance.to_who_has(part),
        None => Ok(entrance),
    });
    match entrance.and_then(Entrance::enter) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(no_entry(status["lab"].as_str().unwrap_or_default(), &error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Whether this process is in a lab's own world.
pub fn is_here(lab: &str) -> bool {
    env::var("TOYNET_LAB").is_ok_and(|here| here == lab) && env::var_os("TOYNET_HOST").is_some()
}

/// Who this process is in a lab, if it is there and not as its guest.
pub fn part_taken(lab: &str) -> Option<String> {
    env::var("TOYNET_HOST").ok().filter(|host| is_here(lab) && host != GUEST)
}

/// The part of another host in a lab that runs. Only those that serve nothing have one to be taken.
fn part(status: &Value, host: &str) -> Result<Part, Exit> {
    let hosts = status["hosts"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    let serves = |host: &Value| host["services"].as_array().is_some_and(|services| !services.is_empty());
    let addresses =
        |host: &Value| -> Vec<IpAddr> { serde_json::from_value(host["addresses"].clone()).unwrap_or_default() };
    match hosts.iter().find(|known| known["name"] == host) {
        Some(found) if !serves(found) => Ok(Part {
            me: Me { name: host.to_owned(), addresses: addresses(found) },
            addresses: hosts.iter().flat_map(addresses).collect(),
        }),
        found => {
            let why = if found.is_some() { "serves itself in this lab" } else { "is no host of this lab" };
            let idle = hosts.iter().filter(|host| !serves(host)).filter_map(|host| host["name"].as_str());
            let idle = idle.collect::<Vec<_>>().join(", ");
            Err(Exit::misused(format!("toynet: {host} {why}; who can be joined as: {idle}")))
        }
    }
}

pub fn enter(entrance: Entrance, visit: &Visit, lab: &str) -> Result<Ended, Exit> {
    let ended = entrance.run(visit).map_err(|error| not_run(visit, &error))?;
    tell_if_killed(visit, ended, lab);
    Ok(ended)
}

fn no_entry(lab: &str, error: &io::Error) -> Exit {
    if error.kind() == io::ErrorKind::AlreadyExists {
        return Exit::failed(format!("toynet: this is lab {lab} already"));
    }
    Exit::not_allowed(format!("toynet: lab {lab} cannot be entered: {error}"))
}

/// What others need to know to join a lab.
pub struct Joining {
    me: String,
    variables: Variables,
}

impl Joining {
    pub fn of(world: &World) -> Self {
        Self { me: world.me.name.clone(), variables: world.variables() }
    }

    /// Who one is there.
    pub fn me(&self) -> &str {
        &self.me
    }

    pub fn to_json(&self) -> Value {
        json!({ "as": self.me, "set": self.variables.set, "unset": self.variables.unset })
    }

    fn parse(value: &Value) -> Option<Self> {
        let set = serde_json::from_value(value["set"].clone()).ok()?;
        let unset = serde_json::from_value(value["unset"].clone()).ok()?;
        Some(Self { me: value["as"].as_str()?.to_owned(), variables: Variables { set, unset } })
    }
}
