//! Mails on their way between hosts, in virtual time.

mod support;

use std::time::Duration;

use support::{CLIENT, CLUB, Lab, MUTE, SHOP, cut, first_mail, in_virtual_time, mails};
use toynet_net::link::Window;
use toynet_record::dissect::{FlowInfo, Said};
use toynet_record::{Dissector, Event, Reader, Transport};
use toynet_smtp::dissect::SmtpDissector;

#[test]
fn a_mail_is_delivered_across_two_hosts() {
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        let (_shop, club) = (lab.serve(SHOP).await, lab.serve(CLUB).await);
        let fate = lab.send(SHOP, "<alice@shop.test>", "carol@club.test", "Subject: Hi\n\n.hello\n").await.unwrap();
        assert!(fate.to_string().starts_with("relayed: 250 2.0.0 queued as "), "{fate}");
        let mail = first_mail(&lab, &*club, "carol").await;
        let lines: Vec<&str> = mail.lines().collect();
        assert_eq!(lines[0], "Return-Path: <alice@shop.test>");
        assert_eq!(lines[1], "Received: from mail.shop.test ([198.18.0.1])");
        assert!(lines[2].starts_with("\tby mail.club.test with ESMTP id "), "{mail}");
        assert_eq!(lines[3..5], ["\tfor <carol@club.test>;", "\tThu, 1 Jan 2026 00:00:00 +0000"]);
        assert_eq!(lines[5], "Received: from client.test ([198.18.0.3])");
        assert!(mail.ends_with("Subject: Hi\r\n\r\n.hello\r\n"));
    });
}

#[test]
fn a_delivery_says_which_mail_it_is_for() {
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        let (_shop, club) = (lab.serve(SHOP).await, lab.serve(CLUB).await);
        lab.send(SHOP, "<alice@shop.test>", "carol@club.test", "Subject: Hi\n").await.unwrap();
        first_mail(&lab, &*club, "carol").await;
        let mut reader = Reader::new(lab.network.topology().roster());
        let mut opened = Vec::new();
        for entry in lab.journal().entries() {
            reader.read(&entry, |event| {
                if let Event::Opened(flow) = event {
                    opened.push((flow.initiator.host.clone(), flow.cause));
                }
            });
        }
        assert_eq!(opened[0], (Some(CLIENT.into()), None));
        assert_eq!(opened[1].0.as_deref(), Some(SHOP));
        // EHLO is the first exchange, the mail the second.
        assert_eq!(opened[1].1.unwrap().exchange, 2);
    });
}

#[test]
fn what_was_said_can_be_read() {
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        let shop = lab.serve(SHOP).await;
        lab.send(SHOP, "<>", "alice@shop.test", "Subject: Hi\nFrom: bob@shop.test\n\nhello\n").await.unwrap();
        first_mail(&lab, &*shop, "alice").await;
        let told = told(&lab);
        assert_eq!(told[3..6], ["2 MAIL FROM:<> SIZE=43", "2 RCPT TO:<alice@shop.test>", "2 DATA"]);
        assert_eq!(told[9], "2 From: bob@shop.test, Subject: Hi, 43 octets");
        assert!(told[10].starts_with("2 250 2.0.0 queued as "));
        assert_eq!(told[11..], ["3 QUIT", "3 221 2.0.0 bye"]);
    });
}

#[test]
fn a_mail_waits_out_a_link_that_is_cut_for_two_hours() {
    in_virtual_time(|| async {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        let lab = Lab::new(cut(SHOP, CLUB, Window { after: Duration::ZERO, lasts: hours(2) }));
        let (shop, club) = (lab.serve(SHOP).await, lab.serve(CLUB).await);
        lab.send(SHOP, "<alice@shop.test>", "carol@club.test", "Subject: Hi\n").await.unwrap();
        first_mail(&lab, &*club, "carol").await;
        assert!((hours(2)..hours(5)).contains(&lab.age()), "{:?}", lab.age());
        lab.network.clock().sleep(hours(200)).await;
        assert_eq!(mails(&*club, "carol").await.len(), 1);
        assert_eq!(mails(&*shop, "alice").await.len(), 0);
    });
}

#[test]
fn mail_for_a_host_that_does_not_answer_comes_back_after_five_days() {
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        let shop = lab.serve(SHOP).await;
        lab.send(SHOP, "<alice@shop.test>", "bob@mute.test", "Subject: Hi\n\nhello\n").await.unwrap();
        let bounce = first_mail(&lab, &*shop, "alice").await;
        let days = lab.age().as_secs_f64() / 86_400.0;
        assert!((5.0..5.1).contains(&days), "{days}");
        for part in [
            "Return-Path: <>\r\n",
            "Final-Recipient: rfc822; bob@mute.test\r\nAction: failed\r\nStatus: 4.4.1\r\n",
            "mute.test cannot be reached: connection refused",
            "Subject: Hi\r\n",
        ] {
            assert!(bounce.contains(part), "{part}\n{bounce}");
        }
        assert_eq!(mails(&*shop, "alice").await.len(), 1);
    });
}

#[test]
fn mail_that_can_go_nowhere_comes_back_at_once() {
    for (to, status) in [
        ("bob@quiet.test", "Status: 5.1.10\r\n"),
        ("bob@nowhere.test", "Status: 5.1.2\r\n"),
        ("bob@[192.0.2.1]", "Status: 5.4.4\r\n"),
        ("bob@club.test", "Diagnostic-Code: smtp; 550 5.1.1 there is no mailbox bob@club.test here\r\n"),
    ] {
        in_virtual_time(|| async {
            let lab = Lab::new(vec![]);
            let (shop, _club) = (lab.serve(SHOP).await, lab.serve(CLUB).await);
            lab.send(SHOP, "<alice@shop.test>", to, "Subject: Hi\n").await.unwrap();
            let bounce = first_mail(&lab, &*shop, "alice").await;
            assert!(bounce.contains(status), "{bounce}");
            assert!(lab.age() < Duration::from_secs(60));
        });
    }
}

#[test]
fn a_notification_that_cannot_be_delivered_is_dropped() {
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        let shop = lab.serve(SHOP).await;
        lab.send(SHOP, "<ghost@quiet.test>", "bob@quiet.test", "Subject: Hi\n").await.unwrap();
        lab.network.clock().sleep(Duration::from_secs(10 * 86_400)).await;
        assert_eq!(mails(&*shop, "alice").await.len(), 0);
        assert_eq!(mails(&*shop, "postmaster").await.len(), 0);
    });
}

#[test]
fn a_sender_who_would_like_to_hear_of_success_does_and_by_the_last_server() {
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        let (shop, club) = (lab.serve(SHOP).await, lab.serve(CLUB).await);
        let dialogue = "EHLO c.test\r\nMAIL FROM:<alice@shop.test> ENVID=order+3D7\r\n\
            RCPT TO:<carol@club.test> NOTIFY=SUCCESS ORCPT=rfc822;carol@club.test\r\nDATA\r\nSubject: Hi\r\n\r\nhello\r\n.\r\nQUIT\r\n";
        lab.say(SHOP, dialogue).await;
        first_mail(&lab, &*club, "carol").await;
        let report = first_mail(&lab, &*shop, "alice").await;
        for part in [
            "Return-Path: <>\r\n",
            "Original-Envelope-Id: order=7\r\nReporting-MTA: dns; mail.club.test\r\n",
            "Original-Recipient: rfc822; carol@club.test\r\n",
            "Action: delivered\r\n",
        ] {
            assert!(report.contains(part), "{part}\n{report}");
        }
    });
}

#[test]
fn a_sender_who_would_like_to_hear_nothing_hears_nothing() {
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        let shop = lab.serve(SHOP).await;
        let dialogue = "EHLO c.test\r\nMAIL FROM:<alice@shop.test>\r\nRCPT TO:<bob@quiet.test> NOTIFY=NEVER\r\n\
            DATA\r\nSubject: Hi\r\n.\r\nQUIT\r\n";
        lab.say(SHOP, dialogue).await;
        lab.network.clock().sleep(Duration::from_secs(10 * 86_400)).await;
        assert_eq!(mails(&*shop, "alice").await.len(), 0);
    });
}

#[test]
fn the_same_seed_gives_the_same_story() {
    let story = || {
        in_virtual_time(|| async {
            let lab = Lab::new(cut(SHOP, CLUB, Window { after: Duration::ZERO, lasts: Duration::from_secs(3600) }));
            let (_shop, club) = (lab.serve(SHOP).await, lab.serve(CLUB).await);
            lab.send(SHOP, "<alice@shop.test>", "carol@club.test", "Subject: Hi\n").await.unwrap();
            lab.send(SHOP, "<alice@shop.test>", "bob@club.test", "Subject: Hi\n").await.unwrap();
            first_mail(&lab, &*club, "carol").await;
            lab.network.clock().sleep(Duration::from_secs(60)).await;
            lab.journal().entries().map(|entry| format!("{entry:?}")).collect::<Vec<_>>()
        })
    };
    assert_eq!(story(), story());
}

#[test]
fn what_nobody_serves_is_unreachable() {
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        let fate = lab.send(MUTE, "<alice@shop.test>", "bob@mute.test", "Subject: Hi\n").await.unwrap_err();
        assert_eq!(fate.to_string(), "deferred: mute.test cannot be reached: connection refused");
    });
}

/// All messages of the first flow.
fn told(lab: &Lab) -> Vec<String> {
    let mut reader = Reader::new(lab.network.topology().roster());
    let mut dissector = SmtpDissector::new(FlowInfo {
        transport: Transport::Tcp,
        port: 25,
        joined_late: false,
        explain: false,
        whole: false,
        stream: None,
    });
    let mut out = Vec::new();
    for entry in lab.journal().entries() {
        reader.read(&entry, |event| {
            if let Event::Said { flow, by, octets, .. } = event
                && flow.0 == 1
            {
                dissector.said(Said { by, time: entry.time, octets }, &mut out);
            }
        });
    }
    out.iter().map(|message| format!("{} {}", message.exchange, message.summary)).collect()
}
