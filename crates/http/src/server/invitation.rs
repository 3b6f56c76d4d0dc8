//! Who waits for `100 Continue` on a connection of HTTP/2 (RFC 9110 10.1.1).
//!
//! What reads its frames can send no interim answer and does not tell streams apart to whoever answers. So each
//! request with an expectation passes alone: the exchange that begins next is its own.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;

/// The requests of one connection whose clients wait before they send content.
#[derive(Debug, Default)]
pub(super) struct Invitations {
    passed: Cell<Option<Passed>>,
    /// Streams that may be invited, and whether they are to be. One leaves when its invitation or its answer is sent,
    /// or its content is not wanted any more.
    waiting: RefCell<Vec<(u32, bool)>>,
    /// Who sends.
    sender: RefCell<Option<Waker>>,
}

/// A request that has passed, and of which no exchange is known yet.
#[derive(Clone, Copy, Debug)]
struct Passed {
    stream: u32,
    /// More was asked for: it has been read.
    is_read: bool,
}

/// The right to invite the content of one request.
#[derive(Debug)]
pub(super) struct Invitation {
    stream: u32,
    of: Rc<Invitations>,
}

impl Invitations {
    /// This stream's request has passed.
    pub fn passes(&self, stream: u32) {
        self.passed.set(Some(Passed { stream, is_read: false }));
    }

    /// More is asked for. Says whether it must wait, for the exchange of a request that was read or the next
    /// [`turn`](Self::turn).
    pub fn must_wait(&self) -> bool {
        let passed = self.passed.get().map(|passed| Passed { is_read: true, ..passed });
        self.passed.set(passed);
        passed.is_some()
    }

    /// The connection is about to be looked after, which begins an exchange of every request that was read before:
    /// what had none was refused behind the gate. `sender` is woken when there is something to be sent.
    pub fn turn(&self, sender: &Waker) {
        self.passed.set(self.passed.get().filter(|passed| !passed.is_read));
        let mut known = self.sender.borrow_mut();
        if !known.as_ref().is_some_and(|known| known.will_wake(sender)) {
            *known = Some(sender.clone());
        }
    }

    /// An exchange begins that has an expectation and content to come.
    pub fn claim(self: &Rc<Self>) -> Option<Invitation> {
        let stream = self.passed.take()?.stream;
        self.waiting.borrow_mut().push((stream, false));
        Some(Invitation { stream, of: Rc::clone(self) })
    }

    /// Whether somebody is to be invited.
    pub fn is_due(&self) -> bool {
        self.waiting.borrow().iter().any(|(_, is_due)| *is_due)
    }

    /// The next stream that is to be invited, which then is.
    pub fn take_due(&self) -> Option<u32> {
        let mut waiting = self.waiting.borrow_mut();
        let place = waiting.iter().position(|(_, is_due)| *is_due)?;
        Some(waiting.remove(place).0)
    }

    /// It is too late for this stream.
    pub fn close(&self, stream: u32) {
        self.waiting.borrow_mut().retain(|(waiting, _)| *waiting != stream);
    }
}

impl Invitation {
    /// The content is wanted.
    pub fn send(self) {
        let mut waiting = self.of.waiting.borrow_mut();
        let Some((_, is_due)) = waiting.iter_mut().find(|(stream, _)| *stream == self.stream) else { return };
        *is_due = true;
        if let Some(sender) = &*self.of.sender.borrow() {
            sender.wake_by_ref();
        }
    }
}

impl Drop for Invitation {
    fn drop(&mut self) {
        // What is due stays so.
        if let Ok(mut waiting) = self.of.waiting.try_borrow_mut() {
            waiting.retain(|(stream, is_due)| *stream != self.stream || *is_due);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_was_refused_behind_the_gate_leaves_its_invitation_to_nobody() {
        let invitations = Rc::new(Invitations::default());
        invitations.turn(Waker::noop());
        invitations.passes(1);
        assert!(invitations.must_wait());
        invitations.turn(Waker::noop());
        assert!(!invitations.must_wait());
        assert!(invitations.claim().is_none());
        // One that was not even read may still come.
        invitations.passes(3);
        invitations.turn(Waker::noop());
        assert_eq!(invitations.claim().map(|invitation| invitation.stream), Some(3));
        assert!(!invitations.must_wait());
    }

    #[test]
    fn who_was_answered_or_given_up_is_not_invited() {
        let invitations = Rc::new(Invitations::default());
        let claim = |stream| {
            invitations.passes(stream);
            invitations.claim().unwrap()
        };
        let (answered, given_up, wanted) = (claim(1), claim(3), claim(5));
        invitations.close(1);
        answered.send();
        drop(given_up);
        assert!(!invitations.is_due());
        wanted.send();
        assert_eq!((invitations.take_due(), invitations.take_due()), (Some(5), None));
        assert!(invitations.waiting.borrow().is_empty());
    }
}
