//! What is said to people.

/// What greets a person who has just come.
pub fn greeting(banner: &str, host: &str) -> String {
    let line = "-".repeat(banner.lines().map(|line| line.chars().count()).max().unwrap_or(0).max(host.len()).min(76));
    format!("\n{}\n{line}\n{host}\n\n", banner.trim_end())
}

/// What is said to a person who has logged in.
pub fn welcome(name: &str, others: usize) -> String {
    let company = match others {
        0 => "You are alone here.".to_owned(),
        1 => "One other person is here.".to_owned(),
        others => format!("{others} others are here."),
    };
    format!("Hello, {name}! {company} Type help to see what there is, quit to leave.\n")
}

/// All commands, or one.
pub fn help(topic: Option<&str>) -> String {
    let rows = |wanted: &str| HELP.iter().filter(move |(usage, _)| usage.split(' ').next() == Some(wanted)).collect();
    let chosen: Vec<_> = match topic {
        Some(topic) => rows(topic),
        None => HELP.iter().collect(),
    };
    match (topic, chosen.is_empty()) {
        (Some(topic), true) => format!("There is no help on \"{topic:.40}\". Type help to see what there is.\n"),
        _ => chosen.into_iter().map(|(usage, does)| format!("  {usage:<22} {does}\n")).collect(),
    }
}

/// The names of all commands.
pub fn commands() -> impl Iterator<Item = &'static str> {
    let words = HELP.iter().filter_map(|(usage, _)| usage.split(' ').next());
    words.filter(|word| word.bytes().all(|octet| octet.is_ascii_lowercase()))
}

/// How to leave the chat.
pub const CHAT: &str = "What you type is said to all. A single dot leaves the chat.\n";
/// How to end a text.
pub const WRITING: &str = "Write your text. A single dot on a line sends it, ^C drops it.\n";

const HELP: [(&str, &str); 16] = [
    ("help [COMMAND]", "show this"),
    ("who", "who is here"),
    ("whoami", "your own name"),
    ("date", "the date and time"),
    ("hosts", "hosts that are worth a visit"),
    ("say TEXT", "say something to all"),
    ("tell NAME TEXT", "say something to one person"),
    ("chat", "say all you type, until a single dot"),
    ("board", "list the posts on the board"),
    ("read NUMBER", "read a post"),
    ("post [SUBJECT]", "write a post"),
    ("dig NAME [TYPE]", "look up A, AAAA or MX records"),
    ("get URL", "fetch a web page"),
    ("mail ADDRESS [SUBJECT]", "send a mail"),
    ("^C", "stop what is being done"),
    ("quit", "leave"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_fits_on_a_screen_and_names_one_command() {
        let help_of_all = help(None);
        assert!(help_of_all.lines().count() < 24 && help_of_all.lines().all(|line| line.len() < 80));
        assert_eq!(help(Some("who")), "  who                    who is here\n");
        assert!(help(Some("x")).contains("Type help"));
    }

    #[test]
    fn a_banner_is_underlined() {
        assert_eq!(greeting("Welcome", "bbs.test"), "\nWelcome\n--------\nbbs.test\n\n");
    }
}
