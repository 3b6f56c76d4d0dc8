//! How long a lab of many hosts takes in memory, from its text until each of them answers.
//!
//! `cargo run --release --example many_hosts` takes 500; another number can be said behind `--`.

use std::env;
use std::fmt::Write;

use tokio::runtime::{Builder, LocalOptions};
use toynet_lab::run::{Clock, InMemory};
use toynet_lab::{LabFile, protocols};

fn main() {
    let hosts = env::args().nth(1).map_or(500, |hosts| hosts.parse().expect("a number of hosts"));
    let file = LabFile::from_text(lab(hosts), "");
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default()).expect("a runtime");
    let clock = Clock::system();
    let began = clock.now();
    runtime.block_on(async {
        let plan = file.plan(protocols::ALL).expect("the lab has no mistakes");
        let lab = InMemory::start(&plan, &file).await.expect("all services start");
        println!("{hosts} hosts in memory: {:.1} ms", (clock.now() - began).as_secs_f64() * 1e3);
        drop(lab);
    });
}

/// A web site on each host, ten to a domain.
fn lab(hosts: usize) -> String {
    (0..hosts).fold(String::new(), |mut text, host| {
        let _ = writeln!(text, "[host.\"www{host}.domain{}.test\".http]", host / 10);
        text
    })
}
