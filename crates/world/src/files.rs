//! What stands in a world's /etc in place of the machine's.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::FileExt;

use crate::World;

/// Paths below /etc and their content.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The file by which programs of a world know who looks up names (resolv.conf(5)). It can be written though what
/// programs see of it cannot.
#[derive(Debug)]
pub struct ResolvConf(pub(crate) File);

impl ResolvConf {
    /// Has them ask another one, or nobody. The C library looks at the file again before each question.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn name(&self, resolver: Option<IpAddr>) -> io::Result<()> {
        let text = resolv_conf(resolver);
        // What is left of a longer one stands in the last line until it is cut off.
        self.0.write_all_at(text.as_bytes(), 0)?;
        self.0.set_len(text.len() as u64)
    }
}

/// The files of a world, where `nsswitch` is the machine's nsswitch.conf.
pub(crate) fn of(world: &World, nsswitch: &str) -> Files {
    let mut files: Files = world.trust.iter().flat_map(|pem| pem.files()).collect();
    let mut write = |name: &str, text: String| drop(files.insert(name.to_owned(), text.into_bytes()));
    write(RESOLV_CONF, resolv_conf(world.resolver));
    write("hosts", world.me.hosts(&world.host_name));
    write("hostname", format!("{}\n", world.host_name));
    write("nsswitch.conf", only_dns(nsswitch));
    files
}

/// Who does not answer at once is not there: a second is plenty (resolv.conf(5)).
fn resolv_conf(resolver: Option<IpAddr>) -> String {
    let mut text = "# written by toynet\n".to_owned();
    if let Some(resolver) = resolver {
        let _ = writeln!(text, "nameserver {resolver}\noptions timeout:1 attempts:2");
    }
    text
}

/// Names come from the files and from DNS alone: other sources (mDNS, systemd-resolved, sssd) are
/// reached over sockets in the file system and would answer from outside (nsswitch.conf(5)).
fn only_dns(nsswitch: &str) -> String {
    let others = nsswitch.lines().filter(|line| !line.trim_start().starts_with("hosts:"));
    others.chain(["hosts: files dns"]).fold(String::new(), |text, line| text + line + "\n")
}

/// Where it is below /etc.
pub(crate) const RESOLV_CONF: &str = "resolv.conf";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_looked_up_in_the_world_and_users_as_before() {
        let machine = "passwd: files systemd\nhosts: files mdns4_minimal resolve\nshadow: files\n";
        assert_eq!(only_dns(machine), "passwd: files systemd\nshadow: files\nhosts: files dns\n");
    }

    #[test]
    fn a_world_without_resolver_asks_nobody() {
        let file = |world: &World, name: &str| String::from_utf8_lossy(&of(world, "")[name]).into_owned();
        assert!(!file(&World::new("one"), "resolv.conf").contains("nameserver"));
        let asked = World { resolver: Some([198, 18, 0, 9].into()), ..World::new("one") };
        assert!(file(&asked, "resolv.conf").contains("nameserver 198.18.0.9\n"));
        assert!(file(&asked, "hosts").contains("198.19.0.1 one\n"));
    }
}
