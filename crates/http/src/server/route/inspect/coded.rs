//! Content codings, whether the client asked for them or not (RFC 9110 8.4).

use std::io::{self, Write};

use brotli::CompressorWriter;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use http::header::{CONTENT_ENCODING, VARY};
use http::{Response, StatusCode};

use super::super::reply::{empty, reply, with};
use super::asked::Asked;
use super::told;
use crate::site::Body;

/// The request, told in a coding: `/gzip`, `/deflate`, `/brotli`.
pub(super) fn answer(asked: &Asked, endpoint: &str) -> Response<Body> {
    let (coding, word) = match endpoint {
        "gzip" => ("gzip", "gzipped"),
        "deflate" => ("deflate", "deflated"),
        _ => ("br", "brotli"),
    };
    let mut told = told::request(asked);
    told[word] = true.into();
    told["method"] = asked.method.as_str().into();
    match coded(coding, told::pretty(&told).as_bytes()) {
        Ok(content) => {
            let response = reply(StatusCode::OK, "application/json", content, &asked.method);
            with(with(response, CONTENT_ENCODING, coding), VARY, "Accept-Encoding")
        }
        Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn coded(coding: &str, octets: &[u8]) -> io::Result<Vec<u8>> {
    let mut coded = Vec::new();
    match coding {
        "gzip" => {
            let mut encoder = GzEncoder::new(&mut coded, Compression::default());
            encoder.write_all(octets)?;
            encoder.finish()?;
        }
        // `deflate` is zlib's format, whatever its name says (RFC 9110 8.4.1.2).
        "deflate" => {
            let mut encoder = ZlibEncoder::new(&mut coded, Compression::default());
            encoder.write_all(octets)?;
            encoder.finish()?;
        }
        _ => CompressorWriter::new(&mut coded, WINDOW, 5, 16).write_all(octets)?,
    }
    Ok(coded)
}

/// As much as a told request has.
const WINDOW: usize = 4096;
