//! What a server says.

use crate::wire::auth;
use crate::wire::content::ContentFault;
use crate::wire::line::LineFault;
use crate::wire::reply::{Enhanced, Reply};

/// The mail was taken into the care of this server under an identifier.
pub fn queued(id: &str) -> Reply {
    Reply::new(250, Enhanced(2, 0, 0), format!("queued as {id}"))
}

/// The sender may go on.
pub fn sender_ok() -> Reply {
    Reply::new(250, Enhanced(2, 1, 0), "sender ok")
}

/// The recipient was noted.
pub fn recipient_ok() -> Reply {
    Reply::new(250, Enhanced(2, 1, 5), "recipient ok")
}

/// There is no such mailbox in a domain of this server.
pub fn no_such_mailbox(mailbox: &str) -> Reply {
    Reply::new(550, Enhanced(5, 1, 1), format!("there is no mailbox {mailbox} here"))
}

/// The mail is neither for here nor from here.
pub fn no_relay(domain: &str) -> Reply {
    Reply::new(550, Enhanced(5, 7, 1), format!("no mail is relayed to {domain} for you"))
}

/// Nothing can be stored; the client keeps the mail and tries again.
pub fn cannot_store() -> Reply {
    Reply::new(451, Enhanced(4, 3, 0), "the mail could not be stored; try again later")
}

/// The disk or the queue is full (RFC 3463 3.4); the client keeps the mail and tries again.
pub fn no_room() -> Reply {
    Reply::new(452, Enhanced(4, 3, 1), "there is no room for the mail; try again later")
}

/// Mail goes in circles (RFC 5321 6.3).
pub fn loops() -> Reply {
    Reply::new(554, Enhanced(5, 4, 6), "the mail has been through too many servers; it loops")
}

/// The user is known now.
pub fn known() -> Reply {
    Reply::new(235, Enhanced(2, 7, 0), "welcome")
}

/// Name or password are wrong; which of them is nobody's business.
pub fn wrong_password() -> Reply {
    Reply::new(535, Enhanced(5, 7, 8), "there is no such user with such a password")
}

/// Mail is submitted here by those who are known (RFC 6409 section 4.3).
pub fn needs_auth() -> Reply {
    Reply::new(530, Enhanced(5, 7, 0), "say who you are first, with AUTH")
}

pub(super) fn begin_tls() -> Reply {
    Reply::new(220, Enhanced(2, 0, 0), "begin TLS")
}

pub(super) fn no_tls() -> Reply {
    Reply::new(454, Enhanced(4, 7, 0), "there is no certificate for TLS here")
}

pub(super) fn no_users() -> Reply {
    Reply::new(502, Enhanced(5, 5, 1), "there are no users here")
}

pub(super) fn auth_needs_tls() -> Reply {
    Reply::new(538, Enhanced(5, 7, 11), "say STARTTLS first; passwords are not for whoever listens")
}

pub(super) fn unknown_mechanism() -> Reply {
    Reply::new(504, Enhanced(5, 5, 4), "the mechanisms are PLAIN and LOGIN")
}

pub(super) fn challenge(text: &str) -> Reply {
    Reply::plain(334, auth::encoded(text.as_bytes()))
}

pub(super) fn login_cancelled() -> Reply {
    Reply::new(501, Enhanced(5, 7, 0), "as you wish")
}

pub(super) fn no_base64() -> Reply {
    Reply::new(501, Enhanced(5, 5, 2), "that is no base64")
}

pub(super) fn no_credentials() -> Reply {
    Reply::new(501, Enhanced(5, 5, 2), "that is no name and password")
}

pub(super) fn done() -> Reply {
    Reply::new(250, Enhanced(2, 0, 0), "ok")
}

pub(super) fn out_of_order(what: &str) -> Reply {
    Reply::new(503, Enhanced(5, 5, 1), what)
}

pub(super) fn no_recipients() -> Reply {
    Reply::new(554, Enhanced(5, 5, 1), "there are no valid recipients")
}

pub(super) fn too_many_recipients() -> Reply {
    Reply::new(452, Enhanced(4, 5, 3), "too many recipients; send the others in a mail of their own")
}

pub(super) fn too_large(largest: u64) -> Reply {
    Reply::new(552, Enhanced(5, 3, 4), format!("a message has at most {largest} octets"))
}

pub(super) fn needs_smtputf8(code: u16) -> Reply {
    Reply::new(code, Enhanced(5, 6, 7), "an address beyond ASCII needs SMTPUTF8 in MAIL")
}

pub(super) fn cannot_verify() -> Reply {
    Reply::new(252, Enhanced(2, 1, 5), "send mail and see")
}

pub(super) fn no_lists() -> Reply {
    Reply::new(502, Enhanced(5, 5, 1), "there are no lists")
}

pub(super) fn help() -> Reply {
    Reply::new(
        214,
        Enhanced(2, 0, 0),
        "EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT (RFC 5321)",
    )
}

pub(super) fn bye() -> Reply {
    Reply::new(221, Enhanced(2, 0, 0), "bye")
}

pub(super) fn go_on() -> Reply {
    Reply::plain(354, "end the mail with a line that is a single dot")
}

pub(super) fn chunk_ok(octets: u64) -> Reply {
    Reply::new(250, Enhanced(2, 0, 0), format!("{octets} octets"))
}

pub(super) fn too_slow() -> Reply {
    Reply::new(421, Enhanced(4, 4, 2), "you took too long")
}

pub(super) fn too_many_mistakes() -> Reply {
    Reply::new(421, Enhanced(4, 7, 0), "too many mistakes")
}

pub(super) fn closing(why: &str) -> Reply {
    Reply::new(421, Enhanced(4, 3, 2), why)
}

pub(super) fn line_fault(fault: LineFault) -> Reply {
    Reply::new(500, Enhanced(5, 5, 2), fault.to_string())
}

pub(super) fn content_fault(fault: ContentFault) -> Reply {
    match fault {
        ContentFault::TooLarge(largest) => too_large(largest),
        ContentFault::BareLf(_) | ContentFault::BareCr(_) | ContentFault::LongLine(_) => {
            Reply::new(554, Enhanced(5, 6, 0), fault.to_string())
        }
    }
}
