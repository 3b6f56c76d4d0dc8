//! Redirects, one after the other or to anywhere.

use http::header::LOCATION;
use http::{Response, StatusCode};

use super::super::reply::{empty, with};
use super::asked::Asked;
use crate::server::route::redirect::STATUSES;
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
    let status = StatusCode::from_u16(code).ok().filter(|_| STATUSES.contains(&code))?;
    Some(with(empty(status), LOCATION, asked.value("url")?))
}

/// More than any client follows, and still an end.
const MOST: u32 = 100;
