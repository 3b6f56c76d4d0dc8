//! Which servers a mail is brought to, in which order.

use std::io;

use toynet_service::Errand;

use super::wish::{Wish, domain};
use crate::delivery::relay;
use crate::fate::{Fate, Trouble};
use crate::wire::{Domain, ForwardPath};

/// Some recipients, and the servers that take their mail, best first.
#[derive(Debug)]
pub(super) struct Way {
    pub to: Vec<ForwardPath>,
    /// Why these servers: the domain of the recipients, or nothing when they were named.
    pub domain: String,
    pub servers: Result<Vec<String>, Fate>,
}

/// The way of each recipient: to the server that was named, otherwise to the exchangers of their domains.
pub(super) async fn of(errand: &Errand, wish: &Wish) -> Vec<Way> {
    if let Some(server) = &wish.server {
        return vec![Way { to: wish.to.clone(), domain: String::new(), servers: Ok(vec![server.clone()]) }];
    }
    let mut ways: Vec<Way> = Vec::new();
    for to in &wish.to {
        let domain = domain(to);
        let name = domain.map(Domain::to_string).unwrap_or_default();
        match ways.iter_mut().find(|way| way.domain == name) {
            Some(way) => way.to.push(to.clone()),
            None => ways.push(Way { to: vec![to.clone()], domain: name, servers: servers(errand, domain).await }),
        }
    }
    ways
}

async fn servers(errand: &Errand, domain: Option<&Domain>) -> Result<Vec<String>, Fate> {
    match domain {
        Some(domain) => relay::exchangers(errand.host(), domain).await,
        None => Err(Fate::Failed(Trouble::PeerNoRoute("postmaster without a domain (name a --server)".to_owned()))),
    }
}

/// What it means that a server's address is not to be had.
pub(super) fn no_address(server: &str, error: &io::Error) -> Fate {
    Fate::Deferred(Trouble::NetworkUnreachable(server.to_owned(), error.to_string()))
}
