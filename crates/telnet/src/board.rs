//! The board: posts that stay for others to read.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use toynet_machine::Time;

#[cfg(feature = "io")]
mod file;

#[cfg(feature = "io")]
pub use file::FileBoard;

/// A post on the board.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
pub struct Post {
    /// Who wrote it.
    pub from: String,
    /// When.
    pub time: Time,
    /// What it is about.
    pub subject: String,
    /// Its lines, each with its end.
    pub text: String,
}

/// Where posts are kept. Sessions on several threads share one.
pub trait Board: fmt::Debug + Send + Sync {
    /// The newest posts with their numbers, oldest first; no more than `most`.
    fn newest(&self, most: usize) -> Vec<(u64, Post)>;

    /// The post with this number, from 1, unless it never was or is gone.
    fn read(&self, number: u64) -> Option<Post>;

    /// Keeps a post; when this is done, it stays. Gives its number.
    ///
    /// # Errors
    /// As the storage says.
    fn post(&self, post: Post) -> Posting<'_>;
}

/// A post on its way to the board.
pub type Posting<'a> = Pin<Box<dyn Future<Output = io::Result<u64>> + 'a>>;

/// A board that lasts as long as the lab. Beyond a thousand posts the oldest are taken down.
#[derive(Debug, Default)]
pub struct MemoryBoard(Mutex<Posts>);

#[derive(Debug, Default)]
struct Posts {
    kept: Vec<Post>,
    gone: u64,
}

impl Board for MemoryBoard {
    fn newest(&self, most: usize) -> Vec<(u64, Post)> {
        self.with(|posts| {
            let first = posts.kept.len().saturating_sub(most);
            let numbers = posts.gone + first as u64 + 1..;
            numbers.zip(posts.kept[first..].iter().cloned()).collect()
        })
    }

    fn read(&self, number: u64) -> Option<Post> {
        self.with(|posts| {
            let place = number.checked_sub(posts.gone + 1)?;
            posts.kept.get(usize::try_from(place).ok()?).cloned()
        })
    }

    fn post(&self, post: Post) -> Posting<'_> {
        Box::pin(std::future::ready(Ok(self.add(post))))
    }
}

impl MemoryBoard {
    /// Keeps a post and gives its number.
    pub fn add(&self, post: Post) -> u64 {
        self.with(|posts| {
            if posts.kept.len() == MOST_POSTS {
                posts.kept.remove(0);
                posts.gone += 1;
            }
            posts.kept.push(post);
            posts.gone + posts.kept.len() as u64
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Posts) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// With 16 KiB each they take 16 MiB at most; nobody reads further back.
const MOST_POSTS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posts_keep_their_numbers_when_old_ones_go() {
        let board = MemoryBoard::default();
        let numbers: Vec<u64> = (0..=MOST_POSTS).map(|number| board.add(post(&number.to_string()))).collect();
        assert_eq!(numbers.last(), Some(&1001));
        assert_eq!(board.read(1), None);
        assert_eq!(board.read(2), Some(post("1")));
        assert_eq!(board.read(1002), None);
        assert_eq!(board.newest(1), [(1001, post("1000"))]);
        assert_eq!(board.newest(5000).len(), MOST_POSTS);
    }

    fn post(subject: &str) -> Post {
        Post { from: "alice".into(), time: Time::default(), subject: subject.into(), text: String::new() }
    }
}
