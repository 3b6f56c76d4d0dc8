//! How long it takes to plan labs of many hosts.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

#[path = "../tests/fakes/mod.rs"]
mod fakes;

use std::fmt::Write;
use std::time::{Duration, Instant};

use toynet_lab::LabFile;

fn main() {
    for (hosts, domains) in [(500, 50), (500, 500), (5_000, 500), (5_000, 5_000)] {
        let file = LabFile::from_text(lab(hosts, domains), "");
        let best = (0..5).map(|_| time(&file)).min().unwrap_or_default();
        println!("{hosts} hosts in {domains} domains: {:.1} ms", best.as_secs_f64() * 1e3);
    }
}

fn time(file: &LabFile) -> Duration {
    let began = Instant::now();
    let plan = file.plan(fakes::ALL);
    assert!(plan.is_ok(), "{:?}", plan.err());
    began.elapsed()
}

fn lab(hosts: usize, domains: usize) -> String {
    let mut text = String::new();
    for host in 0..hosts {
        let _ = writeln!(text, "[host.\"www{host}.domain{}.test\".http]", host % domains);
        let _ = writeln!(text, "[link.\"www{host}.domain{}.test <-> *\"]\nlatency = \"20ms\"", host % domains);
    }
    text
}
