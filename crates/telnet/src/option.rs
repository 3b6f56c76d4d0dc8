//! The table of options by the Q method (RFC 1143), which cannot loop: what was agreed or asked is
//! remembered, so that an answer is never taken for a question.

use crate::codes::{TelnetOption, Verb};

/// Who performs an option, in RFC 1143's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// This end.
    Us,
    /// The peer.
    Him,
}

/// Where the negotiation of one option for one side stands (RFC 1143 section 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// It is off.
    #[default]
    No,
    /// It is on.
    Yes,
    /// We asked to turn it off.
    WantNo,
    /// The same, and when that is settled we want it on again.
    WantNoOpposite,
    /// We asked to turn it on.
    WantYes,
    /// The same, and when that is settled we want it off again.
    WantYesOpposite,
}

/// Which options may be on at which side.
pub type Accept = fn(Side, TelnetOption) -> bool;

/// The state of all 256 options at both sides.
#[derive(Clone, Debug)]
pub struct Options {
    us: [State; 256],
    him: [State; 256],
    accept: Accept,
}

/// What follows from something received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// To be sent.
    pub answer: Option<(Verb, TelnetOption)>,
    /// An option that was off at this side is on, or the other way round.
    pub turned: Option<(Side, TelnetOption, bool)>,
}

impl Options {
    /// All options off; `accept` says to which of them a peer may turn them on.
    pub fn new(accept: Accept) -> Self {
        Self { us: [State::No; 256], him: [State::No; 256], accept }
    }

    /// Takes a step of the peer.
    pub fn receive(&mut self, verb: Verb, option: TelnetOption) -> Outcome {
        let (side, _) = received(verb);
        self.receive_if(verb, option, (self.accept)(side, option))
    }

    /// Takes a step of the peer; `acceptable` says whether it may turn the option on.
    pub fn receive_if(&mut self, verb: Verb, option: TelnetOption, acceptable: bool) -> Outcome {
        let (side, on) = received(verb);
        let before = self.state(side, option);
        let (after, said) = match on {
            true => wanted_on(before, acceptable),
            false => wanted_off(before),
        };
        *self.cell(side, option) = after;
        let turned = (before == State::Yes) != (after == State::Yes);
        Outcome {
            answer: said.map(|on| (request(side, on), option)),
            turned: turned.then_some((side, option, after == State::Yes)),
        }
    }

    /// Asks for an option to be on or off at a side; gives what must be sent, if anything.
    #[must_use]
    pub fn ask(&mut self, side: Side, option: TelnetOption, on: bool) -> Option<(Verb, TelnetOption)> {
        let (after, sends) = match (self.state(side, option), on) {
            (State::No, true) => (State::WantYes, true),
            (State::Yes, false) => (State::WantNo, true),
            (State::WantNo, true) => (State::WantNoOpposite, false),
            (State::WantNoOpposite, false) => (State::WantNo, false),
            (State::WantYes, false) => (State::WantYesOpposite, false),
            (State::WantYesOpposite, true) => (State::WantYes, false),
            // It is so, or is on its way.
            (state, _) => (state, false),
        };
        *self.cell(side, option) = after;
        sends.then_some((request(side, on), option))
    }

    /// Whether an option is on at a side.
    pub fn is_on(&self, side: Side, option: TelnetOption) -> bool {
        self.state(side, option) == State::Yes
    }

    /// Where the negotiation of an option stands.
    pub fn state(&self, side: Side, option: TelnetOption) -> State {
        match side {
            Side::Us => self.us[usize::from(option.0)],
            Side::Him => self.him[usize::from(option.0)],
        }
    }

    /// All options that are on, by number: what STATUS tells (RFC 859).
    pub fn all_on(&self) -> impl Iterator<Item = (Side, TelnetOption)> {
        let both = (0..=255).flat_map(|number| [Side::Us, Side::Him].map(|side| (side, TelnetOption(number))));
        both.filter(|(side, option)| self.is_on(*side, *option))
    }

    fn cell(&mut self, side: Side, option: TelnetOption) -> &mut State {
        match side {
            Side::Us => &mut self.us[usize::from(option.0)],
            Side::Him => &mut self.him[usize::from(option.0)],
        }
    }
}

/// At which side a verb of the peer wants an option, and whether on or off.
fn received(verb: Verb) -> (Side, bool) {
    match verb {
        Verb::Will => (Side::Him, true),
        Verb::Wont => (Side::Him, false),
        Verb::Do => (Side::Us, true),
        Verb::Dont => (Side::Us, false),
    }
}

/// WILL or DO was received: the state after it, and whether we say yes or no, if anything.
fn wanted_on(state: State, acceptable: bool) -> (State, Option<bool>) {
    match state {
        State::No if acceptable => (State::Yes, Some(true)),
        State::No => (State::No, Some(false)),
        State::Yes => (State::Yes, None),
        // The peer answered a refusal with consent, which is an error. It is off.
        State::WantNo => (State::No, None),
        State::WantNoOpposite => (State::Yes, None),
        State::WantYes => (State::Yes, None),
        State::WantYesOpposite => (State::WantNo, Some(false)),
    }
}

/// WONT or DONT was received, which is always granted.
fn wanted_off(state: State) -> (State, Option<bool>) {
    match state {
        State::No => (State::No, None),
        State::Yes => (State::No, Some(false)),
        State::WantNo => (State::No, None),
        State::WantNoOpposite => (State::WantYes, Some(true)),
        State::WantYes | State::WantYesOpposite => (State::No, None),
    }
}

fn request(side: Side, on: bool) -> Verb {
    match (side, on) {
        (Side::Us, true) => Verb::Will,
        (Side::Us, false) => Verb::Wont,
        (Side::Him, true) => Verb::Do,
        (Side::Him, false) => Verb::Dont,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_unknown_option_is_refused_and_the_refusal_of_a_refusal_is_not_answered() {
        let mut options = Options::new(|_, _| false);
        let refused = options.receive(Verb::Will, TelnetOption(200));
        assert_eq!(refused.answer, Some((Verb::Dont, TelnetOption(200))));
        assert_eq!(options.receive(Verb::Wont, TelnetOption(200)), Outcome::default());
        let refused = options.receive(Verb::Do, TelnetOption(200));
        assert_eq!(refused.answer, Some((Verb::Wont, TelnetOption(200))));
        assert_eq!(options.receive(Verb::Dont, TelnetOption(200)), Outcome::default());
    }

    #[test]
    fn what_was_asked_for_is_not_acknowledged_again() {
        let mut options = Options::new(|_, _| true);
        assert_eq!(options.ask(Side::Us, TelnetOption::ECHO, true), Some((Verb::Will, TelnetOption::ECHO)));
        assert_eq!(options.ask(Side::Us, TelnetOption::ECHO, true), None);
        let granted = options.receive(Verb::Do, TelnetOption::ECHO);
        assert_eq!(granted, Outcome { answer: None, turned: Some((Side::Us, TelnetOption::ECHO, true)) });
        assert_eq!(options.receive(Verb::Do, TelnetOption::ECHO), Outcome::default());
    }

    #[test]
    fn a_change_of_mind_waits_for_the_answer() {
        let mut options = Options::new(|_, _| true);
        let echo = TelnetOption::ECHO;
        assert_eq!(options.ask(Side::Us, echo, true), Some((Verb::Will, echo)));
        assert_eq!(options.ask(Side::Us, echo, false), None);
        assert_eq!(options.state(Side::Us, echo), State::WantYesOpposite);
        assert_eq!(options.receive(Verb::Do, echo).answer, Some((Verb::Wont, echo)));
        assert_eq!(options.ask(Side::Us, echo, true), None);
        assert_eq!(options.receive(Verb::Dont, echo).answer, Some((Verb::Will, echo)));
        assert!(options.receive(Verb::Do, echo).turned.is_some());
    }

    proptest! {
        /// Both ends change their minds at any time while messages are on their way.
        #[test]
        fn two_tables_back_to_back_fall_silent_and_agree(
            moves in prop::collection::vec((0usize..4, any::<bool>(), 0u8..3), 0..60),
            accepts in 0usize..4,
        ) {
            let policy: [Accept; 4] =
                [|_, _| true, |_, _| false, |side, _| side == Side::Us, |_, option| option.0.is_multiple_of(2)];
            let mut ends = [Options::new(policy[accepts]), Options::new(|_, _| true)];
            let mut wires: [VecDeque<(Verb, TelnetOption)>; 2] = Default::default();
            for (what, on, option) in moves {
                let (end, option) = (what % 2, TelnetOption(option));
                match what {
                    0 | 1 => {
                        let side = if on { Side::Us } else { Side::Him };
                        let wish = ends[end].state(side, option) == State::No;
                        wires[end].extend(ends[end].ask(side, option, wish));
                    }
                    _ => deliver(&mut ends, &mut wires, end),
                }
            }
            let mut steps = 0;
            while wires.iter().any(|wire| !wire.is_empty()) {
                deliver(&mut ends, &mut wires, steps % 2);
                steps += 1;
                prop_assert!(steps < 10_000, "they loop");
            }
            for option in (0..3).map(TelnetOption) {
                prop_assert_eq!(ends[0].is_on(Side::Us, option), ends[1].is_on(Side::Him, option));
                prop_assert_eq!(ends[0].is_on(Side::Him, option), ends[1].is_on(Side::Us, option));
            }
        }
    }

    /// The oldest message that `from` has sent arrives at the other end.
    fn deliver(ends: &mut [Options; 2], wires: &mut [VecDeque<(Verb, TelnetOption)>; 2], from: usize) {
        if let Some((verb, option)) = wires[from].pop_front() {
            let outcome = ends[1 - from].receive(verb, option);
            wires[1 - from].extend(outcome.answer);
        }
    }
}
