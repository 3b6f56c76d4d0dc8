//! Octets to values and back.
//!
//! - [`mod@line`]: lines that end with CR LF and with nothing else
//! - [`path`]: reverse-paths, forward-paths, mailboxes, domains
//! - [`parameter`]: what may follow a path
//! - [`command`]: what a client says; [`reply`]: what a server says; [`auth`]: what both say of who the client is
//! - [`extension`]: what a server announces after EHLO
//! - [`data`]: a message's content, dot-stuffed; [`content`]: the content itself
//! - [`exchange`]: how commands are counted, the same in every reader

pub mod auth;
pub mod command;
pub mod content;
pub mod data;
pub mod exchange;
pub mod extension;
pub mod line;
pub mod parameter;
pub mod path;
pub mod reply;

pub use command::{Command, CommandFault};
pub use content::{Content, ContentFault};
pub use data::DataReader;
pub use extension::Extensions;
pub use line::{LineFault, LineReader};
pub use parameter::{Body, MailParameters, Notify, RcptParameters, Returned};
pub use path::{Domain, ForwardPath, Mailbox, ReversePath};
pub use reply::{Enhanced, Reply};
