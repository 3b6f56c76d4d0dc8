//! The bulletin board alone: `toynet telnet serve`.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};
use toynet_service::{Solo, Stand, Vouched};

use crate::config;

/// The board alone.
pub const SOLO: Solo = Solo { arguments, read };

fn arguments() -> Command {
    Command::new("serve")
        .about("A bulletin board that stands alone: names, talk, posts")
        .arg(Arg::new(BANNER).long(BANNER).value_name("TEXT").help("What greets people [default: Welcome]"))
        .arg(
            Arg::new(STATE)
                .long(STATE)
                .value_name("FOLDER")
                .value_parser(value_parser!(PathBuf))
                .help("Where posts outlast it [default: they end with it]"),
        )
}

fn read(matches: &ArgMatches) -> Result<Stand, String> {
    let banner = matches.get_one::<String>(BANNER).map_or("Welcome", String::as_str).to_owned();
    let state = matches.get_one::<PathBuf>(STATE).cloned();
    if let Some(folder) = &state
        && !folder.is_dir()
    {
        return Err(format!("there is no folder {}\nmake it first: mkdir {0}", folder.display()));
    }
    Ok(Stand {
        config: config::alone(banner, state.clone()),
        port: 23,
        zones: Vec::new(),
        state,
        vouched: Vouched::ForNow,
    })
}

const BANNER: &str = "banner";
const STATE: &str = "state";
