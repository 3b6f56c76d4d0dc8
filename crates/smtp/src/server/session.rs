//! What a server does with what a client wants.

use std::io;
use std::net::IpAddr;
use std::rc::Rc;

use toynet_net::drive::Session;
use toynet_net::{Host, Stream};
use toynet_record::{Cause, EndId};

use super::machine::{Client, Event, Order, ServerMachine};
use super::say;
use crate::delivery::Queue;
use crate::queue::{Mail, Recipient, State};
use crate::trace::{self, Receipt, With};
use crate::wire::{Content, ForwardPath, MailParameters, Reply, ReversePath};

/// The session of one connection.
pub(super) struct ServerSession {
    host: Host,
    queue: Rc<Queue>,
    peer: IpAddr,
    end: EndId,
    draft: Option<Draft>,
}

/// A mail whose content has not come.
struct Draft {
    from: ReversePath,
    parameters: MailParameters,
    client: Client,
    exchange: u64,
    to: Vec<ForwardPath>,
}

impl ServerSession {
    pub fn new(host: Host, queue: Rc<Queue>, stream: &Stream) -> Self {
        Self { host, queue, peer: stream.peer().ip().to_canonical(), end: stream.end(), draft: None }
    }

    /// Hosts of the lab, and whoever types on this machine.
    fn is_trusted(&self) -> bool {
        self.host.is_inside(self.peer) || self.peer.is_loopback()
    }

    fn recipient(&mut self, to: ForwardPath) -> Reply {
        if let Err(refusal) = self.queue.policy().admit(&to, self.is_trusted()) {
            return refusal;
        }
        self.draft.iter_mut().for_each(|draft| draft.to.push(to.clone()));
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
                say::cannot_store()
            }
        }
    }

    fn mail(&self, draft: Draft, content: &Content) -> Result<Mail, crate::wire::ContentFault> {
        let (now, end, exchange) = (self.host.clock().now(), self.end, draft.exchange);
        let id = format!("{:X}-{:X}-{exchange}", now.nanos(), end.bits());
        let receipt = Receipt {
            client: &draft.client.name,
            address: self.peer,
            host: self.host.name(),
            with: with(&draft),
            id: &id,
            to: &draft.to,
            time: now,
        };
        let content = content.with_trace(&trace::received(&receipt))?;
        let recipients = draft.to.into_iter().map(|to| Recipient { to, state: State::Fresh }).collect();
        let cause = Some(Cause { end, exchange });
        let (from, smtputf8) = (draft.from, draft.parameters.smtputf8);
        Ok(Mail { id, from, arrived: now, smtputf8, cause, recipients, content })
    }
}

impl Session<ServerMachine> for ServerSession {
    async fn hear(&mut self, event: Event) -> io::Result<Vec<Order>> {
        let reply = match event {
            Event::Sender { from, parameters, client, exchange } => {
                self.draft = Some(Draft { from, parameters, client, exchange, to: Vec::new() });
                say::sender_ok()
            }
            Event::Recipient(to) => self.recipient(to),
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

fn with(draft: &Draft) -> With {
    match (draft.parameters.smtputf8, draft.client.extended) {
        (true, _) => With::Utf8Smtp,
        (false, true) => With::Esmtp,
        (false, false) => With::Smtp,
    }
}
