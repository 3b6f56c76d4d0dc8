//! What a response carries.

use std::fs::File;
use std::io;
use std::sync::Arc;

use bytes::Bytes;

/// The content of a response, or of one part of it.
#[derive(Clone, Debug, Default)]
pub enum Body {
    /// No content; the answer to HEAD has none whatever its `Content-Length` says.
    #[default]
    Empty,
    /// Octets in memory, shared with whatever holds them.
    Held(Bytes),
    /// A range of an open file, to be read as it is sent.
    OnDisk(FileRange),
    /// Several pieces, one after the other (multipart/byteranges).
    Pieces(Vec<Body>),
}

/// Octets of an open file. What has been cut from the file meanwhile is missing at the end.
#[derive(Clone, Debug)]
pub struct FileRange {
    /// The file.
    pub file: Arc<File>,
    /// Where the range begins.
    pub offset: u64,
    /// How many octets it has.
    pub length: u64,
}

impl Body {
    /// How many octets it has.
    pub fn length(&self) -> u64 {
        match self {
            Body::Empty => 0,
            Body::Held(octets) => octets.len() as u64,
            Body::OnDisk(range) => range.length,
            Body::Pieces(pieces) => pieces.iter().map(Body::length).sum(),
        }
    }

    /// The octets from `offset` on, `length` of them; fewer when the body ends before.
    pub fn slice(&self, offset: u64, length: u64) -> Body {
        match self {
            Body::Empty => Body::Empty,
            Body::Held(octets) => {
                let start = octets.len().min(usize::try_from(offset).unwrap_or(usize::MAX));
                let end = octets.len().min(start.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)));
                Body::Held(octets.slice(start..end))
            }
            Body::OnDisk(FileRange { file, offset: from, length: whole }) => {
                let start = offset.min(*whole);
                let file = Arc::clone(file);
                Body::OnDisk(FileRange { file, offset: from + start, length: length.min(whole - start) })
            }
            Body::Pieces(pieces) => Body::Pieces(slice_pieces(pieces, offset, length)),
        }
    }

    /// Reads all of it into memory. Blocks while a file is read: for tests and small bodies.
    ///
    /// # Errors
    /// When a file cannot be read, or has become too short.
    pub fn read(&self) -> io::Result<Bytes> {
        match self {
            Body::Empty => Ok(Bytes::new()),
            Body::Held(octets) => Ok(octets.clone()),
            Body::OnDisk(range) => range.read(0, usize::try_from(range.length).map_err(io::Error::other)?),
            Body::Pieces(pieces) => {
                let mut whole = Vec::new();
                for piece in pieces {
                    whole.extend_from_slice(&piece.read()?);
                }
                Ok(whole.into())
            }
        }
    }
}

impl FileRange {
    /// Reads up to `length` octets that begin `at` octets into the range. Blocks.
    ///
    /// # Errors
    /// When the file cannot be read, or has become shorter than it was: the response is then cut
    /// short, since its `Content-Length` has been sent.
    pub fn read(&self, at: u64, length: usize) -> io::Result<Bytes> {
        let left = self.length.saturating_sub(at);
        let mut octets = vec![0; length.min(usize::try_from(left).unwrap_or(usize::MAX))];
        read_exact_at(&self.file, &mut octets, self.offset + at)?;
        Ok(octets.into())
    }
}

fn slice_pieces(pieces: &[Body], offset: u64, length: u64) -> Vec<Body> {
    let (mut skip, mut left) = (offset, length);
    let mut taken = Vec::new();
    for piece in pieces {
        let part = piece.slice(skip, left);
        skip = skip.saturating_sub(piece.length());
        left -= part.length();
        taken.push(part);
    }
    taken
}

#[cfg(unix)]
fn read_exact_at(file: &File, octets: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, octets, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut octets: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !octets.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, octets, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => (octets, offset) = (&mut octets[count..], offset + count as u64),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_slice_is_the_same_in_memory_and_on_disk() {
        let text = b"0123456789";
        let held = Body::Held(Bytes::from_static(text));
        let pieces = Body::Pieces(vec![held.slice(0, 3), Body::Empty, held.slice(3, 7)]);
        let on_disk = on_disk(text);
        for (offset, length) in [(0, 10), (2, 3), (9, 1), (8, 100), (10, 1), (40, 2), (0, 0)] {
            let expected = held.slice(offset, length).read().expect("held");
            assert_eq!(on_disk.slice(offset, length).read().expect("on disk"), expected);
            assert_eq!(pieces.slice(offset, length).read().expect("pieces"), expected);
            assert_eq!(pieces.slice(offset, length).length(), expected.len() as u64);
        }
    }

    #[test]
    fn a_file_that_was_cut_is_an_error_and_no_short_answer() {
        let Body::OnDisk(range) = on_disk(b"0123456789") else { unreachable!("a file") };
        range.file.set_len(4).expect("cut");
        assert!(range.read(0, 10).is_err());
        assert_eq!(range.read(0, 4).expect("what is left"), "0123");
    }

    fn on_disk(text: &[u8]) -> Body {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(text).expect("written");
        Body::OnDisk(FileRange { file: Arc::new(file), offset: 0, length: text.len() as u64 })
    }
}
