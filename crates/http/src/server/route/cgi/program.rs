//! A process, from its start to its end.

use std::cell::Cell;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::process::Stdio;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::{AbortHandle, spawn_local};
use toynet_machine::Time;
use toynet_net::{Clock, Host};
use toynet_service::LocalFuture;

use crate::server::Content;

/// What a program reads.
pub(super) enum Input {
    Held(Bytes),
    Arriving(Content),
}

/// A program that runs; dropped, it and all that it started end.
pub(super) struct Program {
    #[cfg_attr(not(unix), expect(dead_code, reason = "dropped, it ends"))]
    child: Child,
    output: ChildStdout,
    feeding: AbortHandle,
    running: Rc<Cell<usize>>,
}

impl Program {
    /// Starts `path` as it is, without a shell, in its own folder.
    pub fn start(
        path: &Path,
        arguments: &[String],
        variables: Vec<(String, String)>,
        input: Input,
        host: &Host,
        running: Rc<Cell<usize>>,
    ) -> io::Result<Self> {
        let path = path.canonicalize()?;
        let mut command = Command::new(&path);
        command.args(arguments).env_clear().envs(variables).kill_on_drop(true);
        // Where scripts find what they are written in.
        command.envs(std::env::var_os("PATH").map(|folders| ("PATH", folders)));
        command.current_dir(path.parent().unwrap_or(Path::new("/")));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;
        let pipe = || io::Error::other("a pipe is missing");
        let (stdin, output) = (child.stdin.take().ok_or_else(pipe)?, child.stdout.take().ok_or_else(pipe)?);
        let feeding = spawn_local(feed(stdin, input)).abort_handle();
        spawn_local(listen(child.stderr.take().ok_or_else(pipe)?, host.name().to_owned(), path.display().to_string()));
        running.set(running.get() + 1);
        Ok(Self { child, output, feeding, running })
    }

    /// The next that it says; nothing at its end.
    pub async fn read(&mut self) -> io::Result<Bytes> {
        let mut octets = vec![0; PIECE];
        let length = self.output.read(&mut octets).await?;
        octets.truncate(length);
        Ok(octets.into())
    }

    /// All that follows, as content; `first` of it is there already.
    pub fn rest(self, first: Bytes, clock: Clock, deadline: Time) -> Rest {
        Rest { first, program: self, deadline: Box::pin(async move { clock.sleep_until(deadline).await }) }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.running.set(self.running.get() - 1);
        self.feeding.abort();
        #[cfg(unix)]
        if let Some(group) = self.child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
            // A group that has ended by itself is what was wanted.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// What a program says behind its fields.
pub(super) struct Rest {
    first: Bytes,
    program: Program,
    deadline: LocalFuture<()>,
}

impl HttpBody for Rest {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        if !this.first.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.first)))));
        }
        if this.deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
        }
        let mut octets = vec![0; PIECE];
        let mut buffer = ReadBuf::new(&mut octets);
        ready!(Pin::new(&mut this.program.output).poll_read(cx, &mut buffer))?;
        let length = buffer.filled().len();
        octets.truncate(length);
        Poll::Ready((length > 0).then(|| Ok(Frame::data(octets.into()))))
    }
}

/// A program need not read what it is given.
async fn feed(mut stdin: ChildStdin, input: Input) {
    match input {
        Input::Held(octets) => drop(stdin.write_all(&octets).await),
        Input::Arriving(mut content) => {
            while let Some(Ok(frame)) = content.frame().await {
                let octets = frame.into_data().unwrap_or_default();
                if stdin.write_all(&octets).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// What a program complains of goes to the log.
async fn listen(mut complaints: ChildStderr, host: String, program: String) {
    let mut octets = vec![0; PIECE];
    let mut left = MOST_COMPLAINTS;
    while let Ok(length @ 1..) = complaints.read(&mut octets).await {
        let text = String::from_utf8_lossy(&octets[..length]).into_owned();
        for line in text.lines().filter(|line| !line.trim().is_empty()).take(left) {
            tracing::warn!(host, program, "{line}");
            left -= 1;
        }
    }
}

/// What a pipe holds, mostly.
const PIECE: usize = 16 * 1024;
/// Lines of one run: a program that says more is broken, and would drown the log.
const MOST_COMPLAINTS: usize = 100;
