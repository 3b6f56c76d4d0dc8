//! A stub resolver: asks one server for what a host wants to know.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use toynet_net::{Host, LocalFuture, Resolve};

use crate::codes::{Class, Rcode, RecordType};
use crate::name::Name;
use crate::record::Record;
use crate::wire::message::write_query;
use crate::wire::{Message, Question, SAFE_PAYLOAD, flag};

/// Asks the lab's recursive server on behalf of a host.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stub;

impl Resolve for Stub {
    fn addresses<'a>(&'a self, host: &'a Host, name: &'a str) -> LocalFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(addresses(host, name))
    }

    fn exchangers<'a>(&'a self, host: &'a Host, domain: &'a str) -> LocalFuture<'a, io::Result<Vec<(u16, String)>>> {
        Box::pin(exchangers(host, domain))
    }
}

async fn addresses(host: &Host, name: &str) -> io::Result<Vec<IpAddr>> {
    if let Ok(address) = name.parse() {
        return Ok(vec![address]);
    }
    for kind in [RecordType::A, RecordType::AAAA] {
        let answers = records(host, name, kind).await?;
        let found: Vec<IpAddr> = answers.iter().filter_map(Record::as_address).collect();
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Err(io::Error::new(io::ErrorKind::NotFound, format!("{name} has no address")))
}

async fn exchangers(host: &Host, domain: &str) -> io::Result<Vec<(u16, String)>> {
    let answers = records(host, domain, RecordType::MX).await?;
    let mut found: Vec<(u16, String)> = answers.iter().filter_map(exchanger).collect();
    found.sort();
    Ok(found)
}

/// Preference and name; the null exchanger of RFC 7505 is the empty name.
fn exchanger(record: &Record) -> Option<(u16, String)> {
    let (preference, name) = record.rdata.split_first_chunk::<2>().filter(|_| record.kind == RecordType::MX)?;
    let name = Name::from_wire(name).ok()?.to_string();
    Some((u16::from_be_bytes(*preference), name.trim_end_matches('.').to_owned()))
}

async fn records(host: &Host, name: &str, kind: RecordType) -> io::Result<Vec<Record>> {
    let unknown = || io::Error::new(io::ErrorKind::Unsupported, "the lab has no resolver");
    let server = host.resolver_address().ok_or_else(unknown)?;
    let name: Name =
        name.parse().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, format!("{name}: {error}")))?;
    let message = query(host, server, &Question { name, kind, class: Class::IN }).await?;
    match message.rcode() {
        Rcode::NOERROR => Ok(message.answers),
        Rcode::NXDOMAIN => Err(io::Error::new(io::ErrorKind::NotFound, "no such name")),
        rcode => Err(io::Error::other(format!("the resolver answered {rcode}"))),
    }
}

/// Asks `server`: by datagram, again when it stays silent, and over a stream when the answer is too
/// long (RFC 1123 section 6.1.3.2).
///
/// # Errors
/// [`io::ErrorKind::TimedOut`] when nothing came; [`io::ErrorKind::InvalidData`] for what cannot be read.
pub async fn query(host: &Host, server: SocketAddr, question: &Question) -> io::Result<Message> {
    let id = host.random(&format!("stub id for {} {} at {}", question.name, question.kind, host.clock().now())).u16();
    let request = write_query(id, flag::RD, question, Some((SAFE_PAYLOAD, false)));
    let response = ask_by_datagram(host, server, &request).await?;
    let response = match Message::decode(&response).message.has(flag::TC) {
        true => {
            let deadline = host.clock().now() + PATIENCE;
            let response = host.clock().until(deadline, exchange_on_stream(host, server, &request)).await??;
            let unasked = || io::Error::new(io::ErrorKind::InvalidData, "a response to another question");
            answers(&request, &response).then_some(response).ok_or_else(unasked)?
        }
        false => response,
    };
    Message::read(&response).map_err(|broken| io::Error::new(io::ErrorKind::InvalidData, broken.to_string()))
}

async fn ask_by_datagram(host: &Host, server: SocketAddr, request: &[u8]) -> io::Result<Vec<u8>> {
    let socket = host.bind(0).await?;
    let mut octets = vec![0; LONGEST_DATAGRAM];
    let mut failed = io::ErrorKind::TimedOut.into();
    for _ in 0..ATTEMPTS {
        socket.send_to(request, server).await?;
        let deadline = host.clock().now() + PATIENCE;
        while let Ok(received) = host.clock().until(deadline, socket.receive(&mut octets)).await {
            match received {
                Ok((length, from)) if from == server && answers(request, &octets[..length]) => {
                    return Ok(octets[..length].to_vec());
                }
                Ok(_) => {}
                // A server that is not there yet may be by the next attempt.
                Err(error) => {
                    failed = error;
                    break;
                }
            }
        }
    }
    Err(failed)
}

/// Whether a message is a response with the request's id and question (RFC 5452 9.1). Who could not read the request
/// may leave the question out.
fn answers(request: &[u8], response: &[u8]) -> bool {
    let [asked, told] = [request, response].map(|octets| Message::decode(octets).message);
    let told_nothing = told.questions.is_empty() && told.rcode() != Rcode::NOERROR;
    told.is_response() && told.id == asked.id && (told.questions == asked.questions || told_nothing)
}

/// Sends one message over a connection of its own and takes one back.
///
/// # Errors
/// As the connection says.
pub async fn exchange_on_stream(host: &Host, server: SocketAddr, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = host.connect(server).await?;
    let length = u16::try_from(request.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    stream.write_all(&[&length.to_be_bytes(), request].concat()).await?;
    let mut response = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut response).await?;
    Ok(response)
}

/// As resolv.conf(5): two attempts of five seconds each.
const ATTEMPTS: usize = 2;
const PATIENCE: Duration = Duration::from_secs(5);
/// More than any server sends to one that announces 1,232 octets.
const LONGEST_DATAGRAM: usize = 4096;
