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
    for line in [
        "exec toynet shell hello -- dash",
        "toynet shell hello -- dash",
        "toynet shell hello -- dash -i; exit $?",
        "toynet run --lab hello hello -- dash; exit $?",
    ] {
        let script = home.write("shell.exp", SHELL_EXP.replace("LINE", line));
        let outcome = run(home.furnish(&mut Command::new("expect")).arg(script));
        assert_eq!(outcome.code(), Some(7), "{line}: {outcome:?}");
        assert!(outcome.stdout.contains("(hello) you:"), "{line}: {outcome:?}");
        assert!(outcome.stdout.contains("interrupted 130"), "{line}: {outcome:?}");
        assert!(!outcome.stdout.contains("Cannot set"), "{line}: {outcome:?}");
    }
}

/// Ctrl-C ends what the shell has started, and neither the shell nor who started that.
const SHELL_EXP: &str = r#"
set timeout 15
spawn sh -c {LINE}
expect -re {\(hello\) .*\$ $}
send "echo begun; sleep 20\r"
expect -re {\nbegun}
sleep 0.2
send "\003"
expect -re {\$ $}
send "echo interrupted $?\r"
expect -re {\ninterrupted}
send "exit 7\r"
expect eof
exit [lindex [wait] 3]
"#;
