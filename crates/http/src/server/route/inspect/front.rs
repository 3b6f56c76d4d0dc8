//! The page that lists the endpoints.

use http::{Response, StatusCode};

use super::super::reply::{HTML, reply};
use super::asked::Asked;
use crate::site::{Body, page as pages};

/// The front page.
pub(super) fn page(asked: &Asked) -> Response<Body> {
    let base = &asked.base;
    let row = |(path, about): &(&str, &str)| {
        let shown = path.split('?').next().unwrap_or(path);
        format!("<br><a href=\"{base}{path}\"><code>{shown}</code></a> {about}")
    };
    let rows: String = ENDPOINTS.iter().map(row).collect();
    let text = format!("Each address answers with what it was asked, or with what its name says.</p><p>{rows}");
    let small = "POST, PUT, PATCH and DELETE have addresses of their names.";
    reply(StatusCode::OK, HTML, pages::html("Inspect", &text, small), &asked.method)
}

/// An example of each, and what it does.
const ENDPOINTS: &[(&str, &str)] = &[
    ("/get?a=1", "the request as JSON"),
    ("/anything/you/like", "the same for any method and path, with its content"),
    ("/headers", "its fields"),
    ("/ip", "who asks"),
    ("/user-agent", "with which program"),
    ("/status/418", "any status; of <code>200:9,503</code> one by chance"),
    ("/delay/2", "an answer after seconds, 10 at most"),
    ("/drip?numbytes=10&amp;duration=5", "octets, one by one"),
    ("/bytes/64", "octets by chance; <code>seed</code> makes them the same"),
    ("/stream-bytes/1024", "the same in chunks"),
    ("/stream/5", "lines of JSON"),
    ("/sse?count=5", "server-sent events"),
    ("/trailers?x-checksum=1", "fields behind the content"),
    ("/range/26", "a file that can be had in parts"),
    ("/redirect/3", "redirects, one after the other"),
    ("/relative-redirect/3", "the same by path"),
    ("/absolute-redirect/3", "the same by whole address"),
    ("/redirect-to?url=%2Fget&amp;status_code=307", "a redirect to anywhere"),
    ("/cookies", "the cookies that were sent"),
    ("/cookies/set?a=1", "sets cookies"),
    ("/cookies/delete?a", "deletes them"),
    ("/basic-auth/user/password", "asks for a name and a password"),
    ("/hidden-basic-auth/user/password", "the same, and is not there for others"),
    ("/bearer", "asks for a token"),
    ("/digest-auth/auth/user/password/SHA-256", "asks for a digest"),
    ("/gzip", "in the coding gzip"),
    ("/deflate", "in the coding deflate"),
    ("/brotli", "in the coding br"),
    ("/etag/v1", "with an entity tag"),
    ("/cache", "304 to whoever asks whether it has changed"),
    ("/cache/60", "fresh for seconds"),
    ("/response-headers?x-hello=world", "fields as you like"),
    ("/encoding/utf8", "letters of many scripts"),
    ("/html", "a page"),
    ("/forms/post", "a form to send"),
    ("/json", "JSON"),
    ("/xml", "XML"),
    ("/robots.txt", "what robots are asked"),
    ("/image", "a picture of the kind that is asked for: png, jpeg, webp, svg"),
    ("/uuid", "an identifier"),
    ("/base64/SGVsbG8=", "decoded"),
    ("/links/10", "pages that link to each other"),
    ("/websocket/echo", "a WebSocket that says everything again"),
];
