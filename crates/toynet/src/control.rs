//! What a running lab does when another process asks.

use std::rc::Rc;
use std::sync::Arc;

use serde_json::json;
use tokio::sync::Notify;
use toynet_lab::control::message::{FaultOrder, Joined};
use toynet_lab::control::server;
use toynet_lab::run::faults::FaultLine;
use toynet_lab::run::{GUEST, Lab, Reloader};
use toynet_lab::{Mistake, Spot, protocols};

use crate::serve::Serving;

/// What the lab's control socket is answered.
pub fn control(lab: &Lab, serving: &Rc<Serving>, reloader: &Reloader, stop: &Rc<Notify>) -> server::Control {
    let (clock, began) = (lab.clock(), lab.clock().now());
    let welcome = welcome(lab, serving, reloader);
    let fault = Box::new(change_faults(lab, reloader));
    let faults = Arc::clone(lab.faults());
    let serving = Rc::clone(serving);
    server::Control {
        guests: lab.guests().clone(),
        welcome: Box::new(welcome),
        status: Box::new(move |is_near| {
            let mut status = serving.status(clock.now() - began, is_near);
            status["faults"] = json!(faults.list());
            status
        }),
        follow: Box::new(lab.follower()),
        reloader: reloader.clone(),
        clock,
        fault,
        stop: Rc::clone(stop),
    }
}

/// What a process is told that wants to act as a host.
fn welcome(
    lab: &Lab,
    serving: &Rc<Serving>,
    reloader: &Reloader,
) -> impl Fn(Option<&str>) -> Result<Joined, String> + use<> {
    let (clock, serving, reloader) = (lab.clock(), Rc::clone(serving), reloader.clone());
    let root = lab.authority().root_pem().to_owned();
    move |name| {
        let plan = reloader.plan();
        let host = match name {
            Some(name) => plan.host(name).ok_or_else(|| format!("{name} is none of its hosts"))?.name.to_string(),
            None => match &serving.joining {
                Some(joining) => joining.me().to_owned(),
                None => plan.visitor().map_or_else(|| GUEST.to_owned(), |host| host.name),
            },
        };
        Ok(Joined {
            worker: 0,
            host,
            terrain: reloader.terrain(),
            in_world: serving.ground.is_world(),
            net: serving.ground.net(),
            port_offset: serving.ground.port_offset(),
            clock_ahead: clock.ahead(),
            authority: Some(root.clone()),
        })
    }
}

/// Obeys orders about faults.
fn change_faults(lab: &Lab, reloader: &Reloader) -> impl Fn(FaultOrder) -> Result<Vec<FaultLine>, String> + use<> {
    let (book, clock, reloader) = (Arc::clone(lab.faults()), lab.clock(), reloader.clone());
    move |order| {
        let unknown = |number: u64| format!("there is no fault {number}");
        let changed = match order {
            FaultOrder::List => Ok(1),
            FaultOrder::Add { text } => {
                let planned = reloader.plan().read_fault(&text, protocols::ALL);
                let planned = planned.map_err(|mistakes| in_words(&mistakes, &text))?;
                tracing::info!("a fault is set: {planned}");
                Ok(book.add(planned, clock.now()) as usize)
            }
            FaultOrder::Clear { number } => number.map_or(Ok(book.clear(None)), |one| match book.clear(Some(one)) {
                0 => Err(unknown(one)),
                cleared => Ok(cleared),
            }),
            FaultOrder::Turn { number, on } => {
                number.map_or(Ok(book.turn(None, on)), |one| match book.turn(Some(one), on) {
                    0 => Err(unknown(one)),
                    turned => Ok(turned),
                })
            }
        };
        changed.map(|_| book.list())
    }
}

/// Each with the line of `text` in which it stands.
fn in_words(mistakes: &[Mistake], text: &str) -> String {
    let place = |mistake: &Mistake| match &mistake.spot {
        Spot::Lab(span) if text.get(span.clone()).is_some_and(|part| part != text) => {
            let line = text[..span.start].matches('\n').count();
            text.lines().nth(line).map(|line| format!("`{line}`: "))
        }
        Spot::Lab(_) | Spot::File { .. } => None,
    };
    let words = mistakes.iter().map(|mistake| {
        let place = place(mistake).unwrap_or_default();
        match &mistake.advice {
            Some(advice) => format!("{place}{}; {advice}", mistake.what),
            None => format!("{place}{}", mistake.what),
        }
    });
    words.collect::<Vec<_>>().join("\n")
}
