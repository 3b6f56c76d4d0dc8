//! The client is sent elsewhere (RFC 9110 15.4).

use http::header::LOCATION;
use http::{Request, Response, StatusCode};

use super::reply::{escape, page, with};
use crate::site::Body;

/// Where to, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    status: StatusCode,
    /// A URI reference; without the star at its end, when `keeps_rest`.
    to: String,
    keeps_rest: bool,
}

impl Redirect {
    /// To `to`, whose star at the end stands for the rest of the path, and the query.
    pub fn new(status: StatusCode, to: &str) -> Self {
        let rest = to.strip_suffix('*');
        Self { status, to: rest.unwrap_or(to).to_owned(), keeps_rest: rest.is_some() }
    }

    /// Answers `request`, of whose path `rest` lies behind the route's own.
    pub fn answer<B>(&self, request: &Request<B>, rest: &str) -> Response<Body> {
        let location = self.location(rest, request.uri().query());
        let link = escape(&location);
        let text = format!("This address has moved to <a href=\"{link}\">{link}</a>.");
        let section = format!("RFC 9110, 15.4.{}", section(self.status));
        with(page(self.status, &text, &section, request.method()), LOCATION, &location)
    }

    fn location(&self, rest: &str, query: Option<&str>) -> String {
        if !self.keeps_rest {
            return self.to.clone();
        }
        // Two slashes in front would name another host (RFC 3986 4.2).
        let rest = if self.to.ends_with('/') { rest.trim_start_matches('/') } else { rest };
        match query {
            Some(query) => format!("{}{rest}?{query}", self.to),
            None => format!("{}{rest}", self.to),
        }
    }
}

/// Where RFC 9110 15.4 describes it.
fn section(status: StatusCode) -> u16 {
    status.as_u16() - 299
}

/// The statuses that a redirect can have.
pub const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_keeps_the_rest_and_the_query() {
        for (to, rest, query, location) in [
            ("https://new.test/", "a/b", Some("q"), "https://new.test/"),
            ("https://new.test/*", "a/b", Some("q=1"), "https://new.test/a/b?q=1"),
            ("/new/*", "", None, "/new/"),
            ("/*", "/evil.test/", None, "/evil.test/"),
        ] {
            assert_eq!(Redirect::new(StatusCode::FOUND, to).location(rest, query), location);
        }
    }

    #[test]
    fn the_page_names_the_section() {
        for (status, expected) in [(301, 2), (302, 3), (303, 4), (307, 8), (308, 9)] {
            assert_eq!(section(StatusCode::from_u16(status).unwrap()), expected, "{status}");
        }
    }
}
