//! Endpoints that need no story.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use http::header::LOCATION;
use http::{Response, StatusCode};
use serde_json::json;
use toynet_machine::Random;

use super::super::reply::{HTML, OCTETS, TEXT, empty, page, reply, with};
use super::asked::Asked;
use super::told;
use crate::site::Body;

/// Documents that are always the same; nothing when there is no such one.
pub(super) fn document(asked: &Asked, segments: &[&str]) -> Option<Response<Body>> {
    let (media_type, content): (&str, &'static [u8]) = match segments {
        ["html"] => (HTML, PAGE.as_bytes()),
        ["xml"] => ("application/xml", XML.as_bytes()),
        ["json"] => ("application/json", JSON.as_bytes()),
        ["robots.txt"] => (TEXT, b"User-agent: *\nDisallow: /deny\n"),
        ["deny"] => (TEXT, b"robots.txt asks robots to stay away from here.\n"),
        ["encoding", "utf8"] => (HTML, UTF8.as_bytes()),
        ["image", "png"] => ("image/png", PNG),
        ["image", "jpeg"] => ("image/jpeg", JPEG),
        ["image", "webp"] => ("image/webp", WEBP),
        ["image", "svg"] => ("image/svg+xml", SVG),
        ["forms", "post"] => (HTML, FORM.as_bytes()),
        ["image"] => match image(&asked.field("accept").unwrap_or_default()) {
            Some(image) => image,
            None => return Some(no_such_picture(asked)),
        },
        _ => return None,
    };
    Some(reply(StatusCode::OK, media_type, content, &asked.method))
}

/// The first kind of picture that the client names.
fn image(accept: &str) -> Option<(&'static str, &'static [u8])> {
    let named = accept.split(',').map(|range| range.split(';').next().unwrap_or_default().trim());
    let mut found = named.filter_map(|name| match name {
        "image/webp" => Some(("image/webp", WEBP)),
        "image/svg+xml" => Some(("image/svg+xml", SVG)),
        "image/jpeg" => Some(("image/jpeg", JPEG)),
        "image/png" | "image/*" | "*/*" | "" => Some(("image/png", PNG)),
        _ => None,
    });
    found.next()
}

fn no_such_picture(asked: &Asked) -> Response<Body> {
    let text = "There are image/webp, image/svg+xml, image/jpeg and image/png.";
    page(StatusCode::NOT_ACCEPTABLE, text, "RFC 9110, 15.5.7", &asked.method)
}

/// `/bytes/{count}?seed=1`: octets by chance.
pub(super) fn octets(asked: &Asked, count: usize, random: impl Fn(usize) -> usize) -> Response<Body> {
    reply(StatusCode::OK, OCTETS, some_octets(asked, count, random), &asked.method)
}

/// So many octets by chance, which a seed makes the same each time.
pub(super) fn some_octets(asked: &Asked, count: usize, random: impl Fn(usize) -> usize) -> Vec<u8> {
    let seed = asked.value("seed").and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| random(usize::MAX) as u64);
    let mut random = Random::new(seed, "inspect", "bytes");
    (0..count).map(|_| random.below(256) as u8).collect()
}

/// RFC 9562 5.4.
pub(super) fn uuid(asked: &Asked, random: impl Fn(usize) -> usize) -> Response<Body> {
    let mut octets = [0; 16].map(|_: u8| random(256) as u8);
    octets[6] = octets[6] & 0x0f | 0x40;
    octets[8] = octets[8] & 0x3f | 0x80;
    let digits: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    told::json(&json!({ "uuid": parts.join("-") }), &asked.method)
}

/// `/base64/{text}`, decoded.
pub(super) fn base64(asked: &Asked, text: &str) -> Option<Response<Body>> {
    let decoded = STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).or_else(|_| URL_SAFE_NO_PAD.decode(text));
    let media_type =
        decoded.as_ref().ok().filter(|octets| std::str::from_utf8(octets).is_ok()).map_or(OCTETS, |_| TEXT);
    Some(reply(StatusCode::OK, media_type, decoded.ok()?, &asked.method))
}

/// `/links/{count}/{at}`: a page of links to its sisters.
pub(super) fn links(asked: &Asked, count: &str, at: &str) -> Option<Response<Body>> {
    let count = count.parse::<usize>().ok()?.clamp(1, MOST_LINKS);
    if asked.segments.len() == 2 {
        return Some(with(empty(StatusCode::FOUND), LOCATION, &format!("{}/links/{count}/0", asked.base)));
    }
    let at: usize = at.parse().ok()?;
    let link = |number: usize| match number == at {
        true => format!("{number} "),
        false => format!("<a href=\"{}/links/{count}/{number}\">{number}</a> ", asked.base),
    };
    let links: String = (0..count).map(link).collect();
    let page = format!("<!doctype html>\n<title>Links</title>\n{links}\n");
    Some(reply(StatusCode::OK, HTML, page, &asked.method))
}

/// As httpbin.
const MOST_LINKS: usize = 200;
const PNG: &[u8] = include_bytes!("images/toynet.png");
const JPEG: &[u8] = include_bytes!("images/toynet.jpeg");
const WEBP: &[u8] = include_bytes!("images/toynet.webp");
const SVG: &[u8] = include_bytes!("images/toynet.svg");
const PAGE: &str = include_str!("documents/page.html");
const FORM: &str = include_str!("documents/form.html");
const XML: &str = include_str!("documents/slides.xml");
const JSON: &str = include_str!("documents/slides.json");
const UTF8: &str = "<!doctype html>\n<meta charset=\"utf-8\">\n<title>UTF-8</title>\n<pre>\nLatin: Füße, naïve, œuvre, þorn\n\
                    Greek: Οὐχὶ ταὐτὰ παρίσταταί μοι\nCyrillic: Съешь ещё этих мягких булок\nHebrew: שלום עולם\n\
                    Arabic: السلام عليكم\nDevanagari: नमस्ते\nThai: สวัสดี\nChinese: 你好，世界\nJapanese: いろはにほへと\n\
                    Korean: 안녕하세요\nMathematics: ∀x∈ℝ: ⌈x⌉ = −⌊−x⌋\nBeyond 16 bits: 🧸🚂 𝄞 𐍈\n</pre>\n";
