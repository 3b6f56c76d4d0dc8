//! The zones in which addresses are names: one for each /16 of IPv4 and each /32 of IPv6 with a host in
//! it, as registries delegate them. All are on the server of `arpa`.

use std::net::IpAddr;

use super::roster::Draft;
use super::tree::{Tree, ZoneDraft};

/// Adds the zones of all hosts' addresses, where no zone written by hand has them.
pub(super) fn grow(tree: &mut Tree, hosts: &[Draft]) {
    let Some(servers) = tree.zone("arpa").map(|arpa| arpa.servers.clone()) else { return };
    for address in hosts.iter().flat_map(|host| &host.addresses) {
        let origin = zone(*address);
        let is_written = tree.zone_of(&origin).is_some_and(|place| {
            let zone = &tree.zones[place];
            zone.written.is_some() && zone.origin != "arpa" && !zone.origin.is_empty()
        });
        if tree.zone(&origin).is_none() && !is_written {
            tree.add(ZoneDraft::derived(&origin, servers.clone()));
        }
    }
}

/// An address as a name (RFC 1035 3.5, RFC 3596 2.5).
pub(super) fn name(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(v6) => {
            let nibbles = v6.octets().into_iter().rev().flat_map(|octet| [octet & 15, octet >> 4]);
            let labels: String = nibbles.map(|nibble| format!("{nibble:x}.")).collect();
            labels + "ip6.arpa"
        }
    }
}

fn zone(address: IpAddr) -> String {
    let below = match address {
        IpAddr::V4(_) => 2,
        IpAddr::V6(_) => 24,
    };
    name(address).splitn(below + 1, '.').last().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_names() {
        let v4 = "198.18.1.7".parse().unwrap();
        assert_eq!((name(v4).as_str(), zone(v4).as_str()), ("7.1.18.198.in-addr.arpa", "18.198.in-addr.arpa"));
        let v6 = "2001:db8::107".parse().unwrap();
        assert_eq!(zone(v6), "8.b.d.0.1.0.0.2.ip6.arpa");
        assert_eq!(name(v6), "7.0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    }
}
