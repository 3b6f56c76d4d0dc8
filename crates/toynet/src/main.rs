//! The command line: reads arguments, calls, prints, exits.
//!
//! - [`arguments`]: what can be typed
//! - [`judge`]: `check` and `plan`
//! - [`up`]: runs a lab; [`serve`]: from its plan to its end; [`control`]: what it does when asked;
//!   [`live`]: its log while it runs
//! - [`mod@run`]: `run` and `shell`, inside a lab; [`world`]: what they do it with; [`detour`]: the same without namespaces; [`doctor`]: what works here
//! - [`ask`]: `status`, `log` and `down` of a running lab; [`fault`]: what it does wrong on purpose
//! - [`mod@reload`]: a running lab takes its file anew
//! - [`detach`], [`wait`], [`mod@env`]: a lab as scripts use it
//! - [`browser`]: one to which a running lab is the internet
//! - [`diagram`]: what passed as a picture; [`source`]: what it and `log` show
//! - [`recording`]: a lab's record as a file; [`listen`]: who reads the record while the lab runs
//! - [`capture`]: a record as packets
//! - [`tool`]: a protocol's clients; [`solo`]: its server alone; [`tap`]: a relay between those of others
//! - [`ca`]: the root that vouches for a lab's certificates
//! - [`misused`]: what else is said to who mistypes
//! - [`output`]: what goes to stdout and stderr; [`exit`]: what went wrong, as text and status
//! - [`remarks`]: what toynet itself has to say while it runs

#![warn(clippy::print_stdout, clippy::print_stderr, reason = "both panic on a full disk: `output` does not")]

mod arguments;
mod ask;
mod browser;
mod ca;
mod capture;
mod control;
mod detach;
mod detour;
mod diagram;
mod doctor;
mod env;
mod exit;
mod export;
mod fault;
mod judge;
mod listen;
mod live;
mod manual;
mod misused;
mod output;
mod recording;
mod reload;
mod remarks;
mod run;
mod serve;
mod sink;
mod solo;
mod source;
mod tap;
mod tool;
mod up;
mod wait;
mod world;

use std::io;
use std::process::ExitCode;

use clap::FromArgMatches;

use arguments::{Arguments, Command, Up};
use exit::Exit;

fn main() -> ExitCode {
    let matches = manual::command().try_get_matches().unwrap_or_else(|error| misused::exit(error));
    let of_protocol = matches.subcommand().and_then(|(name, inner)| Some((tool::protocol(name)?, inner.clone())));
    let ended = match of_protocol {
        Some((protocol, inner)) => tool::go_inside(&inner).and_then(|()| on_runtime(tool::run(protocol, inner))),
        None => Arguments::from_arg_matches(&matches).map_or_else(
            |error| error.exit(),
            |arguments| run(arguments.command.unwrap_or_else(|| Command::Up(Up::default()))),
        ),
    };
    match ended.and_then(|()| output::arrived()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => exit.say(),
    }
}

fn run(command: Command) -> Result<(), Exit> {
    toynet_lab::run::descriptors::allow(0)?;
    match command {
        Command::Check(file) => judge::check(&file),
        Command::Plan(file) => judge::plan(&file),
        Command::Schema => judge::schema(),
        Command::Up(up) => up::up(up),
        Command::Run(run) => run::run(run),
        Command::Shell(shell) => run::shell(shell),
        Command::Doctor(doctor) => doctor::doctor(&doctor),
        Command::Status(status) => on_runtime(ask::status(status)),
        Command::Browser(browser) => browser::browser(browser),
        Command::Env(env) => on_runtime(env::env(env)),
        Command::Wait(wait) => wait::go_inside(&wait).and_then(|()| on_runtime(wait::wait(wait))),
        Command::Log(log) => on_runtime(ask::log(log)),
        Command::Capture(capture) => on_runtime(capture::capture(capture)),
        Command::Tap(tap) => on_runtime(tap::tap(tap)),
        Command::Fault(fault) => on_runtime(fault::fault(fault)),
        Command::Diagram(diagram) => on_runtime(diagram::diagram(diagram)),
        Command::Ca(ca) => on_runtime(ca::ca(ca)),
        Command::Reload(arguments) => on_runtime(reload::reload(arguments)),
        Command::Down(down) => on_runtime(ask::down(down)),
        Command::Completions(shell) => manual::completions(&shell),
        Command::Man => manual::man(),
    }
}

/// Every runtime is gone when this returns: a world can only be made by a process of one thread.
fn on_runtime<T>(work: impl Future<Output = Result<T, Exit>>) -> Result<T, Exit> {
    let runtime = toynet_lab::run::runtime().map_err(|error: io::Error| Exit::failed(error.to_string()))?;
    let result = runtime.block_on(work);
    // A write to a terminal that nobody reads must not hold up the end.
    runtime.shutdown_background();
    result
}
