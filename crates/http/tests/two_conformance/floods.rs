//! Who says far too much costs the server no more than it can bear (RFC 9113 10.5).

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::heard::Heard;
use super::said::{ACK, END, END_HEADERS, END_STREAM, Said, block, field, front_page, upload};
use super::support::{connect, in_virtual_time, network, serve_site};
use super::{CALM, CANCEL, converse};

#[test]
fn streams_that_are_opened_and_reset_at_once_end_the_connection() {
    let heard = hear(&odd(5000).fold(Said::hello(), |said, stream| said.get(stream).reset(stream, CANCEL)));
    assert_eq!((heard.gone_away(), heard.is_closed), (vec![CALM], true), "{heard}");
}

#[test]
fn streams_that_the_server_must_reset_end_the_connection() {
    let none = upload(&[("content-length", "0")]);
    let broken = |said: Said, stream| said.headers(END_HEADERS, stream, &none).data(0, stream, b"x");
    let heard = hear(&odd(5000).fold(Said::hello(), broken));
    assert_eq!((heard.gone_away(), heard.is_closed), (vec![CALM], true), "{heard}");
}

#[test]
fn a_block_without_end_ends_the_connection() {
    for piece in [&b""[..], &[b'x'; 1000]] {
        let said = Said::hello().headers(END_STREAM, 1, &front_page());
        let heard = hear(&said.each(0..20_000, |said, _| said.continuation(0, 1, piece)));
        assert!(heard.is_closed, "{}: {heard}", piece.len());
        assert_eq!(heard.status(1), None, "{heard}");
    }
}

#[test]
fn a_small_block_of_many_large_fields_is_refused() {
    // 4,000 octets in the table, named 5,000 times: 20 MB of fields (RFC 7541 7.3).
    let large = [&[0x40][..], &field("x", &"y".repeat(4000))[1..]].concat();
    let bomb = [front_page(), large, vec![0xbe; 5000]].concat();
    let heard = hear(&Said::hello().headers(END, 1, &bomb));
    assert!(heard.status(1) == Some(431) || heard.gone_away() == [CALM], "{heard}");
}

#[test]
fn frames_that_ask_for_nothing_are_borne() {
    let floods: [fn(Said, u32) -> Said; 4] = [
        |said, _| said.priority(1, 0),
        |said, _| said.window(0, 1),
        |said, _| said.ping(ACK, b"nobody's"),
        |said, _| said.data(0, 1, b""),
    ];
    for (at, flood) in floods.into_iter().enumerate() {
        let heard = hear(&Said::hello().post(1).each(0..5000, flood).data(END_STREAM, 1, b""));
        let is_answered = heard.status(1) == Some(405);
        assert!(is_answered || heard.gone_away() == [CALM], "{at}: {heard}");
    }
}

#[test]
fn who_is_asked_for_answers_that_nobody_reads_stops_listening() {
    let floods: [fn(Said, u32) -> Said; 2] =
        [|said, _| said.ping(0, b"answer!!"), |said, number| said.settings(&[(4, number)])];
    for flood in floods {
        in_virtual_time(|| async {
            let network = network(vec![]);
            serve_site(&network).await;
            let (mut stream, clock) = (connect(&network).await, network.clock());
            let said = Said::hello().each(0..200_000, flood);
            let written = stream.write_all(&said.turns[0]);
            // The server leaves unread what it cannot answer, and in the end it goes.
            let left = clock.until(clock.now() + Duration::from_secs(300), written).await;
            assert!(left.expect("the server goes").is_err(), "the server took all of it");
        });
    }
}

#[test]
fn who_reads_the_answers_may_ask_for_many() {
    let heard = hear(&Said::hello().each(0..2000, |said, _| said.ping(0, b"answer!!").settings(&[])));
    assert_eq!((heard.pongs(), heard.acknowledged()), (2001, 2001), "{heard}");
}

#[test]
fn no_frame_is_larger_than_the_client_takes() {
    let large =
        block(&[(":method", "GET"), (":scheme", "http"), (":authority", "www.shop.test"), (":path", "/large.bin")]);
    let said = Said::with(&[(5, 20_000), (4, 1 << 20)]).window(0, 1 << 20).headers(END, 1, &large);
    let heard = hear(&said);
    assert_eq!((heard.content(1), heard.is_complete(1)), (1 << 20, true));
    assert!(heard.largest() <= 20_000, "{}", heard.largest());
}

/// So many numbers of streams.
fn odd(count: u32) -> impl Iterator<Item = u32> {
    (0..count).map(|number| 2 * number + 1)
}

fn hear(said: &Said) -> Heard {
    in_virtual_time(|| async {
        let network = network(vec![]);
        serve_site(&network).await;
        converse(&network, said).await
    })
}
