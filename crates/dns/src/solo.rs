//! `toynet dns serve`: an authoritative name server for the zone files that are named.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use toynet_service::{
    Command as Ready, Config, Endpoint, Files, Mistake, Place, Reached, Server, Solo, Stand, Vouched,
};

use crate::codes::RecordType;
use crate::config::endpoints;
use crate::name::Name;
use crate::record::Record;
use crate::server::NameServer;
use crate::zonefile::{self, Loaded, Severity, ZoneFile};

/// The server.
pub const SOLO: Solo = Solo { arguments, read };

fn arguments() -> Command {
    Command::new("serve")
        .about("Serve zone files, authoritatively, over UDP and TCP")
        .arg(
            Arg::new(FILES)
                .value_name("ZONEFILE")
                .required(true)
                .action(ArgAction::Append)
                .num_args(1..)
                .value_parser(value_parser!(PathBuf))
                .help("A master file (RFC 1035 5); what it includes is looked for beside it"),
        )
        .arg(
            Arg::new(ORIGIN)
                .long(ORIGIN)
                .value_name("ZONE")
                .action(ArgAction::Append)
                .help("Whose zone a file is, in the order of the files [default: the owner of its SOA record, or the file's name without .zone]"),
        )
        .after_help(AFTER)
}

fn read(matches: &ArgMatches) -> Result<Stand, String> {
    let files: Vec<&PathBuf> = matches.get_many(FILES).into_iter().flatten().collect();
    let origins: Vec<&String> = matches.get_many(ORIGIN).into_iter().flatten().collect();
    if origins.len() > files.len() {
        return Err(format!("--origin is there {} times for {} zone files", origins.len(), files.len()));
    }
    let origins =
        origins.into_iter().map(|origin| read_origin(origin).map(Some)).chain(std::iter::repeat_with(|| Ok(None)));
    let mut zones: Vec<(Name, Vec<Record>)> = Vec::new();
    for (path, origin) in files.into_iter().zip(origins) {
        let (origin, records) = zone(path, origin?)?;
        if zones.iter().any(|(other, _)| *other == origin) {
            return Err(format!("{}: {origin} is the zone of another file too", path.display()));
        }
        zones.push((origin, records));
    }
    let zones = Arc::new(zones);
    let config = move |port| Box::new(Alone { port, zones: Arc::clone(&zones) }) as Box<dyn Config>;
    Ok(Stand { config: Box::new(config), port: PORT, zones: Vec::new(), state: None, vouched: Vouched::ForNow })
}

fn read_origin(text: &str) -> Result<Name, String> {
    text.parse().map_err(|error| format!("--origin {text}: {error}"))
}

/// Reads a zone and checks it as a whole.
fn zone(path: &Path, origin: Option<Name>) -> Result<(Name, Vec<Record>), String> {
    let text = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let file = path.display().to_string();
    let origin = origin.or_else(|| owner_of_soa(&file, &text)).or_else(|| named_by(path));
    let origin =
        origin.ok_or_else(|| format!("{file}: whose zone is it? Say so with --origin ZONE, or $ORIGIN in the file"))?;
    let read = zonefile::read_zone(&file, &text, &origin, &mut load);
    if read.is_invalid() {
        return Err(listed(&read));
    }
    read.faults.iter().for_each(|fault| tracing::warn!("{fault}"));
    Ok((origin, read.records()))
}

/// Who the SOA record says that the zone is, if it says so without knowing already.
fn owner_of_soa(file: &str, text: &[u8]) -> Option<Name> {
    let read = zonefile::read(file, text, None, &mut load);
    read.entries.into_iter().find(|(record, _)| record.kind == RecordType::SOA).map(|(record, _)| record.owner)
}

/// `shop.test.zone`, `shop.test.db` and `db.shop.test` are of `shop.test`.
fn named_by(path: &Path) -> Option<Name> {
    let file = path.file_name()?.to_str()?;
    let ends = file.strip_suffix(".zone").or_else(|| file.strip_suffix(".db"));
    ends.or_else(|| file.strip_prefix("db."))?.parse().ok()
}

/// What a file includes lies beside it, unless its path is absolute.
fn load(path: &str, from: &str) -> Result<Loaded, String> {
    let path = Path::new(from).parent().unwrap_or(Path::new("")).join(path);
    let text = fs::read(&path).map_err(|error| error.to_string())?;
    Ok(Loaded { file: path.display().to_string(), text })
}

/// All that must be mended, a line each.
fn listed(read: &ZoneFile) -> String {
    let errors: Vec<String> =
        read.faults.iter().filter(|fault| fault.severity == Severity::Error).map(ToString::to_string).collect();
    let more = errors.len().saturating_sub(MOST_SHOWN);
    let shown = errors[..errors.len().min(MOST_SHOWN)].join("\n");
    if more > 0 { format!("{shown}\nand {more} mistakes more") } else { shown }
}

/// A name server outside any lab.
#[derive(Debug)]
struct Alone {
    port: u16,
    zones: Arc<Vec<(Name, Vec<Record>)>>,
}

impl Config for Alone {
    fn endpoints(&self) -> Vec<Endpoint> {
        endpoints(self.port)
    }

    fn check(&self, _: &dyn Files) -> Vec<Mistake> {
        Vec::new()
    }

    fn commands(&self, _: &Reached<'_>) -> Vec<Ready> {
        Vec::new()
    }

    fn build(&self, place: &Place) -> io::Result<Box<dyn Server>> {
        Ok(Box::new(NameServer::of_zones(self.port, place, self.zones.to_vec())?))
    }
}

const FILES: &str = "files";
const ORIGIN: &str = "origin";
/// The port of name servers (RFC 1035 4.2).
const PORT: u16 = 53;
/// More than a screen of mistakes is one mistake made often.
const MOST_SHOWN: usize = 20;

const AFTER: &str = "\
Examples:
  toynet dns serve shop.test.zone
  toynet dns serve --origin shop.test --listen 127.0.0.1:5300 --listen [::1]:5300 zones/shop
  toynet dns query @127.0.0.1#8053 shop.test SOA";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_whose_zone_it_is() {
        let owner = |text: &str| owner_of_soa("z", text.as_bytes()).map(|name| name.to_string());
        assert_eq!(owner("$ORIGIN shop.test.\n$TTL 60\n@ SOA ns root 1 2 3 4 5\n").as_deref(), Some("shop.test."));
        assert_eq!(owner("a.test. 60 SOA ns.a.test. root.a.test. 1 2 3 4 5\n").as_deref(), Some("a.test."));
        assert_eq!(owner("$TTL 60\n@ SOA ns root 1 2 3 4 5\n"), None);
        let named = |path: &str| named_by(Path::new(path)).map(|name| name.to_string());
        assert_eq!(named("zones/shop.test.zone").as_deref(), Some("shop.test."));
        assert_eq!((named("db.shop.test").as_deref(), named("shop")), (Some("shop.test."), None));
    }
}
