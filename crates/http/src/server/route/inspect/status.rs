//! `/status/404`, `/status/200:9,503`: any status, by chance if several are named.

use http::header::{HeaderName, LOCATION, PROXY_AUTHENTICATE, WWW_AUTHENTICATE};
use http::{Response, StatusCode};

use super::super::reply::{TEXT, empty, reply, with};
use super::asked::Asked;
use crate::site::Body;

/// The answer; nothing when `codes` are none.
pub(super) fn answer(asked: &Asked, codes: &str, random: impl Fn(usize) -> usize) -> Option<Response<Body>> {
    let choices: Vec<(StatusCode, f64)> = codes.split(',').map(choice).collect::<Option<_>>()?;
    let total: f64 = choices.iter().map(|(_, weight)| weight).sum();
    if !total.is_finite() || total <= 0.0 {
        return None;
    }
    let mut drawn = random(PRECISION) as f64 / PRECISION as f64 * total;
    let chosen = choices.iter().find(|(_, weight)| {
        drawn -= weight;
        drawn < 0.0
    });
    chosen.or(choices.last()).map(|(status, _)| with_its_fields(asked, *status))
}

/// `503` or `503:0.5`. What is below 200 ends no exchange.
fn choice(text: &str) -> Option<(StatusCode, f64)> {
    let (code, weight) = text.split_once(':').unwrap_or((text, "1"));
    let status = StatusCode::from_u16(code.trim().parse().ok()?).ok()?;
    let weight = weight.trim().parse().ok().filter(|weight| *weight >= 0.0)?;
    (status.as_u16() >= 200).then_some((status, weight))
}

/// A status with the fields that it must not be without.
fn with_its_fields(asked: &Asked, status: StatusCode) -> Response<Body> {
    let field: Option<(HeaderName, String)> = match status.as_u16() {
        301..=303 | 305 | 307 | 308 => Some((LOCATION, format!("{}/redirect/1", asked.base))),
        401 => Some((WWW_AUTHENTICATE, "Basic realm=\"inspect\"".to_owned())),
        407 => Some((PROXY_AUTHENTICATE, "Basic realm=\"inspect\"".to_owned())),
        _ => None,
    };
    let response = match status.as_u16() {
        418 => reply(status, TEXT, "I am a teapot (RFC 2324, 2.3.2).\n", &asked.method),
        204 | 304 => empty(status),
        _ => reply(status, TEXT, "", &asked.method),
    };
    field.into_iter().fold(response, |response, (name, value)| with(response, name, &value))
}

/// Finer than anybody writes weights.
const PRECISION: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_heeded_and_nonsense_is_none() {
        assert_eq!(choice("503:0.5").unwrap().1, 0.5);
        for text in ["", "x", "100", "99", "1000", "200:-1", "200:x"] {
            assert_eq!(choice(text), None, "{text}");
        }
    }
}
