//! A machine of its own in a world, for programs that take another part than the world's own.
//!
//! It has a network, a host name and some files to itself, and a cable leads from it to where the lab is. Who is
//! there keeps it; when the last one leaves, the cable goes, and its addresses are the lab's again.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use libc::{c_int, pid_t};

use super::netlink::{Batch, FIRST};
use super::{addresses, guard, kernel};
use crate::{Me, Part};

/// Its namespaces: of network, mounts and host name, each with what the kernel calls it.
pub type Own = [(File, c_int); 3];

/// The namespaces of a process that are a part's own.
pub fn own(process: i32) -> io::Result<Own> {
    let open = |name: &str| File::open(format!("/proc/{process}/ns/{name}"));
    Ok([(open("net")?, libc::CLONE_NEWNET), (open("mnt")?, libc::CLONE_NEWNS), (open("uts")?, libc::CLONE_NEWUTS)])
}

/// The namespaces of those who have this part already, otherwise new ones beside those of the world.
pub fn find_or_make(user: &File, worlds: &Own, part: &Part) -> io::Result<Own> {
    let begun = Instant::now();
    loop {
        if let Some(own) = find(user, part)? {
            return Ok(own);
        }
        match make(user, worlds, part) {
            // Somebody is about to be there, or has just left: cables take a moment to go.
            Err(error) if error.raw_os_error() == Some(libc::EEXIST) => {}
            made => return made,
        }
        if begun.elapsed() > PATIENCE {
            let what = format!("the cable to {} is in use", part.me.name);
            return Err(io::Error::new(io::ErrorKind::AddrInUse, what));
        }
        thread::sleep(LOOK);
    }
}

/// Looks at all processes in the world that this user may see.
pub fn find(user: &File, part: &Part) -> io::Result<Option<Own>> {
    let world = user.metadata()?;
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        let theirs = fs::metadata(entry.path().join("ns/user"));
        if !theirs.is_ok_and(|theirs| (theirs.dev(), theirs.ino()) == (world.dev(), world.ino())) {
            continue;
        }
        if has(process, &part.me.addresses) {
            // It may have ended meanwhile, which is as if it had not been there.
            return Ok(own(process).ok());
        }
    }
    Ok(None)
}

/// Whether a process is on a machine with these addresses and with a cable: those of the world's own have none.
fn has(process: i32, addresses: &[IpAddr]) -> bool {
    let table = |name: &str| fs::read_to_string(format!("/proc/{process}/net/{name}")).unwrap_or_default();
    let cabled = table("dev").lines().any(|line| line.trim_start().starts_with("eth0:"));
    cabled
        && addresses.iter().any(|address| match address {
            IpAddr::V4(address) => is_local(&table("fib_trie"), *address),
            IpAddr::V6(address) => {
                let digits: String = address.octets().iter().map(|octet| format!("{octet:02x}")).collect();
                table("if_inet6").lines().any(|line| line.starts_with(&digits))
            }
        })
}

/// A leaf of the tree is an address, and on the next line what it is.
fn is_local(tree: &str, address: Ipv4Addr) -> bool {
    let leaf = format!("|-- {address}");
    let lines: Vec<&str> = tree.lines().map(str::trim).collect();
    lines.windows(2).any(|pair| pair[0] == leaf && pair[1].contains("/32 host LOCAL"))
}

/// Whether somebody has this part, as seen from where the lab is.
pub fn is_taken(me: &Me) -> bool {
    let cable = cable_name(me);
    let interfaces = fs::read_to_string("/proc/thread-self/net/dev").unwrap_or_default();
    interfaces.lines().any(|line| line.trim_start().strip_prefix(&cable).is_some_and(|rest| rest.starts_with(':')))
}

/// Lets those who have parts of their own reach further addresses, from the first that they have.
pub fn more(addresses: &[IpAddr]) {
    on_all(addresses, |batch, address| {
        batch.by_way_of(address, FIRST, GATEWAYS[usize::from(address.is_ipv6())], None);
    });
}

/// Has them reach addresses no longer.
pub fn fewer(addresses: &[IpAddr]) {
    on_all(addresses, |batch, address| batch.no_way_to(address, FIRST));
}

fn on_all(addresses: &[IpAddr], change: fn(&mut Batch, IpAddr)) {
    for network in networks().unwrap_or_default().into_values() {
        let there = || {
            kernel::enter(network.as_fd(), libc::CLONE_NEWNET)?;
            addresses::all(addresses::those_there_can_be(addresses), true, change, Batch::address)
        };
        // Only a thread moves there. Whoever is there may leave meanwhile, and can do without what is refused.
        let _ = thread::scope(|scope| scope.spawn(there).join());
    }
}

/// The networks of those who are in this world and not where this process is.
fn networks() -> io::Result<BTreeMap<(u64, u64), File>> {
    let number = |process: &Path, kind: &str| fs::metadata(process.join(kind)).map(|found| (found.dev(), found.ino()));
    let here = Path::new("/proc/self");
    let (world, mine) = (number(here, "ns/user")?, number(here, "ns/net")?);
    let mut networks = BTreeMap::new();
    let is_process = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes()[0].is_ascii_digit());
    for process in fs::read_dir("/proc")?.flatten().map(|entry| entry.path()).filter(is_process) {
        let Ok(network) = number(&process, "ns/net") else { continue };
        let is_in_world = number(&process, "ns/user").is_ok_and(|user| user == world);
        if network == mine || !is_in_world || networks.contains_key(&network) {
            continue;
        }
        networks.extend(File::open(process.join("ns/net")).map(|file| (network, file)));
    }
    Ok(networks)
}

fn make(user: &File, worlds: &Own, part: &Part) -> io::Result<Own> {
    let (mut here, there) = UnixStream::pair()?;
    kernel::hear_of_children();
    let Some(builder) = kernel::split(0)? else {
        drop(here);
        kernel::end(build_and_wait(user, worlds, part, there));
    };
    drop(there);
    let mut errno = [0; 4];
    let told = here.read_exact(&mut errno).map(|()| i32::from_ne_bytes(errno));
    let own = match told {
        Ok(0) => own(builder),
        Ok(errno) => Err(io::Error::from_raw_os_error(errno)),
        Err(error) => Err(error),
    };
    // It stays until its namespaces are held here.
    let _ = here.shutdown(Shutdown::Both);
    guard::end(builder as pid_t, 0, PATIENCE);
    own
}

fn build_and_wait(user: &File, worlds: &Own, part: &Part, mut line: UnixStream) -> u8 {
    let errno = match build(user, worlds, part) {
        Ok(()) => 0,
        Err(error) => error.raw_os_error().unwrap_or(libc::EIO),
    };
    let told = line.write_all(&errno.to_ne_bytes());
    let _ = line.read(&mut [0]);
    u8::from(told.is_err())
}

fn build(user: &File, worlds: &Own, part: &Part) -> io::Result<()> {
    let [(network, _), (mounts, _), (name, _)] = worlds;
    kernel::enter(user.as_fd(), libc::CLONE_NEWUSER)?;
    kernel::unshare(libc::CLONE_NEWNET)?;
    // The world's own /proc, which comes with its mounts, does not know this process.
    let mine = File::open("/proc/self/ns/net")?;
    kernel::enter(mounts.as_fd(), libc::CLONE_NEWNS)?;
    let has_six = fs::exists("/proc/sys/net/ipv6").unwrap_or(false);
    be_a_machine(has_six);
    kernel::enter(network.as_fd(), libc::CLONE_NEWNET)?;
    lay_cable(part, &mine, has_six)?;
    kernel::enter(mine.as_fd(), libc::CLONE_NEWNET)?;
    plug_in(part, has_six)?;
    kernel::enter(name.as_fd(), libc::CLONE_NEWUTS)?;
    kernel::unshare(libc::CLONE_NEWUTS)?;
    kernel::set_host_name(&part.me.name)?;
    kernel::unshare(libc::CLONE_NEWNS)?;
    lay_files(part)?;
    kernel::be_seen()
}

/// What the machine can do without is not worth an error.
fn be_a_machine(has_six: bool) {
    addresses::set_sysctls(has_six, &mut vec![]);
    be_silent(has_six);
}

/// An interface says nothing of its own accord, so that tcpdump shows what programs do.
fn be_silent(has_six: bool) {
    if has_six {
        let _ = fs::write("/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1");
        let _ = fs::write("/proc/sys/net/ipv6/conf/default/router_solicitations", "0");
    }
}

/// The end where the lab is. Between those who have parts of their own it is a router.
fn lay_cable(part: &Part, mine: &File, has_six: bool) -> io::Result<()> {
    be_silent(has_six);
    let mut forward = vec!["ipv4/ip_forward"];
    forward.extend(has_six.then_some("ipv6/conf/all/forwarding"));
    for sysctl in forward {
        fs::write(format!("/proc/sys/net/{sysctl}"), "1")?;
    }
    let name = cable_name(&part.me);
    let mut batch = Batch::default();
    batch.cable(&name, NEAR, mine.as_fd(), FAR);
    batch.send()?;
    let interface = kernel::interface(&CString::new(name)?)?;
    let mut batch = Batch::default();
    for address in of_families(&part.me.addresses, has_six) {
        batch.neighbour(interface, address, FAR);
        batch.beyond(address, interface);
    }
    batch.send()
}

/// The machine's own end.
fn plug_in(part: &Part, has_six: bool) -> io::Result<()> {
    let mut batch = Batch::default();
    batch.loopback_up();
    batch.up(FIRST);
    of_families(&part.me.addresses, has_six).for_each(|address| batch.address_of(FIRST, address));
    for gateway in of_families(&GATEWAYS, has_six) {
        batch.neighbour(FIRST, gateway, NEAR);
    }
    batch.send()?;
    let mut batch = Batch::default();
    for address in of_families(&part.addresses, has_six).filter(|address| !part.me.addresses.contains(address)) {
        let gateway = GATEWAYS[usize::from(address.is_ipv6())];
        // Whoever has no address of a family speaks to nobody of it.
        let Some(from) = part.me.address_like(address) else { continue };
        batch.by_way_of(address, FIRST, gateway, Some(from));
        if batch.is_full() {
            std::mem::take(&mut batch).send()?;
        }
    }
    batch.send()
}

fn of_families(addresses: &[IpAddr], has_six: bool) -> impl Iterator<Item = IpAddr> + '_ {
    addresses.iter().copied().filter(move |address| has_six || address.is_ipv4())
}

/// The host's name and the end of its address, as long as an interface's name may be (IFNAMSIZ is 16).
fn cable_name(me: &Me) -> String {
    let label: String = me.name.chars().take_while(|c| *c != '.').take(8).collect();
    let end = me.addresses.first().map(|address| match address {
        IpAddr::V4(address) => u32::from(*address) & 0xff_ffff,
        IpAddr::V6(address) => u128::from(*address) as u32 & 0xff_ffff,
    });
    format!("{label}-{:06x}", end.unwrap_or_default())
}

/// In place of the world's own: its name, and the interfaces that it has.
fn lay_files(part: &Part) -> io::Result<()> {
    let work = Path::new("/sys");
    kernel::mount("", Path::new("/"), "", libc::MS_REC | libc::MS_PRIVATE, "")?;
    kernel::mount("toynet", work, "tmpfs", libc::MS_NOSUID | libc::MS_NODEV, "mode=0755,size=64k")?;
    let files = [("hosts", part.me.hosts(&part.me.name)), ("hostname", format!("{}\n", part.me.name))];
    for (name, content) in files {
        let file = work.join(name);
        fs::write(&file, content)?;
        kernel::mount(&file.to_string_lossy(), &Path::new("/etc").join(name), "", libc::MS_BIND, "")?;
    }
    kernel::unmount(work)?;
    // Where that is refused, /sys shows the world's own interfaces.
    let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC | libc::MS_RDONLY;
    let _ = kernel::mount("toynet", work, "sysfs", flags, "");
    Ok(())
}

/// Of both ends of every cable: each has a network for itself at one end, and a link for itself at the other. The
/// second bit of the first octet says that nobody has registered it (RFC 7042 section 2.1).
const NEAR: [u8; 6] = [2, 0, 0, 0, 0, 1];
const FAR: [u8; 6] = [2, 0, 0, 0, 0, 2];
/// Where the other end of a cable is, of the addresses that mean something on a link alone (RFC 3927, RFC 4291).
const GATEWAYS: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(169, 254, 0, 1)), IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1))];
/// The kernel takes a network down within some tens of milliseconds; a busy one takes longer.
const PATIENCE: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_local_when_its_leaf_says_so() {
        let tree = "        |-- 198.18.1.6\n           /32 host LOCAL\n        |-- 198.18.1.7\n           /32 universe UNICAST\n";
        assert!(is_local(tree, Ipv4Addr::new(198, 18, 1, 6)));
        assert!(!is_local(tree, Ipv4Addr::new(198, 18, 1, 7)));
        assert!(!is_local(tree, Ipv4Addr::new(198, 18, 1, 60)));
    }

    #[test]
    fn the_name_of_a_cable_is_no_longer_than_the_system_takes() {
        let me = Me { name: "workstation.club.test".into(), addresses: vec![[198, 18, 1, 7].into()] };
        let name = cable_name(&me);
        assert_eq!((name.as_str(), name.len()), ("workstat-120107", 15));
    }
}
