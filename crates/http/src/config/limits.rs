//! What a host's server takes from its clients, as written.
//!
//! ```toml
//! [host."www.shop.test".http]
//! limits = { header = "16KiB", header_time = "5s", body = "64KiB", connections = 100 }
//! ```

use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;
use toynet_service::Mistake;
use toynet_service::units::{Period, Size};

use crate::server::{Limits, Room};

/// Limits; what is not written is as usual.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsTable {
    header: Option<Spanned<Size>>,
    header_time: Option<Spanned<Period>>,
    body: Option<Size>,
    body_time: Option<Spanned<Period>>,
    write_time: Option<Spanned<Period>>,
    idle_time: Option<Spanned<Period>>,
    connections: Option<Spanned<usize>>,
    /// Shared by the workers.
    #[serde(skip)]
    room: Arc<Room>,
}

impl LimitsTable {
    /// What nobody could be served within.
    pub fn check(&self) -> Vec<Mistake> {
        let times = [&self.header_time, &self.body_time, &self.write_time, &self.idle_time].into_iter().flatten();
        let none = times.filter(|time| time.get_ref().0.is_zero()).map(|time| {
            Mistake::new(time.span(), "no request comes in no time").advise("write a time such as \"10s\"")
        });
        let header = self.header.iter().filter(|header| header.get_ref().0 < SMALLEST_HEADER).map(|header| {
            Mistake::new(header.span(), "no browser's request is so short").advise("write at least 512B")
        });
        let connections =
            self.connections.iter().filter(|connections| *connections.get_ref() == 0).map(|connections| {
                Mistake::new(connections.span(), "without connections nobody is served").advise("write at least 1")
            });
        none.chain(header).chain(connections).collect()
    }

    pub fn limits(&self) -> Limits {
        let usual = Limits::default();
        let time = |given: &Option<Spanned<Period>>, usual| given.as_ref().map_or(usual, |time| time.get_ref().0);
        let header = self.header.as_ref().and_then(|header| usize::try_from(header.get_ref().0).ok());
        Limits {
            header: header.unwrap_or(usual.header),
            header_time: time(&self.header_time, usual.header_time),
            body: self.body.map_or(usual.body, |body| body.0),
            body_time: time(&self.body_time, usual.body_time),
            write_time: time(&self.write_time, usual.write_time),
            idle_time: time(&self.idle_time, usual.idle_time),
            connections: self.connections.as_ref().map_or(usual.connections, |connections| *connections.get_ref()),
        }
    }

    /// How many connections there are.
    pub fn room(&self) -> Arc<Room> {
        Arc::clone(&self.room)
    }
}

/// What curl sends has some 80 octets, what browsers send some 500.
const SMALLEST_HEADER: u64 = 512;
