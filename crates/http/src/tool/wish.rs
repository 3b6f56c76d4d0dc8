//! What was typed, checked and as values.

use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::ArgMatches;
use toynet_net::tls::Trust;
use toynet_service::Errand;

use super::form::Form;
use super::proxy::Proxy;
use super::raw;
use crate::client::cookies::Jar;
use crate::client::digest::Digest;
use crate::client::url::Url;

/// What a person wants.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub method: String,
    pub url: Url,
    /// `*` and no path (RFC 9112 3.2.4).
    pub asks_server: bool,
    pub fields: Vec<Line>,
    pub form: Option<Form>,
    /// What stands in `Authorization`.
    pub credentials: Option<String>,
    /// Where they follow from what the server asks.
    pub digest: Option<Digest>,
    /// Cookies that were typed: they go to whatever is asked.
    pub cookies: Option<String>,
    pub jar: Option<Jar>,
    pub jar_file: Option<String>,
    /// How many redirections are followed.
    pub follows: Option<u32>,
    pub takes_compressed: bool,
    pub version: Version,
    /// Whose certificates are taken, where the person says so.
    pub trust: Option<Trust>,
    pub detours: Vec<Detour>,
    pub proxy: Option<Proxy>,
    pub longest: Option<Duration>,
    pub longest_connect: Duration,
    pub raw: Option<Vec<u8>>,
    pub output: Output,
    pub shows: Shows,
}

/// A field that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// With its value, which may be empty.
    Field(String, String),
    /// Not to be sent.
    Without(String),
}

/// Which version to speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Version {
    /// Whatever TLS agrees on, and HTTP/1.1 in clear.
    #[default]
    Best,
    One(u8),
    /// HTTP/2 without asking.
    Two,
    /// HTTP/3 and nothing else.
    Three,
}

/// Where the content goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// To standard output; whether that was said.
    Stdout(bool),
    File(PathBuf),
}

/// What the person sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shows {
    pub head: bool,
    /// Where heads are kept; - is standard output.
    pub heads: Option<String>,
    pub verbose: bool,
    /// Nothing of failures.
    pub silent: bool,
    /// 400 and above are failures.
    pub fails: bool,
    /// And their content is not shown.
    pub hides_failed: bool,
    pub timing: bool,
    pub write_out: Option<String>,
}

/// `--resolve` and `--connect-to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Detour {
    /// Nothing: for any.
    pub host: Option<String>,
    pub port: Option<u16>,
    pub to: Way,
}

/// Where a detour leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Addresses(Vec<IpAddr>),
    /// Nothing: the same.
    Host(Option<String>, Option<u16>),
}

impl Wish {
    /// What the arguments of the command for `method` mean.
    ///
    /// # Errors
    /// What is wrong with them, for the person.
    pub fn read(method: &str, matches: &ArgMatches, errand: &Errand) -> Result<Self, String> {
        let is = |id: &str| matches.get_flag(id);
        let mut url = Url::parse(text(matches, "url").unwrap_or_default()).map_err(|error| error.to_string())?;
        let mut form =
            Form::read(matches, errand.host().random(&format!("boundary {:?}", errand.host().clock().now())))?;
        if is("get")
            && let Some(query) = form.take()
        {
            url = url.with_query(&query.as_query());
        }
        name_upload(&mut url, text(matches, "upload-file"));
        let method = match text(matches, "request") {
            Some(method) => checked_method(method)?,
            None if is("head") => "HEAD".to_owned(),
            None => method.to_owned(),
        };
        if form.is_some() && matches!(method.as_str(), "GET" | "HEAD") && text(matches, "request").is_none() {
            let why = "content has no meaning there (RFC 9110 9.3.1)";
            return Err(format!(
                "{method} carries no content: {why}; say `toynet http post`, -G for a query, or -X {method}"
            ));
        }
        let version = version(matches);
        if version == Version::Three && !url.is_secure {
            return Err(format!("{ONLY_HTTPS}: say https://"));
        }
        let (cookies, jar) = cookies(matches)?;
        let output = output(matches, &url)?;
        Ok(Self {
            asks_server: method == "OPTIONS" && url.target == "/*",
            fields: fields(matches)?,
            form,
            credentials: credentials(matches, is("digest"))?,
            digest: digest(matches)?,
            cookies,
            jar,
            jar_file: text(matches, "cookie-jar").map(str::to_owned),
            follows: is("location").then(|| matches.get_one("max-redirs").copied().unwrap_or_default()),
            takes_compressed: is("compressed"),
            version,
            trust: trust(matches)?,
            detours: detours(matches)?,
            proxy: proxy(matches, &url, version)?,
            longest: matches.get_one("max-time").copied(),
            longest_connect: matches.get_one("connect-timeout").copied().unwrap_or(Duration::MAX),
            raw: text(matches, "raw").map(raw::octets).transpose()?,
            output,
            shows: shows(matches, &method)?,
            method,
            url,
        })
    }

    /// What a probe is to ask, and how it gets there.
    ///
    /// # Errors
    /// As for [`Wish::read`].
    pub fn of_probe(matches: &ArgMatches) -> Result<Self, String> {
        let url = Url::parse(text(matches, "url").unwrap_or_default()).map_err(|error| error.to_string())?;
        Ok(Self { url, ..Self::of_connection(matches)? })
    }

    /// A GET, and what the arguments say of the way to any server.
    fn of_connection(matches: &ArgMatches) -> Result<Self, String> {
        let url = Url { is_secure: false, host: String::new(), port: 80, target: "/".to_owned() };
        Ok(Self {
            method: "GET".to_owned(),
            url,
            asks_server: false,
            fields: Vec::new(),
            form: None,
            credentials: None,
            digest: None,
            cookies: None,
            jar: None,
            jar_file: None,
            follows: None,
            takes_compressed: false,
            version: Version::Best,
            trust: trust(matches)?,
            detours: detours(matches)?,
            proxy: None,
            longest: None,
            longest_connect: matches.get_one("connect-timeout").copied().unwrap_or(Duration::MAX),
            raw: None,
            output: Output::Stdout(true),
            shows: Shows::default(),
        })
    }

    /// Whose addresses are looked up for a URL, and at which port its server is.
    pub fn named(&self, url: &Url) -> (String, u16) {
        match self.detour(&url.host, url.port) {
            Some(Way::Host(host, port)) => (host.clone().unwrap_or_else(|| url.host.clone()), port.unwrap_or(url.port)),
            Some(Way::Addresses(_)) | None => (url.host.clone(), url.port),
        }
    }

    /// What to ask for a WebSocket, and how to get there.
    ///
    /// # Errors
    /// As for [`Wish::read`].
    pub fn of_websocket(matches: &ArgMatches) -> Result<Self, String> {
        let is = |id: &str| matches.get_flag(id);
        let version = match (is("http2"), is("http3")) {
            (true, _) => Version::Two,
            (_, true) => Version::Three,
            (false, false) => Version::One(1),
        };
        let typed = text(matches, "url").unwrap_or_default();
        let url = Url::parse(&as_http(typed)).map_err(|error| error.to_string())?;
        if version == Version::Three && !url.is_secure {
            return Err(format!("{ONLY_HTTPS}: say wss://"));
        }
        let cookies: Vec<_> = matches.get_many::<String>("cookie").into_iter().flatten().map(String::as_str).collect();
        if let Some(cookie) = cookies.iter().find(|cookie| !cookie.contains('=')) {
            return Err(format!("`{cookie}` is no cookie: say 'name=value'"));
        }
        Ok(Self {
            url,
            version,
            fields: typed_fields(matches)?,
            credentials: credentials(matches, false)?,
            cookies: (!cookies.is_empty()).then(|| cookies.join("; ")),
            longest: matches.get_one("max-time").copied(),
            shows: Shows { verbose: is("verbose"), silent: is("silent"), ..Shows::default() },
            ..Self::of_connection(matches)?
        })
    }

    /// The detour for a host, if there is one.
    pub fn detour(&self, host: &str, port: u16) -> Option<&Way> {
        let fits = |detour: &&Detour| {
            detour.host.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(host))
                && detour.port.is_none_or(|wanted| wanted == port)
        };
        self.detours.iter().find(fits).map(|detour| &detour.to)
    }
}

/// A folder's upload gets the file's name.
fn name_upload(url: &mut Url, file: Option<&str>) {
    let name = file.and_then(|file| file.rsplit('/').next()).filter(|name| *name != "-");
    if let Some(name) = name
        && url.target.ends_with('/')
        && let Ok(named) = url.join(&format!("./{}", name.replace('?', "%3F").replace('#', "%23")))
    {
        *url = named;
    }
}

fn checked_method(method: &str) -> Result<String, String> {
    let is_token = !method.is_empty() && method.bytes().all(is_token_octet);
    if is_token { Ok(method.to_owned()) } else { Err(format!("`{method}` is no method (RFC 9110 9.1)")) }
}

/// `ws:` and `wss:` are `http:` and `https:` (RFC 6455 3).
fn as_http(typed: &str) -> String {
    let rest = |scheme: &str| {
        let begins = typed.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
        begins.then(|| &typed[scheme.len()..])
    };
    match (rest("ws://"), rest("wss://")) {
        (Some(rest), _) => format!("http://{rest}"),
        (_, Some(rest)) => format!("https://{rest}"),
        (None, None) => typed.to_owned(),
    }
}

/// Those that are typed as such.
fn typed_fields(matches: &ArgMatches) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    for line in matches.get_many::<String>("header").into_iter().flatten() {
        lines.push(Line::read(line)?);
    }
    for (id, name) in [("user-agent", "User-Agent"), ("referer", "Referer")] {
        lines.extend(text(matches, id).map(|value| Line::Field(name.to_owned(), value.to_owned())));
    }
    Ok(lines)
}

fn fields(matches: &ArgMatches) -> Result<Vec<Line>, String> {
    let mut lines = typed_fields(matches)?;
    if let Some(range) = text(matches, "range") {
        let is_range =
            range.bytes().all(|octet| octet.is_ascii_digit() || b"-, ".contains(&octet)) && range.contains('-');
        if !is_range {
            return Err(format!("`{range}` is no range: say 0-499, 500- or -500 (RFC 9110 14.1.2)"));
        }
        lines.push(Line::Field("Range".into(), format!("bytes={range}")));
    }
    Ok(lines)
}

impl Line {
    /// `Name: value`, `Name:` or `Name;`.
    fn read(text: &str) -> Result<Self, String> {
        let end = text.find([':', ';']).ok_or_else(|| format!("the field '{text}' has no colon: say 'Name: value'"))?;
        let (name, value) = (text[..end].to_owned(), text[end + 1..].trim().to_owned());
        if name.is_empty() || !name.bytes().all(is_token_octet) {
            return Err(format!("'{name}' is no field's name (RFC 9110 5.1)"));
        }
        if value.bytes().any(|octet| octet.is_ascii_control() && octet != b'\t') {
            return Err(format!("the field {name} holds a control character (RFC 9110 5.5); --raw sends anything"));
        }
        match (text.as_bytes()[end], value.is_empty()) {
            (b';', true) | (b':', false) => Ok(Line::Field(name, value)),
            (b':', true) => Ok(Line::Without(name)),
            _ => Err(format!("the field '{text}' has no colon: say 'Name: value'")),
        }
    }
}

fn credentials(matches: &ArgMatches, is_digest: bool) -> Result<Option<String>, String> {
    if let Some(token) = text(matches, "bearer") {
        let is_token = token.bytes().all(|octet| octet.is_ascii_graphic());
        return if is_token {
            Ok(Some(format!("Bearer {token}")))
        } else {
            Err("that is no bearer token (RFC 6750 2.1)".into())
        };
    }
    let Some(user) = text(matches, "user").filter(|_| !is_digest) else { return Ok(None) };
    match user.contains(':') {
        true => Ok(Some(format!("Basic {}", STANDARD.encode(user)))),
        false => Err(NO_COLON.to_owned()),
    }
}

fn digest(matches: &ArgMatches) -> Result<Option<Digest>, String> {
    let Some(user) = text(matches, "user").filter(|_| matches.get_flag("digest")) else { return Ok(None) };
    let (user, password) = user.split_once(':').ok_or(NO_COLON)?;
    if user.chars().any(char::is_control) {
        return Err("a user's name holds no control characters (RFC 7616 3.4)".to_owned());
    }
    Ok(Some(Digest::new(user, password)))
}

/// What `-b` and `-c` say: cookies as typed, and jars.
fn cookies(matches: &ArgMatches) -> Result<(Option<String>, Option<Jar>), String> {
    let given = matches.get_many::<String>("cookie").into_iter().flatten();
    let (typed, files): (Vec<_>, Vec<_>) = given.partition(|cookie| cookie.contains('='));
    let mut text = String::new();
    for file in &files {
        // A jar need not be there before the first time.
        match fs::read_to_string(file) {
            Ok(jar) => text += &jar,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("the jar {file} cannot be read: {error}")),
        }
    }
    let has_jar = !files.is_empty() || matches.contains_id("cookie-jar");
    let typed: Vec<_> = typed.into_iter().map(String::as_str).collect();
    Ok(((!typed.is_empty()).then(|| typed.join("; ")), has_jar.then(|| Jar::read(&text))))
}

fn version(matches: &ArgMatches) -> Version {
    if matches.get_flag("http1.0") {
        Version::One(0)
    } else if matches.get_flag("http1.1") {
        Version::One(1)
    } else if matches.get_flag("http2-prior-knowledge") {
        Version::Two
    } else if matches.get_flag("http3") {
        Version::Three
    } else {
        Version::Best
    }
}

fn trust(matches: &ArgMatches) -> Result<Option<Trust>, String> {
    if matches.get_flag("insecure") {
        return Ok(Some(Trust::Anybody));
    }
    let read = |file: &str| fs::read_to_string(file).map_err(|error| format!("{file} cannot be read: {error}"));
    Ok(text(matches, "cacert").map(read).transpose()?.map(Trust::Authorities))
}

fn proxy(matches: &ArgMatches, url: &Url, version: Version) -> Result<Option<Proxy>, String> {
    let user = text(matches, "proxy-user");
    let socks = |id, scheme| text(matches, id).map(|place| format!("{scheme}://{place}"));
    let of_socks = socks("socks5", "socks5").or_else(|| socks("socks5-hostname", "socks5h"));
    let Some(text_of_proxy) = text(matches, "proxy").map(str::to_owned).or(of_socks) else {
        return if user.is_none() { Ok(None) } else { Err("-U is for a proxy: say which one by -x".to_owned()) };
    };
    let proxy = Proxy::read(&text_of_proxy, user)?;
    proxy.check(url, version)?;
    Ok(Some(proxy))
}

fn detours(matches: &ArgMatches) -> Result<Vec<Detour>, String> {
    let all = |id| matches.get_many::<String>(id).into_iter().flatten();
    let resolved = all("resolve").map(|text| Detour::of_resolve(text));
    resolved.chain(all("connect-to").map(|text| Detour::of_connect_to(text))).collect()
}

impl Detour {
    /// `HOST:PORT:ADDR[,ADDR]`.
    fn of_resolve(text: &str) -> Result<Self, String> {
        let broken = || format!("--resolve '{text}' is not of the form HOST:PORT:ADDR");
        let mut parts = text.splitn(3, ':');
        let (host, port, addresses) = (parts.next(), parts.next(), parts.next());
        let host = host.filter(|host| !host.is_empty()).ok_or_else(broken)?;
        let port = port.filter(|port| *port != "*").map(str::parse).transpose().map_err(|_| broken())?;
        let addresses = addresses.ok_or_else(broken)?.split(',').map(|ip| ip.trim_matches(['[', ']']).parse());
        let addresses = addresses.collect::<Result<Vec<_>, _>>().map_err(|_| broken())?;
        let host = (host != "*").then(|| host.to_owned());
        Ok(Self { host, port, to: Way::Addresses(addresses) })
    }

    /// `HOST:PORT:HOST2:PORT2`, each of which may be empty.
    fn of_connect_to(text: &str) -> Result<Self, String> {
        let broken = || format!("--connect-to '{text}' is not of the form HOST:PORT:HOST2:PORT2");
        let parts = split_authorities(text);
        let [host, port, to, to_port] = parts.as_slice() else { return Err(broken()) };
        let name = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty());
        let number = |port: &str| if port.is_empty() { Ok(None) } else { port.parse().map(Some).map_err(|_| broken()) };
        Ok(Self { host: name(host), port: number(port)?, to: Way::Host(name(to), number(to_port)?) })
    }
}

/// Parts between colons, where brackets keep an address together.
fn split_authorities(text: &str) -> Vec<&str> {
    let mut is_inside = false;
    let split = text.split(|character| {
        is_inside = character == '[' || (is_inside && character != ']');
        character == ':' && !is_inside
    });
    split.map(|part| part.trim_matches(['[', ']'])).collect()
}

fn output(matches: &ArgMatches, url: &Url) -> Result<Output, String> {
    if matches.get_flag("remote-name") {
        let name = url.path().rsplit('/').next().unwrap_or_default();
        return match name {
            "" | "." | ".." => Err("the URL ends without a name for -O: say -o FILE".to_owned()),
            name => Ok(Output::File(name.into())),
        };
    }
    Ok(match text(matches, "output") {
        None => Output::Stdout(false),
        Some("-") => Output::Stdout(true),
        Some(file) => Output::File(file.into()),
    })
}

fn shows(matches: &ArgMatches, method: &str) -> Result<Shows, String> {
    let is = |id: &str| matches.get_flag(id);
    let write_out = match text(matches, "write-out") {
        Some(format) => Some(match format.strip_prefix('@') {
            Some(file) => fs::read_to_string(file).map_err(|error| format!("{file} cannot be read: {error}"))?,
            None => format.to_owned(),
        }),
        None => None,
    };
    Ok(Shows {
        head: is("include") || is("head") || method == "HEAD",
        heads: text(matches, "dump-header").map(str::to_owned),
        verbose: is("verbose"),
        silent: is("silent") && !is("show-error"),
        fails: is("fail") || is("fail-with-body"),
        hides_failed: is("fail"),
        timing: is("timing"),
        write_out,
    })
}

const NO_COLON: &str = "-u wants USER:PASSWORD, with a colon between";
/// What HTTP/3 cannot be without.
pub(super) const ONLY_HTTPS: &str = "HTTP/3 is for https alone (RFC 9114 3.1)";

/// RFC 9110 5.6.2.
fn is_token_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet)
}

fn text<'a>(matches: &'a ArgMatches, id: &str) -> Option<&'a str> {
    matches.get_one::<String>(id).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_set_left_out_or_sent_empty() {
        let field = |name: &str, value: &str| Ok(Line::Field(name.into(), value.into()));
        assert_eq!(Line::read("Accept: text/html"), field("Accept", "text/html"));
        assert_eq!(Line::read("X-Empty;"), field("X-Empty", ""));
        assert_eq!(Line::read("Accept:"), Ok(Line::Without("Accept".into())));
        for broken in ["Accept", "A b: c", ": c", "A: b\r\nC: d", "A; b"] {
            assert!(Line::read(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn detours_are_read_with_brackets_and_gaps() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let resolved = Detour::of_resolve("a.test:443:192.0.2.1,[::1]").unwrap();
        assert_eq!((resolved.host.as_deref(), resolved.port), (Some("a.test"), Some(443)));
        assert_eq!(resolved.to, Way::Addresses(vec![ip("192.0.2.1"), ip("::1")]));
        let connected = Detour::of_connect_to("::[::1]:8080").unwrap();
        assert_eq!((connected.host, connected.port), (None, None));
        assert_eq!(connected.to, Way::Host(Some("::1".into()), Some(8080)));
        for broken in ["a.test", "a.test:80", "a.test:x:192.0.2.1", "a.test:80:b.test"] {
            assert!(Detour::of_resolve(broken).is_err(), "{broken}");
        }
        assert!(Detour::of_connect_to("a:1:b").is_err());
    }
}
