//! Characters from octets that come one by one.

/// Takes UTF-8 apart. Octets that are none are taken as ISO 8859-1: old clients and hosts send that.
#[derive(Clone, Copy, Debug, Default)]
pub struct Utf8 {
    held: [u8; 4],
    has: usize,
    needs: usize,
}

impl Utf8 {
    /// Takes an octet and pushes the characters that it completes to `out`.
    pub fn take(&mut self, octet: u8, out: &mut Vec<char>) {
        if self.has > 0 && !(0x80..=0xbf).contains(&octet) {
            self.end(out);
        }
        if self.has == 0 {
            self.needs = match octet {
                0xc2..=0xdf => 2,
                0xe0..=0xef => 3,
                0xf0..=0xf4 => 4,
                _ => return out.push(char::from(octet)),
            };
        }
        self.held[self.has] = octet;
        self.has += 1;
        if self.has == self.needs {
            match std::str::from_utf8(&self.held[..self.has]) {
                Ok(text) => out.extend(text.chars()),
                Err(_) => return self.end(out),
            }
            self.has = 0;
        }
    }

    /// No more comes of the character that was begun.
    pub fn end(&mut self, out: &mut Vec<char>) {
        out.extend(self.held[..self.has].iter().map(|octet| char::from(*octet)));
        self.has = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_utf_8_is_latin_1() {
        assert_eq!(read(b"Zo\xeb!"), "Zoë!");
        assert_eq!(read(b"\xe2\x82A\xff"), "â\u{82}Aÿ");
        assert_eq!(read(b"\xe0\x80\x80"), "à\u{80}\u{80}");
    }

    proptest! {
        #[test]
        fn text_comes_back(text in any::<String>()) {
            prop_assert_eq!(read(text.as_bytes()), text);
        }

        #[test]
        fn no_octet_is_too_much(octets in prop::collection::vec(any::<u8>(), 0..100)) {
            read(&octets);
        }
    }

    fn read(octets: &[u8]) -> String {
        let (mut utf8, mut out) = (Utf8::default(), Vec::new());
        octets.iter().for_each(|octet| utf8.take(*octet, &mut out));
        utf8.end(&mut out);
        out.into_iter().collect()
    }
}
