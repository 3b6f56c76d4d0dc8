//! What is done for the sake of a request says so.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use http::{Request, Response};
use support::{ask, http1, http2, in_virtual_time, journal, network, serve};
use tokio::join;
use toynet_http::server::{Answer, Content, Handler};
use toynet_http::site::Body;
use toynet_net::{Host, LocalFuture, Network, Resolve};
use toynet_record::{Cause, EndId, Seen, Side};

#[test]
fn concurrent_requests_of_one_connection_cause_what_each_of_them_needs() {
    in_virtual_time(|| async {
        let network = lab().await;
        let mut first = http2(&network).await;
        let mut second = first.another().unwrap();
        let slow = ask(&mut first, "GET", "/?slow.test", &[]);
        let quick = ask(&mut second, "GET", "/?quick.test", &[]);
        join!(slow, quick);
        let end = server_end(&network);
        let causes = [Some(Cause { end, exchange: 1 }), Some(Cause { end, exchange: 2 })];
        assert_eq!(looked_up(&network), [(SLOW, causes[0]), (QUICK, causes[1])]);
    });
}

#[test]
fn requests_that_follow_each_other_are_counted() {
    in_virtual_time(|| async {
        let network = lab().await;
        let mut client = http1(&network).await;
        ask(&mut client, "GET", "/?quick.test", &[]).await;
        ask(&mut client, "GET", "/?slow.test", &[]).await;
        let end = server_end(&network);
        let causes = [Some(Cause { end, exchange: 2 }), Some(Cause { end, exchange: 1 })];
        assert_eq!(looked_up(&network), [(SLOW, causes[0]), (QUICK, causes[1])]);
    });
}

#[test]
fn a_client_that_goes_away_takes_its_look_up_along() {
    in_virtual_time(|| async {
        let network = lab().await;
        let mut client = http2(&network).await;
        let clock = network.clock();
        let asking = ask(&mut client, "GET", "/?never.test", &[]);
        assert!(clock.until(clock.now() + Duration::from_secs(1), asking).await.is_err());
        drop(client);
        clock.sleep(Duration::from_secs(7200)).await;
        assert!(looked_up(&network).is_empty());
    });
}

/// A site that looks up the name in each request's query.
async fn lab() -> Rc<Network> {
    let network = network(vec![]);
    network.set_resolver(Rc::new(Telephone));
    serve(&network, Rc::new(Asking)).await;
    network
}

struct Asking;

impl Handler for Asking {
    fn answer(&self, request: &mut Request<Content>, host: &Host) -> Answer {
        let (host, name) = (host.clone(), request.uri().query().unwrap_or_default().to_owned());
        Answer::Later(Box::pin(async move {
            host.resolver().unwrap().addresses(&host, &name).await.unwrap();
            Response::new(Body::Empty)
        }))
    }
}

/// Asks the host at the far end by opening a connection, to a port that tells the names apart.
struct Telephone;

impl Resolve for Telephone {
    fn addresses<'a>(&'a self, host: &'a Host, name: &'a str) -> LocalFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let (port, delay) = match name {
                "slow.test" => (SLOW, 20),
                "quick.test" => (QUICK, 1),
                _ => (QUICK, 3600),
            };
            host.clock().sleep(Duration::from_secs(delay)).await;
            let address = IpAddr::from([198, 18, 0, 2]);
            // Nobody listens there: the attempt is on record all the same.
            let _ = host.connect((address, port).into()).await;
            Ok(vec![address])
        })
    }

    fn exchangers<'a>(&'a self, _: &'a Host, _: &'a str) -> LocalFuture<'a, io::Result<Vec<(u16, String)>>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }
}

/// The ports that the server called, and why, by port.
fn looked_up(network: &Network) -> Vec<(u16, Option<Cause>)> {
    let mut calls: Vec<_> = journal(network)
        .entries()
        .filter_map(|entry| match entry.seen {
            Seen::Opened { side: Side::Initiator, peer, cause, .. } if peer.port() != 80 => Some((peer.port(), cause)),
            _ => None,
        })
        .collect();
    calls.sort();
    calls
}

fn server_end(network: &Network) -> EndId {
    let journal = journal(network);
    let accepted = |seen: &Seen<'_>| matches!(seen, Seen::Opened { side: Side::Acceptor, .. });
    journal.entries().find(|entry| accepted(&entry.seen)).unwrap().end
}

const SLOW: u16 = 1001;
const QUICK: u16 = 1002;
