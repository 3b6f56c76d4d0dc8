//! Servers of the user's own in a lab: they have a name, an address, a certificate, and all that passes is seen.
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "the user's servers stand outside the lab")]

mod support;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;

use support::lab::Home;
use support::{Lab, run, tool, tools};

#[test]
fn a_site_of_ones_own_has_a_name_and_a_certificate() {
    let site = pages();
    let home = Home::new();
    let lab = lab(&home, &format!("[host.\"www.mine.test\"]\nhttp = {{ external = \"{site}\" }}\n"));
    for url in ["http://www.mine.test/", "https://www.mine.test/"] {
        assert_eq!(lab.toynet(&["http", "get", url]).succeeded().stdout, "mine\n", "{url}");
    }
    let log = lab.toynet(&["log", "--host", "www.mine.test", "--proto", "http"]).succeeded().stdout;
    assert!(log.contains("GET / (www.mine.test)") && log.contains("200 OK"), "{log}");
}

#[test]
fn from_a_network_of_its_own_a_lab_reaches_that_server_and_no_other() {
    let home = Home::new();
    if !tools::worlds(&mut home.toynet(&["doctor"])) || tool("curl").is_none() {
        return;
    }
    let (site, other) = (pages(), pages());
    let file = home.write("lab.toml", format!("[host.\"www.mine.test\"]\nhttp = {{ external = \"{site}\" }}\n"));
    let line = format!(
        "curl -sS http://www.mine.test/ && curl -sS https://www.mine.test/ && ! curl -sS http://{other}/ && \
         ! curl -sS http://{site}/"
    );
    let outcome = run(&mut home.toynet(&["run", file.to_str().unwrap(), "--", "sh", "-c", &line]));
    assert_eq!(outcome.succeeded().stdout, "mine\nmine\n");

    let lab = Lab::start(&home, &["up", file.to_str().unwrap(), "--carrier", "world"]);
    assert_eq!(lab.toynet(&["http", "get", "http://www.mine.test/"]).succeeded().stdout, "mine\n");
    assert_eq!(lab.stop("TERM").code(), Some(0));
}

#[test]
fn a_reload_opens_a_way_out_and_closes_another() {
    let home = Home::new();
    if !tools::worlds(&mut home.toynet(&["doctor"])) || tool("curl").is_none() {
        return;
    }
    let (one, other) = (pages(), pages());
    let host =
        |name: &str, site: SocketAddr| format!("[host.\"{name}.mine.test\"]\nhttp = {{ external = \"{site}\" }}\n");
    let bread = "[host.\"www.shop.test\".http]\npages = { '/' = 'bread' }\n";
    let file = home.write("lab.toml", bread);
    home.write("one.toml", host("one", one) + bread);
    home.write("both.toml", host("one", one) + &host("other", other) + bread);
    home.write("moved.toml", host("one", other) + bread);
    let line = format!(
        "become() {{ cp $1.toml lab.toml; toynet reload >&2; }}; get() {{ curl -sS -m 5 http://$1/ || echo $?; }}
        become one; get one.mine.test; become both; get one.mine.test; get other.mine.test
        become moved; get one.mine.test; get other.mine.test; get {one}; get {other}; get www.shop.test"
    );
    let outcome = run(&mut home.toynet(&["run", file.to_str().unwrap(), "--", "sh", "-c", &line])).succeeded();
    assert_eq!(outcome.stdout, "mine\nmine\nmine\nmine\n6\n7\n7\nbread", "{}", outcome.stderr);
}

#[test]
fn mail_for_a_domain_of_ones_own_finds_its_server() {
    let (server, seen) = scripted("220 mine\r\n");
    let home = Home::new();
    let lab = lab(
        &home,
        &format!("[host.\"mail.mine.test\"]\nsmtp = {{ external = \"{server}\", domains = [\"mine.test\"] }}\n"),
    );
    let exchangers = lab.toynet(&["dns", "query", "mine.test", "MX", "+short"]).succeeded().stdout;
    assert_eq!(exchangers, "10 mail.mine.test.\n");
    let mut client = TcpStream::connect(lab.status().door("mail.mine.test", "tcp", 25)).unwrap();
    client.write_all(b"QUIT\r\n").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    // The server hears the end of what the client says, and is heard to the end itself.
    let mut heard = String::new();
    client.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "220 mine\r\nheard 6\r\n");
    assert_eq!(seen.join().unwrap(), b"QUIT\r\n");
}

#[test]
fn a_reset_is_passed_on() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap();
    let resetting = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        // Closed with something unread, a connection ends with a reset.
        stream.peek(&mut [0]).unwrap();
    });
    let home = Home::new();
    let lab = lab(&home, &format!("[host.\"bbs.mine.test\"]\ntelnet = {{ external = \"{server}\" }}\n"));
    let mut client = TcpStream::connect(lab.status().door("bbs.mine.test", "tcp", 23)).unwrap();
    client.write_all(b"hello").unwrap();
    resetting.join().unwrap();
    let error = client.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn datagrams_are_handed_on_and_back() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut question = [0; 512];
        let (length, peer) = socket.recv_from(&mut question).unwrap();
        // The question again, marked as its answer (RFC 1035 4.1.1).
        question[2] |= 0x80;
        socket.send_to(&question[..length], peer).unwrap();
    });
    let home = Home::new();
    let lab = lab(&home, &format!("[host.\"names.mine.test\"]\ndns = {{ external = \"{server}\" }}\n"));
    let answer = lab.toynet(&["dns", "query", "@names.mine.test", "x.mine.test", "A"]).succeeded().stdout;
    assert!(answer.contains("NOERROR"), "{answer}");
}

#[test]
fn a_server_that_is_not_there_is_refused_in_its_protocols_words_and_remarked() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let home = Home::new();
    let lab = lab(
        &home,
        &format!(
            "[host.\"www.mine.test\"]\nhttp = {{ external = \"{nobody}\" }}\n\
             [host.\"mail.mine.test\"]\nsmtp = {{ external = \"{nobody}\" }}\n"
        ),
    );
    let page = lab.toynet(&["http", "get", "-i", "http://www.mine.test/"]).stdout;
    assert!(page.starts_with("HTTP/1.1 502 "), "{page}");
    let mut greeting = String::new();
    TcpStream::connect(lab.status().door("mail.mine.test", "tcp", 25)).unwrap().read_to_string(&mut greeting).unwrap();
    assert!(greeting.starts_with("421 "), "{greeting}");
    let told = lab.stop("TERM").stderr;
    assert_eq!(told.matches("does not answer").count(), 2, "{told}");
}

#[test]
fn an_address_of_the_real_internet_is_a_mistake_with_its_place() {
    let home = Home::new();
    let file = home.write("lab.toml", "[host.\"www.mine.test\"]\nhttp = { external = \"8.8.8.8:80\", tsl = true }\n");
    let outcome = run(&mut home.toynet(&["check", file.to_str().unwrap()]));
    assert_eq!(outcome.code(), Some(3));
    let text = outcome.text();
    for part in ["lab.toml:2:21", "which a lab never reaches", "did you mean `tls`?"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

fn lab(home: &Home, text: &str) -> Lab {
    let file = home.write("lab.toml", text);
    Lab::start(home, &["up", file.to_str().unwrap()])
}

/// A web server with one page.
fn pages() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut octet = [0];
                if stream.read(&mut octet).unwrap() == 0 {
                    break;
                }
                request.push(octet[0]);
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nmine\n");
        }
    });
    address
}

/// A server that speaks first, listens to the end, and says how much it has heard.
fn scripted(greeting: &'static str) -> (SocketAddr, thread::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heard = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(greeting.as_bytes()).unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).unwrap();
        stream.write_all(format!("heard {}\r\n", heard.len()).as_bytes()).unwrap();
        heard
    });
    (address, heard)
}
