//! From what was seen as such to arrows: one for all that was sent at once.

use std::collections::BTreeMap;
use std::rc::Rc;

use toynet_machine::Time;
use toynet_record::{Closing, Event, Flow, FlowId, Side, Transport};

use super::build::{Cast, blocks};
use super::{Arrow, ArrowKind, Built, Note, Step, Tone};
use crate::Source;
use crate::clean::clean;
use crate::log::Show;
use crate::told::{Happening, Told, What, transport_name};
use crate::words::{grouped, rfc3339};

/// Whole flows: all of which anything is selected.
pub(super) fn build(source: &Source<'_>, show: &Show, most: usize) -> Built {
    let mut protocols = BTreeMap::new();
    let mut told = Vec::new();
    for placed in blocks(source, show, |_| true).into_iter().flatten() {
        protocols.entry(placed.told.flow.id).or_insert(placed.told.protocol);
        told.push(placed.told);
    }
    let mut draft = Draft {
        cast: Cast::new(source.roster, &told),
        protocols,
        since: show.select.since.unwrap_or_default(),
        ..Draft::default()
    };
    let mut story = source.story(false);
    for entry in source.journal.entries() {
        story.read_raw(&entry, |event| draft.hear(event), |_| {});
    }
    let left_out = draft.steps.len().saturating_sub(most);
    let steps = draft.steps.into_iter().skip(left_out).collect();
    Built { participants: draft.cast.participants, steps, left_out }
}

#[derive(Default)]
struct Draft {
    cast: Cast,
    protocols: BTreeMap<FlowId, &'static str>,
    since: Time,
    flows: BTreeMap<FlowId, Rc<Flow>>,
    steps: Vec<Step>,
}

impl Draft {
    fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::Opened(flow) if self.protocols.contains_key(&flow.id) => {
                self.flows.insert(flow.id, Rc::new(flow.clone()));
                if !flow.joined_late && matches!(flow.transport, Transport::Tcp | Transport::Quic) {
                    let text = format!("connect to port {}", flow.acceptor.address.port());
                    self.arrow(flow.id, Side::Initiator, flow.opened, text, ArrowKind::Call);
                }
            }
            Event::Said { flow, by, time, octets } => {
                let text = format!("{} octets", grouped(octets.len() as u64));
                self.arrow(*flow, *by, *time, text, ArrowKind::Signal);
            }
            Event::Hole { flow, by, time, length } => self.note(*flow, *by, *time, Happening::Hole { length: *length }),
            Event::Fault { flow, by, time, what } => {
                self.note(*flow, *by, *time, Happening::Fault { what: (*what).to_owned() });
            }
            Event::Secured { flow, time, terms } if !terms.is_empty() => {
                self.note(*flow, Side::Initiator, *time, Happening::Secured { terms: (*terms).to_owned() });
            }
            Event::Shut { flow, time, terms } => {
                self.note(*flow, Side::Initiator, *time, Happening::Shut { terms: (*terms).to_owned() });
            }
            Event::Unsecured { flow, by, time, why } => {
                self.note(*flow, *by, *time, Happening::Unsecured { why: (*why).to_owned() });
            }
            Event::Closed { flow, time, how } => self.close(*flow, *time, *how),
            Event::Opened(_) | Event::Secured { .. } | Event::Because { .. } | Event::Secret { .. } => {}
        }
    }

    fn close(&mut self, flow: FlowId, time: Time, how: Closing) {
        let Some(known) = self.flows.get(&flow) else { return };
        let is_stream = matches!(known.transport, Transport::Tcp | Transport::Quic);
        match how {
            Closing::Finished if !is_stream => {}
            Closing::Finished => self.arrow(flow, Side::Initiator, time, "close".to_owned(), ArrowKind::Signal),
            how => self.note(flow, Side::Initiator, time, Happening::Closed { how }),
        }
    }

    fn arrow(&mut self, flow: FlowId, by: Side, time: Time, text: String, kind: ArrowKind) {
        let Some(told) = self.told(flow, by, time, Happening::JoinedLate).filter(|_| time >= self.since) else {
            return;
        };
        let (from, to) = self.cast.places(&told);
        self.steps.push(Step::Arrow(Arrow {
            number: 0,
            id: self.steps.len(),
            from,
            to,
            kind,
            lost: false,
            failed: false,
            protocol: transport_name(told.flow.transport),
            flow: flow.0,
            exchange: 0,
            time: rfc3339(time),
            at: time,
            text,
            took_ms: None,
            took: None,
            opens: false,
            closes: false,
            because: None,
            remarks: Vec::new(),
        }));
    }

    fn note(&mut self, flow: FlowId, by: Side, at: Time, what: Happening) {
        let Some(told) = self.told(flow, by, at, what.clone()).filter(|_| at >= self.since) else { return };
        let (from, to) = self.cast.places(&told);
        let tone = match what {
            Happening::Fault { .. } => Tone::Fault,
            Happening::Closed { .. } | Happening::Unsecured { .. } => Tone::Failure,
            _ => Tone::Plain,
        };
        let text = clean(&told.words(false), 300);
        self.steps.push(Step::Note(Note { over: (from.min(to), from.max(to)), tone, text, at }));
    }

    fn told(&self, flow: FlowId, by: Side, time: Time, what: Happening) -> Option<Told> {
        let (flow, protocol) = (self.flows.get(&flow)?, self.protocols.get(&flow)?);
        let flow = Rc::clone(flow);
        let what = What::Happening(what);
        Some(Told { number: 0, flow, protocol, exchange: 0, cause: None, time, by, secured: false, what })
    }
}
