//! What lies on streams and datagrams: TLS at any moment, HTTP/2 by hyper, QUIC by quinn.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "what fails here fails the test, which may play the stranger with a socket of its own"
)]

mod support;

use std::convert::Infallible;
use std::io::ErrorKind;
use std::rc::Rc;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Bytes;
use hyper::rt::Executor;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use support::{at, at6, configs, in_virtual_time, journal, latency, memory, ns, on_both_carriers, www};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::spawn_local;
use toynet_net::Network;
use toynet_net::quic::Endpoint;
use toynet_record::{Direction, Seen, Transport};

#[test]
fn http2_lives_with_thirty_seconds_of_latency() {
    in_virtual_time(|| async {
        let network = memory(latency("www.shop.test", "ns.shop.test", Duration::from_secs(30)));
        let mut listener = ns(&network).listen(80).await.unwrap();
        spawn_local(async move {
            let stream = listener.accept().await.unwrap();
            let service = hyper::service::service_fn(async |_| {
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"far away"))))
            });
            let mut builder = hyper::server::conn::http2::Builder::new(Local);
            builder.timer(TokioTimer::new());
            builder.serve_connection(TokioIo::new(stream), service).await
        });
        let start = network.clock().now();
        let stream = www(&network).connect(at(2, 80)).await.unwrap();
        let (mut requests, connection) =
            hyper::client::conn::http2::handshake(Local, TokioIo::new(stream)).await.unwrap();
        spawn_local(connection);
        let request = Request::get("http://ns.shop.test/").body(Empty::<Bytes>::new()).unwrap();
        let answer = requests.send_request(request).await.unwrap();
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "far away");
        assert!(network.clock().now() - start >= Duration::from_secs(120));
    });
}

#[test]
fn tls_starts_in_the_middle_of_a_conversation() {
    let check = async |network: Rc<Network>| {
        let (server_config, client_config) = configs(&[]);
        let mut listener = ns(&network).listen(25).await.unwrap();
        let server = spawn_local(async move {
            let mut stream = listener.accept().await.unwrap();
            let mut command = [0; 8];
            stream.read_exact(&mut command).await.unwrap();
            stream.write_all(b"220\r\n").await.unwrap();
            let mut stream = stream.start_tls_as_server(&server_config.clone().into(), b"").await.unwrap();
            let mut secret = [0; 6];
            stream.read_exact(&mut secret).await.unwrap();
            assert_eq!(&secret, b"secret");
            assert_eq!(stream.tls().unwrap().name.as_deref(), Some("ns.shop.test"));
        });
        let mut stream = www(&network).connect(at(2, 25)).await.unwrap();
        stream.write_all(b"STARTTLS").await.unwrap();
        let mut reply = [0; 5];
        stream.read_exact(&mut reply).await.unwrap();
        let mut stream = stream.start_tls_as_client(&client_config, "ns.shop.test", b"").await.unwrap();
        stream.write_all(b"secret").await.unwrap();
        stream.flush().await.unwrap();
        server.await.unwrap();

        let journal = journal(&network);
        let entries: Vec<_> = journal.entries().map(|entry| entry.seen).collect();
        let secured = entries.iter().position(|seen| matches!(seen, Seen::Secured { .. })).unwrap();
        let clear = |seen: &Seen<'_>| matches!(seen, Seen::Octets { octets: b"secret", .. });
        assert!(entries[secured..].iter().any(clear), "clear text is recorded");
        assert!(entries.iter().any(|seen| matches!(seen, Seen::Sealed { direction: Direction::Sent, length: 100.. })));
        assert!(entries.iter().any(|seen| matches!(seen, Seen::Secret { line } if line.contains("TRAFFIC_SECRET"))));
    };
    on_both_carriers(check);
}

#[test]
fn what_was_sent_before_tls_started_is_refused() {
    in_virtual_time(|| async {
        let network = memory(vec![]);
        let (server_config, _) = configs(&[]);
        let mut listener = ns(&network).listen(25).await.unwrap();
        let _client = www(&network).connect(at(2, 25)).await.unwrap();
        let stream = listener.accept().await.unwrap();
        let refused = stream.start_tls_as_server(&server_config.clone().into(), b"RSET\r\n").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidData);
    });
}

#[test]
fn quic_carries_streams_that_are_recorded_in_clear() {
    let check = async |network: Rc<Network>| {
        let (server_config, client_config) = configs(&[b"h3"]);
        let server = Endpoint::server(ns(&network).bind(443).await.unwrap(), &server_config.into()).unwrap();
        let serving = spawn_local(async move {
            for _ in 0..2 {
                let connection = server.accept().await.unwrap().unwrap();
                let mut stream = connection.accept().await.unwrap();
                let mut got = [0; 4];
                stream.read_exact(&mut got).await.unwrap();
                stream.write_all(b"pong").await.unwrap();
                stream.shutdown().await.unwrap();
                // Held until the client has read it all and closed.
                let _ = connection.accept().await;
            }
        });
        for to in [at(2, 443), at6(2, 443)] {
            let client = Endpoint::client(www(&network).bind(0).await.unwrap(), &client_config).unwrap();
            let connection = client.connect(to, "ns.shop.test").await.unwrap();
            let mut stream = connection.open().await.unwrap();
            stream.write_all(b"ping").await.unwrap();
            let mut got = Vec::new();
            stream.read_to_end(&mut got).await.unwrap();
            assert_eq!(got, b"pong");
            connection.close().await;
        }
        serving.await.unwrap();
        let journal = journal(&network);
        let opened =
            journal.entries().filter(|entry| matches!(entry.seen, Seen::Opened { transport: Transport::Quic, .. }));
        assert_eq!(opened.count(), 4);
        assert!(journal.entries().any(|entry| matches!(entry.seen, Seen::Octets { octets: b"pong", .. })));
    };
    on_both_carriers(check);
}

/// Runs hyper's tasks on this worker.
#[derive(Clone, Copy)]
struct Local;

impl<F: Future<Output: 'static> + 'static> Executor<F> for Local {
    fn execute(&self, future: F) {
        spawn_local(future);
    }
}
