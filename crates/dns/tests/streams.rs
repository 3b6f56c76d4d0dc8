//! Messages on connections: pipelined, in pieces, too few, too many; in virtual time.
#![cfg(feature = "io")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use std::time::Duration;

use support::{at, framed_query, in_virtual_time, next_message, small_internet, visitor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_dns::codes::{Rcode, RecordType};
use toynet_machine::Time;
use toynet_net::Stream;

#[test]
fn pipelined_queries_cut_anywhere_are_answered_in_order() {
    in_virtual_time(|| async {
        let network = small_internet().await;
        let stream = visitor(&network).connect(at("ns.shop")).await.unwrap();
        let (mut reading, mut writing) = tokio::io::split(stream);
        let queries: Vec<u8> =
            (1..=900).flat_map(|id| framed_query(id, &format!("h{id}.shop.test"), RecordType::TXT)).collect();
        let write = async {
            for piece in queries.chunks(701) {
                writing.write_all(piece).await.unwrap();
            }
        };
        let read = async {
            for id in 1..=900 {
                let message = next_message(&mut reading).await.unwrap();
                assert_eq!((message.id, message.answers.len()), (id, 1));
            }
        };
        tokio::join!(write, read);
    });
}

#[test]
fn a_query_that_comes_octet_by_octet_is_answered() {
    in_virtual_time(|| async {
        let network = small_internet().await;
        let host = visitor(&network);
        let mut stream = host.connect(at("ns.shop")).await.unwrap();
        for octet in framed_query(7, "www.shop.test", RecordType::A) {
            stream.write_all(&[octet]).await.unwrap();
            host.clock().sleep(Duration::from_millis(500)).await;
        }
        assert_eq!(next_message(&mut stream).await.unwrap().answers.len(), 1);
    });
}

#[test]
fn who_says_nothing_or_never_ends_a_message_is_left_after_half_a_minute() {
    in_virtual_time(|| async {
        let network = small_internet().await;
        let host = visitor(&network);
        let mut silent = host.connect(at("ns.shop")).await.unwrap();
        let mut slow = host.connect(at("ns.shop")).await.unwrap();
        let began = host.clock().now();
        let drip = async {
            while slow.write_all(&[1]).await.is_ok() {
                host.clock().sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::join!(until_end(&mut silent), drip);
        let took = host.clock().now().since(began);
        assert!((30..35).contains(&took.as_secs()), "{took:?}");
    });
}

#[test]
fn each_query_gives_a_connection_another_half_minute() {
    in_virtual_time(|| async {
        let network = small_internet().await;
        let host = visitor(&network);
        let mut stream = host.connect(at("ns.shop")).await.unwrap();
        for id in 0..5 {
            host.clock().sleep(Duration::from_secs(20)).await;
            stream.write_all(&framed_query(id, "www.shop.test", RecordType::A)).await.unwrap();
            assert_eq!(next_message(&mut stream).await.unwrap().id, id);
        }
        let asked = host.clock().now();
        until_end(&mut stream).await;
        assert_eq!(host.clock().now().since(asked), Duration::from_secs(30));
    });
}

/// More look-ups than a connection may have at once, and the writing side closed before the first is done.
#[test]
fn every_recursive_query_of_a_long_pipeline_is_answered() {
    in_virtual_time(|| async {
        let network = small_internet().await;
        let mut stream = visitor(&network).connect(at("resolver")).await.unwrap();
        let query = |id| framed_query(id, &format!("x{id}.many.shop.test"), RecordType::A);
        stream.write_all(&(1..=300).flat_map(query).collect::<Vec<u8>>()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut ids = Vec::new();
        while let Ok(message) = next_message(&mut stream).await {
            assert_eq!((message.rcode(), message.answers.len()), (Rcode::NOERROR, 1));
            ids.push(message.id);
        }
        ids.sort_unstable();
        assert_eq!(ids, (1..=300).collect::<Vec<u16>>());
    });
}

#[test]
fn a_zone_is_transferred_and_the_connection_stays() {
    in_virtual_time(|| async {
        let network = small_internet().await;
        let mut stream = visitor(&network).connect(at("ns.shop")).await.unwrap();
        for _ in 0..2 {
            stream.write_all(&framed_query(1, "shop.test", RecordType::AXFR)).await.unwrap();
            let mut records = Vec::new();
            while records.iter().filter(|kind| **kind == RecordType::SOA).count() < 2 {
                let message = next_message(&mut stream).await.unwrap();
                assert_eq!(message.rcode(), Rcode::NOERROR);
                records.extend(message.answers.iter().map(|record| record.kind));
            }
            assert_eq!(records.len(), 2 + 4 + 2000);
        }
        stream.write_all(&framed_query(2, "club.test", RecordType::AXFR)).await.unwrap();
        assert_eq!(next_message(&mut stream).await.unwrap().rcode(), Rcode::REFUSED);
    });
}

#[test]
fn who_reads_nothing_of_a_transfer_is_left_and_holds_up_nobody() {
    in_virtual_time(|| async {
        let network = small_internet().await;
        let host = visitor(&network);
        let mut deaf = host.connect(at("ns.shop")).await.unwrap();
        let queries: Vec<u8> = (0..50).flat_map(|id| framed_query(id, "shop.test", RecordType::AXFR)).collect();
        deaf.write_all(&queries).await.unwrap();
        host.clock().sleep(Duration::from_secs(5)).await;
        let mut other = host.connect(at("ns.shop")).await.unwrap();
        other.write_all(&framed_query(1, "www.shop.test", RecordType::A)).await.unwrap();
        assert_eq!(next_message(&mut other).await.unwrap().answers.len(), 1);
        host.clock().sleep(Duration::from_secs(60)).await;
        let mut rest = Vec::new();
        deaf.read_to_end(&mut rest).await.unwrap_or_default();
        assert!(rest.len() < 50 * 60_000, "{}", rest.len());
    });
}

async fn until_end(stream: &mut Stream) -> Time {
    assert_eq!(stream.read(&mut [0]).await.unwrap_or(0), 0);
    Time::default()
}
