//! Where a server speaks HTTP/3, as `Alt-Svc` tells (RFC 7838), and how checks are made there.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use toynet_net::Stream;
use toynet_net::quic::{Connection, GivenUp};
use toynet_service::Errand;

use super::check::{Ground, Three, Verdict};
use super::report::Finding;
use super::three::{self, Check, Heard, Saying, Way};
use crate::client::failure::Failure;
use crate::client::url::Url;
use crate::tool::{self, Version, Wish};
use crate::wire::qpack;
use crate::wire::three::one_way::Told;
use crate::wire::three::{Code, Message, OneWay, Part, Streams};

/// Learns where HTTP/3 is spoken and with which settings, where the server tells of it.
pub(super) async fn find(wish: &Wish, ground: &mut Ground, errand: &Errand) {
    let told = ground.field("alt-svc").to_owned();
    let Some((host, port)) = alternative(&told, &wish.url) else { return };
    ground.three = Some(Three { told, host, port, settings: Vec::new() });
    let wish = Wish { version: Version::Three, ..wish.clone() };
    let said = three::PLAIN(ground);
    if let Ok(heard) = converse(&wish, errand, ground, &said).await
        && let (Some(three), Some(settings)) = (&mut ground.three, heard.settings)
    {
        three.settings = settings;
    }
}

/// The first place for HTTP/3 in a value of `Alt-Svc` (RFC 7838 3): host and port.
fn alternative(value: &str, url: &Url) -> Option<(String, u16)> {
    let places = value.split(',').filter_map(|one| one.split(';').next()?.trim().strip_prefix("h3="));
    let mut places = places.filter_map(|place| place.trim_matches('"').rsplit_once(':'));
    let (host, port) = places.next()?;
    let host = if host.is_empty() { &url.host } else { host.trim_matches(['[', ']']) };
    Some((host.to_owned(), port.parse().ok()?)).filter(|_| url.is_secure)
}

/// Makes one check on a connection of its own.
pub(super) async fn examine(check: &'static Check, wish: &Wish, errand: &Errand, ground: &Ground) -> Finding {
    let finding = |verdict, said, heard| Finding::new(&check.point, verdict, said, heard);
    if ground.three.is_none() {
        let why = "no Alt-Svc tells of HTTP/3 (RFC 7838)".to_owned();
        return finding(Verdict::Skipped(why), Vec::new(), Vec::new());
    }
    let said = (check.say)(ground);
    let shown: Vec<u8> = said.iter().flat_map(|saying| saying.octets.iter().copied()).collect();
    match converse(wish, errand, ground, &said).await {
        Ok(heard) => finding((check.judge)(&heard), shown, heard.octets),
        Err(failure) if check.is_first => {
            finding(Verdict::Broken(format!("nobody answers there: {failure}")), Vec::new(), Vec::new())
        }
        Err(_) => finding(Verdict::Skipped("HTTP/3 is not reached".to_owned()), shown, Vec::new()),
    }
}

/// Says something on a connection of its own, and listens until that ends or nothing more comes.
async fn converse(wish: &Wish, errand: &Errand, ground: &Ground, said: &[Saying]) -> Result<Heard, Failure> {
    let three = ground.three.clone().unwrap_or_default();
    let elsewhere = Url { host: three.host, port: three.port, ..wish.url.clone() };
    let (_endpoint, connection) = tool::connect_elsewhere(wish, &elsewhere, errand).await?;
    let (heard, clock) = (Rc::new(RefCell::new(Heard::default())), errand.host().clock());
    let (mut listening, mut answers) = (JoinSet::new(), JoinSet::new());
    listening.spawn_local(listen(connection.clone(), Rc::clone(&heard)));
    // Those that last as long as the connection must not end before.
    let mut lasting = Vec::new();
    for saying in said {
        // Streams and octets are the server's to grant.
        let saying_it = clock.until(clock.now() + SILENCE, say(&connection, saying));
        match (saying_it.await.ok().flatten(), saying.way) {
            (Some(stream), Way::Request) => drop(answers.spawn_local(answer(stream, Rc::clone(&heard)))),
            (Some(stream), Way::Alone) => lasting.push(stream),
            // Where the server has gone already, its end is what was heard.
            (None, _) => break,
        }
    }
    let end = clock.until(clock.now() + SILENCE, connection.ended()).await;
    drop((listening, answers));
    let mut heard = heard.take();
    heard.ended = end.ok().map(|error| match GivenUp::of(&error) {
        Some(GivenUp::Connection(code)) => Some(Code(code)),
        Some(GivenUp::Stream(_)) | None => None,
    });
    connection.end(Code::NO_ERROR.0, "");
    Ok(heard)
}

/// Says something on a stream of its own; nothing where there can be none any more.
async fn say(connection: &Connection, saying: &Saying) -> Option<Stream> {
    let opened = match saying.way {
        Way::Request => connection.open().await,
        Way::Alone => connection.open_one_way().await,
    };
    let mut stream = opened.ok()?;
    // What a server will not read it need not.
    let _ = stream.write_all(&saying.octets).await;
    if saying.ends {
        let _ = stream.shutdown().await;
    }
    Some(stream)
}

/// Hears the answer to a request.
async fn answer(mut stream: Stream, heard: Rc<RefCell<Heard>>) {
    let (mut message, mut octets) = (Message::answer(LONGEST), [0; 4096]);
    loop {
        let read = stream.read(&mut octets).await;
        let mut heard = heard.borrow_mut();
        let mut rest = match &read {
            Ok(0) => return,
            Ok(length) => &octets[..*length],
            Err(error) => {
                if let Some(GivenUp::Stream(code)) = GivenUp::of(error) {
                    heard.reset = Some(Code(code));
                }
                return;
            }
        };
        if heard.octets.len() < LONGEST {
            heard.octets.extend_from_slice(rest);
        }
        while let Ok(Some(part)) = message.next(&mut rest) {
            let Part::Fields(section) = part else { continue };
            let fields = qpack::decode(&section, LONGEST).unwrap_or_default();
            if fields.iter().any(|field| field.name == b":status" && field.value.starts_with(b"1")) {
                message.was_interim();
            } else if heard.answer.is_none() {
                heard.answer = Some(fields);
            }
        }
    }
}

/// Hears what the server says by itself.
async fn listen(connection: Connection, heard: Rc<RefCell<Heard>>) {
    let streams = Rc::new(RefCell::new(Streams::of_server()));
    let mut listening = JoinSet::new();
    while let Ok(stream) = connection.accept_one_way().await {
        listening.spawn_local(one_way(stream, Rc::clone(&streams), Rc::clone(&heard)));
    }
}

async fn one_way(mut stream: Stream, streams: Rc<RefCell<Streams>>, heard: Rc<RefCell<Heard>>) {
    let (mut one_way, mut octets) = (OneWay::default(), [0; 512]);
    while let Ok(length @ 1..) = stream.read(&mut octets).await {
        let told = one_way.said(&octets[..length], &mut streams.borrow_mut());
        let mut heard = heard.borrow_mut();
        match told {
            Err(broken) => return heard.faults.push(broken.why),
            Ok(told) => told.into_iter().for_each(|told| {
                if let Told::Settings(settings) = told {
                    heard.settings = Some(settings);
                }
            }),
        }
    }
}

/// Servers answer what is broken at once, or wait for more.
const SILENCE: Duration = Duration::from_millis(1500);
/// An answer's beginning says enough.
const LONGEST: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_for_http_3_is_found_among_others() {
        let url = Url::parse("https://a.test/").unwrap();
        let place = |value| alternative(value, &url).map(|(host, port)| format!("{host} {port}"));
        assert_eq!(place("h3=\":443\"; ma=300").as_deref(), Some("a.test 443"));
        assert_eq!(place("h2=\"b.test:1\", h3-29=\":9\", h3=\"[::1]:8443\";ma=1").as_deref(), Some("::1 8443"));
        for none in ["", "clear", "h2=\":443\"", "h3=nonsense", "h3=\":99999\""] {
            assert_eq!(place(none), None, "{none}");
        }
        assert_eq!(alternative("h3=\":443\"", &Url::parse("http://a.test/").unwrap()), None);
    }
}
