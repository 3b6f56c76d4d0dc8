//! The clients at the command line: `toynet http get` and its like.
//!
//! - `arguments`: what can be typed; `wish`: what it means, checked
//! - `form`: what a request carries: data, forms, files; `heading`: its fields; `head`: as they are written
//! - `challenge`: what follows when the server wants to know who asks
//! - `version`: of HTTP; `connect`: the way to the server; `proxy`: somebody else who leads there, `through`: how
//! - `fetch`: a request with all that follows from it; `ask`: one of them, up to its answer's head; `next`: where that leads;
//!   `retry`: and once more; `kept`: cookies
//! - `resume`: the rest of what is half there
//! - `show`: what the person sees; `told`: the same for a program, and `-w`
//! - `raw`: octets as they are
//! - `websocket`: lines both ways; `talk`: what is shown of them

mod arguments;
mod ask;
mod challenge;
mod connect;
mod fetch;
mod form;
mod head;
mod heading;
mod kept;
mod next;
mod proxy;
mod raw;
mod resume;
mod retry;
mod show;
mod talk;
mod through;
mod told;
mod version;
mod websocket;
mod wish;

pub(crate) use arguments::probe as arguments_of_probe;
use clap::{ArgMatches, Command};
pub(crate) use connect::{connect, connect_elsewhere};
pub(crate) use show::Show;
pub(crate) use told::Story;
use toynet_service::{Ending, Errand, How, LocalFuture, Tool};
pub(crate) use version::Version;
pub(crate) use wish::Wish;

/// All of them.
pub const TOOLS: &[Tool] = &[
    asking("get", arguments::get, |matches, errand| run("GET", matches, errand)),
    asking("head", arguments::head, |matches, errand| run("HEAD", matches, errand)),
    asking("post", arguments::post, |matches, errand| run("POST", matches, errand)),
    asking("put", arguments::put, |matches, errand| run("PUT", matches, errand)),
    asking("patch", arguments::patch, |matches, errand| run("PATCH", matches, errand)),
    asking("delete", arguments::delete, |matches, errand| run("DELETE", matches, errand)),
    asking("options", arguments::options, |matches, errand| run("OPTIONS", matches, errand)),
    Tool { name: "ws", arguments: arguments::websocket, secrets: SECRETS_OF_WEBSOCKET, run: websocket::run },
    crate::probe::TOOL,
];

/// One that asks by a method.
const fn asking(
    name: &'static str,
    arguments: fn() -> Command,
    run: fn(ArgMatches, Errand) -> LocalFuture<Ending>,
) -> Tool {
    Tool { name, arguments, secrets: SECRETS, run }
}

/// Fields may be credentials as well.
const SECRETS: &[&str] = &["user", "proxy-user", "bearer", "cookie", "header"];

/// The same, as far as they are there.
const SECRETS_OF_WEBSOCKET: &[&str] = &["user", "bearer", "cookie", "header"];

fn run(method: &'static str, matches: ArgMatches, errand: Errand) -> LocalFuture<Ending> {
    Box::pin(async move {
        match wish::Wish::read(method, &matches, &errand) {
            Ok(wishes) => run_all(wishes, errand).await,
            Err(why) => Ending::misused(why),
        }
    })
}

async fn run_all(wishes: Vec<Wish>, errand: Errand) -> Ending {
    let mut jar = None;
    let mut endings = Vec::new();
    for wish in wishes {
        endings.push(match wish.raw {
            Some(_) => raw::run(wish, errand.clone()).await,
            None => fetch::run(wish, errand.clone(), &mut jar).await,
        });
    }
    in_all(endings)
}

/// How several went: as the first of them that did not end as wished.
fn in_all(endings: Vec<Ending>) -> Ending {
    let how = endings.iter().map(|ending| ending.how).find(|how| *how != How::Done).unwrap_or(How::Done);
    let (outcomes, remarks): (Vec<_>, Vec<_>) =
        endings.into_iter().map(|ending| (ending.outcome, ending.remark)).unzip();
    let remarks: Vec<_> = remarks.into_iter().flatten().collect();
    Ending { how, outcome: outcomes.join("; "), remark: (!remarks.is_empty()).then(|| remarks.join("; ")) }
}
