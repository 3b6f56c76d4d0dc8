//! `check`, `plan` and `schema`: nothing is bound, nothing runs.

use std::env;
use std::io::{self, IsTerminal};
use std::path::Path;

use toynet_lab::report::Look;
use toynet_lab::{LabFile, Plan, Report, protocols};

use crate::arguments::File;
use crate::exit::Exit;
use crate::output::print;

pub fn check(file: &File) -> Result<(), Exit> {
    let lab_file = open(&file.lab_file)?;
    let (plan, mistakes) = match lab_file.plan(protocols::ALL) {
        Ok(plan) => (Some(plan), vec![]),
        Err(mistakes) => (None, mistakes),
    };
    if file.json {
        print(&format!("{:#}\n", Report::new(&lab_file, &mistakes).to_json()));
    }
    match plan {
        Some(plan) => {
            if !file.json {
                let (hosts, zones) = (plan.hosts.len(), plan.zones.len());
                print(&format!("{}: no mistakes; {hosts} hosts, {zones} zones\n", lab_file.path));
            }
            Ok(())
        }
        None => Err(Exit::invalid(Report::new(&lab_file, &mistakes).text(look()))),
    }
}

pub fn plan(file: &File) -> Result<(), Exit> {
    let lab_file = open(&file.lab_file)?;
    let plan = planned(&lab_file)?;
    print(&if file.json { format!("{:#}\n", plan.to_json()) } else { plan.to_string() });
    Ok(())
}

pub fn schema() -> Result<(), Exit> {
    print(&format!("{:#}\n", toynet_lab::schema::schema(protocols::ALL)));
    Ok(())
}

/// The lab file at a path, or the built-in lab of that name when there is no such file.
pub fn open(path: &Path) -> Result<LabFile, Exit> {
    let built_in = path.to_str().and_then(LabFile::built_in);
    LabFile::open(path).or_else(|error| built_in.ok_or_else(|| unreadable(path, &error)))
}

fn unreadable(path: &Path, error: &io::Error) -> Exit {
    let mut text = format!("toynet: {} cannot be read: {error}", path.display());
    if error.kind() == io::ErrorKind::NotFound {
        text = match path.to_str().and_then(LabFile::built_in_like) {
            Some(name) => format!("{text}\ndid you mean the built-in lab {name}?"),
            None => format!("{text}\nbuilt-in labs are: {}", LabFile::built_in_names().join(", ")),
        };
    }
    Exit::invalid(text)
}

/// The plan, or everything that is wrong with the file.
pub fn planned(file: &LabFile) -> Result<Plan, Exit> {
    file.plan(protocols::ALL).map_err(|mistakes| Exit::invalid(Report::new(file, &mistakes).text(look())))
}

fn look() -> Look {
    let wants_colour = io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none();
    if wants_colour { Look::Terminal(COLUMNS) } else { Look::Plain }
}

/// Reads well on any terminal of today.
const COLUMNS: usize = 100;
