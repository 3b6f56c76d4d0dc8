//! Fields by their names: what each is for, and where it is written.

use toynet_record::dissect::Note;

use super::super::draft::Fields;
use super::{clean, values};

/// A note for each field, in order.
pub(super) fn of_fields(fields: &Fields<'_>) -> impl Iterator<Item = Note> {
    fields.iter().flat_map(|(name, value)| of_field(name, value))
}

/// A name as it is usually spelled.
pub(super) fn spelled(name: &str) -> &'static str {
    known(name.as_bytes()).map_or("a field", |(name, _, _)| name)
}

fn of_field(name: &[u8], value: &[u8]) -> Vec<Note> {
    let lower = name.to_ascii_lowercase();
    if let Some(notes) = values::of(&lower, value) {
        return notes;
    }
    match known(&lower) {
        Some((name, text, rule)) if value.is_empty() => vec![Note::new(format!("{name}, empty: {text}"), rule)],
        Some((name, text, rule)) => vec![Note::new(format!("{name}: {}: {text}", clean(value)), rule)],
        None => vec![Note::new(
            format!("{}: {}: a field that the RFCs of HTTP do not define", clean(name), clean(value)),
            "RFC 9110 5.1",
        )],
    }
}

fn known(name: &[u8]) -> Option<&'static (&'static str, &'static str, &'static str)> {
    FIELDS.iter().find(|(known, _, _)| known.as_bytes().eq_ignore_ascii_case(name))
}

const FIELDS: &[(&str, &str, &str)] = &[
    ("Accept", "the kinds of content that suit the client, with their weights", "RFC 9110 12.5.1"),
    ("Accept-Charset", "the character sets that suit the client; no longer in use", "RFC 9110 12.5.2"),
    ("Accept-Encoding", "the codings, such as compression, that the client undoes", "RFC 9110 12.5.3"),
    ("Accept-Language", "the languages that suit the person", "RFC 9110 12.5.4"),
    ("Accept-Patch", "the kinds of content that PATCH takes there", "RFC 5789 3.1"),
    ("Accept-Post", "the kinds of content that POST takes there", "W3C LDP 7.1"),
    ("Accept-Ranges", "whether parts of it can be asked for", "RFC 9110 14.3"),
    (
        "Access-Control-Allow-Credentials",
        "whether scripts of other sites may use the person's credentials",
        "WHATWG Fetch 3.3.3",
    ),
    ("Access-Control-Allow-Headers", "the fields that scripts of other sites may send", "WHATWG Fetch 3.3.3"),
    ("Access-Control-Allow-Methods", "the methods that scripts of other sites may use", "WHATWG Fetch 3.3.3"),
    ("Access-Control-Allow-Origin", "the site whose scripts may read the answer", "WHATWG Fetch 3.3.3"),
    ("Access-Control-Expose-Headers", "the fields that scripts of other sites may read", "WHATWG Fetch 3.3.3"),
    ("Access-Control-Max-Age", "for how many seconds these permissions may be kept", "WHATWG Fetch 3.3.3"),
    ("Access-Control-Request-Headers", "the fields that a script wants to send", "WHATWG Fetch 3.3.2"),
    ("Access-Control-Request-Method", "the method that a script wants to use", "WHATWG Fetch 3.3.2"),
    ("Age", "for how many seconds a cache has had the answer", "RFC 9111 5.1"),
    ("Allow", "the methods that can be used there", "RFC 9110 10.2.1"),
    ("Alt-Svc", "other places and protocols at which the same is served", "RFC 7838 3"),
    ("Authentication-Info", "what the server adds once credentials were accepted", "RFC 9110 11.6.3"),
    ("Authorization", "the client's credentials", "RFC 9110 11.6.2"),
    ("Cache-Control", "who may keep the answer, and for how long", "RFC 9111 5.2"),
    ("Clear-Site-Data", "what the browser is to forget of the site", "W3C Clear Site Data 3"),
    ("Connection", "what concerns this connection only, and is not passed on", "RFC 9110 7.6.1"),
    ("Content-Disposition", "whether to show the content or to save it, and under which name", "RFC 6266 4"),
    ("Content-Encoding", "how the content is coded, to be undone before it is used", "RFC 9110 8.4"),
    ("Content-Language", "the language of those for whom the content is", "RFC 9110 8.5"),
    ("Content-Length", "how many octets of content follow", "RFC 9110 8.6"),
    ("Content-Location", "a URL for just this form of it", "RFC 9110 8.7"),
    ("Content-Range", "which part of the whole the content is", "RFC 9110 14.4"),
    ("Content-Security-Policy", "what a page may load and run", "W3C CSP 3"),
    ("Content-Type", "what the content is", "RFC 9110 8.3"),
    ("Cookie", "what the server has told the client to say again", "RFC 6265 5.4"),
    ("Date", "when the message was made", "RFC 9110 6.6.1"),
    ("Digest", "a checksum of the content; Repr-Digest stands for it", "RFC 3230 4.3.2"),
    ("Content-Digest", "a checksum of the content as it is sent", "RFC 9530 2"),
    ("DNT", "whether the person wants to be tracked; no longer in use", "W3C TPE 5"),
    ("ETag", "this version's tag: while it is the same, so is what is there", "RFC 9110 8.8.3"),
    ("Early-Data", "the request came so early in TLS that it may be a replay", "RFC 8470 5.1"),
    ("Expect", "the client waits for 100 Continue before it sends the content", "RFC 9110 10.1.1"),
    ("Expires", "until when the answer is fresh", "RFC 9111 5.3"),
    ("Forwarded", "who asked whom on the way here", "RFC 7239 4"),
    ("From", "the mail address of whoever is responsible for the client", "RFC 9110 10.1.2"),
    ("Host", "the site that is meant: many may live at one address", "RFC 9110 7.2"),
    ("HTTP2-Settings", "what the client can take if HTTP/2 is spoken; no longer in use", "RFC 7540 3.2.1"),
    ("If-Match", "only if what is there has one of these tags: so that no change is lost", "RFC 9110 13.1.1"),
    ("If-Modified-Since", "only if it has changed since then; If-None-Match wins over it", "RFC 9110 13.1.3"),
    ("If-None-Match", "only if what is there has none of these tags: the client has those already", "RFC 9110 13.1.2"),
    ("If-Range", "the part if nothing has changed, and else the whole", "RFC 9110 13.1.5"),
    ("If-Unmodified-Since", "only if it has not changed since then", "RFC 9110 13.1.4"),
    ("Keep-Alive", "how long and for how many requests the connection stays", "RFC 2068 19.7.1"),
    ("Last-Modified", "when what is there has changed last", "RFC 9110 8.8.2"),
    ("Link", "what else belongs to it", "RFC 8288 3"),
    ("Location", "where it is, or what was made", "RFC 9110 10.2.2"),
    ("Max-Forwards", "how many proxies may pass the request on", "RFC 9110 7.6.2"),
    ("Origin", "the site whose script or form is asking", "RFC 6454 7"),
    ("Permissions-Policy", "which of the browser's powers a page may use", "W3C Permissions Policy 6"),
    ("Pragma", "what HTTP/1.0 had for Cache-Control", "RFC 9111 5.4"),
    ("Prefer", "how the client would like it done", "RFC 7240 2"),
    ("Preference-Applied", "which of these wishes were heeded", "RFC 7240 3"),
    ("Priority", "how urgent the answer is", "RFC 9218 5"),
    ("Proxy-Authenticate", "which credentials the proxy wants", "RFC 9110 11.7.1"),
    ("Proxy-Authorization", "the client's credentials for the proxy", "RFC 9110 11.7.2"),
    ("Proxy-Connection", "Connection, as some clients misspell it to proxies", "RFC 9112 C.2.2"),
    ("Range", "only these parts of it", "RFC 9110 14.2"),
    ("Referer", "where the client found the URL", "RFC 9110 10.1.3"),
    ("Referrer-Policy", "how much of a page's URL others may learn from Referer", "W3C Referrer Policy 4"),
    ("Refresh", "the page is to be loaded anew, perhaps from another URL", "WHATWG HTML 4.2.5"),
    ("Repr-Digest", "a checksum of the whole as it is there", "RFC 9530 3"),
    ("Retry-After", "when to ask again: in so many seconds, or at that time", "RFC 9110 10.2.3"),
    ("Sec-Fetch-Dest", "what a browser will use the answer for", "W3C Fetch Metadata 2.1"),
    ("Sec-Fetch-Mode", "how a browser came to ask", "W3C Fetch Metadata 2.2"),
    ("Sec-Fetch-Site", "whether the page that asks is of the same site", "W3C Fetch Metadata 2.3"),
    ("Sec-Fetch-User", "a person has clicked", "W3C Fetch Metadata 2.4"),
    ("Sec-WebSocket-Accept", "the proof that the server understands WebSocket", "RFC 6455 11.3.3"),
    ("Sec-WebSocket-Extensions", "extensions of WebSocket", "RFC 6455 11.3.2"),
    ("Sec-WebSocket-Key", "a random number, for the proof that the server understands WebSocket", "RFC 6455 11.3.1"),
    ("Sec-WebSocket-Protocol", "what is to be spoken over WebSocket", "RFC 6455 11.3.4"),
    ("Sec-WebSocket-Version", "the version of WebSocket", "RFC 6455 11.3.5"),
    ("Server", "the program that answers", "RFC 9110 10.2.4"),
    ("Server-Timing", "how long the server took for what", "W3C Server Timing 3"),
    ("Set-Cookie", "what the client is to say again", "RFC 6265 4.1"),
    ("SourceMap", "where the source of the script is", "ECMA-426"),
    ("Strict-Transport-Security", "the site is to be reached by https only", "RFC 6797 6.1"),
    ("TE", "the transfer codings that the client undoes, and whether trailers suit it", "RFC 9110 10.1.4"),
    ("Timing-Allow-Origin", "the sites that may measure the answer", "W3C Resource Timing 4.5"),
    ("Trailer", "the fields that will follow the content", "RFC 9110 6.6.2"),
    ("Transfer-Encoding", "how the message is framed for its way", "RFC 9112 6.1"),
    ("Upgrade", "other protocols that the sender would speak on this connection", "RFC 9110 7.8"),
    ("Upgrade-Insecure-Requests", "the browser would rather have it by https", "W3C Upgrade Insecure Requests 3"),
    ("User-Agent", "the program that asks", "RFC 9110 10.1.5"),
    ("Vary", "the fields of the request that the answer depends on: a cache must keep one for each", "RFC 9110 12.5.5"),
    ("Via", "the proxies that the message has passed", "RFC 9110 7.6.3"),
    ("Want-Content-Digest", "the checksums that suit the client", "RFC 9530 4"),
    ("Want-Repr-Digest", "the checksums that suit the client", "RFC 9530 4"),
    ("Warning", "what may be wrong with the answer; no longer in use", "RFC 9111 5.5"),
    ("WWW-Authenticate", "which credentials are wanted", "RFC 9110 11.6.1"),
    ("X-Content-Type-Options", "the browser must not guess what the content is", "WHATWG Fetch 3.6"),
    ("X-Forwarded-For", "the addresses of those who asked on the way; Forwarded stands for it", "RFC 7239 1"),
    ("X-Forwarded-Host", "the host that was asked for at the proxy; Forwarded stands for it", "RFC 7239 1"),
    ("X-Forwarded-Proto", "the protocol that was spoken with the proxy; Forwarded stands for it", "RFC 7239 1"),
    ("X-Frame-Options", "whether other pages may frame this one", "RFC 7034 2"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_stands_once_and_has_its_rule() {
        for (at, (name, text, rule)) in FIELDS.iter().enumerate() {
            let first = FIELDS.iter().position(|(other, _, _)| other.eq_ignore_ascii_case(name));
            assert_eq!(first, Some(at), "{name}");
            assert!(!text.is_empty() && !rule.is_empty(), "{name}");
        }
    }
}
