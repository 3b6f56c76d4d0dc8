//! The way into a lab for programs that share this machine's network: their connections are led by a detour.
//!
//! Where no namespaces can be had, a seccomp filter has the kernel ask this process whenever a program connects or
//! sends to an address (seccomp_unotify(2)). Addresses of the lab become those of the loopback where the lab is
//! found, who is asked at port 53 is the lab's resolver, the machine's own loopback stays as it is, and everything
//! else is unreachable. It keeps programs from going astray and is no wall: who wants to get around it can.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::{Ended, Inside, Outside, Refused, Visit};

/// Where programs are led.
#[derive(Clone)]
pub struct Detour {
    /// Where an address and port of the lab are found on the loopback.
    pub door: Door,
    /// Who is asked wherever a program asks for names.
    pub resolver: Option<SocketAddr>,
    /// From where programs speak on the loopback: over IPv4 and over IPv6, where they have an address of that family.
    pub me: [Option<Ipv4Addr>; 2],
    /// What is done beside the command, on a thread of its own, whose end nobody waits for.
    pub beside: Option<Beside>,
}

/// See [`Detour::beside`].
pub type Beside = Arc<dyn Fn() + Send + Sync>;

/// Finds the place on the loopback of what a program reaches for.
pub type Door = Arc<dyn Fn(SocketAddr) -> Option<SocketAddr> + Send + Sync>;

/// What becomes of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// It is the machine's own.
    AsItIs,
    /// It is another one, and is spoken to from an address of one's own.
    To { to: SocketAddr, from: IpAddr },
    /// There is no way.
    Nowhere,
}

impl Detour {
    /// Runs a command whose connections, and those of all that it starts, take this detour, and waits for its end.
    /// What it leaves running is killed then, but for the process of the lab, if that is a child of this one; when that
    /// one ends first, the command is killed. When this process is killed, the command and
    /// what it started are too, after a SIGHUP, as far as they have kept the variable `TOYNET_DETOUR`; others go on, and
    /// connect nowhere any more (ENOSYS). The terminal and all that this process has open is the command's; signals to
    /// this process are passed on. This process must have one thread.
    ///
    /// # Errors
    /// [`NotRun`] says whose fault it is.
    pub fn run(self, visit: &Visit, lab: Option<i32>) -> Result<Ended, NotRun> {
        crate::platform::run_detoured(self, visit, lab)
    }

    pub(crate) fn course(&self, wanted: SocketAddr) -> Course {
        let like = |to: Option<SocketAddr>, from: Option<Ipv4Addr>| match (to, from) {
            (Some(to), Some(from)) => Course::To { to: spelled_like(to, wanted), from: from.into() },
            (_, _) => Course::Nowhere,
        };
        let lab = SocketAddr::new(wanted.ip().to_canonical(), wanted.port());
        let [four, six] = self.me;
        match (self.door)(lab) {
            Some(door) => like(Some(door), if lab.is_ipv6() { six } else { four }),
            None if lab.port() == DNS => like(self.resolver, four.or(six)),
            None if lab.ip().is_loopback() || lab.ip().is_unspecified() => Course::AsItIs,
            None => Course::Nowhere,
        }
    }
}

impl fmt::Debug for Detour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Detour").field("resolver", &self.resolver).field("me", &self.me).finish_non_exhaustive()
    }
}

/// Why a command did not run.
#[derive(Debug)]
pub enum NotRun {
    /// There is no such program, or it cannot be run.
    Program(io::Error),
    /// The system does not let this process be asked.
    Refused(io::Error),
}

/// Splits off a process that serves a lab on the loopback. It has no terminal and ends with this one.
///
/// # Errors
/// When this process has more than one thread; as the kernel says.
pub fn beside(inside: impl FnOnce(Inside) -> u8) -> Result<Outside, Refused> {
    Outside::beside(inside)
}

/// Whether programs can be led by a detour here, found out by doing it.
///
/// # Errors
/// As the kernel says.
pub fn examine() -> io::Result<()> {
    crate::platform::try_detour()
}

/// What programs have to do without on this way, for a person.
pub const LACKING: &str = "no listening at addresses of the lab, no ping over IPv6; /etc/hosts is the machine's";

/// The same place in the family of the address that was asked for (RFC 4291 section 2.5.5.2).
fn spelled_like(to: SocketAddr, like: SocketAddr) -> SocketAddr {
    match (to.ip(), like) {
        (IpAddr::V4(four), SocketAddr::V6(_)) => SocketAddr::new(four.to_ipv6_mapped().into(), to.port()),
        (IpAddr::V4(_) | IpAddr::V6(_), _) => to,
    }
}

/// The sockets of those who look names up at the machine's behest: systemd-resolved, nscd, Avahi. Without them the
/// C library asks a name server.
pub(crate) fn is_source_of_names(path: &[u8]) -> bool {
    let path = path.strip_prefix(b"/var").unwrap_or(path);
    SOURCES_OF_NAMES.iter().any(|folder| path.starts_with(folder.as_bytes()))
}

const SOURCES_OF_NAMES: [&str; 3] = ["/run/systemd/resolve/", "/run/nscd/", "/run/avahi-daemon/"];
/// The port of name servers (RFC 1035 section 4.2).
const DNS: u16 = 53;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lab_address_is_found_on_the_loopback_in_the_family_that_was_asked() {
        let from = |last: u8| IpAddr::from([127, 9, last, 7]);
        for (wanted, to, from) in [
            ("198.18.1.1:80", "127.9.0.1:8080", from(0)),
            ("[2001:db8::101]:80", "[::ffff:127.9.0.1]:8080", from(128)),
            ("[::ffff:198.18.1.1]:80", "[::ffff:127.9.0.1]:8080", from(0)),
        ] {
            assert_eq!(course(wanted), Course::To { to: to.parse().unwrap(), from }, "{wanted}");
        }
    }

    #[test]
    fn who_is_asked_for_names_is_the_labs_resolver() {
        for wanted in ["10.0.0.1:53", "127.0.0.53:53"] {
            let to = "127.9.0.3:8053".parse().unwrap();
            assert_eq!(course(wanted), Course::To { to, from: [127, 9, 0, 7].into() }, "{wanted}");
        }
        let to = "[::ffff:127.9.0.3]:8053".parse().unwrap();
        assert_eq!(course("[::1]:53"), Course::To { to, from: [127, 9, 0, 7].into() });
    }

    #[test]
    fn the_machines_loopback_stays_and_all_else_is_nowhere() {
        for wanted in ["127.0.0.1:8000", "[::1]:80", "0.0.0.0:80", "[::ffff:127.0.0.1]:80"] {
            assert_eq!(course(wanted), Course::AsItIs, "{wanted}");
        }
        for wanted in ["192.0.2.1:80", "[2606:4700::1]:443", "255.255.255.255:67", "224.0.0.251:5353"] {
            assert_eq!(course(wanted), Course::Nowhere, "{wanted}");
        }
    }

    #[test]
    fn sources_of_names_are_known_by_their_folder() {
        assert!(is_source_of_names(b"/run/systemd/resolve/io.systemd.Resolve"));
        assert!(is_source_of_names(b"/var/run/nscd/socket"));
        assert!(!is_source_of_names(b"/run/systemd/notify"));
    }

    fn course(wanted: &str) -> Course {
        let known = ["198.18.1.1:80", "[2001:db8::101]:80"].map(|known| known.parse::<SocketAddr>().unwrap());
        let door: Door = Arc::new(move |to| known.contains(&to).then(|| SocketAddr::from(([127, 9, 0, 1], 8080))));
        let me = [[127, 9, 0, 7], [127, 9, 128, 7]].map(|me| Some(me.into()));
        Detour { door, resolver: Some(([127, 9, 0, 3], 8053).into()), me, beside: None }.course(wanted.parse().unwrap())
    }
}
