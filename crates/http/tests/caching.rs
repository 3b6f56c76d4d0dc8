//! What caches and browsers rely on in every answer, as REDbot looks at them: each kind of answer of files, listings,
//! routes and errors, asked by GET and HEAD, in both versions.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::fs;
use std::fs::File;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::Full;
use support::{field, http1, http2, in_virtual_time, network};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toynet_http::PROTOCOL;
use toynet_http::client::Client;
use toynet_http::site::date;
use toynet_net::Network;
use toynet_service::place::{FileKind, Folder};
use toynet_service::tls::NoCertificates;
use toynet_service::{Files, HostName, Place};

#[test]
fn every_answer_keeps_the_rules_that_caches_rely_on() {
    told(async |clients, wrong| {
        for path in PATHS {
            for fields in FIELDS {
                for client in &mut *clients {
                    let get = ask(client, "GET", path, fields).await;
                    let head = ask(client, "HEAD", path, fields).await;
                    let mut broken = broken(&get, &get);
                    broken.extend(self::broken(&head, &get));
                    broken.extend(differ(path, fields, &get, &head));
                    let what = |rule| format!("{:?} {path} {fields:?}: {} {rule}", get.version(), get.status());
                    wrong.extend(broken.into_iter().map(what));
                }
            }
        }
    });
}

#[test]
fn each_coding_of_a_file_has_a_strong_tag_of_its_own_and_304_tells_what_200_told() {
    told(async |clients, wrong| {
        for path in ["/", "/digits.txt", "/long.txt", "/before.txt", "/image.png", "/bare"] {
            for client in &mut *clients {
                let mut tags = Vec::new();
                for coding in ["identity", "gzip", "br", "zstd"] {
                    let whole = ask(client, "GET", path, &[("accept-encoding", coding)]).await;
                    let tag = field(&whole, "etag").to_owned();
                    let known = ask(client, "GET", path, &[("accept-encoding", coding), ("if-none-match", &tag)]).await;
                    for name in ["date", "etag", "vary", "cache-control", "expires", "content-location"] {
                        if (known.status().as_u16(), field(&known, name)) != (304, field(&whole, name)) {
                            wrong.push(format!("{path} {coding}: 304 tells no {name}: {known:?}"));
                        }
                    }
                    tags.push((field(&whole, "content-encoding").to_owned(), tag));
                }
                tags.sort();
                tags.dedup();
                let mut only: Vec<&String> = tags.iter().map(|(_, tag)| tag).collect();
                only.dedup();
                if only.len() != tags.len() || only.iter().any(|tag| !tag.starts_with('"')) {
                    wrong.push(format!("{path}: {tags:?}"));
                }
            }
        }
    });
}

#[test]
fn conditions_lists_and_parts_are_judged_by_the_file_that_would_be_sent() {
    told(async |clients, wrong| {
        for client in clients {
            let tag = field(&ask(client, "GET", "/long.txt", &[]).await, "etag").to_owned();
            let coded = field(&ask(client, "GET", "/long.txt", GZIP).await, "etag").to_owned();
            let weak = format!("W/{tag}");
            let listed = format!("\"x\", W/{tag}, \"y\"");
            let cases: &[(&[(&str, &str)], u16)] = &[
                (&[("if-none-match", "*")], 304),
                (&[("if-none-match", &weak)], 304),
                (&[("if-none-match", &listed)], 304),
                (&[("if-none-match", &coded)], 200),
                (&[("if-none-match", &tag), GZIP[0]], 200),
                (&[("if-none-match", &coded), GZIP[0]], 304),
                (&[("if-none-match", "\"x\""), ("if-modified-since", CHANGED)], 200),
                (&[("if-modified-since", CHANGED)], 304),
                (&[("if-modified-since", "Sunday, 06-Nov-94 08:49:37 GMT")], 304),
                (&[("if-modified-since", "Sun Nov  6 08:49:37 1994")], 304),
                (&[("if-modified-since", "Sun, 06 Nov 1994 08:49:36 GMT")], 200),
                (&[("if-modified-since", "yesterday")], 200),
                (&[("if-match", &weak)], 412),
                (&[("if-match", &tag)], 200),
                (&[("if-match", "*")], 200),
                (&[("range", "bytes=0-3")], 206),
                (&[("range", "bytes=0-3"), GZIP[0]], 206),
                (&[("range", "bytes=0-3"), ("if-range", &tag)], 206),
                (&[("range", "bytes=0-3"), ("if-range", &weak)], 200),
                (&[("range", "bytes=0-3"), ("if-range", &coded)], 200),
                (&[("range", "bytes=0-3"), ("if-range", CHANGED)], 206),
                (&[("range", "bytes=0-3"), ("if-none-match", &tag)], 304),
                (&[("range", "bytes=-5000000")], 206),
                (&[("range", "bytes=5000000-")], 416),
                (&[("range", "bytes=5000000-"), ("if-range", "\"x\"")], 200),
                (&[("range", "bytes=0-1,4-5")], 206),
                (&[("range", "lines=0-3")], 200),
            ];
            for (fields, status) in cases {
                let answer = ask(client, "GET", "/long.txt", fields).await;
                if answer.status() != *status {
                    wrong.push(format!("{fields:?}: {}", answer.status()));
                }
                if *status == 206 && (field(&answer, "etag") != tag || !field(&answer, "content-encoding").is_empty()) {
                    wrong.push(format!("{fields:?}: a part of something else: {answer:?}"));
                }
            }
        }
    });
}

#[test]
fn where_a_folder_lies_is_told_as_a_path_of_this_host() {
    told(async |clients, wrong| {
        for client in clients {
            for (path, location) in [
                ("/sub", "/sub/"),
                ("/sub?q=1", "/sub/?q=1"),
                ("/a%20b", "/a%20b/"),
                ("//sub", "/sub/"),
                ("/old/x?y", "https://new.test/x?y"),
                ("/moved", "/digits.txt"),
            ] {
                let answer = ask(client, "GET", path, &[]).await;
                // What names no folder is no redirect, and anything but another host.
                let is_right = field(&answer, "location") == location || (path == "//sub" && answer.status() == 404);
                if !is_right {
                    wrong.push(format!("{path}: {} {:?}", answer.status(), field(&answer, "location")));
                }
            }
        }
    });
}

/// What of the rules an answer breaks; `get` is the one to the same request by GET.
fn broken(answer: &Response<Bytes>, get: &Response<Bytes>) -> Vec<&'static str> {
    let (status, headers) = (answer.status().as_u16(), answer.headers());
    let has = |name: &str| headers.contains_key(name);
    let is_date = |name: &str| {
        let again = headers.get(name).and_then(|value| Some((value, date::format(date::parse(value)?))));
        !has(name) || again.is_some_and(|(value, again)| *value == again)
    };
    let time = |name: &str| headers.get(name).and_then(date::parse);
    let is_once = |name: &&str| headers.get_all(*name).iter().count() <= 1;
    let is_negotiated = has("content-encoding") || field(get, "vary").contains("accept-encoding");
    let length = headers.get("content-length").map(|length| length.to_str().unwrap().parse::<usize>().unwrap());
    let is_get = std::ptr::eq(answer, get);
    let has_content = !matches!(status, 204 | 205 | 304);
    let text = field(answer, "content-type");
    let checks = [
        (has("date") && is_date("date"), "has no Date (9110 6.6.1)"),
        (is_date("last-modified"), "has a Last-Modified that is no IMF-fixdate (9110 5.6.7)"),
        (time("last-modified") <= time("date"), "was changed after it was sent (9110 8.8.2.1)"),
        (!has("age"), "has an Age though nobody kept it (9111 5.1)"),
        (SINGLE.iter().all(is_once), "says a field twice (9110 5.3)"),
        (directives(field(answer, "cache-control")), "has a Cache-Control that cannot be read (9111 5.2)"),
        (
            !has("content-encoding") || field(answer, "vary").contains("accept-encoding"),
            "is coded without Vary (9110 12.5.5)",
        ),
        (!is_negotiated || field(answer, "vary") == field(get, "vary"), "varies by turns (9110 12.5.5)"),
        (!has("etag") || is_tag(field(answer, "etag")), "has an ETag that is none (9110 8.8.3)"),
        (status != 206 || has("content-range") != text.starts_with("multipart/"), "is a part of nothing (9110 15.3.7)"),
        (
            status != 416 || field(answer, "content-range").starts_with("bytes */"),
            "does not say how much there is (9110 15.5.17)",
        ),
        (status == 206 || status == 416 || !has("content-range"), "has a Content-Range for nothing (9110 14.4)"),
        (
            !is_get || !has_content || length.is_none_or(|length| length == answer.body().len()),
            "is not as long as it says (9110 8.6)",
        ),
        (is_get || answer.body().is_empty(), "answers HEAD with content (9110 9.3.2)"),
        (has_content || answer.body().is_empty(), "has content that it may not have (9110 15.3, 15.4)"),
        (
            !matches!(status, 204 | 304) || !has("content-length") || length == Some(get.body().len()),
            "tells a length that is none (9110 8.6)",
        ),
        (status != 205 || length == Some(0), "does not say that it is empty (9110 15.3.6)"),
        (status != 304 || !has("content-type"), "says 304 and more than a cache needs (9110 15.4.5)"),
        (!text.starts_with("text/") || text.contains("; charset="), "is text in no charset (9110 8.3.2)"),
        (!has_content || get.body().is_empty() || has("content-type"), "has content of no type (9110 8.3)"),
        (status != 405 || has("allow"), "does not say what is allowed (9110 15.5.6)"),
        (status != 401 || has("www-authenticate"), "does not say how to log in (9110 15.5.2)"),
        (
            !(300..=399).contains(&status) || status == 304 || is_reference(field(answer, "location")),
            "leads nowhere (9110 10.2.2)",
        ),
        (
            status != 200
                || !has("last-modified")
                || has("content-encoding")
                || field(answer, "accept-ranges") == "bytes",
            "hides that it gives parts (9110 14.3)",
        ),
        (
            answer.version() != Version::HTTP_2 || OF_CONNECTION.iter().all(|name| !has(name)),
            "speaks of the connection (9113 8.2.2)",
        ),
        (!has("transfer-encoding") || !has("content-length"), "has two lengths (9112 6.2)"),
    ];
    checks.into_iter().filter_map(|(is_kept, rule)| (!is_kept).then_some(rule)).collect()
}

/// HEAD says what GET says (RFC 9110 9.3.2), but for parts, which it knows nothing of (14.2), and what is said of the
/// content while it is made.
fn differ(path: &str, fields: &[(&str, &str)], get: &Response<Bytes>, head: &Response<Bytes>) -> Option<&'static str> {
    let is_part = fields.iter().any(|(name, _)| *name == "range");
    let is_made = path.starts_with("/try/");
    let is_same = get.status() == head.status() && get.headers() == head.headers();
    (!is_same && !is_part && !is_made).then_some("differs from what HEAD says (9110 9.3.2)")
}

/// `token` or `token=value`, of which the numbers are seconds.
fn directives(text: &str) -> bool {
    let is_directive = |directive: &str| {
        let (name, value) = directive.split_once('=').unwrap_or((directive, "0"));
        let is_name = !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'-');
        is_name && value.bytes().all(|octet| octet.is_ascii_digit())
    };
    text.is_empty() || text.split(", ").all(is_directive)
}

fn is_tag(text: &str) -> bool {
    let opaque = text.strip_prefix("W/").unwrap_or(text);
    let inner = opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.is_some_and(|inner| inner.bytes().all(|octet| octet.is_ascii_graphic() && octet != b'"'))
}

/// A path of this host, or a whole URI.
fn is_reference(text: &str) -> bool {
    let is_path = text.starts_with('/') && !text.starts_with("//");
    (is_path || text.contains("://")) && text.parse::<http::Uri>().is_ok() && !text.contains('#')
}

const PATHS: &[&str] = &[
    "/",
    "/digits.txt",
    "/long.txt",
    "/before.txt",
    "/image.png",
    "/bare",
    "/empty.txt",
    "/future.txt",
    "/sub",
    "/sub/",
    "/a%20b/",
    "/sub/?sort=size",
    "/nothing",
    "/nothing/",
    "/%zz",
    "/..%2f",
    "/written",
    "/moved",
    "/old/x",
    "/gone",
    "/json",
    "/none",
    "/again",
    "/guarded",
    "/try/status/503",
    "/try/get",
    "/try/cache/60",
    "/try/etag/x",
    "/try/bytes/100",
    "/try/redirect/2",
    "/try/image/png",
    "/try/html",
    "/try/response-headers?x=y",
    "/try/status/205",
    "/try/status/304",
    "/try/status/204",
];

const FIELDS: &[&[(&str, &str)]] = &[
    &[],
    GZIP,
    &[("accept-encoding", "br;q=0.1, zstd;q=0.5")],
    &[("accept-encoding", "identity;q=0, *;q=0")],
    &[("range", "bytes=0-3")],
    &[("range", "bytes=0-1,3-4"), ("accept-encoding", "gzip")],
    &[("range", "bytes=900000-")],
    &[("if-none-match", "*")],
    &[("if-match", "\"x\"")],
    &[("if-modified-since", CHANGED), ("accept-encoding", "gzip")],
];

const GZIP: &[(&str, &str)] = &[("accept-encoding", "gzip")];
const CHANGED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const SINGLE: &[&str] = &[
    "date",
    "etag",
    "last-modified",
    "content-length",
    "content-type",
    "content-encoding",
    "content-range",
    "location",
    "cache-control",
    "vary",
    "accept-ranges",
    "allow",
];
const OF_CONNECTION: &[&str] = &["connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection"];

const TABLE: &str = r#"
tls = false
root = "disk"
listing = true
cache = "1h"
pages = { "/written" = "written in the file" }
route = [
    { path = "/moved", redirect = "/digits.txt" },
    { path = "/old/*", redirect = "https://new.test/*", status = 301 },
    { path = "/gone", status = 410 },
    { path = "/json", body = "{}" },
    { path = "/none", status = 204 },
    { path = "/again", status = 205, body = "not to be sent" },
    { path = "/guarded", auth = { users = { alice = "secret" } }, body = "for Alice" },
    { path = "/try/*", inspect = true },
]
"#;

/// Runs `story` with a client of each version, and says all that it found wrong.
fn told(story: impl AsyncFn(&mut [Client], &mut Vec<String>)) {
    in_virtual_time(|| async {
        let folder = tempfile::tempdir().unwrap();
        furnish(folder.path());
        let network = network(vec![]);
        serve(&network, folder.path().to_owned()).await;
        let mut wrong = Vec::new();
        story(&mut [http1(&network).await, http2(&network).await], &mut wrong).await;
        assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    });
}

fn furnish(folder: &Path) {
    let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    let write = |name: &str, octets: &[u8], changed: SystemTime| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, octets).unwrap();
        File::options().write(true).open(path).unwrap().set_modified(changed).unwrap();
    };
    let long = "A line that is much like the others.\n".repeat(200);
    write("index.html", long.as_bytes(), changed);
    write("digits.txt", b"0123456789", changed);
    write("long.txt", long.as_bytes(), changed);
    write("before.txt", long.as_bytes(), changed);
    write("before.txt.gz", b"\x1f\x8bnot looked at", changed);
    write("image.png", &[7; 2000], changed);
    write("bare", b"no ending", changed);
    write("empty.txt", b"", changed);
    write("future.txt", b"later", SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000));
    write("sub/a.txt", b"a", changed);
    write("a b/c d.txt", b"c", changed);
}

async fn ask(client: &mut Client, method: &str, path: &str, fields: &[(&str, &str)]) -> Response<Bytes> {
    let mut request = Request::builder().method(method).uri(format!("http://www.shop.test{path}"));
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    client.send(request.body(Full::default()).unwrap()).await.unwrap()
}

async fn serve(network: &Rc<Network>, folder: PathBuf) {
    let table = DeTable::parse(TABLE).unwrap();
    let config = (PROTOCOL.read)(Spanned::new(table.span(), DeValue::Table(table.into_inner()))).unwrap();
    let server = config.build(&place(folder)).unwrap();
    let running = server.start(network.host("www.shop.test").unwrap()).await.unwrap();
    tokio::task::spawn_local(running);
}

fn place(folder: PathBuf) -> Place {
    Place {
        host: HostName::parse("www.shop.test").unwrap(),
        addresses: vec![IpAddr::from([198, 18, 0, 1])],
        zones: vec![],
        hints: Arc::default(),
        outside: Arc::default(),
        certificates: Arc::new(NoCertificates),
        files: Arc::new(Disk(folder)),
        state: None,
        seed: 7,
    }
}

/// One folder.
#[derive(Debug)]
struct Disk(PathBuf);

impl Files for Disk {
    fn text(&self, _: &str) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn kind(&self, _: &str) -> FileKind {
        FileKind::Folder
    }

    fn folder(&self, _: &str) -> io::Result<Folder> {
        Ok(Folder::Disk(self.0.clone()))
    }
}
