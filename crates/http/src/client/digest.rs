//! Digest authentication, as a client does it (RFC 7616): the password never leaves, a proof of it does.

use std::fmt;

use super::answer::AnswerHead;
use crate::digest::Algorithm;
use crate::wire::challenge::Challenge;

/// Who asks, and what the server has said of how to prove it.
#[derive(Clone)]
pub struct Digest {
    user: String,
    password: String,
    state: State,
    /// Challenges that followed one another.
    rounds: u8,
}

#[derive(Clone)]
enum State {
    /// Nobody has asked.
    Unasked,
    Asked(Box<Terms>),
    /// The server takes requests without.
    Waived,
}

/// What a server asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Terms {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    /// The algorithm as the server spells it, if it does.
    spelled: Option<String>,
    /// Whether the secret is bound to nonce and cnonce (RFC 7616 3.4.2).
    is_session: bool,
    /// Nothing: the form that RFC 2069 had.
    qop: Option<&'static str>,
    hides_user: bool,
    cnonce: String,
    count: u32,
}

/// What a challenge leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The request can be answered; how, in words.
    Again(String),
    /// The proof was not accepted.
    Refused,
    /// Digest is not asked for, or in a way that is not known.
    Unknown,
}

impl Digest {
    /// For a user with a password.
    pub fn new(user: &str, password: &str) -> Self {
        Self { user: user.to_owned(), password: password.to_owned(), state: State::Unasked, rounds: 0 }
    }

    /// Whether the server has said nothing so far, so that content had better wait.
    pub fn is_unasked(&self) -> bool {
        matches!(self.state, State::Unasked)
    }

    /// Takes an answer other than 401.
    pub fn settle(&mut self) {
        self.rounds = 0;
        if self.is_unasked() {
            self.state = State::Waived;
        }
    }

    /// Takes the head of a 401: the first challenge that is known counts (RFC 7616 3.7). One that follows an answer
    /// counts if it says that the nonce was stale, or is of another realm, and only once. A proof that covers content
    /// (`auth-int`) is not made for a request that `carries` some.
    pub fn hear(&mut self, head: &AnswerHead, carries: bool, cnonce: String) -> Heard {
        let values = head.fields_called("www-authenticate").map(String::from_utf8_lossy);
        let challenges: Vec<Challenge> = values.flat_map(|value| Challenge::read(&value)).collect();
        let known =
            challenges.iter().find_map(|one| Some((Terms::of(one, carries, cnonce.clone())?, is_true(one, "stale"))));
        let Some((terms, is_stale)) = known else { return Heard::Unknown };
        if let State::Asked(before) = &self.state
            && (self.rounds >= MOST_ROUNDS || !(is_stale || self.rounds == 0 || before.realm != terms.realm))
        {
            return Heard::Refused;
        }
        self.rounds += 1;
        let words = terms.in_words(is_stale);
        self.state = State::Asked(Box::new(terms));
        Heard::Again(words)
    }

    /// `Authorization` for the next request of `method` for `uri`, its target, where the server has asked for it.
    pub fn field(&mut self, method: &str, uri: &str) -> Option<String> {
        let State::Asked(terms) = &mut self.state else { return None };
        terms.count = terms.count.saturating_add(1);
        Some(terms.field((&self.user, &self.password), method, uri))
    }
}

impl Terms {
    fn of(challenge: &Challenge, carries: bool, cnonce: String) -> Option<Self> {
        if !challenge.scheme.eq_ignore_ascii_case("digest") {
            return None;
        }
        let parameter = |name| challenge.parameter(name).map(str::to_owned);
        let spelled = parameter("algorithm");
        let name = spelled.as_deref().unwrap_or("MD5").to_ascii_uppercase();
        let (algorithm, is_session) = name.strip_suffix("-SESS").map_or((name.as_str(), false), |name| (name, true));
        let offers =
            |wanted: &str| challenge.parameter("qop").is_some_and(|all| all.split(',').any(|one| one.trim() == wanted));
        let qop = match challenge.parameter("qop") {
            None => None,
            Some(_) if offers("auth") => Some("auth"),
            Some(_) if offers("auth-int") && !carries => Some("auth-int"),
            Some(_) => return None,
        };
        Some(Self {
            realm: parameter("realm")?,
            nonce: parameter("nonce")?,
            opaque: parameter("opaque"),
            algorithm: Algorithm::named(algorithm)?,
            spelled,
            is_session,
            qop,
            hides_user: is_true(challenge, "userhash"),
            cnonce,
            count: 0,
        })
    }

    fn field(&self, (user, password): (&str, &str), method: &str, uri: &str) -> String {
        let shown = if self.hides_user { self.algorithm.digest(&[user, &self.realm]) } else { user.to_owned() };
        let mut field = format!(
            "Digest username={}, realm={}, nonce={}, uri={}, response=\"{}\"",
            quoted(&shown),
            quoted(&self.realm),
            quoted(&self.nonce),
            quoted(uri),
            self.response((user, password), method, uri)
        );
        if let Some(spelled) = &self.spelled {
            field += &format!(", algorithm={spelled}");
        }
        if let Some(qop) = self.qop {
            field += &format!(", qop={qop}, nc={:08x}", self.count);
        }
        if self.qop.is_some() || self.is_session {
            field += &format!(", cnonce={}", quoted(&self.cnonce));
        }
        if let Some(opaque) = &self.opaque {
            field += &format!(", opaque={}", quoted(opaque));
        }
        if self.hides_user {
            field += ", userhash=true";
        }
        field
    }

    /// RFC 7616 3.4.1 to 3.4.3.
    fn response(&self, (user, password): (&str, &str), method: &str, uri: &str) -> String {
        let digest = |parts: &[&str]| self.algorithm.digest(parts);
        let secret = digest(&[user, &self.realm, password]);
        let secret = if self.is_session { digest(&[&secret, &self.nonce, &self.cnonce]) } else { secret };
        let asked = match self.qop {
            Some("auth-int") => digest(&[method, uri, &digest(&[])]),
            _ => digest(&[method, uri]),
        };
        match self.qop {
            None => digest(&[&secret, &self.nonce, &asked]),
            Some(qop) => digest(&[&secret, &self.nonce, &format!("{:08x}", self.count), &self.cnonce, qop, &asked]),
        }
    }

    fn in_words(&self, is_stale: bool) -> String {
        let algorithm = self.spelled.as_deref().unwrap_or(self.algorithm.name());
        let qop = self.qop.map_or("without qop".to_owned(), |qop| format!("qop {qop}"));
        let stale = if is_stale { "; the nonce had grown old" } else { "" };
        format!("Digest for the realm {:?}, {algorithm}, {qop}{stale}", self.realm)
    }
}

fn is_true(challenge: &Challenge, name: &str) -> bool {
    challenge.parameter(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// A quoted string (RFC 9110 5.6.4).
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Without the password.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digest").field("user", &self.user).finish_non_exhaustive()
    }
}

/// The first, and another once its nonce is stale.
const MOST_ROUNDS: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_are_those_of_the_rfc() {
        // RFC 7616 3.9.1, where the server lists SHA-256 first.
        let both = ["SHA-256", "MD5"].map(|algorithm| {
            format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            )
        });
        for (offered, response) in [
            (&both[..], "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
            (&both[1..], "8ca523f5e9506fed4657c9700eebdbec"),
        ] {
            let mut digest = Digest::new("Mufasa", "Circle of Life");
            let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ".to_owned();
            assert!(matches!(digest.hear(&asking(offered), false, cnonce), Heard::Again(_)));
            let field = digest.field("GET", "/dir/index.html").unwrap();
            assert!(field.contains(&format!("response=\"{response}\"")) && field.contains("nc=00000001"), "{field}");
            assert!(!format!("{digest:?}{field}").contains("Circle"));
        }
    }

    #[test]
    fn a_stale_nonce_is_forgiven_once_and_a_wrong_password_never() {
        let challenge = |more: &str| asking(&[format!("Basic realm=b, Digest realm=r, nonce=n{more}")]);
        let mut digest = Digest::new("me", "pw");
        let mut hear = |more| digest.hear(&challenge(more), false, "c".to_owned());
        assert!(matches!(hear(""), Heard::Again(_)));
        assert_eq!(hear(""), Heard::Refused);
        assert!(matches!(hear(", stale=TRUE"), Heard::Again(_)));
        assert_eq!(hear(", stale=true"), Heard::Refused);
        let mut other = Digest::new("me", "pw");
        for unknown in [", algorithm=SHA-3", ", qop=token"] {
            assert_eq!(other.hear(&challenge(unknown), false, "c".to_owned()), Heard::Unknown, "{unknown}");
        }
    }

    #[test]
    fn requests_are_counted_for_each_nonce() {
        let mut digest = Digest::new("a\"b", "pw");
        digest.hear(&asking(&["Digest realm=r, nonce=n, qop=auth".to_owned()]), false, "c".to_owned());
        let fields: Vec<_> = (0..2).filter_map(|_| digest.field("GET", "/")).collect();
        assert!(fields[0].contains("nc=00000001") && fields[1].contains("nc=00000002"), "{fields:?}");
        assert!(fields[0].starts_with(r#"Digest username="a\"b", "#), "{fields:?}");
    }

    fn asking(challenges: &[String]) -> AnswerHead {
        let fields = challenges.iter().map(|one| ("WWW-Authenticate".to_owned(), one.clone().into_bytes()));
        AnswerHead { status: 401, fields: fields.collect(), ..AnswerHead::default() }
    }
}
