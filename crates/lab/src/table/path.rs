//! Which programs a person could type.

use std::env;
use std::ffi::OsStr;
use std::path::Path;

/// Whether a program of this name is found on the PATH.
pub fn is_on_path(program: &str) -> bool {
    env::var_os("PATH").is_some_and(|path| is_in(&path, program))
}

/// How this program is called from here: by its name where the PATH leads to it, otherwise by its path, which is
/// relative where that is shorter.
pub fn own_call() -> String {
    const NAME: &str = "toynet";
    let Ok(program) = env::current_exe() else { return NAME.to_owned() };
    let found = env::var_os("PATH").and_then(|path| {
        env::split_paths(&path).map(|folder| folder.join(NAME)).find(|candidate| is_program(candidate))
    });
    if found.and_then(|found| found.canonicalize().ok()).is_some_and(|found| found == program) {
        return NAME.to_owned();
    }
    let here = env::current_dir().unwrap_or_default();
    let shown = program.strip_prefix(&here).unwrap_or(&program).display().to_string();
    if shown.contains(' ') { format!("'{shown}'") } else { shown }
}

fn is_in(path: &OsStr, program: &str) -> bool {
    env::split_paths(path).any(|folder| is_program(&folder.join(program)))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file() || path.with_extension(env::consts::EXE_EXTENSION).is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_or_a_text_is_no_program() {
        let here = OsStr::new(env!("CARGO_MANIFEST_DIR"));
        assert!(!is_in(here, "src"));
        #[cfg(unix)]
        assert!(!is_in(here, "Cargo.toml"));
        assert!(!is_in(here, "nothing"));
    }
}
