//! One hit of a link's fault, one mark: in the list, the log, the diagram, and whoever met it.

mod support;

use std::path::PathBuf;

use serde_json::Value;
use support::lab::Home;
use support::run::eventually;
use support::{Lab, shell, tool};

#[test]
fn what_a_guest_meets_is_counted_by_the_lab_and_marked_once() {
    let lab = lab();
    lab.toynet(&["fault", "add", "link=you <-> ns.shop.test", "duplicate=1"]).succeeded();
    lab.toynet(&["fault", "add", "link=you <-> www.shop.test", "latency=20ms"]).succeeded();
    lab.toynet(&["http", "get", "http://www.shop.test/"]).succeeded();
    lab.toynet(&["dns", "query", "@ns.shop.test", "www.shop.test"]).succeeded();
    let hits = counted(&lab);
    assert!(hits.iter().all(|(_, hits)| *hits > 0), "{hits:?}");
    for (text, hits) in &hits {
        assert_eq!((text, marks(&lab, text)), (text, *hits), "{}", log(&lab));
    }
    let status: Value = serde_json::from_str(&lab.toynet(&["status", "--json"]).succeeded().stdout).expect("JSON");
    let told: Vec<u64> =
        status["faults"].as_array().expect("faults").iter().filter_map(|one| one["hits"].as_u64()).collect();
    assert_eq!(told, hits.iter().map(|(_, hits)| *hits).collect::<Vec<_>>());
}

#[test]
fn hosts_of_the_lab_mark_a_link_s_fault_once_for_both_of_them() {
    let lab = lab();
    lab.toynet(&["fault", "add", "link=mail.shop.test -> mail.club.test", "latency=20ms"]).succeeded();
    lab.toynet(&["fault", "add", "link=ns.club.test -> resolver.test", "reorder=1"]).succeeded();
    let words = ["smtp", "send", "--server", "mail.shop.test", "--from", "alice@shop.test", "--to", "carol@club.test"];
    lab.toynet(&words).succeeded();
    lab.toynet(&["wait", "mail", "--to", "carol@club.test"]).succeeded();
    eventually("as many marks as hits", || {
        let hits = counted(&lab);
        hits.iter().all(|(text, hits)| *hits > 0 && marks(&lab, text) == *hits).then_some(())
    });
    let log = log(&lab);
    assert!(
        log.contains("fault: reorder 1") && !log.contains("mail.club.test → mail.shop.test   smtp   fault"),
        "{log}"
    );
    let diagram = lab.toynet(&["diagram", "--host", "mail.club.test"]).succeeded().stdout;
    assert!(diagram.contains("latency 20ms"), "{diagram}");
}

#[test]
fn what_links_do_to_quic_is_marked_where_it_is_counted() {
    let lab = lab();
    lab.toynet(&["fault", "add", "link=you <-> www.shop.test", "latency=20ms"]).succeeded();
    lab.toynet(&["http", "get", "--http3", "https://www.shop.test/"]).succeeded();
    let text = "latency 20ms";
    let hits = counted(&lab);
    assert!(hits.len() == 1 && hits[0].1 > 2, "{hits:?}");
    eventually("as many marks as hits", || (marks(&lab, text) == counted(&lab)[0].1).then_some(()));
    lab.toynet(&["fault", "clear"]).succeeded();
    lab.toynet(&["fault", "add", "host=www.shop.test", "down=refuse"]).succeeded();
    let refused = lab.toynet(&["http", "get", "--http3", "https://www.shop.test/"]);
    assert!(refused.text().contains("nobody takes datagrams at port 443"), "{refused:?}");
    assert!(log(&lab).contains("port 443 unreachable"), "{}", log(&lab));
}

#[test]
fn a_link_that_loses_some_has_struck_as_often_as_it_lost_some() {
    if tool("dig").is_none() || tool("tshark").is_none() {
        return;
    }
    let lab = lab();
    let server = lab.status().door("ns.shop.test", "udp", 53);
    lab.toynet(&["fault", "add", "link=you -> ns.shop.test", "loss=1", "every=2"]).succeeded();
    let dig = || shell(&format!("dig -r @{} -p {} www.shop.test +time=1 +tries=1 +short", server.ip(), server.port()));
    let answered = (0..4).filter(|_| dig().code() == Some(0)).count();
    assert_eq!((answered, counted(&lab)), (2, vec![("loss 1, every 2".to_owned(), 2)]));
    assert_eq!(marks(&lab, "loss 1, every 2"), 2, "{}", log(&lab));
    // What was lost is there to be seen, with its mark.
    let file = capture(&lab);
    let shown = format!("tshark -r {} -Y 'dns.flags.response == 0' -T fields -e frame.comment", file.display());
    let comments = shell(&shown).succeeded().stdout;
    assert_eq!((comments.lines().count(), comments.matches("loss 1, every 2").count()), (4, 2), "{comments}");
}

#[test]
fn the_same_seed_gives_the_same_hits() {
    if tool("dig").is_none() {
        return;
    }
    let met = || {
        let lab = lab();
        let server = lab.status().door("ns.shop.test", "udp", 53);
        lab.toynet(&["fault", "add", "host=ns.shop.test", "answer=REFUSED", "probability=0.5"]).succeeded();
        let at = format!("dig -r @{} -p {} www.shop.test", server.ip(), server.port());
        (0..12).map(|_| shell(&at).text().contains("REFUSED")).collect::<Vec<_>>()
    };
    let (first, second) = (met(), met());
    assert_eq!(first, second);
    assert!(first.contains(&true) && first.contains(&false), "{first:?}");
}

/// The faults that are set with their hits.
fn counted(lab: &Lab) -> Vec<(String, u64)> {
    let json = lab.toynet(&["fault", "list", "--json"]).succeeded().stdout;
    let faults: Vec<Value> = serde_json::from_str(&json).expect("JSON");
    let told = |fault: &Value| Some((fault["text"].as_str()?.to_owned(), fault["hits"].as_u64()?));
    faults.iter().filter_map(told).collect()
}

fn marks(lab: &Lab, text: &str) -> u64 {
    log(lab).matches(&format!("fault: {text}")).count() as u64
}

fn log(lab: &Lab) -> String {
    lab.toynet(&["log"]).succeeded().stdout
}

fn capture(lab: &Lab) -> PathBuf {
    let path = lab.home.path().join("marks.pcapng");
    lab.toynet(&["capture", "-o", path.to_str().expect("UTF-8")]).succeeded();
    path
}

fn lab() -> Lab {
    let home = Home::new();
    let text = "[lab]\nseed = 7\n\n[host.\"www.shop.test\"]\nhttp = { pages = { '/' = 'bread' } }\n\
                [host.\"mail.shop.test\"]\nsmtp = { domains = ['shop.test'], mailboxes = ['alice'] }\n\
                [host.\"mail.club.test\"]\nsmtp = { domains = ['club.test'], mailboxes = ['carol'] }\n";
    let file = home.write("lab.toml", text).display().to_string();
    Lab::start(&home, &["up", &file])
}
