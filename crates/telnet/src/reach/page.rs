//! A page as lines of text.

/// The status, and the content as far as it is text; nothing if this is no answer of HTTP.
pub(super) fn show(answer: &[u8]) -> Option<String> {
    let (head, content) = split_head(answer)?;
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let status = lines.next()?.strip_prefix("HTTP/1.")?.split_once(' ')?.1.trim();
    let field = |name: &str| {
        let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    let kind = field("content-type").unwrap_or("text/plain");
    let mut shown = format!("{status}\n");
    if let Some(location) = field("location") {
        shown.push_str(&format!("It is at {location}\n"));
    }
    if !kind.starts_with("text/") {
        shown.push_str(&format!("({kind}, {} octets)\n", content.len()));
        return Some(shown);
    }
    let content = match field("transfer-encoding") {
        Some(coding) if coding.eq_ignore_ascii_case("chunked") => without_chunks(content),
        Some(_) | None => content.to_vec(),
    };
    let content = String::from_utf8_lossy(&content);
    let text = if kind.starts_with("text/html") { without_tags(&content) } else { content.into_owned() };
    shown.push_str(&fold(&text));
    Some(shown)
}

fn split_head(answer: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((&answer[..end], &answer[end + 4..]))
}

/// Content without the sizes of its chunks (RFC 9112 7.1), as far as it came and makes sense.
fn without_chunks(mut chunks: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    while let Some(end) = chunks.windows(2).position(|window| window == b"\r\n") {
        let (line, rest) = (&chunks[..end], &chunks[end + 2..]);
        let digits = line.split(|octet| *octet == b';').next().unwrap_or_default().trim_ascii();
        let size = std::str::from_utf8(digits).ok().and_then(|digits| usize::from_str_radix(digits, 16).ok());
        let Some(size @ 1..) = size else { break };
        content.extend(&rest[..size.min(rest.len())]);
        chunks = rest.get(size.saturating_add(2)..).unwrap_or_default();
    }
    content
}

/// Text without its tags; those that begin a block begin a line.
fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, behind)) = rest.split_once('<') {
        push_text(before, &mut text);
        let (tag, behind) = behind.split_once('>').unwrap_or((behind, ""));
        let name = tag.trim_start_matches('/').split(|letter: char| !letter.is_ascii_alphanumeric()).next();
        let name = name.unwrap_or_default().to_ascii_lowercase();
        if BLOCKS.contains(&name.as_str()) {
            text.push('\n');
        }
        let is_hidden = !tag.starts_with('/') && HIDDEN.contains(&name.as_str());
        let end = if is_hidden { behind.find(&format!("</{name}")).unwrap_or(behind.len()) } else { 0 };
        rest = &behind[end..];
    }
    push_text(rest, &mut text);
    text
}

/// Line ends within a block are spaces.
fn push_text(html: &str, text: &mut String) {
    let plain = html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&nbsp;", " ");
    text.push_str(&plain.replace("&amp;", "&").replace(['\r', '\n'], " "));
}

/// Lines that fit on a screen, and few of them.
fn fold(text: &str) -> String {
    let mut lines = Vec::new();
    for paragraph in text.lines().map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    let left_out = lines.len().saturating_sub(MOST_LINES);
    lines.truncate(MOST_LINES);
    let mut shown: String = lines.into_iter().map(|line| format!("  {line}\n")).collect();
    if left_out > 0 {
        shown.push_str(&format!("  ... and {left_out} more lines\n"));
    }
    shown
}

const BLOCKS: [&str; 18] = [
    "p", "br", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "tr", "div", "title", "pre", "hr", "section",
    "head",
];
const HIDDEN: [&str; 2] = ["script", "style"];
/// With two spaces before it a line fits into 80 columns.
const WIDTH: usize = 76;
/// Two screens; who wants more has a browser.
const MOST_LINES: usize = 48;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_is_shown_without_its_tags() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n\
            <title>Shop</title><style>p { }</style><p>Bread &amp; <b>rolls</b>\nare fresh.<p>1 &lt; 2";
        assert_eq!(show(answer).unwrap(), "200 OK\n  Shop\n  Bread & rolls are fresh.\n  1 < 2\n");
    }

    #[test]
    fn what_is_no_text_is_counted() {
        let answer = b"HTTP/1.1 404 Not Found\r\ncontent-type: image/png\r\n\r\n1234";
        assert_eq!(show(answer).unwrap(), "404 Not Found\n(image/png, 4 octets)\n");
        assert_eq!(show(b"220 mail.club.test\r\n"), None);
    }

    #[test]
    fn chunks_are_put_together_as_far_as_they_came() {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let shown = |chunks: &str| show(format!("{head}{chunks}").as_bytes()).unwrap();
        assert_eq!(shown("4;x=y\r\nbrea\r\nA\r\nd is fresh\r\n0\r\n\r\n"), "200 OK\n  bread is fresh\n");
        assert_eq!(shown("4\r\nbrea\r\nff\r\nd is"), "200 OK\n  bread is\n");
        assert_eq!(shown("ffffffffffffffff\r\nx"), "200 OK\n  x\n");
        assert_eq!(shown("junk"), "200 OK\n");
    }

    #[test]
    fn long_pages_are_cut() {
        let answer = format!("HTTP/1.0 200 OK\r\n\r\n{}", "line\n".repeat(100));
        assert!(show(answer.as_bytes()).unwrap().ends_with("... and 52 more lines\n"));
    }

    proptest! {
        #[test]
        fn any_page_can_be_shown(content in "[<>/a-z&; é]{0,200}") {
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{content}");
            prop_assert!(show(answer.as_bytes()).is_some());
        }
    }
}
