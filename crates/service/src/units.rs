//! Quantities as a person writes them: a number and a unit, `20ms`, `1.5mbit`, `64KiB`.

use std::fmt;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;
use std::time::Duration;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A span of time: `us`, `ms`, `s`, `m`, `h` or `d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(pub Duration);

/// Bits per second, in powers of ten as lines are sold: `bit`, `kbit`, `mbit` or `gbit`. Never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(pub u64);

/// Octets, in powers of two as memory is: `B`, `KiB` or `MiB`. Never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// A part of the whole, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Share(pub f64);

/// An address that a host can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(pub IpAddr);

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let nanos = quantity(text, PERIODS, "20ms")?;
        Ok(Self(Duration::from_nanos(nanos)))
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match quantity(text, RATES, "1mbit")? {
            0 => Err("a rate of nothing lets nothing pass\nto break a link, write `cut = [{ after = \"0s\" }]`".into()),
            bits => Ok(Self(bits)),
        }
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match quantity(text, SIZES, "64KiB")? {
            0 => Err("a size of nothing holds nothing\nwrite at least 1B".into()),
            octets => Ok(Self(octets)),
        }
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Ok(address) = text.parse::<IpAddr>() else {
            return Err(format!("`{text}` is no IP address\nwrite one such as `198.18.0.7` or `2001:db8::7`"));
        };
        match unusable(address) {
            Some(why) => Err(format!("no host can have {address}: {why}\nleave it out to be given one")),
            None => Ok(Self(address)),
        }
    }
}

/// Why no host can have this address (RFC 6890).
fn unusable(address: IpAddr) -> Option<&'static str> {
    match address {
        _ if address.is_loopback() => Some("it means every machine's own self"),
        _ if address.is_unspecified() => Some("it means that there is no address"),
        _ if address.is_multicast() => Some("it names a group of hosts"),
        IpAddr::V4(Ipv4Addr::BROADCAST) => Some("it means all hosts"),
        IpAddr::V4(v4) if v4.octets()[0] == 0 => Some("it means this network"),
        IpAddr::V4(v4) if v4.octets()[0] >= 240 => Some("it is reserved"),
        IpAddr::V6(v6) if v6.is_unicast_link_local() => Some("it needs a link to be told apart"),
        IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => Some("it is an IPv4 address in disguise"),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    }
}

/// A number and a unit in the smallest unit.
fn quantity(text: &str, units: &[Unit], example: &str) -> Result<u64, String> {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, name) = (&text[..end], text[end..].trim());
    let known = || units.iter().map(|unit| format!("`{}`", unit.0)).collect::<Vec<_>>().join(", ");
    let Ok(number) = number.parse::<f64>() else {
        return Err(format!("`{text}` does not begin with a number\nwrite it such as `{example}`"));
    };
    if name.is_empty() {
        return Err(format!("`{text}` has no unit\nadd one of {}", known()));
    }
    let Some(Unit(_, size)) = units.iter().find(|unit| unit.0 == name) else {
        return Err(format!("unknown unit `{name}`\nknown here: {}", known()));
    };
    let whole = (number * *size as f64).round();
    if whole > LARGEST { Err(format!("`{text}` is too much")) } else { Ok(whole as u64) }
}

/// In the largest unit that needs no fraction.
fn in_units(amount: u64, units: &[Unit]) -> String {
    let fits = units.iter().rev().find(|unit| amount != 0 && amount.is_multiple_of(unit.1));
    let Unit(name, size) = fits.unwrap_or(&units[0]);
    format!("{}{name}", amount / size)
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX);
        f.write_str(&if nanos == 0 { "0s".to_owned() } else { in_units(nanos, PERIODS) })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&in_units(self.0, RATES))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&in_units(self.0, SIZES))
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let share = f64::deserialize(deserializer)?;
        if (0.0..=1.0).contains(&share) {
            return Ok(Self(share));
        }
        let percent = (1.0..=100.0).contains(&share).then(|| format!("\nfor {share} percent write {}", share / 100.0));
        let range = format!("{share} is not between 0 (never) and 1 (always)");
        Err(D::Error::custom(range + &percent.unwrap_or_default()))
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0)
    }
}

macro_rules! written_as_text {
    ($($type:ident: $expected:literal),+) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Text($expected, PhantomData))
            }
        }
    )+};
}

macro_rules! shown_as_text {
    ($($type:ident),+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}

written_as_text!(
    Period: "a span of time such as \"20ms\"",
    Rate: "a rate such as \"1mbit\"",
    Size: "a size such as \"64KiB\"",
    Address: "an address such as \"198.18.0.7\""
);
shown_as_text!(Period, Rate, Size);

/// Reads a text where it stands, so that an error has the text's own place.
struct Text<T>(&'static str, PhantomData<T>);

impl<T: FromStr<Err = String>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// A unit's name and how many of the smallest it is.
struct Unit(&'static str, u64);

const PERIODS: &[Unit] = &[
    Unit("ns", 1),
    Unit("us", 1_000),
    Unit("ms", 1_000_000),
    Unit("s", 1_000_000_000),
    Unit("m", 60_000_000_000),
    Unit("h", 3_600_000_000_000),
    Unit("d", 86_400_000_000_000),
];
const RATES: &[Unit] = &[Unit("bit", 1), Unit("kbit", 1_000), Unit("mbit", 1_000_000), Unit("gbit", 1_000_000_000)];
const SIZES: &[Unit] = &[Unit("B", 1), Unit("KiB", 1 << 10), Unit("MiB", 1 << 20)];
/// Ten years in nanoseconds and more: sums of such amounts stay far from overflow.
const LARGEST: f64 = 1e18;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_and_shown_alike() {
        for text in ["20ms", "1s", "90s", "2h", "1d", "250us", "0s"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string().parse::<Period>(), text.parse());
        }
        assert_eq!("1500ms".parse(), Ok(Period(Duration::from_millis(1500))));
        assert_eq!("1.5s".parse(), Ok(Period(Duration::from_millis(1500))));
        assert_eq!("64 kbit".parse(), Ok(Rate(64_000)));
        assert_eq!(Rate(1_500_000).to_string(), "1500kbit");
        assert_eq!("64KiB".parse(), Ok(Size(65_536)));
    }

    #[test]
    fn what_is_wrong_with_a_quantity_is_said() {
        assert!("20".parse::<Period>().unwrap_err().starts_with("`20` has no unit"));
        assert!("fast".parse::<Rate>().unwrap_err().starts_with("`fast` does not begin with a number"));
        assert!("1MB/s".parse::<Rate>().unwrap_err().starts_with("unknown unit `MB/s`"));
        assert!("0bit".parse::<Rate>().is_err());
        assert!("99999999999999d".parse::<Period>().unwrap_err().ends_with("is too much"));
    }

    #[test]
    fn addresses_that_no_host_can_have_are_refused() {
        for text in ["127.0.0.1", "::1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "fe80::1", "::ffff:1.2.3.4", "x"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
        assert!("192.0.2.1".parse::<Address>().is_ok());
    }
}
