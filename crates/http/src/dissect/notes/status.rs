//! Status codes in words: those of RFC 9110 and of the registry.

use toynet_record::dissect::Note;

/// What a code says.
pub(super) fn of(code: u16) -> Note {
    match CODES.iter().find(|(number, _, _)| *number == code) {
        Some((_, text, rule)) => Note::new(format!("{code}: {text}"), rule),
        None => Note::new(
            format!("{code} is not registered: to be taken as {}00, {}", code / 100, class(code)),
            "RFC 9110 15",
        ),
    }
}

const fn class(code: u16) -> &'static str {
    match code / 100 {
        1 => "informational",
        2 => "success",
        3 => "a redirection",
        4 => "the client's fault",
        5 => "the server's fault",
        _ => "which no class has",
    }
}

const CODES: &[(u16, &str, &str)] = &[
    (100, "go on and send the content; the answer proper is still to come", "RFC 9110 15.2.1"),
    (101, "the connection speaks what Upgrade names from here on", "RFC 9110 15.2.2"),
    (102, "the request was heard, and takes a while", "RFC 2518 10.1"),
    (103, "fields that the answer will probably have, so that the client can begin with what they name", "RFC 8297 2"),
    (104, "the upload can be resumed", "draft-ietf-httpbis-resumable-upload"),
    (200, "the request has succeeded", "RFC 9110 15.3.1"),
    (201, "something new was made; Location or the URL itself says where it is", "RFC 9110 15.3.2"),
    (202, "the request was taken, and will be dealt with later", "RFC 9110 15.3.3"),
    (203, "it has succeeded, but somebody on the way has changed the answer", "RFC 9110 15.3.4"),
    (204, "the request has succeeded, and there is nothing to say", "RFC 9110 15.3.5"),
    (205, "the request has succeeded, and the client should clear its form", "RFC 9110 15.3.6"),
    (206, "a part of what is there, as Range has asked", "RFC 9110 15.3.7"),
    (207, "several answers, in XML", "RFC 4918 11.1"),
    (208, "told before in the same answer", "RFC 5842 7.1"),
    (226, "what has changed, and not the whole", "RFC 3229 10.4.1"),
    (300, "there are several forms of it to choose from", "RFC 9110 15.4.1"),
    (301, "it has moved to Location for good", "RFC 9110 15.4.2"),
    (302, "it is at Location for now", "RFC 9110 15.4.3"),
    (303, "the answer is at Location, to be fetched with GET", "RFC 9110 15.4.4"),
    (304, "it has not changed: the client's copy is still good", "RFC 9110 15.4.5"),
    (305, "go through a proxy; no longer in use", "RFC 9110 15.4.6"),
    (306, "no longer in use", "RFC 9110 15.4.7"),
    (307, "it is at Location for now, to be asked in the same way", "RFC 9110 15.4.8"),
    (308, "it has moved to Location for good, to be asked in the same way", "RFC 9110 15.4.9"),
    (400, "the server cannot or will not make sense of the request", "RFC 9110 15.5.1"),
    (401, "credentials are missing or wrong; WWW-Authenticate says which are wanted", "RFC 9110 15.5.2"),
    (402, "reserved for payment", "RFC 9110 15.5.3"),
    (403, "the server understands, and refuses", "RFC 9110 15.5.4"),
    (404, "there is nothing there, or nothing that the server admits", "RFC 9110 15.5.5"),
    (405, "the method cannot be used there; Allow says which can", "RFC 9110 15.5.6"),
    (406, "there is no form of it that suits the client", "RFC 9110 15.5.7"),
    (407, "a proxy wants credentials first", "RFC 9110 15.5.8"),
    (408, "the request took too long to come", "RFC 9110 15.5.9"),
    (409, "the request does not fit the state in which things are", "RFC 9110 15.5.10"),
    (410, "it was there, and is gone for good", "RFC 9110 15.5.11"),
    (411, "the request must say how long its content is", "RFC 9110 15.5.12"),
    (412, "a condition of the request does not hold", "RFC 9110 15.5.13"),
    (413, "the content is larger than the server takes", "RFC 9110 15.5.14"),
    (414, "the target is longer than the server reads", "RFC 9110 15.5.15"),
    (415, "the content is of a kind that cannot be used there", "RFC 9110 15.5.16"),
    (416, "no part that Range names is there", "RFC 9110 15.5.17"),
    (417, "what Expect asks for cannot be had", "RFC 9110 15.5.18"),
    (418, "a teapot makes no coffee; reserved as a joke", "RFC 9110 15.5.19"),
    (421, "the server is not the one for that host", "RFC 9110 15.5.20"),
    (422, "the content is well formed, and makes no sense there", "RFC 9110 15.5.21"),
    (423, "it is locked", "RFC 4918 11.3"),
    (424, "something else that had to succeed has failed", "RFC 4918 11.4"),
    (425, "the request came so early that it may be a replay", "RFC 8470 5.2"),
    (426, "the client must speak another protocol; Upgrade says which", "RFC 9110 15.5.22"),
    (428, "the request must have a condition, so that no change is lost", "RFC 6585 3"),
    (429, "too many requests in too short a time", "RFC 6585 4"),
    (431, "the fields are longer than the server reads", "RFC 6585 5"),
    (451, "a law forbids it", "RFC 7725 3"),
    (500, "the server met what it did not expect", "RFC 9110 15.6.1"),
    (501, "the server does not know how to do that", "RFC 9110 15.6.2"),
    (502, "the server that stands behind this one gave no answer that makes sense", "RFC 9110 15.6.3"),
    (503, "the server cannot answer for now; Retry-After may say how long", "RFC 9110 15.6.4"),
    (504, "the server that stands behind this one took too long", "RFC 9110 15.6.5"),
    (505, "the server does not speak that version", "RFC 9110 15.6.6"),
    (506, "the server's choice of forms goes round in a circle", "RFC 2295 8.1"),
    (507, "there is no room to store it", "RFC 4918 11.5"),
    (508, "the operation goes round in a loop", "RFC 5842 7.2"),
    (510, "an extension is missing; no longer in use", "RFC 2774 7"),
    (511, "the network wants the client to log in first", "RFC 6585 6"),
];
