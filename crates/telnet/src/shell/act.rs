//! What is to be done.

use super::command::Kind;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Let the person in under this name, then [`Shell::enter`](super::Shell::enter) or [`Shell::turn_away`](super::Shell::turn_away).
    Enter(String),
    /// Tell who is here.
    Who,
    /// Tell the date.
    Date,
    /// Tell which hosts are worth a visit.
    Hosts,
    /// Say something to all.
    Say(String),
    /// Say something to one.
    Tell {
        /// To whom.
        name: String,
        /// What.
        text: String,
    },
    /// List the board's posts.
    ListPosts,
    /// Show a post of the board.
    ReadPost(u64),
    /// Put a post on the board.
    Post(Draft),
    /// Look up a name.
    Dig {
        /// The name.
        name: String,
        /// What to know of it.
        kind: Kind,
    },
    /// Fetch a page.
    Get(String),
    /// Send a mail.
    Mail {
        /// To which address.
        to: String,
        /// The mail.
        draft: Draft,
    },
    /// End the session.
    Quit,
}

/// A text that a person wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// What it is about.
    pub subject: String,
    /// Its lines, each with its end.
    pub text: String,
}
