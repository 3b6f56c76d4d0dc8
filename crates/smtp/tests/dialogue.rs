//! Our client and our server, without anything between them but octets in pieces.

use proptest::prelude::*;
use toynet_machine::{Machine, Time};
use toynet_smtp::client::{self, ClientMachine, Dsn, Letter};
use toynet_smtp::fate::Fate;
use toynet_smtp::server::{self, Limits, Offer, ServerMachine, say};
use toynet_smtp::wire::{Content, ForwardPath, ReversePath};

proptest! {
    #[test]
    fn every_letter_arrives_as_it_was_sent(
        letters in prop::collection::vec(letter(), 1..4),
        pieces in prop::collection::vec(1usize..60, 1..6),
    ) {
        let (got, fates) = converse(&letters, &pieces);
        let expected: Vec<_> = letters.iter().filter(|letter| letter.to.iter().any(is_known)).cloned().map(known_only).collect();
        prop_assert_eq!(got, expected);
        for (letter, fates) in letters.iter().zip(fates) {
            let delivered: Vec<bool> = fates.iter().map(|fate| matches!(fate, Fate::Delivered(_))).collect();
            prop_assert_eq!(delivered, letter.to.iter().map(is_known).collect::<Vec<_>>());
        }
    }
}

fn letter() -> impl Strategy<Value = Letter> {
    let names = prop::collection::vec(prop::sample::select(vec!["bob", "\"b b\"", "zoë", "nobody", "nobody2"]), 1..5);
    (names, "[.a\n]{0,60}", any::<bool>()).prop_map(|(names, text, is_null)| Letter {
        from: ReversePath::parse(if is_null { "<>" } else { "<alice@shop.test>" }).unwrap_or(ReversePath::Null),
        to: names.iter().filter_map(|name| ForwardPath::parse(&format!("<{name}@club.test>")).ok()).collect(),
        content: Content::from_text(&text).expect("lines are short"),
        smtputf8: false,
        dsn: Dsn::default(),
    })
}

fn is_known(to: &ForwardPath) -> bool {
    !to.to_string().contains("nobody")
}

fn known_only(letter: Letter) -> Letter {
    Letter { to: letter.to.into_iter().filter(is_known).collect(), ..letter }
}

/// Sends letters over one connection: what the server got, and what the client thinks of it.
fn converse(letters: &[Letter], pieces: &[usize]) -> (Vec<Letter>, Vec<Vec<Fate>>) {
    let now = Time::default();
    let mut server = ServerMachine::new(now, "mail.club.test", Limits::default(), Offer::default());
    let mut client = ClientMachine::new(now, "mail.shop.test", "mail.club.test");
    let (mut ahead, mut sizes) = (letters.iter(), pieces.iter().cycle());
    let (mut got, mut fates) = (Vec::new(), Vec::new());
    let mut draft = None;
    while !(client.is_over() && server.is_over()) {
        while let Some(event) = client.poll_event() {
            if let client::Event::Done(done) = &event {
                fates.push(done.clone());
            }
            if !matches!(event, client::Event::Ended(_)) {
                let order = ahead.next().cloned().map_or(client::Order::Quit, client::Order::Deliver);
                client.order(now, order);
            }
        }
        while let Some(event) = server.poll_event() {
            decide(&mut draft, &mut got, event).into_iter().for_each(|order| server.order(now, order));
        }
        let size = *sizes.next().expect("there are sizes");
        carry(client.outgoing(), size, |octets| server.receive(now, octets));
        carry(server.outgoing(), size, |octets| client.receive(now, octets));
    }
    (got, fates)
}

fn decide(draft: &mut Option<Letter>, got: &mut Vec<Letter>, event: server::Event) -> Option<server::Order> {
    let reply = match event {
        server::Event::Sender { from, .. } => {
            let content = Content::from_text("").expect("nothing is content");
            *draft = Some(Letter { from, to: Vec::new(), content, smtputf8: false, dsn: Dsn::default() });
            say::sender_ok()
        }
        server::Event::Recipient(to, _) if !is_known(&to) => say::no_such_mailbox("nobody"),
        server::Event::Recipient(to, _) => {
            draft.iter_mut().for_each(|draft| draft.to.push(to.clone()));
            say::recipient_ok()
        }
        server::Event::Message(content) => {
            got.extend(draft.take().map(|draft| Letter { content, ..draft }));
            say::queued("1")
        }
        server::Event::Login(_) => say::wrong_password(),
        server::Event::Abandoned | server::Event::Ended(_) => return None,
    };
    Some(server::Order::Answer(reply))
}

fn carry(octets: &mut Vec<u8>, size: usize, mut receive: impl FnMut(&[u8])) {
    let piece: Vec<u8> = octets.drain(..size.min(octets.len())).collect();
    if !piece.is_empty() {
        receive(&piece);
    }
}
