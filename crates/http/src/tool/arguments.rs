//! What can be typed: curl's words where it has one.

use clap::{Arg, ArgAction, Command};

pub(super) fn get() -> Command {
    command("Fetch what is at a URL")
}

pub(super) fn head() -> Command {
    command("Fetch the head of what GET would answer")
}

pub(super) fn post() -> Command {
    command("Send data to what is at a URL")
}

pub(super) fn put() -> Command {
    command("Put something at a URL")
}

pub(super) fn patch() -> Command {
    command("Change what is at a URL")
}

pub(super) fn delete() -> Command {
    command("Delete what is at a URL")
}

pub(super) fn options() -> Command {
    command("Ask what can be done with what is at a URL; with a URL that ends in *, with the server")
}

pub(crate) fn probe() -> Command {
    let url =
        Arg::new("url").value_name("URL").required(true).help("What to ask for again and again; best a small file");
    let known = ["ipv4", "ipv6", "insecure", "cacert", "resolve", "connect-to", "connect-timeout"];
    let connection = connection().into_iter().filter(|arg| known.contains(&arg.get_id().as_str()));
    Command::new("probe").arg(url).next_help_heading("Connection").args(connection)
}

pub(super) fn websocket() -> Command {
    let url = Arg::new("url").value_name("URL").required(true).help("Where: ws:// is http://, and wss:// is https://");
    let of = |all: Vec<Arg>, known: &'static [&'static str]| {
        all.into_iter().filter(move |arg| known.contains(&arg.get_id().as_str()))
    };
    let version = |name: &'static str, help: &'static str| {
        let others = ["http1.1", "http2", "http3"].into_iter().filter(move |other| *other != name);
        flag_long(name, help).conflicts_with_all(others)
    };
    let versions = [
        version("http1.1", "Over a connection of HTTP/1.1 (RFC 6455); this is the default"),
        version("http2", "In a stream of HTTP/2 (RFC 8441), in clear without asking"),
        version("http3", "In a stream of HTTP/3 (RFC 9220)"),
    ];
    let own = [
        repeated("subprotocol", "NAME", "What to speak over it, of which the server chooses one (RFC 6455 1.9)"),
        flag_long("listen", "Go on listening when the input ends"),
        value('m', "max-time", "SECONDS", "Close it after so long").value_parser(seconds),
    ];
    let command = Command::new("ws").about("Talk over a WebSocket: a line of the input is a message of text").arg(url);
    let command = command.next_help_heading("Request").args(own);
    let command = command.args(of(request(), &["header", "user-agent", "referer", "user", "bearer", "cookie"]));
    let known = &["ipv4", "ipv6", "insecure", "cacert", "resolve", "connect-to", "connect-timeout"];
    let command = command.next_help_heading("Connection").args(versions).args(of(connection(), known));
    command.next_help_heading("Output").args(of(output(), &["verbose", "silent"]))
}

fn command(about: &'static str) -> Command {
    let url = Arg::new("url").value_name("URL").action(ArgAction::Append).num_args(1..).required_unless_present("also");
    let url = url.help("Where; without a scheme it is http://. Several are asked for in turn");
    let command = Command::new("http").about(about).arg(url);
    let command = command.next_help_heading("Request").args(request());
    let command = command.next_help_heading("Content").args(content());
    let command = command.next_help_heading("Connection").args(connection());
    command.next_help_heading("Output").args(output())
}

fn request() -> Vec<Arg> {
    vec![
        Arg::new("also").long("url").value_name("URL").action(ArgAction::Append).help("The same as URL"),
        value('X', "request", "METHOD", "The method, instead of the command's own"),
        values(
            'H',
            "header",
            "LINE",
            "A field, as in 'Accept: text/html'; 'Name:' leaves one out, 'Name;' sends it empty; @FILE has one a line",
        ),
        value('A', "user-agent", "NAME", "Who asks"),
        value('e', "referer", "URL", "Where the URL was found"),
        value(
            'z',
            "time-cond",
            "DATE|FILE",
            "Only if it was changed after this date, or after this file was; with - before the date, only if it was not",
        ),
        value('r', "range", "RANGE", "A part only: 0-499, 500-, or -500 for the last 500"),
        value(
            'C',
            "continue-at",
            "OFFSET",
            "Go on from this octet, behind what -o or -O has; - is where that file ends",
        )
        .conflicts_with_all(["range", "compressed", "include", "head", "upload-file", "remote-header-name"]),
        value('u', "user", "USER:PASSWORD", "Credentials, in the Basic scheme (RFC 7617) if nothing else is said"),
        flag_long("digest", "Prove the password by a digest, once the server asks for it (RFC 7616)").requires("user"),
        long("bearer", "TOKEN", "A bearer token (RFC 6750)").alias("oauth2-bearer").conflicts_with("user"),
        values('b', "cookie", "COOKIES|FILE", "Cookies as in 'a=1; b=2', or a jar to read them from"),
        value('c', "cookie-jar", "FILE", "Keep cookies in this jar, in Netscape's form; - is standard output"),
        flag('L', "location", "Follow redirections"),
        flag_long("post301", "With -L, go on with POST after 301"),
        flag_long("post302", "The same after 302"),
        flag_long("post303", "The same after 303"),
        long("max-redirs", "N", "How many redirections at most")
            .value_parser(clap::value_parser!(u32))
            .default_value("50"),
        long("request-target", "TARGET", "Ask for exactly this, instead of the URL's path and query"),
        flag_long("compressed", "Take content compressed by gzip, deflate, br or zstd, and show it as it was"),
    ]
}

fn content() -> Vec<Arg> {
    vec![
        values('d', "data", "DATA|@FILE", "Form data; several are joined by &. Of a file line ends are left out; @- is standard input"),
        repeated("data-raw", "DATA", "The same, with @ as any other character"),
        repeated("data-binary", "DATA|@FILE", "The same, with a file as it is"),
        repeated("data-urlencode", "NAME=TEXT", "The same, percent-encoded; NAME@FILE takes a file's text"),
        long("data-json", "JSON|@FILE", "JSON, with the fields that say so").conflicts_with_all(["data", "form"]),
        values('F', "form", "NAME=VALUE", "A part of a form in multipart/form-data; NAME=@FILE sends a file, NAME=<FILE its text; ;type= and ;filename= may follow")
            .conflicts_with("data"),
        value('T', "upload-file", "FILE", "Send a file as it is; - is standard input. A URL that ends in / gets the file's name")
            .conflicts_with_all(["data", "form", "data-json"]),
        flag('G', "get", "Put the data into the URL's query"),
    ]
}

fn connection() -> Vec<Arg> {
    const VERSIONS: [&str; 5] = ["http1.0", "http1.1", "http2", "http2-prior-knowledge", "http3"];
    let version = |name: &'static str, help: &'static str| {
        flag_long(name, help).conflicts_with_all(VERSIONS.into_iter().filter(move |other| *other != name))
    };
    vec![
        version("http1.0", "Speak HTTP/1.0").short('0'),
        version("http1.1", "Speak HTTP/1.1"),
        version("http2", "Speak HTTP/2 where TLS agrees on it; this is the default"),
        version("http2-prior-knowledge", "Speak HTTP/2 without asking (RFC 9113 3.3)"),
        version("http3", "Speak HTTP/3 over QUIC, and nothing else; without this it is never spoken"),
        flag('4', "ipv4", "Use IPv4 addresses only").conflicts_with("ipv6"),
        flag('6', "ipv6", "Use IPv6 addresses only"),
        flag('k', "insecure", "Take any certificate"),
        long("cacert", "FILE", "Trust the authorities in this file, in PEM, and no others"),
        repeated("resolve", "HOST:PORT:ADDR", "Use this address, without a look-up; * is any host"),
        repeated(
            "connect-to",
            "HOST:PORT:HOST2:PORT2",
            "Connect to HOST2:PORT2 for what is at HOST:PORT; an empty one is any, or the same",
        ),
        value(
            'x',
            "proxy",
            "URL",
            "Have this proxy ask; https goes through a tunnel that it opens. socks5:// leads to the server, socks5h:// looks its name up too",
        )
        .conflicts_with_all(["socks5", "socks5-hostname"]),
        long("socks5", "HOST[:PORT]", "The same as -x socks5://HOST:PORT").conflicts_with("socks5-hostname"),
        long("socks5-hostname", "HOST[:PORT]", "The same as -x socks5h://HOST:PORT"),
        value('U', "proxy-user", "USER:PASSWORD", "Credentials for the proxy, in the Basic scheme or as SOCKS has them"),
        value('m', "max-time", "SECONDS", "For all of it at most").value_parser(seconds),
        long(
            "retry",
            "N",
            "Ask up to so many times again after 408, 429, 500, 502, 503, 504 and where no answer came, when Retry-After says or after 1, 2, 4, ... seconds",
        )
        .value_parser(clap::value_parser!(u32)),
        long("retry-delay", "SECONDS", "The same time before each of these").value_parser(seconds).requires("retry"),
        long("retry-max-time", "SECONDS", "Not after so long").value_parser(seconds).requires("retry"),
        long("connect-timeout", "SECONDS", "For look-up, connection and TLS at most")
            .value_parser(seconds)
            .default_value("30"),
        long(
            "raw",
            "FILE|TEXT",
            "Send these octets as they are, and show what comes; \\r \\n \\t \\xHH \\\\ in a text mean what they mean in C",
        ),
    ]
}

fn output() -> Vec<Arg> {
    vec![
        values(
            'o',
            "output",
            "FILE",
            "Write the content to this file; - is standard output. Several are for the URLs in turn",
        ),
        flag('O', "remote-name", "Write the content to a file with the URL's last name").conflicts_with("output"),
        flag(
            'J',
            "remote-header-name",
            "With -O, take the name that the answer gives, if it gives one (RFC 6266); what is there already stays",
        )
        .requires("remote-name")
        .conflicts_with("include"),
        long("output-dir", "FOLDER", "Where files of -o and -O go"),
        flag_long("create-dirs", "Make the folders of these files"),
        value('D', "dump-header", "FILE", "Write the head of each answer to this file; - is standard output"),
        flag('i', "include", "Show the head of the answer too"),
        flag('I', "head", "Show the head of the answer only: the method is HEAD"),
        flag('v', "verbose", "Say on standard error what happens, and show both heads"),
        flag('s', "silent", "Say nothing of failures"),
        flag('S', "show-error", "With -s, do say it"),
        flag('f', "fail", "Take 400 and above for a failure, and show no content: exit status 1"),
        flag_long("fail-with-body", "The same, and show the content").conflicts_with("fail"),
        value(
            'w',
            "write-out",
            "FORMAT",
            "Print this at the end, with %{http_code} and its like filled in; @FILE reads it from a file",
        ),
        flag_long("timing", "Say at the end how long each step took"),
        // What curl must be told, and what is done here anyhow.
        flag('N', "no-buffer", "Show content as it comes, which is always done").hide(true),
        flag_long("path-as-is", "Leave . and .. in the path, which is always done").hide(true),
    ]
}

/// A span of time from a number of seconds, which may be a fraction.
fn seconds(text: &str) -> Result<std::time::Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "that is no number of seconds".to_owned())?;
    let span = std::time::Duration::try_from_secs_f64(seconds);
    span.ok().filter(|span| !span.is_zero()).ok_or_else(|| "it must be more than nothing".to_owned())
}

fn value(short: char, name: &'static str, what: &'static str, help: &'static str) -> Arg {
    long(name, what, help).short(short)
}

fn values(short: char, name: &'static str, what: &'static str, help: &'static str) -> Arg {
    repeated(name, what, help).short(short)
}

fn repeated(name: &'static str, what: &'static str, help: &'static str) -> Arg {
    long(name, what, help).action(ArgAction::Append)
}

/// Values may begin with a hyphen: `-r -500`.
fn long(name: &'static str, what: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(what).help(help).allow_hyphen_values(true)
}

fn flag(short: char, name: &'static str, help: &'static str) -> Arg {
    flag_long(name, help).short(short)
}

fn flag_long(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help).action(ArgAction::SetTrue)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_arguments_make_sense() {
        super::super::TOOLS.iter().for_each(|tool| (tool.arguments)().debug_assert());
    }
}
