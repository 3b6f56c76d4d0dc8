//! What both sides have said of each option, as an onlooker can tell: what was a wish, and what the answer to one.

use std::collections::BTreeMap;

use toynet_record::Side;

use crate::codes::{TelnetOption, Verb};

/// What both sides have said of options.
#[derive(Debug, Default)]
pub(super) struct Agreements(BTreeMap<(Performer, u8), Agreed>);

/// Who performs an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Performer {
    Client,
    Server,
}

/// What a step of negotiation is, given those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Something new is wanted.
    Wish,
    /// A wish is granted.
    Consent,
    /// A wish is not granted.
    Refusal,
    /// What was on ends.
    Stop,
    /// And so says the other side.
    StopGranted,
    /// Nothing new; how often that was so.
    Repeat(u32),
    /// The same wish once more, after so many refusals.
    WishAgain(u32),
    /// A timing mark, which is an event and no state (RFC 860).
    Mark,
}

#[derive(Debug, Default)]
struct Agreed {
    is_on: bool,
    asked: Option<Side>,
    stopped: Option<Side>,
    repeats: u32,
    refusals: u32,
}

impl Performer {
    /// Who is to perform an option of which `by` says `verb`.
    pub fn of(by: Side, verb: Verb) -> Self {
        match (by, verb) {
            (Side::Initiator, Verb::Will | Verb::Wont) | (Side::Acceptor, Verb::Do | Verb::Dont) => Self::Client,
            (Side::Acceptor, Verb::Will | Verb::Wont) | (Side::Initiator, Verb::Do | Verb::Dont) => Self::Server,
        }
    }
}

impl Agreements {
    /// Takes a step of negotiation.
    pub fn take(&mut self, by: Side, verb: Verb, option: TelnetOption) -> Step {
        if option == TelnetOption::TIMING_MARK {
            return Step::Mark;
        }
        let agreed = self.0.entry((Performer::of(by, verb), option.0)).or_default();
        match verb {
            Verb::Will | Verb::Do => agreed.wish(by),
            Verb::Wont | Verb::Dont => agreed.refuse(by),
        }
    }

    /// Whether an option is on at either side.
    pub fn is_on(&self, option: TelnetOption) -> bool {
        let sides = [Performer::Client, Performer::Server];
        sides.iter().any(|side| self.0.get(&(*side, option.0)).is_some_and(|agreed| agreed.is_on))
    }

    /// Wishes of one side that nobody has answered, each as it was said.
    pub fn unanswered(&self, by: Side) -> Vec<(Verb, TelnetOption)> {
        let asked = self.0.iter().filter(|(_, agreed)| agreed.asked == Some(by));
        let said = |performer| if Performer::of(by, Verb::Will) == performer { Verb::Will } else { Verb::Do };
        asked.map(|((performer, option), _)| (said(*performer), TelnetOption(*option))).collect()
    }
}

impl Agreed {
    fn wish(&mut self, by: Side) -> Step {
        match self.asked {
            Some(asker) if asker != by => {
                (self.is_on, self.asked, self.stopped) = (true, None, None);
                Step::Consent
            }
            None if !self.is_on => {
                self.asked = Some(by);
                if self.refusals > 0 { Step::WishAgain(self.refusals) } else { Step::Wish }
            }
            Some(_) | None => self.repeat(),
        }
    }

    fn refuse(&mut self, by: Side) -> Step {
        let is_of_other = |side: Option<Side>| side.is_some_and(|side| side != by);
        if is_of_other(self.asked) {
            self.asked = None;
            self.refusals += 1;
            Step::Refusal
        } else if is_of_other(self.stopped) {
            self.stopped = None;
            Step::StopGranted
        } else if self.is_on || self.asked.is_some() {
            (self.is_on, self.asked, self.stopped) = (false, None, Some(by));
            Step::Stop
        } else {
            self.repeat()
        }
    }

    fn repeat(&mut self) -> Step {
        self.repeats += 1;
        Step::Repeat(self.repeats)
    }
}

impl Step {
    /// What is wrong when it comes again and again.
    pub fn fault(self) -> Option<&'static str> {
        match self {
            Step::Repeat(LOOP) => {
                Some("What is so already is said again and again: the sides loop (RFC 1143 section 2).")
            }
            Step::WishAgain(LOOP) => Some(
                "What was refused is asked for again and again: a refusal is final until something changes (RFC 854).",
            ),
            Step::Wish
            | Step::Consent
            | Step::Refusal
            | Step::Stop
            | Step::StopGranted
            | Step::Mark
            | Step::Repeat(_)
            | Step::WishAgain(_) => None,
        }
    }
}

/// Once or twice is how old programs greet each other; the fourth time shows that nobody remembers.
const LOOP: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    const C: Side = Side::Initiator;
    const S: Side = Side::Acceptor;
    const ECHO: TelnetOption = TelnetOption::ECHO;

    #[test]
    fn a_wish_has_an_answer_and_so_has_an_end() {
        let mut agreements = Agreements::default();
        assert_eq!(agreements.take(S, Verb::Will, ECHO), Step::Wish);
        assert_eq!(agreements.unanswered(S), [(Verb::Will, ECHO)]);
        assert_eq!(agreements.take(C, Verb::Do, ECHO), Step::Consent);
        assert!(agreements.is_on(ECHO) && agreements.unanswered(S).is_empty());
        assert_eq!(agreements.take(S, Verb::Wont, ECHO), Step::Stop);
        assert_eq!(agreements.take(C, Verb::Dont, ECHO), Step::StopGranted);
        // The client's own echo is another matter.
        assert_eq!(agreements.take(C, Verb::Will, ECHO), Step::Wish);
        assert_eq!(agreements.take(S, Verb::Dont, ECHO), Step::Refusal);
    }

    #[test]
    fn sides_that_forget_what_was_said_are_found_out() {
        let mut agreements = Agreements::default();
        let steps = [(S, Verb::Will), (C, Verb::Do)].into_iter().cycle().take(12);
        let faults = steps.filter_map(|(by, verb)| agreements.take(by, verb, ECHO).fault()).count();
        assert_eq!(faults, 1);
        let steps = [(C, Verb::Will), (S, Verb::Dont)].into_iter().cycle().take(12);
        let faults = steps.filter_map(|(by, verb)| agreements.take(by, verb, TelnetOption::NAWS).fault()).count();
        assert_eq!(faults, 1);
    }
}
