//! Octets as text: hexadecimal, base 64 and base 32 (RFC 4648).

/// Reads hexadecimal digits, two an octet.
pub fn read_hex(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.chunks(2).map(|pair| Some(hex_digit(pair[0])? << 4 | hex_digit(pair[1])?)).collect()
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// Writes two hexadecimal digits an octet.
pub fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect()
}

/// Reads base 64 with its padding.
pub fn read_base64(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.strip_suffix(b"==").or(text.strip_suffix(b"=")).unwrap_or(text);
    if !text.len().is_multiple_of(4) {
        return None;
    }
    read_bits(digits, BASE64, 6)
}

/// Writes base 64 with its padding.
pub fn base64(octets: &[u8]) -> String {
    let mut text = bits(octets, BASE64, 6);
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// Reads base 32 with the extended hex alphabet, without padding, in either case.
pub fn read_base32(text: &[u8]) -> Option<Vec<u8>> {
    read_bits(&text.to_ascii_uppercase(), BASE32, 5)
}

/// Writes base 32 with the extended hex alphabet, without padding.
pub fn base32(octets: &[u8]) -> String {
    bits(octets, BASE32, 5)
}

fn read_bits(digits: &[u8], alphabet: &[u8], width: u32) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(digits.len() * width as usize / 8);
    let (mut held, mut count) = (0_u32, 0);
    for digit in digits {
        let value = alphabet.iter().position(|known| known == digit)?;
        held = held << width | value as u32;
        count += width;
        if count >= 8 {
            count -= 8;
            octets.push((held >> count) as u8);
            held &= (1 << count) - 1;
        }
    }
    // What is left over is padding: fewer bits than a digit, and zero.
    (count < width && held == 0).then_some(octets)
}

fn bits(octets: &[u8], alphabet: &[u8], width: u32) -> String {
    let mut text = String::with_capacity(octets.len() * 8 / width as usize + 4);
    let (mut held, mut count) = (0_u32, 0);
    for octet in octets {
        held = held << 8 | u32::from(*octet);
        count += 8;
        while count >= width {
            count -= width;
            text.push(char::from(alphabet[(held >> count) as usize & ((1 << width) - 1)]));
        }
        held &= (1 << count) - 1;
    }
    if count > 0 {
        text.push(char::from(alphabet[(held << (width - count)) as usize & ((1 << width) - 1)]));
    }
    text
}

const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE32: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648_hold() {
        let vectors = [("f", "Zg==", "CO"), ("fo", "Zm8=", "CPNG"), ("foobar", "Zm9vYmFy", "CPNMUOJ1E8")];
        for (plain, in_64, in_32) in vectors {
            assert_eq!(base64(plain.as_bytes()), in_64);
            assert_eq!(base32(plain.as_bytes()), in_32);
            assert_eq!(read_base64(in_64.as_bytes()).unwrap(), plain.as_bytes());
            assert_eq!(read_base32(in_32.as_bytes()).unwrap(), plain.as_bytes());
        }
        assert_eq!(hex(b"\x00\xff"), "00FF");
        assert_eq!(read_hex(b"00fF").unwrap(), b"\x00\xff");
    }

    #[test]
    fn half_octets_and_strange_digits_are_none() {
        assert_eq!(read_hex(b"123"), None);
        assert_eq!(read_hex(b"zz"), None);
        assert_eq!(read_base64(b"Zg="), None);
        assert_eq!(read_base64(b"Z*=="), None);
        assert_eq!(read_base32(b"W0"), None);
    }
}
