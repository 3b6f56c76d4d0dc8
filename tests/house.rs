//! The house's walls, checked by reading its files: which room may know which, and what may stand where.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

#[test]
fn arrows_only_go_down() {
    let mut wrong = Vec::new();
    for (room, manifest) in manifests() {
        let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == room) else {
            wrong.push(format!("{room} has no line in this file's table of arrows"));
            continue;
        };
        // The tests and examples of the whole may walk through every room.
        let tables = if room == "toynet" { &TABLES[..1] } else { TABLES };
        let ours = dependencies(&manifest, tables)
            .into_iter()
            .filter_map(|name| Some(name.strip_prefix("toynet-")?.to_owned()));
        wrong.extend(ours.filter(|to| !allowed.contains(&to.as_str())).map(|to| format!("{room} -> {to}")));
    }
    assert_none("arrows that do not go down", &wrong);
}

#[test]
fn every_protocol_can_be_built_without_io() {
    let mut wrong = Vec::new();
    for (room, manifest) in manifests().into_iter().filter(|(room, _)| PROTOCOLS.contains(&room.as_str())) {
        if manifest["features"]["default"].as_array().is_none_or(|list| list != &[Value::from("io")]) {
            wrong.push(format!("{room}: the default features are not exactly io"));
        }
        for io in ["tokio", "toynet-net", "toynet-service", "hyper", "hyper-util", "quinn", "tokio-rustls"] {
            let Some(dependency) = manifest["dependencies"].get(io) else { continue };
            if dependency.get("optional").and_then(Value::as_bool) != Some(true) {
                wrong.push(format!("{room}: {io} is there without the feature io"));
            }
        }
    }
    assert_none("protocols that need I/O", &wrong);
}

#[test]
fn sockets_clocks_and_threads_are_made_in_net_alone() {
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|file| !in_rooms(file, &["net", "world"])) {
        for (number, line) in product_lines(file) {
            let found = MADE_IN_NET.iter().filter(|word| contains_word(&line, word));
            wrong.extend(found.map(|word| format!("{}:{number}: {word}", shown(file))));
        }
    }
    assert_none("sockets, clocks or threads outside net", &wrong);
}

#[test]
fn unsafe_stands_only_where_the_kernel_is_called() {
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|file| !in_rooms(file, &["net", "world"])) {
        let lines = code_lines(file).into_iter().filter(|(_, line)| contains_word(line, "unsafe"));
        wrong.extend(lines.map(|(number, _)| format!("{}:{number}", shown(file))));
    }
    assert_none("unsafe outside net and world", &wrong);
}

#[test]
fn one_file_lists_the_protocols() {
    let mut wrong = Vec::new();
    let above = |file: &&PathBuf| in_rooms(file, &["lab", "toynet"]) && !file.ends_with("lab/src/protocols.rs");
    for file in sources().iter().filter(above) {
        for (number, line) in code_lines(file) {
            let named = PROTOCOLS.iter().filter(|name| contains_word(&line, &format!("toynet_{name}")));
            wrong.extend(named.map(|name| format!("{}:{number}: {name}", shown(file))));
        }
    }
    assert_none("protocol crates named outside lab/src/protocols.rs", &wrong);
}

#[test]
fn no_file_is_longer_than_one_idea() {
    let ours = sources().into_iter().chain(files(&root().join("tests"), "rs"));
    let long = ours.filter(|file| text(file).lines().count() > 600);
    assert_none("files over 600 lines", &long.map(|file| shown(&file)).collect::<Vec<_>>());
}

#[test]
fn every_crate_opens_with_a_map_of_its_modules() {
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|file| file.ends_with("src/lib.rs")) {
        let whole = text(file);
        let map: String = whole.lines().take_while(|line| line.starts_with("//!")).collect();
        if map.is_empty() {
            wrong.push(format!("{}: no map", shown(file)));
        }
        let product = product_lines(file);
        let modules = product.iter().filter_map(|(_, line)| module(line));
        let missing = modules.filter(|name| !map.contains(&format!("`{name}`")));
        wrong.extend(missing.map(|name| format!("{}: {name}", shown(file))));
    }
    assert_none("modules that their crate's map leaves out", &wrong);
}

#[test]
fn the_documents_know_every_room_and_every_lab() {
    let mut wrong = Vec::new();
    let architecture = text(&root().join("ARCHITECTURE.md"));
    let rooms = folders(&root().join("crates")).into_iter().filter(|room| !architecture.contains(&format!("`{room}`")));
    wrong.extend(rooms.map(|room| format!("ARCHITECTURE.md: crates/{room}")));
    let readme = text(&root().join("README.md"));
    let labs = files(&root().join("configs"), "toml").into_iter().map(|lab| shown(&lab));
    wrong.extend(labs.filter(|lab| !readme.contains(lab)).map(|lab| format!("README.md: {lab}")));
    assert_none("rooms and labs that no document mentions", &wrong);
}

#[test]
fn words_are_found_whole_and_comments_are_not_read() {
    assert!(contains_word("    Instant::now()", "Instant::now"));
    assert!(!contains_word("MyInstant::now_or_never()", "Instant::now"));
    assert!(contains_word("use std::net::{IpAddr, TcpStream};", "TcpStream"));
    assert_eq!(without_comment("a(); // unsafe"), "a(); ");
    assert_eq!(without_comment("\"http://x\"; // y"), "\"http://x\"; ");
    assert_eq!(module("pub mod wire;"), Some("wire"));
    assert_eq!(module("mod tests {"), None);
}

/// From which room to which others an arrow may go. The root package is the room `toynet`.
const ARROWS: &[(&str, &[&str])] = &[
    ("toynet", &["lab", "view", "world"]),
    ("lab", &["dns", "smtp", "http", "telnet", "service", "net", "record", "machine"]),
    ("view", &["capture", "record", "machine"]),
    ("capture", &["record", "machine"]),
    ("dns", PROTOCOL_MAY),
    ("smtp", PROTOCOL_MAY),
    ("http", PROTOCOL_MAY),
    ("telnet", PROTOCOL_MAY),
    ("service", &["net", "record", "machine"]),
    ("world", &[]),
    ("net", &["record", "machine"]),
    ("record", &["machine"]),
    ("machine", &[]),
];

const TABLES: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];
const PROTOCOLS: &[&str] = &["dns", "smtp", "http", "telnet"];
const PROTOCOL_MAY: &[&str] = &["service", "net", "record", "machine"];

const MADE_IN_NET: &[&str] = &[
    "TcpListener",
    "TcpSocket",
    "TcpStream",
    "UdpSocket",
    "UnixDatagram",
    "UnixListener",
    "UnixStream",
    "socket2",
    "Instant::now",
    "SystemTime::now",
    "thread::spawn",
    "thread::Builder",
    "thread::scope",
];

fn manifests() -> BTreeMap<String, Table> {
    let rooms = folders(&root().join("crates")).into_iter().filter(|room| room != "toynet");
    let mut manifests: BTreeMap<_, _> =
        rooms.map(|room| (room.clone(), manifest(&root().join("crates").join(room)))).collect();
    manifests.insert("toynet".into(), manifest(&root()));
    manifests
}

fn manifest(folder: &Path) -> Table {
    let file = folder.join("Cargo.toml");
    text(&file).parse().unwrap_or_else(|error| panic!("{}: {error}", shown(&file)))
}

fn dependencies(manifest: &Table, tables: &[&str]) -> BTreeSet<String> {
    let tables = tables.iter().filter_map(|table| manifest.get(*table)?.as_table());
    tables.flat_map(|table| table.keys().cloned()).collect()
}

/// The Rust files of all rooms.
fn sources() -> Vec<PathBuf> {
    files(&root().join("crates"), "rs")
}

fn in_rooms(file: &Path, rooms: &[&str]) -> bool {
    let room = file.strip_prefix(root().join("crates")).ok().and_then(|path| path.iter().next());
    room.is_some_and(|room| rooms.iter().any(|one| room == *one))
}

/// The lines of a file that end up in the binary, numbered from 1: tests stand at the end of a file,
/// in a folder `tests`, or in a file `tests.rs`.
fn product_lines(file: &Path) -> Vec<(usize, String)> {
    if file.iter().any(|part| part == "tests" || part == "tests.rs" || part == "benches" || part == "examples") {
        return Vec::new();
    }
    let mut lines = code_lines(file);
    while let Some(at) = lines.iter().position(|(_, line)| line.trim() == "#[cfg(test)]") {
        // A module of its own file ends with its line; one that stands here is the rest of the file.
        let other_file = lines.get(at + 1).is_some_and(|(_, line)| line.ends_with(';'));
        lines.drain(at..if other_file { at + 2 } else { lines.len() });
    }
    lines
}

fn code_lines(file: &Path) -> Vec<(usize, String)> {
    let whole = text(file);
    (1..).zip(whole.lines()).map(|(number, line)| (number, without_comment(line).to_owned())).collect()
}

fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with("//") {
        return "";
    }
    // A slash pair inside a text, as in a URL, has no blank before it.
    line.find(" //").map_or(line, |at| &line[..=at])
}

fn contains_word(line: &str, word: &str) -> bool {
    let part_of_word = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(part_of_word) && !after.is_some_and(part_of_word)
    })
}

fn module(line: &str) -> Option<&str> {
    let line = line.strip_suffix(';')?;
    let line = line.strip_prefix("pub(crate) ").or(line.strip_prefix("pub ")).unwrap_or(line);
    line.strip_prefix("mod ")
}

/// The files below a folder with this extension, at any depth, in order.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in entries(folder) {
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|is| is == extension) {
            found.push(path);
        }
    }
    found
}

fn folders(folder: &Path) -> Vec<String> {
    let folders = entries(folder).into_iter().filter(|path| path.is_dir());
    folders.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect()
}

fn entries(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("a folder of ours can be read").path()).collect()
}

fn text(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}
