//! APL: lists of address prefixes (RFC 3123).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::words::{Mistake, Reader};

/// One prefix of a list.
pub(super) struct Item<'a> {
    family: u16,
    prefix: u8,
    negated: bool,
    /// The address without its trailing zeros.
    address: &'a [u8],
}

/// Reads the prefixes; nothing when one is cut, or of a family that has no text.
pub(super) fn read(octets: &[u8]) -> Option<Vec<Item<'_>>> {
    let mut items = Vec::new();
    let mut rest = octets;
    while let [high, low, prefix, length, after @ ..] = rest {
        let (address, after) = after.split_at_checked(usize::from(length & 0x7f))?;
        let family = u16::from_be_bytes([*high, *low]);
        let longest = match family {
            1 => 4,
            2 => 16,
            _ => return None,
        };
        if address.len() > longest || usize::from(*prefix) > 8 * longest {
            return None;
        }
        items.push(Item { family, prefix: *prefix, negated: length & 0x80 != 0, address });
        rest = after;
    }
    rest.is_empty().then_some(items)
}

/// Reads `[!]afi:address/prefix` words up to the end (RFC 3123 5).
pub(super) fn parse(reader: &mut Reader<'_>) -> Result<(), Mistake> {
    while let Some(word) = reader.word() {
        let item = read_word(word.raw).ok_or_else(|| reader.not("a prefix as 1:192.0.2.0/24 or !2:2001:db8::/32"))?;
        reader.out.extend_from_slice(&item);
    }
    Ok(())
}

fn read_word(raw: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(raw).ok()?;
    let (negated, text) = text.strip_prefix('!').map_or((0, text), |text| (0x80, text));
    let (family, text) = text.split_once(':')?;
    let (address, prefix) = text.split_once('/')?;
    let (family, prefix) = (family.parse::<u16>().ok()?, prefix.parse::<u8>().ok()?);
    let octets = match family {
        1 => address.parse::<Ipv4Addr>().ok()?.octets().to_vec(),
        2 => address.parse::<Ipv6Addr>().ok()?.octets().to_vec(),
        _ => return None,
    };
    if usize::from(prefix) > 8 * octets.len() {
        return None;
    }
    let used = octets.iter().rposition(|octet| *octet != 0).map_or(0, |last| last + 1);
    let head = [(family >> 8) as u8, family as u8, prefix, negated | used as u8];
    Some([&head, &octets[..used]].concat())
}

/// Writes what [`parse`] reads.
pub(super) fn show(f: &mut fmt::Formatter<'_>, octets: &[u8]) -> fmt::Result {
    for (index, item) in read(octets).unwrap_or_default().iter().enumerate() {
        let before = if index > 0 { " " } else { "" };
        let sign = if item.negated { "!" } else { "" };
        write!(f, "{before}{sign}{}:{}/{}", item.family, address(item), item.prefix)?;
    }
    Ok(())
}

fn address(item: &Item<'_>) -> String {
    let mut whole = [0_u8; 16];
    whole.iter_mut().zip(item.address).for_each(|(to, from)| *to = *from);
    match item.family {
        1 => IpAddr::from([whole[0], whole[1], whole[2], whole[3]]).to_string(),
        _ => IpAddr::from(whole).to_string(),
    }
}
