//! What a server does with what a client wants.

use std::io;
use std::net::IpAddr;
use std::rc::Rc;

use toynet_machine::Machine;
use toynet_net::drive::Session;
use toynet_net::{Host, Stream};
use toynet_record::{Cause, EndId};

use super::machine::{Client, Event, Order};
use super::say;
use crate::delivery::Queue;
use crate::queue::{Mail, Recipient, State};
use crate::trace::{self, Receipt, With};
use crate::wire::auth::Credentials;
use crate::wire::{Content, ContentFault, ForwardPath, MailParameters, RcptParameters, Reply, ReversePath};

/// The session of one connection.
pub(super) struct ServerSession {
    host: Host,
    queue: Rc<Queue>,
    peer: IpAddr,
    end: EndId,
    /// Mail is handed in here by its authors (RFC 6409), not carried here by other servers.
    submission: bool,
    secured: bool,
    authenticated: bool,
    draft: Option<Draft>,
}

/// A mail whose content has not come.
struct Draft {
    from: ReversePath,
    parameters: MailParameters,
    client: Client,
    exchange: u64,
    to: Vec<(ForwardPath, RcptParameters)>,
}

impl ServerSession {
    pub fn new(host: Host, queue: Rc<Queue>, stream: &Stream, submission: bool) -> Self {
        let (peer, end) = (stream.peer().ip().to_canonical(), stream.end());
        Self { host, queue, peer, end, submission, secured: false, authenticated: false, draft: None }
    }

    /// TLS has started.
    pub fn is_secured(&mut self) {
        self.secured = true;
    }

    /// Users, hosts of the lab, and whoever types on this machine.
    fn is_trusted(&self) -> bool {
        self.authenticated || self.host.is_inside(self.peer) || self.peer.is_loopback()
    }

    fn sender(&mut self, draft: Draft) -> Reply {
        if self.submission && !self.is_trusted() {
            return say::needs_auth();
        }
        self.draft = Some(draft);
        say::sender_ok()
    }

    fn login(&mut self, credentials: &Credentials) -> Reply {
        self.authenticated = self.queue.policy().knows(credentials);
        if self.authenticated { say::known() } else { say::wrong_password() }
    }

    fn recipient(&mut self, to: ForwardPath, wish: RcptParameters) -> Reply {
        if let Err(refusal) = self.queue.policy().admit(&to, self.is_trusted()) {
            return refusal;
        }
        self.draft.iter_mut().for_each(|draft| draft.to.push((to.clone(), wish.clone())));
        say::recipient_ok()
    }

    async fn message(&mut self, content: Content) -> Reply {
        let Some(draft) = self.draft.take() else { return say::cannot_store() };
        if trace::loops(&content) {
            return say::loops();
        }
        let Ok(mail) = self.mail(draft, &content) else { return say::cannot_store() };
        let id = mail.id.clone();
        match self.queue.take(mail).await {
            Ok(()) => say::queued(&id),
            Err(error) => {
                tracing::error!(host = self.host.name(), "a mail could not be stored: {error}");
                if error.kind() == io::ErrorKind::StorageFull { say::no_room() } else { say::cannot_store() }
            }
        }
    }

    fn mail(&self, draft: Draft, content: &Content) -> Result<Mail, ContentFault> {
        let (now, end, exchange) = (self.host.clock().now(), self.end, draft.exchange);
        let id = format!("{:X}-{:X}-{exchange}", now.nanos(), end.bits());
        let receipt = Receipt {
            client: &draft.client.name,
            address: self.peer,
            host: self.host.name(),
            with: self.with(&draft),
            id: &id,
            to: &draft.to.iter().map(|(to, _)| to.clone()).collect::<Vec<_>>(),
            time: now,
        };
        let mut fields = trace::received(&receipt);
        if self.submission {
            fields.push_str(&trace::missing(content, &id, self.host.name(), now));
        }
        let content = content.with_trace(&fields)?;
        let recipients = draft.to.into_iter().map(|(to, wish)| Recipient { to, wish, state: State::Fresh }).collect();
        let cause = Some(Cause { end, exchange });
        let MailParameters { smtputf8, ret, envid, .. } = draft.parameters;
        Ok(Mail { id, from: draft.from, arrived: now, smtputf8, ret, envid, cause, recipients, content })
    }

    fn with(&self, draft: &Draft) -> With {
        With {
            extended: draft.client.extended,
            smtputf8: draft.parameters.smtputf8,
            secured: self.secured,
            authenticated: self.authenticated,
        }
    }
}

impl<M: Machine<Event = Event, Order = Order>> Session<M> for ServerSession {
    async fn hear(&mut self, event: Event) -> io::Result<Vec<Order>> {
        let reply = match event {
            Event::Sender { from, parameters, client, exchange } => {
                self.sender(Draft { from, parameters, client, exchange, to: Vec::new() })
            }
            Event::Recipient(to, wish) => self.recipient(to, wish),
            Event::Login(credentials) => self.login(&credentials),
            Event::Message(content) => self.message(content).await,
            Event::Abandoned => {
                self.draft = None;
                return Ok(Vec::new());
            }
            Event::Ended(ending) => {
                tracing::debug!(host = self.host.name(), peer = %self.peer, "a conversation ended: {ending:?}");
                return Ok(Vec::new());
            }
        };
        Ok(vec![Order::Answer(reply)])
    }
}
