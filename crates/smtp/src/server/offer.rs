//! What a server offers on one connection, depending on how it is reached.

/// What a server offers beyond what every server does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// TLS can be started.
    pub starttls: bool,
    /// It has been.
    pub secured: bool,
    /// Users may say who they are, if it has any.
    pub auth: Option<Auth>,
}

/// Where users may say who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Only where nobody listens.
    UnderTls,
    /// In clear too.
    Anywhere,
}

impl Offer {
    /// Whether AUTH is offered as things stand: passwords in clear are for whoever listens (RFC 4954 section 9).
    pub fn has_auth(&self) -> bool {
        match self.auth {
            None => false,
            Some(Auth::UnderTls) => self.secured,
            Some(Auth::Anywhere) => true,
        }
    }
}
