use serde_json::Value;

use super::*;
use crate::tool::show::example;
use crate::tool::words::{Word, read};

#[test]
fn a_message_is_told_in_the_words_of_rfc_8427() {
    let line = reply(&example());
    assert_eq!(line.matches('\n').count(), 1);
    let value: Value = serde_json::from_str(&line).unwrap();
    for (member, told) in [
        ("ID", Value::from(7)),
        ("QR", 1.into()),
        ("AA", 1.into()),
        ("RA", 0.into()),
        ("RCODE", 0.into()),
        ("RCODEname", "NOERROR".into()),
        ("ANCOUNT", 2.into()),
        ("QNAME", "www.shop.test.".into()),
        ("QTYPEname", "A".into()),
        ("dateString", "2026-11-22T16:32:31Z".into()),
        ("msgLength", 99.into()),
        ("server", "198.18.0.1#53".into()),
        ("serverName", "ns.shop.test".into()),
        ("transport", "udp".into()),
        ("msec", 12.0.into()),
    ] {
        assert_eq!(value[member], told, "{member}");
    }
    let answer = &value["answerRRs"][1];
    assert_eq!(
        (&answer["rdataA"], &answer["TTL"], &answer["RDATAHEX"]),
        (&"198.18.0.5".into(), &60.into(), &"C6120005".into())
    );
    let opt = &value["additionalRRs"][0];
    assert_eq!((&opt["TYPEname"], &opt["CLASS"], &opt["CLASSname"]), (&"OPT".into(), &1232.into(), &Value::Null));
}

#[test]
fn silence_is_told_too() {
    let wish = &read(&[Word::Plain("www.shop.test".into())]).unwrap()[0];
    let value: Value = serde_json::from_str(&nothing(wish, "no answer")).unwrap();
    assert_eq!((&value["error"], &value["QNAME"]), (&"no answer".into(), &"www.shop.test.".into()));
}
