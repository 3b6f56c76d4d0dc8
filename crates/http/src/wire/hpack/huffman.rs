//! The Huffman code of RFC 7541 Appendix B. It is canonical: the lengths alone give the codes.

/// The text that `octets` mean; nothing when they hold the end of string, end in more than seven bits
/// of padding, or in padding that is not all ones (RFC 7541 5.2).
pub fn decode(octets: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(octets.len() * 8 / 5);
    walk(octets, |octet| text.push(octet))?;
    Some(text)
}

/// How many octets of text they mean, and the first of them; nothing as for [`decode`].
pub fn measure(octets: &[u8]) -> Option<(usize, Option<u8>)> {
    let (mut length, mut first) = (0, None);
    walk(octets, |octet| {
        length += 1;
        first = first.or(Some(octet));
    })?;
    Some((length, first))
}

fn walk(octets: &[u8], mut tell: impl FnMut(u8)) -> Option<()> {
    let (mut code, mut length) = (0_u32, 0_usize);
    for octet in octets {
        for shift in (0..8).rev() {
            code = code << 1 | u32::from(octet >> shift & 1);
            length += 1;
            if let Some(symbol) = symbol(code, length) {
                tell(u8::try_from(symbol).ok()?);
                (code, length) = (0, 0);
            } else if length >= LONGEST {
                return None;
            }
        }
    }
    let is_padding = length < 8 && code == (1 << length) - 1;
    is_padding.then_some(())
}

/// The symbol whose code has this value and length.
fn symbol(code: u32, length: usize) -> Option<u16> {
    let place = code.checked_sub(CODES.first[length])? as usize;
    if place < CODES.count[length] { Some(CODES.symbols[CODES.start[length] + place]) } else { None }
}

/// For each length of code: the first code, how many there are, and where their symbols begin.
struct Codes {
    first: [u32; LONGEST + 1],
    count: [usize; LONGEST + 1],
    start: [usize; LONGEST + 1],
    symbols: [u16; 257],
}

static CODES: Codes = codes();

const fn codes() -> Codes {
    let mut codes =
        Codes { first: [0; LONGEST + 1], count: [0; LONGEST + 1], start: [0; LONGEST + 1], symbols: [0; 257] };
    let (mut length, mut code, mut filled) = (1, 0, 0);
    while length <= LONGEST {
        code <<= 1;
        codes.first[length] = code;
        codes.start[length] = filled;
        let mut symbol = 0;
        while symbol < LENGTHS.len() {
            if LENGTHS[symbol] as usize == length {
                codes.symbols[filled] = symbol as u16;
                filled += 1;
                code += 1;
            }
            symbol += 1;
        }
        codes.count[length] = filled - codes.start[length];
        length += 1;
    }
    codes
}

const LONGEST: usize = 30;

/// How many bits each octet's code has, and at the end that of the end of string.
#[rustfmt::skip]
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_codes_are_those_of_the_appendix() {
        for (symbol, code, length) in [
            (u16::from(b'0'), 0, 5),
            (u16::from(b'!'), 0x3f8, 10),
            (0, 0x1ff8, 13),
            (10, 0x3fff_fffc, 30),
            (256, 0x3fff_ffff, 30),
        ] {
            assert_eq!(super::symbol(code, length), Some(symbol));
        }
    }

    #[test]
    fn padding_is_short_and_all_ones() {
        assert_eq!(decode(&[0b0000_0111]), Some(b"0".to_vec()));
        assert_eq!(decode(&[0b0000_0110]), None);
        assert_eq!(decode(&[0b0000_0111, 0xff]), None);
        assert_eq!(decode(&[]), Some(vec![]));
    }

    #[test]
    fn the_end_of_string_is_no_text() {
        assert_eq!(decode(&[0xff, 0xff, 0xff, 0xff]), None);
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(decode(&encode(&text)), Some(text));
        }

        #[test]
        fn any_octets_are_decoded_or_refused(octets in proptest::collection::vec(any::<u8>(), 0..40)) {
            decode(&octets);
        }
    }

    fn encode(text: &[u8]) -> Vec<u8> {
        let mut bits: Vec<u8> = text.iter().flat_map(|octet| bits_of(u16::from(*octet))).collect();
        bits.resize(bits.len().next_multiple_of(8), 1);
        bits.chunks(8).map(|bits| bits.iter().fold(0, |octet, bit| octet << 1 | bit)).collect()
    }

    fn bits_of(symbol: u16) -> Vec<u8> {
        let length = usize::from(LENGTHS[usize::from(symbol)]);
        let place = (0..CODES.count[length]).find(|place| CODES.symbols[CODES.start[length] + place] == symbol);
        let code = CODES.first[length] + place.expect("every symbol has a place") as u32;
        (0..length).rev().map(|shift| (code >> shift & 1) as u8).collect()
    }
}
