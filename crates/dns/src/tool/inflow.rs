//! A zone that is transferred to here: its records are printed as they come.

use toynet_service::{Ending, Errand};

use super::ask::{Inflow, NoAnswer, Reply, Server};
use super::told::{ending, print, unanswered};
use super::words::Wish;
use super::{json, show};
use crate::codes::{Rcode, RecordType};
use crate::record::Record;
use crate::wire::u32_at;

/// Fetches a zone, or what has changed in it.
pub async fn transfer(errand: &Errand, wish: &Wish, server: &Server) -> Ending {
    match fetch(errand, wish, server).await {
        Ok(ending) => ending,
        Err(no_answer) => unanswered(errand, wish, &no_answer.to_string()),
    }
}

async fn fetch(errand: &Errand, wish: &Wish, server: &Server) -> Result<Ending, NoAnswer> {
    let show = &wish.flags.show;
    let mut inflow = Inflow::begin(errand, wish, server).await?;
    let mut extent = Extent::default();
    let (mut messages, mut octets) = (0, 0);
    loop {
        let reply = inflow.next().await?;
        (messages, octets) = (messages + 1, octets + reply.length as u64);
        let refused = reply.decoded.broken.is_some() || reply.decoded.message.rcode() != Rcode::NOERROR;
        if refused || (messages == 1 && !extent.begins(&reply)) {
            return Ok(refusal(errand, wish, &reply));
        }
        let text = if show.json { json::reply(&reply) } else { show::records(&reply.decoded.message, show) };
        if !errand.print(text) {
            return Ok(Ending::done("nobody reads on").quietly());
        }
        if extent.ends_with(&reply.decoded.message.answers, wish.kind) {
            let records = extent.records;
            if show.stats && !show.short && !show.json {
                print(errand, &show::transfer_stats(&reply, records, messages, octets));
            }
            return Ok(Ending::done(format!("{records} records in {messages} messages")));
        }
    }
}

fn refusal(errand: &Errand, wish: &Wish, reply: &Reply) -> Ending {
    if wish.flags.show.json {
        errand.print(json::reply(reply));
    } else if !wish.flags.show.short {
        print(errand, &format!("{}; Transfer failed.\n", show::reply(reply, &wish.flags.show)));
    }
    match ending(reply) {
        done if done.how.status() == 0 => {
            Ending::refused("the transfer does not begin with a SOA record (RFC 5936 2.2)")
        }
        other => other,
    }
}

/// How far a transfer has come: it ends with the SOA record that it began with (RFC 5936 2.2).
///
/// In an incremental one that is the one that stands where the next old version would begin (RFC 1995 4).
#[derive(Default)]
struct Extent {
    records: u64,
    serial: Option<u32>,
    /// SOA records after the first.
    versions: u64,
}

impl Extent {
    fn begins(&self, reply: &Reply) -> bool {
        reply.decoded.message.answers.first().is_some_and(|record| record.kind == RecordType::SOA)
    }

    /// Counts the records of a message and says whether they are the last.
    fn ends_with(&mut self, records: &[Record], kind: RecordType) -> bool {
        let alone = self.records == 0 && records.len() == 1;
        for record in records {
            self.records += 1;
            if record.kind != RecordType::SOA {
                continue;
            }
            let serial = serial(record);
            if self.serial.is_none() {
                self.serial = serial;
                continue;
            }
            self.versions += 1;
            if self.versions % 2 == 1 && serial == self.serial {
                return true;
            }
        }
        // Who has the serial already is told just that (RFC 1995 2).
        alone && kind == RecordType::IXFR
    }
}

fn serial(soa: &Record) -> Option<u32> {
    u32_at(&soa.rdata, soa.rdata.len().checked_sub(20)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_zone_ends_with_its_soa() {
        let mut extent = Extent::default();
        assert!(!extent.ends_with(&[soa(7), a(), a()], RecordType::AXFR));
        assert!(extent.ends_with(&[a(), soa(7)], RecordType::AXFR));
        assert_eq!(extent.records, 5);
    }

    #[test]
    fn changes_end_where_an_old_version_would_begin() {
        let mut extent = Extent::default();
        let changes = [soa(9), soa(7), a(), soa(8), a(), soa(8), a(), soa(9), a()];
        assert!(!extent.ends_with(&changes, RecordType::IXFR));
        assert!(extent.ends_with(&[soa(9)], RecordType::IXFR));
    }

    #[test]
    fn one_soa_alone_says_that_nothing_has_changed() {
        assert!(Extent::default().ends_with(&[soa(7)], RecordType::IXFR));
        assert!(!Extent::default().ends_with(&[soa(7)], RecordType::AXFR));
    }

    fn soa(serial: u32) -> Record {
        let rdata = [&[0, 0][..], &serial.to_be_bytes(), &[0; 16]].concat();
        Record::new("shop.test".parse().unwrap(), 60, RecordType::SOA, rdata)
    }

    fn a() -> Record {
        Record::new("www.shop.test".parse().unwrap(), 60, RecordType::A, [198, 18, 0, 5])
    }
}
