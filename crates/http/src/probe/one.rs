//! Checks of HTTP/1.x itself.
//!
//! - `start`: what every request says; `method`: what it wants; `connection`: how long its connection lasts
//! - `answer`: what it is answered
//! - `framing`: where content ends; `syntax`: lines and fields

mod answer;
mod connection;
mod framing;
mod method;
mod start;
mod syntax;

use super::check::Check;

/// All of them, in the order in which they are reported.
pub(super) fn checks() -> impl Iterator<Item = &'static Check> {
    let groups = [start::CHECKS, connection::CHECKS, answer::CHECKS, framing::CHECKS, syntax::CHECKS, method::CHECKS];
    groups.into_iter().flatten()
}
