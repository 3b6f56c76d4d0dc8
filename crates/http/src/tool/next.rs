//! What is asked first, and where an answer leads.

use super::wish::Wish;
use crate::client::answer::AnswerHead;
use crate::client::failure::Failure;
use crate::client::url::Url;

/// What is asked next.
pub(super) struct Next {
    pub url: Url,
    pub method: String,
    pub carries: bool,
}

impl Next {
    /// Whether it does no harm to send it twice (RFC 9110 9.2.2).
    pub fn may_be_repeated(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS") && !self.carries
    }
}

/// Where an answer leads, if redirections are followed and it is one (RFC 9110 15.4).
pub(super) fn redirection(wish: &Wish, asked: &Next, head: &AnswerHead) -> Result<Option<Next>, Failure> {
    let Some(location) = head.text("location").filter(|_| wish.follows.is_some()) else { return Ok(None) };
    let method = match (head.status, asked.method.as_str()) {
        (status @ (301..=303), "POST") if wish.keeps_post.contains(&status) => "POST",
        (301 | 302, "POST") => "GET",
        (303, "HEAD") => "HEAD",
        (303, _) => "GET",
        (301 | 302 | 307 | 308, same) => same,
        _ => return Ok(None),
    };
    let carries = asked.carries && method == asked.method;
    Ok(Some(Next { url: asked.url.join(location)?, method: method.to_owned(), carries }))
}
