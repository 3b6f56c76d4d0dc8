use super::*;
use crate::tls::Session;
use toynet_machine::Time;
use toynet_record::Closing;

#[test]
fn tls_that_begins_in_mid_conversation_is_opened_from_there() {
    let (mut session, flights) = Session::begin(TERMS, &[line()]).unwrap();
    let mut record = Record::begun(false);
    record.said(Side::Acceptor, b"220 hello\r\n");
    record.said(Side::Initiator, b"STARTTLS\r\n");
    record.said(Side::Acceptor, b"220 go on\r\n");
    flights.iter().for_each(|flight| record.said(flight.by, &flight.octets));
    record.said(Side::Initiator, &session.seal(Side::Initiator, b"MAIL FROM:<>\r\n"));
    let mut keys = KeyLog::default();
    keys.add(&line());
    let told = record.told(&keys);
    assert_eq!(
        told,
        ["< 220 hello", "> STARTTLS", "< 220 go on", &line(), TERMS, "> MAIL FROM:<>"],
        "the conversation, its keys and terms, and what was said inside"
    );
}

#[test]
fn what_is_no_tls_stays_as_it_is_in_every_octet() {
    let mut record = Record::begun(false);
    record.said(Side::Initiator, b"GET / HTTP/1.1\r\n\r\n");
    record.said(Side::Acceptor, &[22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 0]);
    record.said(Side::Initiator, &[22, 3, 1, 2, 0, 2, 0, 1, 0xfc, 3, 3, 0]);
    assert_eq!(Opener::journal(&record.journal(), &KeyLog::default()), record.journal());
}

#[test]
fn a_hello_may_come_in_pieces_and_what_only_begins_like_one_is_given_back() {
    let (_, flights) = Session::begin(TERMS, &[line()]).unwrap();
    let mut record = Record::begun(false);
    let (first, rest) = flights[0].octets.split_at(4);
    [first, rest].into_iter().for_each(|octets| record.said(Side::Initiator, octets));
    let told = record.told(&KeyLog::default());
    assert_eq!(told[0], "TLS: closed, the server never agreed");
    let mut record = Record::begun(false);
    record.said(Side::Initiator, &[22, 3]);
    record.said(Side::Acceptor, b"what?");
    assert_eq!(record.told(&KeyLog::default()), ["> \u{16}\u{3}", "< what?"]);
}

#[test]
fn tls_whose_beginning_is_missing_is_said_to_be_closed() {
    let mut record = Record::begun(true);
    record.said(Side::Acceptor, &[&[23, 3, 3, 0, 30], &[9; 30][..]].concat());
    assert_eq!(record.told(&KeyLog::default())[0], "TLS: closed, its beginning is missing");
}

const TERMS: &str = "TLS 1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";

fn line() -> String {
    format!("CLIENT_RANDOM {} {}", "11".repeat(32), "22".repeat(48))
}

/// One stream, told by its initiator.
struct Record(Vec<u8>);

impl Record {
    fn begun(late: bool) -> Self {
        let (side, transport) = (Side::Initiator, Transport::Tcp);
        let (local, peer) = ("10.0.0.1:4000".parse().unwrap(), "10.0.0.2:25".parse().unwrap());
        let mut record = Self(Vec::new());
        record.see(match late {
            true => Seen::Again { side, transport, local, peer, stream: None },
            false => Seen::Opened { side, transport, local, peer, cause: None, stream: None },
        });
        record
    }

    fn said(&mut self, by: Side, octets: &[u8]) {
        let direction = if by == Side::Initiator { Direction::Sent } else { Direction::Received };
        self.see(Seen::Octets { direction, number: 1, octets });
    }

    fn see(&mut self, seen: Seen<'_>) {
        Entry { end: EndId::new(0, 1), time: Time::default(), order: 0, seen }.write(&mut self.0);
    }

    fn journal(&self) -> Journal {
        self.0.clone().into()
    }

    fn told(mut self, keys: &KeyLog) -> Vec<String> {
        self.see(Seen::Closed { how: Closing::Finished });
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).trim_end().to_owned();
        let told = |entry: Entry<'_>| match entry.seen {
            Seen::Octets { direction: Direction::Sent, octets, .. } => Some(format!("> {}", text(octets))),
            Seen::Octets { direction: Direction::Received, octets, .. } => Some(format!("< {}", text(octets))),
            Seen::Secured { terms } | Seen::Shut { terms } => Some(terms.to_owned()),
            Seen::Secret { line } => Some(line.to_owned()),
            _ => None,
        };
        Opener::journal(&self.journal(), keys).entries().filter_map(told).collect()
    }
}
