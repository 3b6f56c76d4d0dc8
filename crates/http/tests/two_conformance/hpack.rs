//! Header blocks that are compressed rightly and wrongly (RFC 7541).

use super::Then::{Answers, Ends};
use super::said::{END, END_HEADERS, END_STREAM, Said, block, field, front_page, number};
use super::{CLOSED, COMPRESSION, Case, WELCOME};

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |rule, said: Said, then| cases.push(Case { rule, said, then });
    let get = |block: &[u8]| Said::hello().headers(END, 1, block);
    let more = |octets: &[u8]| get(&[&front_page()[..], octets].concat());
    let fine = Answers(1, 200, WELCOME);
    let wrong = Ends(&[COMPRESSION]);

    // :method: GET, :scheme: http and :path: / of the static table (Appendix A).
    let indexed = [&[0x82, 0x86, 0x84][..], &field(":authority", "www.shop.test")].concat();
    add("7541 6.1: the static table", get(&indexed), fine);
    add("7541 6.2.1: a new name, kept", more(&literal(0x40, "x-test", "ok")), fine);
    add("7541 6.2.2: a new name, not kept", more(&literal(0, "x-test", "ok")), fine);
    add("7541 6.2.3: a new name, never kept", more(&literal(0x10, "x-test", "ok")), fine);
    add("7541 6.2.1: a name of the static table", more(b"\x7a\x02ok"), fine);
    add("7541 6.2.2: the same, not kept", more(b"\x0f\x2b\x02ok"), fine);
    let keep = || get(&[front_page(), literal(0x40, "x-test", "ok")].concat());
    add(
        "7541 2.3.2: the dynamic table",
        keep().headers(END, 3, &[&front_page()[..], &[0xbe]].concat()),
        Answers(3, 200, WELCOME),
    );
    add(
        "7541 2.3.2: a name of it",
        keep().headers(END, 3, &[&front_page()[..], b"\x7e\x02on"].concat()),
        Answers(3, 200, WELCOME),
    );
    add(
        "7541 4.3: made empty, it holds nothing",
        keep().headers(END, 3, &[&[0x20][..], &front_page(), &[0xbe]].concat()),
        wrong,
    );
    add(
        "7541 4.4: what does not fit empties it",
        keep().headers(END, 3, &[front_page(), literal(0x40, "y", &"y".repeat(4096))].concat()).headers(
            END,
            5,
            &[&front_page()[..], &[0xbe]].concat(),
        ),
        wrong,
    );
    add("7541 5.2: Huffman's code", more(b"\x00\x85\xf2\xb2\x4a\x84\xff\x83\x49\x50\x9f"), fine);

    add("7541 6.1: index 0", more(&[0x80]), wrong);
    add("7541 2.3.3: an index beyond both tables", more(&[0xbe]), wrong);
    add("7541 2.3.3: far beyond", more(&[&[0xff][..], &number(5000, 7)[1..]].concat()), wrong);
    add("7541 2.3.3: the name of an index beyond", more(b"\x7e\x02ok"), wrong);
    add(
        "7541 6.3: a size within what is allowed",
        get(&[&[0x3f][..], &number(4096, 5)[1..], &front_page()].concat()),
        fine,
    );
    add(
        "7541 6.3: a size beyond what is allowed",
        get(&[&[0x3f][..], &number(4097, 5)[1..], &front_page()].concat()),
        wrong,
    );
    add("7541 6.3: a size far beyond", get(&[&[0x3f][..], &number(1 << 24, 5)[1..], &front_page()].concat()), wrong);
    add("7541 4.2: a size behind the fields", more(&[0x20]), wrong);
    add(
        "7541 4.2: a size between the fields",
        get(&[&field(":method", "GET")[..], &[0x20], &front_page()].concat()),
        wrong,
    );
    add("7541 4.2: two sizes", get(&[&[0x20, 0x3f][..], &number(4096, 5)[1..], &front_page()].concat()), fine);

    add("7541 5.2: EOS inside a text", more(b"\x00\x85\xf2\xb2\x4a\x84\xff\x87\x49\x51\xff\xff\xff\xfa\x7f"), wrong);
    add("7541 5.2: more than seven bits of padding", more(b"\x00\x85\xf2\xb2\x4a\x84\xff\x84\x49\x50\x9f\xff"), wrong);
    add("7541 5.2: padding of zeros", more(b"\x00\x85\xf2\xb2\x4a\x84\xff\x83\x49\x50\x90"), wrong);
    add("7541 5.1: a number that is cut", more(&[0xff]), wrong);
    add(
        "7541 5.1: a number that never ends",
        more(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        wrong,
    );
    add("7541 5.2: a name that is cut", more(b"\x00\x05x-t"), wrong);
    add("7541 5.2: a value that is cut", more(b"\x00\x01x\x05ab"), wrong);
    add("7541 5.2: no value", more(b"\x00\x01x"), wrong);
    add("7541 5.2: a length that is cut", more(b"\x00\x7f"), wrong);
    add(
        "7541 5.1: a number longer than it need be",
        more(&[&b"\x00\x01x\x7f\x80\x00"[..], &[b'y'; 127]].concat()),
        fine,
    );

    let post = Said::hello().post(1).data(0, 1, b"abc");
    add("9113 4.3: trailers that cannot be read", post.headers(END, 1, &[0x80]), wrong);
    let reset = Said::hello().post(1).reset(1, 8).headers(END, 1, &[0x80]);
    add("9113 4.3: what comes too late is an error in two ways", reset, Ends(&[COMPRESSION, CLOSED]));
    let whole = front_page();
    let pieces = whole
        .chunks(whole.len() / 4)
        .fold(Said::hello().headers(END_STREAM, 1, &[]), |said, piece| said.continuation(0, 1, piece));
    add("9113 4.3: cut anywhere", pieces.continuation(END_HEADERS, 1, &[]), fine);
    let refused = [block(&[(":method", "GET"), ("x", "y")]), literal(0x40, "x-test", "ok")].concat();
    let next = Said::hello().headers(END, 1, &refused).headers(END, 3, &[&front_page()[..], &[0xbe]].concat());
    add("9113 4.3: a malformed request keeps the table in step", next, Answers(3, 200, WELCOME));
    cases
}

fn literal(kind: u8, name: &str, value: &str) -> Vec<u8> {
    [&[kind][..], &field(name, value)[1..]].concat()
}
