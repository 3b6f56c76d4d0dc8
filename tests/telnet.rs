//! The bulletin board as plain sockets see it, and toynet's own Telnet client.

mod support;

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use support::lab::Home;
use support::{Lab, Outcome, run, wire};

#[test]
fn every_case_of_the_rfcs_is_answered_however_it_is_cut() {
    let lab = Lab::built_in();
    let door = lab.status().door("bbs.retro.test", "tcp", 23);
    for (rule, said, heard) in CASES {
        let said = [said, LEAVE].concat();
        let whole = converse(door, &said, said.len());
        assert!(contains(&whole, heard), "{rule}: {heard:?} is not in {}", whole.escape_ascii());
        for cut in 1..said.len() {
            let cut_up = converse(door, &said, cut);
            assert!(
                cut_up == whole,
                "{rule}, cut at {cut}: {}\nwhole: {}",
                cut_up.escape_ascii(),
                whole.escape_ascii()
            );
        }
    }
}

#[test]
fn what_needs_no_answer_gets_none() {
    let lab = Lab::built_in();
    let door = lab.status().door("bbs.retro.test", "tcp", 23);
    let quiet = converse(door, LEAVE, LEAVE.len());
    for said in [&b"\xff\xfe\xc8\xff\xfc\xc8"[..], b"\xff\xf1\xff\xf2", b"\xff\xfa\xc8anything\xff\xf0", b"\xff\x05"] {
        let said = [said, LEAVE].concat();
        let heard = converse(door, &said, said.len());
        assert!(heard == quiet, "{}: {}", said.escape_ascii(), heard.escape_ascii());
    }
}

#[test]
fn lines_from_a_pipe_are_answered() {
    let lab = Lab::built_in();
    let said = typed(&lab, "printf 'ada\\nwho\\nquit\\n' | toynet telnet bbs.retro.test").succeeded().stdout;
    assert!(said.starts_with("Trying 198.18."), "{said}");
    assert!(said.contains("\nConnected to bbs.retro.test.\n") && said.contains("\nada> who\n  ada  "), "{said}");
    assert!(said.ends_with("\nada> quit\nGood-bye!\nConnection closed by foreign host.\n"), "{said}");
    assert!(!said.contains('\r'), "{said:?}");
}

#[test]
fn a_script_says_and_expects_in_its_order() {
    let lab = Lab::built_in();
    let script = "toynet telnet -l zoe bbs.retro.test --expect 'zoe> ' --send whoami";
    let said = typed(&lab, &format!("{script} --expect 'You are zoe'")).succeeded().stdout;
    assert!(said.contains("zoe> whoami\nYou are zoe on bbs.retro.test.\n"), "{said}");
    let failed = typed(&lab, &format!("{script} --expect 'You are ada' --timeout 1"));
    assert_eq!((failed.code(), failed.stderr.trim()), (Some(1), "toynet: the server did not say \"You are ada\""));
}

#[test]
fn a_server_of_another_kind_is_offered_nothing() {
    let lab = Lab::built_in();
    let request = "printf 'GET / HTTP/1.0\\r\\nHost: www.shop.test\\r\\n\\r\\n' | toynet telnet www.shop.test http";
    let said = typed(&lab, request).succeeded().stdout;
    assert!(said.contains("\nHTTP/1.0 200 OK\n"), "{said}");
}

#[test]
fn the_exit_status_says_who_did_not_answer() {
    let lab = Lab::built_in();
    for (line, status) in [
        ("toynet telnet bbs.retro.test 99", 1),
        ("toynet telnet nobody.test", 1),
        ("toynet telnet bbs.retro.test 99999", 2),
        ("toynet telnet bbs.retro.test --wait x", 2),
    ] {
        let outcome = typed(&lab, line);
        assert_eq!(outcome.code(), Some(status), "{line}: {}", outcome.text());
    }
}

#[test]
fn a_transcript_is_one_json_object_a_line_and_hides_passwords() {
    let board = format!("{}/configs/bbs.toml", env!("CARGO_MANIFEST_DIR"));
    let lab = Lab::start(&Home::new(), &["up", &board]);
    let script = "toynet telnet --json bbs.retro.test --expect name: --send sysop --expect Password: --send sesame";
    let said = typed(&lab, script).succeeded().stdout;
    let events: Vec<serde_json::Value> = said.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let of = |name: &str| events.iter().filter(|event| event["event"] == name).count();
    assert_eq!((of("trying"), of("connected"), of("typed"), of("closed")), (1, 1, 2, 1), "{said}");
    assert!(of("option") >= 4 && said.contains("•••") && !said.contains("sesame"), "{said}");
}

#[test]
fn what_was_said_beside_text_is_shown_on_request() {
    let lab = Lab::built_in();
    let said = typed(&lab, "toynet telnet -l ada bbs.retro.test --expect 'ada> ' --explain").succeeded().stdout;
    for part in ["WILL ECHO", "TTYPE SEND, NEW-ENVIRON SEND USER", "NEW-ENVIRON USER=ada"] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
}

#[test]
fn a_board_alone_keeps_its_posts() {
    let home = Home::new();
    let folder = home.path().join("posts");
    std::fs::create_dir(&folder).expect("a folder for the posts");
    let serve = ["telnet", "serve", "--banner", "Alone", "--state", "posts", "--listen", "127.0.0.1:0"];
    for (line, shown) in [("post Bread\\nfresh\\n.", "Posted as number 1."), ("read 1", "Bread\n\nfresh")] {
        let board = Lab::start(&home, &serve);
        let ready = board.printed.last().expect("a ready line").clone();
        let port = ready.split([':', ' ']).find_map(|word| word.parse::<u16>().ok()).expect("a port");
        let talk = format!("printf 'ada\\n{line}\\nquit\\n' | toynet telnet --no-lab 127.0.0.1 {port}");
        let said = run(home.furnish(&mut Command::new("sh")).args(["-c", &talk])).succeeded().stdout;
        assert!(said.contains("\nAlone\n") && said.contains(shown), "{said}");
    }
}

/// A line typed into a shell beside the lab.
fn typed(lab: &Lab, line: &str) -> Outcome {
    run(lab.home.furnish(&mut Command::new("sh")).args(["-c", line]).stderr(Stdio::piped()))
}

/// Says it after the greeting, cut in two; gives all that is heard from there on.
fn converse(door: SocketAddr, said: &[u8], cut: usize) -> Vec<u8> {
    let mut stream = wire::Stream::connect(door);
    stream.until(b"Your name: ");
    let (first, rest) = said.split_at(cut);
    stream.send(first);
    if !rest.is_empty() {
        // As good a pause as loopback needs to deliver the first part by itself, mostly; where it does not, the result
        // is the same.
        std::thread::yield_now();
        stream.send(rest);
    }
    stream.rest()
}

fn contains(octets: &[u8], part: &[u8]) -> bool {
    octets.windows(part.len().max(1)).any(|window| window == part)
}

/// Enters and leaves, so that the board hangs up.
const LEAVE: &[u8] = b"ada\r\nquit\r\n";

/// The rule, what is said, and what must be heard.
const CASES: [(&str, &[u8], &[u8]); 17] = [
    ("RFC 854: an unknown offer is refused", b"\xff\xfb\xc8", b"\xff\xfe\xc8"),
    ("RFC 854: an unknown wish is refused", b"\xff\xfd\xc8", b"\xff\xfc\xc8"),
    ("RFC 854: 255 as data is doubled", b"a\xff\xffb\r\nquit\r\n", "Hello, aÿb!".as_bytes()),
    ("RFC 854: CR NUL is Enter", b"zoe\r\0whoami\r\0quit\r\0", b"You are zoe"),
    ("RFC 854: LF alone is met", b"zoe\nwhoami\nquit\n", b"You are zoe"),
    ("RFC 854: EC erases a character", b"zob\xff\xf7e\r\nquit\r\n", b"Hello, zoe!"),
    ("RFC 854: EL erases the line", b"wrong\xff\xf8zoe\r\nquit\r\n", b"Hello, zoe!"),
    ("RFC 854: AYT is answered", b"\xff\xf6", b"[bbs.retro.test: yes, I am here]"),
    ("RFC 854: AO is answered by a mark", b"\xff\xf5", b"\xff\xf2"),
    ("RFC 855: a command cuts a subnegotiation", b"\xff\xfa\x18\x00xterm\xff\xf6", b"yes, I am here"),
    ("RFC 857: what is typed is shown", b"\xff\xfd\x01", b"ada\r\nHello"),
    ("RFC 859: what is on is told", b"\xff\xfd\x05\xff\xfa\x05\x01\xff\xf0", b"\xff\xfa\x05\x00\xfb\x05"),
    ("RFC 860: each mark comes back", b"\xff\xfd\x06\xff\xfd\x06", b"\xff\xfb\x06\xff\xfb\x06"),
    ("RFC 1073: 255 columns are doubled", b"\xff\xfb\x1f\xff\xfa\x1f\x00\xff\xff\x00\xff\xff\xff\xf0", b"Hello, ada!"),
    ("RFC 1091: the kind is asked for", b"\xff\xfb\x18", b"\xff\xfa\x18\x01\xff\xf0"),
    ("RFC 1184: LINEMODE is refused", b"\xff\xfb\x22", b"\xff\xfe\x22"),
    ("RFC 2066: UTF-8 is taken", b"\xff\xfb\x2a\xff\xfa\x2a\x01;UTF-8\xff\xf0", b"\xff\xfa\x2a\x02UTF-8\xff\xf0"),
];
