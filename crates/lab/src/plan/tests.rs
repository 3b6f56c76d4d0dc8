//! What a plan means for whoever runs it. The plans themselves are told word for word in `tests/plan`.

use toynet_service::{HostName, Mistake};

use super::Plan;
use crate::{LabFile, fakes};

#[test]
fn a_written_address_wins_and_is_derived_for_no_other() {
    let plan = plan("[host.\"a.test\".http]\n[host.\"b.test\"]\naddress = '198.18.1.1'\nhttp = {}\n");
    assert_eq!(addresses(&plan, "a.test"), ["198.18.1.2", "2001:db8::102"]);
    assert_eq!(addresses(&plan, "b.test"), ["198.18.1.1"]);
}

#[test]
fn a_written_resolver_is_the_labs() {
    let plan = plan("[host.\"ask.shop.test\".dns]\nresolver = true\n");
    assert!(plan.host("resolver.test").is_none());
    assert_eq!(plan.resolver().map(|address| address.to_string()).as_deref(), Some("198.18.1.1:53"));
}

#[test]
fn a_written_name_server_serves_its_domain() {
    let plan = plan("[host.\"dns1.shop.test\".dns]\n[host.\"www.shop.test\".http]\n");
    assert!(plan.host("ns.shop.test").is_none());
    assert_eq!(origins(&plan, "dns1.shop.test"), ["shop.test."]);
}

#[test]
fn a_written_root_server_serves_the_root() {
    let plan = plan("[host.\"a.root-servers.test\".dns]\n");
    assert_eq!(origins(&plan, "a.root-servers.test"), [".", "root-servers.test."]);
    assert_eq!(plan.hints.len(), 2);
}

#[test]
fn a_host_of_two_labels_is_the_top_of_its_own_domain() {
    let plan = plan("[host.\"shop.test\".http]\n");
    let zone = plan.zones.iter().find(|zone| zone.zone.origin == "shop.test.").unwrap();
    assert!(zone.zone.text.contains("\n@   IN  A      198.18.1.1\n"), "{}", zone.zone.text);
}

#[test]
fn links_are_as_the_network_takes_them() {
    let plan = plan("[host.\"a.test\".http]\n[link.\"a.test <-> *\"]\nrate = '8kbit'\ncut = [{ after = '1s' }]\n");
    let rule = plan.links[0].rule();
    assert_eq!(rule.conditions.rate, Some(1_000));
    assert_eq!(rule.conditions.cut[0].lasts, std::time::Duration::MAX);
    // The hosts, and whoever joins as none of them.
    assert_eq!(
        (plan.links.len(), plan.topology(toynet_machine::Time::default()).hosts().len()),
        (2, plan.hosts.len() + 1)
    );
}

#[test]
fn more_hosts_than_fit_are_refused() {
    let hosts: String = (0..32_600).map(|host| format!("[host.\"h{host}.a.test\".http]\n")).collect();
    let told = mistakes(&hosts);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].what, "this lab has more than the 32766 hosts that fit into a lab");
}

#[test]
fn a_service_that_cannot_be_read_is_told_once() {
    let told = mistakes("[host.\"ns.shop.test\".dns]\nport = 'x'\n[host.\"resolver.test\"]\ndns = 3\n");
    assert_eq!(told.len(), 2, "{told:?}");
}

#[test]
fn without_a_protocol_for_names_there_are_only_hosts() {
    let http: Vec<_> = fakes::ALL.iter().copied().filter(|protocol| protocol.name == "http").collect();
    let plan = LabFile::from_text("[host.\"www.shop.test\".http]\n", "").plan(&http).unwrap();
    assert_eq!((plan.hosts.len(), plan.zones.len()), (1, 0));
}

#[test]
fn a_plan_is_told_to_programs() {
    let json = plan("[host.\"www.shop.test\".http]\n[link.\"* -> www.shop.test\"]\nlatency = '20ms'\n").to_json();
    assert_eq!(json["hosts"][0]["name"], "www.shop.test");
    assert_eq!(json["hosts"][0]["services"][0]["endpoints"][0]["port"], 80);
    assert_eq!(json["zones"][0]["origin"], ".");
    assert_eq!(json["links"][0]["conditions"]["latency"], "20ms");
}

fn plan(text: &str) -> Plan {
    LabFile::from_text(text, "").plan(fakes::ALL).unwrap()
}

fn mistakes(text: &str) -> Vec<Mistake> {
    LabFile::from_text(text, "").plan(fakes::ALL).unwrap_err()
}

fn addresses(plan: &Plan, host: &str) -> Vec<String> {
    plan.host(host).unwrap().addresses.iter().map(ToString::to_string).collect()
}

fn origins<'a>(plan: &'a Plan, host: &str) -> Vec<&'a str> {
    let host = HostName::parse(host).unwrap();
    plan.host(host.as_str()).unwrap().zones.iter().map(|zone| zone.origin.as_str()).collect()
}
