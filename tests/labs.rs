//! Labs as a person runs them: started, asked, judged, stopped.

mod support;

use std::fs;
use std::process::Stdio;

use support::lab::{Home, lab_file};
use support::run::eventually;
use support::{Lab, dig, run, shell, tool, wire};

#[test]
fn without_arguments_the_built_in_lab_runs_and_says_what_to_try() {
    let lab = Lab::built_in();
    let printed = lab.printed.join("\n");
    let status = lab.status();
    assert!(!status.hosts().is_empty());
    for host in status.hosts() {
        assert!(printed.contains(host), "{host} is not in\n{printed}");
    }
    assert!(!status.commands().is_empty());
    for command in status.commands() {
        assert!(printed.contains(command), "{command} is not in\n{printed}");
    }
}

#[test]
fn ctrl_c_and_sigterm_end_a_lab_within_five_seconds() {
    for signal in ["INT", "TERM"] {
        let lab = Lab::of_tests("shop");
        let door = lab.status().door("www.shop.test", "tcp", 80);
        // An idle connection and an unfinished request do not hold it up.
        let mut idle = wire::Stream::connect(door);
        idle.send(b"GET / HTTP/1.1\r\nHost: www");
        let outcome = lab.stop(signal);
        assert_eq!(outcome.code(), Some(0), "SIG{signal}: {outcome:?}");
    }
}

#[test]
fn down_ends_a_lab_and_leaves_nothing_behind() {
    let lab = Lab::of_tests("shop");
    let (home, door) = (lab.home.clone(), lab.status().door("www.shop.test", "tcp", 80));
    lab.toynet(&["down"]).succeeded();
    assert_eq!(lab.await_end().code(), Some(0));
    let left: Vec<_> = files_below(&home.path().join("run"));
    assert!(left.iter().all(|file| !file.ends_with(".sock")), "{left:?}");
    let (stream, _) = wire::occupy(door);
    assert!(stream.is_some(), "{door} is free again");
    assert_eq!(run(&mut home.toynet(&["status"])).code(), Some(1), "nothing runs here");
}

#[test]
fn two_labs_of_one_person_run_side_by_side() {
    let home = Home::new();
    let (one, other) = (lab_named(&home, "one"), lab_named(&home, "other"));
    let doors = [&one, &other].map(|lab| lab.status().door("www.shop.test", "tcp", 80));
    assert_ne!(doors[0], doors[1]);
    for door in doors {
        assert!(wire::say(door, REQUEST).starts_with(b"HTTP/1.1 200 "), "{door}");
    }
    assert_eq!((one.status().lab(), other.status().lab()), ("one", "other"));
    one.toynet(&["down"]).succeeded();
    assert_eq!(one.await_end().code(), Some(0));
    assert!(wire::say(doors[1], REQUEST).starts_with(b"HTTP/1.1 200 "), "the other runs on");
}

#[test]
fn a_lab_that_runs_is_not_started_twice() {
    let home = Home::new();
    let _first = lab_named(&home, "one");
    let second = run(&mut home.toynet(&["up", &lab_file("shop"), "--lab", "one"]));
    assert_ne!(second.code(), Some(0));
    assert!(second.stderr.contains("one") && second.stderr.contains("runs"), "{}", second.stderr);
}

#[test]
fn a_lab_started_again_has_the_same_doors() {
    let home = Home::new();
    let doors = || {
        let lab = lab_named(&home, "one");
        let doors = lab.status().doors();
        assert_eq!(lab.stop("TERM").code(), Some(0));
        doors
    };
    assert_eq!(doors(), doors());
}

#[test]
fn a_lab_that_was_killed_can_be_started_again() {
    let home = Home::new();
    let lab = lab_named(&home, "one");
    lab.stop("KILL");
    let lab = lab_named(&home, "one");
    assert_eq!(lab.status().lab(), "one");
}

#[test]
fn a_port_that_another_process_took_is_named_or_avoided() {
    let home = Home::new();
    let lab = lab_named(&home, "one");
    let door = lab.status().door("www.shop.test", "tcp", 80);
    lab.stop("TERM");
    let _theirs = wire::occupy(door);
    match Lab::try_start(&home, &["up", &lab_file("shop"), "--lab", "one"]) {
        Ok(lab) => {
            let door = lab.status().door("www.shop.test", "tcp", 80);
            assert!(wire::say(door, REQUEST).starts_with(b"HTTP/1.1 200 "), "{door}");
        }
        Err(outcome) => {
            assert_eq!(outcome.code(), Some(4), "{outcome:?}");
            assert!(outcome.stderr.contains(&door.to_string()), "{}", outcome.stderr);
        }
    }
}

#[test]
fn status_of_nothing_says_so() {
    let outcome = run(&mut Home::new().toynet(&["status"]));
    assert_eq!(outcome.code(), Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("no lab"), "{}", outcome.stderr);
}

#[test]
fn the_log_tells_what_passed() {
    if tool("dig").is_none() {
        return;
    }
    let lab = Lab::of_tests("shop");
    dig(lab.status().resolver(), &["web.club.test", "A"]);
    let log = eventually("the query in the log", || {
        Some(lab.toynet(&["log"]).succeeded().stdout).filter(|log| log.contains("web.club.test"))
    });
    assert!(log.contains("you"), "who asked from outside\n{log}");
    assert!(log.contains("ns.club.test"), "who was asked in turn\n{log}");
}

#[test]
fn a_lab_logs_as_json_when_told() {
    let lab = Lab::start_silent(&Home::new(), &["up", &lab_file("shop"), "--log", "json"]);
    let door = lab.status().door("www.shop.test", "tcp", 80);
    wire::say(door, REQUEST);
    let line = lab.next_line();
    let value: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert!(value.is_object(), "{line}");
}

#[test]
fn no_socket_of_a_lab_leaves_the_loopback() {
    let lab = Lab::built_in();
    for line in lab.status().commands() {
        drop(support::shell(line));
    }
    let outside: Vec<_> = support::sockets::of(lab.pid()).into_iter().filter(|socket| !socket.is_local()).collect();
    assert!(outside.is_empty(), "{outside:?}");
}

#[test]
fn plan_shows_what_follows_from_a_file() {
    let plan = run(&mut Home::new().toynet(&["plan", &lab_file("shop")])).succeeded().stdout;
    for part in ["www.shop.test", "ns.club.test", "198.18.", "shop.test", "NS", "SOA"] {
        assert!(plan.contains(part), "{part} is not in\n{plan}");
    }
}

#[test]
fn a_good_file_is_found_good() {
    let outcome = run(&mut Home::new().toynet(&["check", &lab_file("shop")]));
    assert_eq!((outcome.code(), outcome.stderr.as_str()), (Some(0), ""), "{outcome:?}");
}

#[test]
fn every_lab_that_we_ship_is_found_good() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/configs");
    let labs: Vec<_> = files_below(folder.as_ref()).into_iter().filter(|file| file.ends_with(".toml")).collect();
    for lab in labs {
        run(&mut Home::new().toynet(&["check", &lab])).succeeded();
    }
}

#[test]
fn every_lab_that_we_ship_starts_and_answers() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/configs");
    // Those that are broken on purpose have tests of their own.
    let is_whole = |file: &String| file.ends_with(".toml") && !file.contains("/configs/broken/");
    for file in files_below(folder.as_ref()).into_iter().filter(is_whole) {
        let lab = Lab::start(&Home::new(), &["up", &file]);
        let status = lab.status();
        for door in status.doors().iter().filter(|door| door.transport == "tcp") {
            wire::Stream::connect(door.address);
        }
        if tool("dig").is_some() {
            for host in status.hosts() {
                let answer = dig(status.resolver(), &[host, "A"]);
                assert_eq!(answer.data("A").len(), 1, "{file}: {}", answer.text);
            }
        }
        assert_eq!(lab.stop("TERM").code(), Some(0), "{file}");
    }
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once_and_where_they_are() {
    let home = Home::new();
    let file = home.write("bad.toml", BAD).display().to_string();
    for verb in ["check", "plan", "up"] {
        let outcome = run(&mut home.toynet(&[verb, &file]));
        assert_eq!(outcome.code(), Some(3), "{verb}: {outcome:?}");
        for part in ["bad.toml:1:", "bad.toml:4:", "www..shop.test", "htpt", "http", "nowhere"] {
            assert!(outcome.stderr.contains(part), "{verb}: {part} is not in\n{}", outcome.stderr);
        }
    }
}

#[test]
fn a_file_that_is_no_toml_is_told_where() {
    let home = Home::new();
    let file = home.write("broken.toml", "[host.\"a.test\".http]\nroot = \n").display().to_string();
    let outcome = run(&mut home.toynet(&["check", &file]));
    assert_eq!(outcome.code(), Some(3), "{outcome:?}");
    assert!(outcome.stderr.contains("broken.toml:2:"), "{}", outcome.stderr);
}

#[test]
fn a_mistake_in_a_zone_is_told_with_the_zones_own_line() {
    let home = Home::new();
    home.write(
        "club.test.zone",
        "$ORIGIN club.test.\n@ 300 SOA ns hostmaster 1 1 1 1 1\n@ 300 NS ns\nns 300 A 1.2.3\n",
    );
    let lab = "[host.\"ns.club.test\".dns]\nzones = { \"club.test\" = \"club.test.zone\" }\n";
    let file = home.write("lab.toml", lab).display().to_string();
    let outcome = run(&mut home.toynet(&["check", &file]));
    assert_eq!(outcome.code(), Some(3), "{outcome:?}");
    assert!(outcome.stderr.contains("club.test.zone:4:"), "{}", outcome.stderr);
}

#[test]
fn a_reader_that_leaves_early_is_no_mistake() {
    let home = Home::new();
    for arguments in [&["plan", "internet"][..], &["plan", "internet", "--json"], &["check", "hello"]] {
        let mut command = home.toynet(arguments);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let outcome = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        assert_eq!(outcome.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&outcome.stderr));
    }
}

#[test]
fn a_lab_whose_log_nobody_reads_any_more_goes_on_and_says_so() {
    let mut lab = Lab::of_tests("shop");
    let door = lab.status().door("www.shop.test", "tcp", 80);
    lab.close_stdout();
    eventually("a word on the log", || {
        assert!(wire::say(door, REQUEST).starts_with(b"HTTP/1.1 200 "));
        lab.said().contains("nobody reads the log").then_some(())
    });
    assert!(lab.runs());
}

#[test]
fn a_lab_that_is_stuck_is_told_by_its_process() {
    let lab = Lab::of_tests("shop");
    let process = lab.status().process();
    let signal = |name: &str| shell(&format!("kill -{name} {process}")).succeeded();
    signal("STOP");
    let outcome = lab.toynet(&["status"]);
    signal("CONT");
    assert_eq!(outcome.code(), Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains(&format!("kill -9 {process}")), "{}", outcome.stderr);
}

#[test]
fn a_name_that_leads_out_of_the_labs_folder_is_wrong_usage() {
    for name in ["../../x", "a/b", ".", ""] {
        assert_eq!(run(&mut Home::new().toynet(&["up", "hello", "--lab", name])).code(), Some(2), "{name}");
    }
}

#[test]
fn a_file_that_is_no_lab_at_all_is_told_in_one_line() {
    let home = Home::new();
    let binary = home.write("binary.toml", b"\n\xff\xfe");
    let wide = home.write("wide.toml", b"\xff\xfe[\0");
    let large = home.write("large.toml", "a".repeat(20 << 20));
    for (file, why) in [
        (binary, "line 2 is not UTF-8"),
        (wide, "it is UTF-16"),
        (large, "larger than 16 MiB"),
        (home.path().into(), "directory"),
    ] {
        let outcome = run(&mut home.toynet(&["check", &file.display().to_string()]));
        assert_eq!(outcome.code(), Some(3), "{outcome:?}");
        assert!(outcome.stderr.contains(why) && outcome.stderr.lines().count() == 1, "{}", outcome.stderr);
    }
}

#[test]
fn completions_and_the_manual_come_from_the_arguments() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let completions = run(&mut home.toynet(&["completions", shell])).succeeded().stdout;
        assert!(completions.contains("toynet") && completions.contains("fresh"), "{shell}");
    }
    let manual = run(&mut home.toynet(&["man"])).succeeded().stdout;
    assert!(manual.starts_with(".ie") && manual.contains("toynet"), "{}", &manual[..200]);
}

#[test]
fn wrong_usage_is_not_a_wrong_file() {
    let home = Home::new();
    for arguments in [&["chekc"][..], &["check"], &["up", "--nonsense"]] {
        assert_eq!(run(&mut home.toynet(arguments)).code(), Some(2), "{arguments:?}");
    }
    let without_hyphens = run(&mut home.toynet(&["run", "curl", "http://www.shop.test/"]));
    assert_eq!(without_hyphens.code(), Some(2));
    assert!(without_hyphens.stderr.contains("toynet run -- curl http://www.shop.test/"), "{}", without_hyphens.stderr);
    let missing = run(&mut home.toynet(&["check", "nowhere.toml"]));
    assert_eq!(missing.code(), Some(3));
    assert!(missing.stderr.contains("nowhere.toml"), "{}", missing.stderr);
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n";

const BAD: &str = r#"[host."www..shop.test".http]
root = "."

[host."www.shop.test".htpt]
root = "."

[host."web.shop.test".http]
root = "nowhere"
"#;

fn lab_named(home: &Home, name: &str) -> Lab {
    Lab::start(home, &["up", &lab_file("shop"), "--lab", name])
}

fn files_below(folder: &std::path::Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("a folder of ours can be read").path());
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path.display().to_string()] }).collect()
}
