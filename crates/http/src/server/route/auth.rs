//! Who may pass: by name and password (RFC 7617), or by a token (RFC 6750).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};

use super::reply::{page, with};
use crate::site::Body;

/// Lets pass who can name himself.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    /// What is guarded, as browsers show it.
    pub realm: String,
    /// Names and passwords.
    pub users: BTreeMap<String, String>,
    /// Bearer tokens.
    pub tokens: Vec<String>,
}

/// What a request says of who sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// Name and password.
    Basic(String, String),
    /// A token.
    Bearer(String),
    /// Another scheme, or nothing that could be read.
    Unknown,
}

/// Who has passed a guard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// How: `Basic` or `Bearer`.
    pub scheme: &'static str,
    /// Who, if that was said.
    pub user: Option<String>,
}

impl Credentials {
    /// What `request` says; nothing when it says nothing.
    pub fn of<B>(request: &Request<B>) -> Option<Self> {
        let value = request.headers().get(AUTHORIZATION)?.to_str().unwrap_or_default();
        let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
        let rest = rest.trim_start_matches(' ');
        Some(match scheme.to_ascii_lowercase().as_str() {
            "basic" => basic(rest).unwrap_or(Credentials::Unknown),
            "bearer" if !rest.is_empty() => Credentials::Bearer(rest.to_owned()),
            _ => Credentials::Unknown,
        })
    }
}

fn basic(rest: &str) -> Option<Credentials> {
    let pair = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
    let (name, password) = pair.split_once(':')?;
    Some(Credentials::Basic(name.to_owned(), password.to_owned()))
}

impl Guard {
    /// Whether `request` may pass.
    ///
    /// # Errors
    /// The 401 that it gets otherwise.
    pub fn judge<B>(&self, request: &Request<B>) -> Result<Passed, Box<Response<Body>>> {
        match Credentials::of(request) {
            Some(Credentials::Basic(name, password)) if self.knows(&name, &password) => {
                Ok(Passed { scheme: "Basic", user: Some(name) })
            }
            Some(Credentials::Bearer(token)) if self.tokens.iter().any(|known| is_same(known, &token)) => {
                Ok(Passed { scheme: "Bearer", user: None })
            }
            credentials => Err(Box::new(self.refusal(request, credentials.as_ref()))),
        }
    }

    fn knows(&self, name: &str, password: &str) -> bool {
        self.users.get(name).is_some_and(|known| is_same(known, password))
    }

    fn refusal<B>(&self, request: &Request<B>, said: Option<&Credentials>) -> Response<Body> {
        let text = match said {
            None => "This address is for those who name themselves, and the request has no <code>Authorization</code>.",
            Some(Credentials::Unknown) => "The request's <code>Authorization</code> cannot be read.",
            Some(Credentials::Basic(..) | Credentials::Bearer(_)) => "These credentials are not the right ones.",
        };
        let mut response = page(StatusCode::UNAUTHORIZED, text, "RFC 9110, 15.5.2 and 11.6", request.method());
        let realm = quoted(&self.realm);
        if !self.users.is_empty() {
            let challenge = format!("Basic realm={realm}, charset=\"UTF-8\"");
            response = with(response, WWW_AUTHENTICATE, &challenge);
        }
        if !self.tokens.is_empty() {
            // RFC 6750 3.1: no error code for who has said nothing.
            let is_wrong = matches!(said, Some(Credentials::Bearer(_)));
            let error = if is_wrong { ", error=\"invalid_token\"" } else { "" };
            response = with(response, WWW_AUTHENTICATE, &format!("Bearer realm={realm}{error}"));
        }
        response
    }
}

/// A quoted-string (RFC 9110 5.6.4).
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Compares without telling by its time how much was right.
pub(super) fn is_same(known: &str, said: &str) -> bool {
    let differing = known.bytes().zip(said.bytes()).fold(0, |differing, (a, b)| differing | (a ^ b));
    known.len() == said.len() && differing == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_known_may_pass() {
        assert!(judged(Some("Basic YWxpY2U6cMOkc3M6d29yZA==")).is_ok());
        assert!(judged(Some("basic  YWxpY2U6cMOkc3M6d29yZA==")).is_ok());
        assert!(judged(Some("Bearer t0ken")).is_ok());
    }

    #[test]
    fn who_is_not_is_asked_in_both_ways() {
        for (said, error) in [
            (None, false),
            (Some("Basic YWxpY2U6eA=="), false),
            (Some("Basic %"), false),
            (Some("Digest x"), false),
            (Some("Bearer"), false),
            (Some("Bearer t0keN"), true),
        ] {
            let refused = judged(said).unwrap_err();
            assert_eq!(refused.status(), 401);
            let challenges: Vec<_> = refused.headers().get_all(WWW_AUTHENTICATE).iter().collect();
            assert_eq!(challenges[0], "Basic realm=\"a \\\"b\\\"\", charset=\"UTF-8\"");
            assert_eq!(challenges[1].to_str().unwrap().ends_with("error=\"invalid_token\""), error, "{said:?}");
        }
    }

    fn judged(authorization: Option<&str>) -> Result<Passed, Box<Response<Body>>> {
        let guard = Guard {
            realm: "a \"b\"".into(),
            users: [("alice".into(), "päss:word".into())].into(),
            tokens: vec!["t0ken".into()],
        };
        let mut request = Request::get("/");
        if let Some(value) = authorization {
            request = request.header(AUTHORIZATION, value);
        }
        guard.judge(&request.body(()).unwrap())
    }
}
