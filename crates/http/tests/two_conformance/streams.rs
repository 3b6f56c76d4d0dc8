//! The states of a stream, and the numbers of streams (RFC 9113 5.1 and 8.1).

use toynet_http::wire::frame::FrameKind::Other;

use super::Then::{Answers, Ends, GoesOn, Malformed, Refuses, Resets};
use super::said::{END, END_HEADERS, END_STREAM, Said, block, front_page, request, upload};
use super::{CANCEL, CLOSED, Case, NO_ERROR, PROTOCOL, REFUSED, WELCOME};

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |rule, said: Said, then| cases.push(Case { rule, said, then });
    let hello = Said::hello;

    add("9113 5.1: idle, DATA", hello().data(END_STREAM, 1, b"x"), Ends(&[PROTOCOL, CLOSED]));
    add("9113 5.1: idle, RST_STREAM", hello().reset(1, CANCEL), Ends(&[PROTOCOL]));
    add("9113 5.1: idle, WINDOW_UPDATE", hello().window(1, 100), Ends(&[PROTOCOL]));
    add("9113 5.1: idle, CONTINUATION", hello().continuation(END_HEADERS, 1, &front_page()), Ends(&[PROTOCOL]));
    add("9113 5.1: idle, PRIORITY", hello().priority(1, 0).get(1), Answers(1, 200, WELCOME));
    add("9113 5.1: idle beyond the last, DATA", hello().get(1).wait().data(0, 3, b"x"), Ends(&[PROTOCOL, CLOSED]));
    add("9113 5.1: idle of the server's, RST_STREAM", hello().reset(2, CANCEL), Ends(&[PROTOCOL]));
    add("9113 5.1: idle of the server's, WINDOW_UPDATE", hello().window(2, 1), Ends(&[PROTOCOL]));

    add("9113 5.1: half-closed, DATA", hello().get(1).data(END_STREAM, 1, b"x"), Resets(1, &[CLOSED]));
    add("9113 5.1: half-closed, HEADERS", hello().get(1).get(1), Resets(1, &[CLOSED]));
    add(
        "9113 5.1: half-closed, CONTINUATION",
        hello().get(1).continuation(END_HEADERS, 1, &[]),
        Ends(&[CLOSED, PROTOCOL]),
    );
    add("9113 5.1: half-closed, WINDOW_UPDATE", hello().get(1).window(1, 100), Answers(1, 200, WELCOME));
    add("9113 5.1: half-closed, PRIORITY", hello().get(1).priority(1, 0), Answers(1, 200, WELCOME));
    add("9113 5.1: half-closed, RST_STREAM", hello().get(1).reset(1, CANCEL), GoesOn);

    let reset = || hello().post(1).reset(1, CANCEL);
    add("9113 5.1: closed by RST_STREAM, DATA", reset().data(END_STREAM, 1, b"x"), Resets(1, &[CLOSED]));
    add("9113 5.1: closed by RST_STREAM, HEADERS", reset().get(1), Resets(1, &[CLOSED]));
    add(
        "9113 5.1: closed by RST_STREAM, CONTINUATION",
        reset().continuation(END_HEADERS, 1, &[]),
        Ends(&[CLOSED, PROTOCOL]),
    );
    add("9113 5.1: closed by RST_STREAM, WINDOW_UPDATE", reset().window(1, 100), GoesOn);
    add("9113 5.1: closed by RST_STREAM, RST_STREAM", reset().reset(1, CANCEL), GoesOn);
    add("9113 5.1: closed by RST_STREAM, PRIORITY", reset().priority(1, 0), GoesOn);

    let over = || hello().get(1).wait();
    add("9113 5.1: closed, DATA", over().data(END_STREAM, 1, b"x"), Resets(1, &[CLOSED]));
    add("9113 5.1: closed, HEADERS", over().get(1), Resets(1, &[CLOSED, PROTOCOL]));
    add("9113 5.1: closed, CONTINUATION", over().continuation(END_HEADERS, 1, &[]), Ends(&[CLOSED, PROTOCOL]));
    add("9113 5.1: closed, PRIORITY", over().priority(1, 0), GoesOn);
    add("9113 5.1: closed, WINDOW_UPDATE", over().window(1, 100), GoesOn);
    add("9113 5.1: closed, RST_STREAM", over().reset(1, CANCEL), GoesOn);
    add("9113 5.1: closed, an unknown frame", over().frame(Other(0x42), 0, 1, b"x"), GoesOn);

    add("9113 5.1.1: an even number", hello().get(2), Ends(&[PROTOCOL]));
    add("9113 5.1.1: a smaller number", hello().get(5).get(3), Ends(&[PROTOCOL, CLOSED]));
    add("9113 5.1.1: numbers may be skipped", hello().get(7).get(99), Answers(99, 200, WELCOME));
    add("9113 5.1.1: the largest number", hello().get((1 << 31) - 1), Answers((1 << 31) - 1, 200, WELCOME));
    add("9113 5.1.1: nothing after the largest", hello().get((1 << 31) - 1).get(1), Ends(&[PROTOCOL, CLOSED]));

    let many = |count: u32| hello().each((0..count).map(|number| 2 * number + 1), Said::post);
    add("9113 5.1.2: as many as are allowed", many(100).data(END_STREAM, 199, b""), Refuses(199, 405));
    add("9113 5.1.2: more than are allowed", many(101), Resets(201, &[PROTOCOL, REFUSED]));
    let one_ends = many(100).data(END_STREAM, 1, b"").wait().get(201);
    add("9113 5.1.2: one more when one has ended", one_ends, Answers(201, 200, WELCOME));

    add("9113 8.1: GET", hello().get(1), Answers(1, 200, WELCOME));
    add("9113 8.1: HEAD", hello().headers(END, 1, &request("HEAD", &[])), Answers(1, 200, 0));
    add(
        "9113 8.1: END_STREAM alone",
        hello().headers(END_HEADERS, 1, &front_page()).data(END_STREAM, 1, b""),
        Answers(1, 200, WELCOME),
    );
    let trailers = block(&[("x-sum", "1")]);
    let post = || hello().post(1).data(0, 1, b"abc");
    add("9113 8.1: trailers", post().headers(END, 1, &trailers), Refuses(1, 405));
    add(
        "9113 8.1: trailers in pieces",
        post().headers(END_STREAM, 1, &trailers[..3]).continuation(END_HEADERS, 1, &trailers[3..]),
        Refuses(1, 405),
    );
    add("9113 8.1: trailers that do not end the stream", post().headers(END_HEADERS, 1, &trailers), Malformed(1));
    add("9113 8.1: a second head", hello().post(1).headers(END_HEADERS, 1, &upload(&[])), Malformed(1));
    add("9113 8.1: DATA behind trailers", post().headers(END, 1, &trailers).data(0, 1, b"x"), Resets(1, &[CLOSED]));
    add("9113 8.3: a pseudo-header in trailers", post().headers(END, 1, &block(&[(":method", "POST")])), Malformed(1));
    add("9113 8.2.1: upper case in trailers", post().headers(END, 1, &block(&[("X-Sum", "1")])), Malformed(1));
    add("9113 8.2.2: Connection in trailers", post().headers(END, 1, &block(&[("connection", "x-sum")])), Malformed(1));

    let length = |value: &str| hello().headers(END_HEADERS, 1, &upload(&[("content-length", value)]));
    add("9113 8.1.1: Content-Length as it is", length("3").data(END_STREAM, 1, b"abc"), Refuses(1, 405));
    add("9113 8.1.1: in two pieces", length("3").data(0, 1, b"a").data(END_STREAM, 1, b"bc"), Refuses(1, 405));
    add("9113 8.1.1: with trailers", length("3").data(0, 1, b"abc").headers(END, 1, &trailers), Refuses(1, 405));
    add("9113 8.1.1: too much", length("1").data(END_STREAM, 1, b"abc"), Malformed(1));
    add("9113 8.1.1: too little", length("9").data(END_STREAM, 1, b"abc"), Malformed(1));
    add(
        "9113 8.1.1: too little in two pieces",
        length("9").data(0, 1, b"abc").data(END_STREAM, 1, b"def"),
        Malformed(1),
    );
    add("9113 8.1.1: too much in two pieces", length("4").data(0, 1, b"abc").data(END_STREAM, 1, b"def"), Malformed(1));
    add(
        "9113 8.1.1: too little before trailers",
        length("9").data(0, 1, b"abc").headers(END, 1, &trailers),
        Malformed(1),
    );
    add("9113 8.1.1: none at all", hello().headers(END, 1, &upload(&[("content-length", "3")])), Malformed(1));
    add("9113 8.1.1: none is none", hello().headers(END, 1, &upload(&[("content-length", "0")])), Refuses(1, 405));
    add("9110 8.6: no number", length("three").data(END_STREAM, 1, b"abc"), Malformed(1));
    add("9110 8.6: a sign", length("+3").data(END_STREAM, 1, b"abc"), Malformed(1));
    add("9110 8.6: nothing", length("").data(END_STREAM, 1, b"abc"), Malformed(1));
    add(
        "9110 8.6: two that differ",
        hello()
            .headers(END_HEADERS, 1, &upload(&[("content-length", "3"), ("content-length", "4")]))
            .data(END_STREAM, 1, b"abc"),
        Malformed(1),
    );

    let large = [("content-length", "99999999")];
    add("9110 15.5.14: too large", hello().headers(END_HEADERS, 1, &upload(&large)), Refuses(1, 413));
    add(
        "9113 8.1: who needs no content says NO_ERROR",
        hello().headers(END_HEADERS, 1, &upload(&large)),
        Resets(1, &[NO_ERROR, CANCEL]),
    );
    cases
}
