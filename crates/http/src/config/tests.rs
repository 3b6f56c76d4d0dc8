//! The table, from its text to what it means.

use std::io;

use toml::de::DeTable;
use toynet_service::Spot;
use toynet_service::place::Folder;

use super::*;

#[test]
fn a_table_of_its_own_is_a_site_in_clear_and_over_tls() {
    let config = config("");
    let [clear, tls] = [80, 443].map(|port| Endpoint { transport: Transport::Tcp, port });
    assert_eq!(config.endpoints(), [clear, tls, Endpoint { transport: Transport::Quic, port: 443 }]);
    assert_eq!(config.facts(), Facts::default());
    assert!(config.check(&Shelf).is_empty());
}

#[test]
fn a_site_is_where_its_table_says() {
    let ports = |text: &str| config(text).endpoints().iter().map(|endpoint| endpoint.port).collect::<Vec<_>>();
    assert_eq!(ports("tls = false"), [80]);
    assert_eq!(ports("https = 'only'"), [443, 443]);
    assert_eq!(ports("https = 'redirect'\nport = 8080\ntls = { port = 8443 }"), [8080, 8443, 8443]);
}

#[test]
fn http_3_is_there_wherever_tls_1_3_is_unless_it_is_off() {
    let has_three = |text: &str| config(text).endpoints().iter().any(|endpoint| endpoint.transport == Transport::Quic);
    assert!(has_three("") && has_three("tls = 'expired'") && has_three("tls = { versions = ['1.3'] }"));
    for text in ["tls = false", "http3 = false", "tls = { versions = ['1.2'] }", "tls = 'old'"] {
        assert!(!has_three(text), "{text}");
    }
}

#[test]
fn a_table_that_contradicts_itself_is_told_with_its_places() {
    for (text, at, what) in [
        ("tls = false\nhttps = 'redirect'", 20, "there is no TLS to lead to"),
        ("tls = false\nhttp3 = true", 20, "HTTP/3 needs TLS 1.3"),
        ("port = 443", 7, "`http` cannot be in clear and over TLS on port 443"),
        ("port = 8080\nhttps = 'only'", 7, "with `https = \"only\"` nothing listens here"),
        ("tls = { certificate = 'shop.pem' }", 22, "there is no file `shop.pem`"),
        ("tls = { certificate = 'empty' }", 22, "`empty`: there is no certificate in it"),
    ] {
        let mistakes = config(text).check(&Shelf);
        assert_eq!(mistakes.iter().map(|mistake| mistake.what.as_str()).collect::<Vec<_>>(), [what], "{text}");
        assert!(matches!(&mistakes[0].spot, Spot::Lab(span) if span.start == at), "{text}: {:?}", mistakes[0].spot);
    }
}

#[test]
fn all_further_names_need_addresses() {
    let facts = config("names = ['shop.test']\nsites = { 'news.test' = { root = 'folder' } }").facts();
    let aliases: Vec<_> = facts.aliases.iter().map(|name| name.get_ref().as_str()).collect();
    assert_eq!(aliases, ["shop.test", "news.test"]);
}

#[test]
fn a_root_that_is_no_folder_is_told_with_its_place() {
    for (text, at, what) in [
        ("root = 'missing'", 7, "there is no folder `missing`"),
        ("root = 'file'", 7, "`file` is a file and no folder"),
        ("root = 'closed'", 7, "the folder `closed` cannot be read: permission denied"),
        ("sites = { a = { root = 'missing' } }", 23, "there is no folder `missing`"),
    ] {
        let mistakes = config(text).check(&Shelf);
        assert_eq!(mistakes.len(), 1, "{text}");
        assert!(matches!(&mistakes[0].spot, Spot::Lab(span) if span.start == at), "{text}");
        assert_eq!(mistakes[0].what, what);
        assert_eq!(mistakes[0].advice.is_some(), !what.contains("denied"));
    }
    assert!(config("root = 'folder'").check(&Shelf).is_empty());
}

#[test]
fn a_page_needs_a_path_that_leads_somewhere() {
    assert!(config("pages = { '/' = 'x', '/a/' = 'x', '/b.txt' = 'x' }").check(&Shelf).is_empty());
    assert_eq!(config("pages = { 'a' = 'x', '/../b' = 'x', '/%00' = 'x' }").check(&Shelf).len(), 3);
}

#[test]
fn a_name_that_stands_twice_is_told_with_both_places() {
    let mistakes = config("names = ['a.test', 'A.test']\nsites = { 'a.test' = {} }").check(&Shelf);
    assert_eq!(mistakes.len(), 2);
    assert!(mistakes.iter().all(|mistake| matches!(mistake.other, Some((Spot::Lab(ref span), _)) if span.start == 9)));
}

#[test]
fn limits_that_nobody_could_keep_are_told() {
    let good = "limits = { header = '16KiB', header_time = '5s', body = '64KiB', body_time = '5s', connections = 9 }";
    assert!(
        config(&format!("{good}\nlisting = true\nindex = ['a b.htm']\ncache = '1h'\naccess_log = 'json'"))
            .check(&Shelf)
            .is_empty()
    );
    for (text, at, what) in [
        ("limits = { header_time = '0s' }", "'0s'", "no request comes in no time"),
        ("limits = { header = '1B' }", "'1B'", "no browser's request is so short"),
        ("index = []", "[]", "no name is here"),
        ("index = ['a', 'b/c']", "[", "`b/c` is not the name of a file"),
        ("limits = { connections = 0 }", "0 }", "without connections nobody is served"),
        ("headers = { Connection = 'close' }", "Connection", "`Connection` is the server's own matter"),
    ] {
        let mistakes = config(text).check(&Shelf);
        let place = text.find(at).unwrap();
        assert!(matches!(&mistakes[0].spot, Spot::Lab(span) if span.start == place), "{text}: {:?}", mistakes[0].spot);
        assert_eq!((mistakes.len(), mistakes[0].what.as_str()), (1, what));
    }
    assert!(parse("limits = { heder = '1KiB' }").unwrap_err().message().starts_with("unknown field `heder`"));
    assert!(parse("access_log = 'apache'").unwrap_err().message().contains("`common`, `combined`, `json`"));
}

#[test]
fn an_unknown_key_is_refused() {
    let error = parse("prt = 80").unwrap_err();
    assert!(error.message().starts_with("unknown field `prt`"), "{error}");
}

#[test]
fn routes_that_make_sense_are_found_good() {
    for route in [
        "path = '/old/*', redirect = 'https://new.test/*', status = 308",
        "path = '/', redirect = '/home'",
        "path = '/health', methods = ['GET'], body = 'fine', headers = { Cache-Control = 'no-store' }",
        "path = '/gone', status = 410",
        "path = '/a.json', file = 'file', type = 'application/json', status = 404",
        "path = '/api/*', proxy = 'http://app.test:8080'",
        "path = '/api/*', proxy = ['http://a.test/v1/*', 'http://[2001:db8::1]:81']",
        "path = '/*', inspect = true",
        "path = '/private/*', auth = { users = { a = 'b' }, tokens = ['c=='] }",
    ] {
        let found = config(&format!("route = [{{ {route} }}]")).check(&Shelf);
        assert!(found.is_empty(), "{route}: {found:?}");
    }
}

#[test]
fn what_is_wrong_with_a_route_is_told_with_its_place() {
    for (route, at, what) in [
        ("path = 'api', body = 'x'", "'api'", "`api` is not the path of a route"),
        ("path = '/a*', body = 'x'", "'/a*'", "`/a*` is not the path of a route"),
        ("path = '/a'", "'/a'", "this route does nothing"),
        ("path = '/a/*', inspect = false", "'/a/*'", "this route does nothing"),
        (
            "path = '/a/*', body = 'x', proxy = 'http://b'",
            "'x'",
            "a route does one thing, and here are proxy and an answer",
        ),
        ("path = '/a', body = 'x', file = 'file'", "'file'", "an answer has either `body` or `file`"),
        ("path = '/a', proxy = 'http://b', status = 200", "200", "`status` means nothing here"),
        ("path = '/a', redirect = '/b', type = 'a/b'", "'a/b'", "`type` means nothing here"),
        ("path = '/a', methods = ['get'], body = 'x'", "'get'", "`get` is no method"),
        ("path = '/a', redirect = '/b', status = 304", "304", "304 is no status of a redirect"),
        ("path = '/a', status = 100", "100", "100 is no status that ends an exchange"),
        ("path = '/a', redirect = '/b/*'", "'/b/*'", "this star stands for nothing"),
        ("path = '/a/*', redirect = '/*/b'", "'/*/b'", "`/*/b` is no address to be sent to"),
        ("path = '/a', proxy = 'http://b/*'", "'http://b/*'", "this star stands for nothing"),
        ("path = '/a', proxy = 'b:80'", "'b:80'", "`b:80` is no address of the form `http://host:port`"),
        ("path = '/a', proxy = ['http://b/c']", "'http://b/c'", "`http://b/c` has a path without a star at its end"),
        ("path = '/a', proxy = []", "[]", "there is nobody to ask"),
        ("path = '/a', inspect = true", "'/a'", "`inspect` has many endpoints, and this path has nothing below it"),
        ("path = '/a', file = 'missing'", "'missing'", "there is no file `missing`"),
        ("path = '/a', cgi = 'folder'", "'folder'", "`folder` is a folder and no file"),
        ("path = '/a', cgi = 'file'", "'file'", "a program can be run only from a lab file's folder on disk"),
        ("path = '/a', auth = {}", "{}", "nobody could pass here"),
        ("path = '/a', auth = { users = { 'a:b' = 'c' } }", "'a:b'", "`a:b` cannot be a user's name"),
        ("path = '/a', auth = { tokens = ['a b'] }", "'a b'", "this cannot be a bearer token"),
        ("path = '/a', headers = { 'a b' = 'x' }", "'a b'", "`a b` is no name of a field"),
        ("path = '/a', headers = { Connection = 'x' }", "Connection", "`Connection` is the server's own matter"),
        ("path = '/a', headers = { A = \"x\\n\" }", "\"x", "no field can have this value"),
        ("path = '/a', body = 'x', type = 'text'", "'text'", "`text` is no media type"),
        ("path = '/a/*', body = 'x' }, { path = '/a/b', body = 'x'", "'/a/b'", "no request gets here"),
    ] {
        let text = format!("route = [{{ {route} }}]");
        let mistakes = config(&text).check(&Shelf);
        let told: Vec<_> = mistakes.iter().map(|mistake| mistake.what.as_str()).collect();
        assert_eq!(told, [what], "{route}");
        let place = text.find(at).unwrap();
        assert!(matches!(&mistakes[0].spot, Spot::Lab(span) if span.start == place), "{route}: {:?}", mistakes[0].spot);
    }
}

#[test]
fn a_route_needs_a_path_and_a_proxy_addresses() {
    assert!(parse("route = [{ body = 'x' }]").unwrap_err().message().starts_with("missing field `path`"));
    let error = parse("route = [{ path = '/a', proxy = 80 }]").unwrap_err();
    assert!(error.message().contains("an address of the form"), "{error}");
    assert!(
        parse("route = [{ path = '/a', proxi = 'x' }]").unwrap_err().message().starts_with("unknown field `proxi`")
    );
}

#[test]
fn commands_name_the_port_only_where_they_must() {
    let root = std::path::Path::new("/my labs/root.pem");
    let lines = |is_inside, port_offset, address: &str| {
        let reached = Reached {
            is_inside,
            host: "www.shop.test",
            address: address.parse().unwrap(),
            port_offset,
            resolver: None,
            example: "www.shop.test",
            example_address: "127.83.0.5".parse().unwrap(),
            mailboxes: &[],
            root: Some(root),
        };
        config("").commands(&reached).into_iter().map(|command| command.line).collect::<Vec<_>>()
    };
    assert_eq!(
        lines(false, 0, "127.83.0.5"),
        [
            "curl --resolve www.shop.test:80:127.83.0.5 http://www.shop.test/",
            "curl --cacert '/my labs/root.pem' --resolve www.shop.test:443:127.83.0.5 https://www.shop.test/",
            "curl -i --http2-prior-knowledge --resolve www.shop.test:80:127.83.0.5 http://www.shop.test/",
            "nghttp -nv -H ':authority: www.shop.test' http://127.83.0.5/",
        ]
    );
    assert_eq!(lines(false, 8000, "::1")[0], "curl --resolve www.shop.test:8080:[::1] http://www.shop.test:8080/");
    let inside = lines(true, 0, "198.18.1.1");
    assert_eq!(inside[..2], ["curl http://www.shop.test/", "curl https://www.shop.test/"]);
    assert_eq!(inside[3], "nghttp -nv http://www.shop.test/");
}

fn config(text: &str) -> Box<dyn Config> {
    parse(text).unwrap()
}

fn parse(text: &str) -> Result<Box<dyn Config>, Error> {
    let table = DeTable::parse(text)?;
    read(Spanned::new(table.span(), DeValue::Table(table.into_inner())))
}

/// A folder and a file, named so.
#[derive(Debug)]
struct Shelf;

impl Files for Shelf {
    fn text(&self, path: &str) -> io::Result<String> {
        if path == "empty" { Ok(String::new()) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    fn kind(&self, path: &str) -> FileKind {
        match path {
            "folder" | "closed" => FileKind::Folder,
            "file" => FileKind::File,
            _ => FileKind::Missing,
        }
    }

    fn folder(&self, path: &str) -> io::Result<Folder> {
        match path {
            "closed" => Err(io::ErrorKind::PermissionDenied.into()),
            _ => Ok(Folder::Embedded(Vec::new())),
        }
    }
}
