//! Whole labs in virtual time: the same seed gives the same journal, and a large lab starts fast.
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::future::Future;
use std::net::SocketAddr;

use tokio::runtime::{Builder, LocalOptions};
use toynet_lab::run::InMemory;
use toynet_lab::{LabFile, protocols};
use toynet_record::Seen;
use toynet_service::tls::Certificates;

#[test]
fn the_built_in_lab_runs_twice_with_one_seed_and_equal_journals() {
    let first = journal_of_a_visit(1);
    assert!(first.len() > 1_000);
    assert_eq!(first, journal_of_a_visit(1));
}

#[test]
fn another_seed_gives_another_journal() {
    assert_ne!(journal_of_a_visit(1), journal_of_a_visit(2));
}

#[test]
fn a_visit_over_tls_is_equal_but_for_its_secrets() {
    let first = visit_over_tls();
    assert!(first.iter().any(|seen| seen.contains("Secured") && seen.contains("h2 for www.club.test")), "{first:#?}");
    assert!(first.iter().any(|seen| seen.contains("Sealed")));
    assert_eq!(first, visit_over_tls());
}

#[test]
fn five_hundred_hosts_start_and_find_each_other() {
    let hosts = (0..500).map(|n| format!("[host.\"www.site{n}.test\".http]\n"));
    let file = LabFile::from_text(hosts.collect::<String>(), "");
    in_virtual_time(|| async {
        let plan = file.plan(protocols::ALL).unwrap();
        let lab = InMemory::start(&plan, &file).await.unwrap();
        let host = lab.host("www.site0.test").unwrap();
        let resolver = host.resolver().unwrap();
        for name in ["www.site499.test", "www.site250.test"] {
            let found = resolver.addresses(&host, name).await.unwrap();
            assert_eq!(found, plan.host(name).unwrap().addresses[..1]);
        }
    });
}

/// What two look-ups, one of a name that is not there, and a page of the built-in lab leave behind.
fn journal_of_a_visit(seed: u64) -> Vec<u8> {
    let file = LabFile::built_in("internet").unwrap();
    in_virtual_time(|| async {
        let mut plan = file.plan(protocols::ALL).unwrap();
        plan.seed = seed;
        let lab = InMemory::start(&plan, &file).await.unwrap();
        let visitor = lab.host("www.shop.test").unwrap();
        let resolver = visitor.resolver().unwrap();
        resolver.addresses(&visitor, "www.club.test").await.unwrap();
        resolver.addresses(&visitor, "nobody.club.test").await.unwrap_err();
        let page = toynet_http::client::get(&visitor, "http://www.club.test/").await.unwrap();
        assert_eq!(page.status(), 200);
        lab.journal().as_bytes().to_vec()
    })
}

/// What a page over TLS, fetched through links that charge for each octet, leaves behind.
fn visit_over_tls() -> Vec<String> {
    let text = "[host.\"www.shop.test\".http]\n[host.\"www.club.test\".http]\n\
                [link.\"www.shop.test <-> www.club.test\"]\nlatency = \"20ms\"\nrate = \"64kbit\"\n";
    let file = LabFile::from_text(text, "");
    in_virtual_time(|| async {
        let plan = file.plan(protocols::ALL).unwrap();
        let lab = InMemory::start(&plan, &file).await.unwrap();
        let visitor = lab.host("www.shop.test").unwrap();
        let door = SocketAddr::new(plan.host("www.club.test").unwrap().addresses[0], 443);
        let trust = lab.authority().unwrap().client(&["h2"]).unwrap();
        let stream = visitor.connect(door).await.unwrap();
        let stream = stream.start_tls_as_client(&trust, "www.club.test", b"").await.unwrap();
        let mut client = toynet_http::client::Client::http2(stream).await.unwrap();
        let request = http::Request::get("https://www.club.test/").body(Default::default()).unwrap();
        assert_eq!(client.send(request).await.unwrap().status(), 200);
        let journal = lab.journal();
        let entries = journal.entries().filter(|entry| !matches!(entry.seen, Seen::Secret { .. }));
        entries.map(|entry| format!("{entry:?}")).collect()
    })
}

fn in_virtual_time<F: Future>(story: impl FnOnce() -> F) -> F::Output {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build_local(LocalOptions::default()).unwrap();
    runtime.block_on(async { story().await })
}
