//! What passed between hosts, as it was seen: the record and what reads it. No I/O.
//!
//! Written on the hot path:
//! - [`flow`]: the words: ends, sides, causes, transports
//! - [`entry`]: one thing that was seen, as bytes and back
//! - [`keep`]: how much of a stream is kept, and where the holes are
//! - [`ledger`]: a worker's buffer of entries, with a quota for each service
//!
//! Read later:
//! - [`reader`]: entries of all workers, ordered and joined into flows
//! - [`dissect`]: the contract of what turns a flow's bytes into messages; [`command`]: what a person typed
//! - [`export`]: the contract of what writes exchanges in a form of others
//! - [`journal`]: a whole record as one value; [`file`](mod@crate::file): as a file
//! - [`alert`]: what TLS says when it fails, in words
#![forbid(unsafe_code)]

pub mod alert;
pub mod command;
pub mod dissect;
pub mod entry;
pub mod export;
pub mod file;
pub mod flow;
pub mod journal;
pub mod keep;
pub mod ledger;
pub mod reader;

pub use dissect::{Dissector, Message};
pub use entry::{Entry, Seen};
pub use export::Export;
pub use flow::{Cause, Closing, Direction, EndId, FlowId, Side, Transport};
pub use journal::{Journal, Roster};
pub use keep::Keep;
pub use ledger::{Batch, Cursor, Ledger, Piece, Quota, StripId};
pub use reader::{Event, Flow, FlowCause, Party, Reader};
