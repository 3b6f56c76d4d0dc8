//! `toynet browser`: a browser to which a running lab is the internet.

mod support;

use std::fs;

use support::lab::{Home, lab_file};
use support::{Lab, run, tool};

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
fn a_browser_without_a_lab_is_told_so() {
    let outcome = run(&mut Home::new().toynet(&["browser"]));
    assert_eq!(outcome.code(), Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("no lab runs"), "{outcome:?}");
}
