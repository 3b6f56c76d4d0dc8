//! The frames one by one (RFC 9113 3.4, 4, 5.5, 6).

use toynet_http::wire::frame::FrameKind::{
    GoAway, Headers, Other, Ping, Priority, PushPromise, RstStream, Settings, WindowUpdate,
};
use toynet_http::wire::frame::PREFACE;

use super::Then::{Answers, Calm, Ends, GoesOn, Refuses, Resets};
use super::said::{ACK, END, END_HEADERS, END_STREAM, PADDED, PRIORITY, Said, front_page, upload};
use super::{CLOSED, Case, FLOW, PROTOCOL, SIZE, WELCOME};

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |rule, said: Said, then| cases.push(Case { rule, said, then });
    let hello = Said::hello;

    add("9113 3.4: preface, SETTINGS, request", hello().get(1), Answers(1, 200, WELCOME));
    add("9113 3.4: the request need not wait for SETTINGS", Said::hello().get(1).wait(), Answers(1, 200, WELCOME));
    add("9113 3.4: SETTINGS comes first", Said::octets(PREFACE).get(1), Ends(&[PROTOCOL]));
    add("9113 3.4: a PING is no SETTINGS", Said::octets(PREFACE).ping(0, b"01234567"), Ends(&[PROTOCOL]));
    add("9113 3.4: an ACK is no SETTINGS", Said::octets(PREFACE).frame(Settings, ACK, 0, &[]), Ends(&[PROTOCOL]));

    add("9113 4.1: an unknown kind is ignored", hello().frame(Other(0xff), 0xff, 0, b"whatever"), GoesOn);
    add("9113 4.1: on a stream too", hello().get(1).frame(Other(0x42), 0, 1, b"whatever"), Answers(1, 200, WELCOME));
    add(
        "9113 4.1: ORIGIN and ALTSVC too",
        hello().frame(Other(0xa), 0, 0, b"\0\0x").frame(Other(0xc), 0, 0, b""),
        GoesOn,
    );
    add("9113 4.1: unknown flags are ignored", hello().ping(0xfe, b"01234567"), GoesOn);
    let reserved = [0, 0, 8, 6, 0, 0x80, 0, 0, 0];
    add("9113 4.1: the reserved bit is ignored", hello().raw(&reserved).raw(b"01234567"), GoesOn);

    add("9113 4.2: 2^14 octets of DATA", hello().post(1).data(END_STREAM, 1, &[b'x'; 16_384]), Refuses(1, 405));
    add("9113 4.2: DATA too long", hello().post(1).data(END_STREAM, 1, &[b'x'; 16_385]), Resets(1, &[SIZE]));
    let large = [upload(&[]), vec![0; 16_385]].concat();
    add("9113 4.2: HEADERS too long", hello().headers(END, 1, &large), Ends(&[SIZE]));
    add("9113 4.2: SETTINGS too long", hello().frame(Settings, 0, 0, &[0; 16_386]), Ends(&[SIZE]));
    add("9113 4.2: unknown too long", hello().frame(Other(0x42), 0, 0, &[0; 16_385]), Ends(&[SIZE]));

    add(
        "9113 4.3: PRIORITY inside a block",
        hello().headers(END_STREAM, 1, &front_page()).priority(1, 0),
        Ends(&[PROTOCOL]),
    );
    let begun = || hello().headers(END_STREAM, 1, &front_page());
    add("9113 4.3: another stream's HEADERS inside a block", begun().get(3), Ends(&[PROTOCOL]));
    add("9113 4.3: the same stream's HEADERS inside a block", begun().get(1), Ends(&[PROTOCOL]));
    add("9113 4.3: PING inside a block", begun().ping(0, b"01234567"), Ends(&[PROTOCOL]));
    add("9113 4.3: SETTINGS inside a block", begun().settings(&[]), Ends(&[PROTOCOL]));
    add("9113 4.3: WINDOW_UPDATE inside a block", begun().window(0, 1), Ends(&[PROTOCOL]));
    add("9113 4.3: RST_STREAM inside a block", begun().reset(1, 8), Ends(&[PROTOCOL]));
    add("9113 5.5: an unknown frame inside a block", begun().frame(Other(0x42), 0, 0, b"x"), Ends(&[PROTOCOL]));

    add("9113 6.1: DATA on stream 0", hello().data(END_STREAM, 0, b"x"), Ends(&[PROTOCOL]));
    add("9113 6.1: DATA on a stream that is not open", hello().get(1).data(END_STREAM, 1, b"x"), Resets(1, &[CLOSED]));
    add("9113 6.1: padding", hello().post(1).data(END_STREAM | PADDED, 1, b"\x02abc\0\0"), Refuses(1, 405));
    add(
        "9113 6.1: padding and nothing else",
        hello().post(1).data(END_STREAM | PADDED, 1, b"\x03\0\0\0"),
        Refuses(1, 405),
    );
    add(
        "9113 6.1: as much padding as payload",
        hello().post(1).data(END_STREAM | PADDED, 1, b"\x04abc"),
        Ends(&[PROTOCOL]),
    );
    add(
        "9113 6.1: more padding than payload",
        hello().post(1).data(END_STREAM | PADDED, 1, b"\xffabc"),
        Ends(&[PROTOCOL]),
    );
    add(
        "9113 6.1: padding without a length",
        hello().post(1).data(END_STREAM | PADDED, 1, b""),
        Ends(&[PROTOCOL, SIZE]),
    );
    let pieces = hello().post(1).data(0, 1, b"a").data(0, 1, b"").data(0, 1, b"b").data(END_STREAM, 1, b"");
    add("9113 6.1: content in pieces", pieces, Refuses(1, 405));

    let padded = [&[4][..], &front_page(), &[0; 4]].concat();
    add("9113 6.2: padding", hello().headers(END | PADDED, 1, &padded), Answers(1, 200, WELCOME));
    let with_priority = [&[0x80, 0, 0, 0, 255][..], &front_page()].concat();
    add("9113 6.2: a priority", hello().headers(END | PRIORITY, 1, &with_priority), Answers(1, 200, WELCOME));
    let both = [&[4, 0, 0, 0, 0, 1][..], &front_page(), &[0; 4]].concat();
    add("9113 6.2: both", hello().headers(END | PADDED | PRIORITY, 1, &both), Answers(1, 200, WELCOME));
    add("9113 6.2: HEADERS on stream 0", hello().get(0), Ends(&[PROTOCOL]));
    let overlong = [&[0xff][..], &front_page()].concat();
    add("9113 6.2: more padding than payload", hello().headers(END | PADDED, 1, &overlong), Ends(&[PROTOCOL]));
    add("9113 6.2: padding without a length", hello().headers(END | PADDED, 1, b""), Ends(&[PROTOCOL, SIZE]));
    add("9113 6.2: a priority that is cut", hello().headers(END | PRIORITY, 1, b"\0\0\0"), Ends(&[PROTOCOL, SIZE]));
    add(
        "9113 5.3.1: a stream that depends on itself",
        hello().headers(END | PRIORITY, 1, &[&[0, 0, 0, 1, 255][..], &front_page()].concat()),
        Resets(1, &[PROTOCOL]),
    );

    add("9113 6.3: PRIORITY of an idle stream", hello().priority(5, 3).get(7), Answers(7, 200, WELCOME));
    add("9113 6.3: PRIORITY on stream 0", hello().priority(0, 1), Ends(&[PROTOCOL]));
    add("9113 6.3: four octets", hello().post(1).frame(Priority, 0, 1, &[0; 4]), Resets(1, &[SIZE]));
    add("9113 6.3: six octets", hello().post(1).frame(Priority, 0, 1, &[0; 6]), Resets(1, &[SIZE]));

    add("9113 6.4: RST_STREAM on stream 0", hello().reset(0, 8), Ends(&[PROTOCOL]));
    add("9113 6.4: RST_STREAM of an idle stream", hello().reset(1, 8), Ends(&[PROTOCOL]));
    add("9113 6.4: three octets", hello().post(1).frame(RstStream, 0, 1, &[0; 3]), Ends(&[SIZE]));
    add("9113 6.4: five octets", hello().post(1).frame(RstStream, 0, 1, &[0; 5]), Ends(&[SIZE]));
    add("9113 6.4: in the middle of a request", hello().post(1).reset(1, 8), GoesOn);
    add("9113 7: an unknown code", hello().post(1).reset(1, 0xff), GoesOn);

    add("9113 6.5: an ACK with a payload", hello().frame(Settings, ACK, 0, &[0, 1, 0, 0, 16, 0]), Ends(&[SIZE]));
    add("9113 6.5: SETTINGS on a stream", hello().frame(Settings, 0, 1, &[]), Ends(&[PROTOCOL]));
    add("9113 6.5: five octets", hello().frame(Settings, 0, 0, &[0; 5]), Ends(&[SIZE]));
    add("9113 6.5: an ACK", hello().frame(Settings, ACK, 0, &[]), GoesOn);
    add("9113 6.5.2: ENABLE_PUSH of 2", hello().settings(&[(2, 2)]), Ends(&[PROTOCOL]));
    add("9113 6.5.2: ENABLE_PUSH of 0 and 1", hello().settings(&[(2, 0), (2, 1)]), GoesOn);
    add("9113 6.5.2: INITIAL_WINDOW_SIZE of 2^31", hello().settings(&[(4, 1 << 31)]), Ends(&[FLOW]));
    add(
        "9113 6.5.2: INITIAL_WINDOW_SIZE of 2^31-1",
        hello().settings(&[(4, (1 << 31) - 1)]).get(1),
        Answers(1, 200, WELCOME),
    );
    add("9113 6.5.2: MAX_FRAME_SIZE of 2^14-1", hello().settings(&[(5, 16_383)]), Ends(&[PROTOCOL]));
    add("9113 6.5.2: MAX_FRAME_SIZE of 2^24", hello().settings(&[(5, 1 << 24)]), Ends(&[PROTOCOL]));
    add(
        "9113 6.5.2: MAX_FRAME_SIZE of 2^24-1",
        hello().settings(&[(5, (1 << 24) - 1)]).get(1),
        Answers(1, 200, WELCOME),
    );
    add("9113 6.5.2: an unknown setting", hello().settings(&[(0xff, 7), (0, 1)]), GoesOn);
    add("9113 6.5.2: no header table", hello().settings(&[(1, 0)]).get(1).get(3), Answers(3, 200, WELCOME));
    add("8441 3: ENABLE_CONNECT_PROTOCOL of 2", hello().settings(&[(8, 2)]), Ends(&[PROTOCOL]));

    add(
        "9113 6.6: a client promises nothing",
        hello().post(1).frame(PushPromise, END_HEADERS, 1, &[&[0, 0, 0, 2][..], &front_page()].concat()),
        Ends(&[PROTOCOL]),
    );
    add(
        "9113 6.6: PUSH_PROMISE on stream 0",
        hello().frame(PushPromise, END_HEADERS, 0, &[0, 0, 0, 2]),
        Ends(&[PROTOCOL]),
    );

    add("9113 6.7: PING is answered", hello(), GoesOn);
    add("9113 6.7: an ACK is not", hello().ping(ACK, b"nobody's"), GoesOn);
    add("9113 6.7: PING on a stream", hello().frame(Ping, 0, 1, &[0; 8]), Ends(&[PROTOCOL]));
    add("9113 6.7: seven octets", hello().frame(Ping, 0, 0, &[0; 7]), Ends(&[SIZE]));
    add("9113 6.7: nine octets", hello().frame(Ping, 0, 0, &[0; 9]), Ends(&[SIZE]));

    add("9113 6.8: GOAWAY on a stream", hello().frame(GoAway, 0, 1, &[0; 8]), Ends(&[PROTOCOL]));
    add("9113 6.8: GOAWAY that is cut", hello().frame(GoAway, 0, 0, &[0; 7]), Ends(&[SIZE, PROTOCOL]));
    add("9113 6.8: GOAWAY", hello().go_away(0, 0), Calm);
    add("9113 6.8: what was asked before is answered", hello().get(1).wait().go_away(0, 0), Calm);
    add("9113 7: GOAWAY with an unknown code", hello().go_away(0, 0xff), Calm);

    add("9113 6.9: three octets", hello().frame(WindowUpdate, 0, 0, &[0, 0, 1]), Ends(&[SIZE]));
    add("9113 6.9: five octets", hello().post(1).frame(WindowUpdate, 0, 1, &[0, 0, 0, 0, 1]), Ends(&[SIZE]));

    let halves = front_page();
    let (first, second) = halves.split_at(7);
    add(
        "9113 6.10: one CONTINUATION",
        hello().headers(END_STREAM, 1, first).continuation(END_HEADERS, 1, second),
        Answers(1, 200, WELCOME),
    );
    let pieces = hello().headers(END_STREAM, 1, &[]).continuation(0, 1, first).continuation(0, 1, &[]);
    let pieces = pieces.continuation(0, 1, second).continuation(END_HEADERS, 1, &[]);
    add("9113 6.10: several, some of them empty", pieces, Answers(1, 200, WELCOME));
    add("9113 6.10: then DATA", begun().continuation(0, 1, &[]).data(END_STREAM, 1, b"x"), Ends(&[PROTOCOL]));
    add("9113 6.10: on stream 0", begun().continuation(END_HEADERS, 0, &[]), Ends(&[PROTOCOL]));
    add("9113 6.10: on another stream", begun().continuation(END_HEADERS, 3, &[]), Ends(&[PROTOCOL]));
    add(
        "9113 6.10: after HEADERS that were whole",
        hello().get(1).continuation(END_HEADERS, 1, &[]),
        Ends(&[PROTOCOL]),
    );
    add(
        "9113 6.10: after CONTINUATION that was the last",
        begun().continuation(END_HEADERS, 1, &[]).continuation(END_HEADERS, 1, &[]),
        Ends(&[PROTOCOL]),
    );
    add("9113 6.10: after DATA", hello().post(1).data(0, 1, b"x").continuation(END_HEADERS, 1, &[]), Ends(&[PROTOCOL]));
    add("9113 6.10: first of all", hello().continuation(END_HEADERS, 1, &front_page()), Ends(&[PROTOCOL]));

    add("9113 5.4.1: nothing follows an error", hello().data(0, 0, b"x").get(1), Ends(&[PROTOCOL]));
    let cut = hello().announcing(100, Headers, END, 1, b"x");
    add("9113 4.1: a frame that is not whole waits", cut, Calm);
    cases
}
