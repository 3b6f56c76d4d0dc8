//! A protocol that toynet does not have, added from outside: daytime (RFC 867).
//!
//! It takes a table in the lab file, a server, and a dissector if its messages are to be read in the
//! log; and one constant that names them. `cargo run --example daytime` asks a host of a lab for the
//! time and shows what passed.

use std::io;
use std::rc::Rc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, LocalOptions};
use toynet_lab::dissectors::dissector;
use toynet_lab::run::InMemory;
use toynet_lab::{LabFile, protocols};
use toynet_machine::Time;
use toynet_net::{Host, Listener};
use toynet_record::dissect::{Dissector, FlowInfo, Message, Role, Said};
use toynet_record::{Side, Transport};
use toynet_service::{Command, Config, Endpoint, Files, LocalFuture, Mistake, Place, Protocol, Reached, Server};
use toynet_view::{Format, Log, Show};

/// What the lab needs to know of it.
const DAYTIME: Protocol = Protocol {
    name: "daytime",
    about: "clock",
    ports: &[(Transport::Tcp, PORT)],
    read: |_| Ok(Box::new(Daytime)),
    schema: r#"{ "type": "object", "additionalProperties": false, "properties": {} }"#,
    recognise: |_| toynet_record::dissect::Likeness::No,
    dissector: |_| Box::new(Reading { heard: Vec::new() }),
    fault: None,
    tools: &[],
    solo: None,
    exports: &[],
};

const PORT: u16 = 13;

/// Its table in the lab file, which has no keys, and its server, which knows nothing.
#[derive(Debug)]
struct Daytime;

impl Config for Daytime {
    fn endpoints(&self) -> Vec<Endpoint> {
        vec![Endpoint { transport: Transport::Tcp, port: PORT }]
    }

    fn check(&self, _: &dyn Files) -> Vec<Mistake> {
        Vec::new()
    }

    fn commands(&self, reached: &Reached<'_>) -> Vec<Command> {
        let line = format!("nc {} {}", reached.address, PORT + reached.port_offset);
        vec![Command { program: "nc", line, own: None, shows: "the time".to_owned() }]
    }

    fn build(&self, _: &Place) -> io::Result<Box<dyn Server>> {
        Ok(Box::new(Self))
    }
}

impl Server for Daytime {
    fn start(&self, host: Host) -> LocalFuture<io::Result<LocalFuture<io::Result<()>>>> {
        Box::pin(async move {
            let listener = host.listen(PORT).await?;
            let run: LocalFuture<io::Result<()>> = Box::pin(tell_everyone(host, listener));
            Ok(run)
        })
    }
}

async fn tell_everyone(host: Host, mut listener: Listener) -> io::Result<()> {
    loop {
        let mut stream = listener.accept().await?;
        let line = format!("{} seconds after 1970 began\r\n", host.clock().now().secs());
        tokio::task::spawn_local(async move {
            stream.write_all(line.as_bytes()).await?;
            stream.shutdown().await
        });
    }
}

/// Shows the line that the server sends.
struct Reading {
    heard: Vec<u8>,
}

impl Dissector for Reading {
    fn said(&mut self, said: Said<'_>, out: &mut Vec<Message>) {
        self.heard.extend_from_slice(said.octets);
        if !self.heard.ends_with(b"\n") {
            return;
        }
        let summary = String::from_utf8_lossy(&self.heard).trim_end().to_owned();
        out.push(Message {
            exchange: 0,
            by: said.by,
            role: Role::Answer,
            time: said.time,
            lasted: std::time::Duration::ZERO,
            summary,
            secrets: Vec::new(),
            failed: false,
            faults: Vec::new(),
            notes: Vec::new(),
            octets: self.heard.len() as u64,
            carried: None,
        });
    }

    fn hole(&mut self, _: Side, _: u64, _: Time, _: &mut Vec<Message>) {}

    fn closed(&mut self, _: Time, _: &mut Vec<Message>) {}
}

const LAB: &str = r#"
[host."clock.test".daytime]
[host."www.shop.test".http]
"#;

fn main() {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build_local(LocalOptions::default()).expect("a runtime");
    runtime.block_on(ask());
}

async fn ask() {
    let all: Vec<&'static Protocol> = protocols::ALL.iter().copied().chain([&DAYTIME]).collect();
    let file = LabFile::from_text(LAB, "");
    let plan = file.plan(&all).expect("the lab has no mistakes");
    let lab = InMemory::start(&plan, &file).await.expect("all services start");

    let shop = lab.host("www.shop.test").expect("it is in the lab");
    let addresses = shop.resolver().expect("the lab has a resolver");
    let address = addresses.addresses(&shop, "clock.test").await.expect("it has a name")[0];
    let mut clock = shop.connect((address, PORT).into()).await.expect("it listens");
    let mut line = String::new();
    clock.read_to_string(&mut line).await.expect("it speaks");
    drop(clock);
    println!("{line}");

    let dissectors = |flow: FlowInfo| match flow.port {
        PORT => Some((DAYTIME.name, (DAYTIME.dissector)(flow))),
        _ => dissector(flow),
    };
    let format = Format::Text { colour: false, columns: None };
    let mut log = Log::new(lab.roster(), Rc::new(move |flow, _| dissectors(flow)), format, Show::default());
    log.feed_journal(&lab.journal());
    print!("{}", log.drain());
}
