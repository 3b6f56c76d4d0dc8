//! The forms of a request target (RFC 9112 3.2).

/// A request target by its form. The parts are as written, percent-encoding and all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// `/where?q=now`: the usual one (RFC 9112 3.2.1).
    Origin {
        /// From the first slash to the query.
        path: &'a str,
        /// What follows the question mark.
        query: Option<&'a str>,
    },
    /// `http://www.shop.test/where?q=now`: to a proxy, and understood by all (RFC 9112 3.2.2).
    Absolute {
        /// `http`, in the client's spelling.
        scheme: &'a str,
        /// Between `//` and the path, with user information if there is any.
        authority: &'a str,
        /// From the slash that ends the authority to the query; may be empty.
        path: &'a str,
        /// What follows the question mark.
        query: Option<&'a str>,
    },
    /// `www.shop.test:80`: where CONNECT goes (RFC 9112 3.2.3).
    Authority(&'a str),
    /// `*`: the server as a whole, for OPTIONS (RFC 9112 3.2.4).
    Asterisk,
}

/// Why a text is no request target for its method; answered 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// There is none.
    #[error("the request target is empty (RFC 9112 3.2)")]
    Empty,
    /// The octet at this place cannot stand in a target.
    #[error("the request target holds an octet that it may not, at {0} (RFC 9112 3.2)")]
    Octet(usize),
    /// It has none of the forms that the method allows.
    #[error("the request target has no form that its method allows (RFC 9112 3.2)")]
    Form,
}

impl<'a> Target<'a> {
    /// Reads the target of a request with `method`.
    ///
    /// # Errors
    /// When it must be answered 400: an octet that no URI holds (a fragment's `#` is one), or a form
    /// that does not go with the method.
    pub fn parse(method: &str, text: &'a str) -> Result<Self, TargetError> {
        if text.is_empty() {
            return Err(TargetError::Empty);
        }
        check_octets(text.as_bytes())?;
        match (method, text) {
            ("CONNECT", _) => connect(text),
            ("OPTIONS", "*") => Ok(Target::Asterisk),
            _ if text.starts_with('/') => {
                let (path, query) = split_query(text);
                Ok(Target::Origin { path, query })
            }
            _ => absolute(text),
        }
    }
}

fn check_octets(text: &[u8]) -> Result<(), TargetError> {
    let mut at = 0;
    while let Some(octet) = text.get(at) {
        at += match octet {
            b'%' if text.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) => 3,
            octet if is_uri_octet(*octet) => 1,
            _ => return Err(TargetError::Octet(at)),
        };
    }
    Ok(())
}

/// RFC 3986 2.2 and 2.3 without `#`, which ends what a target may hold.
fn is_uri_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=".contains(&octet)
}

fn connect(text: &str) -> Result<Target<'_>, TargetError> {
    let has_port = text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && !port.is_empty() && port.bytes().all(|octet| octet.is_ascii_digit())
    });
    let is_bare = !text.contains(['/', '?', '@']);
    if has_port && is_bare { Ok(Target::Authority(text)) } else { Err(TargetError::Form) }
}

fn absolute(text: &str) -> Result<Target<'_>, TargetError> {
    let (scheme, rest) = text.split_once("://").ok_or(TargetError::Form)?;
    if !is_scheme(scheme.as_bytes()) {
        return Err(TargetError::Form);
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    if authority.is_empty() {
        return Err(TargetError::Form);
    }
    let (path, query) = split_query(rest);
    Ok(Target::Absolute { scheme, authority, path, query })
}

/// RFC 3986 3.1.
fn is_scheme(scheme: &[u8]) -> bool {
    scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(octet))
}

fn split_query(text: &str) -> (&str, Option<&str>) {
    match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_form_is_told_apart() {
        let origin = Target::Origin { path: "/a", query: Some("b=/c?d") };
        assert_eq!(Target::parse("GET", "/a?b=/c?d"), Ok(origin));
        let absolute = Target::Absolute { scheme: "http", authority: "me@a.test:80", path: "/x", query: None };
        assert_eq!(Target::parse("GET", "http://me@a.test:80/x"), Ok(absolute));
        let bare = Target::Absolute { scheme: "HTTP", authority: "a.test", path: "", query: Some("q") };
        assert_eq!(Target::parse("OPTIONS", "HTTP://a.test?q"), Ok(bare));
        assert_eq!(Target::parse("CONNECT", "[::1]:443"), Ok(Target::Authority("[::1]:443")));
        assert_eq!(Target::parse("OPTIONS", "*"), Ok(Target::Asterisk));
    }

    #[test]
    fn a_form_that_does_not_go_with_the_method_is_refused() {
        let cases = [
            ("GET", "*"),
            ("GET", "a.test:80"),
            ("GET", "index.html"),
            ("GET", "http:///x"),
            ("GET", "1http://a/"),
            ("CONNECT", "/x"),
            ("CONNECT", "a.test"),
            ("CONNECT", "a.test:"),
            ("CONNECT", "me@a.test:80"),
            ("CONNECT", "http://a.test:80"),
        ];
        for (method, text) in cases {
            assert_eq!(Target::parse(method, text), Err(TargetError::Form), "{method} {text}");
        }
    }

    #[test]
    fn an_octet_that_no_target_holds_is_named_by_its_place() {
        for (text, at) in [("/a b", 2), ("/a#b", 2), ("/é", 1), ("/%4", 1), ("/%zz", 1), ("/a\\b", 2), ("/\0", 1)] {
            assert_eq!(Target::parse("GET", text), Err(TargetError::Octet(at)), "{text}");
        }
        assert_eq!(Target::parse("GET", ""), Err(TargetError::Empty));
    }

    proptest! {
        #[test]
        fn an_origin_form_comes_back_as_it_was(path in "/[a-z/:@%20]{0,20}", query in proptest::option::of("[a-z?/=]{0,9}")) {
            let text = query.as_ref().map_or(path.clone(), |query| format!("{path}?{query}"));
            if let Ok(target) = Target::parse("GET", &text) {
                prop_assert_eq!(target, Target::Origin { path: &path, query: query.as_deref() });
            }
        }
    }
}
