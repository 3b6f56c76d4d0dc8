//! The environment of a world's programs.

use std::ffi::OsStr;
use std::path::Path;

use crate::{World, trust};

/// What is set and what is taken away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    /// Names and values.
    pub set: Vec<(String, String)>,
    /// Names.
    pub unset: Vec<String>,
}

impl Variables {
    /// The same for who has another part.
    #[must_use]
    pub fn with_host(mut self, name: &str) -> Self {
        self.set.iter_mut().filter(|(known, _)| known == HOST).for_each(|(_, value)| name.clone_into(value));
        self
    }

    /// How a shell of this name is to begin its lines, unless its user's own files say that: with the lab. What stands
    /// for user, host and folder is its own.
    pub(crate) fn prompt(&self, shell: &Path) -> Option<String> {
        let (_, lab) = self.set.iter().find(|(name, _)| name == LAB)?;
        let rest = match shell.file_name().and_then(OsStr::to_str) {
            Some("bash") => "\\u@\\h:\\w\\$ ",
            Some("zsh") => "%n@%m:%~%% ",
            // All that POSIX has for it are variables (sh, 2.5.3).
            _ => "$TOYNET_HOST:$PWD$ ",
        };
        Some(format!("({lab}) {rest}"))
    }

    pub(crate) fn of(world: &World) -> Self {
        let mut variables = Self::new(&world.name, &world.me.name, world.trust.as_ref().map(|_| trust::BUNDLE));
        // nmap asks who one is, and here it is what one may that counts.
        variables.set.push(("NMAP_PRIVILEGED".to_owned(), "1".to_owned()));
        variables
    }

    /// Those of programs in the lab of this name, as the host `me`, that trust what stands in the file `bundle`.
    pub fn new(lab: &str, me: &str, bundle: Option<&str>) -> Self {
        let named = [(LAB, lab), (HOST, me)];
        let mut set: Vec<_> = named.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        // Debian's shells set their prompt themselves, and begin it with this.
        set.push(("debian_chroot".to_owned(), lab.to_owned()));
        let told = bundle.map(|bundle| trust::VARIABLES.map(|name| (name.to_owned(), bundle.to_owned())));
        set.extend(told.into_iter().flatten());
        Self { set, unset: PROXIES.map(str::to_owned).into() }
    }
}

/// Where one is.
const LAB: &str = "TOYNET_LAB";
/// Who one is.
const HOST: &str = "TOYNET_HOST";
/// One proxy left over would send everything that a program asks to an address that is not there.
const PROXIES: [&str; 10] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "FTP_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "ftp_proxy",
    "no_proxy",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pem;

    #[test]
    fn programs_know_where_they_are_and_ask_no_proxy() {
        let variables = World::new("one").variables();
        assert!(variables.set.contains(&("TOYNET_LAB".into(), "one".into())));
        assert!(variables.unset.contains(&"https_proxy".into()));
        assert!(!variables.set.iter().any(|(name, _)| name == "SSL_CERT_FILE"));
    }

    #[test]
    fn nmap_is_told_what_it_may_only_where_that_is_so() {
        let told = |variables: Variables| variables.set.iter().any(|(name, _)| name == "NMAP_PRIVILEGED");
        assert!(told(World::new("one").variables()));
        assert!(!told(Variables::new("one", "you", None)), "on the machine's own network");
    }

    #[test]
    fn every_shell_is_given_a_prompt_in_its_own_words() {
        let variables = World::new("one").variables();
        let prompt = |shell: &str| variables.prompt(Path::new(shell)).unwrap();
        assert_eq!(prompt("/bin/bash"), "(one) \\u@\\h:\\w\\$ ");
        assert_eq!(prompt("zsh"), "(one) %n@%m:%~%% ");
        assert_eq!(prompt("/bin/dash"), "(one) $TOYNET_HOST:$PWD$ ");
        assert_eq!(Variables::default().prompt(Path::new("bash")), None);
    }

    #[test]
    fn whoever_reads_a_variable_is_told_whom_to_trust() {
        let world = World { trust: Some(Pem::example()), ..World::new("one") };
        let told = world.variables().set;
        for name in ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO"] {
            assert!(told.contains(&(name.into(), trust::BUNDLE.into())), "{name}");
        }
    }
}
