//! From routes as written to what answers.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, StatusCode};
use toml::Spanned;
use toynet_service::Files;
use toynet_service::place::Folder;

use super::{AuthTable, RouteTable};
use crate::config::fields::{self, invalid};
use crate::server::route::fixed::{type_of_file, type_of_text};
use crate::server::route::{Action, Cgi, Fixed, Guard, Inspect, Pattern, Proxy, Redirect, Route, Upstream};
use crate::server::{Handler, Routes};

/// What routes need to know of their site.
pub(in crate::config) struct Around<'a> {
    /// What a guard without a name of its own is called.
    pub realm: &'a str,
    /// Where the site's files are, if they are on disk.
    pub root: Option<PathBuf>,
    /// The lab file's folder.
    pub files: &'a dyn Files,
}

/// `site` with `routes` before it.
///
/// # Errors
/// When what was checked is so no more.
pub(in crate::config) fn routes(
    routes: &[RouteTable],
    site: Rc<dyn Handler>,
    around: &Around<'_>,
) -> io::Result<Rc<dyn Handler>> {
    if routes.is_empty() {
        return Ok(site);
    }
    let routes: Vec<_> = routes.iter().map(|one| route(one, around)).collect::<io::Result<_>>()?;
    Ok(Rc::new(Routes::new(routes, site)))
}

fn route(table: &RouteTable, around: &Around<'_>) -> io::Result<Route> {
    let methods = table.methods.iter().map(|method| Method::from_bytes(method.get_ref().as_bytes()).map_err(invalid));
    let pattern = Pattern::parse(table.path.get_ref()).map_err(invalid)?;
    let action = action(table, &pattern, around)?;
    Ok(Route {
        pattern: pattern.only(methods.collect::<io::Result<_>>()?),
        guard: table.auth.as_ref().map(|auth| guard(auth.get_ref(), around.realm)),
        fields: fields::read(&table.headers)?,
        action,
    })
}

fn action(table: &RouteTable, pattern: &Pattern, around: &Around<'_>) -> io::Result<Option<Action>> {
    let status = |otherwise: u16| StatusCode::from_u16(table.status.as_ref().map_or(otherwise, |code| *code.get_ref()));
    if let Some(to) = &table.redirect {
        return Ok(Some(Action::Redirect(Redirect::new(status(301).map_err(invalid)?, to.get_ref()))));
    }
    if let Some(proxy) = &table.proxy {
        let upstreams = proxy.get_ref().0.iter().map(|(_, text)| Upstream::parse(text).map_err(invalid));
        // A lab that is run again has the same story.
        table.turns.reset();
        let proxy = Proxy::new(upstreams.collect::<io::Result<_>>()?, Arc::clone(&table.turns));
        return Ok(Some(Action::Proxy(Rc::new(proxy))));
    }
    if let Some(program) = &table.cgi {
        let Ok((Folder::Disk(folder), name)) = folder_of(program.get_ref(), around.files) else {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                format!("there is no `{}` on disk", program.get_ref()),
            ));
        };
        let cgi = Cgi::new(folder.join(name), pattern.script(), around.root.clone());
        return Ok(Some(Action::Cgi(Rc::new(cgi))));
    }
    if table.inspect.as_ref().is_some_and(|is| *is.get_ref()) {
        return Ok(Some(Action::Inspect(Inspect::new(pattern.script()))));
    }
    if table.kinds().is_empty() {
        return Ok(None);
    }
    let (content, usual) = content(table, around.files)?;
    let media_type = table.media_type.as_ref().map_or(usual, |given| given.get_ref().clone());
    Ok(Some(Action::Fixed(Fixed { status: status(200).map_err(invalid)?, media_type, content })))
}

/// The content of an answer, and the media type that it has if none is written.
fn content(table: &RouteTable, files: &dyn Files) -> io::Result<(Bytes, String)> {
    if let Some(body) = &table.body {
        return Ok((body.get_ref().clone().into(), type_of_text(body.get_ref()).to_owned()));
    }
    let Some(path) = table.file.as_ref().map(Spanned::get_ref) else {
        return Ok((Bytes::new(), type_of_text("").to_owned()));
    };
    let content = match folder_of(path, files)? {
        (Folder::Disk(folder), name) => fs::read(folder.join(name))?.into(),
        (Folder::Embedded(all), name) => {
            let found = all.into_iter().find(|(place, _)| place == name);
            Bytes::from_static(found.ok_or(io::ErrorKind::NotFound)?.1)
        }
    };
    Ok((content, type_of_file(path)))
}

/// The folder that the file `path` is in, and its name there.
pub(super) fn folder_of<'a>(path: &'a str, files: &dyn Files) -> io::Result<(Folder, &'a str)> {
    let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
    Ok((files.folder(if folder.is_empty() { "/" } else { folder })?, name))
}

fn guard(auth: &AuthTable, realm: &str) -> Guard {
    Guard {
        realm: auth.realm.clone().unwrap_or_else(|| realm.to_owned()),
        users: auth.users.iter().map(|(name, password)| (name.get_ref().clone(), password.clone())).collect(),
        tokens: auth.tokens.iter().map(|token| token.get_ref().clone()).collect(),
    }
}
