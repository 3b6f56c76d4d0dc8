//! An exchange that is not over.

use std::rc::Rc;

use toynet_machine::Time;
use toynet_record::Flow;
use toynet_record::dissect::{Carried, Message, Role};

/// What was said so far.
pub(super) struct Open {
    pub flow: Rc<Flow>,
    pub messages: Vec<Message>,
    /// When names were looked up for its sake.
    pub looked_up: Option<(Time, Time)>,
    /// Whether anything in it is selected.
    pub is_wanted: bool,
    /// Octets that its messages take.
    pub held: usize,
    /// Messages behind those that are kept.
    pub left_out: u64,
    /// Messages behind its answer, and the octets that they take.
    followed: (usize, usize),
}

impl Open {
    pub fn new(flow: Rc<Flow>, looked_up: Option<(Time, Time)>) -> Self {
        Self { flow, messages: Vec::new(), looked_up, is_wanted: false, held: 0, left_out: 0, followed: (0, 0) }
    }

    /// Keeps a message if there is room for it, and says how many octets it takes.
    pub fn add(&mut self, message: Message) -> usize {
        let octets = weight(&message);
        if message.role == Role::Interim && self.goes_on() {
            let followed = (self.followed.0 + 1, self.followed.1 + octets);
            if self.left_out > 0 || followed.0 > MESSAGES || followed.1 > OCTETS {
                self.left_out += 1;
                return 0;
            }
            self.followed = followed;
        }
        self.held += octets;
        self.messages.push(message);
        octets
    }

    pub fn has(&self, role: Role) -> bool {
        self.messages.iter().any(|message| message.role == role)
    }

    pub fn is_over(&self) -> bool {
        self.has(Role::Request) && self.has(Role::Answer) && !self.goes_on()
    }

    /// This reason, if there is no answer.
    pub fn unanswered(&self, why: &'static str) -> Option<&'static str> {
        (!self.has(Role::Answer)).then_some(why)
    }

    /// Whether there is an answer that other messages follow.
    fn goes_on(&self) -> bool {
        let answer = self.messages.iter().find(|message| message.role == Role::Answer);
        answer.and_then(|answer| answer.carried.as_ref()).is_some_and(|carried| carried.goes_on)
    }
}

/// Octets of memory, or a little less.
fn weight(message: &Message) -> usize {
    let carried = message.carried.as_ref().map_or(0, |carried| size_of::<Carried>() + carried.content.len());
    size_of::<Message>() + message.summary.len() + carried
}

/// Messages that may follow on an answer: more than anybody reads one by one, and few enough for a viewer's table.
const MESSAGES: usize = 10_000;
/// Octets that they may take: as much as the largest content that is kept, and what tells of it.
const OCTETS: usize = Carried::MOST + 4096;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use toynet_record::Side;

    use super::*;
    use crate::testing;

    #[test]
    fn an_answer_ends_an_exchange_unless_it_goes_on() {
        for goes_on in [false, true] {
            assert_eq!(opened(goes_on).is_over(), !goes_on);
        }
    }

    #[test]
    fn what_follows_is_kept_up_to_a_number() {
        let mut open = opened(true);
        for _ in 0..MESSAGES + 7 {
            open.add(message(Role::Interim, 1, false));
        }
        assert_eq!((open.messages.len(), open.left_out), (MESSAGES + 2, 7));
    }

    #[test]
    fn what_follows_is_kept_up_to_a_size_and_nothing_behind_the_first_that_is_left_out() {
        let mut open = opened(true);
        let before = open.held;
        assert!(open.add(message(Role::Interim, Carried::MOST, false)) > Carried::MOST);
        assert_eq!(open.add(message(Role::Interim, 4096, false)), 0);
        assert_eq!(open.add(message(Role::Interim, 0, false)), 0);
        assert_eq!((open.messages.len(), open.left_out), (3, 2));
        assert!(open.held - before <= OCTETS);
    }

    fn opened(goes_on: bool) -> Open {
        let mut open = Open::new(testing::told(1, 1, "").flow, None);
        open.add(message(Role::Request, 0, false));
        open.add(message(Role::Answer, 0, goes_on));
        open
    }

    fn message(role: Role, content: usize, goes_on: bool) -> Message {
        let content = vec![b'x'; content];
        let carried = Carried { length: content.len() as u64, content, goes_on, ..Carried::new(Vec::new(), 0) };
        Message {
            exchange: 1,
            by: Side::Initiator,
            role,
            time: Time::default(),
            lasted: Duration::ZERO,
            summary: String::new(),
            secrets: Vec::new(),
            failed: false,
            faults: Vec::new(),
            notes: Vec::new(),
            octets: 0,
            carried: Some(Box::new(carried)),
        }
    }
}
