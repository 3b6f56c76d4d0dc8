//! The content of an answer, in whichever version it comes.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::answer::Answer;
use super::failure::Failure;
use super::{one, three};

/// The content of an answer, in whichever version.
#[derive(Debug)]
pub enum Content {
    /// Over HTTP/1.x.
    One(Box<one::Incoming>),
    /// Over HTTP/2.
    Two(Incoming),
    /// Over HTTP/3.
    Three(Box<three::Incoming>),
}

impl<C: Into<Content>> Answer<C> {
    /// The same, told apart from those of other versions.
    pub fn in_any(self) -> Answer<Content> {
        Answer { head: self.head, content: self.content.into() }
    }
}

impl From<one::Incoming> for Content {
    fn from(incoming: one::Incoming) -> Self {
        Content::One(Box::new(incoming))
    }
}

impl From<Incoming> for Content {
    fn from(incoming: Incoming) -> Self {
        Content::Two(incoming)
    }
}

impl From<three::Incoming> for Content {
    fn from(incoming: three::Incoming) -> Self {
        Content::Three(Box::new(incoming))
    }
}

impl Content {
    /// The next piece; nothing at the end.
    ///
    /// # Errors
    /// When the end does not come.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Failure> {
        match self {
            Content::One(incoming) => incoming.piece().await,
            Content::Three(incoming) => incoming.piece().await,
            Content::Two(incoming) => loop {
                let Some(frame) = incoming.frame().await else { return Ok(None) };
                if let Ok(octets) = frame.map_err(|error| Failure::of_two(&error))?.into_data()
                    && !octets.is_empty()
                {
                    return Ok(Some(octets));
                }
            },
        }
    }
}
