//! A web site that stands alone: `toynet http serve`.

use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command};
use toynet_service::{Solo, Stand};

use crate::config;

/// It.
pub const SOLO: Solo = Solo { arguments, read };

fn arguments() -> Command {
    let folder = Arg::new("dir").value_name("DIR").default_value(".").help("The folder whose files are served");
    let index = Arg::new("index").long("index").value_name("NAME").action(ArgAction::Append);
    let index =
        index.help("A name of a folder's own page, instead of index.html; of several the first that is there counts");
    let listing = Arg::new("listing").long("listing").action(ArgAction::SetTrue);
    let listing = listing.help("Show what lies in folders that have no such page");
    Command::new("serve").about("Serve the files of a folder").arg(folder).arg(index).arg(listing)
}

fn read(matches: &ArgMatches) -> Result<Stand, String> {
    let folder = matches.get_one::<String>("dir").map_or(".", String::as_str);
    let root = std::path::absolute(folder).map_err(|error| format!("{folder}: {error}"))?;
    check(&root)?;
    let root = root.to_str().ok_or_else(|| format!("{folder}: the folder's name is not UTF-8"))?.to_owned();
    let index: Vec<String> = matches.get_many("index").into_iter().flatten().cloned().collect();
    if let Some(name) = index.iter().find(|name| !config::is_file_name(name)) {
        return Err(format!("`{name}` is not the name of a file in a folder: say --index index.htm"));
    }
    let listing = matches.get_flag("listing");
    Ok(Stand {
        config: Box::new(move |port| config::of_folder(port, &root, &index, listing)),
        port: 80,
        datagrams: false,
        zones: Vec::new(),
        state: None,
    })
}

fn check(root: &Path) -> Result<(), String> {
    match std::fs::read_dir(root) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{} cannot be served: {error}", root.display())),
    }
}
