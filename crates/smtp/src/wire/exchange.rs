//! How exchanges are counted: a mail is one, from MAIL to the reply to its content; any other command
//! outside a mail is one of its own.
//!
//! Only what the client says counts, so that the server, the client and whoever reads the record
//! arrive at the same numbers, also when commands come before the replies to earlier ones.

use super::command::Command;

/// Counts exchanges of one connection, from 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Exchanges {
    count: u64,
    in_mail: bool,
}

impl Exchanges {
    /// The exchange that a command belongs to; None for a line that is no command.
    pub fn command(&mut self, command: Option<&Command>) -> u64 {
        let stays = match command {
            Some(Command::Mail(..) | Command::Ehlo(_) | Command::Helo(_) | Command::Quit) => false,
            Some(_) | None => self.in_mail,
        };
        if !stays {
            self.count += 1;
        }
        self.in_mail = match command {
            Some(Command::Mail(..)) => true,
            Some(Command::Ehlo(_) | Command::Helo(_) | Command::Quit | Command::Rset) => false,
            Some(_) | None => self.in_mail,
        };
        self.count
    }

    /// A message's content has ended.
    pub fn content_ended(&mut self) {
        self.in_mail = false;
    }

    /// The exchange that was begun last; 0 before any.
    pub fn current(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_one_exchange() {
        let mut exchanges = Exchanges::default();
        let mut number = |line: &str| exchanges.command(Command::parse(line.as_bytes()).ok().as_ref());
        let lines = [
            "EHLO a",
            "NOOP",
            "MAIL FROM:<>",
            "RCPT TO:<a@b.test>",
            "FOO",
            "DATA",
            "RSET",
            "NOOP",
            "MAIL FROM:<>",
            "QUIT",
        ];
        assert_eq!(lines.map(&mut number), [1, 2, 3, 3, 3, 3, 3, 4, 5, 6]);
    }

    #[test]
    fn the_end_of_the_content_ends_the_mail() {
        let mut exchanges = Exchanges::default();
        exchanges.command(Some(&Command::Mail(crate::wire::ReversePath::Null, Default::default())));
        exchanges.content_ended();
        assert_eq!(exchanges.command(Some(&Command::Noop)), 2);
    }
}
