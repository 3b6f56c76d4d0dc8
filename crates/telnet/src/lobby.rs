//! Who is here, and what they say to each other: the one thing that sessions share, on whatever worker they are.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::{Receiver, Sender, channel};
use toynet_machine::Time;

/// The people of a host. Clones are the same lobby.
#[derive(Clone, Debug, Default)]
pub struct Lobby(Arc<Mutex<BTreeMap<String, Present>>>);

/// Someone who is here.
#[derive(Clone, Debug)]
struct Present {
    since: Time,
    from: IpAddr,
    ear: Sender<String>,
}

/// One person as others see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The name.
    pub name: String,
    /// Since when.
    pub since: Time,
    /// From where.
    pub from: IpAddr,
}

/// A place in the lobby, which is left when this is dropped.
#[derive(Debug)]
pub struct Seat {
    lobby: Lobby,
    name: String,
    hears: Receiver<String>,
}

/// Why nothing was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unheard {
    /// Nobody has that name.
    #[error("nobody of that name is here")]
    Absent,
    /// They have not taken up what was said before.
    #[error("they do not listen just now")]
    Busy,
}

impl Lobby {
    /// Takes a seat; the others hear of it.
    ///
    /// # Errors
    /// When someone of that name is here.
    pub fn enter(&self, name: &str, now: Time, from: IpAddr) -> Result<Seat, NameTaken> {
        let (ear, hears) = channel(MOST_UNHEARD);
        let is_new = self.with(|people| {
            let is_new = !people.contains_key(name);
            if is_new {
                people.insert(name.to_owned(), Present { since: now, from, ear });
            }
            is_new
        });
        if !is_new {
            return Err(NameTaken);
        }
        self.tell_others(name, &format!("* {name} is here"));
        Ok(Seat { lobby: self.clone(), name: name.to_owned(), hears })
    }

    /// Who is here, by name.
    pub fn people(&self) -> Vec<Person> {
        let person = |(name, present): (&String, &Present)| Person {
            name: name.clone(),
            since: present.since,
            from: present.from,
        };
        self.with(|people| people.iter().map(person).collect())
    }

    /// Says a line to all but the one of this name; gives how many hear it.
    pub fn tell_others(&self, name: &str, line: &str) -> usize {
        self.with(|people| {
            let others = people.iter().filter(|(other, _)| *other != name);
            others.filter(|(_, present)| present.ear.try_send(line.to_owned()).is_ok()).count()
        })
    }

    /// Says a line to one.
    ///
    /// # Errors
    /// Why they do not hear it.
    pub fn tell(&self, name: &str, line: &str) -> Result<(), Unheard> {
        self.with(|people| {
            let present = people.get(name).ok_or(Unheard::Absent)?;
            present.ear.try_send(line.to_owned()).map_err(|_| Unheard::Busy)
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<String, Present>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Someone of that name is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Someone of that name is here already: please take another one.")]
pub struct NameTaken;

impl Seat {
    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The next line that others say.
    pub async fn hear(&mut self) -> String {
        match self.hears.recv().await {
            Some(line) => line,
            // The lobby holds the other end for as long as the seat is taken.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.lobby.with(|people| people.remove(&self.name));
        self.lobby.tell_others(&self.name, &format!("* {} has left", self.name));
    }
}

/// Lines that may wait for someone whose client does not read: a screen or two.
const MOST_UNHEARD: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_free_again_when_its_owner_left() {
        let lobby = Lobby::default();
        let seat = enter(&lobby, "alice").unwrap();
        assert_eq!(enter(&lobby, "alice").unwrap_err(), NameTaken);
        drop(seat);
        assert!(enter(&lobby, "alice").is_ok());
        assert!(lobby.people().is_empty());
    }

    #[test]
    fn someone_who_does_not_listen_holds_up_nobody() {
        let lobby = Lobby::default();
        let _alice = enter(&lobby, "alice").unwrap();
        let heard = (0..MOST_UNHEARD + 5).filter(|_| lobby.tell("alice", "hello").is_ok()).count();
        assert_eq!(heard, MOST_UNHEARD);
        assert_eq!(lobby.tell("alice", "hello"), Err(Unheard::Busy));
        assert_eq!(lobby.tell("bob", "hello"), Err(Unheard::Absent));
        assert_eq!(lobby.tell_others("bob", "hello"), 0);
    }

    fn enter(lobby: &Lobby, name: &str) -> Result<Seat, NameTaken> {
        lobby.enter(name, Time::default(), IpAddr::from([198, 18, 0, 1]))
    }
}
