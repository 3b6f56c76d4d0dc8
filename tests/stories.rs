//! Stories of whole labs that take hours and days, in virtual time.
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::runtime::{Builder, LocalOptions};
use toynet_lab::run::InMemory;
use toynet_lab::{LabFile, protocols};
use toynet_record::Seen;
use toynet_smtp::client::{Letter, send};
use toynet_smtp::wire::{Content, ForwardPath, ReversePath};

#[test]
fn a_mail_waits_out_a_link_that_is_cut_for_two_hours() {
    let cut = "[link.\"mail.shop.test <-> mail.club.test\"]\ncut = [{ after = \"0s\", for = \"2h\" }]\n";
    in_lab(&format!("{MAIL}{cut}"), async |lab, state| {
        write_to_carol(lab).await;
        pass(lab, HOUR * 2 - Duration::from_secs(60)).await;
        assert_eq!(mails(state, "mail.club.test", "carol").len(), 0, "nothing passes");
        pass(lab, HOUR * 3).await;
        let arrived = mails(state, "mail.club.test", "carol");
        assert_eq!(arrived.len(), 1, "once, after the cut");
        assert!(arrived[0].contains("by mail.club.test"), "{}", arrived[0]);
        pass(lab, DAY * 6).await;
        assert_eq!(mails(state, "mail.club.test", "carol").len(), 1);
        assert_eq!(mails(state, "mail.shop.test", "alice").len(), 0, "nobody is told of a failure");
    });
}

#[test]
fn a_mail_that_never_arrives_comes_back_after_five_days() {
    let cut = "[link.\"mail.shop.test <-> mail.club.test\"]\ncut = [{ after = \"0s\" }]\n";
    in_lab(&format!("{MAIL}{cut}"), async |lab, state| {
        write_to_carol(lab).await;
        pass(lab, DAY * 5 - HOUR).await;
        assert_eq!(mails(state, "mail.shop.test", "alice").len(), 0, "it is still tried");
        pass(lab, HOUR * 12).await;
        let told = mails(state, "mail.shop.test", "alice");
        assert_eq!(told.len(), 1);
        for part in ["Return-Path: <>", "Final-Recipient: rfc822; carol@club.test", "Action: failed", "Subject: Hi"] {
            assert!(told[0].contains(part), "{part}\n{}", told[0]);
        }
        assert_eq!(mails(state, "mail.club.test", "carol").len(), 0);
    });
}

#[test]
fn a_resolver_whose_first_server_is_dead_asks_the_second() {
    // Two servers for one zone, of which the first is never reached; it is tried, and the answer comes all the same.
    let lab = "[host.\"ns1.shop.test\".dns]\n[host.\"ns2.shop.test\".dns]\n[host.\"www.shop.test\".http]\n\
               [link.\"* <-> ns1.shop.test\"]\ncut = [{ after = \"0s\" }]\n[host.\"laptop.test\"]\n";
    in_lab(lab, async |lab, _| {
        let laptop = lab.host("laptop.test").unwrap();
        let resolver = laptop.resolver().unwrap();
        let mut slowest = Duration::ZERO;
        for name in ["www.shop.test", "ns1.shop.test", "ns2.shop.test"] {
            let began = laptop.clock().now();
            assert!(resolver.addresses(&laptop, name).await.is_ok(), "{name}");
            slowest = slowest.max(laptop.clock().now() - began);
        }
        assert!(slowest < Duration::from_secs(5), "a person waits no longer: {slowest:?}");
        // Within a minute the living one is known to be the better one.
        pass(lab, Duration::from_secs(400)).await;
        let began = laptop.clock().now();
        resolver.addresses(&laptop, "www.shop.test").await.unwrap();
        assert!(laptop.clock().now() - began < Duration::from_secs(1));
    });
}

#[test]
fn a_name_server_that_comes_back_is_found_again() {
    let lab = "[host.\"www.shop.test\".http]\n[host.\"laptop.test\"]\n\
               [link.\"* <-> ns.shop.test\"]\ncut = [{ after = \"0s\", for = \"10m\" }]\n";
    in_lab(lab, async |lab, _| {
        let laptop = lab.host("laptop.test").unwrap();
        let resolver = laptop.resolver().unwrap();
        assert!(resolver.addresses(&laptop, "www.shop.test").await.is_err(), "nobody can say");
        pass(lab, Duration::from_secs(660)).await;
        assert!(resolver.addresses(&laptop, "www.shop.test").await.is_ok());
    });
}

/// Runs `story` in a lab of this text in virtual time, with a folder for what it keeps.
fn in_lab(text: &str, story: impl AsyncFn(&InMemory, &Path)) {
    let state = tempfile::tempdir().unwrap();
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build_local(LocalOptions::default()).unwrap();
    runtime.block_on(async {
        let file = LabFile::from_text(text, "");
        let plan = file.plan(protocols::ALL).unwrap();
        let lab = InMemory::start_keeping(&plan, &file, Some(state.path().to_owned())).await.unwrap();
        story(&lab, state.path()).await;
        assert!(lab.journal().entries().any(|entry| matches!(entry.seen, Seen::Opened { .. })), "all of it was seen");
    });
}

/// Alice hands her server a mail for Carol, who has a mailbox elsewhere.
async fn write_to_carol(lab: &InMemory) {
    let laptop = lab.host("laptop.shop.test").unwrap();
    let server = laptop.resolver().unwrap().addresses(&laptop, "mail.shop.test").await.unwrap()[0];
    let letter = Letter {
        from: ReversePath::parse("<alice@shop.test>").unwrap(),
        to: vec![ForwardPath::parse("<carol@club.test>").unwrap()],
        content: Content::from_text("Subject: Hi\n\nhello\n").unwrap(),
        smtputf8: false,
        dsn: Default::default(),
    };
    send(&laptop, "mail.shop.test", SocketAddr::new(server, 25), vec![letter], None).await.unwrap();
}

async fn pass(lab: &InMemory, time: Duration) {
    lab.network().clock().sleep(time).await;
}

/// The mails in a mailbox of a host.
fn mails(state: &Path, host: &str, mailbox: &str) -> Vec<String> {
    let folder = state.join(host).join("smtp").join("mail").join(mailbox).join("new");
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
}

const MAIL: &str = "[host.\"mail.shop.test\".smtp]\ndomains = [\"shop.test\"]\nmailboxes = [\"alice\"]\n\
    [host.\"mail.club.test\".smtp]\ndomains = [\"club.test\"]\nmailboxes = [\"carol\"]\n[host.\"laptop.shop.test\"]\n";
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
