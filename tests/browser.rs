//! `toynet browser`: a browser to which a running lab is the internet.

mod support;

use std::fs;
use std::process::Command;

use support::lab::{Home, lab_file};
use support::{Lab, run, tool, tools};

#[test]
fn chromium_shows_a_page_of_the_lab_in_clear_and_over_tls_and_leaves_no_profile() {
    if tool("chromium").is_none() {
        return;
    }
    let home = Home::new();
    let lab = Lab::start(&home, &["up", &lab_file("shop")]);
    let temporary = home.path().join("tmp");
    fs::create_dir(&temporary).expect("a folder for the test");
    for scheme in ["http", "https"] {
        let url = format!("{scheme}://www.shop.test/");
        let mut command = home.toynet(&["browser", &url, "--with", "chromium", "--", "--headless", "--dump-dom"]);
        let page = run(command.env("TMPDIR", &temporary)).succeeded().stdout;
        assert!(page.contains("shop"), "{scheme}: {page}");
    }
    assert_eq!(fs::read_dir(&temporary).expect("the folder").count(), 0, "the profile is gone");
    let log = lab.toynet(&["log"]).succeeded().stdout;
    assert!(log.contains("GET / (www.shop.test)"), "{log}");
}

#[test]
fn chromium_shows_no_page_whose_certificate_is_wrong_on_purpose() {
    if tool("chromium").is_none() {
        return;
    }
    let home = Home::new();
    let file =
        home.write("lab.toml", "[host.\"old.shop.test\".http]\npages = { \"/\" = \"bread\" }\ntls = \"expired\"\n");
    let _lab = Lab::start(&home, &["up", file.to_str().expect("a path of ours is text")]);
    let url = "https://old.shop.test/";
    let outcome = run(&mut home.toynet(&["browser", url, "--with", "chromium", "--", "--headless", "--dump-dom"]));
    assert!(!outcome.stdout.contains("bread"), "{outcome:?}");
}

#[test]
fn firefox_shows_a_page_over_tls() {
    let home = Home::new();
    if tool("firefox-esr").is_none() || !tools::worlds(&mut home.toynet(&["doctor"])) {
        return;
    }
    let lab = Lab::start(&home, &["up", &lab_file("shop")]);
    let picture = home.path().join("picture.png").display().to_string();
    let url = "https://www.shop.test/";
    let arguments = ["browser", url, "--with", "firefox-esr", "--", "--headless", "--screenshot", &picture];
    run(&mut home.toynet(&arguments)).succeeded();
    let log = lab.toynet(&["log"]).succeeded().stdout;
    // Whom it does not trust it asks for nothing.
    assert!(log.contains("GET / (www.shop.test)"), "{log}");
    assert!(fs::metadata(&picture).is_ok_and(|picture| picture.len() > 1000), "a picture was made");
}

#[test]
fn chromium_in_a_lab_keeps_its_sandbox_for_an_ordinary_user() {
    let home = Home::new();
    let needed = ["chromium", "setpriv"].map(|name| tool(name).is_some());
    if needed.contains(&false) || !tools::worlds(&mut home.toynet(&["doctor"])) {
        return;
    }
    let script = home.write("look.sh", LOOK_AT_A_RENDERER);
    let line = format!(
        "cp '{binary}' toynet; mkdir -m 700 own; test $(id -u) != 0 || chown -R 65534:65534 .; chmod +x .; \
         test $(id -u) != 0 || be='setpriv --reuid 65534 --regid 65534 --clear-groups'; \
         HOME=$PWD/own XDG_RUNTIME_DIR=$PWD/own XDG_STATE_HOME=$PWD/own exec $be ./toynet run hello -- sh '{script}'",
        binary = env!("CARGO_BIN_EXE_toynet"),
        script = script.display(),
    );
    let outcome = run(home.furnish(Command::new("sh").args(["-c", &line])));
    let told = outcome.succeeded().stdout;
    assert!(told.contains("drawn\nfiltered\nits own users\n"), "{told}");
}

#[test]
fn a_browser_without_a_lab_is_told_so() {
    let outcome = run(&mut Home::new().toynet(&["browser"]));
    assert_eq!(outcome.code(), Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("no lab runs"), "{outcome:?}");
}

/// Draws a page, then looks at a process that draws another: it has a filter (seccomp(2)) and users of its own.
const LOOK_AT_A_RENDERER: &str = r#"
chromium --headless --user-data-dir="$HOME/one" --screenshot="$HOME/page.png" https://www.hello.test/ 2>said || cat said
test -s "$HOME/page.png" && echo drawn
chromium --headless --user-data-dir="$HOME/two" --remote-debugging-port=0 https://www.hello.test/ >said 2>&1 &
filtered() { renderer=$(pgrep -o -f type=renderer) && grep -q '^Seccomp:.2' /proc/$renderer/status; }
until filtered; do kill -0 $! || break; done
filtered && echo filtered
test "$(readlink /proc/$renderer/ns/user)" != "$(readlink /proc/self/ns/user)" && echo its own users
kill $!
"#;
