//! Digest access authentication (RFC 7616).

use http::Method;
use toynet_machine::Time;

use super::form::quoted_or_token;
use crate::digest::Algorithm;

/// What a server asks for.
#[derive(Clone, Copy, Debug)]
pub struct Challenge<'a> {
    /// What is guarded.
    pub realm: &'a str,
    /// `auth` or `auth-int`; anything else asks for the old form without (RFC 2069).
    pub qop: &'a str,
    /// How digests are made.
    pub algorithm: Algorithm,
}

/// What a client's answer is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It knows the password.
    Right,
    /// It does, but for a nonce that has grown old.
    Stale,
    /// It does not.
    Wrong,
}

impl Challenge<'_> {
    /// `WWW-Authenticate`. The nonce tells when it was made, so that nobody must remember it.
    pub fn field(&self, now: Time, is_stale: bool) -> String {
        let (nonce, algorithm) = (self.nonce(now.secs()), self.algorithm.name());
        let opaque = self.algorithm.digest(&["opaque", self.realm]);
        let qop = if self.has_qop() { format!(", qop=\"{}\"", self.qop) } else { String::new() };
        let stale = if is_stale { ", stale=true" } else { "" };
        format!(
            "Digest realm=\"{}\"{qop}, nonce=\"{nonce}\", opaque=\"{opaque}\", algorithm={algorithm}{stale}",
            self.realm
        )
    }

    /// Judges `Authorization` for a request of `method` and `target` without content.
    pub fn judge(
        &self,
        said: &str,
        (user, password): (&str, &str),
        (method, target): (&Method, &str),
        now: Time,
    ) -> Verdict {
        let Some(said) = said.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("digest ")).map(|_| &said[7..])
        else {
            return Verdict::Wrong;
        };
        let said = Said(parameters(said));
        let (realm, nonce) = (said.value("realm"), said.value("nonce"));
        let is_for_this = said.value("username") == user && realm == self.realm && said.value("uri") == target;
        let secret = self.algorithm.digest(&[user, realm, password]);
        let asked = match said.value("qop") {
            // The content of these requests is empty.
            "auth-int" => self.algorithm.digest(&[method.as_str(), target, &self.algorithm.digest(&[])]),
            _ => self.algorithm.digest(&[method.as_str(), target]),
        };
        let expected = match said.value("qop") {
            "" => self.algorithm.digest(&[&secret, nonce, &asked]),
            qop => self.algorithm.digest(&[&secret, nonce, said.value("nc"), said.value("cnonce"), qop, &asked]),
        };
        let is_qop = !self.has_qop() || self.qop.split(',').any(|one| one.trim() == said.value("qop"));
        if !is_for_this || !is_qop || expected != said.value("response") {
            return Verdict::Wrong;
        }
        let made = nonce.split('-').next().and_then(|digits| u64::from_str_radix(digits, 16).ok());
        match made.filter(|made| self.nonce(*made) == nonce) {
            Some(made) if now.secs().saturating_sub(made) <= FRESH => Verdict::Right,
            _ => Verdict::Stale,
        }
    }

    fn has_qop(&self) -> bool {
        matches!(self.qop, "auth" | "auth-int" | "auth,auth-int")
    }

    fn nonce(&self, made: u64) -> String {
        let seal = self.algorithm.digest(&["nonce", self.realm, &made.to_string()]);
        format!("{made:x}-{}", &seal[..16])
    }
}

struct Said(Vec<(String, String)>);

impl Said {
    fn value(&self, name: &str) -> &str {
        self.0.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }
}

fn parameters(text: &str) -> Vec<(String, String)> {
    let (mut rest, mut all) = (text, Vec::new());
    while let Some((name, after)) = rest.split_once('=') {
        let (value, after) = quoted_or_token(after);
        all.push((name.trim().to_owned(), value));
        rest = after.trim_start().trim_start_matches(',');
    }
    all
}

/// Seconds that a nonce is good for: a person can look at one exchange and send it again by hand.
const FRESH: u64 = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc_is_right() {
        // RFC 7616 3.9.1.
        for (algorithm, response) in [
            (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
            (Algorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let said = format!(
                "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, \
                 cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, response=\"{response}\""
            );
            let challenge = Challenge { realm: "http-auth@example.org", qop: "auth", algorithm };
            let judged = |password| {
                challenge.judge(&said, ("Mufasa", password), (&Method::GET, "/dir/index.html"), Time::from_secs(1))
            };
            assert_eq!(judged("Circle of Life"), Verdict::Stale, "right, and the nonce is none of ours");
            assert_eq!(judged("Circle of life"), Verdict::Wrong);
        }
    }
}
