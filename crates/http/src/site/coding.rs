//! Content codings: which of them a client takes, and files in them (RFC 9110 8.4 and 12.5.3).

use std::io::{self, Write};

use brotli::CompressorWriter;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, HeaderValue};

/// A coding that files are sent in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// RFC 7932.
    Brotli,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

/// What a client takes (RFC 9110 12.5.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The file as it is.
    Identity,
    /// The file in a coding.
    Coded(Coding),
    /// None of what there is: 406.
    Nothing,
}

impl Coding {
    /// All, the one that makes files smallest first.
    pub const ALL: [Coding; 3] = [Coding::Brotli, Coding::Gzip, Coding::Zstd];

    /// Its name in header fields.
    pub fn name(self) -> &'static str {
        match self {
            Coding::Brotli => "br",
            Coding::Gzip => "gzip",
            Coding::Zstd => "zstd",
        }
    }

    /// What the name of a file that lies there in this coding ends with.
    pub fn ending(self) -> &'static str {
        match self {
            Coding::Brotli => ".br",
            Coding::Gzip => ".gz",
            Coding::Zstd => ".zst",
        }
    }

    /// The octets in this coding; the same each time.
    ///
    /// # Errors
    /// When there is no memory for them.
    pub fn encode(self, octets: &[u8]) -> io::Result<Bytes> {
        let mut coded = Vec::with_capacity(octets.len() / 2);
        match self {
            Coding::Brotli => CompressorWriter::new(&mut coded, BUFFER, QUALITY, WINDOW).write_all(octets)?,
            Coding::Gzip => {
                let mut encoder = GzEncoder::new(&mut coded, Compression::default());
                encoder.write_all(octets)?;
                encoder.finish()?;
            }
            Coding::Zstd => {
                coded = ruzstd::encoding::compress_to_vec(octets, ruzstd::encoding::CompressionLevel::Fastest);
            }
        }
        Ok(coded.into())
    }
}

/// What a client with these fields takes of a file that can be had in the codings `on_offer`.
///
/// The highest weight counts; of equal ones the coding that makes files smallest. A client that says
/// nothing gets the file as it is.
pub fn choose(headers: &HeaderMap, on_offer: impl Fn(Coding) -> bool) -> Choice {
    if !headers.contains_key(ACCEPT_ENCODING) {
        return Choice::Identity;
    }
    let wishes: Vec<(&str, u16)> = headers.get_all(ACCEPT_ENCODING).iter().flat_map(wishes).collect();
    let weight = |name: &str| wishes.iter().find(|(wish, _)| is_called(wish, name)).map(|(_, weight)| *weight);
    let any = weight("*");
    let offers = Coding::ALL.into_iter().filter(|coding| on_offer(*coding));
    let offers = offers.map(|coding| (weight(coding.name()).or(any).unwrap_or(0), coding));
    // The first of the best.
    let best = offers.rev().max_by_key(|(weight, _)| *weight).filter(|(weight, _)| *weight > 0);
    // What is not spoken of can be had, but was not wished for.
    let plain = weight("identity").or(any);
    match (best, plain) {
        (Some((weight, coding)), plain) if plain.is_none_or(|plain| plain <= weight) => Choice::Coded(coding),
        (_, Some(0)) => Choice::Nothing,
        (_, None | Some(_)) => Choice::Identity,
    }
}

/// Codings and their weights in thousandths (RFC 9110 12.4.2). What is malformed is not wished for.
fn wishes(value: &HeaderValue) -> impl Iterator<Item = (&str, u16)> {
    let text = value.to_str().unwrap_or_default();
    text.split(',').filter_map(|wish| {
        let (name, parameter) = wish.split_once(';').unwrap_or((wish, ""));
        let name = name.trim();
        let weight = match parameter.trim() {
            "" => 1000,
            parameter => weight(parameter.strip_prefix("q=").or(parameter.strip_prefix("Q="))?)?,
        };
        (!name.is_empty()).then_some((name, weight))
    })
}

fn weight(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = fraction.len() <= 3 && fraction.bytes().all(|octet| octet.is_ascii_digit());
    let thousandths = format!("{fraction:0<3}").parse().ok().filter(|_| is_number)?;
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

/// RFC 9110 8.4.1.3: `x-gzip` is an old name.
fn is_called(wish: &str, name: &str) -> bool {
    wish.eq_ignore_ascii_case(name) || (name == "gzip" && wish.eq_ignore_ascii_case("x-gzip"))
}

/// Whether a file of this type becomes smaller in a coding: text of all kinds does, what is compressed already
/// does not.
pub(super) fn is_worthwhile(media_type: &str, length: u64) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default();
    let is_text = essence.starts_with("text/") || essence.ends_with("+xml") || essence.ends_with("+json");
    length >= SMALLEST && (is_text || TEXT_LIKE.contains(&essence))
}

const TEXT_LIKE: &[&str] = &[
    "application/json",
    "application/javascript",
    "application/xml",
    "application/wasm",
    "application/rtf",
    "application/vnd.ms-fontobject",
    "font/ttf",
    "font/otf",
    "image/bmp",
    "image/x-icon",
];
/// What fits a packet arrives no sooner when it is smaller.
const SMALLEST: u64 = 1024;
/// Files that are coded here are coded once: some milliseconds for the largest are well spent.
const QUALITY: u32 = 5;
/// As large as the files that are coded here at most: 2^18 octets.
const WINDOW: u32 = 18;
const BUFFER: usize = 4096;

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_highest_weight_counts_and_the_smallest_of_equals() {
        use Coding::{Brotli, Gzip, Zstd};
        for (field, expected) in [
            ("gzip, deflate, br, zstd", Choice::Coded(Brotli)),
            ("gzip", Choice::Coded(Gzip)),
            ("x-GZIP", Choice::Coded(Gzip)),
            ("br;q=0.5, gzip;q=0.8", Choice::Coded(Gzip)),
            ("br;q=0, *", Choice::Coded(Gzip)),
            ("zstd, *;q=0", Choice::Coded(Zstd)),
            ("*", Choice::Coded(Brotli)),
            ("", Choice::Identity),
            ("deflate", Choice::Identity),
            ("identity", Choice::Identity),
            ("gzip;q=0.5, identity", Choice::Identity),
            ("gzip;q=0.5, identity;q=0.1", Choice::Coded(Gzip)),
            ("gzip;q=2", Choice::Identity),
            ("gzip;q=0.0001", Choice::Identity),
            ("gzip;level=1", Choice::Identity),
            ("identity;q=0", Choice::Nothing),
            ("*;q=0", Choice::Nothing),
            ("deflate, *;q=0", Choice::Nothing),
            ("identity;q=0, gzip;q=0.001", Choice::Coded(Gzip)),
        ] {
            assert_eq!(choose(&headers(field), |_| true), expected, "{field}");
        }
        assert_eq!(choose(&HeaderMap::new(), |_| true), Choice::Identity);
        assert_eq!(choose(&headers("br, gzip;q=0.1"), |coding| coding == Gzip), Choice::Coded(Gzip));
        assert_eq!(choose(&headers("br"), |_| false), Choice::Identity);
    }

    #[test]
    fn text_is_worth_it_and_pictures_are_not() {
        assert!(is_worthwhile("text/html; charset=utf-8", 1024));
        assert!(is_worthwhile("image/svg+xml", 5000));
        assert!(!is_worthwhile("text/html; charset=utf-8", 1023));
        assert!(!is_worthwhile("image/png", 5000));
        assert!(!is_worthwhile("application/zip", 5000));
    }

    proptest! {
        #[test]
        fn what_was_coded_comes_back(text in "[a-z ]{0,3000}") {
            let octets = text.as_bytes();
            let mut gzip = Vec::new();
            flate2::read::GzDecoder::new(&*Coding::Gzip.encode(octets).expect("coded")).read_to_end(&mut gzip).expect("gzip");
            let mut br = Vec::new();
            brotli::Decompressor::new(&*Coding::Brotli.encode(octets).expect("coded"), 4096).read_to_end(&mut br).expect("br");
            let mut zstd = Vec::new();
            let coded = Coding::Zstd.encode(octets).expect("coded");
            ruzstd::decoding::StreamingDecoder::new(&*coded).expect("a frame").read_to_end(&mut zstd).expect("zstd");
            prop_assert!(gzip == octets && br == octets && zstd == octets);
        }

        #[test]
        fn any_field_leads_to_a_choice(field in "[a-z*;=q0-9., ]{0,40}") {
            choose(&headers(&field), |_| true);
        }
    }

    fn headers(field: &str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_str(field).expect("a value"))])
    }
}
