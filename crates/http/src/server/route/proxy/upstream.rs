//! Who is asked: in turn, and without those who just failed.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Uri;
use toynet_machine::Time;
use toynet_net::Host;

/// A server that answers for another one.
#[derive(Debug)]
pub struct Upstream {
    name: String,
    port: u16,
    /// Without the usual port.
    authority: String,
    /// What replaces the route's own part of the path, if anything does.
    base: Option<String>,
}

/// Why a text names no upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// It does not begin with `http://` and a host.
    #[error("is no address of the form `http://host:port`")]
    Form,
    /// It has a path, and does not say with a star where the rest of the request's goes.
    #[error("has a path without a star at its end")]
    Star,
}

impl Upstream {
    /// Reads `http://app.shop.test:8080`, or `http://app.shop.test/base/*` whose star stands for what
    /// of the request's path lies behind the route's own.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, UpstreamError> {
        let url: Uri = text.trim_end_matches('*').parse().map_err(|_| UpstreamError::Form)?;
        let authority = url.authority().filter(|_| url.scheme_str() == Some("http")).ok_or(UpstreamError::Form)?;
        if authority.as_str().contains('@') || url.query().is_some() {
            return Err(UpstreamError::Form);
        }
        let base = match (url.path(), text.ends_with('*')) {
            ("" | "/", false) => None,
            (path, true) => Some(path.to_owned()),
            (_, false) => return Err(UpstreamError::Star),
        };
        let (name, port) = (authority.host(), authority.port_u16().unwrap_or(80));
        let shown = if port == 80 { name.to_owned() } else { format!("{name}:{port}") };
        let name = name.trim_matches(['[', ']']).to_owned();
        Ok(Self { name, port, authority: shown, base })
    }

    /// Its host's name or address.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Host and port, as `Host` says it.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// What is asked of it for `uri`, of whose path `rest` lies behind the route's own.
    pub(super) fn target(&self, uri: &Uri, rest: &str) -> String {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        match &self.base {
            Some(base) => format!("{base}{rest}{query}"),
            None if uri.path().is_empty() => format!("/{query}"),
            None => format!("{}{query}", uri.path()),
        }
    }

    /// Where it is, by the lab's own name servers.
    pub(super) async fn find(&self, host: &Host) -> io::Result<SocketAddr> {
        if let Ok(address) = self.name.parse() {
            return Ok(SocketAddr::new(address, self.port));
        }
        let addresses = host.resolver()?.addresses(host, &self.name).await?;
        let first = addresses.first().ok_or(io::ErrorKind::NotFound)?;
        Ok(SocketAddr::new(*first, self.port))
    }
}

/// Whose turn it is, and who is left out: shared by all workers, so that a client sees one order whichever
/// of them it meets.
#[derive(Debug, Default)]
pub struct Turns(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    next: usize,
    left_out_until: BTreeMap<usize, Time>,
}

impl Turns {
    /// Begins anew.
    pub fn reset(&self) {
        *self.state() = State::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Upstreams that take turns.
#[derive(Debug)]
pub(super) struct Upstreams {
    all: Vec<Upstream>,
    turns: Arc<Turns>,
}

impl Upstreams {
    pub fn new(all: Vec<Upstream>, turns: Arc<Turns>) -> Self {
        Self { all, turns }
    }

    /// All that are to be asked until one can be reached, best first: those that failed lately are
    /// asked when no other is left, since an answer that is late is better than none.
    pub fn in_turn(&self, now: Time) -> Vec<(usize, &Upstream)> {
        let mut state = self.turns.state();
        let first = state.next % self.all.len().max(1);
        state.next = first + 1;
        let (before, after): (Vec<_>, Vec<_>) = self.all.iter().enumerate().partition(|(at, _)| *at < first);
        let is_left_out = |at: &usize| state.left_out_until.get(at).is_some_and(|until| now < *until);
        let turn = after.into_iter().chain(before);
        let (left_out, mut fit): (Vec<_>, Vec<_>) = turn.partition(|(at, _)| is_left_out(at));
        fit.extend(left_out);
        fit
    }

    pub fn leave_out(&self, at: usize, now: Time) {
        self.turns.state().left_out_until.insert(at, now + PENALTY);
    }
}

/// nginx's `fail_timeout`: long enough to spare clients the wait, short enough for a person who just
/// started the server again.
const PENALTY: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_replaced_only_where_a_star_says_so() {
        let uri: Uri = "/api/a%20b?q".parse().unwrap();
        for (upstream, target) in [
            ("http://app.test", "/api/a%20b?q"),
            ("http://app.test/", "/api/a%20b?q"),
            ("http://app.test/*", "/a%20b?q"),
            ("http://app.test:8080/v1/*", "/v1/a%20b?q"),
        ] {
            assert_eq!(Upstream::parse(upstream).unwrap().target(&uri, "a%20b"), target, "{upstream}");
        }
    }

    #[test]
    fn what_is_no_upstream_is_refused() {
        for (text, error) in [
            ("app.test", UpstreamError::Form),
            ("https://app.test", UpstreamError::Form),
            ("http://", UpstreamError::Form),
            ("http://me@app.test", UpstreamError::Form),
            ("http://app.test/v1", UpstreamError::Star),
        ] {
            assert_eq!(Upstream::parse(text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn upstreams_take_turns_and_who_failed_comes_last() {
        let all = ["http://a.test", "http://b.test", "http://c.test:81"].map(|text| Upstream::parse(text).unwrap());
        let upstreams = Upstreams::new(all.into(), Arc::default());
        let order =
            |at| upstreams.in_turn(Time::from_secs(at)).into_iter().map(|(_, one)| one.authority()).collect::<Vec<_>>();
        assert_eq!(order(1), ["a.test", "b.test", "c.test:81"]);
        upstreams.leave_out(1, Time::from_secs(1));
        assert_eq!(order(2), ["c.test:81", "a.test", "b.test"]);
        assert_eq!(order(3), ["c.test:81", "a.test", "b.test"]);
        assert_eq!(order(20), ["a.test", "b.test", "c.test:81"]);
    }
}
