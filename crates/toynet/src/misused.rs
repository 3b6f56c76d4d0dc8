//! What else is said to who mistypes: `toynet run curl URL`, without the two hyphens, is nearly right.

use std::env;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use toynet_lab::LabFile;

/// Says what is wrong with the arguments, and how they may have been meant, and ends.
pub fn exit(mut error: clap::Error) -> ! {
    let typed: Vec<String> = env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let is_about_words = matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::MissingRequiredArgument);
    if let Some(meant) = with_hyphens(&typed).filter(|_| is_about_words) {
        let tip = StyledStr::from(format!("a command stands after `--`: {meant}"));
        // What clap itself would guess is about options.
        let _ = error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    error.exit()
}

/// The same as it would be right, if it is a command without `--` before it.
fn with_hyphens(typed: &[String]) -> Option<String> {
    let (verb, words) = typed.split_first().filter(|(verb, _)| ["run", "shell"].contains(&verb.as_str()))?;
    if words.iter().any(|word| word == "--") {
        return None;
    }
    let (lab, command) = match words.split_first()? {
        (lab, command) if is_lab(lab) => (format!("{lab} "), command),
        _ => (String::new(), words),
    };
    let is_command = command.first().is_some_and(|first| !first.starts_with('-'));
    is_command.then(|| format!("toynet {verb} {lab}-- {}", command.join(" ")))
}

fn is_lab(word: &str) -> bool {
    word.ends_with(".toml") || LabFile::built_in(word).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_without_hyphens_is_told_with_them() {
        let told = |typed: &str| with_hyphens(&typed.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(told("run curl -s http://a.test").as_deref(), Some("toynet run -- curl -s http://a.test"));
        assert_eq!(told("shell htop").as_deref(), Some("toynet shell -- htop"));
        assert_eq!(told("run my/lab.toml pytest").as_deref(), Some("toynet run my/lab.toml -- pytest"));
        assert_eq!(told("run hello curl").as_deref(), Some("toynet run hello -- curl"));
        for other in ["run lab.toml", "run lab.toml -- true", "run --as a.test true", "up nothing", "run"] {
            assert_eq!(told(other), None, "{other}");
        }
    }
}
