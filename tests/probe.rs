//! `toynet http probe` with servers that are hard to probe.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test may play the server with a socket and a thread of its own"
)]

mod support;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use support::lab::Home;
use support::{Outcome, run};

#[test]
fn interim_answers_are_not_taken_for_what_the_server_answers() {
    let server = serve(|mut stream| {
        while head(&mut stream) {
            let answer = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            if stream.write_all(answer).is_err() {
                return;
            }
        }
    });
    let found = probe(server).stdout;
    assert!(found.contains("and not 400") && !found.contains("and not 103"), "{found}");
}

#[test]
fn who_drips_is_not_listened_to_for_ever() {
    let server = serve(|mut stream| {
        head(&mut stream);
        let _ = stream.set_read_timeout(Some(Duration::from_millis(500)));
        while stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_ok() {
            let _ = stream.read(&mut [0]);
        }
    });
    let outcome = probe(server);
    assert_eq!(outcome.code(), Some(6), "{outcome:?}");
    assert!(outcome.stderr.contains("the answer did not end within 6 seconds"), "{outcome:?}");
}

#[test]
fn who_sends_without_end_is_told_so() {
    let server = serve(|mut stream| {
        head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 65_536]).is_ok() {}
    });
    let outcome = probe(server);
    assert_eq!(outcome.code(), Some(6), "{outcome:?}");
    assert!(outcome.stderr.contains("the answer is longer than 1 MiB"), "{outcome:?}");
}

#[test]
fn two_lengths_that_differ_are_found_rather_than_given_up_on() {
    let server = serve(|mut stream| {
        while head(&mut stream) {
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc";
            if stream.write_all(answer).is_err() {
                return;
            }
        }
    });
    let found = probe(server).stdout;
    assert!(found.contains("MUST well-formed") && found.contains("two Content-Lengths differ"), "{found}");
}

fn probe(server: SocketAddr) -> Outcome {
    run(&mut Home::new().toynet(&["http", "probe", "--no-lab", &format!("http://{server}/")]))
}

/// Serves each connection on a thread of its own, which ends with it.
fn serve(each: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let each = each.clone();
            thread::spawn(move || each(stream));
        }
    });
    address
}

/// Reads until a head has ended; false at the end.
fn head(stream: &mut TcpStream) -> bool {
    let mut octets = Vec::new();
    let mut piece = [0; 4096];
    while !octets.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut piece) {
            Ok(length @ 1..) => octets.extend_from_slice(&piece[..length]),
            _ => return false,
        }
    }
    true
}
