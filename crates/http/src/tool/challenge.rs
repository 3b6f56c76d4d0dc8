//! What follows when the server wants to know who asks: the same once more, with a proof.

use toynet_service::Errand;

use super::next::Next;
use super::show::Show;
use super::wish::Wish;
use crate::client::answer::AnswerHead;
use crate::client::digest::Heard;

/// Whether content waits until the server has said how the password is to be proved: it would be sent in vain.
pub(super) fn withholds(wish: &Wish, next: &Next) -> bool {
    is_home(wish, next) && wish.digest.as_ref().is_some_and(|digest| digest.is_unasked())
}

/// Gives the next request, for `target`, its proof.
pub(super) fn sign(wish: &mut Wish, next: &Next, target: &str) {
    if is_home(wish, next)
        && let Some(digest) = &mut wish.digest
    {
        wish.credentials = digest.field(&next.method, target);
    }
}

/// Whether a request is to be sent once more because of its answer.
pub(super) fn asks_again(wish: &mut Wish, asked: &Next, head: &AnswerHead, errand: &Errand, show: &Show) -> bool {
    let (is_home, was_withheld) = (is_home(wish, asked), asked.carries && withholds(wish, asked));
    let Some(digest) = wish.digest.as_mut().filter(|_| is_home) else { return false };
    if head.status != 401 {
        digest.settle();
        let is_due = was_withheld && head.status < 300;
        if is_due {
            show.note("The server does not ask who it is: asking again, with the content");
        }
        return is_due;
    }
    let host = errand.host();
    let mut random = host.random(&format!("cnonce {:?}", host.clock().now()));
    let cnonce = format!("{:016x}{:016x}", random.u64(), random.u64());
    match digest.hear(head, asked.carries, cnonce) {
        Heard::Again(how) => {
            show.note(&format!("The server wants {how}: asking again, with a proof"));
            return true;
        }
        Heard::Refused => show.note("The server does not accept the proof: user or password is wrong"),
        Heard::Unknown => show.note("The server does not ask for Digest in a way that is known"),
    }
    false
}

/// Credentials go to the wished origin only.
fn is_home(wish: &Wish, next: &Next) -> bool {
    next.url.is_same_origin(&wish.url)
}
