//! Where the mail of a domain goes: which exchangers, in which order (RFC 5321 5.1, RFC 7505).

use toynet_machine::Random;

use crate::fate::{Fate, Trouble};

/// The hosts to try for `domain`, best first, when its MX records are `found` and the host that asks
/// is called `own`. Without records the domain is its own exchanger.
///
/// # Errors
/// When mail for the domain goes nowhere.
pub fn exchangers(domain: &str, own: &str, found: &[(u16, String)], random: &mut Random) -> Result<Vec<String>, Fate> {
    if found.is_empty() {
        return if is_same(domain, own) { Err(loops(domain)) } else { Ok(vec![domain.to_owned()]) };
    }
    if found.iter().all(|(_, name)| name.is_empty()) {
        return Err(Fate::Failed(Trouble::PeerNullExchanger(domain.to_owned())));
    }
    let ours = found.iter().filter(|(_, name)| is_same(name, own)).map(|(preference, _)| *preference).min();
    let is_closer = |preference: u16| ours.is_none_or(|ours| preference < ours);
    let usable = found.iter().filter(|(preference, name)| !name.is_empty() && is_closer(*preference));
    let mut ranked: Vec<(u16, u64, &String)> =
        usable.map(|(preference, name)| (*preference, random.u64(), name)).collect();
    ranked.sort();
    if ranked.is_empty() {
        return Err(loops(domain));
    }
    Ok(ranked.into_iter().take(MOST).map(|(_, _, name)| name.clone()).collect())
}

/// A host that is the best exchanger for a domain and does not know it is set up wrongly, and may be
/// set up rightly tomorrow; but the mail would only go in circles.
fn loops(domain: &str) -> Fate {
    Fate::Failed(Trouble::PeerLoopsBack(domain.to_owned()))
}

fn is_same(one: &str, other: &str) -> bool {
    one.trim_end_matches('.').eq_ignore_ascii_case(other.trim_end_matches('.'))
}

/// RFC 5321 5.1 asks to try at least two; each may cost the patience of a whole connection.
const MOST: usize = 10;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_lowest_preference_comes_first_and_equal_ones_take_turns() {
        let found = [(20, "c.test"), (10, "a.test"), (10, "b.test")];
        let orders: BTreeSet<_> = (0..20).map(|seed| ask(seed, &found).unwrap().join(" ")).collect();
        assert_eq!(orders.into_iter().collect::<Vec<_>>(), ["a.test b.test c.test", "b.test a.test c.test"]);
    }

    #[test]
    fn a_domain_without_exchangers_is_its_own() {
        assert_eq!(ask(0, &[]).unwrap(), ["club.test"]);
    }

    #[test]
    fn null_mx_fails_the_recipient_at_once() {
        assert_eq!(ask(0, &[(0, "")]), Err(Fate::Failed(Trouble::PeerNullExchanger("club.test".into()))));
        assert_eq!(ask(0, &[(0, ""), (10, "a.test")]).unwrap(), ["a.test"]);
    }

    #[test]
    fn an_exchanger_sends_only_to_better_ones() {
        let found = [(10, "a.test"), (20, "OWN.test"), (20, "b.test"), (30, "c.test")];
        assert_eq!(ask(0, &found).unwrap(), ["a.test"]);
        assert_eq!(ask(0, &found[1..]), Err(Fate::Failed(Trouble::PeerLoopsBack("club.test".into()))));
    }

    #[test]
    fn a_host_does_not_send_to_itself() {
        let mut random = Random::new(0, "own.test", "route");
        assert!(exchangers("own.test", "own.test", &[], &mut random).is_err());
    }

    fn ask(seed: u64, found: &[(u16, &str)]) -> Result<Vec<String>, Fate> {
        let found: Vec<_> = found.iter().map(|(preference, name)| (*preference, (*name).to_owned())).collect();
        exchangers("club.test", "own.test", &found, &mut Random::new(seed, "own.test", "route"))
    }
}
