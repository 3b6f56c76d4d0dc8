//! Clients at the command line.
//!
//! - [`words`] and [`flags`]: what was typed, to wishes
//! - `request`: a wish as a message; [`ask`]: there and back
//! - `query`: `toynet dns query`; `walk`: down from the root; `inflow`: a zone, whole
//! - `show`, `multiline`: an answer as dig shows it; `json`: as RFC 8427 has it; `told`: what it means for the errand

pub mod ask;
pub mod flags;
mod inflow;
mod json;
mod multiline;
mod query;
mod request;
mod show;
mod told;
mod walk;
pub mod words;

use toynet_service::Tool;

/// All of them.
pub const TOOLS: &[Tool] = &[query::TOOL];
