//! A bulletin board's table in the lab file.
//!
//! ```toml
//! [host."bbs.retro.test".telnet]
//! banner = "Welcome"
//! idle = "10m"
//! users = { alice = "wonderland" }
//! hosts = { "www.shop.test" = "bread and rolls" }
//! board = { name = "The board", folder = "board" }
//! ```
//!
//! - `table`: the table as written

mod table;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};
use toynet_record::Transport;
use toynet_service::place::{FileKind, Folder};
use toynet_service::tool::ConfigAt;
use toynet_service::{Command, Config, Endpoint, Files, Mistake, Place, Reached, Server};

use crate::board::{Board, FileBoard, MemoryBoard};
use crate::lobby::Lobby;
use crate::serve::{Shared, TelnetServer};
use crate::shell::Settings;
use table::Telnet;

/// Reads the table.
///
/// # Errors
/// What is no such table, with its place.
pub fn read(table: Spanned<DeValue<'_>>) -> Result<Box<dyn Config>, Error> {
    Ok(Box::new(Telnet::deserialize(ValueDeserializer::from(table))?))
}

/// A board without a lab file, which is one and the same at however many ports.
pub(crate) fn alone(banner: String, state: Option<PathBuf>) -> ConfigAt {
    let shared = Arc::default();
    Box::new(move |port| {
        let (banner, state, shared) = (Some(banner.clone()), state.clone(), Arc::clone(&shared));
        Box::new(Telnet { port, banner, state, shared, ..Telnet::default() })
    })
}

impl Config for Telnet {
    fn endpoints(&self) -> Vec<Endpoint> {
        vec![Endpoint { transport: Transport::Tcp, port: self.port }]
    }

    fn check(&self, files: &dyn Files) -> Vec<Mistake> {
        let users = self.users.keys().filter_map(check_user);
        users.chain(self.board.folder.as_ref().and_then(|folder| check_folder(folder, files))).collect()
    }

    fn commands(&self, reached: &Reached<'_>) -> Vec<Command> {
        let telnet = |host: &dyn fmt::Display, port: u16| match port {
            23 => format!("telnet {host}"),
            port => format!("telnet {host} {port}"),
        };
        let own = telnet(&reached.host, self.port);
        let line = match reached.is_inside {
            true => own.clone(),
            false => telnet(&reached.address, self.port + reached.port_offset),
        };
        let shows = format!("the bulletin board on {}", reached.host);
        vec![Command { program: "telnet", line, own: Some(own), shows }]
    }

    fn may_overlap(&self) -> bool {
        false
    }

    fn build(&self, place: &Place) -> io::Result<Box<dyn Server>> {
        let mut held = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = match held.upgrade() {
            Some(shared) => shared,
            None => Arc::new(self.make_shared(place)?),
        };
        *held = Arc::downgrade(&shared);
        Ok(Box::new(TelnetServer::new(self.port, shared)))
    }
}

impl Telnet {
    fn make_shared(&self, place: &Place) -> io::Result<Shared> {
        let host = place.host.to_string();
        let board: Box<dyn Board> = match (&self.board.folder, &self.state) {
            (Some(folder), _) => Box::new(open_board(folder.get_ref(), place)?),
            (None, Some(state)) => Box::new(FileBoard::open(&state.join(FILE))?),
            (None, None) => Box::new(MemoryBoard::default()),
        };
        let users = self.users.iter().map(|(name, password)| (name.get_ref().clone(), password.clone()));
        let banner = self.banner.clone().unwrap_or_else(|| format!("Welcome to {host}"));
        Ok(Shared {
            settings: Settings { banner, users: users.collect(), host },
            lobby: Lobby::default(),
            board_name: self.board.name.clone(),
            board,
            hosts: self.hosts.iter().map(|(name, about)| (name.clone(), about.clone())).collect(),
            idle: self.idle.0,
        })
    }
}

fn open_board(folder: &str, place: &Place) -> io::Result<FileBoard> {
    match place.files.folder(folder)? {
        Folder::Disk(path) => FileBoard::open(&path.join(FILE)),
        Folder::Embedded(_) => Err(io::ErrorKind::ReadOnlyFilesystem.into()),
    }
}

fn check_user(name: &Spanned<String>) -> Option<Mistake> {
    let is_name = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || b"-_".contains(&octet);
    let text = name.get_ref();
    let is_fine = !text.is_empty() && text.len() <= 20 && text.bytes().all(is_name);
    let what = format!("`{text}` is no name to log in with");
    (!is_fine).then(|| Mistake::new(name.span(), what).advise("take up to 20 lower-case letters and digits"))
}

fn check_folder(folder: &Spanned<String>, files: &dyn Files) -> Option<Mistake> {
    let path = folder.get_ref();
    let what = match files.kind(path) {
        FileKind::Folder => match files.folder(path) {
            Ok(Folder::Disk(_)) => return None,
            Ok(Folder::Embedded(_)) => format!("nothing can be written to `{path}`, which is part of the program"),
            Err(error) => format!("the folder `{path}` cannot be read: {error}"),
        },
        FileKind::Missing => format!("there is no folder `{path}`"),
        FileKind::File => format!("`{path}` is a file and no folder"),
    };
    Some(Mistake::new(folder.span(), what).advise("leave `folder` out for a board that ends with the lab"))
}

/// The file in the board's folder.
const FILE: &str = "board.jsonl";

#[cfg(test)]
mod tests;
