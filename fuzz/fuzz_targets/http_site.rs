//! Any path, range, condition and wish for a coding is answered, and no answer is longer than the file and its parts' heads.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use toynet_http::site::{Manner, Memory, Site};
use toynet_machine::Time;

type Asked<'a> = (&'a str, Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<&'a str>);

fuzz_target!(|asked: Asked<'_>| {
    let (target, range, coding, known, if_range) = asked;
    let Ok(target) = http::Uri::try_from(format!("/{target}")) else { return };
    let mut request = http::Request::new(());
    *request.uri_mut() = target;
    for (name, value) in
        [("range", range), ("accept-encoding", coding), ("if-none-match", known), ("if-range", if_range)]
    {
        if let Some(value) = value.and_then(|value| http::HeaderValue::from_str(value).ok()) {
            request.headers_mut().insert(name, value);
        }
    }
    let answer = SITE.answer(&request, Time::from_secs(784_200_000));
    let length = answer.body().length();
    assert!(length < 32 * 1024, "{length}");
    if answer.status() == 200 || answer.status() == 206 {
        assert_eq!(answer.headers()["content-length"], length.to_string().as_str());
    }
    assert!(!answer.headers().contains_key("content-encoding") || answer.status() != 206);
});

static SITE: LazyLock<Site> = LazyLock::new(|| {
    let file = |place: &'static str, length: usize| {
        (place, bytes::Bytes::from("abcdefgh".repeat(length / 8)), Time::from_secs(784_111_777))
    };
    let files =
        [file("a", 4096), file("a.txt", 4096), file("a.txt.gz", 64), file("b/c.html", 64), file("404.html", 16)];
    Site::new(Memory::new(files)).with_manner(Manner { listing: true, ..Manner::default() })
});
