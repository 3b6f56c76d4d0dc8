//! Programs of others that a test needs.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

/// A program on the PATH. When it is missing the caller returns early: the skip is said aloud and
/// added to the file that `tests/run` counts. In CI nothing may be missing.
#[must_use]
pub fn tool(name: &str) -> Option<PathBuf> {
    let found = find(name);
    if found.is_none() {
        skip(&format!("{name} is not installed"));
    }
    found
}

/// A Python that has the module `module`; missing, it is treated as a missing tool.
#[must_use]
pub fn python_with(module: &str) -> Option<Command> {
    let python = tool("python3")?;
    let has = Command::new(&python).args(["-c", &format!("import {module}")]).output();
    if has.is_ok_and(|outcome| outcome.status.success()) {
        return Some(Command::new(python));
    }
    skip(&format!("Python's {module} is not installed"));
    None
}

/// Whether Perl has a module that a program written in it needs; where not, that is treated as a missing tool.
#[must_use]
pub fn perl_has(module: &str) -> bool {
    let has = Command::new("perl").args([&format!("-M{module}"), "-e", "1"]).output();
    let has = has.is_ok_and(|outcome| outcome.status.success());
    if !has {
        skip(&format!("Perl's {module} is not installed"));
    }
    has
}

/// Whether `doctor` finds that namespaces can be had here; where not, that is treated as a missing tool.
#[must_use]
pub fn worlds(doctor: &mut Command) -> bool {
    let outcome = doctor.output().expect("the binary runs");
    if !outcome.status.success() {
        skip(&format!("no worlds here: {}", String::from_utf8_lossy(&outcome.stdout)));
    }
    outcome.status.success()
}

fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // Daemons are installed where an ordinary user's PATH does not look.
    let folders = env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn skip(why: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    assert!(env::var_os("CI").is_none(), "{why}, and CI skips nothing");
    eprintln!("SKIPPED {test}: {why}");
    if let Some(file) = env::var_os("TOYNET_SKIPS") {
        let mut file = OpenOptions::new().create(true).append(true).open(file).expect("skips can be counted");
        writeln!(file, "{test}: {why}").expect("skips can be counted");
    }
}
