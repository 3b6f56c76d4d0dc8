//! Worlds as programs use them, without a lab. Each story runs in a process of its own, which has one thread.
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "programs in a world open sockets as they like"
)]

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Command, ExitCode};
use std::time::Duration;

use toynet_world::{Ended, Inside, Pem, Visit, World};

const STORIES: &[(&str, fn())] = &[
    ("the_status_of_a_command_is_told", the_status_of_a_command_is_told),
    ("a_signal_that_ended_a_command_is_told", a_signal_that_ended_a_command_is_told),
    ("a_command_reaches_the_worlds_addresses_and_no_others", a_command_reaches_the_worlds_addresses_and_no_others),
    ("a_command_speaks_from_its_own_address", a_command_speaks_from_its_own_address),
    ("names_are_asked_of_the_worlds_resolver", names_are_asked_of_the_worlds_resolver),
    ("programs_are_told_whom_to_trust", programs_are_told_whom_to_trust),
    ("what_is_left_behind_ends_with_the_world", what_is_left_behind_ends_with_the_world),
    ("a_world_inside_a_world_has_an_etc_too", a_world_inside_a_world_has_an_etc_too),
    ("a_limit_of_the_system_is_named_with_its_cure", a_limit_of_the_system_is_named_with_its_cure),
    ("who_is_told_to_end_at_once_does", who_is_told_to_end_at_once_does),
    ("a_panic_inside_stays_inside", a_panic_inside_stays_inside),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let named = |name: &str| arguments.iter().any(|argument| argument == name);
    if named("--list") {
        if !named("--ignored") {
            STORIES.iter().for_each(|(name, _)| println!("{name}: test"));
        }
        return ExitCode::SUCCESS;
    }
    if let Some((_, story)) = STORIES.iter().find(|(name, _)| named(name)) {
        if let Some(refused) = toynet_world::doctor::examine().refused {
            skip(&format!("no worlds here: {refused}"));
            return ExitCode::SUCCESS;
        }
        story();
        return ExitCode::SUCCESS;
    }
    let filter = arguments.iter().find(|argument| !argument.starts_with('-'));
    let chosen = STORIES.iter().filter(|(name, _)| filter.is_none_or(|filter| name.contains(filter.as_str())));
    let failed: Vec<&str> = chosen.map(|(name, _)| *name).filter(|name| !succeeds(name)).collect();
    println!("failed: {failed:?}");
    ExitCode::from(u8::from(!failed.is_empty()))
}

fn succeeds(story: &str) -> bool {
    let binary = env::current_exe().expect("this program has a path");
    let status = Command::new(binary).args(["--exact", story]).status().expect("this program runs again");
    println!("test {story} ... {}", if status.success() { "ok" } else { "FAILED" });
    status.success()
}

fn the_status_of_a_command_is_told() {
    assert_eq!(run(&World::new("one"), "exit 7"), Ended::Exited(7));
}

fn a_signal_that_ended_a_command_is_told() {
    let ended = run(&World::new("one"), "kill -TERM $$");
    assert_eq!((ended, ended.status()), (Ended::Killed(15), 143));
}

fn a_command_reaches_the_worlds_addresses_and_no_others() {
    let mut outside = served().start(|inside| serve(inside, false)).expect("a world");
    assert_eq!(outside.hear().as_deref(), Some("ready"));
    enter(&outside);
    for address in served().addresses {
        assert_eq!(ask(address), "hello", "{address}");
    }
    for address in ["192.0.2.1", "8.8.8.8", "2001:4860:4860::8888", "198.18.1.2"] {
        let address: IpAddr = address.parse().unwrap();
        let error = TcpStream::connect((address, 80)).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::NetworkUnreachable, "{address}");
    }
}

fn a_command_speaks_from_its_own_address() {
    let mut outside = served().start(|inside| serve(inside, true)).expect("a world");
    assert_eq!(outside.hear().as_deref(), Some("ready"));
    enter(&outside);
    assert_eq!(ask([198, 18, 1, 1].into()), "198.19.0.1");
    assert_eq!(ask("2001:db8::101".parse().unwrap()), "2001:db8::1:1");
}

fn names_are_asked_of_the_worlds_resolver() {
    let test = "grep -qx 'nameserver 198.18.0.9' /etc/resolv.conf && grep -qx 'hosts: files dns' /etc/nsswitch.conf \
                && grep -q '^198.19.0.1 one$' /etc/hosts && test \"$(uname -n)\" = one && test -r /etc/passwd";
    let world = World { resolver: Some([198, 18, 0, 9].into()), ..World::new("one") };
    assert_eq!(run(&world, test), Ended::Exited(0));
}

fn programs_are_told_whom_to_trust() {
    let text = "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n";
    let world = World { trust: Some(Pem::new(text).unwrap()), ..World::new("one") };
    let test = "test \"$(cat $SSL_CERT_FILE)\" = \"$(cat /etc/ssl/cert.pem)\" && test $(wc -l < $NODE_EXTRA_CA_CERTS) = 3 \
                && grep -q TUlJQg== /etc/chromium/policies/managed/toynet.json";
    assert_eq!(run(&world, test), Ended::Exited(0));
}

fn what_is_left_behind_ends_with_the_world() {
    let mark = format!("{}.5", 86_400 + std::process::id());
    assert_eq!(run(&World::new("one"), &format!("setsid sleep {mark} & sleep 0.05; exit 0")), Ended::Exited(0));
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let mut commands = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    assert!(!commands.any(|command| String::from_utf8_lossy(&command).contains(&mark)));
}

fn a_world_inside_a_world_has_an_etc_too() {
    let this = env::current_exe().expect("this program has a path");
    let line = format!("'{}' --exact names_are_asked_of_the_worlds_resolver", this.display());
    assert_eq!(run(&World::new("outer"), &line), Ended::Exited(0));
}

fn a_limit_of_the_system_is_named_with_its_cure() {
    let outside = World::new("outer").start(Inside::rest).expect("a world");
    enter(&outside);
    // It belongs to the namespace of users that this process is in.
    if let Err(error) = fs::write("/proc/sys/user/max_user_namespaces", "0") {
        return skip(&format!("the limit cannot be set: {error}"));
    }
    let refused = World::new("inner").start(Inside::rest).expect_err("no namespaces are left");
    assert_eq!(refused.to_string(), "user.max_user_namespaces allows no more namespaces");
    assert_eq!(refused.cure().as_deref(), Some("sudo sysctl user.max_user_namespaces=15000"));
}

fn who_is_told_to_end_at_once_does() {
    let late = |inside: Inside| {
        std::thread::sleep(Duration::from_millis(50));
        inside.rest()
    };
    let outside = World::new("one").start(late).expect("a world");
    assert_eq!(outside.stop(LIMIT), Some(Ended::Exited(0)));
}

fn a_panic_inside_stays_inside() {
    let outside = World::new("one").start(|_| panic!("as the story wants")).expect("a world");
    assert_eq!(outside.wait().unwrap(), Ended::Exited(101));
}

/// Goes into the world as a whole: each story has a process of its own to do that with.
fn enter(outside: &toynet_world::Outside) {
    outside.entrance().expect("a way in").enter().expect("the world can be entered");
}

fn run(world: &World, line: &str) -> Ended {
    let outside = world.start(Inside::rest).expect("a world");
    let visit = Visit { variables: world.variables(), ..shell(line) };
    let ended = outside.entrance().expect("a way in").run(&visit).expect("a shell");
    assert_eq!(outside.stop(LIMIT), Some(Ended::Exited(0)));
    ended
}

fn shell(line: &str) -> Visit {
    Visit { arguments: vec!["-c".into(), line.into()], ..Visit::new("sh") }
}

fn served() -> World {
    World { addresses: vec![[198, 18, 1, 1].into(), "2001:db8::101".parse().unwrap()], ..World::new("one") }
}

/// Greets whoever connects, or tells who that is.
fn serve(mut inside: Inside, tells_peer: bool) -> u8 {
    let listeners = served().addresses.into_iter().map(|address| TcpListener::bind((address, 80)).unwrap());
    for listener in listeners {
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let peer = stream.peer_addr().unwrap().ip().to_string();
                let _ = stream.write_all(if tells_peer { peer.as_bytes() } else { b"hello" });
            }
        });
    }
    let _ = UdpSocket::bind(SocketAddr::from(([198, 18, 1, 1], 53))).unwrap();
    inside.say("ready");
    inside.rest()
}

fn ask(address: IpAddr) -> String {
    let mut text = String::new();
    TcpStream::connect((address, 80)).unwrap().read_to_string(&mut text).unwrap();
    text
}

fn skip(why: &str) {
    assert!(env::var_os("CI").is_none(), "{why}, and CI skips nothing");
    eprintln!("SKIPPED: {why}");
    if let Some(file) = env::var_os("TOYNET_SKIPS") {
        let mut file = fs::OpenOptions::new().create(true).append(true).open(file).expect("skips can be counted");
        writeln!(file, "worlds: {why}").expect("skips can be counted");
    }
}

const LIMIT: Duration = Duration::from_secs(5);
