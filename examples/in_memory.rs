//! A lab inside a program: two sites, a link that takes half a minute each way, and no time to wait.
//!
//! Nothing leaves the process, and time is virtual: `cargo run --example in_memory` is done at once.

use std::rc::Rc;

use tokio::runtime::{Builder, LocalOptions};
use toynet_lab::dissectors::dissector;
use toynet_lab::run::InMemory;
use toynet_lab::{LabFile, protocols};
use toynet_view::{Format, Log, Show};

const LAB: &str = r#"
[host."www.shop.test".http]
pages = { "/" = "bread" }

[host."www.club.test".http]
pages = { "/" = "walks" }

[link."www.shop.test <-> www.club.test"]
latency = "30s"
"#;

fn main() {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build_local(LocalOptions::default()).expect("a runtime");
    runtime.block_on(visit());
}

async fn visit() {
    let file = LabFile::from_text(LAB, "");
    let plan = file.plan(protocols::ALL).expect("the lab has no mistakes");
    let lab = InMemory::start(&plan, &file).await.expect("all services start");

    let shop = lab.host("www.shop.test").expect("it is in the lab");
    let began = shop.clock().now();
    let page = toynet_http::client::get(&shop, "http://www.club.test/").await.expect("the club answers");
    println!("{:?} after {:?} of the lab's time\n", page.into_body(), shop.clock().now() - began);

    let format = Format::Text { colour: false, columns: None };
    let mut log = Log::new(lab.roster(), Rc::new(|flow, _| dissector(flow)), format, Show::default());
    log.feed_journal(&lab.journal());
    print!("{}", log.drain());
}
