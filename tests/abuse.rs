//! What a lab must survive: noise, halves, giants and crowds on every door.

mod support;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use support::status::{Door, Status};
use support::{Lab, tool, wire};

#[test]
fn random_octets_leave_a_lab_answering() {
    let mut lab = Lab::of_tests("shop");
    let status = lab.status();
    let mut noise = Noise(0x5eed);
    for door in status.doors() {
        match door.transport.as_str() {
            "udp" => wire::throw(door.address, (0..200).map(|number| noise.octets(number * 7))),
            _ => (0..10).for_each(|number| drop(wire::say(door.address, &noise.octets(number * 999)))),
        }
    }
    assert_alive(&mut lab, &status);
}

#[test]
fn half_messages_leave_a_lab_answering() {
    let mut lab = Lab::of_tests("shop");
    let status = lab.status();
    for door in status.doors() {
        for whole in [QUERY_WITH_LENGTH, REQUEST, HTTP_2] {
            for end in 0..whole.len() {
                match door.transport.as_str() {
                    "udp" => wire::throw(door.address, [whole[..end].to_vec()]),
                    _ => hang_up(door.address, &whole[..end]),
                }
            }
        }
    }
    assert_alive(&mut lab, &status);
}

#[test]
fn huge_lines_are_refused_and_leave_a_lab_answering() {
    let mut lab = Lab::of_tests("shop");
    let status = lab.status();
    let before = resident_kib(lab.pid());
    let giants = [
        [b"GET /".to_vec(), vec![b'a'; 4 << 20]].concat(),
        [b"GET / HTTP/1.1\r\nHost: www.shop.test\r\nX: ".to_vec(), vec![b'b'; 4 << 20]].concat(),
        [b"GET / HTTP/1.1\r\nHost: www.shop.test\r\n".to_vec(), b"X: y\r\n".repeat(100_000)].concat(),
        vec![0xff; 4 << 20],
    ];
    for door in streams(&status) {
        giants.iter().for_each(|giant| drop(wire::say(door.address, giant)));
    }
    assert_alive(&mut lab, &status);
    let grown = resident_kib(lab.pid()).saturating_sub(before);
    assert!(grown < 64 * 1024, "{grown} KiB more than before");
}

#[test]
fn a_thousand_idle_connections_to_each_door_leave_a_lab_answering() {
    let Some(python) = tool("python3") else { return };
    let mut lab = Lab::of_tests("shop");
    let status = lab.status();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/hold.py");
    for door in streams(&status) {
        let mut holder = Command::new(&python);
        holder.args([script, &door.address.to_string(), "1000"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = holder.spawn().expect("python runs");
        let mut held = String::new();
        let said = holder.stdout.take().expect("stdout is piped");
        BufReader::new(said).read_line(&mut held).expect("a pipe can be read");
        assert_eq!(held.trim(), "held 1000", "{door:?}");
        assert_alive(&mut lab, &status);
        drop(holder.stdin.take());
        holder.wait().expect("a child can be waited for");
    }
}

#[test]
fn messages_that_point_in_circles_get_an_error_or_nothing() {
    let mut lab = Lab::of_tests("shop");
    let status = lab.status();
    let circle = b"\x00\x07\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01";
    let answer_instead = b"\x00\x07\x80\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03web\x04club\x04test\x00\x00\x01\x00\x01";
    let many = b"\x00\x07\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x01\x00\x01";
    for door in status.doors().iter().filter(|door| door.transport == "udp") {
        wire::throw(door.address, [circle.to_vec(), answer_instead.to_vec(), many.to_vec()]);
    }
    assert_alive(&mut lab, &status);
}

/// The lab's process lives and each of its services still does its work.
fn assert_alive(lab: &mut Lab, status: &Status) {
    assert!(lab.runs(), "{}", lab.said());
    let site = status.door("www.shop.test", "tcp", 80);
    assert!(wire::say(site, REQUEST).starts_with(b"HTTP/1.1 200 "), "the site at {site}");
    for door in streams(status).iter().filter(|door| door.port == 53) {
        let answer = wire::say(door.address, QUERY_WITH_LENGTH);
        assert_eq!(answer.get(2..4), Some(&b"\x00\x07"[..]), "the name server at {door:?}: {answer:?}");
    }
    assert!(!lab.said().contains("panicked"), "{}", lab.said());
}

fn streams(status: &Status) -> Vec<Door> {
    status.doors().into_iter().filter(|door| door.transport == "tcp").collect()
}

fn hang_up(door: SocketAddr, after: &[u8]) {
    wire::Stream::connect(door).send(after);
}

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process of ours has a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it has memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number of KiB")
}

/// Octets without sense, the same in every run (xorshift, Marsaglia 2003).
struct Noise(u64);

impl Noise {
    fn octets(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.octet()).collect()
    }

    fn octet(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u8
    }
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n";
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
/// `web.club.test A` with its length before it (RFC 1035 section 4.2.2).
const QUERY_WITH_LENGTH: &[u8] =
    b"\x00\x1f\x00\x07\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03web\x04club\x04test\x00\x00\x01\x00\x01";
