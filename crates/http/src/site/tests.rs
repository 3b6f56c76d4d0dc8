//! The story of a site, as requests and answers.

use bytes::Bytes;
use http::{Request, Response};
use proptest::prelude::*;
use toynet_machine::Time;

use super::{Body, Found, Manner, Memory, Root, Site, Trouble};

const MODIFIED: Time = Time::from_secs(784_111_777);
const NOW: Time = Time::from_secs(784_200_000);

#[test]
fn a_file_is_served_with_all_that_describes_it() {
    let answer = ask("GET", "/a.txt", &[]);
    assert_eq!(answer.status(), 200);
    assert_eq!(field(&answer, "content-type"), "text/plain; charset=utf-8");
    assert_eq!(field(&answer, "content-length"), "10");
    assert_eq!(field(&answer, "last-modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(field(&answer, "date"), "Mon, 07 Nov 1994 09:20:00 GMT");
    assert_eq!(field(&answer, "accept-ranges"), "bytes");
    assert!(field(&answer, "etag").starts_with('"'));
    assert_eq!(text(&answer), "0123456789");
}

#[test]
fn head_has_the_fields_of_get_and_no_body() {
    for target in ["/a.txt", "/missing", "/news", "/%00"] {
        let (get, head) = (ask("GET", target, &[]), ask("HEAD", target, &[]));
        assert_eq!((head.status(), head.headers()), (get.status(), get.headers()), "{target}");
        assert_eq!(text(&head), "");
    }
}

#[test]
fn a_folder_shows_its_index_and_wants_its_slash() {
    assert_eq!(text(&ask("GET", "/", &[])), "home");
    assert_eq!(text(&ask("GET", "/news/", &[])), "news");
    let answer = ask("GET", "/news?page=2", &[]);
    assert_eq!((answer.status().as_u16(), field(&answer, "location")), (301, "/news/?page=2"));
    assert_eq!(ask("GET", "/bare/", &[]).status(), 404);
}

#[test]
fn a_redirect_never_names_another_host() {
    assert_eq!(field(&ask("GET", "//news", &[]), "location"), "/news/");
    assert_eq!(ask("GET", "//evil.test/%2e%2e/", &[]).status(), 200);
}

#[test]
fn what_is_not_there_is_404_and_what_leads_out_is_400() {
    for target in ["/missing", "/a.txt/", "/a.txt/x", "/a%2ftxt", "/index.html/"] {
        assert_eq!(ask("GET", target, &[]).status(), 404, "{target}");
    }
    for target in ["/../a.txt", "/%2e%2e/a.txt", "/a.txt%00", "/..%5c", "/%zz"] {
        assert_eq!(ask("GET", target, &[]).status(), 400, "{target}");
    }
    assert_eq!(ask("GET", &format!("/{}", "a".repeat(9000)), &[]).status(), 414);
}

#[test]
fn other_methods_are_told_which_are_allowed() {
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE"] {
        let answer = ask(method, "/a.txt", &[]);
        assert_eq!((answer.status().as_u16(), field(&answer, "allow")), (405, "GET, HEAD, OPTIONS"));
    }
    let answer = ask("OPTIONS", "*", &[]);
    assert_eq!((answer.status().as_u16(), field(&answer, "allow")), (204, "GET, HEAD, OPTIONS"));
    assert_eq!(ask("BREW", "/a.txt", &[]).status(), 501);
}

#[test]
fn a_known_version_is_not_sent_again() {
    let first = ask("GET", "/a.txt", &[]);
    let etag = field(&first, "etag");
    let answer = ask("GET", "/a.txt", &[("if-none-match", etag)]);
    assert_eq!((answer.status().as_u16(), field(&answer, "etag"), text(&answer).as_str()), (304, etag, ""));
    assert_eq!(field(&answer, "content-length"), "");
    assert_ne!(field(&answer, "date"), "");
}

#[test]
fn conditions_do_not_touch_what_is_no_success() {
    assert_eq!(ask("GET", "/missing", &[("if-none-match", "*")]).status(), 404);
    assert_eq!(ask("GET", "/news", &[("if-match", "\"x\"")]).status(), 301);
    assert_eq!(ask("GET", "/a.txt", &[("if-match", "\"x\"")]).status(), 412);
}

#[test]
fn a_range_is_part_of_the_file() {
    let answer = ask("GET", "/a.txt", &[("range", "bytes=-3")]);
    assert_eq!((answer.status().as_u16(), text(&answer).as_str()), (206, "789"));
    assert_eq!(field(&answer, "content-range"), "bytes 7-9/10");
    assert_eq!(field(&answer, "content-length"), "3");
    assert_ne!(field(&answer, "etag"), "");
}

#[test]
fn several_ranges_come_as_parts() {
    let answer = ask("GET", "/long.txt", &[("range", "bytes=0-1,500-501")]);
    assert_eq!(answer.status(), 206);
    assert!(field(&answer, "content-type").starts_with("multipart/byteranges; boundary=toynet-"));
    assert_eq!(field(&answer, "content-range"), "");
    assert_eq!(field(&answer, "content-length"), text(&answer).len().to_string());
    assert_eq!(text(&answer).matches("Content-Range: bytes").count(), 2);
}

#[test]
fn a_range_behind_the_end_is_416_with_the_length() {
    let answer = ask("GET", "/a.txt", &[("range", "bytes=10-")]);
    assert_eq!((answer.status().as_u16(), field(&answer, "content-range")), (416, "bytes */10"));
}

#[test]
fn a_range_that_does_not_count_is_the_whole_file() {
    assert_eq!(ask("HEAD", "/a.txt", &[("range", "bytes=0-1")]).status(), 200);
    assert_eq!(ask("GET", "/a.txt", &[("range", "lines=0-1")]).status(), 200);
    let of_old = [("range", "bytes=0-1"), ("if-range", "\"old\"")];
    assert_eq!(ask("GET", "/a.txt", &of_old).status(), 200);
    let behind_the_end_of_old = [("range", "bytes=99-"), ("if-range", "\"old\"")];
    assert_eq!(ask("GET", "/a.txt", &behind_the_end_of_old).status(), 200);
}

#[test]
fn nothing_was_changed_in_the_future() {
    let answer = site().answer(&request("GET", "/a.txt", &[]), Time::from_secs(60));
    assert_eq!(field(&answer, "last-modified"), "Thu, 01 Jan 1970 00:01:00 GMT");
}

#[test]
fn a_disk_that_fails_is_told_to_the_log() {
    struct Broken;
    impl Root for Broken {
        fn look(&self, _: &str, _: Time) -> Found {
            Found::Failed(Trouble(std::io::ErrorKind::Other))
        }
    }
    let answer = Site::new(Broken).answer(&request("GET", "/a", &[]), NOW);
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.extensions().get::<Trouble>(), Some(&Trouble(std::io::ErrorKind::Other)));
}

#[test]
fn a_refusal_explains_itself() {
    let answer = super::refusal(http::StatusCode::MISDIRECTED_REQUEST, &http::Method::GET, NOW);
    assert_eq!((answer.status().as_u16(), field(&answer, "date")), (421, "Mon, 07 Nov 1994 09:20:00 GMT"));
    assert!(text(&answer).contains("No site of this name"));
}

#[test]
fn a_file_comes_in_a_coding_that_the_client_takes_and_says_so() {
    let plain = ask("GET", "/big.css", &[]);
    assert_eq!((field(&plain, "vary"), field(&plain, "content-encoding")), ("accept-encoding", ""));
    for coding in ["br", "gzip", "zstd"] {
        let coded = ask("GET", "/big.css", &[("accept-encoding", coding)]);
        assert_eq!((coded.status().as_u16(), field(&coded, "content-encoding")), (200, coding));
        assert_eq!((field(&coded, "vary"), field(&coded, "accept-ranges")), ("accept-encoding", ""));
        assert_eq!(field(&coded, "content-type"), "text/css; charset=utf-8");
        assert_eq!(field(&coded, "content-length"), coded.body().length().to_string());
        assert!(coded.body().length() < plain.body().length());
        let etag = field(&coded, "etag");
        assert_ne!(etag, field(&plain, "etag"));
        let again = ask("GET", "/big.css", &[("accept-encoding", coding), ("if-none-match", etag)]);
        assert_eq!((again.status().as_u16(), field(&again, "vary")), (304, "accept-encoding"));
        assert_eq!(ask("GET", "/big.css", &[("if-none-match", etag)]).status(), 200);
        let head = ask("HEAD", "/big.css", &[("accept-encoding", coding)]);
        assert_eq!(head.headers(), coded.headers());
    }
}

#[test]
fn what_is_small_or_small_already_is_sent_as_it_is() {
    for target in ["/a.txt", "/big.png"] {
        let answer = ask("GET", target, &[("accept-encoding", "gzip, br")]);
        assert_eq!((field(&answer, "content-encoding"), field(&answer, "vary")), ("", ""), "{target}");
    }
}

#[test]
fn a_client_that_takes_nothing_of_what_there_is_is_told_so() {
    for (target, wish, status) in
        [("/a.txt", "identity;q=0", 406), ("/big.css", "*;q=0", 406), ("/big.css", "identity;q=0, gzip", 200)]
    {
        let answer = ask("GET", target, &[("accept-encoding", wish)]);
        assert_eq!((answer.status().as_u16(), field(&answer, "vary")), (status, "accept-encoding"), "{target} {wish}");
    }
}

#[test]
fn a_part_is_always_one_of_the_file_itself() {
    let part = ask("GET", "/big.css", &[("accept-encoding", "gzip"), ("range", "bytes=0-3")]);
    assert_eq!((part.status().as_u16(), text(&part).as_str()), (206, "a{b:"));
    assert_eq!((field(&part, "content-encoding"), field(&part, "vary")), ("", "accept-encoding"));
}

#[test]
fn a_file_that_lies_there_coded_is_taken() {
    let answer = ask("GET", "/page.html", &[("accept-encoding", "gzip, br;q=0.9")]);
    assert_eq!((field(&answer, "content-encoding"), text(&answer).as_str()), ("gzip", "gzipped"));
    assert_eq!(field(&answer, "content-type"), "text/html; charset=utf-8");
    let itself = ask("GET", "/page.html.gz", &[("accept-encoding", "gzip")]);
    assert_eq!((field(&itself, "content-encoding"), field(&itself, "content-type")), ("", "application/gzip"));
}

#[test]
fn a_folder_is_listed_where_that_is_wished() {
    let site = site().with_manner(Manner { listing: true, ..Manner::default() });
    let ask = |target| site.answer(&request("GET", target, &[]), NOW);
    let page = ask("/bare/");
    assert_eq!((page.status().as_u16(), field(&page, "content-type")), (200, "text/html; charset=utf-8"));
    assert!(text(&page).contains("<a href=\"./b.txt\">b.txt</a><td>1 B<td>1994-11-06 08:49"), "{}", text(&page));
    assert_eq!(text(&ask("/news/")), "news");
    assert_eq!((ask("/bare").status().as_u16(), ask("/none/").status().as_u16()), (301, 404));
}

#[test]
fn the_first_page_of_a_folder_that_is_there_is_shown() {
    let index = vec!["home.htm".into(), "bare.txt".into(), "index.html".into()];
    let files = ["news/index.html", "news/home.htm", "old/index.html", "old/index.html.gz", "none/a"];
    let root = Memory::new(files.map(|place| (place, Bytes::from(place), MODIFIED)));
    let site = Site::new(root).with_manner(Manner { index, ..Manner::default() });
    let ask = |target| site.answer(&request("GET", target, &[("accept-encoding", "gzip")]), NOW);
    assert_eq!((text(&ask("/news/")), text(&ask("/old/"))), ("news/home.htm".into(), "old/index.html.gz".into()));
    assert_eq!((ask("/none/").status().as_u16(), ask("/news").status().as_u16()), (404, 301));
}

#[test]
fn a_sites_own_error_page_and_fields_are_used() {
    let (name, value) = (http::HeaderName::from_static("x-frame-options"), http::HeaderValue::from_static("DENY"));
    let fields = http::HeaderMap::from_iter([(name, value)]);
    let root = Memory::new([("404.html", Bytes::from_static(b"lost"), MODIFIED), ("a", Bytes::new(), MODIFIED)]);
    let cache = Some(std::time::Duration::from_secs(60));
    let site = Site::new(root).with_manner(Manner { fields, cache, ..Manner::default() });
    let ask = |target| site.answer(&request("GET", target, &[]), NOW);
    let lost = ask("/b");
    assert_eq!((lost.status().as_u16(), text(&lost).as_str(), field(&lost, "etag")), (404, "lost", ""));
    assert_eq!((field(&lost, "x-frame-options"), field(&lost, "cache-control")), ("DENY", ""));
    assert_eq!(field(&ask("/a"), "cache-control"), "max-age=60");
}

proptest! {
    #[test]
    fn any_request_has_an_answer_whose_length_is_true(
        target in "/[a-z./%0-9]{0,12}",
        range in "bytes=[0-9,-]{0,12}",
        name in 0..3usize,
    ) {
        let target = ["/a.txt", "/long.txt", &target][name].to_owned();
        if target.parse::<http::Uri>().is_ok() {
            let answer = ask("GET", &target, &[("range", &range)]);
            prop_assert_eq!(field(&answer, "content-length"), text(&answer).len().to_string());
        }
    }
}

fn site() -> Site {
    let file = |place: &'static str, text: String| (place, Bytes::from(text), MODIFIED);
    Site::new(Memory::new([
        file("index.html", "home".into()),
        file("a.txt", "0123456789".into()),
        file("news/index.html", "news".into()),
        file("bare/b.txt", "b".into()),
        file("long.txt", "x".repeat(1000)),
        file("big.css", "a{b:c}".repeat(1000)),
        file("big.png", "a{b:c}".repeat(1000)),
        file("page.html", "plain".into()),
        file("page.html.gz", "gzipped".into()),
    ]))
}

fn ask(method: &str, target: &str, fields: &[(&str, &str)]) -> Response<Body> {
    site().answer(&request(method, target, fields), NOW)
}

fn request(method: &str, target: &str, fields: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    request.body(()).expect("a request")
}

fn field<'a>(answer: &'a Response<Body>, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

fn text(answer: &Response<Body>) -> String {
    String::from_utf8(answer.body().read().expect("held").to_vec()).expect("text")
}
