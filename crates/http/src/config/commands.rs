//! Ready-made commands.

use std::net::IpAddr;

use toynet_service::{Command, Reached};

/// Commands that reach the site on `port` as they stand.
pub(super) fn of(port: u16, reached: &Reached<'_>) -> Vec<Command> {
    let (host, port) = (reached.host, port + reached.port_offset);
    let address = match reached.address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    let shown_port = if port == 80 { String::new() } else { format!(":{port}") };
    let resolve = format!("--resolve {host}:{port}:{address}");
    let url = format!("http://{host}{shown_port}/");
    let inside =
        if port - reached.port_offset == 80 { String::new() } else { format!(":{}", port - reached.port_offset) };
    let own = format!("http://{host}{inside}/");
    let curl = |line, own, shows: &str| Command { program: "curl", line, own: Some(own), shows: shows.to_owned() };
    vec![
        curl(format!("curl {resolve} {url}"), format!("http get {own}"), "the front page"),
        curl(
            format!("curl -i --http2-prior-knowledge {resolve} {url}"),
            format!("http get -i --http2-prior-knowledge {own}"),
            "the same over HTTP/2",
        ),
        Command {
            program: "nghttp",
            line: format!("nghttp -nv -H ':authority: {host}' http://{address}{shown_port}/"),
            own: None,
            shows: "the frames of HTTP/2".to_owned(),
        },
    ]
}
