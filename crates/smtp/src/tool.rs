//! The client at the command line: `toynet smtp send`, which takes what a person knows of swaks.
//!
//! - `arguments`: what was typed; `wish`: what that means
//! - `message`: the message, as it was written or made up
//! - `way`: which servers, in which order
//! - `talk`: the conversation, step by step; `login`: the steps that need a secret; `transcript`: what is shown of it
//! - `verdict`: what came of it

mod arguments;
mod login;
mod message;
mod talk;
mod transcript;
mod verdict;
mod way;
mod wish;

use std::io;
use std::net::SocketAddr;

use clap::ArgMatches;
use toynet_net::Stream;
use toynet_service::{Ending, Errand, LocalFuture, Tool};

use crate::fate::{Fate, Trouble};
use crate::wire::ForwardPath;
use talk::Talk;
use transcript::Transcript;
use verdict::{Verdict, Verdicts};
use way::Way;
use wish::{Stage, Wish};

/// Sends a mail.
pub const SEND: Tool = Tool {
    name: "send",
    arguments: arguments::send,
    secrets: &[arguments::AUTH_PASSWORD],
    run: |matches, errand| Box::pin(run(matches, errand)) as LocalFuture<Ending>,
};

async fn run(matches: ArgMatches, errand: Errand) -> Ending {
    let wish = match Wish::read(&matches, &errand) {
        Ok(wish) => wish,
        Err(why) => return Ending::misused(why),
    };
    let transcript = Transcript::new(errand.clone(), wish.quiet || errand.json, wish.shows_data);
    let mut verdicts = Verdicts::default();
    for way in way::of(&errand, &wish).await {
        verdicts.add(go(&errand, &wish, &way, &transcript).await);
    }
    if errand.json {
        errand.print(format!("{}\n", verdicts.json(&wish)));
    }
    verdicts.ending(wish.quiet && !errand.json)
}

/// Sends the mail to the recipients of one way, to the first server of it that can be reached.
async fn go(errand: &Errand, wish: &Wish, way: &Way, transcript: &Transcript) -> Vec<Verdict> {
    let servers = match &way.servers {
        Ok(servers) => servers,
        Err(fate) => return of_all(&way.to, transcript.broken(fate)),
    };
    transcript.way(way);
    let mut last = Fate::Deferred(Trouble::NetworkNoAnswer(way.domain.clone(), "no server is known".to_owned()));
    for server in servers {
        let addresses = match errand.addresses(server).await {
            Ok(addresses) => addresses,
            Err(error) => {
                last = transcript.broken(&way::no_address(server, &error));
                continue;
            }
        };
        for ip in addresses.into_iter().take(MOST_ADDRESSES) {
            match connect(errand, wish, server, SocketAddr::new(ip, wish.port), transcript).await {
                Ok(stream) if wish.quits_after(Stage::Connect) => {
                    transcript.left(&stream);
                    return Vec::new();
                }
                Ok(stream) => return Talk::new(wish, server, stream, errand, transcript).hold(&way.to).await,
                Err(fate) => last = transcript.broken(&fate),
            }
        }
    }
    of_all(&way.to, last)
}

async fn connect(
    errand: &Errand,
    wish: &Wish,
    server: &str,
    address: SocketAddr,
    transcript: &Transcript,
) -> Result<Stream, Fate> {
    transcript.trying(server, address);
    let (host, to) = errand.reach(address);
    let clock = host.clock();
    let unreachable =
        |error: io::Error| Fate::Deferred(Trouble::NetworkUnreachable(server.to_owned(), error.to_string()));
    let connected = clock.until(clock.now() + wish.patience, host.connect(to)).await;
    let stream = connected.and_then(|connected| connected).map_err(unreachable)?;
    transcript.connected(server);
    Ok(stream)
}

fn of_all(to: &[ForwardPath], fate: Fate) -> Vec<Verdict> {
    to.iter().map(|to| Verdict { to: to.clone(), server: None, fate: fate.clone() }).collect()
}

/// RFC 5321 5.1 asks for two at least; each may cost the whole patience.
const MOST_ADDRESSES: usize = 4;
