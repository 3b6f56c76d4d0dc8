//! A web server that says what it was told to, whatever it hears.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::lab::Home;
use super::run::{LIMIT, Outcome, run};

/// A server that says what it is told to, one answer to each request, and keeps what it hears.
pub struct Server {
    pub home: Home,
    pub address: SocketAddr,
    heard: Receiver<Vec<u8>>,
}

impl Server {
    pub fn answering(answers: &[&'static [u8]]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (sender, heard) = mpsc::channel();
        let answers: Vec<&'static [u8]> = answers.to_vec();
        let mut answers = answers.into_iter();
        thread::spawn(move || {
            while let (Some(answer), Ok((mut stream, _))) = (answers.next(), listener.accept()) {
                stream.set_read_timeout(Some(LIMIT)).expect("a limit can be set");
                let request = request(&mut stream);
                // Whoever expects a fault may be gone.
                let _ = stream.write_all(answer).and_then(|()| stream.shutdown(std::net::Shutdown::Write));
                let _ = sender.send(request);
                let _ = stream.set_read_timeout(Some(std::time::Duration::from_millis(300)));
                while stream.read(&mut [0; 65_536]).is_ok_and(|length| length > 0) {}
            }
        });
        Self { home: Home::new(), address, heard }
    }

    pub fn toynet(&self, arguments: &[&str], path: &str) -> Outcome {
        let url = format!("http://{}{path}", self.address);
        let (command, rest) = arguments.split_first().expect("a command");
        run(self.home.toynet(&["http", command, &url]).args(rest))
    }

    pub fn heard(&self) -> String {
        String::from_utf8(self.heard.recv_timeout(LIMIT).expect("a request")).expect("a request in text")
    }
}

/// A request with its content, as long as it says; what waits for leave to come is not waited for.
fn request(stream: &mut TcpStream) -> Vec<u8> {
    let mut heard = Vec::new();
    let mut room = [0; 65_536];
    loop {
        let text = String::from_utf8_lossy(&heard).into_owned();
        if let Some(end) = text.find("\r\n\r\n") {
            let length = text[..end].lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok());
            let is_chunked = text[..end].contains("Transfer-Encoding: chunked") && !text.ends_with("0\r\n\r\n");
            if !is_chunked && heard.len() >= end + 4 + length.unwrap_or(0) || text.contains("100-continue") {
                return heard;
            }
        }
        match stream.read(&mut room) {
            Ok(length) if length > 0 => heard.extend_from_slice(&room[..length]),
            _ => return heard,
        }
    }
}

/// An answer without content.
pub const FINE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
