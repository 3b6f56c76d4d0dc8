//! A web site that stands alone: `toynet http serve`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};
use toynet_net::tls::{BadIdentity, Identity};
use toynet_service::{HostName, Solo, Stand, Vouched};

use crate::config::{self, Alone, AloneTls};

/// It.
pub const SOLO: Solo = Solo { arguments, read };

fn arguments() -> Command {
    let folder = Arg::new("dir").value_name("DIR").default_value(".").help("The folder whose files are served");
    let index = Arg::new("index").long("index").value_name("NAME").action(ArgAction::Append);
    let index =
        index.help("A name of a folder's own page, instead of index.html; of several the first that is there counts");
    let listing = Arg::new("listing").long("listing").action(ArgAction::SetTrue);
    let listing = listing.help("Show what lies in folders that have no such page");
    let command = Command::new("serve").about("Serve the files of a folder");
    command.arg(folder).arg(index).arg(listing).next_help_heading("TLS").args(tls_arguments())
}

fn tls_arguments() -> [Arg; 4] {
    let tls = Arg::new("tls").long("tls").action(ArgAction::SetTrue);
    let name = Arg::new("name").long("name").value_name("NAME").action(ArgAction::Append).value_parser(name);
    let file = |id: &'static str| Arg::new(id).long(id).value_name("FILE").value_parser(clap::value_parser!(PathBuf));
    [
        tls.help("Speak TLS, HTTP/2 and HTTP/3, with certificates of an authority that is made once and kept"),
        name.requires("tls").conflicts_with("cert").help("A name besides localhost that its certificates are for"),
        file("cert").help("Speak TLS with this certificate, in PEM, and those behind it in the file"),
        file("key").requires("cert").help("The key of that, if it is not in the same file"),
    ]
}

fn name(text: &str) -> Result<String, String> {
    HostName::parse(text).map(|name| name.to_string()).map_err(|why| format!("a host's name {why}"))
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
    let tls = tls(matches)?;
    let (port, vouched) = match &tls {
        None => (80, Vouched::ForNow),
        Some(AloneTls::Made(_)) => (443, Vouched::Kept),
        Some(AloneTls::Own(chain, _)) => (443, Vouched::By(chain.into())),
    };
    let alone = Alone { root, index, listing: matches.get_flag("listing"), tls };
    let config = Box::new(move |port| config::of_folder(port, &alone));
    Ok(Stand { config, port, zones: Vec::new(), state: None, vouched })
}

fn check(root: &Path) -> Result<(), String> {
    match fs::read_dir(root) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{} cannot be served: {error}", root.display())),
    }
}

fn tls(matches: &ArgMatches) -> Result<Option<AloneTls>, String> {
    let Some(chain) = matches.get_one::<PathBuf>("cert") else {
        let names = || matches.get_many("name").into_iter().flatten().cloned().collect();
        return Ok(matches.get_flag("tls").then(|| AloneTls::Made(names())));
    };
    let key = matches.get_one::<PathBuf>("key").unwrap_or(chain);
    check_identity(chain, key)?;
    Ok(Some(AloneTls::Own(whole(chain)?, whole(key)?)))
}

/// Says what is wrong with a certificate and its key in the words of who typed where they are.
fn check_identity(chain: &Path, key: &Path) -> Result<(), String> {
    let text = |option: &str, file: &Path| {
        fs::read_to_string(file).map_err(|error| format!("--{option} {} cannot be read: {error}", file.display()))
    };
    let (chain_text, key_text) = (text("cert", chain)?, text("key", key)?);
    let said = |option: &str, file: &Path, bad: &BadIdentity, advice: &str| {
        Err(format!("--{option} {}: {bad}; {advice}", file.display()))
    };
    match &Identity::from_pem(&chain_text, &key_text) {
        Ok(_) => Ok(()),
        Err(bad @ BadIdentity::NoCertificate) => {
            said("cert", chain, bad, "PEM begins with -----BEGIN CERTIFICATE-----")
        }
        Err(bad @ BadIdentity::Certificate(_)) => {
            said("cert", chain, bad, "`openssl x509 -text -in` shows one that is whole")
        }
        Err(bad @ BadIdentity::NoKey) if key_text.contains("ENCRYPTED") => {
            said("key", key, bad, "one behind a password is opened by `openssl pkey -in`")
        }
        Err(bad @ BadIdentity::NoKey) if chain == key => said("cert", chain, bad, "say where that is: --key FILE"),
        Err(bad @ BadIdentity::NoKey) => said("key", key, bad, "PEM begins with -----BEGIN PRIVATE KEY-----"),
        Err(bad @ BadIdentity::Key(_)) => said("key", key, bad, "there are RSA, ECDSA (P-256, P-384) and Ed25519"),
        Err(bad @ BadIdentity::Mismatch) => {
            said("key", key, bad, &format!("the first certificate of {} must be that of this key", chain.display()))
        }
    }
}

/// A path as it is from everywhere.
fn whole(file: &Path) -> Result<String, String> {
    let path = std::path::absolute(file).map_err(|error| format!("{}: {error}", file.display()))?;
    path.to_str().map(str::to_owned).ok_or_else(|| format!("{}: the file's name is not UTF-8", file.display()))
}
