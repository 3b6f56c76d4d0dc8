//! From a table in the lab file to answers.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use http::Request;
use http_body_util::Full;
use support::{connect, in_virtual_time, network};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toynet_http::PROTOCOL;
use toynet_http::client::Client;
use toynet_net::Network;
use toynet_service::place::{FileKind, Folder};
use toynet_service::tls::NoCertificates;
use toynet_service::{Files, HostName, Place};

#[test]
fn a_site_without_files_welcomes_by_name() {
    assert_answer("", "http://www.shop.test/", 200, "<h1>www.shop.test</h1>");
    assert_answer("", "http://www.shop.test/else", 404, "");
}

#[test]
fn files_come_from_the_disk_or_are_brought_along() {
    let table = "root = 'disk'\nsites = { 'shop.test' = { root = 'embedded' } }";
    assert_answer(table, "http://www.shop.test/", 200, "on disk");
    assert_answer(table, "http://shop.test/", 200, "brought along");
}

#[test]
fn further_names_are_the_same_site() {
    let table = "root = 'disk'\nnames = ['Shop.test']";
    assert_answer(table, "http://shop.test/", 200, "on disk");
    assert_answer(table, "http://other.test/", 421, "");
}

#[test]
fn pages_of_the_lab_file_stand_before_files() {
    let table = "root = 'disk'\npages = { '/new.txt' = 'new', '/news/' = 'news' }";
    assert_answer(table, "http://www.shop.test/", 200, "on disk");
    assert_answer(table, "http://www.shop.test/new.txt", 200, "new");
    assert_answer(table, "http://www.shop.test/news/", 200, "news");
    assert_answer(table, "http://www.shop.test/news", 301, "");
    assert_answer("pages = { '/' = 'mine' }", "http://www.shop.test/", 200, "mine");
}

#[test]
fn a_folder_that_is_gone_fails_the_start() {
    assert!(protocol("root = 'gone'").build(&place(PathBuf::new())).is_err());
}

#[test]
fn what_is_asked_is_logged_in_the_hosts_folder_and_so_is_what_is_refused() {
    in_virtual_time(|| async {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("index.html"), "on disk").unwrap();
        let network = network(vec![]);
        let state = folder.path().join("state");
        let place = Place { state: Some(state.clone()), ..place(folder.path().to_owned()) };
        let server = protocol("root = 'disk'\naccess_log = 'common'\nroute = [{ path = '/in/*', inspect = true }]")
            .build(&place)
            .unwrap();
        tokio::task::spawn_local(server.start(network.host("www.shop.test").unwrap()).await.unwrap());
        let asked = b"GET /?q HTTP/1.1\r\nHost: www.shop.test\r\nAuthorization: Basic YWxpY2U6cHc=\r\n\r\n\
                      GET /in/trailers HTTP/1.1\r\nHost: www.shop.test\r\n\r\nGET / HTTP/1.1\r\nHost : x\r\n\r\n";
        let heard = support::say(&network, asked).await;
        let (_, refusal) = heard.split_once("HTTP/1.1 400 ").unwrap();
        let page = refusal.split_once("\r\n\r\n").unwrap().1;
        let mut log = String::new();
        while log.lines().count() < 3 {
            network.clock().sleep(std::time::Duration::from_millis(1)).await;
            log = fs::read_to_string(state.join("access.log")).unwrap_or_default();
        }
        let lines: Vec<_> = log.lines().collect();
        assert!(lines[0].starts_with("198.18.0.2 - alice [01/Jan/2026:00:00:00 +0000] "), "{log}");
        assert!(lines[0].ends_with("\"GET /?q HTTP/1.1\" 200 7"), "{log}");
        assert!(lines[1].ends_with("\"GET /in/trailers HTTP/1.1\" 200 34"), "{log}");
        assert!(lines[2].ends_with(&format!("\"-\" 400 {}", page.len())), "{log}");
    });
}

#[test]
fn a_folder_is_listed_with_the_pages_of_the_lab_file() {
    let table = "root = 'disk'\nlisting = true\npages = { '/sub/a.txt' = 'x', '/sub/b/' = 'y' }";
    assert_answer(table, "http://www.shop.test/sub/", 200, "href=\"./a.txt\"");
    assert_answer(table, "http://www.shop.test/sub/", 200, "href=\"./b/\"");
}

fn assert_answer(table: &str, url: &str, status: u16, text: &str) {
    in_virtual_time(|| async {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("index.html"), "on disk").unwrap();
        let network = network(vec![]);
        serve(&network, table, folder.path().to_owned()).await;
        let mut client = Client::http1(connect(&network).await).await.unwrap();
        let answer = client.send(Request::get(url).body(Full::default()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), status, "{url}");
        assert!(String::from_utf8_lossy(answer.body()).contains(text), "{url}: {:?}", answer.body());
    });
}

async fn serve(network: &Rc<Network>, table: &str, folder: PathBuf) {
    let server = protocol(table).build(&place(folder)).unwrap();
    let running = server.start(network.host("www.shop.test").unwrap()).await.unwrap();
    tokio::task::spawn_local(running);
}

fn protocol(table: &str) -> Box<dyn toynet_service::Config> {
    let table = format!("tls = false\n{table}");
    let table = DeTable::parse(&table).unwrap();
    (PROTOCOL.read)(Spanned::new(table.span(), DeValue::Table(table.into_inner()))).unwrap()
}

fn place(folder: PathBuf) -> Place {
    Place {
        host: HostName::parse("www.shop.test").unwrap(),
        addresses: vec![IpAddr::from([198, 18, 0, 1])],
        zones: vec![],
        hints: Arc::default(),
        outside: Arc::default(),
        certificates: Arc::new(NoCertificates),
        files: Arc::new(Shelf(folder)),
        state: None,
        seed: 7,
    }
}

/// `disk` and `embedded`, and nothing else.
#[derive(Debug)]
struct Shelf(PathBuf);

impl Files for Shelf {
    fn text(&self, _: &str) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn kind(&self, _: &str) -> FileKind {
        FileKind::Folder
    }

    fn folder(&self, path: &str) -> io::Result<Folder> {
        match path {
            "disk" => Ok(Folder::Disk(self.0.clone())),
            "embedded" => Ok(Folder::Embedded(vec![("index.html".to_owned(), b"brought along")])),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
}
