//! HTTP: what is served, how it looks on the wire, and what was said.
//!
//! - [`target`]: the forms of a request target
//! - [`host`]: which site a request is for
//! - [`site`]: from a request to a response, over a tree of files
//! - [`wire`]: octets read strictly: heads, contents, frames, header compression
//! - [`dissect`]: what was said, for people
#![forbid(unsafe_code)]

pub mod dissect;
pub mod host;
pub mod site;
pub mod target;
pub mod wire;
