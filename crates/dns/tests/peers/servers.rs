//! The peers: started on ports of the loopback that are this process's own, with private folders, and ended by their handles.
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "real servers are reached by real sockets, and take real time to start"
)]

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub struct Peer {
    pub name: &'static str,
    process: Child,
    socket: UdpSocket,
    folder: PathBuf,
}

impl Peer {
    /// Sends a query until an answer with its id comes.
    pub fn ask(&self, query: &[u8]) -> Vec<u8> {
        self.try_ask(query, 5).unwrap_or_else(|| panic!("{} does not answer", self.name))
    }

    /// The same, or nothing after so many times 200 ms.
    pub fn try_ask(&self, query: &[u8], tries: usize) -> Option<Vec<u8>> {
        let mut answer = vec![0; 65_535];
        for _ in 0..tries {
            // Refused until the server listens.
            let _sent = self.socket.send(query);
            while let Ok(length) = self.socket.recv(&mut answer) {
                if answer[..2] == query[..2] {
                    return Some(answer[..length].to_vec());
                }
            }
        }
        None
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Killed servers leave nothing that matters.
        let _killed = self.process.kill();
        let _ended = self.process.wait();
        let _removed = std::fs::remove_dir_all(&self.folder);
    }
}

/// Starts those peers that are installed, and waits until they answer.
pub fn start(zones: &Path, names: &[&str]) -> Vec<Peer> {
    let starters: [(&'static str, Starter); 3] = [("nsd", nsd), ("knotd", knot), ("named", bind)];
    starters.into_iter().filter_map(|(program, starter)| start_one(program, starter, zones, names)).collect()
}

/// From folder, address, zones' folder and names to the configuration and the arguments after its path.
type Starter = fn(&Path, SocketAddrV4, &Path, &[&str]) -> (String, &'static [&'static str]);

fn start_one(program: &'static str, starter: Starter, zones: &Path, names: &[&str]) -> Option<Peer> {
    let path = Path::new("/usr/sbin").join(program);
    if !path.exists() {
        eprintln!("SKIPPED: {program} is not installed");
        note_skip(program);
        assert!(std::env::var_os("CI").is_none(), "{program} must be installed where CI is set");
        return None;
    }
    let folder = std::env::temp_dir().join(format!("toynet-peer-{program}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a private folder");
    let address = own_address(program);
    let (text, arguments) = starter(&folder, address, zones, names);
    let config = folder.join("config");
    std::fs::write(&config, text).expect("a configuration");
    let mut command = Command::new(path);
    let log = std::fs::File::create(folder.join("log")).expect("a log");
    let other = log.try_clone().expect("a log");
    command.arg("-c").arg(&config).args(arguments).stdin(Stdio::null()).stdout(log).stderr(other);
    let process = command.spawn().expect("the server starts");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.connect(address).expect("an address");
    socket.set_read_timeout(Some(Duration::from_millis(200))).expect("a limit");
    let peer = Peer { name: program, process, socket, folder };
    peer.wait(names);
    Some(peer)
}

/// A port by process and peer, one that no system gives to clients. BIND listens on the addresses of
/// interfaces only, so it must be 127.0.0.1.
fn own_address(program: &str) -> SocketAddrV4 {
    let name: u32 = program.bytes().map(u32::from).sum();
    let port = 10_000 + (7 * std::process::id() + name) % 20_000;
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, port as u16)
}

/// Leaves a line for whoever counts skips.
fn note_skip(program: &str) {
    let Some(path) = std::env::var_os("TOYNET_SKIPS") else { return };
    let mut file = std::fs::File::options().append(true).create(true).open(path).expect("the list of skips");
    writeln!(file, "{program}").expect("the list of skips");
}

impl Peer {
    /// Waits until every zone is served: its SOA record comes with NOERROR.
    fn wait(&self, names: &[&str]) {
        for name in names {
            let mut query = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
            query.extend(name.split('.').flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat()));
            query.extend_from_slice(&[0, 0, 6, 0, 1]);
            let served = |answer: Vec<u8>| answer[3] & 15 == 0 && answer[7] > 0;
            let ready = (0..100).any(|_| {
                std::thread::sleep(Duration::from_millis(50));
                self.try_ask(&query, 1).is_some_and(served)
            });
            if !ready {
                let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                panic!("{} does not serve {name}: {log}", self.name);
            }
        }
    }
}

fn nsd(folder: &Path, address: SocketAddrV4, zones: &Path, names: &[&str]) -> (String, &'static [&'static str]) {
    let (ip, port) = (address.ip(), address.port());
    let (folder, zones) = (folder.display(), zones.display());
    let mut text = format!(
        "server:\n ip-address: {ip}@{port}\n zonesdir: \"{zones}\"\n database: \"\"\n username: \"\"\n chroot: \"\"\n \
         pidfile: \"{folder}/pid\"\n xfrdfile: \"{folder}/xfrd\"\n xfrdir: \"{folder}\"\n zonelistfile: \"{folder}/zones\"\n \
         rrl-ratelimit: 0\n server-count: 1\n ipv4-edns-size: 4096\nremote-control:\n control-enable: no\n"
    );
    text.extend(names.iter().map(|name| format!("zone:\n name: \"{name}\"\n zonefile: \"{name}.zone\"\n")));
    (text, &["-d"])
}

fn knot(folder: &Path, address: SocketAddrV4, zones: &Path, names: &[&str]) -> (String, &'static [&'static str]) {
    let (ip, port) = (address.ip(), address.port());
    let (folder, zones) = (folder.display(), zones.display());
    let mut text = format!(
        "server:\n  rundir: \"{folder}\"\n  listen: {ip}@{port}\n  udp-max-payload: 4096\ndatabase:\n  storage: \"{folder}\"\n\
         log:\n  - target: stderr\n    any: error\ntemplate:\n  - id: default\n    storage: \"{zones}\"\n    semantic-checks: off\n    \
         zonefile-sync: -1\n    journal-content: none\nzone:\n"
    );
    text.extend(names.iter().map(|name| format!("  - domain: \"{name}\"\n    file: \"{name}.zone\"\n")));
    (text, &[])
}

fn bind(folder: &Path, address: SocketAddrV4, zones: &Path, names: &[&str]) -> (String, &'static [&'static str]) {
    let (ip, port) = (address.ip(), address.port());
    let (folder, zones) = (folder.display(), zones.display());
    let mut text = format!(
        "options {{ directory \"{folder}\"; listen-on port {port} {{ {ip}; }}; listen-on-v6 {{ none; }}; recursion no; notify no;\n\
         pid-file \"{folder}/pid\"; session-keyfile \"{folder}/key\"; managed-keys-directory \"{folder}\"; dnssec-validation no;\n\
         minimal-responses no-auth; max-udp-size 4096; edns-udp-size 4096; check-names master ignore; }};\ncontrols {{ }};\n"
    );
    let zone = |name: &&str| {
        format!(
            "zone \"{name}\" {{ type master; file \"{zones}/{name}.zone\"; check-mx ignore; check-integrity no; }};\n"
        )
    };
    text.extend(names.iter().map(zone));
    (text, &["-g", "-4"])
}
