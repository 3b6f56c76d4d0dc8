//! Which addresses are meant.

/// An address in which a star stands for anything, in whatever case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Glob(String);

impl Glob {
    /// Angle brackets around it mean nothing: `<>` is the empty sender.
    pub fn new(text: &str) -> Self {
        Self(text.trim_matches(['<', '>']).to_ascii_lowercase())
    }

    pub fn fits(&self, address: &str) -> bool {
        fits(self.0.as_bytes(), address.trim_matches(['<', '>']).to_ascii_lowercase().as_bytes())
    }
}

/// Goes back to the last star only, so that it takes time in proportion to both lengths.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut seen, mut star) = (0, 0, None);
    while seen < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(octet) if *octet == text[seen] => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                seen = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|octet| *octet == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (glob, address) in
            [("*@club.test", "<Carol@Club.test>"), ("a*c*e@x", "abcde@x"), ("*", "<>"), ("<>", "<>"), ("a@b", "a@b")]
        {
            assert!(Glob::new(glob).fits(address), "{glob} {address}");
        }
        for (glob, address) in [("*@club.test", "<a@club.tests>"), ("a@b", "aa@b"), ("<>", "<a@b>"), ("a*b", "ac")] {
            assert!(!Glob::new(glob).fits(address), "{glob} {address}");
        }
    }
}
