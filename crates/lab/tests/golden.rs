//! What follows from a lab file and what is said of a wrong one, word for word.
//!
//! `tests/plan`, `tests/mistakes` and `tests/tables` hold lab files, each with the text that is expected beside it.
//! `TOYNET_BLESS=1 cargo test -p toynet-lab` writes these texts anew.
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod fakes;

use std::fs;
use std::path::{Path, PathBuf};

use toynet_lab::report::Look;
use toynet_lab::{LabFile, Report};

#[test]
fn plans_are_as_written() {
    each_lab("plan", |file| match file.plan(fakes::ALL) {
        Ok(plan) => plan.to_string(),
        Err(mistakes) => Report::new(file, &mistakes).text(Look::Plain),
    });
}

#[test]
fn mistakes_are_told_as_written() {
    each_lab("mistakes", |file| match file.plan(fakes::ALL) {
        Ok(_) => "no mistakes\n".to_owned(),
        Err(mistakes) => Report::new(file, &mistakes).text(Look::Plain),
    });
}

/// What is particular to a protocol's own table.
#[test]
fn mistakes_in_the_tables_of_protocols_are_told_as_written() {
    each_lab("tables", |file| match file.plan(toynet_lab::protocols::ALL) {
        Ok(_) => "no mistakes\n".to_owned(),
        Err(mistakes) => Report::new(file, &mistakes).text(Look::Plain),
    });
}

#[test]
fn a_program_learns_of_mistakes_with_their_places() {
    let file = lab(&folder("mistakes").join("address-twice.toml"));
    let mistakes = file.plan(fakes::ALL).unwrap_err();
    let json = Report::new(&file, &mistakes).to_json();
    assert_eq!(json["file"], "address-twice.toml");
    assert_eq!(json["mistakes"][0]["line"], 6);
    assert_eq!(json["mistakes"][0]["column"], 27);
    assert_eq!(json["mistakes"][0]["other"]["line"], 2);
}

fn each_lab(name: &str, told: impl Fn(&LabFile) -> String) {
    let mut labs: Vec<PathBuf> = fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    labs.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    labs.sort();
    assert!(!labs.is_empty());
    let different: Vec<String> = labs.iter().filter_map(|path| difference(path, &told(&lab(path)))).collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
}

fn lab(path: &Path) -> LabFile {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    LabFile { path: name, ..LabFile::open(path).unwrap() }
}

fn difference(lab: &Path, told: &str) -> Option<String> {
    let path = lab.with_extension("txt");
    if std::env::var_os("TOYNET_BLESS").is_some() {
        fs::write(&path, told).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    (told != expected).then(|| format!("{} is not what was expected:\n{told}", path.display()))
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}
