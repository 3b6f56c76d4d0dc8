//! The rules of HTTP/1.x that a message can break.

use std::fmt;

/// A rule that is broken, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The octet that breaks it, counted from 0 at the message's first.
    pub at: u64,
    /// What it breaks.
    pub rule: Rule,
}

/// A rule, named by what breaks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A line ends with LF alone.
    BareLf,
    /// A CR without its LF.
    BareCr,
    /// White space before the first field.
    LeadingSpace,
    /// A field that goes on in the next line.
    ObsFold,
    /// White space between a field's name and its colon.
    SpaceBeforeColon,
    /// A line without a colon.
    NoColon,
    /// An octet that no field name holds.
    FieldName,
    /// A control character in a field's value.
    FieldValue,
    /// Something other than method, target and version with one space between.
    RequestLine,
    /// A method that is longer than any that somebody knows.
    Method,
    /// A target that has no form for its method.
    Target,
    /// A version that is not HTTP/1.0 or HTTP/1.1.
    Version,
    /// Something other than version, code and reason with one space between.
    StatusLine,
    /// A status code outside 100 to 599.
    StatusCode,
    /// No Host in HTTP/1.1.
    HostMissing,
    /// More than one Host.
    HostDoubled,
    /// A Host that is none.
    HostInvalid,
    /// A Content-Length that is no number.
    ContentLength,
    /// The same Content-Length more than once.
    ContentLengthRepeated,
    /// Two lengths that differ.
    ContentLengthsDiffer,
    /// Content-Length beside Transfer-Encoding.
    LengthAndEncoding,
    /// A length or an encoding in an answer that has no content.
    LengthOfNothing,
    /// A transfer coding that does not end with `chunked`, or names it twice.
    ChunkedNotLast,
    /// A transfer coding in HTTP/1.0.
    EncodingInOld,
    /// A chunk's size that is no hexadecimal number.
    ChunkSize,
    /// A chunk longer or shorter than it said.
    ChunkEnd,
    /// A chunk's line or the trailers longer than anyone reads.
    ChunkLine,
    /// A head longer than anyone reads.
    HeadTooLong,
    /// The answer came before the end of the head.
    Unfinished,
    /// The connection ended inside the message.
    Cut,
}

impl Rule {
    /// Where the rule is written.
    pub const fn section(self) -> &'static str {
        match self {
            Rule::BareLf | Rule::BareCr | Rule::LeadingSpace => "RFC 9112 2.2",
            Rule::Version => "RFC 9112 2.3",
            Rule::RequestLine | Rule::Method => "RFC 9112 3",
            Rule::Target | Rule::HostMissing | Rule::HostDoubled | Rule::HostInvalid => "RFC 9112 3.2",
            Rule::StatusLine => "RFC 9112 4",
            Rule::StatusCode => "RFC 9110 15",
            Rule::NoColon => "RFC 9112 5",
            Rule::SpaceBeforeColon => "RFC 9112 5.1",
            Rule::ObsFold => "RFC 9112 5.2",
            Rule::FieldName => "RFC 9110 5.1",
            Rule::FieldValue => "RFC 9110 5.5",
            Rule::HeadTooLong => "RFC 9110 5.4",
            Rule::ContentLength | Rule::ContentLengthRepeated | Rule::LengthOfNothing => "RFC 9110 8.6",
            Rule::ContentLengthsDiffer | Rule::LengthAndEncoding | Rule::ChunkedNotLast => "RFC 9112 6.3",
            Rule::EncodingInOld => "RFC 9112 6.1",
            Rule::ChunkSize | Rule::ChunkEnd => "RFC 9112 7.1",
            Rule::ChunkLine => "RFC 9112 7.1.1",
            Rule::Unfinished => "RFC 9112 9.6",
            Rule::Cut => "RFC 9112 8",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Rule::BareLf => "the line ends with LF alone",
            Rule::BareCr => "a CR stands without LF",
            Rule::LeadingSpace => "white space stands before the first field",
            Rule::ObsFold => "a field goes on in the next line",
            Rule::SpaceBeforeColon => "white space stands before a field's colon",
            Rule::NoColon => "a field has no colon",
            Rule::FieldName => "a field's name holds what no name may",
            Rule::FieldValue => "a field's value holds a control character",
            Rule::RequestLine => "the line is not method, target and version with one space between",
            Rule::Method => "the method is longer than any that is known",
            Rule::Target => "the request target holds what no target may, or has no form that its method allows",
            Rule::Version => "the version is not HTTP/1.0 or HTTP/1.1",
            Rule::StatusLine => "the line is not version, code and reason with one space between",
            Rule::StatusCode => "the status code is not from 100 to 599",
            Rule::HostMissing => "the request has no Host",
            Rule::HostDoubled => "the request has more than one Host",
            Rule::HostInvalid => "the Host is invalid",
            Rule::ContentLength => "the Content-Length is no number",
            Rule::ContentLengthRepeated => "the Content-Length is said more than once",
            Rule::ContentLengthsDiffer => "two Content-Lengths differ",
            Rule::LengthAndEncoding => "Content-Length stands beside Transfer-Encoding",
            Rule::LengthOfNothing => "an answer without content says how long it is",
            Rule::ChunkedNotLast => "the transfer coding does not end with a single chunked",
            Rule::EncodingInOld => "HTTP/1.0 knows no transfer coding",
            Rule::ChunkSize => "the chunk's size is no hexadecimal number, or too large to count",
            Rule::ChunkEnd => "the chunk does not end where it said",
            Rule::ChunkLine => "the chunk's line or the trailers are too long to read",
            Rule::HeadTooLong => "the head is too long to read",
            Rule::Unfinished => "the head was answered before its end",
            Rule::Cut => "the connection ended inside the message",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at octet {} ({})", self.rule.words(), self.at, self.rule.section())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_one_sentence_with_its_section() {
        let fault = Fault { at: 35, rule: Rule::SpaceBeforeColon };
        assert_eq!(fault.to_string(), "white space stands before a field's colon at octet 35 (RFC 9112 5.1)");
    }
}
