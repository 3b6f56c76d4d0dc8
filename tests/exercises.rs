//! The labs with a planted fault: what a person notices is there, and toynet's own output leads to the cause.

mod support;

use std::net::SocketAddr;

use support::lab::Home;
use support::run::eventually;
use support::{Lab, dig, shell, tool};

#[test]
fn an_alias_loop_leads_nowhere() {
    let Some(lab) = exercise("alias-loop", "dig") else { return };
    assert_eq!(dig(lab.status().resolver(), &["www.shop.test"]).data("A"), [""; 0]);
    assert!(told(&lab, "ns.shop.test").contains("CNAME web.shop.test, CNAME www.shop.test"));
    assert_eq!(dig(lab.status().resolver(), &["shop.shop.test"]).data("A").len(), 1, "the rest of the zone is fine");
}

#[test]
fn an_alias_at_the_top_of_a_zone_hides_where_its_mail_goes() {
    let Some(lab) = exercise("apex-alias", "swaks") else { return };
    let taken = swaks(&lab, "mail.club.test", "--from carol@club.test --to baker@bakery.test");
    assert!(taken.contains("250 2.0.0"), "{taken}");
    let log = eventually("the attempt", || {
        Some(told(&lab, "mail.club.test")).filter(|log| log.contains("connection refused at port 25"))
    });
    assert!(log.contains("CNAME bakery.hoster.test") && log.contains("bakery.hoster.test"), "{log}");
    let itself = swaks(&lab, "mail.bakery.test", "--from carol@club.test --to baker@bakery.test");
    assert!(itself.contains("250 2.0.0"), "{itself}");
    let site = lab.toynet(&["http", "get", "http://bakery.test/"]).succeeded().stdout;
    assert!(site.contains("Fresh bread"), "{site}");
}

#[test]
fn a_full_mailbox_keeps_mail_waiting_for_one_and_not_for_the_other() {
    let Some(lab) = exercise("full-mailbox", "swaks") else { return };
    for name in ["baker", "orders"] {
        let taken = swaks(&lab, "mail.club.test", &format!("--from carol@club.test --to {name}@bakery.test"));
        assert!(taken.contains("250 2.0.0"), "{taken}");
    }
    let log = eventually("both attempts", || {
        let log = told(&lab, "mail.bakery.test");
        (log.contains("452 4.2.2") && log.contains("RCPT TO:<orders@bakery.test>")).then_some(log)
    });
    assert!(log.contains("250 2.1.5"), "the other mailbox has room\n{log}");
}

#[test]
fn a_proxy_that_asks_at_the_wrong_port_is_a_bad_gateway() {
    let Some(lab) = exercise("bad-gateway", "curl") else { return };
    let fetch = |path: &str| curl(&lab, "-s -o /dev/null -w %{http_code}", path);
    assert_eq!((fetch("/").1.as_str(), fetch("/api/prices").1.as_str()), ("200", "502"));
    assert!(told(&lab, "www.shop.test").contains("connection refused at port 8080"));
}

#[test]
fn a_dead_name_server_is_hidden_from_all_but_the_clock() {
    let Some(lab) = exercise("dead-name-server", "dig") else { return };
    let (dead, alive) = (door(&lab, "ns1.shop.test"), door(&lab, "ns2.shop.test"));
    assert!(dig_once(dead, "").contains("timed out"));
    assert_eq!(dig(alive, &["www.shop.test"]).data("A").len(), 1);
    assert_eq!(dig(lab.status().resolver(), &["www.shop.test"]).data("A").len(), 1);
    assert!(told(&lab, "ns1.shop.test").contains("drop true"));
}

#[test]
fn an_expired_certificate_is_refused_for_its_date_alone() {
    let Some(lab) = exercise("expired-certificate", "curl") else { return };
    let root = lab.home.path().join("root.pem").display().to_string();
    lab.toynet(&["ca", "--output", &root]).succeeded();
    let at = lab.status().door("www.shop.test", "tcp", 443);
    let line = format!(
        "curl -sS --cacert {root} --connect-to www.shop.test:443:{}:{} https://www.shop.test/",
        at.ip(),
        at.port()
    );
    let refused = shell(&line);
    assert_eq!(refused.code(), Some(60), "{refused:?}");
    assert!(refused.stderr.contains("expired"), "{refused:?}");
    assert_eq!(curl(&lab, "-s", "/").0, Some(0), "in clear it is there");
    eventually("the alert in the log", || told(&lab, "www.shop.test").contains("certificate_expired").then_some(()));
}

#[test]
fn a_lame_delegation_names_a_server_that_knows_nothing() {
    let Some(lab) = exercise("lame-delegation", "dig") else { return };
    let resolver = lab.status().resolver();
    assert_eq!(dig(resolver, &["www.shop.test"]).rcode, "SERVFAIL");
    assert_eq!(dig(resolver, &["www.club.test"]).data("A").len(), 1, "next door all is fine");
    assert_eq!(dig(door(&lab, "ns.shop.test"), &["www.shop.test"]).data("A").len(), 1, "its own server knows it");
    let log = told(&lab, "resolver.test");
    assert!(log.contains("referral to shop.test (ns.club.test)") && log.contains("REFUSED"), "{log}");
}

#[test]
fn without_starttls_nobody_can_log_in() {
    let Some(lab) = exercise("no-starttls", "swaks") else { return };
    let log_in =
        "--from alice@bakery.test --to alice@bakery.test --auth LOGIN --auth-user alice --auth-password secret";
    let refused = swaks(&lab, "mail.bakery.test", log_in);
    assert!(refused.contains("did not advertise authentication"), "{refused}");
    let log = told(&lab, "mail.bakery.test");
    assert!(log.contains("PIPELINING") && !log.contains("STARTTLS") && !log.contains("AUTH"), "{log}");
}

#[test]
fn two_sites_that_send_to_each_other_are_a_loop() {
    let Some(lab) = exercise("redirect-loop", "curl") else { return };
    let to_old = lab.status().door("old.shop.test", "tcp", 80);
    let more = format!("-s -L --connect-to old.shop.test:80:{}:{}", to_old.ip(), to_old.port());
    assert_eq!(curl(&lab, &more, "/").0, Some(47));
    let log = told(&lab, "shop.test");
    assert!(
        log.contains("Location: http://old.shop.test/") && log.contains("Location: http://www.shop.test/"),
        "{log}"
    );
}

#[test]
fn mail_to_a_mailbox_that_is_not_there_comes_back() {
    let Some(lab) = exercise("refused-recipient", "swaks") else { return };
    let taken = swaks(&lab, "mail.club.test", "--from carol@club.test --to order@bakery.test");
    assert!(taken.contains("250 2.0.0"), "{taken}");
    eventually("the refusal", || told(&lab, "mail.bakery.test").contains("550 5.1.1").then_some(()));
    let right = swaks(&lab, "mail.bakery.test", "--from carol@club.test --to orders@bakery.test --quit-after RCPT");
    assert!(right.contains("250 2.1.5"), "{right}");
}

#[test]
fn a_slow_line_takes_longer_than_the_impatient_wait() {
    let Some(lab) = exercise("slow-line", "curl") else { return };
    assert_eq!(curl(&lab, "-s -m 2", "/").0, Some(28));
    assert_eq!(curl(&lab, "-s -m 15", "/"), (Some(0), "<p>Fresh bread.</p>\n".to_owned()));
    lab.toynet(&["http", "get", "http://www.shop.test/"]).succeeded();
    let log = told(&lab, "www.shop.test");
    assert!(log.contains("  3.0 s") && log.contains(" ms"), "{log}");
}

#[test]
fn two_servers_of_one_zone_that_disagree() {
    let Some(lab) = exercise("stale-answer", "dig") else { return };
    let answer = |server: &str| dig(door(&lab, server), &["www.shop.test"]).data("A").join(" ");
    assert_ne!(answer("ns1.shop.test"), answer("ns2.shop.test"));
    assert!(told(&lab, "ns2.shop.test").contains("stale 198.18.0.99"));
}

#[test]
fn a_name_server_behind_a_firewall_without_tcp() {
    let Some(lab) = exercise("truncation", "dig") else { return };
    let server = door(&lab, "ns.shop.test");
    assert!(dig(server, &["www.shop.test", "+notcp", "+ignore"]).has("tc"));
    assert_ne!(dig_once(server, "+tcp").lines().filter(|line| line.contains("ANSWER: 1")).count(), 1);
    assert_eq!(dig_at_leisure(lab.status().resolver()), "SERVFAIL");
    let log = told(&lab, "ns.shop.test");
    assert!(log.contains("truncated aa tc") && log.contains("drop true"), "{log}");
}

#[test]
fn wrong_glue_sends_to_an_address_that_nobody_has() {
    let Some(lab) = exercise("wrong-glue", "dig") else { return };
    assert_eq!(dig(lab.status().resolver(), &["www.shop.test"]).rcode, "SERVFAIL");
    assert_eq!(dig(door(&lab, "ns.shop.test"), &["www.shop.test"]).data("A").len(), 1);
    let log = told(&lab, "resolver.test");
    assert!(log.contains("wrong glue") && log.contains("198.19.255.254 is unreachable"), "{log}");
}

#[test]
fn mail_waits_for_a_web_server_to_take_it() {
    let Some(lab) = exercise("wrong-mx", "swaks") else { return };
    let taken = swaks(&lab, "mail.club.test", "--from carol@club.test --to baker@bakery.test");
    assert!(taken.contains("250 2.0.0"), "{taken}");
    let log = eventually("the attempt", || {
        Some(told(&lab, "mail.club.test")).filter(|log| log.contains("connection refused at port 25"))
    });
    assert!(log.contains("10 www.bakery.test."), "{log}");
}

#[test]
fn each_exercise_says_what_is_noticed_and_hides_its_solution_at_the_end() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/broken");
    let files =
        std::fs::read_dir(folder).expect("the folder is ours").map(|entry| entry.expect("and can be read").path());
    let labs: Vec<_> = files.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    assert!(labs.len() >= 10, "{labs:?}");
    for lab in labs {
        let text = std::fs::read_to_string(&lab).expect("a lab file is text");
        let (task, rest) = text.split_once("\n\n").expect("the task stands before all else");
        assert!(task.contains("\n# What a person notices: "), "{}", lab.display());
        let (_, solution) =
            rest.split_once("\n# Spoiler: ").unwrap_or_else(|| panic!("{}: no solution", lab.display()));
        assert!(solution.lines().skip(1).all(|line| line.starts_with("# ")), "{}", lab.display());
        assert!(solution.contains("`toynet "), "{}: the solution begins with what toynet shows", lab.display());
    }
}

/// The exercise of this name, unless the tool is missing that shows its fault.
fn exercise(name: &str, needed: &'static str) -> Option<Lab> {
    tool(needed)?;
    Some(Lab::start(&Home::new(), &["up", &format!("broken/{name}")]))
}

fn door(lab: &Lab, server: &str) -> SocketAddr {
    lab.status().door(server, "udp", 53)
}

/// Fetches a path of the shop: curl's status and what it printed.
fn curl(lab: &Lab, options: &str, path: &str) -> (Option<i32>, String) {
    let at = lab.status().door("www.shop.test", "tcp", 80);
    let to = format!("--connect-to www.shop.test:80:{}:{}", at.ip(), at.port());
    let outcome = shell(&format!("curl {options} {to} http://www.shop.test{path}"));
    (outcome.code(), outcome.stdout)
}

fn swaks(lab: &Lab, server: &str, arguments: &str) -> String {
    let at = lab.status().door(server, "tcp", 25);
    shell(&format!("swaks --server {}:{} {arguments}", at.ip(), at.port())).text()
}

/// One attempt at the shop's address, whatever comes of it.
fn dig_once(at: SocketAddr, more: &str) -> String {
    shell(&format!("dig -r @{} -p {} www.shop.test +time=1 +tries=1 {more}", at.ip(), at.port())).text()
}

/// The response code of a resolver that may try for a while.
fn dig_at_leisure(at: SocketAddr) -> String {
    dig(at, &["www.shop.test", "+time=15"]).rcode
}

fn told(lab: &Lab, host: &str) -> String {
    lab.toynet(&["log", "--host", host]).succeeded().stdout
}
