//! A program answers (RFC 3875).
//!
//! - `variables`: what it is told of the request; [`output`]: what it says
//! - `program`: the process, from its start to its end

pub mod output;
mod program;
mod variables;

use std::cell::Cell;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, TRANSFER_ENCODING};
use http::{Method, Request, Response, StatusCode, Uri};
use hyper::body::Body as _;
use toynet_machine::Time;
use toynet_net::Host;

use super::reply::{page, with};
use crate::server::content::Unreadable;
use crate::server::{Answer, Content, Handler, Outgoing};
use crate::site::{Body, refusal};
use output::{Head, Said};
use program::{Program, Rest};

/// A program of the lab file's folder, run anew for each request.
#[derive(Debug)]
pub struct Cgi {
    program: PathBuf,
    /// The path that it stands for, without a slash at its end.
    script: String,
    /// The folder of the site's files.
    root: Option<PathBuf>,
    running: Rc<Cell<usize>>,
}

/// Why the program gave no answer.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the request's content cannot be read: {0}")]
    Content(#[from] Unreadable),
    #[error("it does not start: {0}")]
    Start(io::Error),
    #[error("it said nothing for {} seconds", LONGEST_RUN.as_secs())]
    Late,
    #[error("what it said cannot be read: {0}")]
    Read(io::Error),
    #[error("what it said is no answer: {0}")]
    Output(#[from] output::OutputError),
}

/// How often a request was sent on by programs already.
#[derive(Clone, Copy)]
struct SentOn(usize);

impl Cgi {
    /// `program` for the requests at `script` and, as PATH_INFO, below it; in PATH_TRANSLATED the same below `root`.
    pub fn new(program: PathBuf, script: String, root: Option<PathBuf>) -> Self {
        Self { program, script, root, running: Rc::default() }
    }

    /// Answers `request`, of whose path `rest` lies behind the route's own; `again` answers for a
    /// program that sends the server itself elsewhere.
    pub fn answer(
        self: Rc<Self>,
        request: &mut Request<Content>,
        rest: &str,
        host: &Host,
        again: Rc<dyn Handler>,
    ) -> Answer {
        if self.running.get() >= MOST_PROGRAMS {
            let text = "All the programs that may run at once are running.";
            let busy = page(StatusCode::SERVICE_UNAVAILABLE, text, "RFC 9110, 15.6.4", request.method());
            return Answer::Now(with(busy, RETRY_AFTER, "1"));
        }
        let (arguments, variables) =
            (variables::arguments(request), variables::of(request, &self.script, self.root.as_deref(), rest));
        let (content, host, method) = (request.body_mut().take(), host.clone(), request.method().clone());
        let sent_on = request.extensions().get::<SentOn>().map_or(0, |SentOn(times)| *times);
        let next = next(request, sent_on + 1);
        Answer::Streamed(Box::pin(async move {
            let deadline = host.clock().now() + LONGEST_RUN;
            match self.run(&arguments, variables, content, &host, deadline).await {
                Ok((Head::SendOn(target), _)) if sent_on < MOST_SENT_ON => send_on(next, &target, &again, &host).await,
                Ok((Head::SendOn(_), _)) => broken("it sends requests in a circle", &method),
                Ok((Head::Answer(head), rest)) => Response::from_parts(head.into_parts().0, Outgoing::stream(rest)),
                Err(failure) => {
                    tracing::warn!(host = host.name(), program = %self.program.display(), "no answer: {failure}");
                    failed(&failure, &method, host.clock().now())
                }
            }
        }))
    }

    async fn run(
        &self,
        arguments: &[String],
        variables: Vec<(String, String)>,
        content: Content,
        host: &Host,
        deadline: Time,
    ) -> Result<(Head, Rest), Failure> {
        let clock = host.clock();
        let (content, variables) = measured(content, variables).await?;
        let mut program = Program::start(&self.program, arguments, variables, content, host, Rc::clone(&self.running))
            .map_err(Failure::Start)?;
        let mut said = Said::default();
        loop {
            let read = clock.until(deadline, program.read()).await.map_err(|_| Failure::Late)?;
            let octets = read.map_err(Failure::Read)?;
            if let Some((head, rest)) = said.hear(&octets)? {
                return Ok((head, program.rest(rest, clock, deadline)));
            }
        }
    }
}

/// Content with its length, which a program must be told: what came without is read first.
async fn measured(
    mut content: Content,
    mut variables: Vec<(String, String)>,
) -> Result<(program::Input, Vec<(String, String)>), Unreadable> {
    let input = match content.size_hint().exact() {
        Some(0) => program::Input::Held(Bytes::new()),
        Some(length) => {
            variables.push(("CONTENT_LENGTH".to_owned(), length.to_string()));
            program::Input::Arriving(content.take())
        }
        None => {
            let octets = content.read().await?;
            variables.push(("CONTENT_LENGTH".to_owned(), octets.len().to_string()));
            program::Input::Held(octets)
        }
    };
    Ok((input, variables))
}

/// The request that a program may send on: without content, by GET.
fn next(request: &Request<Content>, times: usize) -> Request<Content> {
    let mut next = Request::new(Content::none(Rc::clone(request.body().connected())));
    *next.headers_mut() = request.headers().clone();
    *next.version_mut() = request.version();
    *next.uri_mut() = request.uri().clone();
    for name in [CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING] {
        next.headers_mut().remove(name);
    }
    next.extensions_mut().insert(SentOn(times));
    next
}

/// RFC 3875 6.2.2: the answer is that which the target would have got.
async fn send_on(mut next: Request<Content>, target: &str, again: &Rc<dyn Handler>, host: &Host) -> Response<Outgoing> {
    let Ok(uri) = target.parse::<Uri>() else { return broken("it names no path to go on at", &Method::GET) };
    *next.uri_mut() = uri;
    // Boxed by the answer's own type: a program may send on to a program.
    match again.answer(&mut next, host) {
        Answer::Now(response) => response.map(Outgoing::from),
        Answer::Later(answer) => answer.await.map(Outgoing::from),
        Answer::Streamed(answer) => answer.await,
    }
}

fn failed(failure: &Failure, method: &Method, now: Time) -> Response<Outgoing> {
    let (status, text, section) = match failure {
        Failure::Content(unreadable) => return refusal(unreadable.status(), method, now).map(Outgoing::from),
        Failure::Start(_) => (StatusCode::INTERNAL_SERVER_ERROR, "The program does not start.", "RFC 9110, 15.6.1"),
        Failure::Late => (StatusCode::GATEWAY_TIMEOUT, "The program took too long to answer.", "RFC 9110, 15.6.5"),
        Failure::Read(_) | Failure::Output(_) => return broken(&failure.to_string(), method),
    };
    page(status, text, section, method).map(Outgoing::from)
}

fn broken(why: &str, method: &Method) -> Response<Outgoing> {
    let text = format!("The program gave no answer: {}.", super::reply::escape(why));
    let answer: Response<Body> = page(StatusCode::BAD_GATEWAY, &text, "RFC 9110, 15.6.3; RFC 3875, 6", method);
    answer.map(Outgoing::from)
}

/// A program that runs longer is stuck; nginx gives an application a minute, and so do people.
const LONGEST_RUN: Duration = Duration::from_secs(60);
/// Each is a process of its own: more at once only get into each other's way.
const MOST_PROGRAMS: usize = 32;
/// As browsers do with redirects, though nobody needs more than one here.
const MOST_SENT_ON: usize = 10;
