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
    let command = |program, line, shows: &str| Command { program, line, shows: shows.to_owned() };
    vec![
        command("curl", format!("curl {resolve} {url}"), "the front page"),
        command("curl", format!("curl -i --http2-prior-knowledge {resolve} {url}"), "the same over HTTP/2"),
        command(
            "nghttp",
            format!("nghttp -nv -H ':authority: {host}' http://{address}{shown_port}/"),
            "the frames of HTTP/2",
        ),
    ]
}
