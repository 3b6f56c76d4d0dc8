//! What may pass from a client to whoever reads requests: only what all readers read in the same way
//! (RFC 9112 11.2).
//!
//! The gate follows the octets of one connection, request by request. It holds heads back until they are
//! whole, so that nobody behind it meets half a head or a broken one.

use http::{StatusCode, Uri};

use super::content::Content;
use super::fault::{Fault, Rule};
use super::framing::Framing;
use super::head::{self, Head, Kind, LONGEST_METHOD, Span, Start};
use super::plain;
use crate::target::{Target, TargetError};

/// Follows what one client says.
#[derive(Debug)]
pub struct Gate {
    state: State,
    largest_head: usize,
}

#[derive(Debug)]
enum State {
    /// Before or inside a head, of which so many octets were looked at.
    Head(usize),
    /// Inside the content of a request, and whether the request asks for another protocol.
    Content(Content, bool),
    /// The last request asked for another protocol: what follows it is HTTP only if that was refused.
    Asked,
    /// It is no HTTP any more.
    Open,
    Shut(Refusal),
}

/// Why nothing more passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the client is answered.
    pub status: StatusCode,
    /// The rule that it broke, counted from the beginning of its request.
    pub fault: Option<Fault>,
    /// Whether it broke off inside a request's content: that request was passed on, and is answered there.
    pub is_in_content: bool,
}

impl Gate {
    /// A gate that refuses heads of more than `largest_head` octets.
    pub fn new(largest_head: usize) -> Self {
        Self { state: State::Head(0), largest_head }
    }

    /// How many octets from the front may pass. What lies behind them is to be held and shown again, with more.
    ///
    /// A request of a later minor version is made one of HTTP/1.1, as which it is to be read (RFC 9110 2.5).
    pub fn look(&mut self, octets: &mut [u8]) -> usize {
        let mut passed = 0;
        while passed < octets.len() {
            let rest = &mut octets[passed..];
            let count = match &mut self.state {
                State::Head(_) => self.head(rest),
                State::Content(content, is_asked) => {
                    let is_asked = *is_asked;
                    match content.take(rest) {
                        Ok(count) => {
                            if content.is_done() {
                                self.state = after(is_asked);
                            }
                            count
                        }
                        Err(fault) => {
                            let status = StatusCode::BAD_REQUEST;
                            self.state = State::Shut(Refusal { status, fault: Some(fault), is_in_content: true });
                            0
                        }
                    }
                }
                State::Open => rest.len(),
                State::Asked | State::Shut(_) => 0,
            };
            if count == 0 {
                break;
            }
            passed += count;
        }
        passed
    }

    /// The answer to the last request is complete and the connection still HTTP. Says whether octets that were
    /// held because of it may pass.
    pub fn resume(&mut self) -> bool {
        let is_asked = matches!(self.state, State::Asked);
        if is_asked {
            self.state = State::Head(0);
        }
        is_asked
    }

    /// From here on it is another protocol.
    pub fn open(&mut self) {
        self.state = State::Open;
    }

    /// Nothing more passes.
    pub fn shut(&mut self, status: StatusCode) {
        let is_in_content = matches!(self.state, State::Content(..));
        if self.refusal().is_none() {
            self.state = State::Shut(Refusal { status, fault: None, is_in_content });
        }
    }

    /// Why nothing more passes, if that is so.
    pub fn refusal(&self) -> Option<Refusal> {
        match self.state {
            State::Shut(refusal) => Some(refusal),
            State::Head(_) | State::Content(..) | State::Asked | State::Open => None,
        }
    }

    /// Whether content of a request is still to come.
    pub fn is_in_content(&self) -> bool {
        matches!(self.state, State::Content(..))
    }

    /// How many octets of a head pass; nothing when it is not whole, or refused.
    fn head(&mut self, octets: &mut [u8]) -> usize {
        if let Some(end) = plain::end(octets).filter(|end| *end <= self.largest_head) {
            self.state = State::Head(0);
            return end;
        }
        let State::Head(looked) = self.state else { return 0 };
        let judged = match head::end(octets, looked) {
            Some(end) if end <= self.largest_head => judge(&mut octets[..end]).map(|passed| Some((end, passed))),
            None if octets.len() <= self.largest_head => begun(octets, looked).map(|()| None),
            Some(_) | None => Err(too_long(octets, self.largest_head)),
        };
        let (state, count) = match judged {
            Ok(None) => (State::Head(octets.len()), 0),
            Ok(Some((end, (framing, is_asked)))) => {
                let content = Content::new(framing, end as u64);
                (if content.is_done() { after(is_asked) } else { State::Content(content, is_asked) }, end)
            }
            Err((status, fault)) => (State::Shut(Refusal { status, fault: Some(fault), is_in_content: false }), 0),
        };
        self.state = state;
        count
    }
}

type Refused = (StatusCode, Fault);

fn after(is_asked: bool) -> State {
    if is_asked { State::Asked } else { State::Head(0) }
}

/// How the content of a request that may pass is framed, and whether it asks for another protocol.
fn judge(octets: &mut [u8]) -> Result<(Framing, bool), Refused> {
    let refused = |fault: Fault| (StatusCode::BAD_REQUEST, fault);
    let mut head = Head::read(octets, Kind::Request).map_err(refused)?;
    let framing = Framing::of_request(&mut head);
    if head.method().len() > LONGEST_METHOD {
        return Err((status(Rule::Method), Fault { at: 0, rule: Rule::Method }));
    }
    let at = |span: Span, rule| Fault { at: span.start as u64, rule };
    if let Some(field) = head.fields.get(MOST_FIELDS) {
        let fault = at(field.name.clone(), Rule::HeadTooLong);
        return Err((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, fault));
    }
    let typed = head.faults.iter().filter(|fault| fault.rule == Rule::BareLf).count();
    let is_typed = typed == octets.iter().filter(|octet| **octet == b'\n').count();
    let broken = head.faults.iter().find(|fault| !is_tolerated(&head, **fault, is_typed));
    if let Some(fault) = broken {
        return Err((status(fault.rule), *fault));
    }
    let Start::Request { target, .. } = head.start.clone() else {
        return Err(refused(at(0..0, Rule::RequestLine)));
    };
    // Whoever reads requests behind the gate reads targets so.
    if Uri::try_from(head.octets(&target)).is_err() {
        return Err(refused(at(target, Rule::Target)));
    }
    let is_asked = head.method() == b"CONNECT" || head.values("upgrade").next().is_some();
    let is_later = head.version > (1, 1);
    let framing = framing.ok_or(refused(at(0..0, Rule::ContentLength)))?;
    if is_later && let Some(minor) = octets.get_mut(target.end + " HTTP/1.".len()) {
        *minor = b'1';
    }
    Ok((framing, is_asked))
}

/// What is let through though it breaks a rule.
///
/// A person who types a request into a plain connection ends every line with LF alone, which may be read so
/// (RFC 9112 2.2); where only some lines end so, two readers may see two different heads. Browsers
/// leave some octets of a query unescaped that no URI holds.
fn is_tolerated(head: &Head<'_>, fault: Fault, is_typed: bool) -> bool {
    match fault.rule {
        Rule::BareLf => is_typed,
        Rule::Target => {
            let Start::Request { target, .. } = &head.start else { return false };
            let method = std::str::from_utf8(head.method()).unwrap_or_default();
            let text = std::str::from_utf8(head.octets(target)).unwrap_or_default();
            let stray =
                |at: usize| text.as_bytes().get(at).is_some_and(|octet| octet.is_ascii_graphic() && *octet != b'#');
            text.starts_with('/') && matches!(Target::parse(method, text), Err(TargetError::Octet(at)) if stray(at))
        }
        _ => false,
    }
}

fn status(rule: Rule) -> StatusCode {
    match rule {
        Rule::Version => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
        Rule::Method => StatusCode::NOT_IMPLEMENTED,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// Refuses what can become no request whatever follows, so that nobody waits for the end of something that
/// is no HTTP.
fn begun(octets: &[u8], looked: usize) -> Result<(), Refused> {
    let refused = |at: usize, rule| Err((status(rule), Fault { at: at as u64, rule }));
    let Some(first) = octets.iter().position(|octet| !b"\r\n".contains(octet)) else { return Ok(()) };
    let is_method = |octet: &u8| head::is_token_octet(*octet);
    match octets[first..].iter().position(|octet| !is_method(octet)) {
        Some(0) => return refused(first, Rule::RequestLine),
        Some(at) if at > LONGEST_METHOD => return refused(first, Rule::Method),
        Some(at) if octets[first + at] != b' ' => return refused(first + at, Rule::RequestLine),
        Some(_) => {}
        None if octets.len() - first > LONGEST_METHOD => return refused(first, Rule::Method),
        None => {}
    }
    let line = octets[first..].iter().position(|octet| *octet == b'\n').map(|at| first + at + 1);
    match line {
        Some(end) if looked < end => match Head::read(&octets[..end], Kind::Request) {
            Err(fault) => Err((StatusCode::BAD_REQUEST, fault)),
            Ok(_) => Ok(()),
        },
        _ => Ok(()),
    }
}

fn too_long(octets: &[u8], largest: usize) -> Refused {
    let has_line = octets[..largest.min(octets.len())].trim_ascii_start().contains(&b'\n');
    let status = if has_line { StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE } else { StatusCode::URI_TOO_LONG };
    (status, Fault { at: largest as u64, rule: Rule::HeadTooLong })
}

/// What hyper reads of one head; browsers send some twenty.
const MOST_FIELDS: usize = 100;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GET: &str = "GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n";

    #[test]
    fn requests_pass_one_after_the_other_with_their_content() {
        let post = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        let all = [GET, post, GET].concat();
        assert_eq!(look(&all), (all.len(), None));
    }

    #[test]
    fn a_head_waits_until_it_is_whole() {
        for end in 1..GET.len() {
            assert_eq!(look(&GET[..end]), (0, None), "{end}");
        }
    }

    #[test]
    fn what_stands_before_a_broken_request_passes() {
        let all = [GET, "GET / HTTP/1.1\r\nHost : a\r\n\r\n", GET].concat();
        let (passed, refusal) = look(&all);
        assert_eq!((passed, refusal.map(|refusal| refusal.status.as_u16())), (GET.len(), Some(400)));
    }

    #[test]
    fn what_is_no_http_is_refused_at_once() {
        for text in ["\x16\x03\x01", "SSH-2.0-x\r\n", "GET /\r\n", "hello\r\n", " GET / HTTP/1.1\r\n"] {
            assert_eq!(look(text).1.map(|refusal| refusal.status.as_u16()), Some(400), "{text:?}");
        }
    }

    #[test]
    fn what_follows_a_wish_for_another_protocol_waits() {
        let mut gate = Gate::new(4096);
        let ask = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n";
        let mut all = [ask, "\u{1}\u{2}"].concat().into_bytes();
        assert_eq!(gate.look(&mut all), ask.len());
        assert_eq!(gate.look(&mut all[ask.len()..]), 0);
        assert!(gate.resume());
        assert_eq!(gate.look(&mut all[ask.len()..]), 0);
        assert!(gate.refusal().is_some());
    }

    #[test]
    fn a_later_minor_version_is_read_as_the_one_that_is_known() {
        let mut octets = GET.replace("HTTP/1.1", "HTTP/1.7").into_bytes();
        assert_eq!(Gate::new(4096).look(&mut octets), GET.len());
        assert_eq!(octets, GET.as_bytes());
    }

    #[test]
    fn a_method_that_is_too_long_used_to_pass_unless_it_came_in_pieces() {
        for method in [LONGEST_METHOD, LONGEST_METHOD + 1] {
            let text = GET.replace("GET", &"X".repeat(method));
            for end in [text.len(), text.len() - 1, LONGEST_METHOD + 3] {
                // RFC 9112 3.
                let expected = (method > LONGEST_METHOD).then_some(501);
                assert_eq!(look(&text[..end]).1.map(|refusal| refusal.status.as_u16()), expected, "{method} {end}");
            }
        }
    }

    #[test]
    fn a_query_as_browsers_write_it_passes() {
        let text = GET.replace("/a", "/a?q={x|y}^");
        assert_eq!(look(&text), (text.len(), None));
    }

    proptest! {
        #[test]
        fn pieces_pass_like_the_whole(text in "(GET /[a-c]? HTTP/1.[01]\r\n|Host: a\r\n|Content-Length: [0-3]\r\n|Transfer-Encoding: chunked\r\n|\r\n|\n|[0-3]\r\n|[a-z]{1,3}){0,12}", cuts in proptest::collection::vec(1..6usize, 0..30)) {
            let (mut gate, mut held, mut passed) = (Gate::new(4096), Vec::new(), 0);
            let mut rest = text.as_bytes();
            for cut in cuts.into_iter().chain([text.len()]) {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                rest = after;
                held.extend_from_slice(piece);
                let count = gate.look(&mut held);
                held.drain(..count);
                passed += count;
            }
            let whole = look(&text);
            let is_in_content = |refusal: Option<Refusal>| refusal.map(|refusal| refusal.is_in_content);
            prop_assert_eq!(is_in_content(gate.refusal()), is_in_content(whole.1));
            // The line of content that is refused has passed as far as it had come.
            if is_in_content(whole.1) != Some(true) {
                prop_assert_eq!(passed, whole.0);
            }
        }
    }

    fn look(text: &str) -> (usize, Option<Refusal>) {
        let mut gate = Gate::new(4096);
        let passed = gate.look(&mut text.as_bytes().to_vec());
        (passed, gate.refusal())
    }
}
