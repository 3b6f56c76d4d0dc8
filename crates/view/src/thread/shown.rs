//! Exchanges that were shown, to be named by what comes later.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use toynet_record::FlowCause;

use crate::told::Told;

#[derive(Debug, Default)]
pub(super) struct Shown {
    headlines: BTreeMap<FlowCause, Rc<Told>>,
    order: VecDeque<FlowCause>,
}

impl Shown {
    pub fn add(&mut self, key: FlowCause, headline: Rc<Told>) {
        if self.headlines.insert(key, headline).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > REMEMBERED {
            self.order.pop_front().and_then(|oldest| self.headlines.remove(&oldest));
        }
    }

    pub fn get(&self, key: FlowCause) -> Option<Rc<Told>> {
        self.headlines.get(&key).cloned()
    }
}

/// A mail may be tried again long after it came in; some 500 octets each.
const REMEMBERED: usize = 4 * 1024;
