//! Lines: CR LF ends one, and nothing else does (RFC 5321 2.3.8).

/// Cuts lines out of what arrives, however it was cut into pieces.
#[derive(Debug)]
pub struct LineReader {
    longest: usize,
    /// A line of which no end has come yet; never longer than `longest` and one octet.
    held: Vec<u8>,
}

/// What breaks a line. Nothing of it may be acted on: where it ends is a matter of opinion, and two
/// servers of different opinions is how mail is smuggled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// It is longer than the reader takes.
    #[error("the line is too long")]
    TooLong,
    /// LF stands alone.
    #[error("LF stands without CR; a line ends with CR LF")]
    BareLf,
    /// CR stands alone.
    #[error("CR stands without LF; a line ends with CR LF")]
    BareCr,
}

/// What came of some octets.
#[derive(Debug, PartialEq, Eq)]
pub struct Taken {
    /// How many octets were taken.
    pub count: usize,
    /// The line that they finish, without its end.
    pub line: Option<Result<Vec<u8>, LineFault>>,
}

impl LineReader {
    /// A reader of lines of up to `longest` octets, CR LF included.
    pub fn new(longest: usize) -> Self {
        Self { longest, held: Vec::new() }
    }

    /// Takes octets up to the end of a line. LF alone ends a line that is refused, so that its sender
    /// hears why at once.
    pub fn take(&mut self, octets: &[u8]) -> Taken {
        let end = memchr::memchr(b'\n', octets);
        let count = end.map_or(octets.len(), |end| end + 1);
        let room = (self.longest + 1).saturating_sub(self.held.len());
        self.held.extend_from_slice(&octets[..count.min(room)]);
        let line = end.map(|_| judge(std::mem::take(&mut self.held), self.longest));
        Taken { count, line }
    }
}

fn judge(mut line: Vec<u8>, longest: usize) -> Result<Vec<u8>, LineFault> {
    if line.len() > longest {
        return Err(LineFault::TooLong);
    }
    line.pop();
    if line.pop() != Some(b'\r') {
        return Err(LineFault::BareLf);
    }
    if line.contains(&b'\r') {
        return Err(LineFault::BareCr);
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cr_lf_ends_a_line_that_counts() {
        assert_eq!(lines(b"NOOP\r\nQUIT\r\n"), [Ok("NOOP".into()), Ok("QUIT".into())]);
        assert_eq!(lines(b"NOOP\nQUIT\r\n"), [Err(LineFault::BareLf), Ok("QUIT".into())]);
        assert_eq!(lines(b"NOOP\rQUIT\r\n"), [Err(LineFault::BareCr)]);
        assert_eq!(lines(b"\n"), [Err(LineFault::BareLf)]);
        assert_eq!(lines(b"\r\n"), [Ok(String::new())]);
        assert_eq!(lines(b"NOOP"), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_forgotten_up_to_its_end() {
        assert_eq!(lines(b"0123456789\r\n"), [Ok("0123456789".into())]);
        assert_eq!(lines(b"01234567890\r\nNOOP\r\n"), [Err(LineFault::TooLong), Ok("NOOP".into())]);
    }

    fn lines(octets: &[u8]) -> Vec<Result<String, LineFault>> {
        let read = |pieces: Vec<&[u8]>| {
            let (mut reader, mut lines) = (LineReader::new(12), Vec::new());
            for mut piece in pieces {
                while !piece.is_empty() {
                    let taken = reader.take(piece);
                    lines.extend(taken.line.map(|line| line.map(|line| String::from_utf8(line).unwrap())));
                    piece = &piece[taken.count..];
                }
            }
            lines
        };
        let whole = read(vec![octets]);
        assert_eq!(whole, read(octets.chunks(1).collect()));
        whole
    }
}
