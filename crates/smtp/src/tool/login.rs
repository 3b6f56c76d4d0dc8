//! The steps of a conversation that make it private and say who we are.

use toynet_net::tls::trust;

use super::talk::Talk;
use super::wish::{Login, Tls};
use crate::fate::{Fate, Trouble};
use crate::wire::auth::{Mechanism, encoded};
use crate::wire::{Command, Extensions};

impl Talk<'_> {
    /// Starts TLS where it is wished for, and greets anew (RFC 3207 section 4.2).
    pub(super) async fn secure(&mut self, extensions: Extensions) -> Result<Extensions, Fate> {
        match (self.wish.tls, extensions.starttls) {
            (Tls::Never | Tls::FromTheStart, _) | (Tls::WhereOffered, false) => return Ok(extensions),
            (Tls::WhereOffered | Tls::Required, _) => {}
        }
        let reply = self.ask(&Command::StartTls).await?;
        if !reply.is_completed() {
            let required = self.wish.tls == Tls::Required;
            return if required { Err(self.said("STARTTLS", reply)) } else { Ok(extensions) };
        }
        self.start_tls().await?;
        self.greet().await
    }

    pub(super) async fn start_tls(&mut self) -> Result<(), Fate> {
        let broken = |error: std::io::Error| {
            Fate::Deferred(Trouble::NetworkUnreachable(
                self.server.clone(),
                format!("TLS did not start: {}", trust::why(&error)),
            ))
        };
        let config = self.wish.trust.client(&[], self.clock).map_err(broken)?;
        let stream = self.stream.take().ok_or_else(|| broken(std::io::ErrorKind::NotConnected.into()))?;
        let starting = stream.start_tls_as_client(&config, &self.server, &self.unread);
        let started = self.clock.until(self.clock.now() + self.wish.patience, starting).await;
        let stream = started.and_then(|started| started).map_err(broken)?;
        self.transcript.secured(&stream);
        self.stream = Some(stream);
        self.is_secured = true;
        Ok(())
    }

    /// Says who we are, if we are anybody.
    pub(super) async fn log_in(&mut self, extensions: &Extensions) -> Result<(), Fate> {
        let Some(Login { mechanism, credentials }) = &self.wish.login else { return Ok(()) };
        let mechanism = mechanism.or(extensions.mechanisms().next()).unwrap_or(Mechanism::Plain);
        let lines = match mechanism {
            Mechanism::Plain => vec![encoded(&credentials.plain().0)],
            Mechanism::Login => vec![encoded(credentials.user.as_bytes()), encoded(&credentials.password.0)],
        };
        let mut reply = match mechanism {
            Mechanism::Plain => self.ask_secretly(&format!("AUTH PLAIN {}", lines[0]), "AUTH PLAIN •••").await?,
            Mechanism::Login => self.ask_secretly("AUTH LOGIN", "AUTH LOGIN").await?,
        };
        if mechanism == Mechanism::Login {
            for line in &lines {
                if reply.code == CONTINUE {
                    reply = self.ask_secretly(line, "•••").await?;
                }
            }
        }
        if reply.is_completed() { Ok(()) } else { Err(self.said("AUTH", reply)) }
    }
}

/// RFC 4954 section 4: the server waits for the next line.
const CONTINUE: u16 = 334;
