//! The contract of what writes exchanges down in a form of others, for programs that know that form.

use toynet_machine::Time;

use crate::dissect::Message;
use crate::reader::Flow;

/// Writes exchanges of one protocol in a form of others.
pub trait Export {
    /// Takes an exchange that is over, and appends to `out` what can be written by then.
    fn exchange(&mut self, exchange: &Exchange<'_>, out: &mut Vec<u8>);

    /// Appends the rest: after it the form is complete.
    fn finish(&mut self, out: &mut Vec<u8>);

    /// What became of the exchanges so far.
    fn account(&self) -> Account;
}

/// An exchange from its request on. Its messages were dissected with [`whole`](crate::dissect::FlowInfo::whole).
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// In which flow.
    pub flow: &'a Flow,
    /// When TLS began there; none when all of it is clear.
    pub secured: Option<Time>,
    /// When the looking up of names for its sake began, and when that was done; of no exchange but the first of a flow.
    pub looked_up: Option<(Time, Time)>,
    /// What was said in it, in the order in which it was understood: there is a request among it.
    pub messages: &'a [Message],
    /// How many messages behind these were too many to be kept.
    pub left_out: u64,
    /// Why there is no answer, or not all that followed on it, in words.
    pub failure: Option<&'a str>,
}

/// What became of exchanges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Those that were written.
    pub written: u64,
    /// Contents among these that are not whole.
    pub cut: u64,
    /// Those that the form has no place for, or that could not be read.
    pub left_out: u64,
    /// Whether fields with secrets were among them.
    pub has_secrets: bool,
}
