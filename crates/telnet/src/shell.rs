//! The shell: who is there, what a line means to them, and what they are asked next. It does nothing itself: what is to
//! be done is an [`Act`].
//!
//! - [`command`]: from a line to a command
//! - `act`: what is to be done for it
//! - [`words`]: what is said to people: help, greetings

mod act;
pub mod command;
pub mod words;

use std::collections::BTreeMap;

pub use act::{Act, Draft};
use command::Command;

/// The shell of one session.
#[derive(Clone, Debug)]
pub struct Shell {
    settings: Settings,
    mode: Mode,
    /// The person's name, once it is known.
    name: String,
    /// How often logging in went wrong.
    failures: u32,
}

/// What all sessions of a host have in common.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What greets a person.
    pub banner: String,
    /// The host's name.
    pub host: String,
    /// Names that need a password.
    pub users: BTreeMap<String, String>,
}

/// What a line led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// To be shown; whole lines.
    pub say: String,
    /// To be done before the next prompt.
    pub act: Option<Act>,
}

/// What a person is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// The words.
    pub text: String,
    /// Whether the answer must not be seen.
    pub secret: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Mode {
    Name,
    Password(String),
    Commands,
    /// Every line is said to all.
    Chat,
    /// A subject is asked for.
    Subject(For),
    /// Lines are gathered until a single dot.
    Writing(For, Draft),
}

/// What a text is written for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum For {
    Board,
    Mail(String),
}

impl Shell {
    /// A shell for someone who has just come.
    pub fn new(settings: Settings) -> Self {
        Self { settings, mode: Mode::Name, name: String::new(), failures: 0 }
    }

    /// What is shown before the first prompt.
    pub fn greeting(&self) -> String {
        words::greeting(&self.settings.banner, &self.settings.host)
    }

    /// What is asked next.
    pub fn prompt(&self) -> Prompt {
        let (text, secret) = match &self.mode {
            Mode::Name => ("Your name: ".to_owned(), false),
            Mode::Password(_) => ("Password: ".to_owned(), true),
            Mode::Commands => (format!("{}> ", self.name), false),
            Mode::Chat => ("chat> ".to_owned(), false),
            Mode::Subject(_) => ("Subject: ".to_owned(), false),
            Mode::Writing(..) => ("| ".to_owned(), false),
        };
        Prompt { text, secret }
    }

    /// Whether the person has logged in.
    pub fn is_inside(&self) -> bool {
        !self.name.is_empty()
    }

    /// Whether the person is asked for a name.
    pub fn asks_name(&self) -> bool {
        self.mode == Mode::Name
    }

    /// Whether commands are taken, and not a text or a name.
    pub fn takes_commands(&self) -> bool {
        self.mode == Mode::Commands
    }

    /// Takes a line that answers the prompt.
    pub fn hear(&mut self, line: &str) -> Step {
        match std::mem::replace(&mut self.mode, Mode::Commands) {
            Mode::Name => self.hear_name(line.trim()),
            Mode::Password(name) => self.hear_password(name, line),
            Mode::Commands => self.hear_command(line),
            Mode::Chat => self.hear_chat(line.trim()),
            Mode::Subject(purpose) => self.hear_subject(purpose, line.trim()),
            Mode::Writing(purpose, draft) => self.hear_text(purpose, draft, line),
        }
    }

    /// The person gave up what was begun.
    pub fn interrupt(&mut self) -> Step {
        let next = if self.is_inside() { Mode::Commands } else { Mode::Name };
        let was = std::mem::replace(&mut self.mode, next);
        match was {
            Mode::Subject(_) | Mode::Writing(..) => Step::say("Nothing was sent.\n"),
            Mode::Name | Mode::Password(_) | Mode::Commands | Mode::Chat => Step::default(),
        }
    }

    /// The name is taken in: the person is here.
    pub fn enter(&mut self, name: &str, others: usize) -> String {
        self.name = name.to_owned();
        self.mode = Mode::Commands;
        words::welcome(name, others)
    }

    /// The name cannot be taken in, and why.
    pub fn turn_away(&mut self, why: &str) -> Step {
        self.mode = Mode::Name;
        self.fail(&format!("{why}\n"))
    }

    fn hear_name(&mut self, name: &str) -> Step {
        self.mode = Mode::Name;
        if name.is_empty() {
            return self.fail("Please type a name; any will do.\n");
        }
        if let Err(why) = check_name(name) {
            return self.fail(why);
        }
        let name = name.to_lowercase();
        if self.settings.users.contains_key(&name) {
            self.mode = Mode::Password(name);
            return Step::default();
        }
        Step::act(Act::Enter(name))
    }

    fn hear_password(&mut self, name: String, line: &str) -> Step {
        self.mode = Mode::Name;
        match self.settings.users.get(&name) {
            Some(password) if password == line => Step::act(Act::Enter(name)),
            Some(_) | None => self.fail("That is not the password.\n"),
        }
    }

    fn fail(&mut self, why: &str) -> Step {
        self.failures += 1;
        if self.failures < MOST_FAILURES {
            return Step::say(why);
        }
        Step { say: format!("{why}Come back when you remember.\n"), act: Some(Act::Quit) }
    }

    fn hear_command(&mut self, line: &str) -> Step {
        match Command::parse(line) {
            Ok(None) => Step::default(),
            Ok(Some(command)) => self.follow(command),
            Err(misunderstood) => Step::say(&format!("{misunderstood}\n")),
        }
    }

    fn follow(&mut self, command: Command) -> Step {
        Step::act(match command {
            Command::Help(topic) => return Step::say(&words::help(topic.as_deref())),
            Command::WhoAmI => return Step::say(&format!("You are {} on {}.\n", self.name, self.settings.host)),
            Command::Chat => return self.begin(Mode::Chat, words::CHAT),
            Command::Post(None) => return self.begin(Mode::Subject(For::Board), ""),
            Command::Post(Some(subject)) => return self.begin_writing(For::Board, subject),
            Command::Mail(to, None) => return self.begin(Mode::Subject(For::Mail(to)), ""),
            Command::Mail(to, Some(subject)) => return self.begin_writing(For::Mail(to), subject),
            Command::Who => Act::Who,
            Command::Date => Act::Date,
            Command::Hosts => Act::Hosts,
            Command::Say(text) => Act::Say(text),
            Command::Tell(name, text) => Act::Tell { name, text },
            Command::ListPosts => Act::ListPosts,
            Command::ReadPost(number) => Act::ReadPost(number),
            Command::Dig(name, kind) => Act::Dig { name, kind },
            Command::Get(url) => Act::Get(url),
            Command::Quit => Act::Quit,
        })
    }

    fn hear_chat(&mut self, line: &str) -> Step {
        if line == "." {
            return Step::say("You left the chat.\n");
        }
        self.mode = Mode::Chat;
        if line.is_empty() { Step::default() } else { Step::act(Act::Say(line.to_owned())) }
    }

    fn hear_subject(&mut self, purpose: For, line: &str) -> Step {
        let subject = if line.is_empty() { "(no subject)" } else { line };
        self.begin_writing(purpose, subject.to_owned())
    }

    fn begin_writing(&mut self, purpose: For, subject: String) -> Step {
        self.begin(Mode::Writing(purpose, Draft { subject, text: String::new() }), words::WRITING)
    }

    fn begin(&mut self, mode: Mode, say: &str) -> Step {
        self.mode = mode;
        Step::say(say)
    }

    fn hear_text(&mut self, purpose: For, mut draft: Draft, line: &str) -> Step {
        if line.trim_end() == "." {
            return Step::act(match purpose {
                For::Board => Act::Post(draft),
                For::Mail(to) => Act::Mail { to, draft },
            });
        }
        let full = draft.text.len() + line.len() >= LONGEST_TEXT;
        if !full {
            draft.text.push_str(line);
            draft.text.push('\n');
        }
        self.mode = Mode::Writing(purpose, draft);
        Step::say(if full { "That is too much: send it with a single dot.\n" } else { "" })
    }
}

impl Step {
    fn say(text: &str) -> Self {
        Self { say: text.to_owned(), act: None }
    }

    fn act(act: Act) -> Self {
        Self { say: String::new(), act: Some(act) }
    }
}

fn check_name(name: &str) -> Result<(), &'static str> {
    if name.chars().count() > LONGEST_NAME {
        return Err("That is a long name: please take one of up to 20 characters.\n");
    }
    let is_plain = name.chars().all(|character| character.is_alphanumeric() || "-_".contains(character));
    if is_plain { Ok(()) } else { Err("Please take a name of letters and digits, without spaces.\n") }
}

/// As login(1) does, and with room for a typing error.
const MOST_FAILURES: u32 = 5;
/// What stands in a column of `who`.
const LONGEST_NAME: usize = 20;
/// Octets of a post or a mail: more than anybody types, less than a page of the board may hold back.
const LONGEST_TEXT: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_gets_in_but_those_with_a_password() {
        assert_eq!(shell().hear(" Bob ").act, Some(Act::Enter("bob".into())));
        let mut shell = shell();
        assert_eq!(shell.hear("alice"), Step::default());
        assert!(shell.prompt().secret);
        assert_eq!(shell.hear("wrong").say, "That is not the password.\n");
        shell.hear("alice");
        assert_eq!(shell.hear("wonderland").act, Some(Act::Enter("alice".into())));
    }

    #[test]
    fn who_fails_too_often_is_shown_the_door() {
        let mut shell = shell();
        let acts: Vec<_> = (0..5).map(|_| shell.hear("two words").act).collect();
        assert_eq!(acts, [None, None, None, None, Some(Act::Quit)]);
    }

    #[test]
    fn a_post_is_written_line_by_line() {
        let mut shell = inside();
        shell.hear("post");
        assert_eq!(shell.prompt().text, "Subject: ");
        shell.hear("Bread");
        shell.hear("is fresh");
        shell.hear("quit");
        let posted = Draft { subject: "Bread".into(), text: "is fresh\nquit\n".into() };
        assert_eq!(shell.hear(".").act, Some(Act::Post(posted)));
        assert_eq!(shell.prompt().text, "bob> ");
    }

    #[test]
    fn an_interrupt_drops_what_was_begun() {
        let mut shell = inside();
        shell.hear("mail carol@club.test Hello");
        shell.hear("half a mail");
        assert_eq!(shell.interrupt().say, "Nothing was sent.\n");
        assert_eq!(shell.hear("who").act, Some(Act::Who));
    }

    #[test]
    fn in_the_chat_every_line_is_said() {
        let mut shell = inside();
        shell.hear("chat");
        assert_eq!(shell.hear("who").act, Some(Act::Say("who".into())));
        shell.hear(".");
        assert_eq!(shell.hear("who").act, Some(Act::Who));
    }

    #[test]
    fn a_text_has_an_end() {
        let mut shell = inside();
        shell.hear("post Long");
        let line = "x".repeat(500);
        let refused = (0..1000).find(|_| !shell.hear(&line).say.is_empty());
        assert_eq!(refused, Some(LONGEST_TEXT / 501));
    }

    fn shell() -> Shell {
        let users = BTreeMap::from([("alice".to_owned(), "wonderland".to_owned())]);
        Shell::new(Settings { banner: "Welcome".into(), host: "bbs.retro.test".into(), users })
    }

    fn inside() -> Shell {
        let mut shell = shell();
        shell.hear("bob");
        shell.enter("bob", 0);
        shell
    }
}
