//! A resolver among servers that are dead, slow or hostile, and its clients; in virtual time.
#![cfg(feature = "io")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use std::rc::Rc;
use std::time::Duration;

use support::{address, asked, at, in_virtual_time, network, question, resolve, serve, small_internet, visitor};
use toynet_dns::client::{Stub, query};
use toynet_dns::codes::{Rcode, RecordType};
use toynet_dns::wire::Message;
use toynet_net::{Answer, Network, Resolve};

#[test]
fn a_dead_root_server_costs_less_than_a_clients_patience() {
    in_virtual_time(|| async {
        let network = network();
        serve(&network, "root2", &[(".", "@ NS root2\nroot2 A 198.18.0.2\nwww A 198.18.0.9\n")]).await;
        resolve(&network).await;
        let host = visitor(&network);
        for _ in 0..4 {
            let began = host.clock().now();
            let found = Stub.addresses(&host, "www").await.unwrap();
            assert_eq!(found, ["198.18.0.9".parse::<std::net::IpAddr>().unwrap()]);
            assert!(host.clock().now().since(began) < Duration::from_secs(3));
            host.clock().sleep(Duration::from_secs(61)).await;
        }
    });
}

#[test]
fn where_no_server_answers_the_client_hears_of_it() {
    in_virtual_time(|| async {
        let network = small_internet().await;
        let host = visitor(&network);
        let answer = query(&host, at("resolver"), &question("www.rogue.test", RecordType::A)).await.unwrap();
        assert_eq!(answer.rcode(), Rcode::SERVFAIL);
    });
}

#[test]
fn a_stub_takes_no_answer_to_another_question() {
    in_virtual_time(|| async {
        let network = network();
        rogue(&network, |mut response| {
            response[13] ^= 1;
            response
        })
        .await;
        let host = visitor(&network);
        let error = query(&host, at("rogue"), &question("www.rogue.test", RecordType::A)).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    });
}

#[test]
fn a_resolver_takes_no_answer_to_another_question() {
    in_virtual_time(|| async {
        let network = small_internet().await;
        rogue(&network, |mut response| {
            response[13] ^= 1;
            response
        })
        .await;
        let host = visitor(&network);
        let answer = query(&host, at("resolver"), &question("www.rogue.test", RecordType::A)).await.unwrap();
        assert_eq!((answer.rcode(), answer.answers.len()), (Rcode::SERVFAIL, 0));
        assert!((2..10).contains(&asked(&network, "rogue")));
    });
}

#[test]
fn an_answer_from_another_address_is_not_heard() {
    in_virtual_time(|| async {
        let network = small_internet().await;
        let liar = network.host("rogue").unwrap().bind(53).await.unwrap();
        let other = network.host("root2").unwrap().bind(5300).await.unwrap();
        tokio::task::spawn_local(async move {
            let mut octets = [0; 512];
            while let Ok((length, from)) = liar.receive(&mut octets).await {
                octets[2] |= 0x84;
                other.send_to(&octets[..length], from).await.unwrap();
            }
        });
        let host = visitor(&network);
        let answer = query(&host, at("resolver"), &question("www.rogue.test", RecordType::A)).await.unwrap();
        assert_eq!(answer.rcode(), Rcode::SERVFAIL);
    });
}

#[test]
fn a_server_of_octets_without_sense_is_passed_over() {
    in_virtual_time(|| async {
        let network = small_internet().await;
        rogue(&network, |response| {
            let counts = [0, 1, 0xff, 0xff, 0, 0, 0, 0];
            [&response[..4], &counts, &response[12..], b"\xff\xfe\xfd"].concat()
        })
        .await;
        let host = visitor(&network);
        let answer = query(&host, at("resolver"), &question("www.rogue.test", RecordType::A)).await.unwrap();
        assert_eq!(answer.rcode(), Rcode::SERVFAIL);
    });
}

#[test]
fn negative_answers_are_kept_for_as_long_as_the_zone_says() {
    in_virtual_time(|| async {
        let network = small_internet().await;
        let host = visitor(&network);
        let ask = async || query(&host, at("resolver"), &question("no.shop.test", RecordType::A)).await.unwrap();
        assert_eq!(ask().await.rcode(), Rcode::NXDOMAIN);
        host.clock().sleep(Duration::from_secs(3)).await;
        let later = ask().await;
        assert_eq!((later.rcode(), later.authority[0].ttl, asked(&network, "ns.shop")), (Rcode::NXDOMAIN, 2, 1));
        host.clock().sleep(Duration::from_secs(3)).await;
        ask().await;
        assert_eq!(asked(&network, "ns.shop"), 2);
    });
}

#[test]
fn equal_questions_at_one_time_are_looked_up_once_and_each_gets_its_own_answer() {
    in_virtual_time(|| async {
        let network = small_internet().await;
        let host = visitor(&network);
        let ask = async |name: &str| query(&host, at("resolver"), &question(name, RecordType::A)).await.unwrap();
        let answers =
            tokio::join!(ask("www.shop.test"), ask("WWW.shop.test"), ask("www.SHOP.test"), ask("h1.shop.test"));
        for answer in [&answers.0, &answers.1, &answers.2] {
            assert_eq!((answer.rcode(), answer.answers.len()), (Rcode::NOERROR, 1));
            let (owner, asked) = (answer.answers[0].owner.to_string(), answer.questions[0].name.to_string());
            assert_eq!(owner, asked, "the case is that of whoever asked");
        }
        assert_eq!(answers.3.rcode(), Rcode::NOERROR);
        assert_eq!(asked(&network, "ns.shop"), 2);
    });
}

#[test]
fn a_failed_look_up_is_not_tried_again_at_once_but_soon() {
    in_virtual_time(|| async {
        let network = small_internet().await;
        rogue(&network, |mut response| {
            response[3] = 5;
            response
        })
        .await;
        let host = visitor(&network);
        let ask = async || query(&host, at("resolver"), &question("www.rogue.test", RecordType::A)).await.unwrap();
        assert_eq!(ask().await.rcode(), Rcode::SERVFAIL);
        let first = asked(&network, "rogue");
        assert_eq!((ask().await.rcode(), asked(&network, "rogue")), (Rcode::SERVFAIL, first));
        host.clock().sleep(Duration::from_secs(1)).await;
        assert_eq!(ask().await.rcode(), Rcode::SERVFAIL);
        assert!(asked(&network, "rogue") > first, "a second later it is asked again");
    });
}

#[test]
fn a_server_that_is_mended_is_found_within_seconds() {
    in_virtual_time(|| async {
        let network = small_internet().await;
        let host = visitor(&network);
        let ask = async || query(&host, at("resolver"), &question("www.rogue.test", RecordType::A)).await.unwrap();
        for _ in 0..3 {
            assert_eq!(ask().await.rcode(), Rcode::SERVFAIL);
        }
        serve(&network, "rogue", &[("rogue.test", "@ NS ns\nns A 198.18.0.5\nwww A 198.18.0.7\n")]).await;
        host.clock().sleep(Duration::from_secs(5)).await;
        assert_eq!(ask().await.rcode(), Rcode::NOERROR);
    });
}

/// Answers at `rogue` what `change` makes of an empty answer with authority.
async fn rogue(network: &Rc<Network>, change: impl Fn(Vec<u8>) -> Vec<u8> + 'static) {
    let socket = network.host("rogue").unwrap().bind(53).await.unwrap();
    assert_eq!(address("rogue"), network.host("rogue").unwrap().addresses()[0]);
    tokio::task::spawn_local(socket.serve(move |arrived, room| {
        let mut response = arrived.octets.to_vec();
        Message::read(&response).unwrap();
        response[2] |= 0x84;
        let response = change(response);
        room[..response.len()].copy_from_slice(&response);
        Answer::Now(response.len())
    }));
}
