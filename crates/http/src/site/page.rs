//! Small pages for answers that are not a file.

use bytes::Bytes;
use http::StatusCode;

/// A page that says in words what `status` means here. It needs nothing but itself.
pub fn of(status: StatusCode) -> Bytes {
    let (meaning, section) = explain(status);
    html(&title(status), meaning, section)
}

/// The same with `why` beside it: a sentence without characters that mean something in HTML.
pub fn because(status: StatusCode, why: &str) -> Bytes {
    let (meaning, section) = explain(status);
    html(&title(status), meaning, &format!("{why}. {section}"))
}

fn title(status: StatusCode) -> String {
    format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or("Unknown"))
}

/// A page around texts that are HTML already.
pub(crate) fn html(title: &str, text: &str, small: &str) -> Bytes {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         <h1>{title}</h1>\n<p>{text}</p>\n<p><small>{small}</small></p>\n</html>\n"
    )
    .into()
}

/// The front page of a host whose lab file names no files to serve.
pub fn welcome(host: &str) -> Bytes {
    html(host, "This web site works, and has no pages yet: <code>root</code> in the lab file names their folder.", "")
}

/// For whoever speaks in clear at a port for TLS.
pub fn only_tls() -> Bytes {
    let text = "This port speaks TLS, and the request came in clear: its address begins with <code>https://</code>.";
    html("400 Bad Request", text, "RFC 9110, 15.5.1 and 4.2.2")
}

/// What happened, to the person who asked, and where it is written.
fn explain(status: StatusCode) -> (&'static str, &'static str) {
    match status.as_u16() {
        301 => ("This is a folder: its address ends with a slash.", "RFC 9110, 15.4.2"),
        308 => ("This site is reached over TLS: its address begins with https.", "RFC 9110, 15.4.9"),
        400 => ("This request breaks a rule of HTTP, so it is not clear what it asks for.", "RFC 9110, 15.5.1"),
        403 => ("The file is there, but the server may not read it.", "RFC 9110, 15.5.4"),
        404 => ("Nothing lies at this address.", "RFC 9110, 15.5.5"),
        405 => ("Files here can be read (GET, HEAD), and nothing else.", "RFC 9110, 15.5.6"),
        406 => ("The file cannot be sent in any of the codings that were asked for.", "RFC 9110, 15.5.7"),
        408 => ("The request did not arrive in the time that this server waits.", "RFC 9110, 15.5.9"),
        412 => ("The file is not the version that the request was meant for.", "RFC 9110, 15.5.13"),
        413 => ("The request carries more than this server takes.", "RFC 9110, 15.5.14"),
        414 => ("The address is longer than this server reads.", "RFC 9110, 15.5.15"),
        416 => ("The file does not have the octets that were asked for.", "RFC 9110, 15.5.17"),
        417 => ("This server does not do what the request expects of it.", "RFC 9110, 15.5.18"),
        421 => ("No site of this name and scheme is served here.", "RFC 9110, 7.4 and 15.5.20"),
        431 => ("The request's fields are longer than this server reads.", "RFC 6585, 5"),
        500 => ("The server could not read the file.", "RFC 9110, 15.6.1"),
        501 => ("This server does not know the method or the transfer coding.", "RFC 9110, 15.6.2"),
        505 => ("This server speaks HTTP/1.0, HTTP/1.1 and HTTP/2.", "RFC 9110, 15.6.6"),
        _ => ("The request was answered with this status.", "RFC 9110, 15"),
    }
}

pub(super) const STYLE: &str = ":root{color-scheme:light dark;font:1.1rem/1.5 system-ui,sans-serif}\
                     body{max-width:34rem;margin:15vh auto;padding:0 1rem}h1{font-size:1.6rem}small{opacity:.6}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_the_status_in_words() {
        let page = String::from_utf8(of(StatusCode::NOT_FOUND).to_vec()).expect("text");
        assert!(page.contains("<h1>404 Not Found</h1>"));
        assert!(page.contains("Nothing lies at this address."));
        assert!(!page.contains("http://") && !page.contains("https://"));
    }
}
