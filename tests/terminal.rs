//! A shell in a lab, at a terminal.

mod support;

use std::process::Command;

use support::lab::Home;
use support::run;
use support::tools::{tool, worlds};

#[test]
fn a_plain_shell_at_a_terminal_ends_with_its_own_status_and_without_a_complaint() {
    let home = Home::new();
    if !worlds(&mut home.toynet(&["doctor"])) || tool("expect").is_none() {
        return;
    }
    // dash gives the terminal back to the group in which it began, and says so when there is none.
    let script = home.write("shell.exp", SHELL_EXP);
    let outcome = run(home.furnish(&mut Command::new("expect")).arg(script));
    assert_eq!(outcome.code(), Some(7), "{outcome:?}");
    assert!(outcome.stdout.contains("(hello) you:"), "{outcome:?}");
    assert!(!outcome.stdout.contains("Cannot set"), "{outcome:?}");
}

const SHELL_EXP: &str = r#"
set timeout 15
spawn toynet shell hello -- dash
expect -re {\(hello\) .*\$ $}
send "exit 7\r"
expect eof
exit [lindex [wait] 3]
"#;
