//! A probe of any server: what it makes of requests good and bad (RFC 9110, 9112, 9113, 9114).
//!
//! - `check`: what one check is; `one`, `conditions`: those over HTTP/1.x; `two`: those over HTTP/2
//! - `three`: those over HTTP/3; `elsewhere`: where that is, and how it is asked there
//! - `heard`: what a server said, taken apart; `judge`: what many checks hope for
//! - `report`: what was found, for people and programs

mod check;
mod conditions;
mod elsewhere;
mod heard;
mod judge;
mod one;
mod report;
#[cfg(test)]
mod tests;
mod three;
mod two;

use std::rc::Rc;
use std::time::Duration;

use clap::{ArgMatches, Command};
use tokio::task::JoinSet;
use toynet_service::{Ending, Errand, LocalFuture, Tool};

use crate::client::failure::Failure;
use crate::client::one::Conversation;
use crate::tool::{self, Show, Story, Version, Wish};
use check::{Check, Ground, Verdict};
use heard::Heard;
use report::Finding;

/// It.
pub(crate) const TOOL: Tool = Tool { name: "probe", arguments, secrets: &[], run };

fn arguments() -> Command {
    tool::arguments_of_probe().about(
        "Test a server against RFC 9110, 9112, 9113 and 9114 with requests good and bad; exit status 1 when it breaks a MUST",
    )
}

fn run(matches: ArgMatches, errand: Errand) -> LocalFuture<Ending> {
    Box::pin(async move {
        match Wish::of_probe(&matches) {
            Ok(wish) => probe(wish, errand).await,
            Err(why) => Ending::misused(why),
        }
    })
}

async fn probe(wish: Wish, errand: Errand) -> Ending {
    let mut ground = match ground(&wish, &errand).await {
        Ok(ground) => ground,
        Err(why) => return Ending::unanswered(why),
    };
    elsewhere::find(&wish, &mut ground, &errand).await;
    let ground = Rc::new(ground);
    let three = Rc::new(Wish { version: Version::Three, ..wish.clone() });
    let (one, two) =
        (Rc::new(Wish { version: Version::One(1), ..wish.clone() }), Rc::new(Wish { version: Version::Two, ..wish }));
    let mut findings = Vec::new();
    let mut rest = tests().enumerate();
    let mut running = JoinSet::new();
    loop {
        while running.len() < AT_ONCE
            && let Some((number, test)) = rest.next()
        {
            let wish = Rc::clone(match test {
                Test::Stream(check) if check.is_two => &two,
                Test::Stream(_) => &one,
                Test::Three(_) => &three,
            });
            let (errand, ground) = (errand.clone(), Rc::clone(&ground));
            running.spawn_local(async move {
                let finding = match test {
                    Test::Stream(check) => examine(check, &wish, &errand, &ground).await,
                    Test::Three(check) => elsewhere::examine(check, &wish, &errand, &ground).await,
                };
                (number, finding)
            });
        }
        match running.join_next().await {
            Some(Ok(finding)) => findings.push(finding),
            Some(Err(_)) => {}
            None => break,
        }
    }
    findings.sort_by_key(|(number, _)| *number);
    let findings: Vec<Finding> = findings.into_iter().map(|(_, finding)| finding).collect();
    report::ending(&ground, &findings, &errand)
}

/// A check, over TCP or over QUIC.
enum Test {
    Stream(&'static Check),
    Three(&'static three::Check),
}

/// All of them, in the order in which they are reported.
fn tests() -> impl Iterator<Item = Test> {
    let over_tcp = one::checks().chain(conditions::CHECKS).chain(two::CHECKS);
    over_tcp.map(Test::Stream).chain(three::CHECKS.iter().map(Test::Three))
}

/// What the server answers when nothing is wrong.
async fn ground(wish: &Wish, errand: &Errand) -> Result<Ground, String> {
    let mut ground = Ground { silence: PATIENCE, ..Ground::of(&wish.url) };
    let wish = Wish { version: Version::One(1), ..wish.clone() };
    let (plain, clock) = (ground.fill(check::PLAIN), errand.host().clock());
    let began = clock.now();
    let heard = converse(&wish, errand, &ground, &plain, &["GET"], 1, false).await;
    let heard = heard.map_err(|failure| failure.to_string())?;
    let took = clock.now().since(began);
    ground.learn(heard.last().cloned().ok_or_else(|| heard.absence())?);
    ground.silence = (took * 3).clamp(SILENCE, PATIENCE);
    Ok(ground)
}

async fn examine(check: &'static Check, wish: &Wish, errand: &Errand, ground: &Ground) -> Finding {
    if let Some(why) = (check.needs)(ground) {
        return Finding::new(&check.point, Verdict::Skipped(why.to_owned()), Vec::new(), Vec::new());
    }
    let said = (check.say)(ground);
    match converse(wish, errand, ground, &said, check.methods, check.awaits, check.awaits_close).await {
        Ok(heard) => {
            let verdict = (check.judge)(&heard, ground);
            Finding::new(&check.point, verdict, said, heard.octets)
        }
        Err(failure) if check.is_two => {
            Finding::new(&check.point, Verdict::Skipped(format!("HTTP/2 is not spoken: {failure}")), said, Vec::new())
        }
        Err(failure) => Finding::new(&check.point, Verdict::Broken(failure.to_string()), said, Vec::new()),
    }
}

/// Says something on a connection of its own, and listens until enough was heard or nothing more comes, and not for
/// ever to a server that drips.
async fn converse(
    wish: &Wish,
    errand: &Errand,
    ground: &Ground,
    said: &[u8],
    methods: &[&str],
    awaits: usize,
    awaits_close: bool,
) -> Result<Heard, Failure> {
    let clock = errand.host().clock();
    let mut story = Story::begin(wish, clock.now());
    let mut show = Show::new(wish, errand);
    let stream = tool::connect(wish, &wish.url, errand, &mut story, &mut show).await?;
    let mut conversation = Conversation::new(stream, clock);
    let end = clock.now() + PATIENCE;
    // What a server will not read it need not: its answer counts.
    let _ = clock.until(end, conversation.say(said)).await;
    let mut octets = Vec::new();
    let mut has_ended = false;
    while !has_ended && octets.len() < LONGEST && clock.now() < end {
        let is_enough = awaits > 0
            && heard::replies(&octets, methods, false).iter().filter(|reply| reply.is_final()).count() >= awaits;
        if is_enough && !awaits_close {
            break;
        }
        match clock.until(end.min(clock.now() + ground.silence), conversation.hear()).await {
            Ok(Ok(Some(piece))) => octets.extend_from_slice(&piece),
            Ok(Ok(None) | Err(_)) => has_ended = true,
            Err(_) => break,
        }
    }
    Ok(Heard { replies: heard::replies(&octets, methods, has_ended), octets, has_ended })
}

/// So that a slow server is not overrun, and a fast one is done in a second.
const AT_ONCE: usize = 8;
/// Servers answer what is broken at once, or wait for more. Those that take their time for what is right are given
/// three times that.
const SILENCE: Duration = Duration::from_millis(1500);
/// For one connection: four times the silence, so that a server that drips holds up nobody for long.
const PATIENCE: Duration = Duration::from_secs(6);
/// An answer's beginning says enough.
const LONGEST: usize = 1024 * 1024;
