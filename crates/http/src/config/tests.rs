//! The table, from its text to what it means.

use std::io;

use toml::de::DeTable;
use toynet_service::Spot;
use toynet_service::place::Folder;

use super::*;

#[test]
fn a_table_of_its_own_is_a_site_on_port_80() {
    let config = config("");
    assert_eq!(config.endpoints(), [Endpoint { transport: Transport::Tcp, port: 80 }]);
    assert_eq!(config.facts(), Facts::default());
    assert!(config.check(&Shelf).is_empty());
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
        ("sites = { a = { root = 'missing' } }", 23, "there is no folder `missing`"),
    ] {
        let mistakes = config(text).check(&Shelf);
        assert_eq!(mistakes.len(), 1, "{text}");
        assert!(matches!(&mistakes[0].spot, Spot::Lab(span) if span.start == at), "{text}");
        assert_eq!(mistakes[0].what, what);
        assert!(mistakes[0].advice.is_some());
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
fn an_unknown_key_is_refused() {
    let error = parse("prt = 80").unwrap_err();
    assert!(error.message().starts_with("unknown field `prt`"), "{error}");
}

#[test]
fn commands_name_the_port_only_where_they_must() {
    let lines = |port_offset, address: &str| {
        let reached = Reached {
            host: "www.shop.test",
            address: address.parse().unwrap(),
            port_offset,
            resolver: None,
            example: "www.shop.test",
            example_address: "127.83.0.5".parse().unwrap(),
            mailboxes: &[],
        };
        config("").commands(&reached).into_iter().map(|command| command.line).collect::<Vec<_>>()
    };
    assert_eq!(
        lines(0, "127.83.0.5"),
        [
            "curl --resolve www.shop.test:80:127.83.0.5 http://www.shop.test/",
            "curl -i --http2-prior-knowledge --resolve www.shop.test:80:127.83.0.5 http://www.shop.test/",
            "nghttp -nv -H ':authority: www.shop.test' http://127.83.0.5/",
        ]
    );
    assert_eq!(lines(8000, "::1")[0], "curl --resolve www.shop.test:8080:[::1] http://www.shop.test:8080/");
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
    fn text(&self, _: &str) -> io::Result<String> {
        Ok(String::new())
    }

    fn kind(&self, path: &str) -> FileKind {
        match path {
            "folder" => FileKind::Folder,
            "file" => FileKind::File,
            _ => FileKind::Missing,
        }
    }

    fn folder(&self, _: &str) -> io::Result<Folder> {
        Ok(Folder::Embedded(Vec::new()))
    }
}
