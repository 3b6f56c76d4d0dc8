//! One thing that a person is told.

use std::borrow::Cow;
use std::rc::Rc;
use std::time::Duration;

use toynet_machine::Time;
use toynet_record::dissect::{Message, Note, Role};
use toynet_record::{Closing, Flow, FlowCause, Party, Side, Transport};

use crate::words::grouped;

/// A message, or something that happened to a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its number among all messages of the record, from 1: the same in every view. What is no message has 0.
    pub number: u64,
    /// In which flow.
    pub flow: Rc<Flow>,
    /// What is spoken there; what carries the flow where no dissector knows it.
    pub protocol: &'static str,
    /// Whether it went over TLS.
    pub secured: bool,
    /// The exchange that it belongs to, from 1; 0 when it belongs to none.
    pub exchange: u64,
    /// The exchange for whose sake this one was begun.
    pub cause: Option<FlowCause>,
    /// When it began.
    pub time: Time,
    /// Who spoke, or whose doing it was.
    pub by: Side,
    /// What.
    pub what: What,
}

/// What can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// One side said something.
    Message {
        /// What was said. Its exchange is the one of [`Told`].
        message: Message,
        /// An answer: from the first octet of its request to the last of its own.
        took: Option<Duration>,
    },
    /// Something happened to the flow.
    Happening(Happening),
}

/// What can happen to a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// It ended badly; `how` is never `Finished`.
    Closed {
        /// In which way.
        how: Closing,
    },
    /// It ended, or fell silent, and the exchange had no answer.
    Unanswered,
    /// It ended before the exchange did, and it was not the acceptor who owed a word.
    Abandoned,
    /// The lab did something on purpose.
    Fault {
        /// What, in a word or two.
        what: String,
    },
    /// What is said from here on went over TLS.
    Secured {
        /// Version, suite, ALPN and name.
        terms: String,
    },
    /// What is said from here on is inside TLS and is not known.
    Shut {
        /// What of its terms shows from outside, and why it is not opened.
        terms: String,
    },
    /// TLS was expected and did not come to be, or was given up.
    Unsecured {
        /// Why, with the alert's name.
        why: String,
    },
    /// Octets passed that were not kept.
    Hole {
        /// How many.
        length: u64,
    },
    /// It ended, and no dissector knew what was spoken.
    Passed {
        /// Octets of the initiator.
        there: u64,
        /// Octets of the acceptor.
        back: u64,
    },
    /// What was said before is gone.
    JoinedLate,
}

impl Told {
    /// The exchange that it belongs to, in a form that other exchanges name as their cause.
    pub fn key(&self) -> Option<FlowCause> {
        (self.exchange > 0).then_some(FlowCause { flow: self.flow.id, exchange: self.exchange })
    }

    /// Whether nothing more is to come in its exchange.
    pub fn ends_exchange(&self) -> bool {
        match &self.what {
            What::Message { message, .. } => message.role == Role::Answer,
            What::Happening(happening) => happening.is_failure() || *happening == Happening::Abandoned,
        }
    }

    /// Whether it reports a failure.
    pub fn failed(&self) -> bool {
        match &self.what {
            What::Message { message, .. } => message.failed,
            What::Happening(happening) => happening.is_failure(),
        }
    }

    /// How long an answer took.
    pub fn took(&self) -> Option<Duration> {
        match &self.what {
            What::Message { took, .. } => *took,
            What::Happening(_) => None,
        }
    }

    /// When the last of it was there.
    pub(crate) fn ended(&self) -> Time {
        match &self.what {
            What::Message { message, .. } => self.time + message.lasted,
            What::Happening(_) => self.time,
        }
    }

    /// What breaks a rule in it.
    pub fn faults(&self) -> &[String] {
        match &self.what {
            What::Message { message, .. } => &message.faults,
            What::Happening(_) => &[],
        }
    }

    /// What it means, part by part, where that was asked for.
    pub fn notes(&self) -> &[Note] {
        match &self.what {
            What::Message { message, .. } => &message.notes,
            What::Happening(_) => &[],
        }
    }

    /// It in words. They hold what peers sent: clean them before a terminal sees them.
    pub fn words(&self, secrets: bool) -> Cow<'_, str> {
        match &self.what {
            What::Message { message, .. } if secrets || message.secrets.is_empty() => Cow::Borrowed(&message.summary),
            What::Message { message, .. } => Cow::Owned(message.redacted()),
            What::Happening(happening) => happening.words(&self.flow),
        }
    }

    /// What is spoken, as people call it: with an `s` where it went over TLS, as in `https` and `smtps`.
    pub fn spoken(&self) -> Cow<'static, str> {
        match (&self.what, self.secured) {
            (What::Message { .. }, true) => Cow::Owned(format!("{}s", self.protocol)),
            (What::Message { .. } | What::Happening(_), _) => Cow::Borrowed(self.protocol),
        }
    }

    /// Who spoke and to whom.
    pub fn parties(&self) -> (&Party, &Party) {
        match self.by {
            Side::Initiator => (&self.flow.initiator, &self.flow.acceptor),
            Side::Acceptor => (&self.flow.acceptor, &self.flow.initiator),
        }
    }

    /// The names of who spoke and to whom. A client that is no host of the lab is `you`; a server that
    /// is none has only an address.
    pub fn names(&self) -> (Cow<'_, str>, Cow<'_, str>) {
        let (initiator, acceptor) = (initiator_name(&self.flow), acceptor_name(&self.flow));
        match self.by {
            Side::Initiator => (initiator, acceptor),
            Side::Acceptor => (acceptor, initiator),
        }
    }
}

impl Happening {
    /// One word for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Happening::Closed { how } => match how {
                Closing::Finished => "finished",
                Closing::Reset => "reset",
                Closing::Refused => "refused",
                Closing::TimedOut => "timed_out",
                Closing::Unreachable => "unreachable",
                Closing::Failed => "failed",
            },
            Happening::Unanswered => "unanswered",
            Happening::Abandoned => "abandoned",
            Happening::Fault { .. } => "fault",
            Happening::Secured { .. } => "secured",
            Happening::Shut { .. } => "shut",
            Happening::Unsecured { .. } => "unsecured",
            Happening::Hole { .. } => "hole",
            Happening::Passed { .. } => "passed",
            Happening::JoinedLate => "joined_late",
        }
    }

    /// Whether it is a failure; an end in good order is none.
    pub(crate) fn is_bad(&self) -> bool {
        self.is_failure() && *self != Happening::Closed { how: Closing::Finished }
    }

    fn is_failure(&self) -> bool {
        match self {
            Happening::Closed { .. } | Happening::Unanswered | Happening::Unsecured { .. } => true,
            Happening::Abandoned
            | Happening::Fault { .. }
            | Happening::Secured { .. }
            | Happening::Shut { .. }
            | Happening::Hole { .. }
            | Happening::Passed { .. }
            | Happening::JoinedLate => false,
        }
    }

    /// It in words, where it happens to `flow`.
    pub(crate) fn words(&self, flow: &Flow) -> Cow<'_, str> {
        Cow::Owned(match self {
            Happening::Closed { how } => return Cow::Owned(closing(*how, flow)),
            Happening::Unanswered => return Cow::Borrowed("no answer"),
            Happening::Abandoned => return Cow::Borrowed("left unfinished"),
            Happening::Fault { what } => format!("fault: {what}"),
            Happening::Secured { terms } | Happening::Shut { terms } => return Cow::Borrowed(terms),
            Happening::Unsecured { why } => format!("no TLS: {why}"),
            Happening::Hole { length } => format!("{} not kept", octets(*length)),
            Happening::Passed { there, back } => format!("{} there, {} back", octets(*there), octets(*back)),
            Happening::JoinedLate => return Cow::Borrowed("joined late: what was said before is gone"),
        })
    }
}

/// What a flow's client is called.
pub(crate) fn initiator_name(flow: &Flow) -> Cow<'_, str> {
    named(&flow.initiator).unwrap_or(Cow::Borrowed("you"))
}

/// What a flow's server is called. What a person typed is said to nobody else.
pub(crate) fn acceptor_name(flow: &Flow) -> Cow<'_, str> {
    if flow.transport == Transport::Command {
        return initiator_name(flow);
    }
    named(&flow.acceptor).unwrap_or_else(|| Cow::Owned(flow.acceptor.address.ip().to_string()))
}

/// What carries a flow, in a word.
pub(crate) fn transport_name(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
        Transport::Quic => "quic",
        Transport::Command => "command",
    }
}

fn named(party: &Party) -> Option<Cow<'_, str>> {
    party.host.as_deref().map(Cow::Borrowed)
}

fn closing(how: Closing, flow: &Flow) -> String {
    let server = flow.acceptor.address;
    match how {
        Closing::Finished => "closed".to_owned(),
        Closing::Reset => "connection reset".to_owned(),
        Closing::Refused if matches!(flow.transport, Transport::Udp | Transport::Quic) => {
            format!("port {} unreachable", server.port())
        }
        Closing::Refused => format!("connection refused at port {}", server.port()),
        Closing::TimedOut => "timed out".to_owned(),
        Closing::Unreachable => format!("{} is unreachable", server.ip()),
        Closing::Failed => "connection failed".to_owned(),
    }
}

fn octets(number: u64) -> String {
    format!("{} {}", grouped(number), if number == 1 { "octet" } else { "octets" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_client_that_is_no_host_is_you_and_a_server_that_is_none_is_its_address() {
        let told = testing::told(1, 1, "A www.shop.test");
        assert_eq!(told.names(), ("you".into(), "ns.shop.test".into()));
        let mut flow = Flow::clone(&told.flow);
        flow.acceptor.host = None;
        let told = Told { flow: Rc::new(flow), by: Side::Acceptor, ..told };
        assert_eq!(told.names(), ("198.18.0.2".into(), "you".into()));
    }

    #[test]
    fn what_happens_is_said_in_words() {
        let flow = Flow::clone(&testing::told(1, 1, "A www.shop.test").flow);
        let refused = Happening::Closed { how: Closing::Refused };
        assert_eq!(refused.words(&flow), "port 53 unreachable");
        assert_eq!(Happening::Hole { length: 1 }.words(&flow), "1 octet not kept");
        assert_eq!(Happening::Passed { there: 1024, back: 0 }.words(&flow), "1,024 octets there, 0 octets back");
        let flow = Flow { transport: Transport::Tcp, ..flow };
        assert_eq!(refused.words(&flow), "connection refused at port 53");
    }
}
