//! What a person is told, and how an errand ends.

use std::net::SocketAddr;

use toynet_service::{Ending, Errand};

use super::ask::Reply;
use super::words::Wish;
use super::{json, show};
use crate::codes::Rcode;
use crate::wire::Message;

/// Prints text for people, coloured where that is wanted; says whether anybody reads.
pub fn print(errand: &Errand, text: &str) -> bool {
    if errand.colour { errand.print(show::coloured(text)) } else { errand.print(text) }
}

/// As JSON, silence is told on standard output too.
pub fn unanswered(errand: &Errand, wish: &Wish, why: &str) -> Ending {
    if wish.flags.show.json {
        errand.print(json::nothing(wish, why));
    }
    Ending::unanswered(why)
}

/// How an errand ends that got this answer.
pub fn ending(reply: &Reply) -> Ending {
    let message = &reply.decoded.message;
    if let Some(broken) = &reply.decoded.broken {
        return Ending::unanswered(format!("the answer breaks: {broken}"));
    }
    match message.rcode() {
        Rcode::NOERROR => Ending::done(format!("NOERROR, {}", counted(message))),
        rcode => Ending::refused(format!("{} says {rcode}", place(reply.server.address))),
    }
}

fn counted(message: &Message) -> String {
    match message.answers.len() {
        1 => "1 answer".to_owned(),
        count => format!("{count} answers"),
    }
}

fn place(address: SocketAddr) -> String {
    format!("{}#{}", address.ip(), address.port())
}
