//! A generator that goes on where it was.

use std::cell::RefCell;

use toynet_machine::Random;
use toynet_net::Host;

/// The lab's chance for one purpose, drawn from again and again.
#[derive(Debug, Default)]
pub(super) struct Chance(RefCell<Option<Random>>);

impl Chance {
    /// Draws; the first time decides whose chance it is.
    pub fn draw<T>(&self, host: &Host, what: &str, draw: impl FnOnce(&mut Random) -> T) -> T {
        draw(self.0.borrow_mut().get_or_insert_with(|| host.random(what)))
    }
}
