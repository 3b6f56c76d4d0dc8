//! A request with all that follows from it.

use toynet_service::{Ending, Errand};

use super::ask::{Link, ask, drained};
use super::challenge;
use super::kept::{keep_cookies, take_cookies};
use super::next::{Next, redirection};
use super::resume::{self, Rest};
use super::show::Show;
use super::told::Story;
use super::wish::Wish;
use crate::client::answer::Answer;
use crate::client::coding::Decoding;
use crate::client::content::Content;
use crate::client::cookies::Jar;
use crate::client::failure::Failure;
use crate::client::url::Url;

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
        if answer.head.status == EXPECTATION_FAILED && wish.may_be_sent_again() && wish.expects_nothing_more() {
            show.heard(&answer.head, wish).await;
            show.note("Asking again without Expect (RFC 9110 10.1.1)");
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

const EXPECTATION_FAILED: u16 = 417;
/// Decoded at once: what is compressed can become a thousand times as long.
const PART: usize = 1024;
