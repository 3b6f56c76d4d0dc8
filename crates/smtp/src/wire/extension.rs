//! What a server announces after EHLO (RFC 5321 4.1.1.1).

use super::auth::Mechanism;
use super::reply::Reply;

/// The extensions that matter to us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// Commands may be sent without waiting for the replies (RFC 2920).
    pub pipelining: bool,
    /// The size of a message may be told beforehand (RFC 1870): the greatest that is taken, 0 for no limit.
    pub size: Option<u64>,
    /// Octets beyond ASCII may stand in a message (RFC 6152).
    pub eight_bit_mime: bool,
    /// Replies have enhanced codes (RFC 2034).
    pub enhanced_status_codes: bool,
    /// Addresses may go beyond ASCII (RFC 6531).
    pub smtputf8: bool,
    /// Content may come in chunks of known length (RFC 3030).
    pub chunking: bool,
    /// Senders may say of what they would like to hear (RFC 3461).
    pub dsn: bool,
    /// TLS may begin (RFC 3207).
    pub starttls: bool,
    /// Users may say who they are in one line (RFC 4954, RFC 4616).
    pub auth_plain: bool,
    /// Or in two.
    pub auth_login: bool,
    /// How many recipients a mail may have, where the server says it (RFC 9422).
    pub recipients: Option<u64>,
}

impl Extensions {
    /// What our server always knows.
    pub fn ours(largest: u64) -> Self {
        Self {
            pipelining: true,
            size: Some(largest),
            eight_bit_mime: true,
            enhanced_status_codes: true,
            smtputf8: true,
            chunking: true,
            dsn: true,
            ..Self::default()
        }
    }

    /// The answer to EHLO.
    pub fn reply(&self, greeting: String) -> Reply {
        let size = self.size.map(|size| format!("SIZE {size}"));
        let recipients = self.recipients.map(|most| format!("LIMITS RCPTMAX={most}"));
        let auth = self.mechanisms().fold("AUTH".to_owned(), |line, mechanism| line + " " + mechanism.name());
        let keywords = [
            (self.pipelining, "PIPELINING"),
            (size.is_some(), size.as_deref().unwrap_or_default()),
            (self.starttls, "STARTTLS"),
            (self.mechanisms().next().is_some(), auth.as_str()),
            (self.eight_bit_mime, "8BITMIME"),
            (self.enhanced_status_codes, "ENHANCEDSTATUSCODES"),
            (self.smtputf8, "SMTPUTF8"),
            (self.chunking, "CHUNKING"),
            (self.dsn, "DSN"),
            (recipients.is_some(), recipients.as_deref().unwrap_or_default()),
            (true, "HELP"),
        ];
        let announced = keywords.into_iter().filter(|(is_known, _)| *is_known).map(|(_, keyword)| keyword.to_owned());
        Reply { code: 250, enhanced: None, lines: std::iter::once(greeting).chain(announced).collect() }
    }

    /// The ways to say who one is that both sides know, best first.
    pub fn mechanisms(&self) -> impl Iterator<Item = Mechanism> + use<> {
        let known = [(self.auth_plain, Mechanism::Plain), (self.auth_login, Mechanism::Login)];
        known.into_iter().filter(|(is_known, _)| *is_known).map(|(_, mechanism)| mechanism)
    }

    /// Reads the answer to EHLO. Keywords that are not known, and sizes that are none, say nothing.
    pub fn read(reply: &Reply) -> Self {
        let mut extensions = Self::default();
        for line in reply.lines.iter().skip(1) {
            let mut words = line.split(' ');
            match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "PIPELINING" => extensions.pipelining = true,
                "SIZE" => extensions.size = Some(words.next().and_then(|size| size.parse().ok()).unwrap_or(0)),
                "8BITMIME" => extensions.eight_bit_mime = true,
                "ENHANCEDSTATUSCODES" => extensions.enhanced_status_codes = true,
                "SMTPUTF8" => extensions.smtputf8 = true,
                "CHUNKING" => extensions.chunking = true,
                "DSN" => extensions.dsn = true,
                "STARTTLS" => extensions.starttls = true,
                "AUTH" => words.filter_map(Mechanism::of).for_each(|mechanism| match mechanism {
                    Mechanism::Plain => extensions.auth_plain = true,
                    Mechanism::Login => extensions.auth_login = true,
                }),
                "LIMITS" => {
                    let mut limits = words.filter_map(|word| word.split_once('='));
                    let most = limits.find(|(name, _)| name.eq_ignore_ascii_case("RCPTMAX"));
                    extensions.recipients = most.and_then(|(_, most)| most.parse().ok());
                }
                _ => {}
            }
        }
        extensions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_announced_is_understood() {
        let all = Extensions { starttls: true, auth_plain: true, recipients: Some(9), ..Extensions::ours(1) };
        for extensions in
            [Extensions::ours(1000), Extensions::default(), Extensions { size: Some(0), ..Extensions::default() }, all]
        {
            assert_eq!(Extensions::read(&extensions.reply("mail.shop.test".into())), extensions);
        }
    }

    #[test]
    fn the_name_of_the_server_is_no_keyword() {
        assert_eq!(Extensions::read(&Reply::plain(250, "PIPELINING")), Extensions::default());
    }
}
