//! What a Telnet server does wrong on purpose, in virtual time.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::rc::Rc;
use std::time::Duration;

use support::{call, connect, empty_lab, in_virtual_time, serve_on};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toml::de::DeValue;
use toynet_machine::Random;
use toynet_net::Network;
use toynet_net::fault::{Fault, Faults, Meant, When};

#[test]
fn nothing_is_said_or_the_connection_ends() {
    assert_eq!(visit("silence = true", b"alice\r\n"), b"");
    assert_eq!(visit("drop = 'connect'", b"alice\r\n"), b"");
    let said = visit("drop = 'login'", b"alice\r\n");
    assert!(text(&said).ends_with("Your name: "), "{}", text(&said));
}

#[test]
fn options_are_refused_or_never_answered() {
    // IAC DO SGA, IAC WILL NAWS
    let asked = [255, 253, 3, 255, 251, 31];
    let refused = visit("options = 'refuse'", &asked);
    assert!(refused.windows(6).any(|window| window == [255, 252, 3, 255, 254, 31]), "{refused:?}");
    assert_eq!(refused.iter().filter(|octet| **octet == 255).count(), 2 + go_aheads(&refused));
    let ignored = visit("options = 'ignore'", &[255, 253, 200]);
    assert!(!ignored.windows(3).any(|window| window == [255, 252, 200]), "{ignored:?}");
    let right = visit("delay = '1s'", &[255, 253, 200]);
    assert!(right.windows(3).any(|window| window == [255, 252, 200]), "{right:?}");
}

#[test]
fn a_loop_of_options_is_bounded() {
    in_virtual_time(|| async {
        let network = faulty("options = 'loop'").await;
        let mut stream = connect(&network).await;
        let mut rounds = 0;
        let mut ask = 253;
        loop {
            stream.write_all(&[255, ask, 1]).await.unwrap();
            let mut heard = [0; 4096];
            let clock = network.clock();
            match clock.until(clock.now() + Duration::from_secs(5), stream.read(&mut heard)).await {
                Ok(Ok(length)) if length > 0 => rounds += 1,
                _ => break,
            }
            ask = if ask == 253 { 254 } else { 253 };
        }
        assert!((49..60).contains(&rounds), "{rounds}");
    });
}

#[test]
fn text_has_an_iac_alone_or_is_swallowed() {
    let said = visit("lone_iac = true", b"");
    assert!(said.starts_with(&[255, b'?']), "{said:?}");
    let said = visit("endless = true", b"");
    let begin = said.windows(3).position(|window| window == [255, 250, 24]).unwrap();
    assert!(said.len() > begin + 30 && !said[begin + 1..].contains(&255), "{said:?}");
    in_virtual_time(|| async {
        let network = faulty("endless = true").await;
        assert!(call(&network).await.until("Your name: ", Duration::from_secs(60)).await.is_err());
    });
}

#[test]
fn all_that_is_said_comes_late() {
    in_virtual_time(|| async {
        let network = faulty("delay = '7s'").await;
        let begun = network.clock().now();
        call(&network).await.until("Your name: ", Duration::from_secs(60)).await.unwrap();
        assert_eq!(network.clock().now() - begun, Duration::from_secs(7));
    });
}

/// All that a server with this fault says within ten seconds to a client that says this.
fn visit(words: &str, octets: &[u8]) -> Vec<u8> {
    in_virtual_time(|| async {
        let network = faulty(words).await;
        let mut stream = connect(&network).await;
        let _ = stream.write_all(octets).await;
        let (clock, mut said) = (network.clock(), Vec::new());
        let _ = clock.until(clock.now() + Duration::from_secs(10), stream.read_to_end(&mut said)).await;
        said
    })
}

async fn faulty(words: &str) -> Rc<Network> {
    let network = empty_lab();
    let (text, read) = (format!("{{ {words} }}"), toynet_telnet::PROTOCOL.fault.unwrap().read);
    let what = read(DeValue::parse(&text).unwrap()).unwrap();
    let (faults, random) = (Faults::default(), Random::new(1, "bbs.retro.test", "fault"));
    faults.add(Fault::new(words.into(), Meant::All, When::default(), what, network.clock().now(), random));
    serve_on(network.host("bbs.retro.test").unwrap().with_faults(faults)).await;
    network
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// IAC GA, which is no negotiation.
fn go_aheads(octets: &[u8]) -> usize {
    octets.windows(2).filter(|window| *window == [255, 249]).count()
}
