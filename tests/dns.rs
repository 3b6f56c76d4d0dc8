//! The lab's name service as dig, kdig and an independent library see it.

mod support;

use support::dig::data;
use support::run::eventually;
use support::tools::python_with;
use support::{Lab, dig, run, shell, tool, wire};

#[test]
fn the_resolver_finds_every_kind_of_record() {
    let Some((lab, resolver)) = resolver() else { return };
    for (name, kind, data) in [
        ("web.club.test", "A", &["198.18.200.3"][..]),
        ("mail.club.test", "AAAA", &["2001:db8:200::1"]),
        ("club.test", "TXT", &["\"v=spf1 mx -all\""]),
        ("long.club.test", "TXT", &["\"one\" \"two words\" \"semi;colon\""]),
        ("anything.wild.club.test", "A", &["198.18.200.4"]),
    ] {
        let answer = dig(resolver, &[name, kind]);
        assert_eq!((answer.rcode.as_str(), answer.data(kind)), ("NOERROR", data.to_vec()), "{}", answer.text);
        assert!(answer.has("ra") && !answer.has("aa"), "{}", answer.text);
    }
    let exchangers = dig(resolver, &["club.test", "MX"]);
    let mut found = exchangers.data("MX");
    found.sort_unstable();
    assert_eq!(found, ["10 mail.club.test.", "20 backup.club.test."]);
    drop(lab);
}

#[test]
fn an_alias_is_followed_to_its_address() {
    let Some((_lab, resolver)) = resolver() else { return };
    let answer = dig(resolver, &["www.club.test", "A"]);
    assert_eq!(answer.data("CNAME"), ["web.club.test."], "{}", answer.text);
    assert_eq!(answer.data("A"), ["198.18.200.3"], "{}", answer.text);
}

#[test]
fn the_names_of_hosts_and_their_addresses_lead_to_each_other() {
    let Some((_lab, resolver)) = resolver() else { return };
    let forward = dig(resolver, &["www.shop.test", "A"]);
    let address = forward.data("A").first().copied().expect("a derived address").to_owned();
    let back = dig(resolver, &["-x", &address]);
    assert_eq!(back.data("PTR"), ["www.shop.test."], "{}", back.text);

    let forward = dig(resolver, &["www.shop.test", "AAAA"]);
    let address = forward.data("AAAA").first().copied().expect("a derived address").to_owned();
    let back = dig(resolver, &["-x", &address]);
    assert_eq!(back.data("PTR"), ["www.shop.test."], "{}", back.text);
}

#[test]
fn what_is_not_there_is_denied_with_the_zones_soa() {
    let Some((_lab, resolver)) = resolver() else { return };
    for (name, kind, rcode) in [("nobody.club.test", "A", "NXDOMAIN"), ("web.club.test", "MX", "NOERROR")] {
        let answer = dig(resolver, &[name, kind]);
        assert_eq!(answer.rcode, rcode, "{}", answer.text);
        assert!(answer.answer.is_empty(), "{}", answer.text);
        let soa = answer.authority.iter().find(|record| record.kind == "SOA").expect("a SOA says so");
        assert_eq!(soa.name, "club.test.");
        assert!(soa.ttl <= 60, "RFC 2308 section 5: no longer than the SOA's minimum\n{}", answer.text);
    }
}

#[test]
fn the_root_and_the_top_level_refer_with_glue() {
    let Some((lab, _)) = resolver() else { return };
    let status = lab.status();
    let root = status.name_server("a.root");
    let referral = dig(root, &["+norecurse", "www.shop.test", "A"]);
    assert_referral(&referral, "test.");

    let name =
        data(&referral.authority, "NS").first().copied().expect("a name server").trim_end_matches('.').to_owned();
    let top_level = status.door(&name, "udp", 53);
    assert_referral(&dig(top_level, &["+norecurse", "www.shop.test", "A"]), "shop.test.");
}

#[test]
fn the_zones_own_server_answers_with_authority_and_does_not_recurse() {
    let Some((lab, _)) = resolver() else { return };
    let server = lab.status().door("ns.club.test", "udp", 53);
    let own = dig(server, &["club.test", "SOA"]);
    assert!(own.has("aa") && !own.has("ra"), "{}", own.text);
    let foreign = dig(server, &["www.shop.test", "A"]);
    assert_eq!(foreign.rcode, "REFUSED", "{}", foreign.text);
}

#[test]
fn tcp_answers_as_udp_does_and_carries_what_udp_cannot() {
    let Some((lab, resolver)) = resolver() else { return };
    let [udp, tcp] = [&["web.club.test"][..], &["+tcp", "web.club.test"]].map(|arguments| dig(resolver, arguments));
    assert_eq!(udp.data("A"), tcp.data("A"));

    let server = lab.status().door("ns.club.test", "udp", 53);
    let cut = dig(server, &["+ignore", "+noedns", "many.club.test", "TXT"]);
    assert!(cut.has("tc") && cut.answer.len() < 60, "{}", cut.text);
    let whole = dig(server, &["+noedns", "many.club.test", "TXT"]);
    assert_eq!(whole.answer.len(), 60, "dig asks again over TCP\n{}", whole.text);
}

#[test]
fn edns_is_understood_and_an_unknown_version_is_refused() {
    let Some((lab, resolver)) = resolver() else { return };
    let server = lab.status().door("ns.club.test", "udp", 53);
    for at in [resolver, server] {
        let with = dig(at, &["+edns=0", "+bufsize=1232", "web.club.test"]);
        assert!(with.text.contains("EDNS: version: 0"), "{}", with.text);
        let without = dig(at, &["+noedns", "web.club.test"]);
        assert!(!without.text.contains("EDNS: version"), "{}", without.text);
        let unknown = dig(at, &["+edns=77", "+noednsnegotiation", "web.club.test"]);
        assert_eq!(unknown.rcode, "BADVERS", "{}", unknown.text);
    }
}

#[test]
fn time_to_live_counts_down_in_the_resolvers_cache() {
    let Some((_lab, resolver)) = resolver() else { return };
    let ttl = || dig(resolver, &["web.club.test"]).answer.first().expect("an answer").ttl;
    assert_eq!(ttl(), 300);
    let later = eventually("a smaller time to live", || Some(ttl()).filter(|ttl| *ttl < 300));
    assert!(later >= 280, "{later}");
}

#[test]
fn case_is_kept_and_makes_no_difference() {
    let Some((lab, _)) = resolver() else { return };
    let answer = dig(lab.status().door("ns.club.test", "udp", 53), &["WeB.cLuB.tEsT"]);
    assert!(answer.text.contains("WeB.cLuB.tEsT."), "{}", answer.text);
    assert_eq!(answer.data("A"), ["198.18.200.3"]);
}

#[test]
fn a_printed_trace_walks_from_the_root() {
    if tool("dig").is_none() {
        return;
    }
    let lab = Lab::built_in();
    let status = lab.status();
    let line = status.command(&["dig", "+trace"]);
    let walk = shell(line).succeeded().stdout;
    let steps = walk.matches(";; Received ").count();
    assert!(steps >= 3, "root, top level, zone: {line}\n{walk}");
}

#[test]
fn every_printed_dig_command_works() {
    if tool("dig").is_none() {
        return;
    }
    let lab = Lab::built_in();
    for line in lab.status().commands().into_iter().filter(|line| line.starts_with("dig ")) {
        let outcome = shell(line).succeeded();
        assert!(!outcome.text().contains("SERVFAIL"), "{line}\n{}", outcome.text());
        assert!(!outcome.text().contains("no servers could be reached"), "{line}\n{}", outcome.text());
    }
}

#[test]
fn kdig_reads_the_answers_too() {
    if tool("kdig").is_none() {
        return;
    }
    let lab = Lab::of_tests("shop");
    let door = lab.status().door("ns.club.test", "udp", 53);
    for transport in ["+notcp", "+tcp"] {
        let line = format!("kdig {transport} @{} -p {} club.test MX", door.ip(), door.port());
        let said = shell(&line).succeeded().stdout;
        assert!(said.contains("10 mail.club.test.") && said.contains("aa"), "{line}\n{said}");
    }
}

#[test]
fn an_independent_library_reads_every_answer() {
    let Some(mut python) = python_with("dns.message") else { return };
    let lab = Lab::of_tests("shop");
    let status = lab.status();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/read_answers.py");
    let server = status.door("ns.club.test", "udp", 53).to_string();
    run(python.args([script, &server, &status.resolver().to_string()])).succeeded();
}

#[test]
fn many_queries_of_one_connection_are_all_answered() {
    let lab = Lab::of_tests("shop");
    let mut stream = wire::Stream::connect(lab.status().door("ns.club.test", "tcp", 53));
    let queries: Vec<u8> = (1..=100).flat_map(query_with_length).collect();
    stream.send(&queries);
    stream.finish();
    let mut heard = stream.rest();
    let mut answered = Vec::new();
    while heard.len() >= 4 {
        answered.push(u16::from_be_bytes([heard[2], heard[3]]));
        let length = usize::from(u16::from_be_bytes([heard[0], heard[1]]));
        heard.drain(..(length + 2).min(heard.len()));
    }
    answered.sort_unstable();
    assert_eq!(answered, (1..=100).collect::<Vec<_>>());
}

fn resolver() -> Option<(Lab, std::net::SocketAddr)> {
    tool("dig")?;
    let lab = Lab::of_tests("shop");
    let resolver = lab.status().resolver();
    Some((lab, resolver))
}

fn assert_referral(answer: &support::dig::Answer, zone: &str) {
    assert_eq!(answer.rcode, "NOERROR", "{}", answer.text);
    assert!(answer.answer.is_empty() && !answer.has("aa"), "{}", answer.text);
    let servers = data(&answer.authority, "NS");
    assert!(!servers.is_empty() && answer.authority.iter().all(|record| record.name == zone), "{}", answer.text);
    for server in servers {
        let glue = answer.additional.iter().filter(|record| record.name == server && record.kind == "A");
        assert_eq!(glue.count(), 1, "glue for {server}\n{}", answer.text);
    }
}

/// A query for `web.club.test A` as it goes over TCP (RFC 1035 section 4.2.2).
fn query_with_length(id: u16) -> Vec<u8> {
    let mut query = id.to_be_bytes().to_vec();
    query.extend(b"\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03web\x04club\x04test\x00\x00\x01\x00\x01");
    let mut framed = (query.len() as u16).to_be_bytes().to_vec();
    framed.append(&mut query);
    framed
}
