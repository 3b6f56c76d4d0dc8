//! Which requests a route is for.

use http::{Method, Request};

use crate::site::path::SitePath;

/// A path, or all paths below one, and perhaps methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Decoded, without slashes at either end.
    place: String,
    reach: Reach,
    /// None means all.
    methods: Vec<Method>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// The path itself; whether it ends with a slash.
    Exact { is_folder: bool },
    /// It and all below it.
    Below,
}

/// Why a text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It does not begin with a slash.
    #[error("begins with `/`")]
    Slash,
    /// A star stands somewhere else than behind the last slash.
    #[error("has a star only as its last part: `/api/*` is `/api` and all below it")]
    Star,
    /// No request can have it.
    #[error("has no query, no fragment and no `..`")]
    Path,
}

impl Pattern {
    /// Reads `/about`, or `/api/*` for `/api` and all below it, or `/*` for everything.
    ///
    /// # Errors
    /// What such a path is like, as the end of a sentence.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if !text.starts_with('/') {
            return Err(PatternError::Slash);
        }
        let (path, is_below) = match text.strip_suffix("/*") {
            Some(path) => (if path.is_empty() { "/" } else { path }, true),
            None => (text, false),
        };
        if path.contains('*') {
            return Err(PatternError::Star);
        }
        let is_odd = path.contains(['?', '#']) || path.chars().any(char::is_control);
        let place = SitePath::parse(path).ok().filter(|_| !is_odd).ok_or(PatternError::Path)?;
        let reach = if is_below { Reach::Below } else { Reach::Exact { is_folder: place.is_folder } };
        Ok(Self { place: place.as_str().trim_matches('/').to_owned(), reach, methods: Vec::new() })
    }

    /// The same for these methods alone; GET stands for HEAD too.
    #[must_use]
    pub fn only(self, mut methods: Vec<Method>) -> Self {
        if methods.contains(&Method::GET) {
            methods.push(Method::HEAD);
        }
        Self { methods, ..self }
    }

    /// Whether it is for all below its path.
    pub fn is_below(&self) -> bool {
        self.reach == Reach::Below
    }

    /// Whether every path that `other` is for is one that this is for.
    pub fn covers(&self, other: &Self) -> bool {
        let below = |after: &str| self.place.is_empty() || after.is_empty() || after.starts_with('/');
        match self.reach {
            Reach::Exact { .. } => self.reach == other.reach && self.place == other.place,
            Reach::Below => other.place.strip_prefix(self.place.as_str()).is_some_and(below),
        }
    }

    /// The path itself, as CGI's SCRIPT_NAME has it: decoded, without a slash at its end.
    pub fn script(&self) -> String {
        if self.place.is_empty() { String::new() } else { format!("/{}", self.place) }
    }

    /// What of the request's path lies behind the pattern's, as it was written; nothing when the route is
    /// not for it.
    ///
    /// A path is compared as files are looked up, decoded and with its dots resolved, so that no spelling
    /// leads past a guard.
    pub fn rest<B>(&self, request: &Request<B>) -> Option<String> {
        let is_method = self.methods.is_empty() || self.methods.contains(request.method());
        is_method.then(|| self.rest_of_path(request.uri().path())).flatten()
    }

    fn rest_of_path(&self, path: &str) -> Option<String> {
        let Ok(place) = SitePath::parse(path) else { return self.rest_as_written(path) };
        let found = place.as_str().trim_matches('/');
        if let Reach::Exact { is_folder } = self.reach {
            return (found == self.place && place.is_folder == is_folder).then(String::new);
        }
        let after = match self.place.as_str() {
            "" => Some(found),
            own => found.strip_prefix(own).filter(|after| after.is_empty() || after.starts_with('/')),
        };
        after.map(|_| self.rest_as_written(path).unwrap_or_else(|| self.rest_encoded(&place)))
    }

    /// For a path that begins as the pattern does, letter for letter.
    fn rest_as_written(&self, path: &str) -> Option<String> {
        let after = path.strip_prefix(self.script().as_str()).filter(|_| self.is_below())?;
        match after.strip_prefix('/') {
            Some(rest) => Some(rest.to_owned()),
            None => after.is_empty().then(String::new),
        }
    }

    fn rest_encoded(&self, place: &SitePath<'_>) -> String {
        let own = SitePath::parse(&self.script()).map_or(String::new(), |own| own.to_folder_location());
        let whole = place.to_folder_location();
        let rest = whole.strip_prefix(own.trim_end_matches('/')).unwrap_or_default().trim_start_matches('/');
        let rest = if place.is_folder { rest } else { rest.trim_end_matches('/') };
        rest.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_itself_and_a_star_is_all_below() {
        for (pattern, path, rest) in [
            ("/about", "/about", Some("")),
            ("/about", "/about/", None),
            ("/about", "/about/x", None),
            ("/about", "/%61bout?q", Some("")),
            ("/docs/", "/docs/", Some("")),
            ("/docs/", "/docs", None),
            ("/api/*", "/api", Some("")),
            ("/api/*", "/api/", Some("")),
            ("/api/*", "/api/a%20b/c", Some("a%20b/c")),
            ("/api/*", "/apis", None),
            ("/*", "/", Some("")),
            ("/*", "/a/b/", Some("a/b/")),
            ("/*", "/a%2Fb", Some("a%2Fb")),
        ] {
            assert_eq!(found(pattern, path).as_deref(), rest, "{pattern} {path}");
        }
    }

    #[test]
    fn no_spelling_leads_past_a_guard() {
        for path in ["/private/a", "//private/a", "/%70rivate/a", "/x/../private/a", "/./private//a", "/private/./a"] {
            assert!(found("/private/*", path).is_some(), "{path}");
        }
        assert_eq!(found("/private/*", "/%70rivate/a%20b/").as_deref(), Some("a%20b/"));
    }

    #[test]
    fn a_method_that_is_not_named_passes_by() {
        let pattern = Pattern::parse("/a").unwrap().only(vec![Method::GET]);
        let rest = |method: &str| pattern.rest(&Request::builder().method(method).uri("/a").body(()).unwrap());
        assert!(rest("GET").is_some() && rest("HEAD").is_some() && rest("POST").is_none());
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for (text, error) in [
            ("api", PatternError::Slash),
            ("/a*", PatternError::Star),
            ("/*/a", PatternError::Star),
            ("/a?b", PatternError::Path),
            ("/../a", PatternError::Path),
        ] {
            assert_eq!(Pattern::parse(text), Err(error), "{text}");
        }
    }

    fn found(pattern: &str, path: &str) -> Option<String> {
        Pattern::parse(pattern).unwrap().rest(&Request::get(path).body(()).unwrap())
    }
}
