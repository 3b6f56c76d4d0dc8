//! What a system does not allow is named, with the cure.

mod support;

use std::process::Command;

use support::lab::Home;
use support::run;
use support::tools;
use support::world::{home_with, shell_in};

#[test]
fn a_system_that_refuses_is_named_with_its_cure() {
    let Some(home) = home_with(&["unshare"]) else { return };
    let line = "echo 0 > /proc/sys/user/max_user_namespaces && exec toynet";
    let insisting = [
        ("run --carrier world -- true", 4),
        ("shell --carrier world -- true", 4),
        ("up --carrier world", 4),
        ("doctor", 1),
    ];
    for (arguments, status) in insisting {
        let outcome = shell_in(&home, &format!("unshare -Ur sh -c '{line} {arguments}'"));
        assert_eq!(outcome.code(), Some(status), "{arguments}: {outcome:?}");
        let text = outcome.text();
        assert!(text.contains("sudo sysctl user.max_user_namespaces="), "{arguments}: {text}");
    }
    // Where no carrier is asked for, the loopback does, and one line says what there is not.
    let outcome = shell_in(
        &home,
        &format!("unshare -Ur sh -c '{line} up 2>told & until toynet wait ready; do :; done; cat told; toynet down'"),
    );
    let told: Vec<&str> = outcome.stdout.lines().filter(|line| line.contains("no network of its own")).collect();
    assert_eq!(told.len(), 1, "{outcome:?}");
    assert!(told[0].contains("sudo sysctl user.max_user_namespaces="), "{outcome:?}");
}

#[test]
fn too_few_open_files_are_named_with_the_cure() {
    let home = Home::new();
    for way in ["world", "ports"] {
        if way == "world" && !tools::worlds(&mut home.toynet(&["doctor"])) {
            continue;
        }
        for (limit, verb) in [(60, "up"), (60, "run"), (9, "up"), (9, "run")] {
            let line = format!(
                "ulimit -n {limit}; exec toynet {verb} --carrier {way} internet {}",
                if verb == "run" { "-- true" } else { "" }
            );
            let outcome = run(home.furnish(Command::new("sh").args(["-c", &line])));
            assert_eq!(outcome.code(), Some(4), "{way} {limit}: {outcome:?}");
            let told = &outcome.stderr;
            assert!(told.contains("ulimit -Hn") && told.contains(&format!(" {limit} ")), "{way} {limit}: {told}");
        }
        let line = format!("ulimit -Sn 9; exec toynet run --carrier {way} internet -- sh -c 'ulimit -Sn'");
        let outcome = run(home.furnish(Command::new("sh").args(["-c", &line])));
        assert!(outcome.code() == Some(0), "the hard limit is enough: {outcome:?}");
    }
}

#[test]
fn too_few_processes_are_named_with_the_cure() {
    let Some(home) = home_with(&["setpriv", "prlimit"]) else { return };
    // Root may have as many as it likes; nobody else has this number.
    let user = format!("--reuid {0} --regid {0} --clear-groups", 1_000_000_000 + std::process::id());
    let other =
        if run(Command::new("id").arg("-u")).stdout.trim() == "0" { format!("setpriv {user}") } else { String::new() };
    let toynet = env!("CARGO_BIN_EXE_toynet");
    let line = format!(
        "folder=$(mktemp -d) && chmod 777 $folder && cd / && \
         {other} prlimit --nproc=1 env -u HOME XDG_RUNTIME_DIR= TMPDIR=$folder {toynet} run -- true; \
         status=$?; rm -r $folder; exit $status"
    );
    let outcome = shell_in(&home, &line);
    assert_eq!(outcome.code(), Some(4), "{outcome:?}");
    assert!(outcome.stderr.contains("`ulimit -u` allows no more processes"), "{outcome:?}");
}
