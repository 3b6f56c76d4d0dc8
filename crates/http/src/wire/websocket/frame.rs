//! A frame's head (RFC 6455 5.2) and the mask (5.3).

/// What stands in front of a frame's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHead {
    /// Whether it ends its message.
    pub is_final: bool,
    /// The three bits that extensions give a meaning, in the place where they stand: 0x40, 0x20, 0x10.
    pub reserved: u8,
    /// What the frame is.
    pub opcode: Opcode,
    /// What the payload is masked with; clients must, servers must not.
    pub mask: Option<[u8; 4]>,
    /// Octets of payload.
    pub length: u64,
}

/// What a frame is (RFC 6455 11.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// More of a message that has begun.
    Continuation,
    /// The beginning of a message of UTF-8 text.
    Text,
    /// The beginning of a message of octets.
    Binary,
    /// The end.
    Close,
    /// To be answered by a pong.
    Ping,
    /// The answer to a ping, or a sign of life.
    Pong,
    /// None that is known.
    Other(u8),
}

/// A head that breaks a rule by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// The length could have been said shorter.
    #[error("a frame's length is not in its shortest form (RFC 6455 5.2)")]
    Longer,
    /// The length's highest bit is set.
    #[error("a frame's length has 64 bits (RFC 6455 5.2)")]
    Negative,
}

impl FrameHead {
    /// The most octets that a head has.
    pub const LONGEST: usize = 14;

    /// Reads a head from the front of `octets`, and says how many octets it took; nothing while it is
    /// incomplete.
    ///
    /// # Errors
    /// When its length is not as the RFC wants it.
    pub fn read(octets: &[u8]) -> Result<Option<(Self, usize)>, HeadError> {
        let [first, second, rest @ ..] = octets else { return Ok(None) };
        let (length, taken) = match second & 0x7f {
            126 => match rest.first_chunk() {
                Some(length) => (u64::from(u16::from_be_bytes(*length)), 2),
                None => return Ok(None),
            },
            127 => match rest.first_chunk() {
                Some(length) => (u64::from_be_bytes(*length), 8),
                None => return Ok(None),
            },
            length => (u64::from(length), 0),
        };
        if length >> 63 == 1 {
            return Err(HeadError::Negative);
        }
        let is_shortest = match taken {
            2 => length > 125,
            8 => length > 0xffff,
            _ => true,
        };
        if !is_shortest {
            return Err(HeadError::Longer);
        }
        let mask = match (second & 0x80 != 0, rest[taken..].first_chunk()) {
            (false, _) => None,
            (true, Some(mask)) => Some(*mask),
            (true, None) => return Ok(None),
        };
        let head = Self {
            is_final: first & 0x80 != 0,
            reserved: first & 0x70,
            opcode: Opcode::of(first & 0x0f),
            mask,
            length,
        };
        Ok(Some((head, 2 + taken + mask.map_or(0, |mask| mask.len()))))
    }

    /// Octets of the frame, head and payload.
    pub fn octets(&self) -> u64 {
        let length = match self.length {
            0..126 => 0,
            126..0x1_0000 => 2,
            _ => 8,
        };
        2 + length + self.mask.map_or(0, |mask| mask.len() as u64) + self.length
    }

    /// Writes it to the end of `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        let is_masked = if self.mask.is_some() { 0x80 } else { 0 };
        out.push(if self.is_final { 0x80 } else { 0 } | self.reserved & 0x70 | self.opcode.code());
        match self.length {
            0..126 => out.push(is_masked | self.length as u8),
            126..0x1_0000 => {
                out.push(is_masked | 126);
                out.extend_from_slice(&(self.length as u16).to_be_bytes());
            }
            _ => {
                out.push(is_masked | 127);
                out.extend_from_slice(&self.length.to_be_bytes());
            }
        }
        out.extend(self.mask.iter().flatten());
    }
}

impl Opcode {
    /// The one with this code of four bits.
    pub fn of(code: u8) -> Self {
        match code {
            0x0 => Opcode::Continuation,
            0x1 => Opcode::Text,
            0x2 => Opcode::Binary,
            0x8 => Opcode::Close,
            0x9 => Opcode::Ping,
            0xa => Opcode::Pong,
            other => Opcode::Other(other & 0x0f),
        }
    }

    /// Its code.
    pub fn code(self) -> u8 {
        match self {
            Opcode::Continuation => 0x0,
            Opcode::Text => 0x1,
            Opcode::Binary => 0x2,
            Opcode::Close => 0x8,
            Opcode::Ping => 0x9,
            Opcode::Pong => 0xa,
            Opcode::Other(code) => code,
        }
    }

    /// Whether it may stand between the fragments of a message (RFC 6455 5.5).
    pub fn is_control(self) -> bool {
        self.code() & 0x8 != 0
    }
}

/// Masks or unmasks octets that begin `at` octets into a payload.
pub fn mask(octets: &mut [u8], mask: [u8; 4], at: usize) {
    for (octet, mask) in octets.iter_mut().zip(mask.iter().cycle().skip(at % 4)) {
        *octet ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_examples_of_the_rfc_are_read() {
        // RFC 6455 5.7: a masked and an unmasked "Hello".
        let masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        let (head, taken) = FrameHead::read(&masked).unwrap().unwrap();
        let mut payload = masked[taken..].to_vec();
        mask(&mut payload, head.mask.unwrap(), 0);
        assert_eq!((head.opcode, head.is_final, payload.as_slice()), (Opcode::Text, true, &b"Hello"[..]));
        let large = FrameHead::read(&[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]).unwrap().unwrap().0;
        assert_eq!((large.opcode, large.length, large.mask), (Opcode::Binary, 65_536, None));
    }

    #[test]
    fn a_length_has_one_form() {
        assert_eq!(FrameHead::read(&[0x81, 126, 0, 125]), Err(HeadError::Longer));
        assert_eq!(FrameHead::read(&[0x81, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff]), Err(HeadError::Longer));
        assert_eq!(FrameHead::read(&[0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]), Err(HeadError::Negative));
    }

    proptest! {
        #[test]
        fn a_head_comes_back_as_it_was(is_final: bool, bits in 0u8..8, code in 0u8..16, mask: Option<[u8; 4]>, length in 0u64..1 << 40, shift in 0u32..40) {
            let (opcode, length) = (Opcode::of(code), length >> shift);
            let head = FrameHead { is_final, reserved: bits << 4, opcode, mask, length };
            let mut octets = Vec::new();
            head.write(&mut octets);
            prop_assert!(octets.len() <= FrameHead::LONGEST);
            prop_assert_eq!(head.octets(), octets.len() as u64 + length);
            prop_assert_eq!(FrameHead::read(&octets), Ok(Some((head, octets.len()))));
            for end in 0..octets.len() {
                prop_assert_eq!(FrameHead::read(&octets[..end]), Ok(None));
            }
        }
    }
}
