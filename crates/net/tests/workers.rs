//! Two workers, each with a runtime and a record of its own: what they saw of one flow is joined later.
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::sync::{Arc, mpsc};
use std::time::Duration;

use support::{at, ns, topology, www};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_net::carrier::ports::{Lease, Ports, RAISED};
use toynet_net::{Carrier, Clock, Network, Recorder, Records, worker};
use toynet_record::{Direction, Event, Journal, Quota, Reader, Seen, Side};

#[test]
fn a_send_precedes_its_receipt_though_two_workers_saw_them() {
    let lease = Lease::take("two workers").unwrap();
    let carrier = Ports::new(lease.net(), RAISED);
    let clock = Clock::system();
    let topology = Arc::new(topology(vec![]));
    let (listening, listens) = mpsc::channel();
    let (mut server_records, server_requests) = Records::new();
    let (mut client_records, client_requests) = Records::new();

    let shared = Arc::clone(&topology);
    let server = worker::start("server", move || async move {
        let recorder = Recorder::new(0, Quota::default(), clock);
        let network = Network::new(0, shared, Carrier::Ports(carrier), clock, recorder.clone());
        let mut listener = ns(&network).listen(7).await?;
        listening.send(()).unwrap();
        let mut stream = listener.accept().await?;
        let mut word = [0; 4];
        for _ in 0..100 {
            stream.read_exact(&mut word).await?;
            stream.write_all(&word).await?;
        }
        drop(stream);
        serve_for_a_while(recorder, server_requests).await
    });
    listens.recv().unwrap();
    let client = worker::start("client", move || async move {
        let recorder = Recorder::new(1, Quota::default(), clock);
        let network = Network::new(1, topology, Carrier::Ports(carrier), clock, recorder.clone());
        let mut stream = www(&network).connect(at(2, 7)).await?;
        let mut word = [0; 4];
        for _ in 0..100 {
            stream.write_all(b"ping").await?;
            stream.read_exact(&mut word).await?;
        }
        drop(stream);
        serve_for_a_while(recorder, client_requests).await
    });
    let batches = worker::runtime().unwrap().block_on(async {
        clock.sleep(Duration::from_millis(200)).await;
        [client_records.take().await.unwrap().batch, server_records.take().await.unwrap().batch]
    });
    let journal = Journal::merge(&batches);

    let mut under_way = [0_i64; 2];
    for entry in journal.entries() {
        let Seen::Octets { direction, octets, .. } = entry.seen else { continue };
        let from_client = (entry.end.worker() == 1) == (direction == Direction::Sent);
        let way = &mut under_way[usize::from(from_client)];
        *way += if direction == Direction::Sent { octets.len() as i64 } else { -(octets.len() as i64) };
        assert!(*way >= 0, "something was received before it was sent");
    }
    assert_eq!(turns(&journal), 200);
    drop((server_records, client_records));
    server.unwrap().join().unwrap().unwrap();
    client.unwrap().join().unwrap().unwrap();
}

/// Answers whoever reads the record until nobody does.
async fn serve_for_a_while(
    recorder: Recorder,
    requests: tokio::sync::mpsc::Receiver<toynet_net::recorder::Request>,
) -> std::io::Result<()> {
    recorder.serve(requests).await;
    Ok(())
}

/// How often one side or the other spoke, each flow told once.
fn turns(journal: &Journal) -> usize {
    let mut reader = Reader::new(topology(vec![]).roster());
    let mut turns = Vec::new();
    for entry in journal.entries() {
        reader.read(&entry, |event| match event {
            Event::Said { by, .. } if turns.last() != Some(&by) => turns.push(by),
            _ => {}
        });
    }
    assert_eq!(turns.first(), Some(&Side::Initiator));
    turns.len()
}
