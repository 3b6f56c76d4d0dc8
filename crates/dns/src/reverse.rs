//! Addresses as names: `5.0.18.198.in-addr.arpa.` (RFC 1035 3.5) and `….ip6.arpa.` (RFC 3596 2.5).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::name::Name;

/// The name under which an address has its PTR records.
pub fn name(address: IpAddr) -> Option<Name> {
    match address {
        IpAddr::V4(four) => {
            let [a, b, c, d] = four.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa.").parse().ok()
        }
        IpAddr::V6(six) => {
            let digits = u128::from(six);
            let labels: String = (0..32).map(|at| format!("{:x}.", digits >> (4 * at) & 15)).collect();
            format!("{labels}ip6.arpa.").parse().ok()
        }
    }
}

/// The address that a name stands for.
pub fn address(name: &Name) -> Option<IpAddr> {
    let text = name.to_string().to_ascii_lowercase();
    if let Some(labels) = text.strip_suffix(".in-addr.arpa.") {
        let forward: Vec<&str> = labels.rsplit('.').collect();
        return forward.join(".").parse::<Ipv4Addr>().ok().map(IpAddr::V4);
    }
    let labels = text.strip_suffix(".ip6.arpa.").filter(|labels| labels.len() == 63)?;
    let digits: String = labels.rsplit('.').collect();
    let is_whole = digits.len() == 32;
    u128::from_str_radix(&digits, 16).ok().filter(|_| is_whole).map(|bits| Ipv6Addr::from(bits).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_back_from_its_name() {
        for text in ["198.18.0.5", "2001:db8::105", "::ffff:127.83.0.5"] {
            let wanted: IpAddr = text.parse().unwrap();
            assert_eq!(address(&name(wanted).unwrap()), Some(wanted));
        }
    }

    #[test]
    fn other_names_stand_for_no_address() {
        for text in ["www.shop.test.", "18.198.in-addr.arpa.", "1.2.3.4.5.in-addr.arpa.", "x.ip6.arpa."] {
            assert_eq!(address(&text.parse().unwrap()), None, "{text}");
        }
    }
}
