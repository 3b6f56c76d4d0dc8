//! Which looking up of names was for the sake of which flow: both have the same cause.

use std::collections::BTreeMap;

use toynet_machine::Time;
use toynet_record::FlowCause;

use crate::told::Told;

/// Look-ups that no flow has followed so far, by what caused them.
#[derive(Debug, Default)]
pub(super) struct Lookups(BTreeMap<FlowCause, Vec<Span>>);

/// From the first octet of a question to the last of its answer.
type Span = (Time, Time);

impl Lookups {
    /// Takes note of an answer.
    pub fn hear(&mut self, told: &Told) {
        if let (Some(cause), Some(took)) = (told.cause, told.took()) {
            let spans = self.0.entry(cause).or_default();
            let ended = told.ended();
            let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
            spans.push((Time::from_nanos(ended.nanos().saturating_sub(took)), ended));
            if spans.len() > SPANS {
                spans.remove(0);
            }
        }
        if self.0.len() > CAUSES {
            self.0.pop_first();
        }
    }

    /// The look-ups that were over when a flow with this cause was opened. They are not those of another.
    pub fn before(&mut self, cause: Option<FlowCause>, opened: Time) -> Option<Span> {
        let spans = self.0.remove(&cause?)?;
        let done = spans.into_iter().filter(|(_, ended)| *ended <= opened);
        done.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
    }
}

/// Look-ups for one flow: both families, over both transports, with a few suffixes.
const SPANS: usize = 16;
/// Causes whose flow is yet to come: more than commands and proxied requests that wait at once.
const CAUSES: usize = 1000;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use toynet_record::FlowId;
    use toynet_record::dissect::Role;

    use super::*;
    use crate::testing;
    use crate::told::What;

    #[test]
    fn a_flow_is_told_of_the_look_ups_that_were_over_when_it_was_opened_and_no_other_is() {
        let mut lookups = Lookups::default();
        for (cause, ended, took) in [(1, 30, 20), (1, 25, 5), (1, 41, 31), (2, 30, 1)] {
            lookups.hear(&answer(Some(a_cause(cause)), ended, took));
        }
        lookups.hear(&answer(None, 30, 1));
        assert_eq!(lookups.before(None, at(40)), None);
        assert_eq!(lookups.before(Some(a_cause(1)), at(40)), Some((at(10), at(30))));
        assert_eq!(lookups.before(Some(a_cause(1)), at(50)), None);
    }

    #[test]
    fn only_so_many_are_kept() {
        let mut lookups = Lookups::default();
        (0..2 * CAUSES as u64).for_each(|cause| lookups.hear(&answer(Some(a_cause(cause)), 2, 1)));
        (0..2 * SPANS).for_each(|_| lookups.hear(&answer(Some(a_cause(5000)), 2, 1)));
        assert_eq!((lookups.0.len(), lookups.0[&a_cause(5000)].len()), (CAUSES, SPANS));
    }

    fn answer(cause: Option<FlowCause>, ended: u64, took: u64) -> Told {
        let mut told = testing::told(1, 1, "A www.shop.test");
        if let What::Message { message, took: span } = &mut told.what {
            (message.role, message.lasted) = (Role::Answer, Duration::from_secs(1));
            *span = Some(Duration::from_secs(took));
        }
        Told { cause, time: at(ended - 1), ..told }
    }

    fn a_cause(flow: u64) -> FlowCause {
        FlowCause { flow: FlowId(flow), exchange: 1 }
    }

    fn at(seconds: u64) -> Time {
        Time::from_secs(seconds)
    }
}
