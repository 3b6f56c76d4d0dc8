//! Mails under TLS that starts in the middle of a conversation.

mod support;

use std::net::SocketAddr;

use support::{CLIENT, CLUB, Lab, MUTE, SHOP, address_of, first_mail, in_virtual_time, secured_ways};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::spawn_local;
use toynet_net::tls::Trust;
use toynet_smtp::client::{Dsn, Letter, send};
use toynet_smtp::wire::{Content, ForwardPath, ReversePath};

#[test]
fn servers_speak_tls_with_each_other_where_they_can() {
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        let (_shop, club) = (lab.serve(SHOP).await, lab.serve_securely(CLUB, secured_ways()).await);
        lab.send(SHOP, "<alice@shop.test>", "carol@club.test", "Subject: Hi\n").await.unwrap();
        let mail = first_mail(&lab, &*club, "carol").await;
        assert!(mail.contains("\tby mail.club.test with ESMTPS id "), "{mail}");
    });
}

#[test]
fn mail_goes_in_clear_where_tls_fails() {
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        let mut listener = lab.host(MUTE).listen(25).await.unwrap();
        spawn_local(async move {
            for script in [&["220 x\r\n", "250-x\r\n250 STARTTLS\r\n", "220 go\r\n"][..], IN_CLEAR] {
                let mut stream = listener.accept().await.unwrap();
                for line in script {
                    stream.write_all(line.as_bytes()).await.unwrap();
                    let _ = stream.read(&mut [0; 1024]).await;
                }
            }
        });
        let anyone = Trust::Anybody.client(&[], lab.network.clock()).unwrap();
        let fates = send(&lab.host(CLIENT), MUTE, at(MUTE), vec![letter()], Some(&anyone)).await.unwrap();
        assert_eq!(fates[0][0].to_string(), "relayed: 250 taken");
    });
}

#[test]
fn what_is_said_in_clear_after_starttls_is_never_obeyed() {
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        let club = lab.serve_securely(CLUB, secured_ways()).await;
        let injected =
            "EHLO x\r\nSTARTTLS\r\nMAIL FROM:<eve@x.test>\r\nRCPT TO:<carol@club.test>\r\nDATA\r\nhi\r\n.\r\n";
        let heard = lab.say(CLUB, injected).await;
        assert!(heard.ends_with("220 2.0.0 begin TLS\r\n"), "{heard}");
        assert!(support::mails(&*club, "carol").await.is_empty());
    });
}

const IN_CLEAR: &[&str] =
    &["220 x\r\n", "250 x\r\n", "250 from\r\n", "250 to\r\n", "354 go\r\n", "250 taken\r\n", "221 bye\r\n"];

fn letter() -> Letter {
    Letter {
        from: ReversePath::Null,
        to: vec![ForwardPath::parse("<a@mute.test>").expect("a path")],
        content: Content::from_text("Subject: hi\n").expect("lines are short"),
        smtputf8: false,
        dsn: Dsn::default(),
    }
}

fn at(name: &str) -> SocketAddr {
    SocketAddr::new(address_of(name), 25)
}
