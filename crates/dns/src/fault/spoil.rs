//! What becomes of a response's octets.

use std::net::Ipv4Addr;

use super::Wrong;
use crate::codes::{Rcode, RecordType};

/// The response with what is wrong done to it. What cannot be spoilt so stays as it is.
pub(super) fn spoil(wrong: &Wrong, mut response: Vec<u8>) -> Vec<u8> {
    let Some(question) = question_end(&response) else { return response };
    match wrong {
        Wrong::Answer(code) => only_question(response, question, *code),
        Wrong::Lame => {
            let mut refused = only_question(response, question, Rcode::REFUSED);
            refused[2] &= !AA;
            refused
        }
        Wrong::Truncate => {
            let code = Rcode(u16::from(response[3] & 15));
            let mut cut = only_question(response, question, code);
            cut[2] |= TC;
            cut
        }
        Wrong::Id => {
            response[0] ^= 0xff;
            response[1] ^= 0xff;
            response
        }
        Wrong::Question => {
            // The first letter of the name; the root has none.
            if let Some(letter) = response.get_mut(HEADER + 1).filter(|_| question > HEADER + 5) {
                *letter = if *letter == b'x' { b'y' } else { b'x' };
            }
            response
        }
        Wrong::Pointer => {
            let own = POINTER | question as u16;
            answer(response, question, &own.to_be_bytes(), RecordType::A, &[0; 4])
        }
        Wrong::Loop => answer(response, question, &ASKED, RecordType::CNAME, &ASKED),
        Wrong::Alias(name) => answer(response, question, &ASKED, RecordType::CNAME, name.wire()),
        Wrong::Stale(address) => answer(response, question, &ASKED, RecordType::A, &address.octets()),
        Wrong::Oversize => oversize(response, question),
        Wrong::Glue => {
            replace_addresses(&mut response, question);
            response
        }
        Wrong::Drop | Wrong::Source | Wrong::Half => response,
    }
}

/// Whether a response is a referral that tells addresses of name servers.
pub(super) fn has_glue(response: &[u8]) -> bool {
    let Some(question) = question_end(response) else { return false };
    let count = |at: usize| usize::from(u16::from_be_bytes([response[at], response[at + 1]]));
    let (answers, authority) = (count(6), count(8));
    let is_address = |(kind, ..): &(RecordType, usize, usize)| matches!(*kind, RecordType::A | RecordType::AAAA);
    answers == 0 && records(response, question).iter().skip(authority).any(is_address)
}

/// The length of the whole before the first half of the response, as a stream has it.
pub(super) fn half(response: &[u8]) -> Vec<u8> {
    let mut octets = (response.len() as u16).to_be_bytes().to_vec();
    octets.extend_from_slice(&response[..response.len() / 2]);
    octets
}

/// Where the question section ends; nothing in a response with less than a header or with a broken question.
fn question_end(response: &[u8]) -> Option<usize> {
    let questions = u16::from_be_bytes([*response.get(4)?, *response.get(5)?]);
    let mut at = HEADER;
    for _ in 0..questions {
        at = name_end(response, at)? + 4;
    }
    (response.len() >= at).then_some(at)
}

fn name_end(response: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match response.get(at)? {
            0 => return Some(at + 1),
            length if *length >= 0xc0 => return Some(at + 2),
            length => at += 1 + usize::from(*length),
        }
    }
}

fn only_question(mut response: Vec<u8>, question: usize, code: Rcode) -> Vec<u8> {
    let opt = opt(&response, question);
    response.truncate(question);
    response[3] = response[3] & !15 | (code.0 & 15) as u8;
    response[6..HEADER].fill(0);
    if let Some(mut opt) = opt {
        opt[EXTENDED] = (code.0 >> 4) as u8;
        response.extend_from_slice(&opt);
        response[11] = 1;
    }
    response
}

/// The response's OPT record without its options: who sent one expects one (RFC 6891 7).
fn opt(response: &[u8], question: usize) -> Option<[u8; 11]> {
    let (_, start, _) = records(response, question).into_iter().find(|(kind, ..)| *kind == RecordType::OPT)?;
    let mut opt: [u8; 11] = response.get(start - 11..start)?.try_into().ok()?;
    opt[5..].fill(0);
    Some(opt)
}

/// One authoritative record as the whole answer.
fn answer(response: Vec<u8>, question: usize, owner: &[u8], kind: RecordType, rdata: &[u8]) -> Vec<u8> {
    let mut told = only_question(response, question, Rcode::NOERROR);
    let rest = told.split_off(question);
    told.extend_from_slice(owner);
    told.extend_from_slice(&kind.0.to_be_bytes());
    told.extend_from_slice(&[0, 1, 0, 0, 1, 44]);
    told.extend_from_slice(&(rdata.len() as u16).to_be_bytes());
    told.extend_from_slice(rdata);
    told.extend_from_slice(&rest);
    told[2] |= AA;
    told[7] = 1;
    told
}

/// Texts until no usual client can take the datagram.
fn oversize(response: Vec<u8>, question: usize) -> Vec<u8> {
    let mut text = vec![255];
    text.extend_from_slice(&[b'x'; 255]);
    let mut told = answer(response, question, &ASKED, RecordType::TXT, &text);
    let record = 2 + 10 + text.len();
    let first = told[question..question + record].to_vec();
    let mut count = 1u16;
    while told.len() < TOO_LONG {
        told.splice(question..question, first.iter().copied());
        count += 1;
    }
    told[6..8].copy_from_slice(&count.to_be_bytes());
    told
}

/// Every address of the additional section leads to an address that nobody has.
fn replace_addresses(response: &mut [u8], question: usize) {
    let answers = usize::from(u16::from_be_bytes([response[6], response[7]]));
    let authority = usize::from(u16::from_be_bytes([response[8], response[9]]));
    for (kind, start, end) in records(response, question).into_iter().skip(answers + authority) {
        match (kind, end - start) {
            (RecordType::A, 4) => response[start..end].copy_from_slice(&NOBODY.octets()),
            (RecordType::AAAA, 16) => response[start + 8..end].fill(0xff),
            _ => {}
        }
    }
}

/// Type, start and end of the data of each record behind the question.
fn records(response: &[u8], question: usize) -> Vec<(RecordType, usize, usize)> {
    let mut found = Vec::new();
    let mut at = question;
    while let Some(name) = name_end(response, at) {
        let Some(head) = response.get(name..name + 10) else { break };
        let (start, length) = (name + 10, usize::from(u16::from_be_bytes([head[8], head[9]])));
        if start + length > response.len() {
            break;
        }
        found.push((RecordType(u16::from_be_bytes([head[0], head[1]])), start, start + length));
        at = start + length;
    }
    found
}

const HEADER: usize = 12;
/// In the third octet of the header.
const AA: u8 = 4;
const TC: u8 = 2;
const POINTER: u16 = 0xc000;
/// In an OPT record: the upper eight bits of the code (RFC 6891 6.1.3).
const EXTENDED: usize = 5;
/// A pointer to the question's name.
const ASKED: [u8; 2] = [0xc0, 12];
/// More than the 4,096 octets that the most generous clients announce, and less than a datagram can carry.
const TOO_LONG: usize = 8192;
/// An address of the block that labs derive theirs from, at its far end.
const NOBODY: Ipv4Addr = Ipv4Addr::new(198, 19, 255, 254);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Message;
    use crate::wire::flag;
    use crate::wire::message::write_query;
    use crate::{codes::Class, wire::Question};

    #[test]
    fn codes_and_cuts_keep_question_and_opt() {
        let told = message(&Wrong::Answer(Rcode::SERVFAIL));
        assert_eq!((told.rcode(), told.questions.len(), told.answers.len()), (Rcode::SERVFAIL, 1, 0));
        assert!(told.edns().is_some());
        let told = message(&Wrong::Truncate);
        assert!(told.has(flag::TC) && told.answers.is_empty());
        assert_eq!(message(&Wrong::Lame).rcode(), Rcode::REFUSED);
        assert_eq!(message(&Wrong::Answer(Rcode::BADCOOKIE)).edns().unwrap().upper_rcode, 1);
    }

    #[test]
    fn answers_are_replaced() {
        assert_eq!(message(&Wrong::Loop).answers[0].kind, RecordType::CNAME);
        let told = message(&Wrong::Alias("shop.hoster.test.".parse().unwrap()));
        assert_eq!(told.answers[0].kind, RecordType::CNAME);
        let told = message(&Wrong::Stale(Ipv4Addr::new(198, 18, 0, 99)));
        assert_eq!(&*told.answers[0].rdata, [198, 18, 0, 99]);
        let long = spoil(&Wrong::Oversize, response());
        assert!(long.len() > TOO_LONG);
        assert!(Message::read(&long).is_ok());
    }

    #[test]
    fn broken_is_broken() {
        assert!(Message::read(&spoil(&Wrong::Pointer, response())).is_err());
        assert_ne!(message(&Wrong::Id).id, 7);
        assert_ne!(message(&Wrong::Question).questions[0].name.to_string(), "www.shop.test.");
        assert_eq!(half(&response()).len(), 2 + response().len() / 2);
    }

    #[test]
    fn anything_can_be_spoilt() {
        for length in 0..response().len() {
            for wrong in [Wrong::Glue, Wrong::Oversize, Wrong::Pointer, Wrong::Question, Wrong::Truncate] {
                spoil(&wrong, response()[..length].to_vec());
            }
        }
    }

    fn message(wrong: &Wrong) -> Message {
        Message::read(&spoil(wrong, response())).unwrap()
    }

    fn response() -> Vec<u8> {
        let question = Question { name: "www.shop.test.".parse().unwrap(), kind: RecordType::A, class: Class::IN };
        let mut octets = write_query(7, flag::RD, &question, Some((1232, false)));
        octets[2] |= 0x80;
        octets
    }
}
