//! Any octets can be taken apart, give the same however they are split, and answer without end nowhere.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use toynet_machine::{Machine, Time};
use toynet_telnet::client::{ClientMachine, Terminal};
use toynet_telnet::server::{Order, ServerMachine};
use toynet_telnet::subnegotiation::Subnegotiation;
use toynet_telnet::wire::{Decoder, Element};

fuzz_target!(|input: (u8, &[u8])| {
    let (cut, octets) = input;
    let whole = read(&octets, octets.len());
    assert_eq!(read(&octets, usize::from(cut) + 1), whole);
    for element in &whole {
        if let Element::Subnegotiate(option, said) = element
            && let Some(meant) = Subnegotiation::read(*option, said)
        {
            assert!(!meant.to_string().contains(['\n', '\r', '\x1b']));
        }
    }
    let now = Time::default();
    let mut server = ServerMachine::new(now, "bbs.retro.test", Duration::from_secs(60));
    server.order(now, Order::Prompt { text: "> ".into(), secret: false });
    server.outgoing().clear();
    server.receive(now, &octets);
    while server.poll_event().is_some() {}
    let mut client = ClientMachine::new(Terminal::default());
    client.receive(now, &octets);
    while client.poll_event().is_some() {}
    assert!(client.outgoing().len() <= 64 * octets.len(), "{} for {}", client.outgoing().len(), octets.len());
});

fn read(octets: &[u8], cut: usize) -> Vec<Element> {
    let (mut decoder, mut elements) = (Decoder::default(), Vec::new());
    octets.chunks(cut.max(1)).for_each(|piece| decoder.receive(piece, &mut elements));
    elements
}
