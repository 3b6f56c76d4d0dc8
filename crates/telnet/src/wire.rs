//! Octets and what they mean to Telnet, both ways (RFC 854, RFC 855).

use crate::codes::{IAC, SB, SE, Signal, TelnetOption, Verb};

/// The smallest thing that has a meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// One octet of data.
    Data(u8),
    /// A command without an operand.
    Signal(Signal),
    /// A step in the negotiation of an option.
    Negotiate(Verb, TelnetOption),
    /// What an option has to say, of up to [`LONGEST_SUBNEGOTIATION`] octets.
    Subnegotiate(TelnetOption, Vec<u8>),
    /// A subnegotiation that was too long, or in which another command stood. What it said is lost.
    Broken(TelnetOption),
    /// IAC and an octet that is no command: to be ignored.
    Stray(u8),
}

impl Element {
    /// Appends its octets to `out`. What is broken has none.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Element::Data(octet) => write_data(&[*octet], out),
            Element::Signal(signal) => out.extend([IAC, signal.octet()]),
            Element::Negotiate(verb, option) => out.extend([IAC, verb.octet(), option.0]),
            Element::Subnegotiate(option, said) => {
                out.extend([IAC, SB]);
                write_data(&[option.0], out);
                write_data(said, out);
                out.extend([IAC, SE]);
            }
            Element::Broken(_) => {}
            Element::Stray(octet) => out.extend([IAC, *octet]),
        }
    }
}

/// Appends data: an octet 255 is doubled, so that it is none of ours (RFC 854).
pub fn write_data(data: &[u8], out: &mut Vec<u8>) {
    for octet in data {
        out.push(*octet);
        if *octet == IAC {
            out.push(IAC);
        }
    }
}

/// Takes octets apart. However they are split, the same octets give the same elements.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    state: State,
    said: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Data,
    Iac,
    Verb(Verb),
    /// After IAC SB: the option's number is to come.
    Sb,
    SbIac,
    Said(TelnetOption),
    SaidIac(TelnetOption),
}

impl Decoder {
    /// Takes octets of the peer and pushes what they mean to `out`.
    pub fn receive(&mut self, octets: &[u8], out: &mut Vec<Element>) {
        for octet in octets {
            self.state = self.step(*octet, out);
        }
    }

    /// Whether nothing is begun that needs further octets.
    pub fn is_between(&self) -> bool {
        matches!(self.state, State::Data)
    }

    fn step(&mut self, octet: u8, out: &mut Vec<Element>) -> State {
        match self.state {
            State::Data if octet == IAC => State::Iac,
            State::Data => push(Element::Data(octet), out),
            State::Iac => command(octet, out),
            State::Verb(verb) => push(Element::Negotiate(verb, TelnetOption(octet)), out),
            State::Sb if octet == IAC => State::SbIac,
            State::Sb => self.begin(octet),
            State::SbIac if octet == IAC => self.begin(octet),
            // A subnegotiation of nothing.
            State::SbIac => command(octet, out),
            State::Said(option) if octet == IAC => State::SaidIac(option),
            State::Said(option) => self.say(option, octet),
            State::SaidIac(option) if octet == IAC => self.say(option, octet),
            State::SaidIac(option) if octet == SE => self.end(option, out),
            State::SaidIac(option) => {
                // As Berkeley's server does: what is cut short is forgotten, the command that cut it counts.
                out.push(Element::Broken(option));
                command(octet, out)
            }
        }
    }

    fn begin(&mut self, option: u8) -> State {
        self.said.clear();
        State::Said(TelnetOption(option))
    }

    fn say(&mut self, option: TelnetOption, octet: u8) -> State {
        // One more than may be, so that the end knows.
        if self.said.len() <= LONGEST_SUBNEGOTIATION {
            self.said.push(octet);
        }
        State::Said(option)
    }

    fn end(&mut self, option: TelnetOption, out: &mut Vec<Element>) -> State {
        let said = std::mem::take(&mut self.said);
        let whole = said.len() <= LONGEST_SUBNEGOTIATION;
        push(if whole { Element::Subnegotiate(option, said) } else { Element::Broken(option) }, out)
    }
}

fn push(element: Element, out: &mut Vec<Element>) -> State {
    out.push(element);
    State::Data
}

/// What follows IAC.
fn command(octet: u8, out: &mut Vec<Element>) -> State {
    match (Verb::read(octet), Signal::read(octet)) {
        (Some(verb), _) => State::Verb(verb),
        (None, Some(signal)) => push(Element::Signal(signal), out),
        (None, None) if octet == SB => State::Sb,
        (None, None) if octet == IAC => push(Element::Data(IAC), out),
        (None, None) => push(Element::Stray(octet), out),
    }
}

/// A report of all options in RFC 859's form takes 1,025 octets; nothing that is answered here is longer.
pub const LONGEST_SUBNEGOTIATION: usize = 2048;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_however_it_is_split(
            elements in prop::collection::vec(element(), 0..40),
            cuts in prop::collection::vec(1usize..7, 1..200),
        ) {
            let mut octets = Vec::new();
            elements.iter().for_each(|element| element.write(&mut octets));
            prop_assert_eq!(read(&octets, &cuts), elements);
        }

        #[test]
        fn any_octets_give_the_same_however_they_are_split(
            octets in prop::collection::vec(prop_oneof![Just(IAC), 236u8..=255, any::<u8>()], 0..300),
            cuts in prop::collection::vec(1usize..7, 1..300),
        ) {
            prop_assert_eq!(read(&octets, &cuts), read(&octets, &[octets.len().max(1)]));
        }
    }

    #[test]
    fn an_end_in_the_midst_of_doubled_octets_is_none() {
        let octets = [IAC, SB, 31, 0, IAC, IAC, 0, IAC, IAC, SE, IAC, SE];
        let naws = Element::Subnegotiate(TelnetOption::NAWS, vec![0, 255, 0, 255, SE]);
        assert_eq!(read(&octets, &[1]), [naws]);
    }

    #[test]
    fn a_command_within_a_subnegotiation_ends_it() {
        let octets = [IAC, SB, 24, 0, b'x', IAC, Signal::Ayt.octet(), b'y'];
        let expected = [Element::Broken(TelnetOption::TTYPE), Element::Signal(Signal::Ayt), Element::Data(b'y')];
        assert_eq!(read(&octets, &[3]), expected);
    }

    #[test]
    fn a_subnegotiation_without_end_is_bounded() {
        let mut decoder = Decoder::default();
        let mut elements = Vec::new();
        decoder.receive(&[IAC, SB, 24], &mut elements);
        decoder.receive(&vec![b'x'; 1_000_000], &mut elements);
        assert!(decoder.said.capacity() < 3 * LONGEST_SUBNEGOTIATION && elements.is_empty());
        decoder.receive(&[IAC, SE], &mut elements);
        assert_eq!(elements, [Element::Broken(TelnetOption::TTYPE)]);
    }

    fn read(octets: &[u8], cuts: &[usize]) -> Vec<Element> {
        let (mut decoder, mut elements) = (Decoder::default(), Vec::new());
        let mut rest = octets;
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, others) = rest.split_at((*cut).min(rest.len()));
            decoder.receive(piece, &mut elements);
            rest = others;
        }
        elements
    }

    fn element() -> impl Strategy<Value = Element> {
        let signal = (236u8..=249).prop_filter_map("a signal", |octet| Signal::read(octet).map(Element::Signal));
        let verb = (251u8..=254).prop_filter_map("a verb", Verb::read);
        prop_oneof![
            any::<u8>().prop_map(Element::Data),
            signal,
            (verb, any::<u8>()).prop_map(|(verb, option)| Element::Negotiate(verb, TelnetOption(option))),
            (any::<u8>(), prop::collection::vec(any::<u8>(), 0..20))
                .prop_map(|(option, said)| Element::Subnegotiate(TelnetOption(option), said)),
            (0u8..236).prop_map(Element::Stray),
        ]
    }
}
