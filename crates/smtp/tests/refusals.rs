//! What a server does not take, and what it keeps whatever happens.

mod support;

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::{CLUB, Lab, SHOP, first_mail, in_virtual_time, mails};
use toynet_net::LocalFuture;
use toynet_smtp::queue::{Mail, Record};
use toynet_smtp::store::{Disk, Mails, Memory, Store};
use toynet_smtp::wire::Content;

#[test]
fn an_unknown_user_is_refused_while_the_client_is_there() {
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        lab.serve(SHOP).await;
        let fate = lab.send(SHOP, "<alice@shop.test>", "eve@shop.test", "Subject: Hi\n").await.unwrap();
        assert_eq!(
            fate.to_string(),
            "failed: mail.shop.test said to RCPT: 550 5.1.1 there is no mailbox eve@shop.test here"
        );
    });
}

#[test]
fn a_smuggled_mail_is_refused_and_nothing_of_it_is_stored() {
    for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r\n.\r", "\r.\r", "\r\n.\r\r\n"] {
        in_virtual_time(|| async {
            let lab = Lab::new(vec![]);
            let shop = lab.serve(SHOP).await;
            let begin = "MAIL FROM:<a@b.test>\r\nRCPT TO:<alice@shop.test>\r\nDATA\r\n";
            let said = lab.say(SHOP, &format!("EHLO c.test\r\n{begin}one{end}{begin}two\r\n.\r\nQUIT\r\n")).await;
            assert_eq!(said.matches("\r\n354 ").count(), 1, "{said}");
            assert!(said.contains("\r\n554 5.6.0 line ") && said.ends_with("\r\n221 2.0.0 bye\r\n"), "{said}");
            lab.network.clock().sleep(Duration::from_secs(10)).await;
            assert_eq!(mails(&*shop, "alice").await.len(), 0);
        });
    }
}

#[test]
fn who_leaves_in_the_middle_of_a_message_has_sent_none() {
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        let shop = lab.serve(SHOP).await;
        lab.say(SHOP, "EHLO c.test\r\nMAIL FROM:<>\r\nRCPT TO:<alice@shop.test>\r\nDATA\r\nhello\r\n").await;
        lab.network.clock().sleep(Duration::from_secs(10)).await;
        assert_eq!(mails(&*shop, "alice").await.len(), 0);
    });
}

#[test]
fn a_mail_that_goes_in_circles_is_cut() {
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        lab.serve(SHOP).await;
        let text = "Received: by somebody\n".repeat(100);
        let fate = lab.send(SHOP, "<alice@shop.test>", "alice@shop.test", &text).await.unwrap();
        assert!(fate.to_string().contains("554 5.4.6"), "{fate}");
    });
}

#[test]
fn what_cannot_be_stored_is_not_taken_and_stays_with_its_sender() {
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        let club = lab.serve(CLUB).await;
        let failing = Arc::new(Failing::default());
        lab.serve_with(SHOP, failing.clone()).await;
        for (why, reply) in [
            (io::ErrorKind::Other, "451 4.3.0 the mail could not be stored; try again later"),
            (io::ErrorKind::StorageFull, "452 4.3.1 there is no room for the mail; try again later"),
        ] {
            *failing.keeps_fail.lock().unwrap() = Some(why);
            let fate = lab.send(SHOP, "<alice@shop.test>", "carol@club.test", "Subject: Hi\n").await.unwrap();
            assert_eq!(fate.to_string(), format!("deferred: mail.shop.test said to the message: {reply}"));
        }
        lab.network.clock().sleep(Duration::from_secs(86_400)).await;
        assert_eq!(mails(&*club, "carol").await.len(), 0);
    });
}

#[test]
fn a_mailbox_that_cannot_be_written_is_tried_again() {
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        let failing = Arc::new(Failing::default());
        lab.serve_with(SHOP, failing.clone()).await;
        failing.puts_fail.store(true, Ordering::Relaxed);
        lab.send(SHOP, "<bob@club.test>", "alice@shop.test", "Subject: Hi\n").await.unwrap();
        lab.network.clock().sleep(Duration::from_secs(60)).await;
        failing.puts_fail.store(false, Ordering::Relaxed);
        first_mail(&lab, &*failing, "alice").await;
        assert!(lab.age() >= Duration::from_secs(30 * 60));
    });
}

#[test]
fn a_mail_that_was_taken_is_delivered_by_the_next_server_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        // No server for club.test yet: the mail waits.
        lab.serve_with(SHOP, Arc::new(Disk::open(folder.path()).unwrap())).await;
        lab.send(SHOP, "<alice@shop.test>", "carol@club.test", "Subject: Hi\n").await.unwrap();
    });
    // The whole process is gone; what it had in memory went with it.
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        let club = lab.serve(CLUB).await;
        lab.serve_with(SHOP, Arc::new(Disk::open(folder.path()).unwrap())).await;
        first_mail(&lab, &*club, "carol").await;
    });
    assert!(Disk::open(folder.path()).unwrap().adopt().is_empty());
}

#[test]
fn a_server_that_is_started_again_goes_on_with_its_mails() {
    in_virtual_time(|| async {
        let lab = Lab::new(vec![]);
        let store = Arc::new(Memory::default());
        let running = lab.serve_with(SHOP, store.clone()).await;
        lab.send(SHOP, "<alice@shop.test>", "carol@club.test", "Subject: Hi\n").await.unwrap();
        lab.network.clock().sleep(Duration::from_secs(60)).await;
        running.abort();
        assert!(running.await.is_err());
        let club = lab.serve(CLUB).await;
        lab.serve_with(SHOP, store).await;
        first_mail(&lab, &*club, "carol").await;
    });
}

/// A store on which writing can fail.
#[derive(Debug, Default)]
struct Failing {
    memory: Memory,
    keeps_fail: Mutex<Option<io::ErrorKind>>,
    puts_fail: AtomicBool,
}

impl Store for Failing {
    fn keep(&self, records: Vec<Record>) -> LocalFuture<'_, io::Result<()>> {
        match *self.keeps_fail.lock().expect("no test panics while it holds this") {
            Some(why) => Box::pin(std::future::ready(Err(why.into()))),
            None => self.memory.keep(records),
        }
    }

    fn adopt(&self) -> Vec<Mail> {
        self.memory.adopt()
    }

    fn release(&self, mails: Vec<Mail>) {
        self.memory.release(mails);
    }

    fn put<'a>(&'a self, mailbox: &'a str, name: &'a str, content: Content) -> LocalFuture<'a, io::Result<()>> {
        match self.puts_fail.load(Ordering::Relaxed) {
            true => Box::pin(std::future::ready(Err(io::ErrorKind::StorageFull.into()))),
            false => self.memory.put(mailbox, name, content),
        }
    }

    fn read<'a>(&'a self, mailbox: &'a str) -> LocalFuture<'a, io::Result<Mails>> {
        self.memory.read(mailbox)
    }
}
