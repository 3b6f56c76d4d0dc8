//! A request with all that follows from it.

use toynet_net::Clock;
use toynet_service::{Ending, Errand};

use super::connect::{connect, connect_three};
use super::next::{Next, redirection};
use super::proxy::Proxy;
use super::resume::{self, Rest};
use super::show::Show;
use super::told::Story;
use super::version::Version;
use super::wish::Wish;
use super::{challenge, head, heading};
use crate::client::answer::{Answer, AnswerHead};
use crate::client::coding::Decoding;
use crate::client::content::Content;
use crate::client::cookies::Jar;
use crate::client::failure::Failure;
use crate::client::one::{Conversation, Request};
use crate::client::outgoing::Outgoing;
use crate::client::url::Url;
use crate::client::{three, two};

/// Does what is wished, and tells the person. Cookies that are kept go on in `jar`.
pub(super) async fn run(mut wish: Wish, errand: Errand, jar: &mut Option<Jar>) -> Ending {
    wish.jar = jar.take().or(wish.jar.take());
    let clock = errand.host().clock();
    let mut story = Story::begin(&wish, clock.now());
    let mut show = Show::new(&wish, &errand);
    let fetched = match wish.longest {
        None => fetch(&mut wish, &errand, &mut story, &mut show).await,
        Some(limit) => {
            let work = fetch(&mut wish, &errand, &mut story, &mut show);
            let late = Err(Failure::Late { what: "whole answer", limit });
            clock.until(clock.now() + limit, work).await.unwrap_or(late)
        }
    };
    story.total = clock.now() - story.began;
    let kept = keep_cookies(&wish, &errand, clock);
    let ending = show.end(&wish, &story, fetched).await;
    *jar = wish.jar;
    match kept {
        Err(why) if ending.how == toynet_service::How::Done => Ending::misused(why),
        _ => ending,
    }
}

/// A connection that may serve again.
enum Link {
    One(Conversation),
    Two(two::Sender),
    Three(three::Sender),
}

async fn fetch(wish: &mut Wish, errand: &Errand, story: &mut Story, show: &mut Show) -> Result<(), Failure> {
    let clock = errand.host().clock();
    let mut next = Next { url: wish.url.clone(), method: wish.method.clone(), carries: wish.form.is_some() };
    let mut link: Option<(Url, Link)> = None;
    loop {
        let open = link.take().filter(|(url, _)| url.is_same_origin(&next.url) && next.may_be_repeated());
        let answered = match open {
            None => ask(wish, &next, None, errand, story, show).await,
            Some((_, link)) => match ask(wish, &next, Some(link), errand, story, show).await {
                // The server has closed a connection that was idle for it (RFC 9112 9.3.1).
                Err(Failure::Silent | Failure::Network(_) | Failure::PeerTwo(_)) => {
                    ask(wish, &next, None, errand, story, show).await
                }
                answered => answered,
            },
        };
        let (answer, open) = match answered {
            Ok(answered) => answered,
            Err(failure) => {
                let wait = wish.retry.after_failure(&failure, clock.now() - story.began);
                let Some(wait) = wait.filter(|_| wish.may_be_sent_again()) else { return Err(failure) };
                show.retries(wish, &failure, wait);
                clock.sleep(wait).await;
                continue;
            }
        };
        take_cookies(wish, &next.url, &answer.head, clock, show);
        story.hears(&answer.head, &next.url, &next.method);
        if challenge::asks_again(wish, &next, &answer.head, errand, show) {
            show.heard(&answer.head, wish).await;
            link = drained(answer, open).await.map(|link| (next.url.clone(), link));
            continue;
        }
        let wait = wish.retry.after_answer(&answer.head, clock.now() - story.began, clock.now());
        if let Some(wait) = wait.filter(|_| wish.may_be_sent_again()) {
            show.heard(&answer.head, wish).await;
            show.retries(wish, &story.outcome(), wait);
            link = drained(answer, open).await.map(|link| (next.url.clone(), link));
            clock.sleep(wait).await;
            continue;
        }
        let Some(to) = redirection(wish, &next, &answer.head)? else {
            return deliver(wish, answer, story, show).await;
        };
        if story.redirects.len() >= wish.follows.unwrap_or_default() as usize {
            return Err(Failure::PeerRedirects(wish.follows.unwrap_or_default()));
        }
        story.redirected(answer.head.status, &next.url, &to.url, clock.now());
        show.heard(&answer.head, wish).await;
        show.note(&format!("Going on to {}", to.url));
        link = drained(answer, open).await.map(|link| (next.url, link));
        next = to;
    }
}

async fn ask(
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
        None if wish.version == Version::Three => {
            Link::Three(connect_three(wish, &next.url, errand, story, show).await?)
        }
        None => {
            let stream = connect(wish, &next.url, errand, story, show).await?;
            let is_two = stream.tls().map_or(wish.version == Version::Two, |terms| terms.alpn.as_deref() == Some("h2"));
            if is_two {
                Link::Two(two::Sender::new(stream).await?)
            } else {
                Link::One(Conversation::new(stream, clock))
            }
        }
    };
    let content = match &wish.form {
        Some(_) if next.carries && challenge::withholds(wish, next) => Some(Outgoing::nothing()),
        Some(form) if next.carries => Some(form.open().await?),
        _ => None,
    };
    let minor = if wish.version == Version::One(0) { 0 } else { 1 };
    if minor == 0 && content.as_ref().is_some_and(|content| content.length.is_none()) {
        let why = "HTTP/1.0 must know its length beforehand (RFC 9112 6.1)";
        return Err(Failure::LocalContent(std::io::Error::other(why)));
    }
    let version = match &link {
        Link::One(_) => Version::One(minor),
        Link::Two(_) => Version::Two,
        Link::Three(_) => Version::Three,
    };
    let typed = wish.target.clone().filter(|_| next.url == wish.url);
    let target = if wish.asks_server { "*" } else { typed.as_ref().unwrap_or(&next.url.target) };
    let in_frames = Url { target: typed.clone().unwrap_or_else(|| next.url.target.clone()), ..next.url.clone() };
    if !target.starts_with('/') && typed.is_some() && !matches!(link, Link::One(_)) {
        return Err(Failure::LocalVersion("only HTTP/1.1 has other targets than paths: say --http1.1"));
    }
    challenge::sign(wish, next, target);
    let fields = heading::fields(wish, &next.url, content.as_ref(), version, clock.now());
    story.uploaded = content.as_ref().and_then(|content| content.length).unwrap_or_default();
    story.steps.asked = Some(clock.now() - story.began);
    let through = wish.proxy.as_ref().filter(|proxy| proxy.asks(&next.url));
    let through = through.map(|_| Proxy::target(&next.url, wish.asks_server));
    let head =
        head::over_one(&next.method, through.filter(|_| typed.is_none()).as_deref().unwrap_or(target), minor, &fields);
    let answered = match link {
        Link::One(conversation) => {
            show.sent(&head);
            story.asked_octets = head.len() as u64;
            let says = |name: &str, what: &[u8]| {
                fields.iter().any(|(other, value)| other.eq_ignore_ascii_case(name) && value.eq_ignore_ascii_case(what))
            };
            let (is_chunked, waits) = (says("transfer-encoding", b"chunked"), says("expect", b"100-continue"));
            let content = content.unwrap_or_else(Outgoing::nothing);
            let request = Request { head, content, is_chunked, waits };
            let mut interim = Vec::new();
            let answer = conversation.ask(request, &mut |head| interim.push(head.clone())).await?;
            for head in &interim {
                show.heard(head, wish).await;
            }
            (answer.in_any(), None)
        }
        Link::Two(mut sender) => {
            show.sent(&head::in_frames("HTTP/2", &next.method, &in_frames, &fields));
            let content = content.unwrap_or_else(Outgoing::nothing);
            (sender.ask(&next.method, &in_frames, &fields, content).await?.in_any(), Some(Link::Two(sender)))
        }
        Link::Three(sender) => {
            show.sent(&head::in_frames("HTTP/3", &next.method, &in_frames, &fields));
            let content = content.unwrap_or_else(Outgoing::nothing);
            let mut interim = Vec::new();
            let said = &mut |head: &AnswerHead| interim.push(head.clone());
            let answer = sender.ask(&next.method, &in_frames, &fields, content, said).await?;
            for head in &interim {
                show.heard(head, wish).await;
            }
            (answer.in_any(), Some(Link::Three(sender)))
        }
    };
    story.steps.first = Some(clock.now() - story.began);
    Ok(answered)
}

fn take_cookies(wish: &mut Wish, url: &Url, head: &AnswerHead, clock: Clock, show: &mut Show) {
    let Some(jar) = &mut wish.jar else { return };
    for line in head.fields_called("set-cookie") {
        if let Err(why) = jar.set(&String::from_utf8_lossy(line), url, clock.now()) {
            show.note(&format!("A cookie is not taken: {why}"));
        }
    }
}

fn keep_cookies(wish: &Wish, errand: &Errand, clock: Clock) -> Result<(), String> {
    let (Some(jar), Some(file)) = (&wish.jar, &wish.jar_file) else { return Ok(()) };
    let text = jar.write(clock.now());
    if file == "-" {
        errand.print(text);
        return Ok(());
    }
    write_secret(file, &text).map_err(|error| format!("the jar {file} cannot be written: {error}"))
}

/// For the owner's eyes only.
fn write_secret(file: &str, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(text.as_bytes())
}

/// Reads to the end of an answer that is not shown, if that is near, so that its connection serves again.
async fn drained(answer: Answer<Content>, open: Option<Link>) -> Option<Link> {
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

async fn deliver(wish: &Wish, answer: Answer<Content>, story: &mut Story, show: &mut Show) -> Result<(), Failure> {
    show.names(&answer.head);
    show.heard(&answer.head, wish).await;
    if let Some(offset) = wish.resumes
        && resume::rest(offset, &answer.head)? == Rest::IsEmpty
    {
        show.note("All of it is there already");
        return Ok(());
    }
    let coding = answer.head.text("content-encoding").filter(|_| wish.takes_compressed);
    let mut decoding = coding.and_then(Decoding::of);
    let mut content = answer.content;
    let is_hidden = wish.shows.hides_failed && answer.head.status >= 400;
    while let Some(piece) = content.piece().await? {
        story.downloaded += piece.len() as u64;
        for part in piece.chunks(if decoding.is_some() { PART } else { usize::MAX }) {
            let part = piece.slice_ref(part);
            let part = match &mut decoding {
                Some(decoding) => decoding.piece(part)?,
                None => part,
            };
            if !is_hidden {
                show.content(&part).await?;
            }
        }
    }
    let last = decoding.as_mut().map(Decoding::end).transpose()?.unwrap_or_default();
    if is_hidden { Ok(()) } else { show.content(&last).await }
}

/// What takes less time to read than a connection takes to make.
const WORTH_READING: usize = 64 * 1024;
/// Decoded at once: what is compressed can become a thousand times as long.
const PART: usize = 1024;
