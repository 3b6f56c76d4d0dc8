//! A service is told that it is to end, so that it can end well.

use std::cell::Cell;
use std::rc::Rc;

use tokio::sync::Notify;

/// Notice to a service: whoever gives it waits for a while until those have left who said that they stay. A service
/// that does not listen is ended at once. Clones are the same; all are of one worker.
#[derive(Clone, Debug, Default)]
pub struct Notice(Rc<State>);

#[derive(Debug, Default)]
struct State {
    is_given: Cell<bool>,
    staying: Cell<usize>,
    changed: Notify,
}

/// Somebody who has something to finish once notice is given.
#[derive(Debug)]
pub struct Stay(Rc<State>);

impl Notice {
    /// Gives it.
    pub fn give(&self) {
        self.0.is_given.set(true);
        self.0.changed.notify_waiters();
    }

    /// Comes back when it is given.
    pub async fn given(&self) {
        self.until(|state| state.is_given.get()).await;
    }

    /// Keeps the giver waiting until this is dropped.
    pub fn stay(&self) -> Stay {
        self.0.staying.set(self.0.staying.get() + 1);
        Stay(Rc::clone(&self.0))
    }

    /// Comes back when nobody stays.
    pub async fn left(&self) {
        self.until(|state| state.staying.get() == 0).await;
    }

    async fn until(&self, is_so: impl Fn(&State) -> bool) {
        while !is_so(&self.0) {
            self.0.changed.notified().await;
        }
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.0.staying.set(self.0.staying.get() - 1);
        self.0.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[test]
    fn who_gives_notice_waits_until_the_last_has_left() {
        let (notice, mut cx) = (Notice::default(), Context::from_waker(Waker::noop()));
        let (one, other) = (notice.stay(), notice.clone().stay());
        let (mut given, mut left) = (pin!(notice.given()), pin!(notice.left()));
        assert_eq!(given.as_mut().poll(&mut cx), Poll::Pending);
        notice.give();
        assert_eq!(given.poll(&mut cx), Poll::Ready(()));
        drop(one);
        assert_eq!(left.as_mut().poll(&mut cx), Poll::Pending);
        drop(other);
        assert_eq!(left.poll(&mut cx), Poll::Ready(()));
    }
}
