//! A transcript as it grows.
//!
//! What a side said is held back until it is understood, since it may hold a secret. What nobody understands, and
//! everything where secrets are shown, comes at once.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use toynet_machine::Time;
use toynet_record::{Entry, Flow, FlowId, Roster, Side};

use super::{Listener, Octets, Part, hide, object, text};
use crate::log::Format;
use crate::story::{Dissectors, Story};
use crate::told::{Happening, What, transport_name};

/// One flow of a record that is still being written. Entries are fed in the order of a journal.
pub struct Following {
    story: Story,
    listener: Listener,
    format: Format,
    /// What is spoken there, once it is known.
    protocol: Rc<Cell<Option<&'static str>>>,
    /// Until when what each side said is understood.
    understood: [Time; 2],
    is_over: bool,
    has_head: bool,
}

impl Following {
    /// The flow of this number among these hosts. As for [`Transcript::of`](super::Transcript::of).
    pub fn new(
        roster: Roster,
        dissectors: Dissectors,
        flow: FlowId,
        format: Format,
        (secrets, explain): (bool, bool),
    ) -> Self {
        let protocol = Rc::new(Cell::new(None));
        let known = Rc::clone(&protocol);
        let only = move |info, one: &Flow| {
            let found = if one.id == flow { dissectors(info, one) } else { None };
            known.set(found.as_ref().map(|(name, _)| *name).or(known.get()));
            found
        };
        let story = Story::new(roster, Rc::new(only), explain);
        let (listener, understood) = (Listener::new(flow, secrets), [Time::default(); 2]);
        Self { story, listener, format, protocol, understood, is_over: false, has_head: false }
    }

    /// Takes the next entry.
    pub fn feed(&mut self, entry: &Entry<'_>) {
        let mut told = Vec::new();
        self.story.read_raw(entry, |event| self.listener.hear(event), |one| told.push(one));
        for one in told.iter().filter(|one| one.flow.id == self.listener.wanted) {
            if let What::Message { message, .. } = &one.what {
                let until = &mut self.understood[place(message.by)];
                *until = (*until).max(message.time + message.lasted);
            }
        }
        self.listener.tell(told);
        let is_end = |part: &Part| matches!(part, Part::Mark(mark) if matches!(mark.what, Happening::Closed { .. }));
        self.is_over |= self.listener.parts.last().is_some_and(is_end);
    }

    /// Whether the flow has ended: nothing more comes.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Takes the text that is ready, whole lines.
    pub fn drain(&mut self) -> String {
        let ready = self.listener.parts.iter().take_while(|part| self.is_ready(part)).count();
        let mut parts: Vec<Part> = self.listener.parts.drain(..ready).collect();
        if !self.listener.secrets {
            hide::hide(&mut parts, &self.listener.messages);
        }
        if self.listener.parts.is_empty() {
            self.listener.messages.clear();
        }
        let mut out = String::new();
        let Some(flow) = &self.listener.found else { return out };
        match self.format {
            Format::Text { colour, .. } => {
                if !std::mem::replace(&mut self.has_head, true) {
                    let protocol = self.protocol.get().unwrap_or(transport_name(flow.transport));
                    out.push_str(&text::head(flow, protocol));
                }
                text::write_parts(flow, &parts, colour, &mut out);
            }
            Format::Json => object::write_parts(flow, &parts, &mut out),
        }
        out
    }

    fn is_ready(&self, part: &Part) -> bool {
        let Part::Octets(octets) = part else { return true };
        self.is_over || self.listener.secrets || self.protocol.get().is_none() || self.is_understood(octets)
    }

    /// Whether a message was told that ends with these octets or later. A client's may end in the middle of the next
    /// one, which is then waited for.
    fn is_understood(&self, octets: &Octets) -> bool {
        let until = self.understood[place(octets.by)];
        let is_whole = octets.by == Side::Acceptor || octets.octets.ends_with(b"\n");
        octets.time < until || octets.time == until && is_whole
    }
}

impl fmt::Debug for Following {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Following").field("flow", &self.listener.wanted).finish_non_exhaustive()
    }
}

fn place(side: Side) -> usize {
    usize::from(side == Side::Acceptor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Record, WWW, dissectors, roster};
    use toynet_record::Closing;

    #[test]
    fn what_is_not_understood_yet_is_held_back() {
        let mut record = Record::default();
        record.accept(0, 1, WWW).receive(1, 1, "GET /").send(2, 1, "200").close(3, 1, Closing::Finished);
        let form = Format::Text { colour: false, columns: None };
        let mut following = Following::new(roster(), dissectors(), FlowId(1), form, (false, false));
        let mut shown = Vec::new();
        for entry in &record.0 {
            following.feed(entry);
            shown.push(following.drain());
        }
        let all = shown.concat();
        assert_eq!(all.lines().count(), 4, "{all}");
        assert!(all.starts_with("#1  ") && all.contains("→ GET /") && all.contains("— closed"), "{all}");
        assert!(following.is_over());
    }
}
