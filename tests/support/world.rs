//! The tests' lab in a world, and what runs inside it.

use std::io::Read;
use std::process::{Child, Command, Stdio};

use super::lab::{Home, lab_file};
use super::run::{Outcome, run};
use super::tools::{tool, worlds};

/// A home where worlds can be made and these programs are installed.
pub fn home_with(needed: &[&str]) -> Option<Home> {
    let all: Vec<bool> = needed.iter().map(|name| tool(name).is_some()).collect();
    let home = Home::new();
    (worlds(&mut home.toynet(&["doctor"])) && all.into_iter().all(|found| found)).then_some(home)
}

/// Runs a command in the tests' lab.
pub fn inside(home: &Home, command: &[&str]) -> Outcome {
    run(home.toynet(&["run", &lab_file("shop"), "--"]).args(command))
}

/// Begins a script in the tests' lab and waits for its first line.
pub fn begin(home: &Home, script: &str) -> Child {
    let mut command = home.toynet(&["run", &lab_file("shop"), "--", "sh", "-c", script]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the binary runs");
    assert_eq!(first_line(&mut child), "started");
    child
}

/// The next line that a program prints.
pub fn first_line(child: &mut Child) -> String {
    // Octet by octet, so that what comes after the line is left for others.
    let stdout = child.stdout.as_mut().expect("stdout is piped");
    let mut line = Vec::new();
    let mut octet = [0];
    while stdout.read_exact(&mut octet).is_ok() && octet != *b"\n" {
        line.extend(octet);
    }
    String::from_utf8(line).expect("what is printed is text")
}

/// A line of the shell, where toynet is found.
pub fn shell_in(home: &Home, line: &str) -> Outcome {
    run(home.furnish(Command::new("sh").args(["-c", line])))
}
