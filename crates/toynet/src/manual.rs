//! `completions` and `man`, both from the arguments themselves.

use std::io;

use clap::{Command, CommandFactory};

use crate::arguments::{Arguments, Completions};
use crate::exit::Exit;
use crate::output::print;
use crate::tool;

/// All that can be typed, the protocols' own commands included.
pub fn command() -> Command {
    tool::add_to(Arguments::command())
}

pub fn completions(completions: &Completions) -> Result<(), Exit> {
    let mut text = Vec::new();
    clap_complete::generate(completions.shell, &mut command(), "toynet", &mut text);
    print(&String::from_utf8_lossy(&text));
    Ok(())
}

/// One page: the whole, then each command.
pub fn man() -> Result<(), Exit> {
    let failed = |error: io::Error| Exit::failed(format!("toynet: {error}"));
    let command = command();
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut text).map_err(failed)?;
    for part in command.get_subcommands() {
        let man = clap_mangen::Man::new(part.clone().name(format!("toynet {}", part.get_name())));
        man.render_synopsis_section(&mut text).map_err(failed)?;
        man.render_description_section(&mut text).map_err(failed)?;
        man.render_options_section(&mut text).map_err(failed)?;
    }
    print(&String::from_utf8_lossy(&text));
    Ok(())
}
