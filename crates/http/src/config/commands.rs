//! Ready-made commands.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use toynet_net::tls::Versions;
use toynet_service::tls::{Certificate, Kind, Settings};
use toynet_service::{Command, Reached};

use super::table::{Http, Https};

/// Commands that reach the site as they stand.
pub(super) fn of(http: &Http, reached: &Reached<'_>) -> Vec<Command> {
    let clear = http.clear_port().map(|port| At::new("http", port, 80, reached));
    let led = http.https() == Https::Redirect;
    let first = clear.iter().map(|site| if led { way_to_tls(site) } else { front_page(site) });
    let further = clear.iter().filter(|_| !led).flat_map(|site| over_http2(site, reached.host));
    first.chain(over_tls(http, reached)).chain(further).collect()
}

fn front_page(At { resolve, url, inside, .. }: &At) -> Command {
    curl(format!("{resolve}{url}"), Some(inside.clone()), "the front page")
}

fn way_to_tls(At { resolve, url, inside, .. }: &At) -> Command {
    curl(format!("-i {resolve}{url}"), Some(format!("-i {inside}")), "the way to TLS")
}

/// With the root from its file: without one a client has nothing to trust.
fn over_tls(http: &Http, reached: &Reached<'_>) -> Option<Command> {
    let (settings, port) = (http.tls()?, http.tls_port()?);
    let At { resolve, url, inside, .. } = At::new("https", port, 443, reached);
    let trust = if reached.is_inside { String::new() } else { format!("--cacert {} ", quoted(reached.root?)) };
    Some(curl(format!("{trust}{resolve}{url}"), Some(inside), shows(settings)))
}

fn over_http2(site: &At, host: &str) -> [Command; 2] {
    let At { address, port, resolve, url, inside } = site;
    let own = format!("-i --http2-prior-knowledge {inside}");
    let frames = Command {
        program: "nghttp",
        line: match site.is_found() {
            true => format!("nghttp -nv {url}"),
            false => format!("nghttp -nv -H ':authority: {host}' http://{address}{port}/"),
        },
        own: None,
        shows: "the frames of HTTP/2".to_owned(),
    };
    [curl(format!("-i --http2-prior-knowledge {resolve}{url}"), Some(own), "the same over HTTP/2"), frames]
}

fn curl(arguments: String, own: Option<String>, shows: &str) -> Command {
    let (line, own) = (format!("curl {arguments}"), own.map(|arguments| format!("http get {arguments}")));
    Command { program: "curl", line, own, shows: shows.to_owned() }
}

fn shows(settings: &Settings) -> &'static str {
    match (&settings.certificate, settings.versions) {
        (_, Versions::Old) => "what a client says to TLS 1.0",
        (Certificate::Lab(Kind::Right), _) => "the same over TLS, vouched for by the lab",
        (Certificate::Lab(Kind::Expired), _) => "what a client says to an expired certificate",
        (Certificate::Lab(Kind::NotYetValid), _) => "what a client says to a certificate of the future",
        (Certificate::Lab(Kind::WrongName), _) => "what a client says to a certificate for another name",
        (Certificate::Lab(Kind::UnknownAuthority), _) => "what a client says to an authority that it does not know",
        (Certificate::Lab(Kind::SelfSigned), _) => "what a client says to a certificate that vouches for itself",
        (Certificate::Own { .. }, _) => "what a client that trusts the lab says to your certificate",
    }
}

/// Where a site is found.
struct At {
    address: String,
    /// With its colon, where it is not the usual one.
    port: String,
    /// With the space behind it, where it takes that.
    resolve: String,
    /// From outside.
    url: String,
    /// From inside the lab.
    inside: String,
}

impl At {
    fn new(scheme: &str, port: u16, usual: u16, reached: &Reached<'_>) -> Self {
        let (host, outside) = (reached.host, port + reached.port_offset);
        let address = match reached.address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        let shown = |port: u16| if port == usual { String::new() } else { format!(":{port}") };
        // Every client finds the machine itself under this name (RFC 6761 6.3).
        let is_found = reached.is_inside || host == "localhost" && LOOPBACK.contains(&reached.address);
        let resolve = if is_found { String::new() } else { format!("--resolve {host}:{outside}:{address} ") };
        let url = |port: &str| format!("{scheme}://{host}{port}/");
        Self { address, resolve, url: url(&shown(outside)), inside: url(&shown(port)), port: shown(outside) }
    }

    /// Whether its name is known.
    fn is_found(&self) -> bool {
        self.resolve.is_empty()
    }
}

/// A path as a shell takes it for one word.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.chars().all(|character| character.is_ascii_alphanumeric() || "/._-+@%:,".contains(character));
    if is_plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
