//! `toynet http` beside curl: the same words, the same URL, the same request.

mod support;

use std::path::Path;
use std::process::Command;

use support::scripted::{FINE, Server};
use support::{Outcome, run, tool};

#[test]
fn what_is_asked_for_is_what_curl_asks_for() {
    let Some(curl) = tool("curl") else { return };
    let server = Server::answering(&[FINE; 14]);
    server.home.write("fields", "X-A: 1\r\nX-B: two words\n\nAccept:\n");
    let fields = format!("@{}", server.home.path().join("fields").display());
    for arguments in [
        &["-H", &fields, "-H", "X-C: 3"][..],
        &["-z", "Thu, 29 Feb 2024 00:00:00 GMT"],
        &["-z", "-Thu, 29 Feb 2024 00:00:00 GMT"],
        &["-z", &fields[1..]],
        &["--request-target", "/x?y=../z"],
        &["-X", "OPTIONS", "--request-target", "*"],
        &["--request-target", "http://other.test/"],
    ] {
        beside(&curl, &server, arguments);
        let (curls, ours) = (lines(&server.heard()), lines(&server.heard()));
        assert_eq!(ours, curls, "{arguments:?}");
    }
    for (arguments, words) in [
        (&["-z", "tomorrow"][..], "`tomorrow` is neither a date nor a file"),
        (&["-H", "@nowhere"], "nowhere cannot be read"),
        (&["--request-target", "/x y"], "is no target"),
    ] {
        let misused = server.toynet(&[&["get"], arguments].concat(), "/");
        assert!(misused.code() == Some(2) && misused.stderr.contains(words), "{misused:?}");
    }
}

#[test]
fn a_redirected_post_stays_one_where_curl_lets_it() {
    let Some(curl) = tool("curl") else { return };
    const MOVED: [&[u8]; 3] = [
        b"HTTP/1.1 301 Moved Permanently\r\nLocation: /to\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /to\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 303 See Other\r\nLocation: /to\r\nContent-Length: 0\r\n\r\n",
    ];
    for (moved, stays) in MOVED.into_iter().zip(["--post301", "--post302", "--post303"]) {
        for (more, method) in [(&["-L", stays][..], "POST /to HTTP/1.1"), (&["-L"], "GET /to HTTP/1.1")] {
            let server = Server::answering(&[moved, FINE, moved, FINE]);
            let url = format!("http://{}/from", server.address);
            run(Command::new(&curl).args(["-s", "-d", "a=1", &url]).args(more)).succeeded();
            server.toynet(&[&["post", "-d", "a=1"], more].concat(), "/from").succeeded();
            let lines = [0; 4].map(|_| server.heard().lines().next().unwrap_or_default().to_owned());
            assert_eq!(lines, ["POST /from HTTP/1.1", method, "POST /from HTTP/1.1", method], "{more:?}");
        }
    }
}

#[test]
fn one_family_of_addresses_is_used_alone() {
    let Some(curl) = tool("curl") else { return };
    let server = Server::answering(&[FINE; 2]);
    let by_name = format!("http://localhost:{}/", server.address.port());
    let get = |family: &str, url: &str| run(&mut server.home.toynet(&["http", "get", "--no-lab", family, url]));
    get("-4", &by_name).succeeded();
    let other = get("-6", &by_name);
    assert!(other.code() == Some(6) && other.stderr.contains("[::1]"), "{other:?}");
    let none = get("-6", &format!("http://{}/", server.address));
    assert!(none.code() == Some(6) && none.stderr.contains("127.0.0.1 has no address of IPv6"), "{none:?}");
    let theirs = |family| run(Command::new(&curl).args(["-s", family, &by_name])).code();
    assert_eq!((theirs("-6"), theirs("-4")), (Some(7), Some(0)));
}

#[test]
fn what_may_go_better_is_tried_again_as_often_as_was_said() {
    let Some(curl) = tool("curl") else { return };
    const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 4\r\n\r\nbusy";
    const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let server = Server::answering(&[BUSY, b"", OK, BUSY, OK, BUSY, BUSY, BUSY, OK]);
    let told = server.toynet(&["post", "-d", "a=1", "--retry", "2", "--retry-delay", "0.01"], "/").succeeded();
    assert_eq!(told.stdout, "ok");
    assert!(told.stderr.contains("* 503 Service Unavailable") && told.stderr.contains("in 0 s"), "{}", told.stderr);
    assert!(told.stderr.contains("* the server closed the connection without an answer: asking again in 0.01 s"));
    for _ in 0..3 {
        let heard = server.heard();
        assert!(heard.starts_with("POST / ") && heard.ends_with("a=1"), "{heard}");
    }
    let url = format!("http://{}/", server.address);
    // curl shows what it was told meanwhile, too.
    let curls = run(Command::new(&curl).args(["-s", "--retry", "2", &url])).succeeded().stdout;
    assert!(curls.ends_with("ok"), "{curls}");
    let given_up = server.toynet(&["get", "-s", "-f", "--retry", "1"], "/");
    assert_eq!((given_up.code(), given_up.stderr.as_str()), (Some(1), ""), "{given_up:?}");
    let at_once = server.toynet(&["get", "-w", "%{http_code}"], "/").succeeded().stdout;
    assert_eq!(at_once, "busy503");
}

#[test]
fn a_file_is_named_by_the_answer_and_never_outside_its_folder() {
    let Some(curl) = tool("curl") else { return };
    const NAMED: [(&[u8], &str); 3] = [
        (
            b"HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=\"a b.txt\"\r\nContent-Length: 2\r\n\r\nok",
            "a b.txt",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=../../evil\r\nContent-Length: 2\r\n\r\nok",
            "evil",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "path"),
    ];
    for (answer, name) in NAMED {
        let server = Server::answering(&[answer; 3]);
        let folder = |who: &str| server.home.path().join("new").join(who).display().to_string();
        let (theirs, ours) = (folder("curl"), folder("toynet"));
        let url = format!("http://{}/path?query", server.address);
        let words = ["-s", "-O", "-J", "--create-dirs", "--output-dir"];
        run(Command::new(&curl).args(words).args([&theirs, &url])).succeeded();
        server.toynet(&[&["get"], &words[..], &[&ours]].concat(), "/path?query").succeeded();
        assert_eq!((names(&ours), names(&theirs)), (vec![name.to_owned()], vec![name.to_owned()]));
        let again = server.toynet(&["get", "-O", "-J", "--output-dir", &ours], "/path?query");
        let is_named_by_url = name == "path";
        assert_eq!(again.code(), Some(if is_named_by_url { 0 } else { 2 }), "{again:?}");
        assert!(is_named_by_url || again.stderr.contains("File exists"), "{again:?}");
    }
    let server = Server::answering(&[FINE; 2]);
    let nowhere = server.toynet(&["get", "-o", "deep/file", "--output-dir", "/nonexistent"], "/");
    assert!(nowhere.code() == Some(2) && nowhere.stderr.contains("/nonexistent/deep/file: "), "{nowhere:?}");
    let unnamed = server.toynet(&["get", "-O", "-J"], "/");
    assert!(unnamed.code() == Some(2) && unnamed.stderr.contains("neither the URL nor the answer"), "{unnamed:?}");
}

#[test]
fn half_a_file_is_made_whole_and_nothing_else_is_put_behind_it() {
    let Some(curl) = tool("curl") else { return };
    const REST: &[u8] =
        b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\n56789";
    const WHOLE: &[u8] =
        b"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */5\r\nContent-Length: 2\r\n\r\nno";
    const ALL: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";
    const GONE: &[u8] = b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone";
    for (answer, ours, content) in
        [(REST, Some(0), "0123456789"), (WHOLE, Some(0), "01234"), (ALL, Some(6), "01234"), (GONE, Some(6), "01234")]
    {
        let server = Server::answering(&[answer; 2]);
        let files = ["theirs", "ours"].map(|name| server.home.write(name, "01234").display().to_string());
        let url = format!("http://{}/file", server.address);
        run(Command::new(&curl).args(["-s", "-f", "-C", "-", "-o", &files[0], &url]));
        let outcome = server.toynet(&["get", "-f", "-C", "-", "-o", &files[1]], "/file");
        assert_eq!(outcome.code(), ours, "{outcome:?}");
        assert_eq!(files.map(|file| std::fs::read_to_string(file).unwrap()), [content; 2], "{outcome:?}");
        assert_eq!([0; 2].map(|_| server.heard().contains("\r\nRange: bytes=5-\r\n")), [true; 2]);
    }
    let server = Server::answering(&[FINE]);
    let file = server.home.path().join("new").display().to_string();
    server.toynet(&["get", "-C", "-", "-o", &file], "/").succeeded();
    assert!(!server.heard().contains("Range:"), "what is not there is asked for from the beginning");
    assert_eq!(server.toynet(&["get", "-C", "-"], "/").code(), Some(2));
}

#[test]
fn several_urls_are_asked_for_in_turn() {
    let Some(curl) = tool("curl") else { return };
    const FIRST: &[u8] = b"HTTP/1.1 200 OK\r\nSet-Cookie: id=7\r\nConnection: close\r\nContent-Length: 3\r\n\r\none";
    const SECOND: &[u8] = b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 3\r\n\r\ntwo";
    let server = Server::answering(&[FIRST, SECOND, FIRST, SECOND, FIRST, SECOND, FIRST, SECOND]);
    let [a, b] = ["a", "b"].map(|name| format!("http://{}/{name}", server.address));
    let file = |name: &str| server.home.path().join(name).display().to_string();
    let ours = |more: &[&str]| run(server.home.toynet(&["http", "get", "--no-lab", &a, "--url", &b]).args(more));
    let theirs = |more: &[&str]| run(Command::new(&curl).args(["-s", &a, &b]).args(more));
    for more in [&["-w", "%{http_code}"][..], &["-o", &file("one"), "-D", &file("heads"), "-c", &file("jar")]] {
        let curls = theirs(more).succeeded().stdout;
        let of_curl = std::fs::read_to_string(file("heads")).ok();
        assert_eq!(ours(more).succeeded().stdout, curls, "{more:?}");
        assert_eq!(std::fs::read_to_string(file("heads")).ok(), of_curl);
        let heard = [0; 4].map(|_| server.heard());
        for (ours, curls) in heard[2..].iter().zip(&heard[..2]) {
            assert_eq!(lines(ours), lines(curls), "{more:?}");
        }
        assert_eq!(heard[3].contains("Cookie: id=7"), more.contains(&"-c"));
    }
    assert_eq!(std::fs::read_to_string(file("one")).expect("the file is there"), "one");
    let failed = Server::answering(&[SECOND, FIRST]);
    let [a, b] = ["a", "b"].map(|name| format!("http://{}/{name}", failed.address));
    let failed = run(&mut failed.home.toynet(&["http", "get", "-f", &a, &b]));
    assert_eq!((failed.code(), failed.stdout.as_str()), (Some(1), "one"), "{failed:?}");
    let once = run(&mut server.home.toynet(&["http", "put", "-T", "-", &a, &b]));
    assert!(once.code() == Some(2) && once.stderr.contains("standard input is there once"), "{once:?}");
    assert_eq!(run(&mut server.home.toynet(&["http", "get"])).code(), Some(2));
}

/// curl's request, then ours.
fn beside(curl: &Path, server: &Server, arguments: &[&str]) -> [Outcome; 2] {
    let url = format!("http://{}/path?query", server.address);
    let theirs = run(Command::new(curl).args(["-s", &url]).args(arguments)).succeeded();
    [theirs, server.toynet(&[&["get"], arguments].concat(), "/path?query").succeeded()]
}

/// What is asked, and its fields in any order, but for who asks.
fn lines(request: &str) -> Vec<String> {
    let mut lines: Vec<_> =
        request.lines().map(str::to_owned).filter(|line| !line.starts_with("User-Agent:")).collect();
    lines[1..].sort_unstable();
    lines
}

/// What is in a folder.
fn names(folder: &str) -> Vec<String> {
    let files = std::fs::read_dir(folder).expect("the folder is there");
    files.map(|file| file.expect("a file").file_name().into_string().expect("a name")).collect()
}
