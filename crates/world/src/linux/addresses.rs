//! Who can be reached in a world: oneself and the world's addresses, and nobody else.
//!
//! Addresses are not added one by one, which takes time that grows with their square: each is a route
//! of the kind `local`, whose preferred source is oneself.

use std::fs;
use std::io;
use std::net::IpAddr;

use super::netlink::Batch;
use super::{kernel, part};
use crate::{Me, World};

/// Gives a new network its addresses; says what could not be had.
///
/// # Errors
/// When the kernel refuses.
pub fn give(world: &World) -> io::Result<Vec<String>> {
    let mut lacking = Vec::new();
    let has_six = fs::exists("/proc/sys/net/ipv6").unwrap_or(false);
    if !has_six {
        lacking.push("IPv6: the kernel has none".to_owned());
    }
    let mut batch = Batch::default();
    batch.loopback_up();
    world.me.addresses.iter().filter(|ip| has_six || ip.is_ipv4()).for_each(|address| batch.address(*address));
    batch.send()?;
    let can_bind = set_sysctls(has_six, &mut lacking);
    let others = world.addresses.iter().filter(|address| !world.me.addresses.contains(address));
    let others = others.copied().filter(|address| has_six || address.is_ipv4());
    all(others, can_bind, |batch, address| batch.own(address, world.me.address_like(address)), Batch::address)?;
    Ok(lacking)
}

/// Gives the network that this process is in further addresses, which those with parts of their own reach too.
///
/// # Errors
/// When the kernel refuses.
pub fn more(me: &Me, addresses: &[IpAddr]) -> io::Result<()> {
    let own = |batch: &mut Batch, address| batch.own(address, me.address_like(address));
    all(those_there_can_be(addresses), can_bind(), own, Batch::address)?;
    part::more(addresses);
    Ok(())
}

/// Takes addresses away from it.
///
/// # Errors
/// When the kernel refuses.
pub fn fewer(addresses: &[IpAddr]) -> io::Result<()> {
    part::fewer(addresses);
    all(those_there_can_be(addresses), can_bind(), Batch::disown, Batch::no_address)
}

/// A request for each address, and one before it for those that cannot be bound by a route alone.
pub fn all(
    addresses: impl Iterator<Item = IpAddr>,
    can_bind: bool,
    route: impl Fn(&mut Batch, IpAddr),
    bind: impl Fn(&mut Batch, IpAddr),
) -> io::Result<()> {
    let mut batch = Batch::default();
    for address in addresses {
        if address.is_ipv6() && !can_bind {
            bind(&mut batch, address);
        }
        route(&mut batch, address);
        if batch.is_full() {
            std::mem::take(&mut batch).send()?;
        }
    }
    batch.send()
}

pub fn those_there_can_be(addresses: &[IpAddr]) -> impl Iterator<Item = IpAddr> {
    let has_six = fs::exists("/proc/sys/net/ipv6").unwrap_or(false);
    addresses.iter().copied().filter(move |address| has_six || address.is_ipv4())
}

fn can_bind() -> bool {
    fs::read_to_string(NONLOCAL).is_ok_and(|set| set.trim() == "1")
}

/// These belong to the network of the process that writes them. Says whether IPv6 addresses can be
/// bound that only a route makes local.
pub fn set_sysctls(has_six: bool, lacking: &mut Vec<String>) -> bool {
    let (_, group) = kernel::user();
    let group = format!("{group} {group}");
    for (name, value, what) in [
        ("ipv4/ping_group_range", group.as_str(), "ping by programs that give up their capabilities"),
        ("ipv4/ip_unprivileged_port_start", "0", "low ports for programs that give up their capabilities"),
    ] {
        if let Err(error) = fs::write(format!("/proc/sys/net/{name}"), value) {
            lacking.push(format!("{what}: {error}"));
        }
    }
    has_six && fs::write(NONLOCAL, "1").is_ok()
}

/// Whether IPv6 addresses can be bound that are no interface's (ip-sysctl).
const NONLOCAL: &str = "/proc/sys/net/ipv6/ip_nonlocal_bind";
