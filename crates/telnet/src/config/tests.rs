//! The table, from its text to what it means.

use std::path::PathBuf;
use std::time::Duration;

use toml::de::DeTable;
use toynet_service::Spot;

use super::*;

#[test]
fn an_empty_table_is_a_board_on_port_23() {
    let config = parse("").unwrap();
    assert_eq!(config.endpoints(), [Endpoint { transport: Transport::Tcp, port: 23 }]);
    assert!(config.check(&Shelf).is_empty());
}

#[test]
fn times_are_written_with_a_unit() {
    for (text, seconds) in [("90s", 90), ("10m", 600), ("1h", 3600)] {
        assert_eq!(table(&format!("idle = '{text}'")).unwrap().idle.0, Duration::from_secs(seconds));
    }
    for text in ["10", "0s", "m", "10d", "", "é"] {
        let error = table(&format!("idle = '{text}'")).unwrap_err();
        assert!(error.message().contains("write it such as `10m`"), "{error}");
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (text, at, what) in [
        ("users = { Alice = 'x' }", 10, "`Alice` is no name to log in with"),
        ("board = { folder = 'missing' }", 19, "there is no folder `missing`"),
        ("board = { folder = 'embedded' }", 19, "nothing can be written to `embedded`, which is part of the program"),
    ] {
        let mistakes = parse(text).unwrap().check(&Shelf);
        assert_eq!(mistakes.len(), 1, "{text}");
        assert!(matches!(&mistakes[0].spot, Spot::Lab(span) if span.start == at), "{:?}", mistakes[0].spot);
        assert_eq!(mistakes[0].what, what);
    }
    assert!(parse("users = { alice = 'x' }\nboard = { folder = 'disk' }").unwrap().check(&Shelf).is_empty());
}

#[test]
fn an_unknown_key_is_refused() {
    assert!(parse("baner = 'x'").unwrap_err().message().starts_with("unknown field `baner`"));
}

#[test]
fn the_command_names_the_port_only_where_it_must() {
    let line = |port_offset| {
        let reached = Reached {
            is_inside: false,
            host: "bbs.retro.test",
            address: "127.83.0.5".parse().unwrap(),
            port_offset,
            resolver: None,
            example: "www.shop.test",
            example_address: "127.83.0.5".parse().unwrap(),
            mailboxes: &[],
            root: None,
        };
        parse("").unwrap().commands(&reached)[0].line.clone()
    };
    assert_eq!(line(0), "telnet 127.83.0.5");
    assert_eq!(line(8000), "telnet 127.83.0.5 8023");
}

fn parse(text: &str) -> Result<Box<dyn Config>, Error> {
    let table = DeTable::parse(text)?;
    read(Spanned::new(table.span(), DeValue::Table(table.into_inner())))
}

fn table(text: &str) -> Result<Telnet, Error> {
    let table = DeTable::parse(text)?;
    let value = Spanned::new(table.span(), DeValue::Table(table.into_inner()));
    Telnet::deserialize(ValueDeserializer::from(value))
}

/// A folder on disk, and one in the program.
#[derive(Debug)]
struct Shelf;

impl Files for Shelf {
    fn text(&self, _: &str) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn kind(&self, path: &str) -> FileKind {
        if path == "missing" { FileKind::Missing } else { FileKind::Folder }
    }

    fn folder(&self, path: &str) -> io::Result<Folder> {
        Ok(if path == "disk" { Folder::Disk(PathBuf::from("/disk")) } else { Folder::Embedded(Vec::new()) })
    }
}
