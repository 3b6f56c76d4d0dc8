//! A private network for a process tree, made without root.
//!
//! A world is a set of Linux namespaces: of users, processes, network, mounts and host name. In it a lab's
//! addresses are those of the machine, its resolver is the system's, and there is no way out. Programs need
//! not know. What a lab or a protocol is, this room does not know either: it takes addresses, a
//! certificate and a command.
//!
//! - [`World`] (`world`): what a world is to be like
//! - `files`: what stands in its /etc; [`trust`]: whom its programs trust
//! - `java`: Java's form of that
//! - [`variables`]: the environment of its programs
//! - [`refused`]: what the system may have against it, in words, with the cure
//! - [`doctor`]: what works here, found out by doing it
//! - [`detour`]: where no world can be had: programs in the machine's own network, whose connections are led to a lab
//! - [`outpost`]: who stays outside and connects on behalf of those inside
//! - `linux`: how it is made and entered; `elsewhere`: that it cannot be
//!
//! ```no_run
//! # use toynet_world::{Visit, World};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let world = World::new("example");
//! let mut outside = world.start(|mut inside| {
//!     inside.say("ready");
//!     inside.rest()
//! })?;
//! assert_eq!(outside.hear().as_deref(), Some("ready"));
//! let ended = outside.entrance()?.run(&Visit::new("true"))?;
//! assert_eq!(ended.status(), 0);
//! # Ok(()) }
//! ```
#![allow(
    unsafe_code,
    reason = "namespaces and filters have no safe interface; all of it stands in linux/kernel.rs, linux/sockets.rs and, \
              for detours, linux/detour/notices.rs and linux/detour/sockets.rs"
)]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "this room calls the kernel")]
#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "there is nothing here to make a world of"))]

pub mod detour;
pub mod doctor;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod files;
mod java;
#[cfg(target_os = "linux")]
mod linux;
pub mod outpost;
pub mod refused;
pub mod trust;
pub mod variables;
pub mod world;

#[cfg(not(target_os = "linux"))]
use elsewhere as platform;
#[cfg(not(target_os = "linux"))]
pub use elsewhere::{Entrance, Inside, Outside, hear_signals};
pub use files::ResolvConf;
#[cfg(target_os = "linux")]
use linux as platform;
#[cfg(target_os = "linux")]
pub use linux::{Entrance, Inside, Outside, hear_signals};
pub use refused::{Refused, Step};
pub use trust::Pem;
pub use world::{Ended, Me, Part, Visit, World};
