//! Flow control (RFC 9113 5.2, 6.9).

use super::Then::{Answers, Ends, GoesOn, Resets, Waits, WaitsAtAll};
use super::said::{END, Said, block};
use super::{Case, FLOW, PROTOCOL, WELCOME};

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |rule, said: Said, then| cases.push(Case { rule, said, then });
    let hello = Said::hello;
    let window = |size: u32| Said::with(&[(WINDOW, size)]);

    add("9113 6.9: more room for the connection", hello().window(0, 1).get(1), Answers(1, 200, WELCOME));
    add("9113 6.9: more room for a stream", hello().get(1).window(1, 1), Answers(1, 200, WELCOME));
    add("9113 6.9: 0 for the connection", hello().window(0, 0), Ends(&[PROTOCOL]));
    add("9113 6.9: 0 for a stream", hello().post(1).window(1, 0), Resets(1, &[PROTOCOL]));
    add("9113 6.9: the reserved bit is ignored", hello().window(0, 1 << 31 | 1).get(1), Answers(1, 200, WELCOME));
    add("9113 6.9.1: the connection's too large", hello().window(0, LARGEST), Ends(&[FLOW]));
    add("9113 6.9.1: as large as may be", hello().window(0, LARGEST - 65_535).get(1), Answers(1, 200, WELCOME));
    add("9113 6.9.1: too large in two steps", hello().window(0, LARGEST - 65_535).window(0, 1), Ends(&[FLOW]));
    add("9113 6.9.1: a stream's too large", hello().post(1).window(1, LARGEST), Resets(1, &[FLOW]));
    add(
        "9113 6.9.1: a stream's in two steps",
        hello().post(1).window(1, LARGEST - 65_535).window(1, 1),
        Resets(1, &[FLOW]),
    );

    add("9113 6.9.1: no more than there is room for", window(3).get(1), Waits(1, 3));
    add("9113 6.9.1: nothing without room", window(0).get(1), Waits(1, 0));
    add("9113 6.9.1: the rest when there is room", window(3).get(1).wait().window(1, 4), Answers(1, 200, WELCOME));
    add(
        "9113 6.9.1: octet by octet",
        (0..7).fold(window(0).get(1), |said, _| said.wait().window(1, 1)),
        Answers(1, 200, WELCOME),
    );
    add(
        "9113 6.9.2: more room for all streams",
        window(0).get(1).get(3).wait().settings(&[(WINDOW, 7)]),
        Answers(3, 200, WELCOME),
    );
    add("9113 6.9.2: a setting before the stream", hello().settings(&[(WINDOW, 5)]).get(1), Waits(1, 5));
    add("9113 6.5.3: the last of two holds", Said::with(&[(WINDOW, 100), (WINDOW, 1)]).get(1), Waits(1, 1));
    // 3 octets are sent and 3 taken back: at -3 one needs 4 to send one more.
    let below = || window(3).get(1).wait().settings(&[(WINDOW, 0)]);
    add("9113 6.9.2: below nothing, still nothing", below().wait().window(1, 3), Waits(1, 3));
    add("9113 6.9.2: below nothing, then one octet", below().wait().window(1, 4), Waits(1, 4));
    add("9113 6.9.2: below nothing, then all", below().wait().window(1, 7), Answers(1, 200, WELCOME));
    add("9113 6.9.2: up and down", below().settings(&[(WINDOW, 7)]), Answers(1, 200, WELCOME));
    let beyond = hello().post(1).window(1, LARGEST - 65_535).settings(&[(WINDOW, 65_536)]);
    add("9113 6.9.2: a setting that makes a window too large", beyond, Ends(&[FLOW]));
    add(
        "9113 6.9.2: for the connection SETTINGS change nothing",
        Said::with(&[(WINDOW, LARGEST)]).get(1),
        Answers(1, 200, WELCOME),
    );

    let large =
        block(&[(":method", "GET"), (":scheme", "http"), (":authority", "www.shop.test"), (":path", "/large.bin")]);
    add(
        "9113 6.9.1: the connection's room holds all streams",
        Said::with(&[(WINDOW, LARGEST)]).headers(END, 1, &large).headers(END, 3, &large),
        WaitsAtAll(65_535),
    );
    add("9113 6.9: DATA of nothing takes no room", hello().post(1).each(0..50, |said, _| said.data(0, 1, b"")), GoesOn);
    cases
}

/// SETTINGS_INITIAL_WINDOW_SIZE.
const WINDOW: u16 = 4;
const LARGEST: u32 = (1 << 31) - 1;
