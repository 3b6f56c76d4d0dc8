//! Frames as octets: what each must lead to, and by which section of RFC 9113 and RFC 7541.
//!
//! As h2spec judges: what ends a connection may end it without a word, what ends a stream may end its connection.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod fields;
mod floods;
mod flow;
mod frames;
mod heard;
mod hpack;
mod said;
mod streams;
#[path = "../support/mod.rs"]
mod support;

use std::rc::Rc;
use std::time::Duration;

use heard::Heard;
use said::Said;
use support::{connect, in_virtual_time, network, serve_site};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_net::{Clock, Network, Stream};

/// One case.
struct Case {
    /// The section that says so, and in a few words what it says.
    rule: &'static str,
    said: Said,
    then: Then,
}

/// What a case must lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// The connection ends, and where a reason is given it is one of these.
    Ends(&'static [u32]),
    /// This stream ends for one of these reasons, or the connection does.
    Resets(u32, &'static [u32]),
    /// This stream holds no valid request: it is reset as such, or answered 400 (RFC 9113 8.1.1).
    Malformed(u32),
    /// This stream is answered in full, with this status and so many octets of content.
    Answers(u32, u16, usize),
    /// This stream is answered in full with this status, and with a page that says why.
    Refuses(u32, u16),
    /// This stream is answered with this status, at least by a head.
    Refused(u32, u16),
    /// So many octets of this stream's content come and no more.
    Waits(u32, usize),
    /// So many octets of all content come and no more.
    WaitsAtAll(usize),
    /// The connection goes on as if nothing had been, and answers a PING.
    GoesOn,
    /// No word of a mistake, and the connection may close.
    Calm,
}

const NO_ERROR: u32 = 0x0;
const PROTOCOL: u32 = 0x1;
const FLOW: u32 = 0x3;
const CLOSED: u32 = 0x5;
const SIZE: u32 = 0x6;
const REFUSED: u32 = 0x7;
const CANCEL: u32 = 0x8;
const COMPRESSION: u32 = 0x9;
const CALM: u32 = 0xb;

/// What the front page has.
const WELCOME: usize = "welcome".len();

#[test]
fn every_frame_leads_to_what_its_section_says() {
    let cases: Vec<Case> = [frames::cases(), streams::cases(), flow::cases(), fields::cases(), hpack::cases()]
        .into_iter()
        .flatten()
        .collect();
    assert!(cases.len() >= 150, "{}", cases.len());
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        let mut wrong = Vec::new();
        for Case { rule, said, then } in cases {
            let heard = converse(&network, &said).await;
            if let Some(problem) = judge(&heard, then) {
                wrong.push(format!("{rule}: {problem}\n      {heard}"));
            }
        }
        assert!(wrong.is_empty(), "{} are wrong:\n  {}", wrong.len(), wrong.join("\n  "));
    });
}

/// What is wrong with what was heard.
fn judge(heard: &Heard, then: Then) -> Option<String> {
    let gone = heard.gone_away();
    let is_ended_by = |codes: &[u32]| gone.last().map_or(heard.is_closed, |code| codes.contains(code));
    let is_right = match then {
        // Nothing is asked for an answer but a reason, where one is given, and an end.
        Then::Ends(codes) => heard.is_closed && is_ended_by(codes),
        Then::Resets(stream, codes) => match heard.reset(stream) {
            Some(code) => codes.contains(&code),
            None => is_ended_by(codes),
        },
        Then::Malformed(stream) => match (heard.status(stream), heard.reset(stream)) {
            (Some(status), _) => status == 400,
            (None, Some(code)) => code == PROTOCOL,
            (None, None) => is_ended_by(&[PROTOCOL]),
        },
        Then::Answers(stream, status, content) => {
            let answered = (heard.status(stream), heard.content(stream));
            answered == (Some(status), content) && heard.is_complete(stream) && gone.is_empty()
        }
        Then::Refuses(stream, status) => {
            heard.status(stream) == Some(status)
                && heard.content(stream) > 0
                && heard.is_complete(stream)
                && gone.is_empty()
        }
        Then::Refused(stream, status) => heard.status(stream) == Some(status) && gone.is_empty(),
        Then::Waits(stream, content) => {
            heard.content(stream) == content && !heard.is_complete(stream) && heard.has_pong(LAST)
        }
        Then::WaitsAtAll(content) => heard.all_content() == content && heard.has_pong(LAST),
        Then::GoesOn => heard.has_pong(LAST) && gone.is_empty() && !heard.is_any_reset(),
        Then::Calm => gone.iter().all(|code| *code == NO_ERROR),
    };
    (!is_right).then(|| format!("not {then:?}"))
}

/// All that the server says. A PING is the last that it is asked.
async fn converse(network: &Rc<Network>, said: &Said) -> Heard {
    let (mut stream, clock) = (connect(network).await, network.clock());
    let (mut octets, mut is_closed) = (Vec::new(), false);
    let last = Said::octets(&[]).ping(0, LAST);
    for turn in said.turns.iter().chain(&last.turns) {
        if !is_closed {
            // What is refused need not be read to its end.
            let _ = say(&mut stream, turn, &mut octets, clock).await;
            is_closed = listen(&mut stream, &mut octets, clock).await;
        }
    }
    Heard::read(&octets, is_closed)
}

/// Says `turn` and hears meanwhile, since a server that cannot answer need not listen.
async fn say(stream: &mut Stream, turn: &[u8], octets: &mut Vec<u8>, clock: Clock) -> std::io::Result<()> {
    let (mut reading, mut writing) = tokio::io::split(stream);
    let hearing = async {
        while reading.read_buf(octets).await.is_ok_and(|count| count > 0) {}
        std::future::pending().await
    };
    let saying = async { clock.until(clock.now() + TURN, writing.write_all(turn)).await };
    tokio::select! {
        biased;
        said = saying => said?,
        never = hearing => never,
    }
}

/// Hears until nothing more comes; whether that is because the server closed.
async fn listen(stream: &mut Stream, octets: &mut Vec<u8>, clock: Clock) -> bool {
    loop {
        match clock.until(clock.now() + TURN, stream.read_buf(octets)).await {
            Ok(Ok(0) | Err(_)) => return true,
            Ok(Ok(_)) => {}
            Err(_) => return false,
        }
    }
}

const LAST: &[u8; 8] = b"the last";
/// Longer than a connection that ended hears out its client, shorter than one may stand still.
const TURN: Duration = Duration::from_secs(6);
