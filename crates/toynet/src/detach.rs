//! `up -d`: comes back when every service answers.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use toynet_lab::run::Folders;

use crate::exit::Exit;
use crate::output::{self, print};
use crate::serve::not_allowed;

/// Runs this program again with the same arguments, but for those that say `detach`, and goes on until
/// that is ready. What it has to say is kept beside the state of the lab called `name`.
pub fn detach(name: &str) -> Result<(), Exit> {
    let remarks = remarks(name)?;
    let stderr = match &remarks {
        Some(path) => File::create(path).map_err(not_allowed)?.into(),
        None => Stdio::null(),
    };
    let arguments = env::args_os().skip(1).filter(|word| !DETACH.iter().any(|detach| word == detach));
    let mut command = Command::new(env::current_exe().map_err(not_allowed)?);
    command.args(arguments).args(["--log", "off"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
    // A terminal's Ctrl-C and its end are for others.
    let mut child = command.process_group(0).spawn().map_err(not_allowed)?;
    let printed = child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines().map_while(Result::ok));
    for line in printed {
        print(&format!("{line}\n"));
        if line.starts_with("ready") {
            // What it lacks is not for the file alone.
            output::say_all(&remarks.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default());
            return Ok(());
        }
    }
    let status = child.wait().map_err(not_allowed)?;
    let why = remarks.as_ref().and_then(|path| fs::read_to_string(path).ok()).filter(|why| !why.is_empty());
    let silent = || remarks.map(|path| format!("toynet: no lab started, and why is not in {}", path.display()));
    Err(Exit::with_status(number(status), why.or_else(silent)))
}

fn remarks(name: &str) -> Result<Option<PathBuf>, Exit> {
    let keep = || -> io::Result<Option<PathBuf>> { Folders::of_user()?.keep_state(name) };
    Ok(keep().map_err(not_allowed)?.map(|folder| folder.join("remarks")))
}

fn number(status: ExitStatus) -> u8 {
    let killed = status.signal().map(|signal| 128 + signal);
    status.code().or(killed).and_then(|status| status.try_into().ok()).unwrap_or(1)
}

const DETACH: [&str; 2] = ["-d", "--detach"];
