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
