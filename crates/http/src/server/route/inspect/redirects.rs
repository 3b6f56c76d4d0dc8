//! Redirects, one after the other or to anywhere.

use http::header::LOCATION;
use http::{Response, StatusCode};

use super::super::reply::{empty, with};
use super::asked::Asked;
use crate::site::Body;

/// `/redirect/3`: so many until `/get`.
pub(super) fn times(asked: &Asked, kind: &str, times: &str) -> Option<Response<Body>> {
    let times: u32 = times.parse().ok().filter(|times| (1..=MOST).contains(times))?;
    let is_absolute = kind == "absolute-redirect" || asked.value("absolute").is_some_and(|text| text == "true");
    let site = if is_absolute { asked.site.as_str() } else { "" };
    let next = match times {
        1 => "get".to_owned(),
        _ if is_absolute => format!("absolute-redirect/{}", times - 1),
        _ => format!("relative-redirect/{}", times - 1),
    };
    Some(with(empty(StatusCode::FOUND), LOCATION, &format!("{site}{}/{next}", asked.base)))
}

/// `/redirect-to?url=...&status_code=307`.
pub(super) fn to(asked: &Asked) -> Option<Response<Body>> {
    let code = asked.value("status_code").map_or(Some(302), |text| text.parse().ok())?;
    let status = StatusCode::from_u16(code).ok().filter(StatusCode::is_redirection)?;
    Some(with(empty(status), LOCATION, &as_uri(asked.value("url")?)))
}

/// The same address with what no URI can hold percent-encoded (RFC 3987 3.1).
fn as_uri(text: &str) -> String {
    let can_hold = |octet: u8| octet.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&octet);
    text.bytes()
        .map(|octet| if can_hold(octet) { char::from(octet).to_string() } else { format!("%{octet:02X}") })
        .collect()
}

/// More than any client follows, and still an end.
const MOST: u32 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_that_can_be_sent() {
        assert_eq!(as_uri("/a b/ä?x={1}#%20"), "/a%20b/%C3%A4?x=%7B1%7D#%20");
    }
}
