//! The names of a certificate (RFC 5280).

/// The DNS names that a certificate holds for; without any the common name of its subject. Nothing of it is verified.
pub(super) fn names(certificate: &[u8]) -> Vec<String> {
    alternative(certificate).filter(|names| !names.is_empty()).or_else(|| common(certificate)).unwrap_or_default()
}

/// Section 4.2.1.6.
fn alternative(certificate: &[u8]) -> Option<Vec<String>> {
    let (_, extensions) = fields(to_be_signed(certificate)?).find(|(tag, _)| *tag == EXTENSIONS)?;
    let list = Element::read(extensions)?.1;
    let names = fields(list).find_map(|(_, extension)| {
        let mut parts = fields(extension);
        (parts.next()? == (OBJECT, ALTERNATIVE_NAME)).then_some(())?;
        parts.find(|(tag, _)| *tag == OCTETS).map(|(_, value)| value)
    })?;
    let names = fields(Element::read(names)?.1);
    Some(names.filter(|(tag, _)| *tag == DNS_NAME).filter_map(|(_, name)| text(name)).take(MOST).collect())
}

/// Section 4.1.2.6: the sixth field, or the fifth where the version is left out.
fn common(certificate: &[u8]) -> Option<Vec<String>> {
    let has_version = fields(to_be_signed(certificate)?).next()?.0 == VERSION;
    let (_, subject) = fields(to_be_signed(certificate)?).nth(if has_version { 5 } else { 4 })?;
    let names = fields(subject).filter_map(|(_, set)| {
        let mut parts = fields(Element::read(set)?.1);
        (parts.next()? == (OBJECT, COMMON_NAME)).then_some(())?;
        text(parts.next()?.1)
    });
    Some(names.take(MOST).collect())
}

/// A word of a peer's that may stand in a line: without spaces and what terminals obey.
pub(super) fn text(octets: &[u8]) -> Option<String> {
    let is_plain = !octets.is_empty() && octets.len() < 256 && octets.iter().all(u8::is_ascii_graphic);
    is_plain.then(|| String::from_utf8_lossy(octets).into_owned())
}

fn to_be_signed(certificate: &[u8]) -> Option<&[u8]> {
    Some(Element::read(Element::read(certificate)?.1)?.1)
}

/// Elements of DER: tag and value.
fn fields(octets: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = octets;
    std::iter::from_fn(move || {
        let Element(tag, value, after) = Element::read(rest)?;
        rest = after;
        Some((tag, value))
    })
}

struct Element<'a>(u8, &'a [u8], &'a [u8]);

impl<'a> Element<'a> {
    fn read(octets: &'a [u8]) -> Option<Self> {
        let ([tag, first], rest) = octets.split_first_chunk()?;
        let (length, rest) = match first {
            ..=0x7f => (usize::from(*first), rest),
            0x81..=0x83 => {
                let (length, rest) = rest.split_at_checked(usize::from(first & 3))?;
                (length.iter().fold(0, |length, octet| length << 8 | usize::from(*octet)), rest)
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        Some(Self(*tag, value, rest))
    }
}

const OBJECT: u8 = 6;
const OCTETS: u8 = 4;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const DNS_NAME: u8 = 0x82;
/// 2.5.29.17.
const ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];
/// 2.5.4.3.
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
/// Of large sites' certificates nobody reads all names.
const MOST: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternative_names_come_before_the_common_name() {
        let name = |name: &str| {
            element(
                0x30,
                &element(0x31, &element(0x30, &[element(6, COMMON_NAME), element(12, name.as_bytes())].concat())),
            )
        };
        let made = |extensions: &[u8]| {
            let before = [
                element(VERSION, &element(2, &[2])),
                element(2, &[1]),
                element(0x30, &[]),
                name("ca"),
                element(0x30, &[]),
            ];
            let subject = name("www.a.test");
            element(0x30, &element(0x30, &[&before.concat(), &subject, &element(0x30, &[]), extensions].concat()))
        };
        let two = element(0x30, &[element(DNS_NAME, b"a.test"), element(DNS_NAME, b"*.a.test")].concat());
        let extension = element(0x30, &[element(OBJECT, ALTERNATIVE_NAME), element(OCTETS, &two)].concat());
        let extensions = element(EXTENSIONS, &element(0x30, &extension));
        assert_eq!(names(&made(&extensions)), ["a.test", "*.a.test"]);
        assert_eq!(names(&made(&[])), ["www.a.test"]);
        let whole = made(&extensions);
        (0..whole.len()).for_each(|length| drop(names(&whole[..length])));
    }

    fn element(tag: u8, value: &[u8]) -> Vec<u8> {
        match value.len() {
            length @ ..=0x7f => [&[tag, length as u8], value].concat(),
            length => [&[tag, 0x82], &(length as u16).to_be_bytes()[..], value].concat(),
        }
    }
}
