//! What stands before a site's files: the first route that fits a request answers it.
//!
//! - [`pattern`]: which requests a route is for
//! - [`auth`]: who may pass; [`redirect`], [`fixed`]: the simple kinds
//! - [`proxy`]: other hosts of the lab answer; [`cgi`]: a program does
//! - [`inspect`]: requests that are answered with what they are
//! - `reply`: small answers; `chance`: the lab's

pub mod auth;
pub mod cgi;
mod chance;
pub mod fixed;
pub mod inspect;
pub mod pattern;
pub mod proxy;
pub mod redirect;
mod reply;

use std::rc::Rc;

use http::{HeaderMap, Request};
use toynet_net::Host;

use super::{Answer, Content, Handler};
pub use auth::Guard;
pub use cgi::Cgi;
pub use fixed::Fixed;
pub use inspect::Inspect;
pub use pattern::Pattern;
pub use proxy::{Proxy, Turns, Upstream};
pub use redirect::Redirect;

/// A site with routes before it.
#[derive(Clone)]
pub struct Routes(Rc<Chain>);

struct Chain {
    routes: Vec<Route>,
    below: Rc<dyn Handler>,
}

/// One route.
pub struct Route {
    /// Which requests it is for.
    pub pattern: Pattern,
    /// Who may pass it.
    pub guard: Option<Guard>,
    /// Fields that replace those of the answer.
    pub fields: HeaderMap,
    /// What answers; without it, the routes that follow and then the site do.
    pub action: Option<Action>,
}

/// What a route does.
pub enum Action {
    /// Sends the client elsewhere.
    Redirect(Redirect),
    /// Gives always the same answer.
    Fixed(Fixed),
    /// Asks another host.
    Proxy(Rc<Proxy>),
    /// Runs a program.
    Cgi(Rc<Cgi>),
    /// Tells the request to whoever sent it.
    Inspect(Inspect),
}

impl Routes {
    /// `below` with `routes` before it, in this order.
    pub fn new(routes: Vec<Route>, below: Rc<dyn Handler>) -> Self {
        Self(Rc::new(Chain { routes, below }))
    }
}

impl Handler for Routes {
    fn answer(&self, request: &mut Request<Content>, host: &Host) -> Answer {
        let mut fields = HeaderMap::new();
        for route in &self.0.routes {
            let Some(rest) = route.pattern.rest(request) else { continue };
            match route.guard.as_ref().map(|guard| guard.judge(request)) {
                Some(Err(refused)) => return with_fields(Answer::Now(*refused), fields),
                Some(Ok(passed)) => drop(request.extensions_mut().insert(passed)),
                None => {}
            }
            // What stands nearer to the answer counts.
            fields.extend(route.fields.clone());
            if let Some(action) = &route.action {
                return with_fields(self.act(action, request, &rest, host), fields);
            }
        }
        with_fields(self.0.below.answer(request, host), fields)
    }

    fn largest_content(&self, request: &Request<Content>) -> Option<u64> {
        let acting = self.0.routes.iter().filter(|route| route.pattern.rest(request).is_some());
        match acting.filter_map(|route| route.action.as_ref()).next() {
            Some(action) => action.largest_content(),
            None => self.0.below.largest_content(request),
        }
    }
}

impl Routes {
    /// Answers `request`, of whose path `rest` lies behind the route's own.
    fn act(&self, action: &Action, request: &mut Request<Content>, rest: &str, host: &Host) -> Answer {
        match action {
            Action::Redirect(redirect) => Answer::Now(redirect.answer(request, rest)),
            Action::Fixed(fixed) => Answer::Now(fixed.answer(request.method())),
            Action::Proxy(proxy) => Rc::clone(proxy).answer(request, rest, host),
            Action::Cgi(cgi) => Rc::clone(cgi).answer(request, rest, host, Rc::new(self.clone())),
            Action::Inspect(inspect) => inspect.answer(request, rest, host),
        }
    }
}

impl Action {
    fn largest_content(&self) -> Option<u64> {
        match self {
            Action::Redirect(_) | Action::Fixed(_) | Action::Inspect(_) => None,
            Action::Proxy(_) | Action::Cgi(_) => Some(LARGEST_STREAMED),
        }
    }
}

/// An answer whose fields are replaced by `fields`.
fn with_fields(answer: Answer, fields: HeaderMap) -> Answer {
    if fields.is_empty() {
        return answer;
    }
    match answer {
        Answer::Now(mut response) => {
            replace(response.headers_mut(), fields);
            Answer::Now(response)
        }
        Answer::Later(answer) => Answer::Later(Box::pin(async move {
            let mut response = answer.await;
            replace(response.headers_mut(), fields);
            response
        })),
        Answer::Streamed(answer) => Answer::Streamed(Box::pin(async move {
            let mut response = answer.await;
            replace(response.headers_mut(), fields);
            response
        })),
    }
}

fn replace(headers: &mut HeaderMap, fields: HeaderMap) {
    // A map that is appended to another replaces what has the same name, and keeps its own repetitions.
    headers.extend(fields);
}

/// Content that is passed on and never held: a gibioctet is more than anybody sends through a lab, and
/// keeps an endless request from running for ever.
const LARGEST_STREAMED: u64 = 1024 * 1024 * 1024;
