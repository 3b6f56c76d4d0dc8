//! One request and the head of its answer, over a connection of any version.

use std::io;

use toynet_service::Errand;

use super::connect::{connect, connect_three};
use super::next::Next;
use super::proxy::Proxy;
use super::show::Show;
use super::told::Story;
use super::version::Version;
use super::wish::Wish;
use super::{challenge, head, heading};
use crate::client::answer::{Answer, AnswerHead};
use crate::client::content::Content;
use crate::client::failure::Failure;
use crate::client::one::{Conversation, Request};
use crate::client::outgoing::Outgoing;
use crate::client::url::Url;
use crate::client::{three, two};

/// A connection that may serve again.
pub(super) enum Link {
    One(Conversation),
    Two(two::Sender),
    Three(three::Sender),
}

/// Asks for what is next over an open connection, or a new one. That of HTTP/1.x is to be had again behind the answer's
/// content.
pub(super) async fn ask(
    wish: &mut Wish,
    next: &Next,
    open: Option<Link>,
    errand: &Errand,
    story: &mut Story,
    show: &mut Show,
) -> Result<(Answer<Content>, Option<Link>), Failure> {
    let clock = errand.host().clock();
    let link = match open {
        Some(link) => link,
        None => Link::open(wish, next, errand, story, show).await?,
    };
    let version = link.version(wish);
    let content = content(wish, next, version).await?;
    let target = Target::of(wish, next, &link)?;
    challenge::sign(wish, next, &target.signed);
    let fields = heading::fields(wish, &next.url, content.as_ref(), version, clock.now());
    story.uploaded = content.as_ref().and_then(|content| content.length).unwrap_or_default();
    story.steps.asked = Some(clock.now() - story.began);
    let content = content.unwrap_or_else(Outgoing::nothing);
    let mut interim = Vec::new();
    let said = &mut |head: &AnswerHead| interim.push(head.clone());
    let (answer, link) = match link {
        Link::One(conversation) => {
            let minor = if version == Version::One(0) { 0 } else { 1 };
            let head = head::over_one(&next.method, &target.in_line, minor, &fields);
            show.sent(&head);
            story.asked_octets = head.len() as u64;
            let (is_chunked, waits) =
                (says(&fields, "transfer-encoding", b"chunked"), says(&fields, "expect", b"100-continue"));
            let request = Request { head, content, is_chunked, waits };
            (conversation.ask(request, said).await?.in_any(), None)
        }
        Link::Two(mut sender) => {
            show.sent(&head::in_frames("HTTP/2", &next.method, &target.in_frames, &fields));
            let answer = sender.ask(&next.method, &target.in_frames, &fields, content).await?;
            (answer.in_any(), Some(Link::Two(sender)))
        }
        Link::Three(sender) => {
            show.sent(&head::in_frames("HTTP/3", &next.method, &target.in_frames, &fields));
            let answer = sender.ask(&next.method, &target.in_frames, &fields, content, said).await?;
            (answer.in_any(), Some(Link::Three(sender)))
        }
    };
    for head in &interim {
        show.heard(head, wish).await;
    }
    story.steps.first = Some(clock.now() - story.began);
    Ok((answer, link))
}

impl Link {
    async fn open(
        wish: &Wish,
        next: &Next,
        errand: &Errand,
        story: &mut Story,
        show: &mut Show,
    ) -> Result<Self, Failure> {
        if wish.version == Version::Three {
            return Ok(Self::Three(connect_three(wish, &next.url, errand, story, show).await?));
        }
        let stream = connect(wish, &next.url, errand, story, show).await?;
        let is_two = stream.tls().map_or(wish.version == Version::Two, |terms| terms.alpn.as_deref() == Some("h2"));
        Ok(if is_two {
            Self::Two(two::Sender::new(stream).await?)
        } else {
            Self::One(Conversation::new(stream, errand.host().clock()))
        })
    }

    fn version(&self, wish: &Wish) -> Version {
        match self {
            Self::One(_) if wish.version == Version::One(0) => Version::One(0),
            Self::One(_) => Version::One(1),
            Self::Two(_) => Version::Two,
            Self::Three(_) => Version::Three,
        }
    }
}

/// What is carried, if anything is.
async fn content(wish: &Wish, next: &Next, version: Version) -> Result<Option<Outgoing>, Failure> {
    let content = match &wish.form {
        Some(_) if next.carries && challenge::withholds(wish, next) => Some(Outgoing::nothing()),
        Some(form) if next.carries => Some(form.open().await?),
        _ => None,
    };
    if version == Version::One(0) && content.as_ref().is_some_and(|content| content.length.is_none()) {
        let why = "HTTP/1.0 must know its length beforehand (RFC 9112 6.1)";
        return Err(Failure::LocalContent(io::Error::other(why)));
    }
    Ok(content)
}

/// What a request is for.
struct Target {
    /// As it is proved by a digest.
    signed: String,
    /// As it stands in the request line of HTTP/1.x: for a proxy it is whole (RFC 9112 3.2.2).
    in_line: String,
    /// As it stands in the fields of other versions.
    in_frames: Url,
}

impl Target {
    fn of(wish: &Wish, next: &Next, link: &Link) -> Result<Self, Failure> {
        let typed = wish.target.clone().filter(|_| next.url == wish.url);
        let signed = match &typed {
            _ if wish.asks_server => "*".to_owned(),
            Some(typed) => typed.clone(),
            None => next.url.target.clone(),
        };
        if !signed.starts_with('/') && typed.is_some() && !matches!(link, Link::One(_)) {
            return Err(Failure::LocalVersion("only HTTP/1.1 has other targets than paths: say --http1.1"));
        }
        let proxy = wish.proxy.as_ref().filter(|proxy| typed.is_none() && proxy.asks(&next.url));
        let in_line = proxy.map_or_else(|| signed.clone(), |_| Proxy::target(&next.url, wish.asks_server));
        let in_frames = Url { target: typed.unwrap_or_else(|| next.url.target.clone()), ..next.url.clone() };
        Ok(Self { signed, in_line, in_frames })
    }
}

fn says(fields: &head::Fields, name: &str, what: &[u8]) -> bool {
    fields.iter().any(|(other, value)| other.eq_ignore_ascii_case(name) && value.eq_ignore_ascii_case(what))
}

/// Reads to the end of an answer that is not shown, if that is near, so that its connection serves again.
pub(super) async fn drained(answer: Answer<Content>, open: Option<Link>) -> Option<Link> {
    let mut content = answer.content;
    let mut left = WORTH_READING;
    while let Some(piece) = content.piece().await.ok()? {
        left = left.checked_sub(piece.len())?;
    }
    match content {
        Content::One(incoming) => incoming.into_conversation().map(Link::One),
        Content::Two(_) | Content::Three(_) => open,
    }
}

/// What takes less time to read than a connection takes to make.
const WORTH_READING: usize = 64 * 1024;
