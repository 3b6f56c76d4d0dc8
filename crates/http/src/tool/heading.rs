//! The fields of a request.

use toynet_machine::Time;

use super::head::{AGENT, Fields, is_secret};
use super::proxy::Proxy;
use super::version::Version;
use super::wish::{Line, Wish};
use crate::client::coding;
use crate::client::outgoing::Outgoing;
use crate::client::url::Url;

/// The fields of a request for `url`. Credentials and cookies that were typed go to the wished origin only.
pub(super) fn fields(wish: &Wish, url: &Url, content: Option<&Outgoing>, version: Version, now: Time) -> Fields {
    let is_home = url.is_same_origin(&wish.url);
    let proxy = wish.proxy.as_ref().filter(|proxy| proxy.asks(url));
    let mut own: Vec<(&str, Option<String>)> = vec![
        ("Host", Some(url.authority())),
        ("Proxy-Authorization", proxy.and_then(Proxy::credentials)),
        ("Authorization", wish.credentials.clone().filter(|_| is_home)),
        ("User-Agent", Some(AGENT.to_owned())),
        ("Accept", Some(if wants_json(wish) { "application/json" } else { "*/*" }.to_owned())),
        ("Accept-Encoding", wish.takes_compressed.then(|| coding::ACCEPTED.to_owned())),
        ("Cookie", cookies(wish, url, is_home, now)),
    ];
    if let Some(content) = content {
        let media_type = wish.form.as_ref().and_then(|form| form.media_type.clone());
        let is_chunked = content.length.is_none() && !matches!(version, Version::Two | Version::Three);
        own.extend([
            ("Content-Type", media_type),
            ("Content-Length", content.length.map(|length| length.to_string())),
            ("Transfer-Encoding", is_chunked.then(|| "chunked".to_owned())),
        ]);
    }
    let is_named = |name: &str| {
        wish.fields.iter().any(|line| match line {
            Line::Field(other, _) | Line::Without(other) => other.eq_ignore_ascii_case(name),
        })
    };
    let typed = wish.fields.iter().filter_map(|line| match line {
        Line::Field(name, value) if is_home || !is_secret(name) => Some((name.clone(), value.clone().into_bytes())),
        Line::Field(..) | Line::Without(_) => None,
    });
    // One of both says where the content ends, and who types one takes the other's place (RFC 9112 6.2).
    let is_framed = is_named("content-length") || is_named("transfer-encoding");
    let frames = |name: &str| ["Content-Length", "Transfer-Encoding"].contains(&name);
    let is_replaced = |name: &str| is_named(name) || (is_framed && frames(name));
    let own = own.into_iter().filter(|(name, _)| !is_replaced(name));
    let own = own.filter_map(|(name, value)| Some((name.to_owned(), value?.into_bytes())));
    let (mut first, rest): (Fields, Fields) = own.chain(typed).partition(|(name, _)| name.eq_ignore_ascii_case("host"));
    // RFC 9110 7.2: Host comes first.
    first.extend(rest);
    first
}

fn wants_json(wish: &Wish) -> bool {
    wish.form.as_ref().is_some_and(|form| form.wants_json)
}

fn cookies(wish: &Wish, url: &Url, is_home: bool, now: Time) -> Option<String> {
    let kept = wish.jar.as_ref().and_then(|jar| jar.field(url, now));
    let all: Vec<_> = kept.into_iter().chain(wish.cookies.clone().filter(|_| is_home)).collect();
    (!all.is_empty()).then(|| all.join("; "))
}
