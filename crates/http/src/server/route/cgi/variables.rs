//! What a program is told of the request: its arguments (RFC 3875 4.4) and variables (4.1).

use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, PROXY_AUTHORIZATION};
use std::path::Path;

use http::{Method, Request};

use crate::host::authority;
use crate::server::Content;
use crate::server::route::auth::Passed;
use crate::server::route::inspect::asked::decode;
use crate::site::path::SitePath;

/// The words of a search, `?one+two`: the program's arguments. A form's fields, which have a `=`, are none; and there are
/// none at all where one of them cannot be said.
pub(super) fn arguments(request: &Request<Content>) -> Vec<String> {
    let is_asked = matches!(*request.method(), Method::GET | Method::HEAD);
    let Some(search) = request.uri().query().filter(|query| is_asked && !query.is_empty() && !query.contains('='))
    else {
        return Vec::new();
    };
    let words: Vec<String> = search.split('+').map(|word| decode(word, false)).collect();
    if words.iter().any(|word| word.contains('\0')) { Vec::new() } else { words }
}

/// The meta-variables but for CONTENT_LENGTH, which is known when the content is.
pub(super) fn of(request: &Request<Content>, script: &str, root: Option<&Path>, rest: &str) -> Vec<(String, String)> {
    let connected = request.body().connected();
    let peer = connected.peer.ip().to_canonical().to_string();
    let name = authority(request).ok().flatten().map(|authority| authority.name.into_owned());
    let field = |name: HeaderName| request.headers().get(name).map(|value| text(value.as_bytes()));
    let is_below =
        !rest.is_empty() || (request.uri().path().len() > script.len() && request.uri().path().ends_with('/'));
    let path_info = if is_below { format!("/{}", decode(rest, false)) } else { String::new() };
    let mut told = vec![
        ("GATEWAY_INTERFACE", "CGI/1.1".to_owned()),
        ("PATH_INFO", path_info),
        ("QUERY_STRING", request.uri().query().unwrap_or_default().to_owned()),
        ("REMOTE_ADDR", peer.clone()),
        ("REMOTE_HOST", peer),
        ("REMOTE_PORT", connected.peer.port().to_string()),
        ("REQUEST_METHOD", request.method().to_string()),
        ("REQUEST_SCHEME", connected.scheme().to_owned()),
        ("REQUEST_URI", request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned()),
        ("SCRIPT_NAME", script.to_owned()),
        ("SERVER_NAME", name.unwrap_or_else(|| connected.local.ip().to_canonical().to_string())),
        ("SERVER_PORT", connected.local.port().to_string()),
        ("SERVER_PROTOCOL", format!("{:?}", request.version())),
        ("SERVER_SOFTWARE", concat!("toynet/", env!("CARGO_PKG_VERSION")).to_owned()),
    ];
    let translated = root.filter(|_| is_below).and_then(|root| translated(root, rest));
    told.extend(translated.map(|place| ("PATH_TRANSLATED", place)));
    told.extend(field(CONTENT_TYPE).map(|value| ("CONTENT_TYPE", value)));
    if connected.is_secure {
        told.push(("HTTPS", "on".to_owned()));
    }
    if let Some(Passed { scheme, user }) = request.extensions().get() {
        told.push(("AUTH_TYPE", (*scheme).to_owned()));
        told.extend(user.clone().map(|user| ("REMOTE_USER", user)));
    }
    let told = told.into_iter().map(|(name, value)| (name.to_owned(), value));
    told.chain(fields(request)).filter(|(_, value)| !value.contains('\0')).collect()
}

/// Where the site would look for `path` (RFC 3875 4.1.6).
fn translated(root: &Path, path: &str) -> Option<String> {
    let path = SitePath::parse(path).ok()?;
    let slash = if path.is_folder && !path.as_str().is_empty() { "/" } else { "" };
    Some(format!("{}/{}{slash}", root.to_str()?, path.as_str()))
}

/// The request's fields (RFC 3875 4.1.18). What proves who asks was judged already and is nobody else's,
/// and `Proxy` would become a variable that programs heed for requests of their own.
fn fields(request: &Request<Content>) -> impl Iterator<Item = (String, String)> {
    let kept_back =
        [AUTHORIZATION, PROXY_AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName::from_static("proxy")];
    let names = request.headers().keys().filter(move |name| !kept_back.contains(name));
    let target = request.uri().authority().filter(|_| !request.headers().contains_key(HOST));
    let host = target.map(|authority| ("HTTP_HOST".to_owned(), authority.to_string()));
    let fields = names.map(|name| {
        let lines = request.headers().get_all(name).iter().map(|line| text(line.as_bytes()));
        let separator = if name == http::header::COOKIE { "; " } else { ", " };
        let variable = format!("HTTP_{}", name.as_str().to_ascii_uppercase().replace('-', "_"));
        (variable, lines.collect::<Vec<_>>().join(separator))
    });
    fields.chain(host)
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}
