//! Clients that are old, mute, slow or mad.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::time::Duration;

use support::{SOON, connect, in_virtual_time, lab, lines, log_in, told};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use toynet_machine::Random;
use toynet_net::Clock;

const SESSION: &[u8] = b"bob\nwhoami\nquit\n";
/// The client lets the server echo, and tells that its window has 80 columns and 65,535 rows.
const OPTIONS: [u8; 17] = [255, 253, 1, 255, 251, 31, 255, 250, 31, 0, 80, 255, 255, 255, 255, 255, 240];
const TOLD: [&str; 6] = [
    "1 C Request bob",
    "1 S Answer Hello, bob! You are alone here. Type help to see what there is, quit to leave.",
    "2 C Request whoami",
    "2 S Answer You are bob on bbs.retro.test.",
    "3 C Request quit",
    "3 S Answer Good-bye!",
];

#[test]
fn a_mute_client_is_served_line_by_line_and_all_at_once() {
    let (shown, told) = converse(&[b"bob\n", b"whoami\n", b"quit\n"]);
    assert!(shown.ends_with("bob> You are bob on bbs.retro.test.\r\nbob> Good-bye!\r\n"), "{shown}");
    assert_eq!(told, TOLD);
    assert_eq!(converse(&[SESSION]).0, shown);
}

#[test]
fn a_client_that_has_no_more_to_say_gets_its_answers() {
    in_virtual_time(|| async {
        let network = lab().await;
        let mut stream = connect(&network).await;
        stream.write_all(b"bob\r\nwhoami\r\nhalf a l").await.unwrap();
        stream.shutdown().await.unwrap();
        let shown = hear(&mut stream, network.clock()).await;
        assert!(shown.ends_with("You are bob on bbs.retro.test.\r\nbob> "), "{shown}");
    });
}

#[test]
fn octet_by_octet_is_the_same() {
    let octets = [&OPTIONS, SESSION].concat();
    let (whole, told) = converse(&[&octets]);
    assert!(whole.ends_with("bob> quit\r\nGood-bye!\r\n"), "{whole}");
    assert_eq!(told, TOLD);
    let pieces: Vec<&[u8]> = octets.chunks(1).collect();
    assert_eq!(converse(&pieces), (whole, told));
}

#[test]
fn a_command_that_never_ends_is_no_line() {
    in_virtual_time(|| async {
        let network = lab().await;
        let mut stream = connect(&network).await;
        stream.write_all(&[255, 250, 24]).await.unwrap();
        stream.write_all(&vec![b'x'; 300_000]).await.unwrap();
        stream.write_all(&[255, 240]).await.unwrap();
        stream.write_all(SESSION).await.unwrap();
        assert!(hear(&mut stream, network.clock()).await.ends_with("Good-bye!\r\n"));
    });
}

#[test]
fn random_octets_harm_nobody() {
    in_virtual_time(|| async {
        let network = lab().await;
        let mut random = Random::new(7, "desk.retro.test", "octets");
        for _ in 0..10 {
            let octets: Vec<u8> = (0..10_000).map(|_| random.u16() as u8).collect();
            let mut stream = connect(&network).await;
            // It may be shown the door for what it calls itself.
            let _ = network.clock().until(network.clock().now() + SOON, stream.write_all(&octets)).await;
            hear(&mut stream, network.clock()).await;
        }
        let mut bob = log_in(&network, "bob").await;
        bob.type_line("whoami").await.unwrap();
        bob.until("You are bob", SOON).await.unwrap();
        told(&network);
    });
}

#[test]
fn one_who_never_reads_is_given_up() {
    in_virtual_time(|| async {
        let network = lab().await;
        let mut mad = connect(&network).await;
        mad.write_all(b"mad\r\n").await.unwrap();
        let flood = [b"help\r\n".repeat(1000), [255, 246].repeat(1000)].concat();
        let clock = network.clock();
        let send = async { while mad.write_all(&flood).await.is_ok() {} };
        clock.until(clock.now() + Duration::from_secs(3600), send).await.unwrap();
        let mut bob = log_in(&network, "bob").await;
        bob.type_line("who").await.unwrap();
        assert!(!bob.until("bob> ", SOON).await.unwrap().contains("mad"));
    });
}

#[test]
fn there_is_room_for_many_and_no_more() {
    in_virtual_time(|| async {
        let network = lab().await;
        let mut streams = Vec::new();
        for _ in 0..513 {
            streams.push(connect(&network).await);
            tokio::task::yield_now().await;
        }
        let refused = hear(&mut streams.pop().unwrap(), network.clock()).await;
        assert_eq!(refused, "All lines are busy. Please call again later.\r\n");
        streams.clear();
        network.clock().sleep(SOON).await;
        log_in(&network, "bob").await;
    });
}

/// Sends pieces after the greeting, a moment apart; gives what is shown, and what is told of exchanges.
fn converse(pieces: &[&[u8]]) -> (String, Vec<String>) {
    in_virtual_time(|| async {
        let network = lab().await;
        let clock = network.clock();
        let (reader, mut writer) = tokio::io::split(connect(&network).await);
        let write = async {
            for piece in pieces {
                clock.sleep(Duration::from_millis(100)).await;
                writer.write_all(piece).await.unwrap();
            }
            writer
        };
        let (shown, writer) = tokio::join!(hear(reader, clock), write);
        drop(writer);
        clock.sleep(SOON).await;
        let told = lines(&told(&network)).into_iter().filter(|line| !line.starts_with('0'));
        (shown, told.collect())
    })
}

/// All that is shown until the server closes, or an hour is over.
async fn hear(mut stream: impl AsyncRead + Unpin, clock: Clock) -> String {
    let mut heard = Vec::new();
    let _ = clock.until(clock.now() + Duration::from_secs(3600), stream.read_to_end(&mut heard)).await;
    let text = heard.into_iter().filter(u8::is_ascii).collect();
    String::from_utf8(text).unwrap()
}
