//! Octets as they are: what no client would send, and whatever comes back.

use toynet_service::{Ending, Errand};

use super::connect::connect;
use super::show::Show;
use super::told::Story;
use super::wish::Wish;
use crate::client::failure::Failure;
use crate::client::one::Conversation;

/// Sends what is wished, and shows what comes until the server closes or the time is over.
pub(super) async fn run(wish: Wish, errand: Errand) -> Ending {
    let clock = errand.host().clock();
    let mut story = Story::begin(&wish, clock.now());
    let mut show = Show::new(&wish, &errand);
    let octets = wish.raw.clone().unwrap_or_default();
    let told = async {
        let stream = connect(&wish, &wish.url, &errand, &mut story, &mut show).await?;
        let mut conversation = Conversation::new(stream, clock);
        // A server may close before it has read all: what it said counts.
        let said = conversation.say(&octets).await;
        let limit = wish.longest.unwrap_or(SILENCE);
        let mut heard = 0;
        loop {
            match clock.until(clock.now() + limit, conversation.hear()).await {
                Ok(Ok(Some(piece))) => {
                    heard += piece.len() as u64;
                    show.content(&piece).await?;
                }
                // A reset after the answer is how a server says that it has heard enough.
                Ok(Ok(None)) => break,
                Ok(Err(_)) if heard > 0 => break,
                Ok(Err(failure)) => return Err(failure),
                Err(_) if heard > 0 => break,
                Err(_) => return Err(Failure::Late { what: "answer", limit }),
            }
        }
        story.downloaded = heard;
        match said {
            Err(error) if heard == 0 => Err(Failure::Network(error)),
            _ if heard == 0 => Err(Failure::Silent),
            _ => Ok(()),
        }
    };
    let told = told.await;
    story.total = clock.now() - story.began;
    let heard = format!("{} octets sent, {} heard", octets.len(), story.downloaded);
    let ending = show.end(&wish, &story, told).await;
    if ending.how == toynet_service::How::Done { Ending::done(heard) } else { ending }
}

/// How long nothing may come before the conversation counts as over, where the person says nothing.
const SILENCE: std::time::Duration = std::time::Duration::from_secs(2);
