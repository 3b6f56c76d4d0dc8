//! When a fault strikes: the keys that any fault may have for it, and those that never let it.

use serde::Deserialize;
use toml::Spanned;
use toynet_net::fault::When;
use toynet_service::Mistake;

use super::super::units::{Period, Share};

/// The keys.
pub(super) const KEYS: &[&str] = &["at", "for", "nth", "every", "probability"];

/// For whom and when anything goes wrong.
pub const KINDS: &[(&str, &str)] = &[
    ("host = \"www.shop.test\", service = \"http\"", "whose service does it; `service` where the host has several"),
    ("peer = \"desk.club.test\"", "for this host alone, for `you` outside, or for an address such as `127.0.0.7`"),
    ("at = \"10s\", for = \"1m\"", "so long after the fault was set or the lab began, and for so long"),
    ("nth = 3", "at the third occasion alone; all that it fits is an occasion"),
    ("every = 3", "at each third occasion"),
    ("probability = 0.1", "at one occasion in ten by chance, which the lab's `seed` decides"),
];

/// Their values as written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    #[serde(default)]
    at: Period,
    #[serde(rename = "for")]
    lasts: Option<Spanned<Period>>,
    nth: Option<Spanned<u64>>,
    every: Option<Spanned<u64>>,
    probability: Option<Spanned<Share>>,
}

impl Written {
    /// What they say; a fault that could never strike is a mistake.
    pub fn checked(self, mistakes: &mut Vec<Mistake>) -> When {
        for count in [&self.nth, &self.every].into_iter().flatten().filter(|count| *count.get_ref() == 0) {
            mistakes.push(Mistake::new(count.span(), "occasions are counted from 1"));
        }
        if let Some(lasts) = self.lasts.as_ref().filter(|lasts| lasts.get_ref().0.is_zero()) {
            let mistake = Mistake::new(lasts.span(), "this fault is over when it begins");
            mistakes.push(mistake.advise("`for` counts from `at` on; without it the fault has no end"));
        }
        if let Some(share) = self.probability.as_ref().filter(|share| share.get_ref().0 <= 0.0) {
            let mistake = Mistake::new(share.span(), "with a probability of 0 this fault never strikes");
            mistakes.push(mistake.advise("write at most 1, for always; `toynet fault off` lets a fault rest"));
        }
        if let (Some(nth), Some(every)) = (&self.nth, &self.every)
            && *every.get_ref() > 0
            && !nth.get_ref().is_multiple_of(*every.get_ref())
        {
            let what = format!("occasion {} is none of every {}", nth.get_ref(), every.get_ref());
            let mistake = Mistake::new(nth.span(), what).against(every.span(), "of these alone");
            mistakes.push(mistake.advise("write `nth` for one occasion, or `every` for one in so many"));
        }
        When {
            after: self.at.0,
            lasts: self.lasts.map(|lasts| lasts.into_inner().0),
            nth: self.nth.map(Spanned::into_inner),
            every: self.every.map(Spanned::into_inner),
            probability: self.probability.map(|share| share.into_inner().0),
        }
    }
}
