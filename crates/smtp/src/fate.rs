//! What became of a mail for one recipient, and why.

use std::fmt;

use crate::wire::reply::{Enhanced, Outcome, Reply, ReplyFault};

/// What became of it. A mail that is deferred has a future, one that failed has none: its sender is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Another server, or a mailbox, has it now.
    Delivered(Delivery),
    /// Not this time.
    Deferred(Trouble),
    /// Not ever.
    Failed(Trouble),
}

/// Who has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// A server.
    Relayed {
        /// What it answered.
        reply: Reply,
        /// It tells the sender what becomes of it, if they would like to hear (RFC 3461 5.2.2).
        notifies: bool,
    },
    /// A mailbox of this host.
    Mailbox(String),
}

/// Why it was not delivered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The server said so.
    #[error("{by} said to {to}: {reply}")]
    PeerSaid {
        /// The server's host.
        by: String,
        /// What it answered.
        to: &'static str,
        /// The answer.
        reply: Reply,
    },
    /// The server said what is not SMTP.
    #[error("{by} does not speak SMTP: {fault}")]
    PeerNonsense {
        /// The server's host.
        by: String,
        /// What is wrong.
        fault: ReplyFault,
    },
    /// The server closed the connection before it had answered.
    #[error("{0} broke off")]
    PeerLeft(String),
    /// The server took longer than RFC 5321 4.5.3.2 gives it.
    #[error("{0} did not answer in time")]
    PeerTooSlow(String),
    /// The server knows no SMTPUTF8, and an address goes beyond ASCII.
    #[error("{0} takes no address beyond ASCII")]
    PeerLacksSmtputf8(String),
    /// The server knows no 8BITMIME, and the message goes beyond ASCII.
    #[error("{0} takes no message beyond ASCII")]
    PeerLacksEightBit(String),
    /// The server knows no BDAT, and it was to be used.
    #[error("{0} takes no chunks")]
    PeerLacksChunking(String),
    /// The server said beforehand that it takes no message as large.
    #[error("{0} takes no message of more than {1} octets")]
    PeerTooSmall(String, u64),
    /// No exchanger can be connected to.
    #[error("{0} cannot be reached: {1}")]
    NetworkUnreachable(String, String),
    /// Nobody could say where the domain's mail goes.
    #[error("the exchangers of {0} are not known: {1}")]
    NetworkNoAnswer(String, String),
    /// There is no such domain.
    #[error("there is no domain {0}")]
    PeerNoDomain(String),
    /// The domain takes no mail (RFC 7505).
    #[error("{0} takes no mail")]
    PeerNullExchanger(String),
    /// The best exchanger of the domain is this host, which does not take its mail.
    #[error("mail for {0} loops back to this host")]
    PeerLoopsBack(String),
    /// The domain has no exchangers or addresses that mail can go to.
    #[error("mail for {0} can be sent nowhere")]
    PeerNoRoute(String),
    /// There is no such mailbox here.
    #[error("there is no mailbox {0} here")]
    LocalNoMailbox(String),
    /// The mailbox cannot be written.
    #[error("the mailbox {0} cannot be written: {1}")]
    LocalStore(String, String),
}

impl Fate {
    /// What a server's answer to a command makes of it.
    pub fn of_reply(by: &str, to: &'static str, reply: Reply) -> Self {
        let outcome = reply.outcome();
        let trouble = Trouble::PeerSaid { by: by.to_owned(), to, reply };
        match outcome {
            Outcome::PermanentFailure => Fate::Failed(trouble),
            // A server that asks for more, or is content, where it may not be: perhaps not the next time.
            Outcome::TransientFailure | Outcome::Intermediate | Outcome::Completed => Fate::Deferred(trouble),
        }
    }

    /// A status for a notification (RFC 3464 2.3.4).
    pub fn status(&self) -> Enhanced {
        match self {
            Fate::Delivered(_) => Enhanced(2, 0, 0),
            Fate::Deferred(trouble) => trouble.status(4),
            Fate::Failed(trouble) => trouble.status(5),
        }
    }
}

impl Trouble {
    /// The status (RFC 3463), in a class where the server named none.
    pub fn status(&self, class: u8) -> Enhanced {
        let (subject, detail) = match self {
            Trouble::PeerSaid { reply, .. } => {
                return reply.enhanced.unwrap_or(Enhanced(class, 0, 0));
            }
            Trouble::PeerNonsense { .. } => (5, 0),
            Trouble::PeerLeft(_) | Trouble::PeerTooSlow(_) => (4, 2),
            Trouble::PeerLacksSmtputf8(_) => (6, 7),
            Trouble::PeerLacksEightBit(_) => (6, 3),
            Trouble::PeerLacksChunking(_) => (5, 1),
            Trouble::PeerTooSmall(..) => (3, 4),
            Trouble::NetworkUnreachable(..) => (4, 1),
            Trouble::NetworkNoAnswer(..) => (4, 3),
            Trouble::PeerNoDomain(_) => (1, 2),
            Trouble::PeerNullExchanger(_) => (1, 10),
            Trouble::PeerLoopsBack(_) => (4, 6),
            Trouble::PeerNoRoute(_) => (4, 4),
            Trouble::LocalNoMailbox(_) => (1, 1),
            Trouble::LocalStore(..) => (3, 0),
        };
        Enhanced(class, subject, detail)
    }

    /// The answer behind it, if a server gave one, and by whom.
    pub fn reply(&self) -> Option<(&str, &Reply)> {
        match self {
            Trouble::PeerSaid { by, reply, .. } => Some((by, reply)),
            _ => None,
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fate::Delivered(Delivery::Relayed { reply, .. }) => write!(f, "relayed: {reply}"),
            Fate::Delivered(Delivery::Mailbox(name)) => write!(f, "delivered to mailbox {name}"),
            Fate::Deferred(trouble) => write!(f, "deferred: {trouble}"),
            Fate::Failed(trouble) => write!(f, "failed: {trouble}"),
        }
    }
}
