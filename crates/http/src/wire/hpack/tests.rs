//! The examples of RFC 7541 Appendix C.

use proptest::prelude::*;

use super::*;

#[test]
fn numbers_are_those_of_appendix_c_1() {
    assert_eq!(Input(&[0b0000_1010]).number(5), Ok(10));
    assert_eq!(Input(&[0b0001_1111, 0b1001_1010, 0b0000_1010]).number(5), Ok(1337));
    assert_eq!(Input(&[0b0010_1010]).number(8), Ok(42));
    assert_eq!(Input(&[0x1f, 0xff, 0xff, 0xff, 0xff, 0x0f]).number(5), Err(HpackError::Number));
}

#[test]
fn single_fields_are_those_of_appendix_c_2() {
    assert_eq!(
        decode("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572"),
        "custom-key: custom-header\n"
    );
    assert_eq!(decode("040c 2f73 616d 706c 652f 7061 7468"), ":path: /sample/path\n");
    assert_eq!(decode("1008 7061 7373 776f 7264 0673 6563 7265 74"), "password: secret\n");
    assert_eq!(decode("82"), ":method: GET\n");
}

#[test]
fn requests_are_those_of_appendix_c_3_and_c_4() {
    let plain = [
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ];
    let huffman = [
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ];
    for blocks in [plain, huffman] {
        let mut decoder = Decoder::default();
        let usual = ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\n";
        assert_eq!(text(&mut decoder, blocks[0]), usual);
        assert_eq!(decoder.table.size(), 57);
        assert_eq!(text(&mut decoder, blocks[1]), format!("{usual}cache-control: no-cache\n"));
        assert_eq!(decoder.table.size(), 110);
        let third =
            ":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value\n";
        assert_eq!(text(&mut decoder, blocks[2]), third);
        assert_eq!(decoder.table.size(), 164);
    }
}

#[test]
fn answers_evict_as_in_appendix_c_5_and_c_6() {
    let plain = [
        "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 \
         474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "4803 3330 37c1 c0bf",
        "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 \
         666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 \
         3630 303b 2076 6572 7369 6f6e 3d31",
    ];
    let huffman = [
        "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 \
         63c7 8f0b 97c8 e9ae 82ae 43d3",
        "4883 640e ffc1 c0bf",
        "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 \
         b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
    ];
    for blocks in [plain, huffman] {
        let mut decoder = Decoder::default();
        decoder.table.resize(256).expect("allowed");
        let rest = "cache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\nlocation: https://www.example.com\n";
        assert_eq!(text(&mut decoder, blocks[0]), format!(":status: 302\n{rest}"));
        assert_eq!(decoder.table.size(), 222);
        assert_eq!(text(&mut decoder, blocks[1]), format!(":status: 307\n{rest}"));
        assert_eq!(decoder.table.size(), 222);
        let third = ":status: 200\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:22 GMT\n\
                     location: https://www.example.com\ncontent-encoding: gzip\n\
                     set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n";
        assert_eq!(text(&mut decoder, blocks[2]), third);
        assert_eq!(decoder.table.size(), 215);
    }
}

#[test]
fn what_breaks_a_rule_is_an_error() {
    for (block, error) in [
        ("80", HpackError::Index),
        ("be", HpackError::Index),
        ("41", HpackError::Cut),
        ("400a 63", HpackError::Cut),
        ("3fe2 1f", HpackError::Resize),
        ("8220", HpackError::Resize),
        ("4181 00", HpackError::Huffman),
    ] {
        assert_eq!(Decoder::default().decode(&octets(block)), Err(error), "{block}");
    }
}

#[test]
fn a_field_that_is_repeated_without_end_is_refused() {
    let mut block = octets("4001 61");
    block.extend([0x7f, 0x81, 0x1e]);
    block.extend(vec![b'x'; 4000 - 32]);
    block.extend(vec![0xbe; 1000]);
    assert_eq!(Decoder::default().decode(&block), Err(HpackError::TooLong));
}

proptest! {
    #[test]
    fn any_block_is_read_or_refused(blocks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..5)) {
        let mut decoder = Decoder::default();
        for block in blocks {
            let _ = decoder.decode(&block);
            prop_assert!(decoder.table.size() <= 4096);
        }
    }
}

fn decode(block: &str) -> String {
    text(&mut Decoder::default(), block)
}

fn text(decoder: &mut Decoder, block: &str) -> String {
    let fields = decoder.decode(&octets(block)).expect("a block");
    fields.iter().map(|field| format!("{}: {}\n", lossy(&field.name), lossy(&field.value))).collect()
}

fn lossy(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn a_table_size_comes_back_as_it_was_said() {
    for size in [0, 30, 31, 32, 100, 158, 159, 1024, 4095, 4096] {
        let said = resize(size);
        let mut input = Input(&said);
        assert_eq!((said[0] >> 5, input.number(5)), (1, Ok(size as usize)));
        assert!(input.0.is_empty());
        assert_eq!(Decoder::default().decode(&said), Ok(vec![]));
    }
}
