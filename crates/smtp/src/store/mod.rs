//! Where mails are kept: those in this server's care, and those that have come to rest in a mailbox.
//!
//! - [`memory`]: nothing outlives the process
//! - [`disk`]: the queue in a [`journal`], mailboxes as [`maildir`]s, to which mails go in [`rounds`]

pub mod disk;
pub mod journal;
pub mod maildir;
pub mod memory;
pub mod rounds;

use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use toynet_net::LocalFuture;
use toynet_net::local::private;

pub use disk::Disk;
pub use memory::Memory;

use crate::queue::{Mail, Record};
use crate::wire::Content;

/// Mails by name, in the order of the names.
pub type Mails = Vec<(String, Vec<u8>)>;

/// A place for mails, shared by all workers of a host.
pub trait Store: Debug + Send + Sync {
    /// Writes down what happened to the queue. When this is done it is kept, whatever may crash; before, and
    /// when it fails, nobody may be told that it is.
    ///
    /// # Errors
    /// As the medium says.
    fn keep(&self, records: Vec<Record>) -> LocalFuture<'_, io::Result<()>>;

    /// Takes over the mails that are in nobody's hands: those that an earlier process left, and those
    /// that were given back.
    fn adopt(&self) -> Vec<Mail>;

    /// Gives mails back that nobody will look after any more.
    fn release(&self, mails: Vec<Mail>);

    /// Puts a mail into a mailbox, which is made when there is none. The same mail put there again under
    /// the same name is there once.
    ///
    /// # Errors
    /// As the medium says.
    fn put<'a>(&'a self, mailbox: &'a str, name: &'a str, content: Content) -> LocalFuture<'a, io::Result<()>>;

    /// The mails in a mailbox. None where there is no mailbox.
    ///
    /// # Errors
    /// As the medium says.
    fn read<'a>(&'a self, mailbox: &'a str) -> LocalFuture<'a, io::Result<Mails>>;
}

/// Makes a file that only its owner reads, in the place of any that is there.
fn create(path: &Path) -> io::Result<File> {
    private(OpenOptions::new().write(true).create(true).truncate(true)).open(path)
}
