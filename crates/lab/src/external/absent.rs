//! What is said in the place of a server that is not there.

/// Words that end a conversation before it begins.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    pub text: &'static str,
    /// Whether the other side speaks first, and is heard before.
    pub after_request: bool,
}

/// In a protocol's own words; none where it has none, and connections just break off.
pub fn words(protocol: &str) -> Option<Words> {
    WORDS.iter().find(|(name, _)| *name == protocol).map(|(_, words)| *words)
}

/// RFC 9110 15.6.3, RFC 5321 3.8.
const WORDS: &[(&str, Words)] = &[
    ("http", Words { text: HTTP, after_request: true }),
    ("smtp", Words { text: "421 4.3.2 the server outside the lab does not answer\r\n", after_request: false }),
    ("telnet", Words { text: "The server outside the lab does not answer.\r\n", after_request: false }),
];

const HTTP: &str = "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: 44\r\n\
                    Connection: close\r\n\r\nThe server outside the lab does not answer.\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_as_long_as_it_says() {
        let (head, page) = HTTP.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", page.len())), "{}", page.len());
    }
}
