//! What is wrong with a mail server's table.

use std::collections::BTreeMap;

use toml::Spanned;
use toynet_service::{HostName, Mistake};

use crate::wire::Mailbox;

pub(super) fn mistakes(domains: &[Spanned<String>], mailboxes: &[Spanned<String>]) -> Vec<Mistake> {
    let mut mistakes: Vec<Mistake> = domains.iter().filter_map(domain).collect();
    mistakes.extend(mailboxes.iter().filter_map(mailbox));
    mistakes.extend(twice("domain", domains));
    mistakes.extend(twice("mailbox", mailboxes));
    mistakes
}

fn domain(domain: &Spanned<String>) -> Option<Mistake> {
    let name = domain.get_ref();
    let why = HostName::parse(name).err()?;
    let mistake = Mistake::new(domain.span(), format!("`{name}` is no domain: a domain {why}"));
    Some(match name.split_once('@') {
        Some((_, after)) => mistake.advise(format!("write `{after}`; what stands before the @ is a mailbox")),
        None => mistake,
    })
}

fn mailbox(mailbox: &Spanned<String>) -> Option<Mistake> {
    let name = mailbox.get_ref();
    let is_plain = Mailbox::parse(&format!("{name}@a.test")).is_ok_and(|mailbox| mailbox.local == *name);
    if is_plain {
        return None;
    }
    let mistake = Mistake::new(mailbox.span(), format!("`{name}` is no mailbox"));
    Some(match name.split_once('@') {
        Some((before, _)) => mistake.advise(format!("write `{before}`; a mailbox exists in each of the domains")),
        None => mistake.advise("a mailbox is what stands before the @ of an address, as in `alice`"),
    })
}

/// Aliases that are mailboxes, or stand for none.
pub(super) fn aliases(
    aliases: &BTreeMap<Spanned<String>, Spanned<String>>,
    catch_all: Option<&Spanned<String>>,
    mailboxes: Option<&[Spanned<String>]>,
) -> Vec<Mistake> {
    let known = |name: &Spanned<String>| {
        mailboxes.and_then(|all| all.iter().find(|one| one.get_ref().eq_ignore_ascii_case(name.get_ref())))
    };
    let mut mistakes: Vec<Mistake> = aliases.keys().filter_map(mailbox).collect();
    for alias in aliases.keys() {
        if let Some(mailbox) = known(alias) {
            let mistake = Mistake::new(alias.span(), format!("the alias `{}` is a mailbox", alias.get_ref()));
            mistakes.push(mistake.against(mailbox.span(), "it is a mailbox here"));
        }
    }
    let targets = aliases.values().chain(catch_all);
    for target in targets.filter(|target| mailboxes.is_some() && known(target).is_none()) {
        let mistake = Mistake::new(target.span(), format!("there is no mailbox `{}`", target.get_ref()));
        mistakes.push(mistake.advise("name one of `mailboxes`"));
    }
    if let (Some(catch_all), None) = (catch_all, mailboxes) {
        let mistake =
            Mistake::new(catch_all.span(), "`catch_all` catches nothing: without `mailboxes` everybody has one");
        mistakes.push(mistake.advise("name the `mailboxes`, or leave it out"));
    }
    mistakes
}

/// Users that cannot say who they are.
pub(super) fn users(users: &BTreeMap<Spanned<String>, String>) -> Vec<Mistake> {
    let named: Vec<Spanned<String>> = users.keys().cloned().collect();
    let mut mistakes = twice("user", &named);
    for (name, _) in users.iter().filter(|(_, password)| password.is_empty() || password.contains('\0')) {
        mistakes.push(Mistake::new(name.span(), format!("the user `{}` has no password", name.get_ref())));
    }
    mistakes
}

/// Names that stand more than once, in any case of letters.
fn twice(what: &str, names: &[Spanned<String>]) -> Vec<Mistake> {
    let mut seen = BTreeMap::new();
    let again = names.iter().filter_map(|name| {
        let first = *seen.entry(name.get_ref().to_lowercase()).or_insert(name);
        (first.span() != name.span()).then(|| {
            let mistake = Mistake::new(name.span(), format!("the {what} `{}` is here twice", name.get_ref()));
            mistake.against(first.span(), "it is here first")
        })
    });
    again.collect()
}
