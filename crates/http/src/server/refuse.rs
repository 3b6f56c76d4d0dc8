//! The answer to what is no request, or did not become one in time.

use toynet_machine::Time;
use toynet_net::Host;

use super::{Connected, Serving};
use crate::site::{date, page};
use crate::wire::{Refusal, head};

/// The last answer on a connection, whole, to what began with `request`.
pub(super) fn answer(refusal: Refusal, request: &[u8], now: Time) -> Vec<u8> {
    let page = match refusal.fault {
        Some(fault) => page::because(refusal.status, &fault.to_string()),
        None => page::of(refusal.status),
    };
    let head = format!(
        "HTTP/1.1 {} {}\r\ndate: {}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        refusal.status.as_u16(),
        refusal.status.canonical_reason().unwrap_or_default(),
        date::format(now).to_str().unwrap_or_default(),
        page.len(),
    );
    let content = if request.starts_with(b"HEAD ") { &[] } else { &page[..] };
    [head.as_bytes(), content].concat()
}

impl Serving {
    /// Tells that something was refused, by which answer.
    pub(super) fn refused(&self, refusal: Refusal, answer: &[u8], connected: &Connected, host: &Host) {
        let why = refusal.fault.map(|fault| fault.to_string()).unwrap_or_default();
        tracing::debug!(host = host.name(), peer = %connected.peer, status = refusal.status.as_u16(), "refused: {why}");
        if let Some(log) = &self.log {
            let head = head::end(answer, 0).unwrap_or_default();
            log.refused(refusal.status, connected, (answer.len() - head) as u64, host.clock().now());
        }
    }
}
