//! For whom a server takes mail, and from whom.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::say;
use crate::wire::auth::Credentials;
use crate::wire::path::Domain;
use crate::wire::{ForwardPath, Mailbox, Reply};

/// What a server knows of itself.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Its host's name.
    pub host: String,
    /// Its host's addresses: `user@[address]` is a mailbox here.
    pub addresses: Vec<IpAddr>,
    /// The domains whose mail it takes, in lower case.
    pub domains: BTreeSet<String>,
    /// The mailboxes in each of them, in lower case. Without any named, every local part is one.
    pub mailboxes: Option<BTreeSet<String>>,
    /// Further local parts, in lower case, and the mailboxes that they stand for.
    pub aliases: BTreeMap<String, String>,
    /// The mailbox for all local parts that are nobody's.
    pub catch_all: Option<String>,
    /// Who may say that they are a user.
    pub users: Users,
    /// It is no part of a lab: it takes mail for every domain unless some are named, and relays none.
    pub stands_alone: bool,
}

/// The users of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Users {
    /// There are none.
    #[default]
    Nobody,
    /// These, in lower case, with their passwords.
    Known(BTreeMap<String, String>),
    /// Whoever says so.
    Anyone,
}

/// Where a recipient's mail goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Into a mailbox of this host.
    Mailbox(String),
    /// To another host, by the exchangers of its domain.
    Domain(Domain),
    /// Nowhere: the domain is ours, and has no such mailbox.
    Nobody(Mailbox),
}

impl Policy {
    /// Where the mail of a recipient goes.
    pub fn target(&self, to: &ForwardPath) -> Target {
        let mailbox = match to {
            ForwardPath::Postmaster => return Target::Mailbox(self.postmaster()),
            ForwardPath::Mailbox(mailbox) => mailbox,
        };
        if !self.is_ours(&mailbox.domain) {
            return Target::Domain(mailbox.domain.clone());
        }
        match self.mailbox(&mailbox.local) {
            Some(name) => Target::Mailbox(name),
            None => Target::Nobody(mailbox.clone()),
        }
    }

    /// Whether a recipient is taken from a client: one of ours from anybody, any other from those who
    /// are trusted (RFC 5321 7.8; anything else is an open relay).
    ///
    /// # Errors
    /// The refusal.
    pub fn admit(&self, to: &ForwardPath, is_trusted: bool) -> Result<Target, Reply> {
        match self.target(to) {
            Target::Nobody(mailbox) => Err(say::no_such_mailbox(&mailbox.to_string())),
            Target::Domain(domain) if !is_trusted || self.stands_alone => Err(say::no_relay(&domain.to_string())),
            target => Ok(target),
        }
    }

    fn postmaster(&self) -> String {
        self.aliases.get(POSTMASTER).cloned().unwrap_or_else(|| POSTMASTER.to_owned())
    }

    fn is_ours(&self, domain: &Domain) -> bool {
        match domain {
            _ if self.stands_alone && self.domains.is_empty() => true,
            Domain::Name(name) => self.domains.contains(name) || *name == self.host,
            Domain::Address(address) => self.addresses.contains(address),
            Domain::Literal(_) => false,
        }
    }

    /// The mailbox of a local part: in any case of letters, and what follows `+` is for the user's own
    /// sorting. Every server has a postmaster (RFC 5321 4.5.1).
    fn mailbox(&self, local: &str) -> Option<String> {
        let lower = local.to_lowercase();
        let user = lower.split_once('+').map_or(lower.as_str(), |(user, _)| user);
        let names = [lower.as_str(), user];
        let whole = if user.is_empty() { lower.as_str() } else { user };
        let found = names.iter().find_map(|name| match (self.aliases.get(*name), &self.mailboxes) {
            (Some(mailbox), _) => Some(mailbox.clone()),
            (None, Some(mailboxes)) if mailboxes.contains(*name) => Some((*name).to_owned()),
            (None, Some(_)) if *name == POSTMASTER => Some((*name).to_owned()),
            (None, _) => None,
        });
        found.or_else(|| match self.mailboxes {
            None => Some(whole.to_owned()),
            Some(_) => self.catch_all.clone(),
        })
    }

    /// Whether somebody is the user that they say they are.
    pub fn knows(&self, credentials: &Credentials) -> bool {
        match &self.users {
            Users::Nobody => false,
            Users::Anyone => true,
            Users::Known(users) => {
                let password = users.get(&credentials.user.to_lowercase());
                password.is_some_and(|password| password.as_bytes() == credentials.password.0)
            }
        }
    }
}

const POSTMASTER: &str = "postmaster";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_for_our_mailboxes_is_taken_from_anybody() {
        for (to, mailbox) in [
            ("<alice@shop.test>", "alice"),
            ("<ALICE@mail.shop.test>", "alice"),
            ("<alice+news@[198.18.0.1]>", "alice"),
            ("<Postmaster>", "postmaster"),
            ("<postmaster@shop.test>", "postmaster"),
        ] {
            assert_eq!(admit(to, false), Ok(Target::Mailbox(mailbox.into())), "{to}");
        }
        assert_eq!(
            admit("<eve@shop.test>", true).unwrap_err().to_string(),
            "550 5.1.1 there is no mailbox eve@shop.test here"
        );
    }

    #[test]
    fn nothing_is_relayed_for_strangers() {
        assert!(matches!(admit("<carol@club.test>", true), Ok(Target::Domain(_))));
        for to in ["<carol@club.test>", "<carol@[198.18.0.9]>", "<carol@[x:y]>"] {
            assert_eq!(admit(to, false).unwrap_err().code, 550, "{to}");
        }
    }

    #[test]
    fn without_named_mailboxes_everyone_has_one() {
        let policy = Policy { mailboxes: None, ..policy() };
        let target = policy.target(&ForwardPath::parse("<Zoë+x@shop.test>").unwrap());
        assert_eq!(target, Target::Mailbox("zoë".into()));
    }

    #[test]
    fn aliases_and_a_catch_all_lead_to_mailboxes() {
        let aliases = [("sales".to_owned(), "alice".to_owned()), ("postmaster".to_owned(), "alice".to_owned())].into();
        let policy = Policy { aliases, catch_all: Some("alice".into()), ..policy() };
        for to in ["<sales@shop.test>", "<Sales+x@shop.test>", "<postmaster@shop.test>", "<who@shop.test>"] {
            assert_eq!(policy.target(&ForwardPath::parse(to).unwrap()), Target::Mailbox("alice".into()), "{to}");
        }
    }

    #[test]
    fn a_user_is_known_by_name_and_password() {
        let users = Users::Known([("alice".to_owned(), "secret".to_owned())].into());
        let policy = Policy { users, ..policy() };
        let knows =
            |user: &str, password: &str| policy.knows(&Credentials::new(user.as_bytes(), password.as_bytes()).unwrap());
        assert!(knows("Alice", "secret"));
        assert!(!knows("alice", "Secret") && !knows("bob", "secret") && !knows("alice", ""));
    }

    #[test]
    fn who_stands_alone_takes_all_and_relays_nothing() {
        let alone = Policy { stands_alone: true, mailboxes: None, domains: BTreeSet::new(), ..policy() };
        let carol = ForwardPath::parse("<carol@club.test>").unwrap();
        assert_eq!(alone.admit(&carol, false), Ok(Target::Mailbox("carol".into())));
        let strict = Policy { domains: ["shop.test".to_owned()].into(), ..alone };
        assert_eq!(strict.admit(&carol, true).unwrap_err().code, 550);
    }

    fn admit(to: &str, is_trusted: bool) -> Result<Target, Reply> {
        policy().admit(&ForwardPath::parse(to).unwrap(), is_trusted)
    }

    fn policy() -> Policy {
        Policy {
            host: "mail.shop.test".into(),
            addresses: vec![[198, 18, 0, 1].into()],
            domains: ["shop.test".to_owned()].into(),
            mailboxes: Some(["alice".to_owned()].into()),
            ..Policy::default()
        }
    }
}
