//! Content codings, undone piece by piece (RFC 9110 8.4).

use std::io::{self, Write};

use brotli::DecompressorWriter;
use bytes::Bytes;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use ruzstd::decoding::FrameDecoder;

use super::failure::Failure;

/// What a client that takes all of them says in `Accept-Encoding`.
pub const ACCEPTED: &str = "gzip, deflate, br, zstd";

/// Undoes the codings of one content, the last one first.
pub struct Decoding {
    codings: Vec<Coding>,
    has_begun: bool,
}

enum Coding {
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    Deflate(Deflate),
    Brotli(Box<DecompressorWriter<Vec<u8>>>),
    Zstd(Box<Zstd>),
}

/// `deflate` is zlib's form by the RFC, and the bare one by some servers (RFC 9110 8.4.1.2).
enum Deflate {
    Unknown,
    Zlib(ZlibDecoder<Vec<u8>>),
    Bare(DeflateDecoder<Vec<u8>>),
}

struct Zstd {
    decoder: FrameDecoder,
    unread: Vec<u8>,
}

impl Decoding {
    /// Of what `Content-Encoding` names; nothing when one of its codings is unknown.
    pub fn of(value: &str) -> Option<Self> {
        let names = value.split(',').map(|name| name.trim().to_ascii_lowercase());
        let codings = names.filter(|name| !name.is_empty() && name != "identity").map(|name| Coding::of(&name));
        let codings = codings.collect::<Option<Vec<_>>>()?;
        Some(Self { codings, has_begun: false })
    }

    /// What a piece becomes.
    ///
    /// # Errors
    /// When it is not coded as was said.
    pub fn piece(&mut self, piece: Bytes) -> Result<Bytes, Failure> {
        self.has_begun |= !piece.is_empty();
        self.codings.iter_mut().rev().try_fold(piece, |piece, coding| {
            coding.piece(&piece).map(Bytes::from).map_err(|error| coding.failure(&error))
        })
    }

    /// What is left at the end.
    ///
    /// # Errors
    /// When the end is missing. Where nothing came, as in the answer to HEAD, nothing is missing.
    pub fn end(&mut self) -> Result<Bytes, Failure> {
        let mut left = Bytes::new();
        if !self.has_begun {
            return Ok(left);
        }
        for coding in self.codings.iter_mut().rev() {
            let end = coding.piece(&left).and_then(|mut end| {
                end.extend(coding.end()?);
                Ok(end)
            });
            left = end.map_err(|error| coding.failure(&error))?.into();
        }
        Ok(left)
    }
}

impl Coding {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "gzip" | "x-gzip" => Coding::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))),
            "deflate" => Coding::Deflate(Deflate::Unknown),
            "br" => Coding::Brotli(Box::new(DecompressorWriter::new(Vec::new(), ROOM))),
            "zstd" => Coding::Zstd(Box::new(Zstd { decoder: FrameDecoder::new(), unread: Vec::new() })),
            _ => return None,
        })
    }

    fn name(&self) -> &'static str {
        match self {
            Coding::Gzip(_) => "gzip",
            Coding::Deflate(_) => "deflate",
            Coding::Brotli(_) => "br",
            Coding::Zstd(_) => "zstd",
        }
    }

    fn failure(&self, error: &io::Error) -> Failure {
        Failure::PeerCoding(self.name(), error.to_string())
    }

    fn piece(&mut self, piece: &[u8]) -> io::Result<Vec<u8>> {
        if piece.is_empty() {
            return Ok(Vec::new());
        }
        match self {
            Coding::Gzip(decoder) => {
                decoder.write_all(piece)?;
                Ok(std::mem::take(decoder.get_mut()))
            }
            Coding::Deflate(deflate) => deflate.piece(piece),
            Coding::Brotli(decoder) => {
                decoder.write_all(piece)?;
                Ok(std::mem::take(decoder.get_mut()))
            }
            Coding::Zstd(zstd) => zstd.piece(piece),
        }
    }

    fn end(&mut self) -> io::Result<Vec<u8>> {
        match self {
            Coding::Gzip(decoder) => {
                decoder.try_finish()?;
                Ok(std::mem::take(decoder.get_mut()))
            }
            Coding::Deflate(deflate) => deflate.end(),
            Coding::Brotli(decoder) => {
                decoder.close()?;
                Ok(std::mem::take(decoder.get_mut()))
            }
            Coding::Zstd(zstd) => zstd.end(),
        }
    }
}

impl Deflate {
    fn piece(&mut self, piece: &[u8]) -> io::Result<Vec<u8>> {
        if let Deflate::Unknown = self {
            // Zlib's first octet names the method, 8, and a window (RFC 1950 2.2).
            let is_zlib = piece.first().is_some_and(|first| first & 0x0f == 8 && first >> 4 <= 7);
            *self = match is_zlib {
                true => Deflate::Zlib(ZlibDecoder::new(Vec::new())),
                false => Deflate::Bare(DeflateDecoder::new(Vec::new())),
            };
        }
        match self {
            Deflate::Unknown => Ok(Vec::new()),
            Deflate::Zlib(decoder) => {
                decoder.write_all(piece)?;
                Ok(std::mem::take(decoder.get_mut()))
            }
            Deflate::Bare(decoder) => {
                decoder.write_all(piece)?;
                Ok(std::mem::take(decoder.get_mut()))
            }
        }
    }

    fn end(&mut self) -> io::Result<Vec<u8>> {
        match self {
            Deflate::Unknown => Ok(Vec::new()),
            Deflate::Zlib(decoder) => {
                decoder.try_finish()?;
                Ok(std::mem::take(decoder.get_mut()))
            }
            Deflate::Bare(decoder) => {
                decoder.try_finish()?;
                Ok(std::mem::take(decoder.get_mut()))
            }
        }
    }
}

impl Zstd {
    /// The decoder takes whole blocks, and must have the frame's head in one piece; what is cut waits for the rest.
    fn piece(&mut self, piece: &[u8]) -> io::Result<Vec<u8>> {
        self.unread.extend_from_slice(piece);
        let mut decoded = Vec::new();
        while self.unread.len() >= LONGEST_HEAD && self.step(&mut decoded)? {}
        if self.unread.len() > LONGEST_BLOCK { Err(io::ErrorKind::InvalidData.into()) } else { Ok(decoded) }
    }

    fn end(&mut self) -> io::Result<Vec<u8>> {
        let mut decoded = Vec::new();
        while self.step(&mut decoded)? {}
        let is_whole = self.unread.is_empty() && self.decoder.is_finished();
        if is_whole { Ok(decoded) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// Decodes what it can, and says whether that was anything.
    fn step(&mut self, decoded: &mut Vec<u8>) -> io::Result<bool> {
        let mut room = vec![0; ROOM];
        let step = self.decoder.decode_from_to(&self.unread, &mut room);
        let (read, written) = step.map_err(|error| io::Error::other(error.to_string()))?;
        decoded.extend_from_slice(&room[..written]);
        // Of a checksum that is cut the decoder says that it has read all.
        let read = read.min(self.unread.len());
        self.unread.drain(..read);
        Ok(read > 0 || written > 0)
    }
}

const ROOM: usize = 64 * 1024;
/// RFC 8878 3.1.1.1.
const LONGEST_HEAD: usize = 18;
/// A block has 128 KiB at most (RFC 8878 3.1.1.2.4), and a piece is far shorter.
const LONGEST_BLOCK: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    #[test]
    fn each_coding_is_undone_however_it_is_cut() {
        let text = "toynet is a whole small internet in one binary. ".repeat(200);
        for (name, coded) in coded(text.as_bytes()) {
            for length in [1, 7, 100_000] {
                let mut decoding = Decoding::of(name).unwrap();
                let mut whole = Vec::new();
                for piece in coded.chunks(length) {
                    whole.extend(decoding.piece(Bytes::copy_from_slice(piece)).unwrap());
                }
                whole.extend(decoding.end().unwrap());
                assert_eq!(String::from_utf8(whole).unwrap(), text, "{name} in pieces of {length}");
            }
        }
    }

    #[test]
    fn a_content_that_is_cut_or_is_no_such_thing_is_an_error() {
        for (name, coded) in coded(&[7; 5000]) {
            let mut decoding = Decoding::of(name).unwrap();
            let begun = decoding.piece(Bytes::copy_from_slice(&coded[..coded.len() - 3]));
            assert!(begun.and_then(|_| decoding.end()).is_err(), "{name}");
        }
        let mut decoding = Decoding::of("gzip").unwrap();
        assert!(decoding.piece(Bytes::from_static(b"plain text, and no gzip")).is_err());
        assert!(Decoding::of("compress").is_none());
    }

    #[test]
    fn several_codings_are_undone_from_the_last() {
        let first = gzip(b"twice");
        let second = gzip(&first);
        let mut decoding = Decoding::of("gzip, identity, gzip").unwrap();
        let mut whole = decoding.piece(Bytes::from(second)).unwrap().to_vec();
        whole.extend(decoding.end().unwrap());
        assert_eq!(whole, b"twice");
    }

    fn gzip(octets: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(octets).unwrap();
        encoder.finish().unwrap()
    }

    fn coded(octets: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(octets).unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::default());
        bare.write_all(octets).unwrap();
        let mut brotli = Vec::new();
        brotli::CompressorWriter::new(&mut brotli, 4096, 5, 20).write_all(octets).unwrap();
        let zstd = ruzstd::encoding::compress_to_vec(octets, ruzstd::encoding::CompressionLevel::Fastest);
        vec![
            ("gzip", gzip(octets)),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", bare.finish().unwrap()),
            ("br", brotli),
            ("zstd", zstd),
        ]
    }
}
