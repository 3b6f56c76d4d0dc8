//! The key, from its text to what it means.

use serde::Deserialize;

use super::*;

#[test]
fn a_truth_value_a_word_or_a_table_says_how_tls_is_spoken() {
    let lab = |kind| Settings { certificate: Certificate::Lab(kind), ..Settings::default() };
    let versions = |versions| Settings { versions, ..Settings::default() };
    for (text, settings) in [
        ("true", Some(Settings::default())),
        ("false", None),
        ("'expired'", Some(lab(Kind::Expired))),
        ("'not-yet-valid'", Some(lab(Kind::NotYetValid))),
        ("'old'", Some(versions(Versions::Old))),
        ("'1.2-only'", Some(versions(Versions::OnlyTwo))),
        ("{ versions = [1.3] }", Some(versions(Versions::OnlyThree))),
        ("{ versions = ['1.0', '1.1'] }", Some(versions(Versions::Old))),
        ("{ certificate = 'wrong-name', port = 8443 }", Some(Settings { port: Some(8443), ..lab(Kind::WrongName) })),
    ] {
        assert_eq!(read(text).unwrap().settings().cloned(), settings, "{text}");
    }
}

#[test]
fn every_word_that_is_offered_is_known() {
    let refused = read("'nothing'").unwrap_err().message().to_owned();
    let words: Vec<_> = refused.split('`').skip(3).step_by(2).collect();
    assert_eq!(words.len(), 9);
    words.iter().for_each(|word| assert!(read(&format!("'{word}'")).is_ok(), "{word}"));
}

#[test]
fn what_is_no_word_of_it_is_a_file() {
    let tls = read("{ certificate = 'shop.pem', key = 'shop.key' }").unwrap();
    let Some(Settings { certificate: Certificate::Own { chain, key }, .. }) = tls.settings() else {
        panic!("it is a file: {tls:?}");
    };
    assert_eq!(chain.get_ref(), "shop.pem");
    assert_eq!(key.as_ref().map(|key| key.get_ref().as_str()), Some("shop.key"));
}

#[test]
fn what_makes_no_sense_is_refused_where_it_stands() {
    for (text, what, at) in [
        ("'expird'", "unknown variant `expird`", 6),
        ("7", "invalid type: integer `7`", 6),
        ("{ versions = ['1.2', '1.4'] }", "`1.4` is no version of TLS", 27),
        ("{ versions = ['1.0', '1.2'] }", "nobody here speaks TLS 1.0", 19),
        ("{ versions = [] }", "without a version", 19),
        ("{ key = 'shop.key' }", "a key needs its certificate", 6),
        ("{ certificate = 'expired', key = 'x' }", "the lab makes this certificate", 6),
        ("{ certificat = 'expired' }", "unknown field `certificat`", 8),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.message().starts_with(what), "{text}: {error}");
        assert_eq!(error.span().map(|span| span.start), Some(at), "{text}: {error}");
    }
}

fn read(text: &str) -> Result<Tls, toml::de::Error> {
    #[derive(Deserialize)]
    struct Table {
        tls: Tls,
    }
    toml::from_str(&format!("tls = {text}")).map(|table: Table| table.tls)
}
