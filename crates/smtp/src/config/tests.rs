use toml::de::DeTable;
use toynet_service::Spot;
use toynet_service::place::{FileKind, Folder};

use super::*;

#[test]
fn domains_become_facts_and_the_port_an_endpoint() {
    let config = config("domains = ['shop.test', 'shop.example']");
    let facts = config.facts();
    assert_eq!(facts.mail_domains.iter().map(Spanned::get_ref).collect::<Vec<_>>(), ["shop.test", "shop.example"]);
    assert_eq!(config.endpoints(), [Endpoint { transport: Transport::Tcp, port: 25 }]);
    assert_eq!(config.check(&NoFiles), []);
}

#[test]
fn each_mistake_is_told_at_its_place() {
    for (text, at, what, advice) in [
        ("domains = ['a@shop.test']", 11, "`a@shop.test` is no domain", Some("write `shop.test`")),
        ("domains = ['']", 11, "`` is no domain", None),
        ("domains = ['a.test', 'A.test']", 21, "the domain `A.test` is here twice", None),
        ("mailboxes = ['a b']", 13, "`a b` is no mailbox", Some("a mailbox is what stands before the @")),
        ("mailboxes = ['al@shop.test']", 13, "`al@shop.test` is no mailbox", Some("write `al`")),
        ("mailboxes = ['al', 'AL']", 19, "the mailbox `AL` is here twice", None),
        ("mailboxes = ['al']\naliases = { al = 'al' }", 31, "the alias `al` is a mailbox", None),
        ("mailboxes = ['al']\naliases = { ed = 'bo' }", 36, "there is no mailbox `bo`", Some("name one of")),
        ("mailboxes = ['al']\ncatch_all = 'bo'", 31, "there is no mailbox `bo`", Some("name one of")),
        ("catch_all = 'bo'", 12, "`catch_all` catches nothing", Some("name the `mailboxes`")),
        ("users = { al = '' }", 10, "the user `al` has no password", None),
    ] {
        let mistakes = config(text).check(&NoFiles);
        assert_eq!(mistakes.len(), 1, "{text}: {mistakes:?}");
        assert!(matches!(&mistakes[0].spot, Spot::Lab(span) if span.start.abs_diff(at) <= 1), "{text}");
        assert!(mistakes[0].what.starts_with(what), "{}", mistakes[0].what);
        assert_eq!(mistakes[0].advice.is_some(), advice.is_some());
        assert!(mistakes[0].advice.as_deref().unwrap_or_default().starts_with(advice.unwrap_or_default()));
    }
}

#[test]
fn all_workers_of_a_host_share_one_store_and_the_next_lab_reads_it_anew() {
    let folder = tempfile::tempdir().unwrap();
    let smtp = Smtp::default();
    let first = smtp.store(Some(folder.path())).unwrap();
    assert!(Arc::ptr_eq(&first, &smtp.store(Some(folder.path())).unwrap()));
    let other = tempfile::tempdir().unwrap();
    assert!(!Arc::ptr_eq(&first, &smtp.store(Some(other.path())).unwrap()));
    drop(first);
    smtp.store(Some(folder.path())).unwrap();
    assert!(folder.path().join("smtp/queue/journal").exists());
}

#[test]
fn all_workers_of_a_host_share_one_memory() {
    let smtp = Smtp::default();
    let first = smtp.store(None).unwrap();
    assert!(Arc::ptr_eq(&first, &smtp.store(None).unwrap()));
}

#[test]
fn where_there_are_users_mail_is_handed_in_at_a_port_of_its_own() {
    let ports = |text| config(text).endpoints().iter().map(|endpoint| endpoint.port).collect::<Vec<_>>();
    assert_eq!(ports("users = { alice = 'secret' }"), [25, 587]);
    assert_eq!(ports("port = 2525\nsubmission = 2587"), [2525, 2587]);
}

#[test]
fn an_unknown_key_is_refused() {
    let error = parse("mailbox = ['a']").unwrap_err();
    assert!(error.message().starts_with("unknown field `mailbox`"), "{error}");
}

#[test]
fn commands_name_the_port_only_where_they_must() {
    let lines = |text: &str, port_offset, address: &str| {
        let reached = Reached {
            is_inside: false,
            host: "mail.shop.test",
            address: address.parse().unwrap(),
            port_offset,
            resolver: None,
            example: "www.shop.test",
            example_address: [198, 18, 0, 1].into(),
            mailboxes: &[],
            root: None,
        };
        config(text).commands(&reached).into_iter().map(|command| command.line).collect::<Vec<_>>()
    };
    assert_eq!(
        lines("domains = ['shop.test']\nmailboxes = ['alice', 'bob']", 0, "127.83.0.5"),
        [
            "swaks --server 127.83.0.5 --from alice@shop.test --to bob@shop.test",
            "swaks --server 127.83.0.5 --from alice@shop.test --to nobody@shop.test --quit-after RCPT",
        ]
    );
    assert_eq!(
        lines("", 8000, "::1"),
        ["swaks --server [::1]:8025 --from alice@mail.shop.test --to alice@mail.shop.test"]
    );
}

fn config(text: &str) -> Box<dyn Config> {
    parse(text).unwrap()
}

fn parse(text: &str) -> Result<Box<dyn Config>, Error> {
    let table = DeTable::parse(text)?;
    read(Spanned::new(table.span(), DeValue::Table(table.into_inner())))
}

#[derive(Debug)]
struct NoFiles;

impl Files for NoFiles {
    fn text(&self, _: &str) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn kind(&self, _: &str) -> FileKind {
        FileKind::Missing
    }

    fn folder(&self, _: &str) -> io::Result<Folder> {
        Err(io::ErrorKind::NotFound.into())
    }
}
