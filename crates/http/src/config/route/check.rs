//! What is wrong with routes.

use std::ops::Range;

use http::{HeaderValue, Method};
use toml::Spanned;
use toynet_service::place::{FileKind, Folder};
use toynet_service::{Files, Mistake};

use super::{AuthTable, RouteTable};
use crate::config::fields;
use crate::server::route::redirect::STATUSES;
use crate::server::route::{Pattern, Upstream};

/// All mistakes in the routes of one site.
pub(in crate::config) fn check(routes: &[RouteTable], files: &dyn Files) -> Vec<Mistake> {
    let each = routes.iter().flat_map(|route| check_route(route, files));
    each.chain(unreachable(routes)).collect()
}

fn check_route(route: &RouteTable, files: &dyn Files) -> Vec<Mistake> {
    let pattern = Pattern::parse(route.path.get_ref());
    let is_below = pattern.as_ref().is_ok_and(Pattern::is_below);
    let path = pattern.as_ref().err().map(|error| {
        let what = format!("`{}` is not the path of a route", route.path.get_ref());
        Mistake::new(route.path.span(), what).advise(format!("a route's path {error}"))
    });
    let mut mistakes: Vec<Mistake> = path.into_iter().chain(check_kinds(route)).collect();
    mistakes.extend(route.methods.iter().filter_map(check_method));
    mistakes.extend(check_status(route));
    // What is said of a path that is wrong itself would only confuse.
    if pattern.is_ok() {
        mistakes.extend(check_stars(route, is_below));
    }
    mistakes.extend(check_proxy(route));
    mistakes.extend(route.file.as_ref().and_then(|file| check_file(file, files)));
    mistakes.extend(route.cgi.as_ref().and_then(|program| check_program(program, files)));
    mistakes.extend(route.auth.iter().flat_map(check_auth));
    mistakes.extend(route.headers.iter().filter_map(fields::check));
    mistakes.extend(route.media_type.as_ref().and_then(check_type));
    mistakes
}

fn check_kinds(route: &RouteTable) -> Vec<Mistake> {
    let kinds = route.kinds();
    let mut mistakes = Vec::new();
    if kinds.is_empty() && route.auth.is_none() && route.headers.is_empty() {
        let advice = "give it one of `redirect`, `body`, `file`, `status`, `proxy`, `cgi`, `inspect`, or `auth`";
        mistakes.push(Mistake::new(route.path.span(), "this route does nothing").advise(advice));
    }
    if let [(first, at), others @ ..] = kinds.as_slice() {
        mistakes.extend(others.iter().map(|(other, span)| {
            let what = format!("a route does one thing, and here are {first} and {other}");
            Mistake::new(span.clone(), what).against(at.clone(), "it does this already").advise("write two routes")
        }));
    }
    if let (Some(body), Some(file)) = (&route.body, &route.file) {
        let what = "an answer has either `body` or `file`";
        mistakes.push(Mistake::new(file.span(), what).against(body.span(), "it has this already"));
    }
    let is_answer = matches!(kinds.first(), Some(("an answer", _)));
    let idle = [
        ("status", route.status.as_ref().map(Spanned::span).filter(|_| route.passes_on())),
        ("type", route.media_type.as_ref().map(Spanned::span).filter(|_| !is_answer)),
    ];
    mistakes.extend(idle.into_iter().filter_map(|(key, span)| {
        let what = format!("`{key}` means nothing here");
        Some(Mistake::new(span?, what).advise("it belongs to `body` or `file`"))
    }));
    mistakes
}

fn check_method(method: &Spanned<String>) -> Option<Mistake> {
    let text = method.get_ref();
    let is_usual = Method::from_bytes(text.as_bytes()).is_ok() && !text.bytes().any(|octet| octet.is_ascii_lowercase());
    let mistake = || Mistake::new(method.span(), format!("`{text}` is no method"));
    (!is_usual).then(|| mistake().advise(format!("methods are in capitals, as `{}`", text.to_ascii_uppercase())))
}

fn check_status(route: &RouteTable) -> Option<Mistake> {
    let status = route.status.as_ref()?;
    let code = *status.get_ref();
    if route.redirect.is_some() {
        let what = format!("{code} is no status of a redirect");
        return (!STATUSES.contains(&code))
            .then(|| Mistake::new(status.span(), what).advise("write 301, 302, 303, 307 or 308"));
    }
    let what = format!("{code} is no status that ends an exchange");
    (!(200..600).contains(&code)).then(|| Mistake::new(status.span(), what).advise("write one from 200 to 599"))
}

/// A star at the end of where a request goes needs one at the end of where it comes from.
fn check_stars(route: &RouteTable, is_below: bool) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let alone = |span: Range<usize>| {
        Mistake::new(span, "this star stands for nothing")
            .against(route.path.span(), "this path has no star at its end")
            .advise(format!(
                "write `path = \"{}/*\"`, or leave the star out",
                route.path.get_ref().trim_end_matches('/')
            ))
    };
    if let Some(redirect) = &route.redirect {
        let to = redirect.get_ref();
        let is_inside = to.trim_end_matches('*').contains('*') || to.ends_with("**");
        let is_value = HeaderValue::from_str(to).is_ok() && to.is_ascii() && !to.is_empty() && !to.contains(' ');
        if is_inside || !is_value {
            let what = format!("`{to}` is no address to be sent to");
            let advice = "write a path or an address, as `/new/*` or `https://www.shop.test/`, without spaces";
            mistakes.push(Mistake::new(redirect.span(), what).advise(advice));
        } else if to.ends_with('*') && !is_below {
            mistakes.push(alone(redirect.span()));
        }
    }
    if let Some(proxy) = route.proxy.as_ref().filter(|_| !is_below) {
        let stars = proxy.get_ref().0.iter().filter(|(_, text)| text.ends_with('*'));
        mistakes.extend(stars.map(|(span, _)| alone(span.clone().unwrap_or(proxy.span()))));
    }
    if let Some(inspect) = route.inspect.as_ref().filter(|is| *is.get_ref() && !is_below) {
        let advice = format!("write `path = \"{}/*\"`", route.path.get_ref().trim_end_matches('/'));
        let what = "`inspect` has many endpoints, and this path has nothing below it";
        mistakes.push(Mistake::new(route.path.span(), what).against(inspect.span(), "here").advise(advice));
    }
    mistakes
}

fn check_proxy(route: &RouteTable) -> Vec<Mistake> {
    let Some(proxy) = &route.proxy else { return Vec::new() };
    if proxy.get_ref().0.is_empty() {
        let mistake = Mistake::new(proxy.span(), "there is nobody to ask");
        return vec![mistake.advise("as in `proxy = \"http://app.shop.test:8080\"`")];
    }
    let wrong = proxy.get_ref().0.iter().filter_map(|(span, text)| {
        let error = Upstream::parse(text).err()?;
        let mistake = Mistake::new(span.clone().unwrap_or(proxy.span()), format!("`{text}` {error}"));
        Some(mistake.advise("write `http://app.shop.test:8080`, or `http://app.shop.test/base/*` to replace the path"))
    });
    wrong.collect()
}

fn check_file(file: &Spanned<String>, files: &dyn Files) -> Option<Mistake> {
    let path = file.get_ref();
    match files.kind(path) {
        FileKind::File => None,
        FileKind::Missing => Some(
            Mistake::new(file.span(), format!("there is no file `{path}`"))
                .advise("a path that does not begin with `/` starts at the lab file's folder"),
        ),
        FileKind::Folder => Some(
            Mistake::new(file.span(), format!("`{path}` is a folder and no file"))
                .advise("the files of a folder are served by `root`"),
        ),
    }
}

fn check_program(program: &Spanned<String>, files: &dyn Files) -> Option<Mistake> {
    let missing = check_file(program, files);
    if missing.is_some() {
        return missing;
    }
    let path = program.get_ref();
    match super::build::folder_of(path, files) {
        Ok((Folder::Disk(folder), name)) => (!is_executable(&folder.join(name))).then(|| {
            Mistake::new(program.span(), format!("`{path}` cannot be run"))
                .advise(format!("make it executable: `chmod +x {path}`"))
        }),
        Ok((Folder::Embedded(_), _)) | Err(_) => Some(
            Mistake::new(program.span(), "a program can be run only from a lab file's folder on disk")
                .advise("write the lab into a file of your own, and the program beside it"),
        ),
    }
}

#[cfg(unix)]
fn is_executable(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &std::path::Path) -> bool {
    path.is_file()
}

fn check_auth(auth: &Spanned<AuthTable>) -> Vec<Mistake> {
    let AuthTable { users, tokens, .. } = auth.get_ref();
    if users.is_empty() && tokens.is_empty() {
        let advice = "as in `auth = { users = { alice = \"secret\" } }` or `auth = { tokens = [\"t0ken\"] }`";
        return vec![Mistake::new(auth.span(), "nobody could pass here").advise(advice)];
    }
    let names = users.keys().filter(|name| name.get_ref().contains(':')).map(|name| {
        let what = format!("`{}` cannot be a user's name", name.get_ref());
        Mistake::new(name.span(), what).advise("a colon ends the name (RFC 7617, 2)")
    });
    let tokens = tokens.iter().filter(|token| !is_token(token.get_ref())).map(|token| {
        Mistake::new(token.span(), "this cannot be a bearer token")
            .advise("use letters, digits and `-._~+/`, and `=` at the end (RFC 6750, 2.1)")
    });
    names.chain(tokens).collect()
}

fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-._~+/".contains(&octet))
}

fn check_type(media_type: &Spanned<String>) -> Option<Mistake> {
    let text = media_type.get_ref();
    let is_type = text.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty());
    let is_value = HeaderValue::from_str(text).is_ok();
    let mistake = || Mistake::new(media_type.span(), format!("`{text}` is no media type"));
    (!is_type || !is_value).then(|| mistake().advise("as in `type = \"application/json\"`"))
}

/// Routes that no request gets to.
fn unreachable(routes: &[RouteTable]) -> Vec<Mistake> {
    let patterns: Vec<_> = routes.iter().map(|route| Pattern::parse(route.path.get_ref()).ok()).collect();
    let takes_all = |at: usize| routes[at].methods.is_empty() && !routes[at].kinds().is_empty();
    let hidden = routes.iter().enumerate().filter_map(|(at, route)| {
        let own = patterns[at].as_ref()?;
        let before =
            (0..at).find(|first| takes_all(*first) && patterns[*first].as_ref().is_some_and(|one| one.covers(own)))?;
        let mistake = Mistake::new(route.path.span(), "no request gets here");
        let mistake = mistake.against(routes[before].path.span(), "this route takes them all");
        Some(mistake.advise("the first route that fits answers: write the narrower one first"))
    });
    hidden.collect()
}
