//! Which of all that was told is shown.

use std::collections::{BTreeMap, VecDeque};

use toynet_machine::Time;
use toynet_record::{FlowCause, FlowId, Party};

use crate::told::Told;

/// What to show. Of each kind one must fit where any is given, of the words all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Select {
    /// Names of hosts, whole or without labels at either end: `www.shop.test`, `www`, `shop.test`, `you`; or addresses.
    pub hosts: Vec<String>,
    /// What is spoken: `dns`, `tls`.
    pub protocols: Vec<String>,
    /// Flows, each with all that it caused.
    pub flows: Vec<FlowId>,
    /// Nothing earlier than this.
    pub since: Option<Time>,
    /// What must stand in the line, in any case of letters.
    pub words: Vec<String>,
}

impl Select {
    /// Whether a host's name is one of `hosts`.
    pub fn names(wanted: &str, host: &str) -> bool {
        let (wanted, host) = (wanted.to_lowercase(), host.to_lowercase());
        let rest = host.strip_prefix(&wanted).or_else(|| host.strip_suffix(&wanted));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.ends_with('.'))
    }
}

/// Lets through what is selected.
#[derive(Debug, Default)]
pub(crate) struct Sieve {
    select: Select,
    secrets: bool,
    /// For whose sake exchanges were begun, as far as that is of use.
    causes: BTreeMap<FlowCause, FlowCause>,
    order: VecDeque<FlowCause>,
    is_bounded: bool,
}

impl Sieve {
    pub fn new(select: Select, secrets: bool) -> Self {
        let words = select.words.iter().map(|word| word.to_lowercase()).collect();
        let select = Select { words, ..select };
        Self { select, secrets, is_bounded: true, ..Self::default() }
    }

    /// A whole record is read: nothing may be forgotten.
    pub fn remember_all(&mut self) {
        self.is_bounded = false;
    }

    /// Whether more than one look at a record is needed to select from it: what a flow caused may be told
    /// before what caused it.
    pub fn needs_causes(&self) -> bool {
        !self.select.flows.is_empty()
    }

    /// Takes note of why it was begun.
    pub fn learn(&mut self, told: &Told) {
        let (true, Some(key), Some(cause)) = (self.needs_causes(), told.key(), told.cause) else { return };
        if self.causes.insert(key, cause).is_none() && self.is_bounded {
            self.order.push_back(key);
        }
        if self.order.len() > REMEMBERED {
            self.order.pop_front().and_then(|oldest| self.causes.remove(&oldest));
        }
    }

    /// Whether it is to be shown.
    pub fn passes(&mut self, told: &Told) -> bool {
        self.learn(told);
        let Select { hosts, protocols, since, words, .. } = &self.select;
        since.is_none_or(|since| told.time >= since)
            && (protocols.is_empty() || protocols.iter().any(|wanted| wanted.eq_ignore_ascii_case(told.protocol)))
            && (hosts.is_empty() || hosts.iter().any(|wanted| self.concerns(told, wanted)))
            && self.is_in_flows(told)
            && (words.is_empty() || self.has_words(told))
    }

    fn concerns(&self, told: &Told, wanted: &str) -> bool {
        let is_address = |party: &Party| party.address.ip().to_string() == wanted;
        let ((from, to), (from_party, to_party)) = (told.names(), told.parties());
        Select::names(wanted, &from) || Select::names(wanted, &to) || is_address(from_party) || is_address(to_party)
    }

    fn is_in_flows(&self, told: &Told) -> bool {
        let wanted = |flow: FlowId| self.select.flows.contains(&flow);
        let mut above = told.cause;
        if self.select.flows.is_empty() || wanted(told.flow.id) {
            return true;
        }
        for _ in 0..DEPTH {
            match above {
                Some(cause) if wanted(cause.flow) => return true,
                Some(cause) => above = self.causes.get(&cause).copied(),
                None => return false,
            }
        }
        false
    }

    fn has_words(&self, told: &Told) -> bool {
        let (from, to) = told.names();
        let line = format!("{from} {to} {} {}", told.protocol, told.words(self.secrets)).to_lowercase();
        self.select.words.iter().all(|word| line.contains(word))
    }
}

/// Exchanges of which a log that goes on knows the causes; some 60 octets each.
const REMEMBERED: usize = 64 * 1024;
/// As deep as exchanges are shown below each other.
const DEPTH: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{answer, told};

    #[test]
    fn a_host_may_be_named_by_its_labels() {
        for wanted in ["www.shop.test", "WWW", "shop.test", "test", "www.shop"] {
            assert!(Select::names(wanted, "www.shop.test"), "{wanted}");
        }
        for wanted in ["ww", "hop.test", "www.shop.test.", "shop"] {
            assert!(!Select::names(wanted, "www.shop.test"), "{wanted}");
        }
    }

    #[test]
    fn of_each_kind_one_must_fit_and_of_the_words_all() {
        let passes = |select: Select| Sieve::new(select, false).passes(&answer(3, 1, "NOERROR 198.18.0.1 aa"));
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert!(passes(Select::default()));
        assert!(passes(Select { hosts: texts(&["www", "you"]), protocols: texts(&["DNS"]), ..Select::default() }));
        assert!(passes(Select { hosts: texts(&["198.18.0.2"]), ..Select::default() }));
        assert!(!passes(Select { hosts: texts(&["you"]), protocols: texts(&["smtp"]), ..Select::default() }));
        assert!(passes(Select { words: texts(&["noerror", "AA", "ns.shop"]), ..Select::default() }));
        assert!(!passes(Select { words: texts(&["noerror", "ad"]), ..Select::default() }));
        assert!(!passes(Select { since: Some(Time::from_secs(2)), ..Select::default() }));
    }

    #[test]
    fn a_flow_comes_with_all_that_it_caused() {
        let mut sieve = Sieve::new(Select { flows: vec![FlowId(1)], ..Select::default() }, false);
        let because = |flow: u64, cause: u64| {
            let cause = Some(FlowCause { flow: FlowId(cause), exchange: 1 });
            Told { cause, ..told(flow, 1, "A") }
        };
        assert!(sieve.passes(&told(1, 1, "A")));
        assert!(sieve.passes(&because(2, 1)));
        assert!(sieve.passes(&because(3, 2)));
        assert!(!sieve.passes(&because(4, 5)));
        assert!(!sieve.passes(&told(5, 1, "A")));
    }

    #[test]
    fn a_secret_cannot_be_found_by_guessing() {
        let mut login = told(1, 1, "AUTH hunter2");
        let crate::told::What::Message { message, .. } = &mut login.what else { panic!("a request is a message") };
        message.secrets.push(5..12);
        let guess = || Select { words: vec!["hunter2".into()], ..Select::default() };
        assert!(!Sieve::new(guess(), false).passes(&login));
        assert!(Sieve::new(guess(), true).passes(&login));
    }
}
